"""How much a shard takes and gives in a second, and how large a record and a call may be.

Amazon Kinesis Data Streams Developer Guide, "Quotas and limits", "Handle large records" (read 2026-11).
"""

from __future__ import annotations

import boto3
import pytest
from botocore.config import Config
from shore import HASH_KEYS, MIB, Shore, client, refused

from waterline.cloud import REGION
from waterline.services.delivery import NotTaken, Sender, Targets

THROTTLED = "ProvisionedThroughputExceededException"


def failures(answers: list[dict[str, str]]) -> int:
    return sum("ErrorCode" in answer for answer in answers)


def test_a_shard_takes_a_thousand_records_a_second(shore: Shore) -> None:
    """Source: fact ``kinesis.shard_write``, CreateStream: the thousand-and-first record is refused."""
    shore.stream()
    assert failures(shore.fill(1000)) == 0
    with refused(THROTTLED, "Rate exceeded for shard shardId-000000000000 in stream clicks under account"):
        shore.put()
    shore.advance(1)
    assert failures(shore.fill(1000)) == 0


def test_a_shard_takes_a_megabyte_a_second_and_the_key_counts(shore: Shore) -> None:
    """Source: "Quotas and limits": 1 MB a second, partition keys included."""
    shore.stream()
    shore.put(b"x" * (MIB // 2 - 1))
    shore.put(b"x" * (MIB // 2 - 2))
    shore.put(b"")
    with refused(THROTTLED):
        shore.put(b"")
    shore.advance(1)
    shore.put(b"")


def test_no_second_holds_more_than_the_rate_wherever_it_begins(shore: Shore) -> None:
    """Source: fact ``kinesis.shard_write``: half at 0 s, half at 0.9 s; at 1 s only the first half is free again."""
    shore.stream()
    shore.fill(500)
    shore.advance(0.9)
    shore.fill(500)
    shore.advance(0.1)
    assert failures(shore.fill(1000)) == 500


def test_more_shards_take_more(shore: Shore) -> None:
    """Source: "Quotas and limits": the limit is each shard's."""
    shore.stream(2)
    low, high = shore.fill(1000, hash_key=0), shore.fill(1000, hash_key=HASH_KEYS - 1)
    assert failures(low) == failures(high) == 0


def test_one_key_never_gets_more_than_one_shard(shore: Shore) -> None:
    """Source: PutRecord: all records of a partition key go to one shard, so ten shards take no more of it than one."""
    shore.stream(10)
    assert failures(shore.fill(1500)) == 500


def test_put_records_fails_in_part(shore: Shore) -> None:
    """Source: PutRecords: each refused record has an error code and message; the others are stored."""
    shore.stream()
    shore.fill(800)
    answer = shore.kinesis.put_records(
        StreamName="clicks", Records=[{"Data": str(n).encode(), "PartitionKey": "k"} for n in range(300)]
    )
    assert answer["FailedRecordCount"] == 100
    assert all({"SequenceNumber", "ShardId"} == set(entry) for entry in answer["Records"][:200])
    assert {entry["ErrorCode"] for entry in answer["Records"][200:]} == {THROTTLED}
    assert "shardId-000000000000 in stream clicks under account 123456789012" in answer["Records"][200]["ErrorMessage"]
    assert len(shore.of("sent")) == 1000 and len(shore.of("throttled")) == 100


def test_a_refused_record_does_not_hold_back_those_behind_it(shore: Shore) -> None:
    """Source: PutRecords: a single record's failure does not stop the records after it, so order may be lost."""
    shore.stream()
    records = [{"Data": b"x" * size, "PartitionKey": "k"} for size in (700_000, 700_000, 10)]
    answers = shore.kinesis.put_records(StreamName="clicks", Records=records)["Records"]
    assert ["ErrorCode" in answer for answer in answers] == [False, True, False]


def test_a_client_tries_again_by_itself_until_the_second_is_over(shore: Shore) -> None:
    """Source: PutRecord, with the retries that botocore makes by itself: virtual time goes by, and it gets in."""
    shore.stream()
    shore.fill(1000)
    retrying = boto3.client("kinesis", region_name=REGION, config=Config(retries={"total_max_attempts": 10}))
    retrying.put_record(StreamName="clicks", PartitionKey="k", Data=b"x")
    assert shore.cloud.clock.now >= 1_000_000
    assert shore.of("throttled")


@pytest.mark.parametrize(("size", "taken"), [(MIB - 1, True), (MIB, False)])
def test_a_record_holds_a_mebibyte_with_its_key(shore: Shore, size: int, taken: bool) -> None:
    """Source: fact ``kinesis.record_default``, PutRecord."""
    shore.stream()
    if taken:
        shore.put(b"x" * size)
    else:
        with refused("ValidationException", "less than or equal to 1048576"):
            shore.put(b"x" * size)


def test_a_stream_can_be_set_to_larger_records(shore: Shore) -> None:
    """Source: UpdateMaxRecordSize, fact ``kinesis.record_max``."""
    shore.stream()
    shore.kinesis.update_max_record_size(StreamARN=shore.arn, MaxRecordSizeInKiB=10240)
    assert shore.summary()["MaxRecordSizeInKiB"] == 10240
    shore.put(b"x" * (5 * MIB))


def test_no_stream_takes_records_above_ten_mebibytes(shore: Shore) -> None:
    """Source: UpdateMaxRecordSize."""
    shore.stream()
    with refused("ValidationException", "maxRecordSizeInKiB"):
        shore.kinesis.update_max_record_size(StreamARN=shore.arn, MaxRecordSizeInKiB=10241)
    assert shore.summary()["MaxRecordSizeInKiB"] == 1024


def test_a_large_record_is_a_burst_that_is_paid_for_afterwards(shore: Shore) -> None:
    """Source: "Handle large records": the shard goes beyond its 1 MB a second, then comes back to it."""
    shore.stream(MaxRecordSizeInKiB=10240)
    shore.put(b"x" * (5 * MIB - 1))
    shore.advance(4.9)
    with refused(THROTTLED):
        shore.put()
    shore.advance(0.1)
    shore.put()


@pytest.mark.parametrize("count", [500, 501])
def test_a_call_holds_five_hundred_records(shore: Shore, count: int) -> None:
    """Source: fact ``kinesis.put_records_max``."""
    shore.stream()
    if count == 500:
        assert failures(shore.batch(count)) == 0
    else:
        with refused("ValidationException", "less than or equal to 500"):
            shore.batch(count)


def test_a_call_holds_ten_mebibytes(shore: Shore) -> None:
    """Source: fact ``kinesis.put_records_bytes``: the whole call is refused, and nothing of it is stored."""
    shore.stream()
    with refused("InvalidArgumentException", "Records size exceeds 10 MB limit"):
        shore.batch(11, b"x" * (MIB - 10))
    assert not shore.of("sent")


@pytest.mark.parametrize("key", ["", "x" * 257], ids=["empty", "long"])
def test_a_partition_key_has_one_to_256_characters(shore: Shore, key: str) -> None:
    """Source: fact ``kinesis.partition_key_max``."""
    shore.stream()
    session = client("kinesis")
    with pytest.raises(Exception, match=r"length|partitionKey"):
        session.put_record(StreamName="clicks", PartitionKey=key, Data=b"x")
    assert not shore.of("sent")


def test_a_shard_is_read_five_times_a_second(shore: Shore) -> None:
    """Source: fact ``kinesis.shard_read``, GetRecords: the sixth call within a second is refused."""
    shore.stream()
    iterator = shore.iterator()
    for _ in range(5):
        shore.read(iterator)
    with refused(THROTTLED):
        shore.read(iterator)
    shore.advance(1)
    shore.read(iterator)


def test_readers_share_the_five_reads(shore: Shore) -> None:
    """Source: "Quotas and limits": the limit is the shard's, however many applications poll it."""
    shore.stream()
    first, second = shore.iterator(), shore.iterator("LATEST")
    for iterator in (first, second, first, second, first):
        shore.read(iterator)
    with refused(THROTTLED):
        shore.read(second)


def test_after_two_megabytes_a_shard_refuses_reads_for_a_second(shore: Shore) -> None:
    """Source: GetRecords: with the throughput used up, calls within the next second are refused."""
    shore.stream()
    for _ in range(4):
        shore.put(b"x" * (MIB - 1))
        shore.advance(1)
    onward = shore.read(Limit=2)["NextShardIterator"]
    with refused(THROTTLED):
        shore.read(onward)
    shore.advance(1)
    assert len(shore.read(onward)["Records"]) == 2


def test_after_ten_megabytes_a_shard_refuses_reads_for_five_seconds(shore: Shore) -> None:
    """Source: GetRecords, fact ``kinesis.get_records_bytes``: that much is the most that one call returns."""
    shore.stream()
    for _ in range(11):
        shore.put(b"x" * (MIB - 1))
        shore.advance(1)
    answer = shore.read()
    assert len(answer["Records"]) == 10
    shore.advance(4.9)
    with refused(THROTTLED):
        shore.read(answer["NextShardIterator"])
    shore.advance(0.1)
    assert len(shore.read(answer["NextShardIterator"])["Records"]) == 1


def test_a_call_returns_ten_thousand_records(shore: Shore) -> None:
    """Source: fact ``kinesis.get_records_limit``."""
    shore.stream()
    for _ in range(11):
        shore.fill(1000)
        shore.advance(1)
    answer = shore.read()
    assert len(answer["Records"]) == 10_000
    assert len(shore.read(answer["NextShardIterator"])["Records"]) == 1000


@pytest.mark.parametrize("limit", [0, 10_001])
def test_a_limit_lies_between_one_and_ten_thousand(shore: Shore, limit: int) -> None:
    """Source: GetRecords."""
    shore.stream()
    with pytest.raises(Exception, match=r"Limit|limit"):
        shore.read(Limit=limit)


def test_iterators_are_made_five_times_a_second_for_a_shard(shore: Shore) -> None:
    """Source: GetShardIterator: five transactions a second for each open shard."""
    shore.stream(2)
    for _ in range(5):
        shore.iterator()
    with refused(THROTTLED):
        shore.iterator()
    shore.iterator(shard="shardId-000000000001")


def test_a_mapping_s_polls_count_against_the_shard(shore: Shore) -> None:
    """Source: "Using Lambda to process records from Amazon Kinesis Data Streams": standard iterators share the limit.

    With the mapping's poll four more reads of the same second get through, and no fifth.
    """
    shore.stream()
    shore.cloud.deploy("count", "def handler(event, context):\n    return len(event['Records'])\n")
    client("lambda").create_event_source_mapping(
        EventSourceArn=shore.arn, FunctionName="count", StartingPosition="TRIM_HORIZON"
    )
    iterator = shore.iterator()
    shore.put()
    shore.advance(0.5)
    for _ in range(4):
        shore.read(iterator)
    with refused(THROTTLED):
        shore.read(iterator)


def test_a_mapping_waits_for_the_next_poll_when_its_read_is_refused(shore: Shore) -> None:
    """Source: "Using Lambda to process records from Amazon Kinesis Data Streams": it polls once a second."""
    shore.stream()
    shore.cloud.deploy("count", "def handler(event, context):\n    return len(event['Records'])\n")
    client("lambda").create_event_source_mapping(
        EventSourceArn=shore.arn, FunctionName="count", StartingPosition="TRIM_HORIZON"
    )
    iterator = shore.iterator()
    shore.advance(0.5)
    for _ in range(5):
        shore.read(iterator)
    shore.put()
    shore.advance(0.75)
    assert [event.seconds for event in shore.of("throttled")] == [1.0]
    shore.cloud.settle()
    assert [event.seconds for event in shore.events.of("invoked")] == [2.0]


def test_a_backlog_is_read_at_the_shard_s_pace(shore: Shore) -> None:
    """Source: GetRecords: 30 MB behind one shard take a mapping ten seconds and more, not one poll."""
    shore.stream()
    for _ in range(30):
        shore.put(b"x" * (MIB - 1))
        shore.advance(1)
    shore.cloud.deploy("count", "def handler(event, context):\n    return len(event['Records'])\n")
    client("lambda").create_event_source_mapping(
        EventSourceArn=shore.arn, FunctionName="count", StartingPosition="TRIM_HORIZON"
    )
    shore.cloud.settle()
    reads = shore.of("read")
    assert [event.detail["records"] for event in reads] == [10, 10, 10]
    assert [event.seconds for event in reads] == [30, 35, 40]


def test_a_hash_key_that_is_none_refuses_the_whole_call(shore: Shore) -> None:
    """Source: PutRecords: InvalidArgumentException, and nothing of it is stored."""
    shore.stream()
    records = [
        {"Data": b"x", "PartitionKey": "k"},
        {"Data": b"x", "PartitionKey": "k", "ExplicitHashKey": str(HASH_KEYS)},
    ]
    with refused("InvalidArgumentException", "Invalid ExplicitHashKey"):
        shore.kinesis.put_records(StreamName="clicks", Records=records)
    assert not shore.of("sent")


def test_another_service_is_refused_like_a_producer_and_may_try_again(shore: Shore) -> None:
    """Source: PutRecord: what a rule or a pipe puts counts against the shard, too."""
    shore.stream()
    shore.fill(999)
    targets = Targets(shore.cloud._ground)
    rule = Sender("events.amazonaws.com", "arn:aws:events:us-east-1:123456789012:rule/r", "123456789012", by_role=True)
    targets.stream(rule, shore.arn, "k", b"x")
    with pytest.raises(NotTaken) as caught:
        targets.stream(rule, shore.arn, "k", b"x")
    assert (caught.value.code, caught.value.retryable) == (THROTTLED, True)
