"""Tumbling windows: state from one batch to the next, and a final invocation.

AWS Lambda Developer Guide, "Implementing stateful Kinesis Data Streams processing in Lambda" (read 2026-11).
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from river import READ, River

COUNT = """
import json
def handler(event, context):
    print(json.dumps({**event, "Records": len(event["Records"])}))
    return {"state": {"n": event["state"].get("n", 0) + len(event["Records"])}}
"""


def events(river: River) -> list[dict[str, Any]]:
    """The events that the function printed."""
    return [json.loads(line) for line in river.world.cloud.logs("issue").splitlines() if line.startswith("{")]


def seen(river: River) -> list[tuple[int, dict[str, int], bool]]:
    """Records, state and whether it was the final invocation, of each event."""
    return [(event["Records"], event["state"], event["isFinalInvokeForWindow"]) for event in events(river)]


def test_the_state_goes_from_batch_to_batch_and_ends_with_the_window(river: River) -> None:
    """ "Each invocation receives a state"; "at the end of the window isFinalInvokeForWindow is set to true"."""
    river.begin(COUNT, TumblingWindowInSeconds=10)
    river.put("a", "b")
    river.advance(5)
    river.put("c")
    river.settle()
    assert seen(river) == [(2, {}, False), (1, {"n": 2}, False), (0, {"n": 3}, True)]


def test_the_event_names_window_shard_and_stream(river: River) -> None:
    """ "Example KinesisTimeWindowEvent"."""
    river.begin(COUNT, TumblingWindowInSeconds=120)
    river.advance(130)
    river.put("a")
    river.settle()
    first = events(river)[0]
    assert first == {
        "Records": 1,
        "window": {"start": "2026-01-01T00:02:00Z", "end": "2026-01-01T00:04:00Z"},
        "state": {},
        "shardId": "shardId-000000000000",
        "eventSourceARN": river.arn,
        "isFinalInvokeForWindow": False,
        "isWindowTerminatedEarly": False,
    }


def test_a_window_is_decided_by_when_a_record_arrived(river: River) -> None:
    """ "Boundaries are based on the time when records were inserted into the stream": one batch, two windows."""
    river.stream()
    river.world.deploy(COUNT)
    river.put("a")
    river.advance(10)
    river.put("b")
    river.advance(10)
    river.map(TumblingWindowInSeconds=10)
    river.settle()
    assert seen(river) == [(1, {}, False), (0, {"n": 1}, True), (1, {}, False), (0, {"n": 1}, True)]


def test_each_shard_has_windows_of_its_own(river: River) -> None:
    """ "State can be a maximum of 1 MB per shard"."""
    river.begin(COUNT, shards=2, TumblingWindowInSeconds=10)
    river.put("a", ExplicitHashKey="0")
    river.put("b", "c", ExplicitHashKey=str(2**128 - 1))
    river.settle()
    finals = [(event["shardId"][-1], event["state"]["n"]) for event in events(river) if event["isFinalInvokeForWindow"]]
    assert sorted(finals) == [("0", 1), ("1", 2)]


def test_a_window_without_records_has_no_invocation(river: River) -> None:
    """AWS does not say; here nothing happens."""
    river.begin(COUNT, TumblingWindowInSeconds=10)
    river.advance(100)
    assert events(river) == []


@pytest.mark.parametrize("answer", ["None", "{}", "{'status': 1}", "'state'", "[1]"])
def test_an_answer_without_state_is_a_failure(river: River, answer: str) -> None:
    """ "If the response does not contain a state property, Lambda considers this a failed invocation"."""
    source = f"def handler(event, context):\n    return {answer}\n"
    river.begin(source, TumblingWindowInSeconds=10, MaximumRetryAttempts=1)
    river.put("a")
    river.settle()
    assert river.kinds("a") == ["sent", "invoked", "succeeded", "retried", "invoked", "succeeded", "dropped"]


def test_a_failing_final_invocation_holds_the_shard_until_it_succeeds(river: River) -> None:
    """ "If invocation is unsuccessful, your Lambda function suspends further processing until a successful one"."""
    source = (
        "failures = []\ndef handler(event, context):\n"
        "    if event['isFinalInvokeForWindow'] and len(failures) < 3:\n"
        "        failures.append(1)\n        raise RuntimeError('not yet')\n"
        "    return {'state': {}}\n"
    )
    river.begin(source, TumblingWindowInSeconds=10)
    river.put("a")
    river.advance(11)
    river.put("b")
    river.settle()
    first, later = river.journal.of("invoked", message=river.names["b"])[0].seconds, river.names["a"]
    finals = [event.seconds for event in river.journal.of("invoked", message=later) if event.detail.get("final")]
    assert len(finals) == 4
    assert first >= finals[-1]


def test_a_final_invocation_is_given_up_with_its_retries(river: River) -> None:
    """ "Tumbling windows fully support the existing retry policies"."""
    source = (
        "def handler(event, context):\n    if event['isFinalInvokeForWindow']: raise RuntimeError('no')\n"
        "    return {'state': {}}\n"
    )
    river.begin(source, TumblingWindowInSeconds=10, MaximumRetryAttempts=2)
    river.put("a")
    river.settle()
    assert river.kinds("a").count("invoked") == 1 + 3
    assert river.world.whys("dropped") == ["the final invocation of its window was given up"]


def test_a_state_that_is_too_large_ends_its_window_early(river: River) -> None:
    """ "If it exceeds that size, Lambda terminates the window early"."""
    source = READ + (
        "def handler(event, context):\n"
        "    print(len(event['Records']), event['isFinalInvokeForWindow'], event['isWindowTerminatedEarly'],"
        " len(event['state']))\n"
        "    return {'state': {**event['state'], **{b: 'x' * 600_000 for b in bodies(event)}}}\n"
    )
    river.begin(source, BatchSize=1, TumblingWindowInSeconds=10)
    river.put("a", "b", "c")
    river.settle()
    lines = [line for line in river.world.cloud.logs("issue").splitlines() if line[0].isdigit()]
    assert lines == ["1 False False 0", "1 False False 1", "0 True True 2", "1 False False 0", "0 True False 1"]


def test_a_closed_shard_closes_its_window(river: River) -> None:
    """ "When the shard ends, Lambda considers the window closed, and the child shards start their own window"."""
    river.begin(COUNT, TumblingWindowInSeconds=900)
    river.put("a")
    river.advance(1)
    river.kinesis.split_shard(StreamName="clicks", ShardToSplit="shardId-000000000000", NewStartingHashKey=str(2**127))
    river.put("b", ExplicitHashKey="0")
    river.advance(2)
    assert seen(river) == [(1, {}, False), (0, {"n": 1}, True), (1, {}, False)]


def test_what_a_final_invocation_does_comes_from_the_records_of_its_window(river: River) -> None:
    """The journal leads from a result to all that it was made of."""
    queue = river.world.queue("results")
    source = (
        "import boto3\ndef handler(event, context):\n    if event['isFinalInvokeForWindow']:\n"
        f"        boto3.client('sqs').send_message(QueueUrl='{queue}', MessageBody='sum')\n"
        "    return {'state': {}}\n"
    )
    river.begin(source, TumblingWindowInSeconds=10)
    records = river.put("a", "b")
    river.settle()
    (result,) = river.journal.of("sent", "results")
    assert result.parents == tuple(records)
