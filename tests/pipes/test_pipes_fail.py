"""What a pipe does when its target fails, when it is stopped, and when it changes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from plumbing import ROLE, Plumbing, client, queue_arn, wanting

from waterline import Cloud
from waterline.clock import SECOND

REPORTS = """
import json
def handler(events, context):
    numbers = [json.loads(event["body"])["n"] for event in events]
    print(numbers)
    bad = [event["messageId"] for event, n in zip(events, numbers) if n == 2]
    return {"batchItemFailures": [{"itemIdentifier": name} for name in bad]}
"""
FAILS_AT_TWO = """
import base64, json
def handler(events, context):
    numbers = [json.loads(base64.b64decode(event["data"]))["n"] for event in events]
    print(numbers)
    if 2 in numbers:
        raise RuntimeError("two")
"""


# -- failures ----------------------------------------------------------------------------------------------------------


def test_only_what_a_function_reports_comes_back_to_the_queue(pipes: Plumbing) -> None:
    """Source: "Amazon EventBridge Pipes batching and concurrency" (partial batch failure)."""
    arn = pipes.cloud.deploy("judge", REPORTS)
    window = {"SqsQueueParameters": {"BatchSize": 5, "MaximumBatchingWindowInSeconds": 1}}
    pipes.make(pipes.queue(dead_after=2), arn, SourceParameters=window)
    pipes.send({"n": 1}, {"n": 2}, {"n": 3})
    pipes.cloud.settle()
    assert pipes.log("judge") == ["[1, 2, 3]", "[2]"]
    assert len(pipes.cloud.journal.of("deleted", "sqs:orders")) == 2
    assert len(pipes.cloud.journal.of("dead-lettered", "sqs:orders")) == 1


def test_a_batch_of_a_stream_is_split_until_the_bad_record_is_alone(pipes: Plumbing) -> None:
    """Source: CreatePipe (OnPartialBatchItemFailure); ``pipes.stream_retry_range``."""
    arn = pipes.cloud.deploy("judge", FAILS_AT_TWO)
    dead = {"DeadLetterConfig": {"Arn": pipes.queue("dead")}, "MaximumRetryAttempts": 1}
    pipes.from_stream(
        arn, source={**dead, "OnPartialBatchItemFailure": "AUTOMATIC_BISECT", "MaximumBatchingWindowInSeconds": 1}
    )
    pipes.put(*({"n": number} for number in range(4)))
    pipes.cloud.settle()
    assert pipes.log("judge") == ["[0, 1, 2, 3]", "[0, 1]", "[2, 3]", "[2]", "[2]", "[3]"]
    told = json.loads(pipes.arrived("sqs:dead")[0])
    assert told["context"]["condition"] == "RetryAttemptsExhausted"
    assert told["context"]["partnerResourceArn"].endswith(":pipe/flow")
    assert told["KinesisBatchInfo"]["batchSize"] == 1


def test_a_stream_tries_again_without_end_unless_it_is_told_otherwise(pipes: Plumbing) -> None:
    """Source: "Amazon EventBridge Pipes error handling and troubleshooting"; ``pipes.stream_retry_range``."""
    arn = pipes.cloud.deploy("judge", FAILS_AT_TWO)
    pipes.from_stream(arn)
    pipes.put({"n": 2})
    pipes.cloud.advance(hours=2)
    assert len(pipes.log("judge")) > 100
    assert pipes.cloud.journal.of("dropped") == []


def test_a_record_that_gets_too_old_is_given_up(pipes: Plumbing) -> None:
    """Source: CreatePipe (MaximumRecordAgeInSeconds)."""
    arn = pipes.cloud.deploy("judge", FAILS_AT_TWO)
    pipes.from_stream(arn, source={"MaximumRecordAgeInSeconds": 60})
    pipes.put({"n": 2})
    pipes.cloud.settle()
    [dropped] = pipes.cloud.journal.of("dropped", "pipes:flow")
    assert "older than 60 s" in dropped.detail["why"]


def test_a_service_that_is_down_uses_up_no_receives(pipes: Plumbing) -> None:
    """Source: "Amazon EventBridge Pipes error handling and troubleshooting" (pipe internal errors)."""
    topic = client("sns").create_topic(Name="news")["TopicArn"]
    pipes.make(pipes.queue(dead_after=1), topic)
    pipes.cloud.faults.outage("sns", end=pipes.cloud.clock.now / SECOND + 10)
    pipes.send("a")
    pipes.cloud.settle()
    assert [event.kind for event in pipes.cloud.journal.of(place="pipes:flow")] == [
        "routed",
        *["retried"] * 4,
        "delivered",
    ]
    assert len(pipes.cloud.journal.of("received", "sqs:orders")) == 1


def test_a_target_that_is_gone_lets_the_message_die_in_its_queue(pipes: Plumbing) -> None:
    """Source: "Amazon EventBridge Pipes error handling and troubleshooting" (customer invocation errors)."""
    pipes.make(pipes.queue(dead_after=3), queue_arn("nowhere"))
    pipes.send("a")
    pipes.cloud.settle()
    assert [event.detail["count"] for event in pipes.cloud.journal.of("failed", "pipes:flow")] == [1, 2, 3]
    assert len(pipes.cloud.journal.of("dead-lettered", "sqs:orders")) == 1


def test_nothing_overtakes_a_record_that_was_not_taken(pipes: Plumbing) -> None:
    """Source: "Amazon EventBridge Pipes batching and concurrency" (partial batch failure)."""
    template = {"SqsQueueParameters": {"MessageGroupId": "$.data.group"}, "InputTemplate": "<$.data.n>"}
    out = pipes.queue("out.fifo")
    source = {"MaximumRetryAttempts": 2, "MaximumBatchingWindowInSeconds": 1, "BatchSize": 10}
    pipes.from_stream(out, source=source, TargetParameters=template)
    pipes.put({"n": 1, "group": "g"}, {"n": 2}, {"n": 3, "group": "g"})
    pipes.cloud.settle()
    assert pipes.arrived("sqs:out.fifo") == ["1"]
    assert len(pipes.cloud.journal.of("dropped", "pipes:flow")) == 2


# -- its life ----------------------------------------------------------------------------------------------------------


def state(pipes: Plumbing) -> tuple[str, str]:
    pipe = pipes.api.describe_pipe(Name="flow")
    return pipe["DesiredState"], pipe["CurrentState"]


def test_a_pipe_is_made_stopped_and_started_in_the_background(pipes: Plumbing) -> None:
    """Source: CreatePipe; StopPipe; StartPipe."""
    pipes.api.create_pipe(Name="flow", Source=pipes.queue(), Target=pipes.queue("out"), RoleArn=ROLE)
    states = [state(pipes)]
    for change in (None, pipes.api.stop_pipe, pipes.api.start_pipe):
        if change is not None:
            change(Name="flow")
            states.append(state(pipes))
        pipes.cloud.advance(seconds=2)
        states.append(state(pipes))
    assert states == [
        ("RUNNING", "CREATING"),
        ("RUNNING", "RUNNING"),
        ("STOPPED", "STOPPING"),
        ("STOPPED", "STOPPED"),
        ("RUNNING", "STARTING"),
        ("RUNNING", "RUNNING"),
    ]
    with pytest.raises(ClientError) as refused:
        pipes.api.start_pipe(Name="flow")
    assert refused.value.response["Error"]["Code"] == "ConflictException"


@pytest.mark.parametrize("kind", ["queue", "stream"])
def test_a_stopped_pipe_leaves_its_source_alone_and_goes_on_where_it_stopped(pipes: Plumbing, kind: str) -> None:
    """Source: StopPipe; StartPipe."""
    out = pipes.queue("out")
    if kind == "queue":
        pipes.make(pipes.queue(), out)
        send: Any = pipes.send
    else:
        pipes.from_stream(out)
        send = pipes.put
    send("a")
    pipes.cloud.settle()
    pipes.api.stop_pipe(Name="flow")
    pipes.cloud.advance(seconds=2)
    send("b")
    pipes.cloud.advance(hours=1)
    assert len(pipes.arrived()) == 1
    pipes.api.start_pipe(Name="flow")
    pipes.cloud.settle()
    assert len(pipes.arrived()) == 2


def test_a_pipe_that_is_made_stopped_waits(pipes: Plumbing) -> None:
    """Source: CreatePipe (DesiredState)."""
    pipes.make(pipes.queue(), pipes.queue("out"), DesiredState="STOPPED")
    pipes.send("a")
    pipes.cloud.settle()
    assert (pipes.arrived(), state(pipes)) == ([], ("STOPPED", "STOPPED"))


def test_an_update_holds_from_the_next_batch_on(pipes: Plumbing) -> None:
    """Source: UpdatePipe."""
    pipes.make(pipes.queue(), pipes.queue("out"), TargetParameters={"InputTemplate": "<$.body>"})
    pipes.send("a")
    pipes.cloud.settle()
    pipes.api.update_pipe(
        Name="flow",
        RoleArn=ROLE,
        TargetParameters={"InputTemplate": '{"it": "<$.body>"}'},
        SourceParameters={"FilterCriteria": wanting({"body": ["b"]})},
    )
    pipes.cloud.advance(seconds=2)
    pipes.send("b", "c")
    pipes.cloud.settle()
    assert pipes.arrived() == ["a", '{"it":"b"}']


def test_a_deleted_pipe_leaves_its_source_alone(pipes: Plumbing) -> None:
    """Source: DeletePipe."""
    pipes.make(pipes.queue(), pipes.queue("out"))
    pipes.api.delete_pipe(Name="flow")
    pipes.send("a")
    pipes.cloud.settle()
    assert pipes.arrived() == []
    assert [event.kind for event in pipes.cloud.journal] == ["sent"]


def test_a_message_can_be_followed_through_the_pipe(pipes: Plumbing) -> None:
    pipes.make(pipes.queue(), pipes.queue("out"))
    [message] = pipes.send("a")
    pipes.cloud.settle()
    places = [event.place for event in pipes.cloud.journal.trace(message).events if event.kind == "sent"]
    assert places == ["sqs:orders", "sqs:out"]


# -- nothing is lost ---------------------------------------------------------------------------------------------------


def play(cloud: Cloud, sizes: list[int], rate: float) -> Plumbing:
    """A pipe whose target fails now and then; its queue gets so many messages every few seconds."""
    pipes = Plumbing(cloud)
    arn = cloud.deploy("take", "def handler(events, context):\n    return None\n")
    pipes.make(pipes.queue(dead_after=3), arn, SourceParameters={"SqsQueueParameters": {"BatchSize": 3}})
    if rate > 0.05:
        cloud.faults.errors("take", rate=rate)
    for size in sizes:
        pipes.send(*(f"{number}" for number in range(size)))
        cloud.advance(seconds=3)
        ends = Counter(
            event.message for event in cloud.journal.of(place="pipes:flow") if event.kind in ("delivered", "dropped")
        )
        assert max(ends.values(), default=0) <= 1
    cloud.settle()
    return pipes


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(sizes=st.lists(st.integers(0, 6), max_size=6), rate=st.floats(0, 0.9))
def test_every_message_is_delivered_or_dead_lettered(sizes: list[int], rate: float) -> None:
    with Cloud(seed=3) as cloud:
        play(cloud, sizes, rate)
        journal = cloud.journal
        delivered = journal.of("delivered", "pipes:flow")
        dead = journal.of("dead-lettered", "sqs:orders")
        assert len(delivered) + len(dead) == sum(sizes)
        assert len(journal.of("routed", "pipes:flow")) == sum(sizes)
        assert len(journal.of("deleted", "sqs:orders")) == len(delivered)


def digest() -> str:
    with Cloud(seed=11) as cloud:
        play(cloud, [4, 0, 5, 2], 0.4)
        return cloud.journal.digest()


@pytest.mark.parametrize("hash_seed", ["1", "2"])
def test_the_same_seed_is_the_same_journal_in_any_process(hash_seed: str) -> None:
    code = "import test_pipes_fail as t; print(t.digest())"
    here = Path(__file__).parent
    path = os.pathsep.join([str(here), str(here.parents[1]), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": path}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment, cwd=here
    )
    assert done.stdout.strip() == digest()
