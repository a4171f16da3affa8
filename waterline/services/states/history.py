"""The history of an execution: its events, as GetExecutionHistory returns them and as a log group gets them.

A Standard execution whose history is full fails. An Express execution has no history that could be asked for; what it
writes goes to its log group only.

Source: AWS Step Functions Developer Guide, "Viewing execution details in the Step Functions console" and "Using
CloudWatch Logs to log execution history in Step Functions" (read 2026-11), ``sfn.history_events_max``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from waterline.clock import Clock
from waterline.facts import facts
from waterline.services.states.errors import RUNTIME, StateError

EVENTS_MAX: Final = facts["sfn.history_events_max"].count
_FULL = f"The execution reached the maximum number of history events ({EVENTS_MAX})."
_ENDS = frozenset({"ExecutionSucceeded", "ExecutionFailed", "ExecutionAborted", "ExecutionTimedOut"})
_DETAILS = {"Entered": "stateEnteredEventDetails", "Exited": "stateExitedEventDetails"}


def details_of(kind: str) -> str:
    """How the details of a type of event are called: ``TaskFailed`` has ``taskFailedEventDetails``."""
    for end, name in _DETAILS.items():
        if kind.endswith(f"State{end}"):
            return name
    if kind.startswith("MapIteration"):
        return f"mapIteration{kind.removeprefix('MapIteration')}EventDetails"
    return f"{kind[0].lower()}{kind[1:]}EventDetails"


@dataclass
class History:
    """The events of one execution. `written` is called with each of them."""

    clock: Clock
    limited: bool
    written: Callable[[dict[str, Any]], None]
    events: list[dict[str, Any]] = field(default_factory=list)

    def add(self, kind: str, previous: int, **details: Any) -> int:
        """Write an event that follows the event `previous`; returns its number. Details that are None are left out.

        Raises StateError for the last place of a full history, which is kept for the end.
        """
        if self.limited and kind not in _ENDS and len(self.events) >= EVENTS_MAX - 1:
            raise StateError(RUNTIME, _FULL)
        event: dict[str, Any] = {
            "timestamp": self.clock.date,
            "type": kind,
            "id": len(self.events) + 1,
            "previousEventId": previous,
        }
        known = {key: value for key, value in details.items() if value is not None}
        if known or kind in ("ExecutionFailed", "ExecutionAborted", "ExecutionTimedOut", "FailStateEntered"):
            event[details_of(kind)] = known
        self.events.append(event)
        self.written(event)
        return len(self.events)
