"""A stream's mapping: where it begins, when it looks, what it puts into a batch, and that order holds per key.

AWS Lambda Developer Guide (read 2026-11): "How Lambda processes records from stream and queue-based event sources",
"Using Lambda to process records from Amazon Kinesis Data Streams".
"""

from __future__ import annotations

import datetime as dt
import json

import pytest
from river import FAIL_ON_BAD, PASS, River
from world import client, sleeping

from waterline.clock import SECOND

DAY = 86_400


def test_a_record_is_sent_and_invoked_and_nothing_deletes_it(river: River) -> None:
    """A stream keeps its records: no receive, no visibility timeout, no delete."""
    river.begin(PASS)
    (record,) = river.put("one")
    river.settle()
    assert river.kinds("one") == ["sent", "invoked", "succeeded"]
    iterator = river.kinesis.get_shard_iterator(
        StreamName="clicks", ShardId=record.partition(":")[0], ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    assert [found["Data"] for found in river.kinesis.get_records(ShardIterator=iterator)["Records"]] == [b"one"]


def test_a_record_has_the_keys_of_a_record_on_aws(river: River) -> None:
    """ "Example Kinesis record event"."""
    source = "import json\ndef handler(event, context):\n    print(json.dumps(event['Records'][0]))"
    river.begin(source)
    (name,) = river.put("Hello", key="1")
    river.settle()
    line = next(line for line in river.world.cloud.logs("issue").splitlines() if line.startswith("{"))
    record = json.loads(line)
    shard, _, number = name.partition(":")
    assert record == {
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": "1",
            "sequenceNumber": number,
            "data": "SGVsbG8=",
            "approximateArrivalTimestamp": 1767225600.0,
        },
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": f"{shard}:{number}",
        "eventName": "aws:kinesis:record",
        "invokeIdentityArn": river.world.cloud.role,
        "awsRegion": "us-east-1",
        "eventSourceARN": river.arn,
    }


@pytest.mark.parametrize(
    ("position", "seen"),
    [
        ({"StartingPosition": "TRIM_HORIZON"}, "old new"),
        ({"StartingPosition": "LATEST"}, "new"),
        (
            {"StartingPosition": "AT_TIMESTAMP", "StartingPositionTimestamp": dt.datetime(2026, 1, 1, tzinfo=dt.UTC)},
            "old new",
        ),
        ({"StartingPosition": "AT_TIMESTAMP", "StartingPositionTimestamp": 1767225600 + 5}, "new"),
    ],
    ids=["trim horizon", "latest", "timestamp before", "timestamp between"],
)
def test_a_mapping_begins_at_its_starting_position(river: River, position: dict[str, object], seen: str) -> None:
    """ "Lambda parameters for Amazon Kinesis Data Streams event source mappings": all records, only new ones, or
    those from a time on.
    """
    river.stream()
    river.world.deploy(PASS)
    river.put("old")
    river.advance(10)
    river.map(**position)
    river.put("new")
    river.settle()
    assert river.batches() == [(10, seen)]


def test_a_shard_of_kinesis_is_polled_once_a_second(river: River) -> None:
    """ "Using Lambda to process records from Amazon Kinesis Data Streams": a base rate of once per second for each
    shard (fact esm.kinesis_poll_rate).
    """
    river.begin(PASS)
    river.advance(0.3)
    river.put("a")
    river.advance(0.3)
    river.put("b")
    river.advance(1)
    river.put("c")
    river.settle()
    assert river.batches() == [(1, "a b"), (2, "c")]


def test_an_idle_mapping_costs_nothing_and_keeps_nobody_waiting(river: River) -> None:
    """settle() ends although the mapping polls for ever."""
    river.begin(PASS)
    river.settle()
    assert river.world.cloud.clock.now == 0
    river.advance(30 * DAY)
    assert not river.journal.of("invoked")


def test_a_handler_that_writes_into_its_own_stream_is_slowed_down_by_the_polls(river: River) -> None:
    """A loop through the stream turns once a second, not without end in one instant."""
    river.begin(
        "import boto3\ndef handler(event, context):\n"
        "    boto3.client('kinesis').put_record(StreamName='clicks', PartitionKey='k', Data=b'again')\n"
    )
    river.put("first")
    river.advance(3.5)
    assert [second for second, _ in river.batches()] == [0, 1, 2, 3]


def test_a_batch_is_as_large_as_the_batch_size_says(river: River) -> None:
    """BatchSize: the most records in one batch; one shard, so one batch after another."""
    river.stream()
    river.world.deploy(sleeping(2), timeout=10)
    river.put(*"abcdefg")
    river.map(BatchSize=3)
    river.settle()
    assert river.batches() == [(0, "a b c"), (2, "d e f"), (4, "g")]


def test_a_batch_has_a_hundred_records_unless_said(river: River) -> None:
    """ "Lambda parameters for Amazon Kinesis Data Streams event source mappings": BatchSize, default 100."""
    river.stream()
    river.world.deploy(PASS)
    river.kinesis.put_records(StreamName="clicks", Records=[{"Data": b"x", "PartitionKey": "k"} for _ in range(250)])
    river.map()
    river.settle()
    assert [len(bodies.split()) for _, bodies in river.batches()] == [100, 100, 50]


def test_a_batching_window_gathers_until_it_is_over(river: River) -> None:
    """MaximumBatchingWindowInSeconds: the most time to gather records before the function is invoked."""
    river.begin(PASS, MaximumBatchingWindowInSeconds=5)
    for letter in "abcdefgh":
        river.put(letter)
        river.advance(1)
    river.settle()
    assert river.batches() == [(5, "a b c d e"), (10, "f g h")]


def test_a_full_batch_does_not_wait_for_its_window(river: River) -> None:
    """ "Batching behavior": a full batch ends the wait."""
    river.begin(PASS, BatchSize=2, MaximumBatchingWindowInSeconds=300)
    river.put("a", "b")
    river.settle()
    assert river.batches() == [(0, "a b")]


def test_six_megabytes_end_a_batch(river: River) -> None:
    """ "Batching behavior": the payload limit of 6 MB; a record's data count in base64."""
    river.stream()
    river.world.deploy(PASS)
    for letter in "abcdef":
        river.put(letter * 1_000_000)
        river.advance(1)  # a shard takes 1 MB a second
    river.map()
    river.settle()
    assert [len(bodies.split()) for _, bodies in river.batches()] == [4, 2]


def test_a_batch_holds_records_of_one_shard(river: River) -> None:
    """ "Each batch contains records from a single shard"."""
    river.begin(sleeping(1), shards=2)
    river.put("a", "b", ExplicitHashKey="0")
    river.put("c", "d", ExplicitHashKey=str(2**128 - 1))
    river.settle()
    assert sorted(river.batches()) == [(0, "a b"), (0, "c d")]


def test_one_shard_runs_one_batch_at_a_time(river: River) -> None:
    """ "It processes one batch of records at a time from each shard"."""
    river.begin(sleeping(10), BatchSize=1)
    river.put(*"abc", key="x")
    river.put("d", key="y")
    river.settle()
    assert river.batches() == [(0, "a"), (10, "b"), (20, "c"), (30, "d")]


def test_a_parallelization_factor_runs_several_batches_of_a_shard(river: River) -> None:
    """ParallelizationFactor: that many batches of each shard at once; the records of one key one after another."""
    river.begin(sleeping(10), BatchSize=1, ParallelizationFactor=10)
    for key in range(20):
        river.put(f"{key}-1", f"{key}-2", key=str(key))
    river.settle()
    running = [second for second, _ in river.batches()]
    assert running.count(0) > 5
    for key in range(20):
        first, second = (when for when, body in river.batches() if body.startswith(f"{key}-"))
        assert second >= first + 10


def test_shards_times_the_factor_bounds_the_concurrency(river: River) -> None:
    """Fact esm.stream_max_concurrency: shards x ParallelizationFactor."""
    river.begin(sleeping(10), shards=3, BatchSize=1, ParallelizationFactor=2)
    for key in range(60):
        river.put(str(key), key=str(key))
    river.advance(5)
    assert len(river.journal.of("invoked")) == 6


def test_a_changed_factor_waits_for_what_is_under_way(river: River) -> None:
    """UpdateEventSourceMapping: from then on two at once, and no key overtakes itself."""
    mapping = river.begin(sleeping(10), BatchSize=1)
    river.put("a1", key="a")
    river.advance(1)
    river.update(mapping, ParallelizationFactor=10)
    for key in "abcdef":
        river.put(f"{key}2", key=key)
    river.settle()
    starts = {body: second for second, body in river.batches()}
    assert starts["a2"] >= starts["a1"] + 10
    assert len({starts[f"{key}2"] for key in "abcdef"}) < 6


def test_the_iterator_age_is_that_of_the_last_record_when_the_function_is_invoked(river: River) -> None:
    """ "Types of metrics for Lambda functions", IteratorAge: how old the last record of the batch was."""
    river.begin(sleeping(10), BatchSize=2)
    river.put("a", "b", "c")
    river.advance(4)
    river.put("d")
    river.settle()
    ages = {event.detail["invocation"]: event.detail["iterator_age"] for event in river.journal.of("invoked")}
    assert list(ages.values()) == [0, 6 * SECOND]


def test_a_throttled_batch_waits_and_uses_up_no_retry(river: River) -> None:
    """ "Before invocation": throttled batches are retried until they are too old; retries are for function errors."""
    river.stream()
    river.world.deploy(PASS)
    river.world.awslambda.put_function_concurrency(FunctionName="issue", ReservedConcurrentExecutions=0)
    river.map(MaximumRetryAttempts=0)
    river.put("a")
    river.advance(100)
    assert river.kinds("a") == ["sent"] + ["throttled"] * 7
    river.world.awslambda.delete_function_concurrency(FunctionName="issue")
    river.settle()
    assert river.kinds("a")[-2:] == ["invoked", "succeeded"]


def test_a_disabled_mapping_goes_on_where_it_stopped(river: River) -> None:
    """ "Enabled": Lambda keeps track of the last record processed and resumes from that point."""
    mapping = river.begin(PASS)
    river.put("a")
    river.settle()
    river.update(mapping, Enabled=False)
    river.put("b")
    river.advance(100)
    assert river.batches() == [(0, "a")]
    river.update(mapping, Enabled=True)
    river.settle()
    assert river.batches() == [(0, "a"), (100, "b")]


def test_a_batch_that_fails_rests_while_its_mapping_is_disabled(river: River) -> None:
    """A pause is a pause for what is being retried too."""
    mapping = river.begin(FAIL_ON_BAD)
    river.put("bad")
    river.advance(0.5)
    river.update(mapping, Enabled=False)
    river.advance(1000)
    assert len(river.batches()) == 1
    river.world.deploy(PASS)
    river.update(mapping, Enabled=True)
    river.settle()
    assert river.kinds("bad")[-1] == "succeeded"


def test_a_deleted_mapping_leaves_its_records_in_the_stream(river: River) -> None:
    """They are nobody's then, and expire unread by anybody."""
    mapping = river.begin(FAIL_ON_BAD)
    river.put("bad", "good")
    river.advance(1)
    river.world.awslambda.delete_event_source_mapping(UUID=mapping)
    river.settle()
    before = len(river.batches())
    river.world.cloud.advance(days=2)
    assert len(river.batches()) == before
    assert river.kinds("bad")[-1] == river.kinds("good")[-1] == "expired"


def test_two_mappings_both_get_every_record(river: River) -> None:
    """A stream's consumers do not compete, unlike those of a queue."""
    river.begin(PASS)
    river.world.deploy(PASS, "audit")
    river.map(function="audit")
    river.put("a")
    river.settle()
    assert [event.name for event in river.journal.of("succeeded")] == ["issue", "audit"]


def test_a_record_that_no_mapping_reads_expires_with_its_retention(river: River) -> None:
    """ "Change the data retention period": 24 hours by default."""
    river.stream()
    river.put("a")
    river.world.cloud.advance(hours=23.9)
    assert river.kinds("a") == ["sent"]
    river.world.cloud.advance(hours=0.2)
    assert river.kinds("a") == ["sent", "expired"]


def test_a_record_that_was_worked_off_leaves_the_stream_in_silence(river: River) -> None:
    """Its story ended with its success."""
    river.begin(PASS)
    river.put("a")
    river.world.cloud.advance(days=3)
    assert river.kinds("a") == ["sent", "invoked", "succeeded"]


def test_what_a_handler_puts_into_a_stream_comes_from_what_it_worked_on(river: River) -> None:
    """The journal's parents: the record whose batch it was."""
    river.stream(name="next")
    river.begin(
        "import boto3\ndef handler(event, context):\n"
        "    boto3.client('kinesis').put_record(StreamName='next', PartitionKey='k', Data=b'child')\n"
    )
    (parent,) = river.put("parent")
    river.settle()
    (child,) = river.journal.of("sent", "next")
    assert child.parents == (parent,)


def test_a_deleted_function_ends_its_mapping(river: River) -> None:
    """And the journal says so."""
    river.begin(FAIL_ON_BAD)
    river.put("bad")
    river.advance(1)
    river.world.awslambda.delete_function(FunctionName="issue")
    river.settle()
    assert "the function was deleted: its event source mapping stopped reading clicks" in river.world.whys("ended")


def test_a_deleted_stream_ends_its_mapping_when_what_was_read_is_done(river: River) -> None:
    """What nobody had read is purged, in the journal."""
    river.begin(sleeping(10), BatchSize=1)
    river.put("a", "b")
    river.advance(1.5)
    river.put("c")
    river.kinesis.delete_stream(StreamName="clicks")
    river.settle()
    assert river.kinds("a")[-1] == river.kinds("b")[-1] == "succeeded"
    assert river.kinds("c") == ["sent", "purged"]
    assert "the stream was deleted: its event source mapping stopped reading clicks" in river.world.whys("ended")


def test_cloudwatch_has_the_iterator_age_in_milliseconds(river: River) -> None:
    """ "Types of metrics for Lambda functions", IteratorAge: what an alarm on a stuck shard looks at."""
    river.begin(FAIL_ON_BAD)
    river.put("bad")
    river.advance(60)
    (point,) = client("cloudwatch").get_metric_statistics(
        Namespace="AWS/Lambda",
        MetricName="IteratorAge",
        Dimensions=[{"Name": "FunctionName", "Value": "issue"}],
        StartTime=dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
        EndTime=dt.datetime(2026, 1, 1, 0, 1, tzinfo=dt.UTC),
        Period=60,
        Statistics=["Maximum"],
    )["Datapoints"]
    assert point["Maximum"] == 31_000
