"""Whatever the definition and the faults: an execution ends, or it waits for something that has a name."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import boto3
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from workflows import REGION, Workflows, invoke, line, opened, service

HERE = Path(__file__).parent
ENDS = {
    "SUCCEEDED": "ExecutionSucceeded",
    "FAILED": "ExecutionFailed",
    "TIMED_OUT": "ExecutionTimedOut",
    "ABORTED": "ExecutionAborted",
}
WORK = "import time\ndef handler(e, c):\n    time.sleep(2)\n    return e\n"
QUEUE = f"https://sqs.{REGION}.amazonaws.com/123456789012/jobs"

_retry = st.sampled_from(
    [
        {},
        {"Retry": [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 2, "JitterStrategy": "FULL"}]},
        {"Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Caught"}]},
        {"TimeoutSeconds": 1, "Catch": [{"ErrorEquals": ["States.Timeout"], "Next": "Caught"}]},
    ]
)
_token = service("sqs:sendMessage.waitForTaskToken", {"QueueUrl": QUEUE, "MessageBody.$": "$$.Task.Token"})
_simple = st.one_of(
    st.just({"Type": "Pass"}),
    st.integers(0, 5).map(lambda n: {"Type": "Wait", "Seconds": n}),
    st.builds(lambda more: invoke("work", **more), _retry),
    st.builds(lambda more: invoke("missing", **more), _retry),
    st.builds(lambda more: {**_token, **more}, st.sampled_from([{}, {"HeartbeatSeconds": 3}])),
    st.just({"Type": "Fail", "Error": "Mine"}),
)


def _states(parts: list[Any], path: str) -> dict[str, Any]:
    """A line of states with names of their own; what a catcher leads to is its last state."""
    states: dict[str, Any] = {}
    for number, part in enumerate(parts):
        states[f"{path}{number}"] = _built(part, f"{path}{number}.")
    names = [*states, f"{path}Caught"]
    for name, following in zip(list(states), names[1:], strict=True):
        state = states[name]
        for catcher in state.get("Catch", ()):
            catcher["Next"] = f"{path}Caught"
        if state["Type"] != "Fail":
            state["Next"] = following
    states[f"{path}Caught"] = {"Type": "Pass", "End": True}
    return states


def _built(part: Any, path: str) -> dict[str, Any]:
    if isinstance(part, dict):
        return json.loads(json.dumps(part))  # type: ignore[no-any-return]
    kind, lines, more = part
    more = json.loads(json.dumps({key: value for key, value in more.items() if key != "TimeoutSeconds"}))
    lines = [_line(each, f"{path}{number}.") for number, each in enumerate(lines)]
    if kind == "Parallel":
        return {"Type": "Parallel", "Branches": lines, **more}
    selector = {"ItemSelector": {"n.$": "$$.Map.Item.Index"}, "MaxConcurrency": 2, "ItemsPath": "$$.Execution.Input"}
    return {"Type": "Map", "ItemProcessor": lines[0], **selector, **more}


def _line(parts: list[Any], path: str = "") -> dict[str, Any]:
    states = _states(parts, path)
    dead = any(state["Type"] == "Fail" for state in states.values())
    if dead:  # what comes after a Fail is not reached
        reached: dict[str, Any] = {}
        for name, state in states.items():
            reached[name] = state
            if state["Type"] == "Fail":
                break
        if any("Catch" in state for state in reached.values()):
            reached[f"{path}Caught"] = states[f"{path}Caught"]
        states = reached
    return {"StartAt": next(iter(states)), "States": states}


_lines = st.recursive(
    st.lists(_simple, min_size=1, max_size=3),
    lambda inner: st.lists(
        st.one_of(
            _simple,
            st.tuples(st.sampled_from(["Parallel", "Map"]), st.lists(inner, min_size=1, max_size=2), _retry),
        ),
        min_size=1,
        max_size=3,
    ),
    max_leaves=6,
)


def play(flows: Workflows, parts: list[Any], fault: str, stop: int | None) -> str:
    flows.cloud.deploy("work", WORK, timeout=10)
    boto3.client("sqs", region_name=REGION).create_queue(QueueName="jobs")
    if fault == "errors":
        flows.cloud.faults.errors("work", rate=0.5)
    elif fault == "outage":
        flows.cloud.faults.outage("sqs", start=0, end=2)
    execution = flows.start(flows.create(_line(parts)), ["a", "b", "c"])
    if stop is not None:
        flows.cloud.advance(seconds=stop)
        flows.client.stop_execution(executionArn=execution)
    flows.cloud.settle()
    return execution


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    parts=_lines,
    fault=st.sampled_from(["none", "errors", "outage"]),
    stop=st.one_of(st.none(), st.integers(0, 6)),
)
def test_every_execution_ends_or_waits_for_something_that_has_a_name(
    parts: list[Any], fault: str, stop: int | None
) -> None:
    with opened() as flows:
        execution = play(flows, parts, fault, stop)
        found = flows.described(execution)
        events = flows.history(execution)
        assert [event["id"] for event in events] == list(range(1, len(events) + 1))
        assert all(event["previousEventId"] < event["id"] for event in events)
        ends = [event["type"] for event in events if event["type"] in ENDS.values()]
        told = [event.kind for event in flows.cloud.journal.of(message=execution) if event.kind != "entered"]
        if found["status"] == "RUNNING":
            # What it waits for: the tokens that it has sent and nobody has answered.
            waiting = [event for event in events if event["type"] == "TaskSubmitted"]
            assert waiting and not ends
            assert not {"succeeded", "failed"} & set(told)
        else:
            assert ends == [ENDS[found["status"]]] and events[-1]["type"] == ends[0]
            assert told[-1] == ("succeeded" if found["status"] == "SUCCEEDED" else "failed")
        entered = [event for event in events if event["type"].endswith("StateEntered")]
        assert len(entered) == len(flows.cloud.journal.of("entered", message=execution))
        exited = [event for event in events if event["type"].endswith("StateExited")]
        assert len(exited) <= len(entered)
        if found["status"] == "SUCCEEDED":
            assert found["stopDate"] >= found["startDate"]


STORY: list[Any] = [
    ("Parallel", [[invoke("work")], [{"Type": "Wait", "Seconds": 1}, invoke("missing")]], {"Retry": [
        {"ErrorEquals": ["States.ALL"], "JitterStrategy": "FULL", "MaxAttempts": 2}], "Catch": [
        {"ErrorEquals": ["States.ALL"], "Next": "Caught"}]}),
    ("Map", [[invoke("work"), {"Type": "Pass", "Parameters": {"u.$": "States.UUID()"}}]], {}),
    _token,
]  # fmt: skip


def digest() -> str:
    with opened() as flows:
        execution = play(flows, STORY, "errors", None)
        history = json.dumps(flows.history(execution), default=str, sort_keys=True)
        return hashlib.sha256(history.encode()).hexdigest() + flows.cloud.journal.digest()


def test_the_same_seed_gives_the_same_run() -> None:
    assert digest() == digest()


def test_the_same_seed_gives_the_same_run_in_another_process() -> None:
    code = f"import sys; sys.path[:0] = [{str(HERE)!r}]; import test_states_properties as t; print(t.digest())"
    environment = {**os.environ, "PYTHONHASHSEED": "77", "PYTHONPATH": str(HERE.parents[2])}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment, timeout=120
    )
    assert done.stdout.strip() == digest()


def test_nothing_in_a_line_of_states_is_lost_on_its_way() -> None:
    """Each item of a Map comes out once, whatever fails and is retried on the way."""
    with opened() as flows:
        flows.cloud.deploy("work", WORK, timeout=10)
        flows.cloud.faults.errors("work", rate=0.4)
        retry = [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 50, "BackoffRate": 1.0}]
        state = {"Type": "Map", "MaxConcurrency": 5, "ItemProcessor": line({"T": invoke("work", Retry=retry)})}
        assert flows.output(line({"M": state}), list(range(60))) == list(range(60))
        assert len(flows.journal("retried")) > 10
