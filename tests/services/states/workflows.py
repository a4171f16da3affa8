"""A cloud with Step Functions for the tests: machines made from a line of states, and what became of an execution."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import boto3

from waterline import Cloud
from waterline.journal import Event

REGION = "us-east-1"
ROLE = "arn:aws:iam::123456789012:role/workflow"


def line(states: dict[str, Any], start: str | None = None, **more: Any) -> dict[str, Any]:
    """A line of states. Where none says how it goes on, each state goes on with the next one, and the last one ends."""
    names = list(states)
    made = {}
    for name, following in zip(names, [*names[1:], None], strict=True):
        state = dict(states[name])
        if state["Type"] not in ("Choice", "Succeed", "Fail") and not {"Next", "End"} & set(state):
            state |= {"End": True} if following is None else {"Next": following}
        made[name] = state
    return {"StartAt": start or names[0], "States": made, **more}


def invoke(function: str, **more: Any) -> dict[str, Any]:
    """A task that invokes a function of this name with its input and returns the payload."""
    return {"Type": "Task", "Resource": f"arn:aws:lambda:{REGION}:123456789012:function:{function}", **more}


def service(action: str, parameters: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A task that calls an action, for example ``sqs:sendMessage``."""
    return {"Type": "Task", "Resource": f"arn:aws:states:::{action}", "Parameters": parameters, **more}


@dataclass(frozen=True)
class Workflows:
    """The cloud and its Step Functions client."""

    cloud: Cloud
    client: Any

    def create(self, definition: dict[str, Any], name: str = "order", kind: str = "STANDARD", **more: Any) -> str:
        made = self.client.create_state_machine(
            name=name, definition=json.dumps(definition), roleArn=ROLE, type=kind, **more
        )
        return str(made["stateMachineArn"])

    def start(self, machine: str, data: Any = None, **more: Any) -> str:
        text = json.dumps({} if data is None else data)
        return str(self.client.start_execution(stateMachineArn=machine, input=text, **more)["executionArn"])

    def run(self, definition: dict[str, Any], data: Any = None, *, name: str = "order") -> dict[str, Any]:
        """Create, start, play until nothing is left to happen, describe."""
        execution = self.start(self.create(definition, name), data)
        self.cloud.settle(limit_days=800)
        return self.described(execution)

    def output(self, definition: dict[str, Any], data: Any = None, *, name: str = "order") -> Any:
        """The output of an execution that succeeds."""
        found = self.run(definition, data, name=name)
        assert found["status"] == "SUCCEEDED", found
        return found["output"]

    def error(self, definition: dict[str, Any], data: Any = None, *, name: str = "order") -> tuple[str, str]:
        """The error and the cause of an execution that fails."""
        found = self.run(definition, data, name=name)
        assert found["status"] == "FAILED", found
        return found.get("error", ""), found.get("cause", "")

    def described(self, execution: str) -> dict[str, Any]:
        found = dict(self.client.describe_execution(executionArn=execution))
        if "output" in found:
            found["output"] = json.loads(found["output"])
        return found

    def history(self, execution: str) -> list[dict[str, Any]]:
        pages = self.client.get_paginator("get_execution_history").paginate(executionArn=execution)
        return [event for page in pages for event in page["events"]]

    def types(self, execution: str) -> list[str]:
        return [event["type"] for event in self.history(execution)]

    def journal(self, *kinds: str) -> list[Event]:
        return [
            event
            for event in self.cloud.journal
            if event.place.startswith("states:") and (not kinds or event.kind in kinds)
        ]

    def walk(self) -> list[tuple[float, str]]:
        """The states that were entered, with the second at which that happened."""
        return [(event.seconds, event.detail["state"]) for event in self.journal("entered")]


@contextmanager
def opened(seed: int = 7) -> Iterator[Workflows]:
    with Cloud(seed=seed) as cloud:
        yield Workflows(cloud, boto3.client("stepfunctions", region_name=REGION))
