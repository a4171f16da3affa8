"""Streams. Sources: Amazon Kinesis Data Streams Developer Guide and API Reference (read 2026-11)."""

from __future__ import annotations

import hashlib
from typing import Any

from stage import Stage, refusal
from telling import Stories, whether

STORIES = Stories("Kinesis")
_HALF = 2**127
_KEYS = [f"key-{n}" for n in range(12)]


def _stream(stage: Stage, shards: int = 1) -> str:
    """An active stream's name."""
    name = f"{stage.name}-s"
    stage.kinesis.create_stream(StreamName=name, ShardCount=shards)
    _settled(stage, name)
    return name


def _settled(stage: Stage, stream: str) -> None:
    describe = stage.kinesis.describe_stream_summary
    stage.until(lambda: describe(StreamName=stream)["StreamDescriptionSummary"]["StreamStatus"] == "ACTIVE", 60)


def _shards(stage: Stage, stream: str) -> list[dict[str, Any]]:
    return list(stage.kinesis.list_shards(StreamName=stream)["Shards"])


def _put(stage: Stage, stream: str, text: str, key: str = "k") -> Any:
    return stage.kinesis.put_record(StreamName=stream, Data=text.encode(), PartitionKey=key)


def _iterator(stage: Stage, stream: str, shard: str, kind: str = "TRIM_HORIZON", **where: Any) -> str:
    get = stage.kinesis.get_shard_iterator
    return str(get(StreamName=stream, ShardId=shard, ShardIteratorType=kind, **where)["ShardIterator"])


def _read(stage: Stage, stream: str, shard: str, kind: str = "TRIM_HORIZON", **where: Any) -> list[str]:
    """What a shard has from there on; a call may bring nothing and yet not be at the end."""
    texts: list[str] = []
    token: Any = _iterator(stage, stream, shard, kind, **where)
    for _ in range(3):
        answer = stage.kinesis.get_records(ShardIterator=token)
        texts += [record["Data"].decode() for record in answer["Records"]]
        token = answer.get("NextShardIterator")
        if token is None:
            break
        stage.wait(0.3)
    return texts


@STORIES.tell("Records of a key are read in the order in which they were put.", "Terminology and concepts", list("abc"))
def stream_order(stage: Stage) -> Any:
    stream = _stream(stage)
    for text in "abc":
        _put(stage, stream, text)
    return _read(stage, stream, _shards(stage, stream)[0]["ShardId"])


@STORIES.tell("The MD5 hash of its key decides about a record's shard.", "PutRecord", True)
def stream_hash(stage: Stage) -> Any:
    stream = _stream(stage, 2)
    shards = [shard["ShardId"] for shard in _shards(stage, stream)]
    found = [shards.index(_put(stage, stream, "x", key)["ShardId"]) for key in _KEYS]
    return found == [int(hashlib.md5(key.encode()).hexdigest(), 16) // _HALF for key in _KEYS]


@STORIES.tell("An explicit hash key overrides the key's hash.", "PutRecord", [0, 1])
def stream_explicit_hash(stage: Stage) -> Any:
    stream = _stream(stage, 2)
    shards = [shard["ShardId"] for shard in _shards(stage, stream)]
    put = stage.kinesis.put_record
    return [
        shards.index(put(StreamName=stream, Data=b"x", PartitionKey="same", ExplicitHashKey=str(key))["ShardId"])
        for key in (0, 2**128 - 1)
    ]


@STORIES.tell("A shard can be read twice: reading takes nothing away.", "GetRecords", [["a"], ["a"]])
def stream_read_twice(stage: Stage) -> Any:
    stream = _stream(stage)
    _put(stage, stream, "a")
    shard = _shards(stage, stream)[0]["ShardId"]
    return [_read(stage, stream, shard) for _ in range(2)]


@STORIES.tell(
    "At a sequence number, after it, at the newest and at a time: four places to begin.",
    "GetShardIterator",
    [["b", "c"], ["c"], [], ["a", "b", "c"]],
)
def stream_iterators(stage: Stage) -> Any:
    stream = _stream(stage)
    stage.wait(2)
    numbers = [_put(stage, stream, text)["SequenceNumber"] for text in "abc"]
    shard = _shards(stage, stream)[0]["ShardId"]
    created = stage.kinesis.describe_stream_summary(StreamName=stream)["StreamDescriptionSummary"]
    return [
        _read(stage, stream, shard, "AT_SEQUENCE_NUMBER", StartingSequenceNumber=numbers[1]),
        _read(stage, stream, shard, "AFTER_SEQUENCE_NUMBER", StartingSequenceNumber=numbers[1]),
        _read(stage, stream, shard, "LATEST"),
        _read(stage, stream, shard, "AT_TIMESTAMP", Timestamp=created["StreamCreationTimestamp"]),
    ]


@STORIES.tell(
    "A split closes the parent, which keeps its records, and opens two children that share its range.",
    "Reshard a stream",
    [1, True, ["before"], ["after"]],
)
def stream_split(stage: Stage) -> Any:
    stream = _stream(stage)
    _put(stage, stream, "before")
    parent = _shards(stage, stream)[0]["ShardId"]
    stage.kinesis.split_shard(StreamName=stream, ShardToSplit=parent, NewStartingHashKey=str(_HALF))
    _settled(stage, stream)
    _put(stage, stream, "after")
    shards = _shards(stage, stream)
    closed = [shard for shard in shards if "EndingSequenceNumber" in shard["SequenceNumberRange"]]
    children = [shard for shard in shards if shard.get("ParentShardId") == parent]
    ranges = sorted(
        (int(shard["HashKeyRange"]["StartingHashKey"]), int(shard["HashKeyRange"]["EndingHashKey"]))
        for shard in children
    )
    return [
        len(closed),
        ranges == [(0, _HALF - 1), (_HALF, 2**128 - 1)],
        _read(stage, stream, parent),
        [text for shard in children for text in _read(stage, stream, shard["ShardId"])],
    ]


@STORIES.tell("A merge closes two neighbors and opens one child with both as parents.", "MergeShards", [2, True, True])
def stream_merge(stage: Stage) -> Any:
    stream = _stream(stage, 2)
    first, second = (shard["ShardId"] for shard in _shards(stage, stream))
    stage.kinesis.merge_shards(StreamName=stream, ShardToMerge=first, AdjacentShardToMerge=second)
    _settled(stage, stream)
    shards = _shards(stage, stream)
    (child,) = (shard for shard in shards if shard["ShardId"] not in (first, second))
    closed = [shard for shard in shards if "EndingSequenceNumber" in shard["SequenceNumberRange"]]
    whole = {"StartingHashKey": "0", "EndingHashKey": str(2**128 - 1)}
    parents = {child.get("ParentShardId"), child.get("AdjacentParentShardId")}
    return [len(closed), parents == {first, second}, child["HashKeyRange"] == whole]


@STORIES.tell("The end of a closed shard is an answer without a next iterator.", "GetRecords", True)
def stream_end_of_a_shard(stage: Stage) -> Any:
    stream = _stream(stage)
    parent = _shards(stage, stream)[0]["ShardId"]
    stage.kinesis.split_shard(StreamName=stream, ShardToSplit=parent, NewStartingHashKey=str(_HALF))
    _settled(stage, stream)
    token = _iterator(stage, stream, parent)
    for _ in range(5):
        token = stage.kinesis.get_records(ShardIterator=token).get("NextShardIterator")
        if token is None:
            return True
        stage.wait(0.3)
    return False


@STORIES.tell(
    "A stream that is not there is not found, and a call takes 500 records at most.",
    "PutRecords",
    ["ResourceNotFoundException", "accepted", "refused"],
)
def stream_refusals(stage: Stage) -> Any:
    stream = _stream(stage)
    record = {"Data": b"x", "PartitionKey": "k"}
    counts = [refusal(stage.kinesis.put_records, StreamName=stream, Records=[record] * n) for n in (500, 501)]
    unknown = refusal(stage.kinesis.put_record, StreamName=stream + "-other", Data=b"x", PartitionKey="k")
    return [unknown, counts[0], whether(counts[1])]


@STORIES.tell("Retention is 24 hours, and goes up to 365 days.", "IncreaseStreamRetentionPeriod", [24, 8760, "refused"])
def stream_retention(stage: Stage) -> Any:
    stream = _stream(stage)

    def hours() -> Any:
        summary = stage.kinesis.describe_stream_summary(StreamName=stream)["StreamDescriptionSummary"]
        return summary["RetentionPeriodHours"]

    before, increase = hours(), stage.kinesis.increase_stream_retention_period
    increase(StreamName=stream, RetentionPeriodHours=8760)
    longer = refusal(increase, StreamName=stream, RetentionPeriodHours=8761)
    return [before, hours(), whether(longer)]
