"""A Kinesis stream as source, and what holds of all records whatever happens.

Amazon Data Firehose Developer Guide, "Configure source settings" (read 2026-11).
"""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reservoir import TIDY, Reservoir, client, opened, refused

HINTS = {"SizeInMBs": 1, "IntervalInSeconds": 60}
SHOW = """
import base64, json
def handler(event, context):
    print(json.dumps(event))
    return {"records": [{"recordId": r["recordId"], "result": "Ok", "data": r["data"]} for r in event["records"]]}
"""


def test_a_stream_is_read_from_its_latest_record_on(reservoir: Reservoir) -> None:
    """Source: "Configure source settings": what was there before is not delivered."""
    arn = reservoir.stream()
    reservoir.click("before")
    reservoir.create(source=arn, BufferingHints=HINTS)
    reservoir.click("a", "b")
    reservoir.cloud.settle()
    assert reservoir.objects == [b"ab"]


def test_a_shard_is_read_once_a_second(reservoir: Reservoir) -> None:
    """Source: "Configure source settings": GetRecords once a second for each shard."""
    arn = reservoir.stream()
    reservoir.create(source=arn, BufferingHints=HINTS)
    for _ in range(4):
        reservoir.advance(0.4)
        reservoir.click("a")
    reservoir.cloud.settle()
    assert [(event.seconds, event.detail["records"]) for event in reservoir.of("read", "kinesis:clicks")] == [
        (1, 2),
        (2, 2),
    ]


def test_its_reads_count_against_the_shard(reservoir: Reservoir) -> None:
    """Source: fact ``kinesis.shard_read``: Firehose is one more reader of the five a second."""
    arn = reservoir.stream()
    kinesis = client("kinesis")
    iterator = kinesis.get_shard_iterator(
        StreamName="clicks", ShardId="shardId-000000000000", ShardIteratorType="LATEST"
    )["ShardIterator"]
    reservoir.create(source=arn, BufferingHints=HINTS)
    reservoir.click("a")
    reservoir.advance(0.5)
    for _ in range(4):
        kinesis.get_records(ShardIterator=iterator)
    with refused("ProvisionedThroughputExceededException"):
        kinesis.get_records(ShardIterator=iterator)


def test_a_record_keeps_its_parent_in_the_stream(reservoir: Reservoir) -> None:
    """One record can be followed from the stream to the object."""
    arn = reservoir.stream()
    reservoir.create(source=arn, BufferingHints=HINTS)
    reservoir.click("a")
    reservoir.cloud.settle()
    [click] = reservoir.of("sent", "kinesis:clicks")
    kinds = [(event.place, event.kind) for event in reservoir.cloud.journal.trace(str(click.message)).events]
    assert kinds == [
        ("kinesis:clicks", "sent"),
        ("firehose:logs", "sent"),
        ("s3:lake", "written"),
        ("firehose:logs", "delivered"),
    ]


def test_producers_cannot_put_into_a_stream_with_a_source(reservoir: Reservoir) -> None:
    """Source: PutRecord: InvalidArgumentException."""
    reservoir.create(source=reservoir.stream())
    with refused("InvalidArgumentException", "not permitted on KinesisStreamAsSource"):
        reservoir.put("a")


def test_a_source_that_is_not_there_is_refused(reservoir: Reservoir) -> None:
    """Source: CreateDeliveryStream."""
    with refused("ResourceNotFoundException"):
        reservoir.create(source="arn:aws:kinesis:us-east-1:123456789012:stream/nothing")


def test_reading_goes_on_after_a_split(reservoir: Reservoir) -> None:
    """Source: "Reshard a stream": the parent first, then its children."""
    arn = reservoir.stream()
    reservoir.create(source=arn, BufferingHints=HINTS)
    reservoir.click("a")
    client("kinesis").split_shard(
        StreamName="clicks", ShardToSplit="shardId-000000000000", NewStartingHashKey=str(2**127)
    )
    reservoir.click("b")
    reservoir.cloud.settle()
    assert reservoir.objects == [b"ab"]


def test_several_streams_read_one_source(reservoir: Reservoir) -> None:
    """Source: "Configure source settings": each gets every record."""
    arn = reservoir.stream()
    for name in ("one", "two"):
        reservoir.create(name, source=arn, BufferingHints=HINTS)
    reservoir.click("a")
    reservoir.cloud.settle()
    assert reservoir.objects == [b"a", b"a"]


def test_a_deleted_stream_reads_no_more(reservoir: Reservoir) -> None:
    """Source: DeleteDeliveryStream."""
    arn = reservoir.stream()
    reservoir.create(source=arn)
    reservoir.advance(1)
    reservoir.firehose.delete_delivery_stream(DeliveryStreamName="logs")
    reservoir.click("a")
    reservoir.cloud.settle()
    assert not reservoir.of("sent") and not reservoir.of("read", "kinesis:clicks")


def test_the_function_sees_where_in_the_stream_a_record_was(reservoir: Reservoir) -> None:
    """Source: "Transform source data in Amazon Data Firehose": the metadata of a Kinesis record."""
    arn = reservoir.stream()
    reservoir.create(source=arn, **reservoir.through(SHOW, BufferIntervalInSeconds="0"))
    reservoir.click("a", key="user-7")
    reservoir.cloud.settle()
    event = json.loads(next(line for line in reservoir.cloud.logs("tidy").splitlines() if line.startswith("{")))
    metadata = event["records"][0]["kinesisRecordMetadata"]
    assert event["sourceKinesisStreamArn"] == arn
    assert (metadata["partitionKey"], metadata["shardId"]) == ("user-7", "shardId-000000000000")
    assert f"{metadata['shardId']}:{metadata['sequenceNumber']}" == reservoir.of("sent", "kinesis:clicks")[0].message


def test_log_events_come_compressed(reservoir: Reservoir) -> None:
    """Source: "Configure source settings": what a subscription filter of CloudWatch Logs puts is gathered, too."""
    reservoir.create(BufferingHints=HINTS)
    logs = client("logs")
    logs.create_log_group(logGroupName="app")
    logs.create_log_stream(logGroupName="app", logStreamName="one")
    arn = "arn:aws:firehose:us-east-1:123456789012:deliverystream/logs"
    logs.put_subscription_filter(
        logGroupName="app", filterName="all", filterPattern="", destinationArn=arn, roleArn=reservoir.cloud.role
    )
    now = round(reservoir.cloud.clock.date.timestamp() * 1000)
    logs.put_log_events(logGroupName="app", logStreamName="one", logEvents=[{"timestamp": now, "message": "hello"}])
    reservoir.cloud.settle()
    assert reservoir.instants() == [60]
    told = json.loads(gzip.decompress(reservoir.objects[0]))
    assert [event["message"] for event in told["logEvents"]] == ["hello"]


# -- whatever happens ------------------------------------------------------------------------------------------------

BODIES = st.sampled_from(["a", "b", "drop", "bad", "lost", "twice", "x" * 400_000])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.lists(BODIES, min_size=1, max_size=4)),
        st.tuples(st.just("wait"), st.sampled_from([1, 30, 61, 400])),
        st.tuples(st.just("outage"), st.sampled_from(["s3", "tidy"])),
        st.tuples(st.just("delete"), st.none()),
    ),
    max_size=10,
)
Steps = list[tuple[str, object]]
ENDS = {"delivered", "filtered", "dead-lettered", "dropped", "purged"}


def play(reservoir: Reservoir, steps: Steps, transform: bool, with_source: bool) -> None:
    options = reservoir.through(TIDY, BufferIntervalInSeconds="20") if transform else {}
    if not transform:
        reservoir.cloud.deploy("tidy", TIDY)
    arn = reservoir.stream(2) if with_source else None
    reservoir.create(source=arn, BufferingHints=HINTS, **options)
    there = True
    for kind, what in steps:
        if kind == "put" and with_source:
            for number, body in enumerate(list(map(str, what or []))):  # type: ignore[call-overload]
                try:
                    reservoir.click(body, key=str(number))
                except client("kinesis").exceptions.ProvisionedThroughputExceededException:
                    pass
        elif kind == "put" and there:
            reservoir.put(*list(map(str, what or [])))  # type: ignore[call-overload]
        elif kind == "wait":
            reservoir.advance(float(str(what)))
        elif kind == "outage":
            now = reservoir.cloud.clock.now / 1e6
            reservoir.cloud.faults.outage(str(what), start=now, end=now + 50)
        elif kind == "delete" and there:
            reservoir.firehose.delete_delivery_stream(DeliveryStreamName="logs")
            there = False
    reservoir.cloud.settle()
    reservoir.advance(60)  # until no outage is left, so that the bucket can be looked at


@settings(max_examples=30, deadline=None)
@given(steps=STEPS, transform=st.booleans(), with_source=st.booleans())
def test_every_record_has_one_end(steps: Steps, transform: bool, with_source: bool) -> None:
    """Conservation: sent once; then delivered, filtered, dead-lettered, dropped or purged, once."""
    with opened() as reservoir:
        play(reservoir, steps, transform, with_source)
        ends: Counter[str] = Counter()
        begun: Counter[str] = Counter()
        for event in reservoir.cloud.journal:
            if event.place == "firehose:logs" and event.message is not None:
                begun[event.message] += event.kind == "sent"
                ends[event.message] += event.kind in ENDS
                assert ends[event.message] <= begun[event.message] == 1, "an end before the beginning"
        assert set(ends.values()) <= {1}, "vanished or doubled"
        written = {event.detail["object"] for kind in ("delivered", "dead-lettered") for event in reservoir.of(kind)}
        assert sorted(written) == sorted(reservoir.keys)
        size = sum(len(event.detail["body"]) for event in reservoir.of("sent"))
        if not transform and not reservoir.of("purged") and not reservoir.of("dropped"):
            assert sum(map(len, reservoir.objects)) == size


EXAMPLE: Steps = [
    ("put", ["a", "bad", "drop"]),
    ("wait", 30),
    ("outage", "s3"),
    ("put", ["b", "twice", "x" * 400_000]),
    ("wait", 61),
    ("outage", "tidy"),
    ("put", ["a", "lost"]),
]


def digest() -> str:
    digests = []
    for with_source in (False, True):
        with opened() as reservoir:
            play(reservoir, EXAMPLE, True, with_source)
            digests.append(reservoir.cloud.journal.digest() + json.dumps(reservoir.keys))
    return " ".join(digests)


def test_the_journal_and_the_keys_are_the_same_in_another_process() -> None:
    """Same seed, same run."""
    here = Path(__file__).parent
    environment = {**os.environ, "PYTHONHASHSEED": "4711", "PYTHONPATH": f"{here}{os.pathsep}{here.parents[2]}"}
    program = "import test_firehose_sources as test; print(test.digest())"
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment, cwd=here
    )
    assert ran.stdout.strip() == digest() == digest()


@pytest.mark.parametrize("retention", [24, 48])
def test_a_source_is_tried_as_long_as_it_keeps_its_records(reservoir: Reservoir, retention: int) -> None:
    """Source: "Handle data delivery failures": for a stream as source its retention counts."""
    arn = reservoir.stream()
    if retention > 24:
        client("kinesis").increase_stream_retention_period(StreamName="clicks", RetentionPeriodHours=retention)
    reservoir.create(source=arn, BufferingHints=HINTS)
    reservoir.s3.delete_bucket(Bucket="lake")
    reservoir.click("a")
    reservoir.cloud.settle()
    [dropped] = reservoir.of("dropped")
    assert (retention - 0.2) * 3600 < dropped.seconds <= retention * 3600
