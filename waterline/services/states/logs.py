"""What a workflow writes to its log group, by the level of its logging configuration.

Source: AWS Step Functions Developer Guide, "Using CloudWatch Logs to log execution history in Step Functions", with its
table of levels and types of events (read 2026-11).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.logs.models import logs_backends

from waterline.services.states.intrinsics import text_of

if TYPE_CHECKING:
    from waterline.services.states.execution import Execution

_DATA = frozenset({"input", "output", "parameters", "assignedVariables", "cause"})
_FATAL = frozenset({"ExecutionAborted", "ExecutionFailed", "ExecutionTimedOut"})
_ERRORS = ("Failed", "TimedOut", "Aborted")


def wanted(level: str, kind: str) -> bool:
    """Whether a level of logging includes a type of event."""
    if level == "ALL":
        return True
    if level == "FATAL":
        return kind in _FATAL
    return level == "ERROR" and (kind.endswith(_ERRORS) or kind == "FailStateEntered")


def write(execution: Execution, event: dict[str, Any]) -> None:
    """Write an event of the history to the log group of its state machine, if its configuration wants it."""
    config = execution.program.logging or {}
    if not wanted(config.get("level", "OFF"), event["type"]):
        return
    details: dict[str, Any] = next((value for key, value in event.items() if key.endswith("EventDetails")), {})
    if not config.get("includeExecutionData"):
        details = {key: value for key, value in details.items() if key not in _DATA}
    now = execution.ground.clock.date
    millis = round(now.timestamp() * 1000)
    entry = {
        "id": str(event["id"]),
        "type": event["type"],
        "details": details,
        "previous_event_id": str(event["previousEventId"]),
        "event_timestamp": str(millis),
        "execution_arn": execution.arn,
        "redrive_count": str(execution.redrives),
    }
    for destination in config.get("destinations", ()):
        parts = destination["cloudWatchLogsLogGroup"]["logGroupArn"].split(":")
        logs, group = logs_backends[parts[4]][parts[3]], parts[6]
        stream = f"states/{execution.program.name}/{now:%Y-%m-%d-%H}/{execution.name}"
        if group not in logs.groups:
            continue
        if stream not in logs.groups[group].streams:
            logs.create_log_stream(group, stream)
        logs.put_log_events(group, stream, [{"timestamp": millis, "message": text_of(entry)}])
