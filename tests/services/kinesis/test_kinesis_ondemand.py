"""On-demand mode: where a stream begins, how it grows, and what it refuses meanwhile.

Amazon Kinesis Data Streams Developer Guide, "Choose the right mode to stream in" (read 2026-11).
"""

from __future__ import annotations

import pytest
from shore import HASH_KEYS, MIB, Shore, number, refused

ON_DEMAND = {"StreamMode": "ON_DEMAND"}
PROVISIONED = {"StreamMode": "PROVISIONED"}
DAY = 86_400


def switch(shore: Shore, mode: dict[str, str]) -> None:
    shore.kinesis.update_stream_mode(StreamARN=shore.arn, StreamModeDetails=mode)


def hammer(shore: Shore, seconds: int, size: int = MIB * 3 // 4, hash_key: int = 0) -> int:
    """Put so many bytes each second into one shard; how many puts were refused."""
    before = len(shore.of("throttled"))
    for _ in range(seconds):
        shore.batch(1, b"x" * size, hash_key)
        shore.advance(1)
    return len(shore.of("throttled")) - before


def test_a_stream_on_demand_begins_with_four_megabytes_a_second(shore: Shore) -> None:
    """Source: fact ``kinesis.ondemand_write_start``: four shards, so 4 MB a second if the keys are spread."""
    shore.stream(StreamModeDetails=ON_DEMAND)
    assert shore.shards() == [0, 1, 2, 3]
    assert shore.summary()["StreamModeDetails"]["StreamMode"] == "ON_DEMAND"
    answers = [shore.batch(2, b"x" * (MIB // 2 - 1), HASH_KEYS * part // 4) for part in range(4)]
    assert not any("ErrorCode" in answer for part in answers for answer in part)
    assert "ErrorCode" in shore.batch(1, b"x" * 10)[0]


def test_a_hot_shard_refuses_as_in_the_other_mode(shore: Shore) -> None:
    """Source: "Choose the right mode to stream in": keys that crowd one shard are refused beyond its own limit."""
    shore.stream(StreamModeDetails=ON_DEMAND)
    assert sum("ErrorCode" in answer for answer in shore.fill(1500, hash_key=0)) == 500


def test_a_shard_with_too_much_traffic_is_split_within_fifteen_minutes(shore: Shore) -> None:
    """Source: facts ``kinesis.ondemand_split``, ``kinesis.ondemand_split_within``: more than half of its limit."""
    shore.stream(StreamModeDetails=ON_DEMAND)
    hammer(shore, 60)
    assert len(shore.shards()) == 4
    shore.advance(15 * 60)
    assert shore.shards() == [1, 2, 3, 4, 5]


def test_a_shard_with_less_traffic_stays(shore: Shore) -> None:
    """Source: fact ``kinesis.ondemand_split``."""
    shore.stream(StreamModeDetails=ON_DEMAND)
    hammer(shore, 60, MIB * 2 // 5)
    shore.advance(20 * 60)
    assert shore.shards() == [0, 1, 2, 3]


def test_a_stream_takes_double_its_peak_once_it_has_grown(shore: Shore) -> None:
    """Source: fact ``kinesis.ondemand_headroom``: 0.9 MB/s into one range is taken; double is, after 15 minutes."""
    shore.stream(StreamModeDetails=ON_DEMAND)
    size = MIB * 9 // 10
    assert hammer(shore, 60, size) == 0
    double = [(b"x" * size, 0), (b"x" * size, HASH_KEYS // 8)]
    assert any("ErrorCode" in shore.batch(1, data, key)[0] for data, key in double)
    shore.advance(15 * 60)
    assert not any("ErrorCode" in shore.batch(1, data, key)[0] for data, key in double)


@pytest.mark.parametrize("verb", ["split", "merge", "scale"])
def test_shards_of_a_stream_on_demand_are_its_own(shore: Shore, verb: str) -> None:
    """Source: SplitShard, MergeShards, UpdateShardCount: only for streams in provisioned mode."""
    shore.stream(StreamModeDetails=ON_DEMAND)
    with refused("ValidationException", "is in On-Demand mode"):
        if verb == "split":
            shore.split(at=5)
        elif verb == "merge":
            shore.kinesis.merge_shards(StreamName="clicks", ShardToMerge=number(0), AdjacentShardToMerge=number(1))
        else:
            shore.scale(8)


def test_a_change_of_mode_keeps_the_shards(shore: Shore) -> None:
    """Source: UpdateStreamMode, "Choose the right mode to stream in": it retains whatever shard count it had."""
    shore.stream(2)
    switch(shore, ON_DEMAND)
    assert shore.shards() == [0, 1]
    hammer(shore, 60)
    switch(shore, PROVISIONED)
    shore.advance(20 * 60)
    assert shore.shards() == [0, 1]
    shore.scale(4)


def test_the_mode_changes_twice_a_day(shore: Shore) -> None:
    """Source: fact ``kinesis.mode_switches_max``."""
    shore.stream()
    switch(shore, ON_DEMAND)
    switch(shore, PROVISIONED)
    with refused("LimitExceededException"):
        switch(shore, ON_DEMAND)
    shore.advance(DAY)
    switch(shore, ON_DEMAND)


def test_a_provisioned_stream_needs_a_number_of_shards(shore: Shore) -> None:
    """Source: CreateStream."""
    with refused("InvalidArgumentException", "ShardCount"):
        shore.kinesis.create_stream(StreamName="clicks")


def test_warm_throughput_is_refused_by_name(shore: Shore) -> None:
    """Nothing is taken and then not done."""
    with refused("InvalidArgumentException", "WarmThroughputMiBps"):
        shore.kinesis.create_stream(StreamName="clicks", StreamModeDetails=ON_DEMAND, WarmThroughputMiBps=100)
