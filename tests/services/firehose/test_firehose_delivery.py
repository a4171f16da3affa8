"""Buffers, objects and their keys, what one put may hold, and a bucket that does not answer.

Amazon Data Firehose Developer Guide, "Understand data delivery in Amazon Data Firehose", "Handle data delivery
failures", "Amazon Data Firehose quota" (read 2026-11).
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import boto3
import pytest
from reservoir import Reservoir, client, refused

from waterline.cloud import REGION
from waterline.pricing import Run, bill
from waterline.services.delivery import Sender, Targets
from waterline.services.firehose.prefixes import formatted

MIB = 2**20
HINTS = {"SizeInMBs": 1, "IntervalInSeconds": 60}


def test_records_wait_five_minutes_for_one_another(reservoir: Reservoir) -> None:
    """Source: facts ``firehose.buffer_interval_default``, CreateDeliveryStream: counted from the first of them."""
    reservoir.create()
    reservoir.put("a", "b")
    reservoir.advance(100)
    reservoir.put("c")
    reservoir.advance(199.9)
    assert reservoir.keys == []
    reservoir.advance(0.2)
    assert reservoir.objects == [b"abc"]
    assert reservoir.instants() == [300]


def test_a_buffer_that_is_full_does_not_wait(reservoir: Reservoir) -> None:
    """Source: fact ``firehose.buffer_size_default``, CreateDeliveryStream: whichever condition is satisfied first."""
    reservoir.create()
    piece = b"x" * 1_000_000
    for _ in range(6):
        reservoir.put(piece)
        reservoir.advance(1)
    assert reservoir.instants() == [5.0]
    assert [len(content) for content in reservoir.objects] == [6_000_000]


def test_hints_change_how_long_records_wait(reservoir: Reservoir) -> None:
    """Source: facts ``firehose.buffer_interval``, ``firehose.buffer_size``."""
    reservoir.create(BufferingHints=HINTS)
    reservoir.put("a")
    reservoir.advance(60)
    reservoir.put("b")
    reservoir.cloud.settle()
    assert reservoir.instants() == [60, 120]


def test_an_interval_of_zero_delivers_at_once(reservoir: Reservoir) -> None:
    """Source: fact ``firehose.buffer_interval``: zero buffering, one object for what came at one instant."""
    reservoir.create(BufferingHints={"SizeInMBs": 1, "IntervalInSeconds": 0})
    reservoir.put("a", "b")
    reservoir.cloud.settle()
    assert reservoir.instants() == [0]
    assert reservoir.objects == [b"ab"]


@pytest.mark.parametrize(
    "hints",
    [
        {"SizeInMBs": 5},
        {"IntervalInSeconds": 60},
        {"SizeInMBs": 129, "IntervalInSeconds": 60},
        {"SizeInMBs": 5, "IntervalInSeconds": 901},
    ],
)
def test_hints_come_together_and_within_bounds(reservoir: Reservoir, hints: dict[str, int]) -> None:
    """Source: CreateDeliveryStream, BufferingHints; facts ``firehose.buffer_size``, ``firehose.buffer_interval``."""
    with refused("InvalidArgumentException"):
        reservoir.create(BufferingHints=hints)
    assert reservoir.firehose.list_delivery_streams()["DeliveryStreamNames"] == []


def test_nothing_stands_between_the_records_of_an_object(reservoir: Reservoir) -> None:
    """Source: "Understand data delivery in Amazon Data Firehose": a separator is the producer's business."""
    reservoir.create(BufferingHints=HINTS)
    reservoir.put('{"a": 1}', '{"b": 2}')
    reservoir.cloud.settle()
    assert reservoir.objects == [b'{"a": 1}{"b": 2}']


def test_a_delimiter_is_appended_where_a_processor_says_so(reservoir: Reservoir) -> None:
    """Source: CreateDeliveryStream: the processor AppendDelimiterToRecord."""
    processor = {
        "Type": "AppendDelimiterToRecord",
        "Parameters": [{"ParameterName": "Delimiter", "ParameterValue": "\\n"}],
    }
    reservoir.create(ProcessingConfiguration={"Enabled": True, "Processors": [processor]})
    reservoir.put("a", "b")
    reservoir.cloud.settle()
    assert reservoir.objects == [b"a\nb\n"]


def test_objects_are_compressed_as_a_whole(reservoir: Reservoir) -> None:
    """Source: fact ``firehose.compression``: GZIP, with its file extension."""
    reservoir.create(CompressionFormat="GZIP")
    reservoir.put(*["the same again"] * 100)
    reservoir.cloud.settle()
    [key] = reservoir.keys
    assert key.endswith(".gz")
    assert reservoir.content(key) == b"the same again" * 100


def test_an_object_s_name_holds_stream_version_time_and_chance(reservoir: Reservoir) -> None:
    """Source: "Configure Amazon S3 object name format": times are those of the oldest record."""
    reservoir.create(BufferingHints=HINTS)
    reservoir.advance(3600 * 5 + 61)
    reservoir.put("a")
    reservoir.advance(30)
    reservoir.put("b")
    reservoir.cloud.settle()
    [key] = reservoir.keys
    assert key.startswith("2026/01/01/05/logs-1-2026-01-01-05-01-01-")
    assert len(key.partition("01-01-01-")[2] or key[-36:]) == 36


@pytest.mark.parametrize(
    ("settings", "start"),
    [
        ({"Prefix": "raw/"}, "raw/2026/01/01/00/logs-"),
        ({"Prefix": "raw"}, "raw2026/01/01/00/logs-"),
        (
            {
                "Prefix": "y=!{timestamp:yyyy}/m=!{timestamp:MM}/",
                "ErrorOutputPrefix": "e/!{firehose:error-output-type}/",
            },
            "y=2026/m=01/logs-",
        ),
        (
            {"Prefix": "!{timestamp:'year='yyyy'/day='DDD}/", "ErrorOutputPrefix": "e/!{firehose:error-output-type}/"},
            "year=2026/day=001/logs-",
        ),
        ({"CustomTimeZone": "Asia/Tokyo"}, "2026/01/01/09/logs-1-2026-01-01-09-00-00-"),
    ],
)
def test_a_prefix_is_evaluated_when_an_object_is_written(
    reservoir: Reservoir, settings: dict[str, str], start: str
) -> None:
    """Source: "Understand custom prefixes for Amazon S3 objects"."""
    reservoir.create(**settings)
    reservoir.put("a")
    reservoir.cloud.settle()
    [key] = reservoir.keys
    assert key.startswith(start)


def test_a_random_string_is_new_each_time(reservoir: Reservoir) -> None:
    """Source: "Understand custom prefixes for Amazon S3 objects": eleven characters."""
    both = "!{firehose:random-string}-!{firehose:random-string}/"
    reservoir.create(Prefix=both, ErrorOutputPrefix="!{firehose:error-output-type}/")
    reservoir.put("a")
    reservoir.cloud.settle()
    [key] = reservoir.keys
    first, second = key[:11], key[12:23]
    assert first != second and key[11] == "-" and key[23] == "/"


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"Prefix": "!{timestamp:yyyy}/"}, "ErrorOutputPrefix cannot be null"),
        ({"Prefix": "!{firehose:error-output-type}/", "ErrorOutputPrefix": "e/"}, "Prefix cannot contain"),
        ({"ErrorOutputPrefix": "e/!{timestamp:yyyy}/"}, "at least one instance"),
        ({"Prefix": "!{timestamp:qqq}/", "ErrorOutputPrefix": "!{firehose:error-output-type}/"}, "letter q"),
        ({"Prefix": "a!{b"}, "can only appear"),
    ],
)
def test_a_prefix_that_breaks_the_rules_is_refused(reservoir: Reservoir, settings: dict[str, str], words: str) -> None:
    """Source: "Understand custom prefixes for Amazon S3 objects", semantic rules."""
    with refused("InvalidArgumentException", words):
        reservoir.create(**settings)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"DynamicPartitioningConfiguration": {"Enabled": True}}, "DynamicPartitioningConfiguration"),
        ({"DataFormatConversionConfiguration": {"Enabled": True}}, "DataFormatConversionConfiguration"),
        ({"S3BackupMode": "Enabled"}, "S3BackupMode"),
        ({"CompressionFormat": "ZIP"}, "ZIP"),
        (
            {"ProcessingConfiguration": {"Enabled": True, "Processors": [{"Type": "MetadataExtraction"}]}},
            "MetadataExtraction",
        ),
    ],
)
def test_what_the_lab_does_not_do_is_refused_by_name(
    reservoir: Reservoir, settings: dict[str, Any], words: str
) -> None:
    """Nothing is taken and then not done."""
    with refused("InvalidArgumentException", f"The lab's Firehose .*{words}"):
        reservoir.create(**settings)


def test_another_destination_is_refused_by_name(reservoir: Reservoir) -> None:
    """Nothing is taken and then not done."""
    endpoint = {"EndpointConfiguration": {"Url": "https://example.com"}, "S3Configuration": {}}
    endpoint["S3Configuration"] = {"RoleARN": reservoir.cloud.role, "BucketARN": "arn:aws:s3:::lake"}
    with refused("InvalidArgumentException", "not to HttpEndpoint"):
        reservoir.firehose.create_delivery_stream(
            DeliveryStreamName="logs", HttpEndpointDestinationConfiguration=endpoint
        )


def test_an_update_holds_for_what_comes_and_counts_the_version(reservoir: Reservoir) -> None:
    """Source: UpdateDestination, "Configure Amazon S3 object name format"."""
    reservoir.create(BufferingHints=HINTS)
    described = reservoir.firehose.describe_delivery_stream(DeliveryStreamName="logs")["DeliveryStreamDescription"]
    change = {
        "DeliveryStreamName": "logs",
        "CurrentDeliveryStreamVersionId": described["VersionId"],
        "DestinationId": described["Destinations"][0]["DestinationId"],
    }
    with refused("InvalidArgumentException"):
        reservoir.firehose.update_destination(**change, ExtendedS3DestinationUpdate={"CompressionFormat": "ZIP"})
    reservoir.firehose.update_destination(**change, ExtendedS3DestinationUpdate={"CompressionFormat": "GZIP"})
    reservoir.put("a")
    reservoir.cloud.settle()
    [key] = reservoir.keys
    assert "logs-2-" in key and key.endswith(".gz")
    assert reservoir.instants() == [60]


@pytest.mark.parametrize(
    ("bodies", "words"),
    [
        (["x"] * 501, "less than or equal to 500"),
        ([b"x" * 1_024_001], "less than or equal to 1024000"),
        ([b"x" * 1_000_000] * 5, "exceeds 4 MB"),
    ],
    ids=["records", "record", "request"],
)
def test_a_put_has_its_bounds(reservoir: Reservoir, bodies: list[Any], words: str) -> None:
    """Source: facts ``firehose.put_batch_max``, ``firehose.record_max``, PutRecordBatch."""
    reservoir.create()
    with refused("InvalidArgumentException", words):
        reservoir.put(*bodies)
    assert not reservoir.of("sent")


def test_a_put_beyond_five_megabytes_a_second_fails_in_part(reservoir: Reservoir) -> None:
    """Source: fact ``firehose.direct_put_quota``, PutRecordBatch: some records have an ErrorCode."""
    reservoir.create()
    piece = b"x" * 1_000_000
    assert "ServiceUnavailableException" not in reservoir.put(piece, piece, piece, piece)
    answers = reservoir.put(piece, piece)
    assert answers[0] != "ServiceUnavailableException" == answers[1]
    assert len(reservoir.of("sent")) == 5
    with refused("ServiceUnavailableException", "Slow down"):
        reservoir.firehose.put_record(DeliveryStreamName="logs", Record={"Data": piece})
    reservoir.advance(1)
    assert "ServiceUnavailableException" not in reservoir.put(piece)


def test_two_thousand_puts_a_second_are_taken(reservoir: Reservoir) -> None:
    """Source: fact ``firehose.direct_put_quota``: requests a second, of PutRecord and PutRecordBatch together."""
    reservoir.create()
    for _ in range(1000):
        reservoir.put("a")
        reservoir.firehose.put_record(DeliveryStreamName="logs", Record={"Data": b"a"})
    with refused("ServiceUnavailableException"):
        reservoir.firehose.put_record(DeliveryStreamName="logs", Record={"Data": b"a"})


def test_smaller_regions_take_less(reservoir: Reservoir) -> None:
    """Source: fact ``firehose.direct_put_quota_other``: 1 MB a second."""
    far = client("firehose", "eu-north-1")
    reservoir.create(firehose=far)
    far.put_record(DeliveryStreamName="logs", Record={"Data": b"x" * 1_000_000})
    with refused("ServiceUnavailableException"):
        far.put_record(DeliveryStreamName="logs", Record={"Data": b"x" * 1_000_000})


def test_a_bucket_that_does_not_answer_is_tried_again(reservoir: Reservoir) -> None:
    """Source: "Handle data delivery failures": until it takes the object; nothing is lost meanwhile."""
    reservoir.create(BufferingHints=HINTS)
    reservoir.put("a", "b")
    reservoir.cloud.faults.outage("s3", start=0, end=3600)
    reservoir.cloud.settle()
    assert reservoir.objects == [b"ab"]
    retries = reservoir.of("retried")
    assert [event.seconds for event in retries[:5]] == [60, 61, 63, 67, 75]
    assert {event.detail["count"] for event in retries} == {2}
    assert 3600 <= reservoir.instants()[0] <= 3900


def test_what_a_bucket_does_not_take_for_a_day_is_lost(reservoir: Reservoir) -> None:
    """Source: fact ``firehose.retention_direct_put``, "Handle data delivery failures"."""
    reservoir.create()
    reservoir.s3.delete_bucket(Bucket="lake")
    reservoir.put("a", "b")
    reservoir.cloud.settle()
    dropped = reservoir.of("dropped")
    assert len(dropped) == 2
    assert 23.9 * 3600 < dropped[0].seconds <= 24 * 3600
    assert "lake did not take it" in dropped[0].detail["why"]


def test_a_failing_object_does_not_hold_back_the_next(reservoir: Reservoir) -> None:
    """A retry is an object's own: the later object tries sooner again, and is written first."""
    reservoir.create(BufferingHints=HINTS)
    reservoir.cloud.faults.outage("s3", start=0, end=125)
    [first] = reservoir.put("a")
    reservoir.advance(61)
    [second] = reservoir.put("b")
    reservoir.cloud.settle()
    assert [(event.message, event.seconds) for event in reservoir.of("delivered")] == [(second, 128), (first, 187)]


def test_a_stream_that_is_deleted_takes_its_buffer_along(reservoir: Reservoir) -> None:
    """Source: DeleteDeliveryStream: no guarantee for what it has not delivered."""
    reservoir.create()
    [record] = reservoir.put("a")
    reservoir.firehose.delete_delivery_stream(DeliveryStreamName="logs")
    reservoir.cloud.settle()
    assert [event.kind for event in reservoir.cloud.journal.of(message=record)] == ["sent", "purged"]
    with refused("ResourceNotFoundException"):
        reservoir.put("b")


def test_an_object_is_written_by_the_records_in_it(reservoir: Reservoir) -> None:
    """The journal names, with each record, the object that it is in and how many it holds."""
    reservoir.create()
    records = reservoir.put("a", "b", "c")
    reservoir.cloud.settle()
    delivered = reservoir.of("delivered")
    assert [event.message for event in delivered] == records
    assert {(event.detail["object"], event.detail["count"], event.detail["to"]) for event in delivered} == {
        (reservoir.keys[0], 3, "s3:lake")
    }


def test_a_journal_is_priced_by_records_of_five_kilobytes(reservoir: Reservoir) -> None:
    """Each record is rounded up to 5 KB (``price.firehose.rounding``)."""
    reservoir.create()
    reservoir.put("x", b"y" * 5121)
    lines = {line.what: line.quantity for line in bill(Run(reservoir.cloud.journal), free_tier=False).lines}
    assert float(lines["Firehose: ingestion"]) * 2**30 == pytest.approx(3 * 5 * 1024)


def test_metrics_count_records_and_objects(reservoir: Reservoir) -> None:
    """Source: "Monitor Amazon Data Firehose with CloudWatch metrics"."""
    reservoir.create()
    reservoir.put("a", "bc")
    reservoir.cloud.settle()

    def total(name: str, statistic: str = "Sum") -> float:
        start = reservoir.cloud.clock.start
        answer = boto3.client("cloudwatch", region_name=REGION).get_metric_statistics(
            Namespace="AWS/Firehose",
            MetricName=name,
            Dimensions=[{"Name": "DeliveryStreamName", "Value": "logs"}],
            StartTime=start,
            EndTime=start + dt.timedelta(hours=1),
            Period=3600,
            Statistics=[statistic],
        )
        return float(answer["Datapoints"][0][statistic])

    assert (total("IncomingRecords"), total("IncomingBytes")) == (2, 3)
    assert (total("DeliveryToS3.Records"), total("DeliveryToS3.Bytes"), total("DeliveryToS3.Success")) == (2, 3, 1)
    assert total("DeliveryToS3.DataFreshness", "Maximum") == 300


@pytest.mark.parametrize(
    ("pattern", "text"),
    [("yyyy/MM/dd", "2026/03/04"), ("yy-M-d", "26-3-4"), ("'at 'HH:mm:ss", "at 05:06:07"), ("''", "'"), ("DDD", "063")],
)
def test_a_date_in_a_pattern_of_java(pattern: str, text: str) -> None:
    """Source: "Understand custom prefixes for Amazon S3 objects"."""
    assert formatted(pattern, dt.datetime(2026, 3, 4, 5, 6, 7, tzinfo=dt.UTC)) == text


def test_another_service_puts_a_record_as_it_is(reservoir: Reservoir) -> None:
    """Source: PutRecord: what a topic or a rule hands over arrives byte by byte."""
    reservoir.create()
    arn = "arn:aws:firehose:us-east-1:123456789012:deliverystream/logs"
    topic = Sender("sns.amazonaws.com", "arn:aws:sns:us-east-1:123456789012:t", "123456789012", by_role=True)
    record = Targets(reservoir.cloud._ground).delivery_stream(topic, arn, b"\xff\x00")
    reservoir.cloud.settle()
    assert reservoir.objects == [b"\xff\x00"]
    assert [event.kind for event in reservoir.cloud.journal.of(message=record)] == ["sent", "delivered"]
