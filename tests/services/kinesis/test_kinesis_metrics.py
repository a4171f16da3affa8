"""The metrics of ``AWS/Kinesis``, and the price of what a journal says was put.

Amazon Kinesis Data Streams Developer Guide, "Monitor the Amazon Kinesis Data Streams service with Amazon CloudWatch"
(read 2026-11).
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from shore import FIRST, HASH_KEYS, Shore, client, refused

from waterline.pricing import Run, bill


def statistic(shore: Shore, name: str, which: str = "Sum", **more: str) -> list[float]:
    """The values of a metric, minute by minute, from the cloud's beginning."""
    start = shore.cloud.clock.start
    dimensions = {"StreamName": "clicks"} | more
    answer = client("cloudwatch").get_metric_statistics(
        Namespace="AWS/Kinesis",
        MetricName=name,
        Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
        StartTime=start,
        EndTime=start + dt.timedelta(hours=1),
        Period=60,
        Statistics=[which],
    )
    return [point[which] for point in sorted(answer["Datapoints"], key=lambda point: point["Timestamp"])]


def scene(shore: Shore) -> None:
    """A put; a call of 1,200 records in three, of which 201 are refused; then three reads and six refused ones."""
    shore.stream()
    shore.put("abcd", key="key")
    shore.fill(1200)
    iterator = shore.iterator()
    shore.advance(60)
    shore.read(iterator, Limit=1)
    for _ in range(4):
        shore.read(iterator)
    for _ in range(2):
        with refused("ProvisionedThroughputExceededException"):
            shore.read(iterator)


@pytest.mark.parametrize(
    ("name", "which", "values"),
    [
        ("IncomingRecords", "Sum", [1000]),
        ("IncomingRecords", "Maximum", [500]),
        ("IncomingBytes", "Sum", [7 + 999 * 2]),
        ("PutRecord.Success", "Sum", [1]),
        ("PutRecord.Bytes", "Sum", [7]),
        ("PutRecords.Records", "Sum", [999]),
        ("PutRecords.TotalRecords", "Sum", [1200]),
        ("PutRecords.ThrottledRecords", "Sum", [201]),
        ("PutRecords.Success", "Sum", [2]),
        ("WriteProvisionedThroughputExceeded", "Sum", [201]),
        ("WriteProvisionedThroughputExceeded", "SampleCount", [4]),
        ("GetRecords.Success", "Average", [5 / 7]),
        ("GetRecords.Records", "Sum", [4001]),
        ("GetRecords.Records", "Maximum", [1000]),
        ("GetRecords.Bytes", "Minimum", [7]),
        ("GetRecords.IteratorAgeMilliseconds", "Maximum", [60_000]),
        ("ReadProvisionedThroughputExceeded", "Sum", [2]),
    ],
)
def test_a_metric_counts_what_happened(shore: Shore, name: str, which: str, values: list[float]) -> None:
    """Source: "Monitor the Amazon Kinesis Data Streams service with Amazon CloudWatch"."""
    scene(shore)
    assert statistic(shore, name, which) == pytest.approx(values)


def test_a_call_that_is_refused_whole_is_no_success(shore: Shore) -> None:
    """Source: "Monitor the Amazon Kinesis Data Streams service with Amazon CloudWatch": one record or more."""
    shore.stream()
    shore.fill(1000)
    shore.advance(0.5)
    shore.batch(3)
    assert statistic(shore, "PutRecords.Success", "Average") == pytest.approx([2 / 3])
    with refused("ProvisionedThroughputExceededException"):
        shore.put()
    assert statistic(shore, "PutRecord.Success", "Average") == [0]


def test_a_function_s_reads_show_how_far_it_is_behind(shore: Shore) -> None:
    """Source: "Monitor the Amazon Kinesis Data Streams service with Amazon CloudWatch": the age of the last record."""
    shore.stream()
    shore.put()
    shore.advance(90)
    shore.cloud.deploy("count", "def handler(event, context):\n    pass\n")
    client("lambda").create_event_source_mapping(
        EventSourceArn=shore.arn, FunctionName="count", StartingPosition="TRIM_HORIZON"
    )
    shore.cloud.settle()
    assert statistic(shore, "GetRecords.IteratorAgeMilliseconds", "Maximum") == [90_000]


def test_what_a_consumer_is_pushed_has_its_own_metrics(shore: Shore) -> None:
    """Source: "Monitor the Amazon Kinesis Data Streams service with Amazon CloudWatch": SubscribeToShardEvent."""
    shore.stream()
    consumer = shore.register()
    shore.fill(3)
    next(shore.subscribe(consumer))
    assert statistic(shore, "SubscribeToShardEvent.Records", ConsumerName="dashboard") == [3]
    assert statistic(shore, "GetRecords.Records") == []


def test_an_alarm_sees_refused_records(shore: Shore) -> None:
    """Source: "Monitor the Amazon Kinesis Data Streams service with Amazon CloudWatch": recommended metrics."""
    client("cloudwatch").put_metric_alarm(
        AlarmName="too much",
        Namespace="AWS/Kinesis",
        MetricName="WriteProvisionedThroughputExceeded",
        Dimensions=[{"Name": "StreamName", "Value": "clicks"}],
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=0,
        ComparisonOperator="GreaterThanThreshold",
    )
    shore.stream()
    shore.fill(1001)
    shore.advance(120)
    states = [event.detail["state"] for event in shore.events.of("alarmed")]
    assert "ALARM" in states


def quantities(shore: Shore) -> dict[str, Any]:
    return {line.what: line.quantity for line in bill(Run(shore.cloud.journal), free_tier=False).lines}


def test_a_journal_is_priced_by_its_puts(shore: Shore) -> None:
    """A unit is a started 25 KB (``price.kinesis.put_unit_size``); reads and refused records cost nothing."""
    shore.stream(2)
    shore.put(b"x" * 26_000, ExplicitHashKey="0")
    shore.fill(1500, hash_key=HASH_KEYS - 1)
    shore.bodies(shore.iterator(shard=FIRST))
    assert quantities(shore)["Kinesis: PUT payload units"] == 2 + 1000
