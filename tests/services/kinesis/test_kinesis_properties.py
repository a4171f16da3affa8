"""What holds of a stream whatever is put, however it is resharded, and whoever reads it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import defaultdict
from itertools import pairwise
from pathlib import Path

from botocore.exceptions import ClientError
from hypothesis import example, given, settings
from hypothesis import strategies as st
from shore import MIB, Shore, client, number, opened

from waterline.clock import SECOND

HANDLER = """
import time
def handler(event, context):
    time.sleep(0.7)
"""
STEP = st.one_of(
    st.tuples(st.just("put"), st.sampled_from("abcdefgh"), st.just(10)),
    st.tuples(st.just("large"), st.sampled_from("ab"), st.sampled_from([2, 5])),
    st.tuples(st.just("batch"), st.sampled_from([3, 500]), st.just(0)),
    st.tuples(st.just("wait"), st.sampled_from([0.1, 0.5, 1, 7]), st.just(0)),
    st.tuples(st.just("scale"), st.integers(1, 6), st.just(0)),
    st.tuples(st.just("split"), st.integers(0, 9), st.just(0)),
    st.tuples(st.just("merge"), st.integers(0, 9), st.just(0)),
)
STEPS = st.lists(STEP, max_size=14)
READERS = st.fixed_dictionaries({"fan_out": st.booleans(), "late": st.booleans()})
Steps = list[tuple[str, object, int]]
BACKLOG: Steps = [
    ("batch", 500, 0),
    ("scale", 3, 0),
    ("wait", 1, 0),
    ("batch", 500, 0),
    ("merge", 0, 0),
    ("put", "a", 10),
]
LARGE: Steps = [("large", "a", 5), ("large", "a", 2), ("large", "b", 5)]


def play(shore: Shore, steps: Steps, fan_out: bool, late: bool = False) -> int:
    """Do it all; how many records a call said were stored. `late`: nobody reads until all has been put."""
    shore.stream(2)
    shore.cloud.deploy("count", HANDLER)
    if not late:
        connect(shore, fan_out)
    stored = 0
    for kind, what, size in steps:
        try:
            stored += step(shore, kind, what, size)
        except ClientError as error:
            assert error.response["Error"]["Code"] in (
                "ProvisionedThroughputExceededException",
                "InvalidArgumentException",
                "LimitExceededException",
                "ResourceNotFoundException",
            )
    if late:
        connect(shore, fan_out)
    shore.cloud.settle()
    return stored


def connect(shore: Shore, fan_out: bool) -> None:
    client("lambda").create_event_source_mapping(
        EventSourceArn=shore.register() if fan_out else shore.arn,
        FunctionName="count",
        StartingPosition="TRIM_HORIZON",
        BatchSize=100,
    )


def step(shore: Shore, kind: str, what: object, size: int) -> int:
    if kind == "put":
        shore.put(b"x" * size, key=str(what))
        return 1
    if kind == "large":  # as fast as the shard takes them
        for _ in range(size):
            shore.put(b"x" * 700_000, key=str(what))
            shore.advance(1)
        shore.put(b"x" * 400_000, key=str(what))
        return size + 1
    if kind == "batch":
        records = [{"Data": b"y", "PartitionKey": "abcdefgh"[n % 8]} for n in range(int(str(what)))]
        return len(records) - int(shore.kinesis.put_records(StreamName="clicks", Records=records)["FailedRecordCount"])
    if kind == "wait":
        shore.advance(float(str(what)))
    elif kind == "scale":
        shore.scale(int(str(what)))
    else:
        open_shards = shore.kinesis.list_shards(StreamName="clicks", ShardFilter={"Type": "AT_LATEST"})["Shards"]
        open_shards.sort(key=lambda shard: int(shard["HashKeyRange"]["StartingHashKey"]))
        shard = open_shards[int(str(what)) % len(open_shards)]
        keys = shard["HashKeyRange"]
        if kind == "split":
            middle = (int(keys["StartingHashKey"]) + int(keys["EndingHashKey"])) // 2
            shore.split(shard["ShardId"], middle)
        else:
            other = open_shards[(int(str(what)) + 1) % len(open_shards)]
            shore.kinesis.merge_shards(
                StreamName="clicks", ShardToMerge=shard["ShardId"], AdjacentShardToMerge=other["ShardId"]
            )
    return 0


@settings(max_examples=15, deadline=None)
@given(steps=STEPS, readers=READERS)
@example(steps=BACKLOG, readers={"fan_out": False, "late": True})
@example(steps=BACKLOG, readers={"fan_out": True, "late": True})
def test_every_record_is_read_once_and_in_the_order_of_its_key(steps: Steps, readers: dict[str, bool]) -> None:
    """Conservation across splits and merges: what was stored is sent once, invoked once, and in order per key."""
    with opened() as shore:
        stored = play(shore, steps, **readers)
        key = {event.message: event.detail["key"] for event in shore.of("sent")}
        assert len(key) == len(shore.of("sent")) == stored
        done = [event.message for event in shore.events.of("invoked")]
        assert sorted(map(str, done)) == sorted(map(str, key))
        for name in set(key.values()):
            put = [message for message in key if key[message] == name]
            assert [message for message in done if key[message] == name] == put


@settings(max_examples=15, deadline=None)
@given(steps=STEPS, readers=READERS)
@example(steps=LARGE, readers={"fan_out": False, "late": True})
@example(steps=LARGE, readers={"fan_out": True, "late": True})
def test_no_shard_takes_or_gives_more_than_its_limit_in_any_second(steps: Steps, readers: dict[str, bool]) -> None:
    """Written: 1,000 records and 1 MB. Read by polling: five calls, and no call within a second of 2 MB or more."""
    with opened() as shore:
        play(shore, steps, **readers)
        puts, reads = defaultdict(list), defaultdict(list)
        for event in shore.of("sent"):
            puts[event.detail["shard"]].append((event.at, event.detail["size"]))
        for event in shore.of("read"):
            reads[event.detail["shard"]].append((event.at, event.detail["size"]))
        for sizes in puts.values():
            for begin in {at for at, _ in sizes}:
                within = [size for at, size in sizes if begin <= at < begin + SECOND]
                assert len(within) <= 1000 and sum(within) <= MIB
        for sizes in reads.values():
            for begin in {at for at, _ in sizes}:
                within = [size for at, size in sizes if begin <= at < begin + SECOND]
                if readers["fan_out"]:
                    assert sum(within) <= 2 * MIB
                else:
                    assert len(within) <= 5 and sum(within[:-1]) < 2 * MIB


@settings(max_examples=12, deadline=None)
@given(steps=STEPS)
def test_open_shards_share_all_hash_keys_and_children_know_their_parents(steps: Steps) -> None:
    with opened() as shore:
        play(shore, steps, fan_out=False)
        shards = shore.kinesis.list_shards(StreamName="clicks")["Shards"]
        ids = [shard["ShardId"] for shard in shards]
        assert ids == [number(index) for index in range(len(ids))]
        open_now = [shard for shard in shards if "EndingSequenceNumber" not in shard["SequenceNumberRange"]]
        keys = sorted(
            (int(s["HashKeyRange"]["StartingHashKey"]), int(s["HashKeyRange"]["EndingHashKey"])) for s in open_now
        )
        assert keys[0][0] == 0 and keys[-1][1] == 2**128 - 1
        assert all(before[1] + 1 == after[0] for before, after in pairwise(keys))
        assert all(shard["ParentShardId"] in ids for shard in shards[2:])
        assert shore.summary()["OpenShardCount"] == len(open_now)


EXAMPLE: Steps = [
    ("batch", 500, 0),
    ("large", "a", 2),
    ("scale", 3, 0),
    ("batch", 400, 0),
    ("wait", 0.5, 0),
    ("merge", 0, 0),
    ("large", "b", 2),
    ("put", "b", 10),
    ("split", 1, 0),
    ("batch", 500, 0),
]


def digest() -> str:
    digests = []
    for fan_out in (False, True):
        with opened() as shore:
            play(shore, EXAMPLE, fan_out)
            digests.append(shore.cloud.journal.digest())
    return " ".join(digests)


def test_the_journal_is_the_same_in_another_process() -> None:
    """Same seed, same run, whatever order sets and dictionaries of texts have."""
    here = Path(__file__).parent
    environment = {**os.environ, "PYTHONHASHSEED": "4711", "PYTHONPATH": f"{here}{os.pathsep}{here.parents[2]}"}
    program = "import test_kinesis_properties as test; print(test.digest())"
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment, cwd=here
    )
    assert ran.stdout.strip() == digest() == digest()
