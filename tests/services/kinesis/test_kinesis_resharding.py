"""Splitting, merging, counting anew, and which shards are shown when.

Amazon Kinesis Data Streams Developer Guide, "Reshard a stream" (read 2026-11).
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from shore import FIRST, HASH_KEYS, Shore, number, refused

HOUR = 3600


def ranges(shore: Shore) -> list[tuple[int, int]]:
    """The hash key ranges of the open shards."""
    shown = shore.kinesis.list_shards(StreamName="clicks", ShardFilter={"Type": "AT_LATEST"})["Shards"]
    keys = [shard["HashKeyRange"] for shard in shown]
    return sorted((int(each["StartingHashKey"]), int(each["EndingHashKey"])) for each in keys)


def shard_of(shore: Shore, hash_key: int) -> int:
    answer = shore.kinesis.put_record(StreamName="clicks", PartitionKey="k", Data=b"x", ExplicitHashKey=str(hash_key))
    return int(answer["ShardId"][-12:])


def test_a_split_gives_two_shards_for_one(shore: Shore) -> None:
    """Source: SplitShard: the children share the parent's range, and twice its capacity."""
    shore.stream()
    shore.split(at=HASH_KEYS // 4)
    assert ranges(shore) == [(0, HASH_KEYS // 4 - 1), (HASH_KEYS // 4, HASH_KEYS - 1)]
    assert shore.summary()["OpenShardCount"] == 2
    assert not any(
        "ErrorCode" in answer for answer in shore.fill(1000, hash_key=0) + shore.fill(1000, hash_key=-1 % HASH_KEYS)
    )


def test_the_end_of_a_closed_shard_names_its_children(shore: Shore) -> None:
    """Source: GetRecords: no iterator to go on with, and ``ChildShards``."""
    shore.stream()
    shore.put("a")
    shore.split()
    answer = shore.read()
    assert [record["Data"] for record in answer["Records"]] == [b"a"]
    assert "NextShardIterator" not in answer
    assert [(child["ShardId"], child["ParentShards"]) for child in answer["ChildShards"]] == [
        (number(1), [FIRST]),
        (number(2), [FIRST]),
    ]


def test_a_merged_shard_has_two_parents(shore: Shore) -> None:
    """Source: MergeShards, whichever of the two is named first."""
    shore.stream(2)
    shore.kinesis.merge_shards(StreamName="clicks", ShardToMerge=number(1), AdjacentShardToMerge=number(0))
    assert ranges(shore) == [(0, HASH_KEYS - 1)]
    child = shore.read(shore.iterator(shard=number(1)))["ChildShards"][0]
    assert sorted(child["ParentShards"]) == [number(0), number(1)]
    assert shard_of(shore, 0) == shard_of(shore, HASH_KEYS - 1) == 2


@pytest.mark.parametrize(
    ("verb", "options", "words"),
    [
        ("merge_shards", {"ShardToMerge": number(0), "AdjacentShardToMerge": number(2)}, "not an adjacent pair"),
        ("split_shard", {"ShardToSplit": number(0), "NewStartingHashKey": "0"}, "is not both greater than"),
        ("split_shard", {"ShardToSplit": number(0), "NewStartingHashKey": str(HASH_KEYS // 2)}, "is not both greater"),
    ],
)
def test_what_cannot_be_split_or_merged_is_refused(shore: Shore, verb: str, options: Any, words: str) -> None:
    """Source: SplitShard, MergeShards: InvalidArgumentException."""
    shore.stream(3)
    with refused("InvalidArgumentException", words):
        getattr(shore.kinesis, verb)(StreamName="clicks", **options)
    assert shore.shards() == [0, 1, 2]


def test_a_closed_shard_is_not_split_again(shore: Shore) -> None:
    """Source: SplitShard."""
    shore.stream()
    shore.split()
    with refused("InvalidArgumentException", "has already been merged or split"):
        shore.split(at=5)


@pytest.mark.parametrize(("before", "after"), [(1, 2), (2, 3), (2, 4), (4, 2), (5, 3), (3, 6), (10, 7)])
def test_a_new_count_makes_shards_of_one_size(shore: Shore, before: int, after: int) -> None:
    """Source: UpdateShardCount: uniform scaling; every hash key belongs to one open shard."""
    shore.stream(before)
    shore.scale(after)
    starts = [HASH_KEYS * part // after for part in range(after)]
    assert ranges(shore) == list(zip(starts, [start - 1 for start in [*starts[1:], HASH_KEYS]], strict=True))
    assert shore.summary()["OpenShardCount"] == after


@pytest.mark.parametrize(("target", "words"), [(9, "cannot scale up over double"), (1, "cannot scale down below half")])
def test_a_count_at_most_doubles_and_at_least_halves(shore: Shore, target: int, words: str) -> None:
    """Source: UpdateShardCount, fact ``kinesis.update_shard_count_factor``."""
    shore.stream(4)
    with refused("InvalidArgumentException", words):
        shore.scale(target)


def test_a_stream_is_scaled_ten_times_a_day(shore: Shore) -> None:
    """Source: fact ``kinesis.update_shard_count_max``: ten in any 24 hours."""
    shore.stream(2)
    for turn in range(10):
        shore.scale(3 if turn % 2 == 0 else 2)
        shore.advance(60)
    with refused("LimitExceededException"):
        shore.scale(3)
    shore.advance(24 * HOUR - 600)
    shore.scale(3)


def test_order_of_a_key_holds_across_a_split_for_who_reads_parents_first(shore: Shore) -> None:
    """Source: "Reshard a stream": what was put before is in the parent, what is put later in a child."""
    shore.stream()
    shore.put("1", key="user")
    shore.split()
    shore.put("2", key="user")
    answer = shore.read()
    read = [record["Data"].decode() for record in answer["Records"]]
    for child in answer["ChildShards"]:
        read += shore.bodies(shore.iterator(shard=child["ShardId"]))
    assert read == ["1", "2"]


def timeline(shore: Shore) -> dict[str, dt.datetime]:
    """One shard, split after ten hours and again after twenty: shards 0; 1 and 2; 3 and 4 instead of 2."""
    shore.stream()
    start = shore.cloud.clock.start
    shore.advance(10 * HOUR)
    shore.split()
    shore.advance(10 * HOUR)
    shore.split(number(2), HASH_KEYS // 4 * 3)
    shore.advance(HOUR)
    return {f"{hours} h": start + dt.timedelta(hours=hours) for hours in (5, 15, 20.5)}


@pytest.mark.parametrize(
    ("kind", "when", "shown"),
    [
        ("AT_LATEST", None, [1, 3, 4]),
        ("AT_TRIM_HORIZON", None, [0]),
        ("FROM_TRIM_HORIZON", None, [0, 1, 2, 3, 4]),
        ("AT_TIMESTAMP", "5 h", [0]),
        ("AT_TIMESTAMP", "15 h", [1, 2]),
        ("AT_TIMESTAMP", "20.5 h", [1, 3, 4]),
        ("FROM_TIMESTAMP", "15 h", [1, 2, 3, 4]),
    ],
)
def test_a_filter_shows_the_shards_of_a_time(shore: Shore, kind: str, when: str | None, shown: list[int]) -> None:
    """Source: ListShards."""
    times = timeline(shore)
    assert shore.shards(kind, **({} if when is None else {"Timestamp": times[when]})) == shown


def test_a_filter_shows_the_shards_after_one(shore: Shore) -> None:
    """Source: ListShards: AFTER_SHARD_ID, and ``ExclusiveStartShardId``, are the same."""
    shore.stream(4)
    assert shore.shards("AFTER_SHARD_ID", ShardId=number(1)) == [2, 3]
    shown = shore.kinesis.list_shards(StreamName="clicks", ExclusiveStartShardId=number(1))["Shards"]
    assert [shard["ShardId"] for shard in shown] == [number(2), number(3)]


@pytest.mark.parametrize("options", [{"Type": "AFTER_SHARD_ID"}, {"Type": "AT_TIMESTAMP"}])
def test_a_filter_needs_what_its_type_names(shore: Shore, options: dict[str, str]) -> None:
    """Source: ListShards."""
    shore.stream()
    with refused("InvalidArgumentException", "must be specified"):
        shore.kinesis.list_shards(StreamName="clicks", ShardFilter=options)


def test_shards_come_in_pages(shore: Shore) -> None:
    """Source: ListShards: a token stands for the stream, and the filter goes on with it."""
    shore.stream(5)
    first = shore.kinesis.list_shards(StreamName="clicks", MaxResults=2, ShardFilter={"Type": "AT_LATEST"})
    second = shore.kinesis.list_shards(NextToken=first["NextToken"], MaxResults=2)
    third = shore.kinesis.list_shards(NextToken=second["NextToken"])
    pages = [[shard["ShardId"][-1] for shard in page["Shards"]] for page in (first, second, third)]
    assert pages == [["0", "1"], ["2", "3"], ["4"]]
    assert "NextToken" not in third
    with refused("InvalidArgumentException", "cannot be provided together"):
        shore.kinesis.list_shards(StreamName="clicks", NextToken=first["NextToken"])


def test_a_closed_shard_expires_with_its_records(shore: Shore) -> None:
    """Source: ListShards: it does not list expired shards; they are closed for as long as the stream keeps records."""
    timeline(shore)
    shore.advance(13 * HOUR)
    assert shore.shards("FROM_TRIM_HORIZON") == [1, 2, 3, 4]
    with refused("ResourceNotFoundException"):
        shore.iterator(shard=number(0))


def test_a_description_shows_a_hundred_shards_at_a_time(shore: Shore) -> None:
    """Source: DescribeStream: ``HasMoreShards``, and on from ``ExclusiveStartShardId``."""
    shore.stream(130)
    first = shore.kinesis.describe_stream(StreamName="clicks")["StreamDescription"]
    assert (len(first["Shards"]), first["HasMoreShards"]) == (100, True)
    last = first["Shards"][-1]["ShardId"]
    second = shore.kinesis.describe_stream(StreamName="clicks", ExclusiveStartShardId=last)["StreamDescription"]
    assert (len(second["Shards"]), second["HasMoreShards"]) == (30, False)
    assert second["StreamModeDetails"] == {"StreamMode": "PROVISIONED"}
