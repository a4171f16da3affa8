"""What holds of a stream's mapping whatever is put, fails and is changed."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from river import River
from world import opened

FLAKY = """
import base64, time
seen = {}
def handler(event, context):
    for record in event["Records"]:
        body = base64.b64decode(record["kinesis"]["data"]).decode()
        seconds, failures = map(int, body.split()[1:])
        time.sleep(seconds)
        number = record["kinesis"]["sequenceNumber"]
        seen[number] = seen.get(number, 0) + 1
        if seen[number] <= failures:
            if failures % 2:
                raise ValueError(body)
            return {"batchItemFailures": [{"itemIdentifier": number}]}
"""
PUTS = st.lists(
    st.tuples(
        st.sampled_from("abcdef"),  # key
        st.integers(0, 3),  # seconds that its handler takes
        st.sampled_from([0, 0, 0, 1, 2, 3, 99]),  # failures
        st.sampled_from([0, 0, 0.3, 1, 7]),  # seconds until the next put
    ),
    max_size=14,
)
SETTINGS = st.fixed_dictionaries(
    {
        "BatchSize": st.sampled_from([1, 2, 3, 100]),
        "ParallelizationFactor": st.sampled_from([1, 2, 10]),
        "MaximumRetryAttempts": st.sampled_from([0, 1, 3]),
        "MaximumBatchingWindowInSeconds": st.sampled_from([0, 2]),
        "MaximumRecordAgeInSeconds": st.sampled_from([-1, 60]),
        "BisectBatchOnFunctionError": st.booleans(),
        "FunctionResponseTypes": st.sampled_from([[], ["ReportBatchItemFailures"]]),
    }
)
ENDS = {"succeeded", "dropped", "filtered", "expired", "purged"}


def play(river: River, puts: list[tuple[str, int, int, float]], options: dict[str, Any], pause: bool) -> None:
    mapping = river.begin(FLAKY, shards=2, **options)
    for index, (key, seconds, failures, wait) in enumerate(puts):
        river.put(f"{index} {seconds} {failures}", key=key)
        river.advance(wait)
        if pause and index % 4 == 1:
            river.update(mapping, Enabled=False)
        if pause and index % 4 == 3:
            river.update(mapping, Enabled=True)
    river.update(mapping, Enabled=True)
    river.settle()


@settings(max_examples=40, deadline=None)
@given(puts=PUTS, options=SETTINGS, pause=st.booleans())
def test_no_key_is_overtaken_and_nothing_vanishes(
    puts: list[tuple[str, int, int, float]], options: dict[str, Any], pause: bool
) -> None:
    """Order per key: a record is first invoked when all before it of its key are done, or in one batch with them."""
    with opened() as world:
        river = River(world)
        play(river, puts, options, pause)
        key = {event.message: (event.detail["shard"], event.detail["key"]) for event in river.journal.of("sent")}
        line: dict[tuple[str, str], list[str]] = defaultdict(list)
        first: set[str] = set()
        running: dict[str, str] = {}
        fate: dict[str, str] = {}
        for event in river.journal:
            match event.kind:
                case "sent":
                    line[key[event.message]].append(event.message)
                case "invoked":
                    assert event.message not in running, "one record in two invocations at once"
                    running[event.message] = event.detail["invocation"]
                    if event.message not in first:
                        first.add(event.message)
                        for earlier in line[key[event.message]][: line[key[event.message]].index(event.message)]:
                            mine = event.detail["invocation"]
                            assert fate.get(earlier) in ENDS or running.get(earlier) == mine, "overtaken"
                case "succeeded" | "failed":
                    running.pop(event.message)
            if event.kind in ENDS or event.kind in ("retried", "failed"):
                fate[event.message] = event.kind
        assert not running
        assert all(fate.get(message) in ENDS for message in key), "vanished"


@settings(max_examples=10, deadline=None)
@given(puts=PUTS, options=SETTINGS)
def test_the_journal_is_the_same_twice(puts: list[tuple[str, int, int, float]], options: dict[str, Any]) -> None:
    digests = []
    for _ in range(2):
        with opened() as world:
            play(River(world), puts, options, pause=True)
            digests.append(world.cloud.journal.digest())
    assert digests[0] == digests[1]


@settings(max_examples=15, deadline=None)
@given(puts=PUTS, factor=st.sampled_from([1, 3, 10]))
def test_the_concurrency_is_bounded_by_shards_times_the_factor(
    puts: list[tuple[str, int, int, float]], factor: int
) -> None:
    with opened() as world:
        river = River(world)
        play(river, puts, {"ParallelizationFactor": factor, "BatchSize": 1, "MaximumRetryAttempts": 1}, pause=False)
        running: set[str] = set()
        for event in river.journal:
            if event.kind == "invoked":
                running.add(event.detail["invocation"])
                assert len(running) <= 2 * factor
            elif event.kind in ("succeeded", "failed"):
                running.discard(event.detail["invocation"])
