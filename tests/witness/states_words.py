"""What the stories of Step Functions share: a machine out of a line of states, and how an execution ended."""

from __future__ import annotations

import json
from typing import Any

from stage import Stage


def line(states: dict[str, Any], **more: Any) -> dict[str, Any]:
    """States one after the other, the last one the end, except where a state says how it goes on."""
    names, made = list(states), {}
    for name, following in zip(names, [*names[1:], None], strict=True):
        state = dict(states[name])
        if state["Type"] not in ("Choice", "Succeed", "Fail") and not {"Next", "End"} & set(state):
            state |= {"Next": following} if following else {"End": True}
        made[name] = state
    return {"StartAt": names[0], "States": made, **more}


def create(stage: Stage, definition: Any, name: str = "m") -> str:
    made = stage.states.create_state_machine(
        name=f"{stage.name}-{name}", definition=json.dumps(definition), roleArn=stage.role
    )
    return str(made["stateMachineArn"])


def start(stage: Stage, states: dict[str, Any], data: Any = None, **more: Any) -> str:
    machine = create(stage, line(states, **more))
    return str(stage.states.start_execution(stateMachineArn=machine, input=json.dumps(data or {}))["executionArn"])


def ended(stage: Stage, execution: str, within: float = 30) -> dict[str, Any]:
    describe = stage.states.describe_execution
    stage.until(lambda: describe(executionArn=execution)["status"] != "RUNNING", within)
    return dict(describe(executionArn=execution))


def output(stage: Stage, states: dict[str, Any], data: Any = None, **more: Any) -> Any:
    """The output of an execution, or how else it ended: its status and error."""
    end = ended(stage, start(stage, states, data, **more))
    return json.loads(end["output"]) if "output" in end else [end["status"], end.get("error")]


def task_of(stage: Stage, function: str, **more: Any) -> dict[str, Any]:
    configuration = stage.awslambda.get_function(FunctionName=function)["Configuration"]
    return {"Type": "Task", "Resource": configuration["FunctionArn"], **more}


def catching(*errors: str, **more: Any) -> list[dict[str, Any]]:
    return [{"ErrorEquals": list(errors), "Next": "Caught", **more}]


CAUGHT: dict[str, Any] = {"Type": "Pass", "End": True}
