"""Which shard a record goes to, and what splitting and merging do to those who read.

Amazon Kinesis Data Streams Developer Guide, "Terminology and concepts", "Reshard a stream"; PutRecord, API reference
(read 2026-11). Misconception 18: "More shards always spread the load."
"""

from __future__ import annotations

import hashlib

import pytest
from botocore.exceptions import ClientError
from river import FAIL_ON_BAD, PASS, River
from world import sleeping


def shard_of(name: str) -> int:
    return int(name.partition(":")[0][-1])


@pytest.mark.parametrize("key", ["0", "user-17", "日本", "x" * 256])
def test_the_md5_of_the_partition_key_decides(river: River, key: str) -> None:
    """PutRecord: an MD5 hash function maps partition keys to 128-bit integers, and these to shards."""
    river.stream(4)
    (name,) = river.put("a", key=key)
    assert shard_of(name) == int(hashlib.md5(key.encode()).hexdigest(), 16) * 4 // 2**128


def test_a_few_keys_may_all_go_to_one_shard(river: River) -> None:
    """M18: keys "0" to "5" are one shard of two; the other one idles."""
    river.stream(2)
    assert {shard_of(*river.put("x", key=str(key))) for key in range(6)} == {1}


@pytest.mark.parametrize(
    ("hash_key", "shard"), [(0, 0), (2**127 - 1, 0), (2**127, 1), (2**128 - 1, 1)], ids=["0", "1/2-", "1/2", "end"]
)
def test_an_explicit_hash_key_decides_up_to_both_ends(river: River, hash_key: int, shard: int) -> None:
    """HashKeyRange: both ends belong to the shard; moto fails at the upper one."""
    river.stream(2)
    (name,) = river.put("a", ExplicitHashKey=str(hash_key))
    assert shard_of(name) == shard


def test_sequence_numbers_grow_in_a_shard_and_look_like_those_of_aws(river: River) -> None:
    """56 digits, in the order of arrival."""
    river.stream()
    numbers = [name.partition(":")[2] for name in river.put(*"abcde")]
    assert numbers == sorted(numbers)
    assert {len(number) for number in numbers} == {56}


def test_no_two_streams_share_a_record_name(river: River) -> None:
    """The journal tells records of two streams apart."""
    river.stream(name="clicks")
    river.stream(name="views")
    assert river.put("a", name="clicks") != river.put("a", name="views")


def test_a_record_that_is_no_text_stands_in_the_journal_as_base64(river: River) -> None:
    """JSON holds no bytes."""
    river.stream()
    river.kinesis.put_record(StreamName="clicks", PartitionKey="k", Data=b"\xff\xfe")
    assert river.journal.of("sent")[0].detail["body"] == "//4="


def test_after_a_split_records_go_to_the_children(river: River) -> None:
    """ "Reshard a stream": the parent is closed, its records stay in it."""
    river.stream()
    (old,) = river.put("old")
    river.kinesis.split_shard(StreamName="clicks", ShardToSplit="shardId-000000000000", NewStartingHashKey=str(2**127))
    (low,) = river.put("low", ExplicitHashKey="0")
    (high,) = river.put("high", ExplicitHashKey=str(2**127))
    assert [shard_of(name) for name in (old, low, high)] == [0, 1, 2]
    iterator = river.kinesis.get_shard_iterator(
        StreamName="clicks", ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    assert [record["Data"] for record in river.kinesis.get_records(ShardIterator=iterator)["Records"]] == [b"old"]
    assert len(river.journal.of("sent")) == 3


def test_children_are_read_when_their_parent_is_done(river: River) -> None:
    """ "Process parent shards before children", or the order of a key is lost."""
    river.begin(sleeping(10), BatchSize=1)
    river.put("a1", "a2")
    river.advance(1)
    river.kinesis.split_shard(StreamName="clicks", ShardToSplit="shardId-000000000000", NewStartingHashKey=str(2**127))
    river.put("a3")
    river.settle()
    assert [body for _, body in river.batches()] == ["a1", "a2", "a3"]
    assert river.batches()[2][0] >= 20


def test_a_parent_that_is_stuck_holds_its_children(river: River) -> None:
    """Until its bad record is given up."""
    river.begin(FAIL_ON_BAD, MaximumRecordAgeInSeconds=60)
    river.put("bad")
    river.advance(1)
    river.kinesis.split_shard(StreamName="clicks", ShardToSplit="shardId-000000000000", NewStartingHashKey=str(2**127))
    river.put("next", ExplicitHashKey="0")
    river.advance(40)
    assert river.kinds("next") == ["sent"]
    river.settle()
    assert river.kinds("bad")[-1] == "dropped"


def test_a_merged_shard_is_read_when_both_parents_are_done(river: River) -> None:
    """MergeShards: one child, two parents."""
    river.begin(sleeping(10), shards=2, BatchSize=1)
    river.put("a", ExplicitHashKey="0")
    river.put("b", ExplicitHashKey=str(2**127))
    river.advance(1)
    river.kinesis.merge_shards(
        StreamName="clicks", ShardToMerge="shardId-000000000000", AdjacentShardToMerge="shardId-000000000001"
    )
    river.put("c")
    river.settle()
    assert river.batches() == [(0, "a"), (0, "b"), (10, "c")]


def test_a_mapping_made_after_a_split_reads_parents_first(river: River) -> None:
    """TRIM_HORIZON: from the oldest record on, closed shards too."""
    river.stream()
    river.world.deploy(PASS)
    river.put("old")
    river.kinesis.split_shard(StreamName="clicks", ShardToSplit="shardId-000000000000", NewStartingHashKey=str(2**127))
    river.put("new")
    river.map()
    river.settle()
    assert [body for _, body in river.batches()] == ["old", "new"]


def test_a_longer_retention_holds_for_the_records_that_are_there(river: River) -> None:
    """IncreaseStreamRetentionPeriod."""
    river.stream()
    river.put("a")
    river.kinesis.increase_stream_retention_period(StreamName="clicks", RetentionPeriodHours=48)
    river.world.cloud.advance(hours=47)
    assert river.kinds("a") == ["sent"]
    river.world.cloud.advance(hours=2)
    assert river.kinds("a") == ["sent", "expired"]


def test_what_has_expired_cannot_be_read_by_the_api_either(river: River) -> None:
    """GetRecords from TRIM_HORIZON gives what is left; moto keeps all for ever."""
    river.stream()
    (name,) = river.put("a")
    river.world.cloud.advance(hours=25)
    river.put("b")
    iterator = river.kinesis.get_shard_iterator(
        StreamName="clicks", ShardId=name.partition(":")[0], ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    assert [record["Data"] for record in river.kinesis.get_records(ShardIterator=iterator)["Records"]] == [b"b"]


def test_a_partition_key_may_not_be_too_long(river: River) -> None:
    """PutRecord, PartitionKey: at most 256 characters."""
    river.stream()
    with pytest.raises(ClientError, match=r"partition_key|[Pp]artitionKey"):
        river.put("a", key="x" * 257)
