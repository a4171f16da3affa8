"""State machines as the enrichment and the target of a pipe."""

from __future__ import annotations

import json

import pytest
from plumbing import Plumbing, client

ROLE = "arn:aws:iam::123456789012:role/workflow"


def machine(kind: str, state: dict[str, object]) -> str:
    definition = json.dumps({"StartAt": "Only", "States": {"Only": state}})
    made = client("stepfunctions").create_state_machine(
        name=kind.lower(), definition=definition, roleArn=ROLE, type=kind
    )
    return str(made["stateMachineArn"])


PASS = {"Type": "Pass", "End": True}
FAIL = {"Type": "Fail", "Error": "Broken", "Cause": "always"}


def test_an_express_workflow_enriches_a_batch(pipes: Plumbing) -> None:
    """Source: "Event enrichment in Amazon EventBridge Pipes"."""
    enrichment = machine("EXPRESS", {"Type": "Pass", "Result": [{"n": 1}, {"n": 2}], "End": True})
    pipes.make(pipes.queue(), pipes.queue("out"), Enrichment=enrichment)
    pipes.send("a")
    pipes.cloud.settle()
    assert sorted(pipes.arrived()) == ['{"n":1}', '{"n":2}']


def test_an_enrichment_workflow_that_fails_returns_the_messages(pipes: Plumbing) -> None:
    """Source: "Amazon EventBridge Pipes error handling and troubleshooting"."""
    pipes.make(pipes.queue(dead_after=2), pipes.queue("out"), Enrichment=machine("EXPRESS", FAIL))
    pipes.send("a")
    pipes.cloud.settle()
    assert pipes.arrived() == []
    assert len(pipes.cloud.journal.of("dead-lettered", "sqs:orders")) == 1


@pytest.mark.parametrize(("kind", "how"), [("STANDARD", "FIRE_AND_FORGET"), ("EXPRESS", "REQUEST_RESPONSE")])
def test_a_workflow_is_started_with_the_batch(pipes: Plumbing, kind: str, how: str) -> None:
    """Source: "Amazon EventBridge Pipes targets"."""
    arn = machine(kind, PASS)
    parameters = {"StepFunctionStateMachineParameters": {"InvocationType": how}}
    pipes.make(pipes.queue(), arn, TargetParameters=parameters)
    pipes.send("a")
    pipes.cloud.settle()
    assert len(pipes.cloud.journal.of("succeeded", f"states:{kind.lower()}")) == 1
    assert pipes.cloud.journal.of("failed", "pipes:flow") == []


def test_a_schedule_starts_an_execution(pipes: Plumbing) -> None:
    """Source: "Using templated targets in EventBridge Scheduler"."""
    client("scheduler").create_schedule(
        Name="start",
        ScheduleExpression="at(2026-01-01T01:00:00)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": machine("STANDARD", PASS), "RoleArn": ROLE, "Input": '{"n": 1}'},
    )
    pipes.cloud.settle()
    assert len(pipes.cloud.journal.of("succeeded", "states:standard")) == 1
