"""The events that Step Functions puts on the default bus when the status of a Standard execution changes.

Where the default bus has no rule, nobody can notice them, and none is put.

Source: AWS Step Functions Developer Guide, "Automating Step Functions event delivery with EventBridge" (read 2026-11).
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from moto.events.models import events_backends

from waterline.services.delivery import NotTaken, Sender, Targets
from waterline.services.states.intrinsics import text_of

if TYPE_CHECKING:
    from waterline.services.states.execution import Execution

_TYPE = "Step Functions Execution Status Change"


def tell(execution: Execution) -> None:
    """Put the event of the status that an execution has now."""
    parts = execution.arn.split(":")
    region, account = parts[3], parts[4]
    bus = events_backends[account][region].event_buses.get("default")
    if execution.kind != "STANDARD" or execution.map_run is not None or bus is None or not bus.rules:
        return
    entry = {
        "Source": "aws.states",
        "DetailType": _TYPE,
        "Resources": [execution.arn],
        "Detail": text_of(_detail(execution)),
        "Time": execution.ground.clock.date.timestamp(),
    }
    sender = Sender("states.amazonaws.com", execution.program.arn, account, by_role=True)
    arn = f"arn:{parts[1]}:events:{region}:{account}:event-bus/default"
    execution.ground.clock.spawn("status of a workflow", _put, execution, sender, arn, entry, cause=execution.cause)


def _put(execution: Execution, sender: Sender, arn: str, entry: dict[str, Any]) -> None:
    with suppress(NotTaken):  # best effort, as AWS says
        Targets(execution.ground).bus(sender, arn, [entry])


def _detail(execution: Execution) -> dict[str, Any]:
    stopped, succeeded = execution.stop_date, execution.status == "SUCCEEDED"
    return {
        "executionArn": execution.arn,
        "stateMachineArn": execution.program.arn,
        "stateMachineVersionArn": execution.program.version,
        "stateMachineAliasArn": execution.program.alias,
        "name": execution.name,
        "status": execution.status,
        "startDate": round(execution.start_date.timestamp() * 1000),
        "stopDate": None if stopped is None else round(stopped.timestamp() * 1000),
        "input": execution.execution_input,
        "inputDetails": {"included": True},
        "output": text_of(execution.output) if succeeded else None,
        "outputDetails": {"included": True} if succeeded else None,
        "error": execution.error,
        "cause": execution.cause_text,
        "redriveCount": execution.redrives,
    }
