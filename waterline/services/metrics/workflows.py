"""The metrics of ``AWS/States``, from what the journal says of workflows.

Source: AWS Step Functions Developer Guide, "Monitoring Step Functions metrics using Amazon CloudWatch" (read 2026-11).

- ExecutionsStarted, ExecutionsSucceeded, ExecutionsFailed, ExecutionsAborted, ExecutionsTimedOut: 1 for each execution,
  at its start or its end. ExecutionsRedriven: 1 for each redrive.
- ExecutionTime (milliseconds): from the start, or from the redrive, to the end.
- ExpressExecutionBilledDuration (milliseconds, by started hundreds) and ExpressExecutionMemory are not here: the lab
  does not measure memory.

The one dimension is StateMachineArn. Not here: metrics of activities, of Lambda functions and service integrations as
Step Functions sees them, of the API, and of versions and aliases.
"""

from __future__ import annotations

from waterline.journal import Event
from waterline.services.metrics.series import MINUTE, Metric, Series, Sparse

NAMESPACE = "AWS/States"
_MILLISECOND = 1000
_ENDS = {
    "FAILED": "ExecutionsFailed",
    "TIMED_OUT": "ExecutionsTimedOut",
    "ABORTED": "ExecutionsAborted",
}


class WorkflowMetrics:
    """Takes in the events at workflows one by one; `series` is what they add up to."""

    def __init__(self) -> None:
        self.series: dict[Metric, Series] = {}
        self._sparse: dict[Metric, Sparse] = {}

    def take(self, event: Event, at: int) -> None:
        """`at`: the event's instant, in microseconds since 1970."""
        match event.kind:
            case "sent":
                self._add(event, at, "ExecutionsStarted", 1)
            case "redriven":
                self._add(event, at, "ExecutionsRedriven", 1)
            case "succeeded":
                self._add(event, at, "ExecutionsSucceeded", 1)
            case "failed":
                self._add(event, at, _ENDS[event.detail["status"]], 1)
        if event.kind in ("succeeded", "failed"):
            self._add(event, at, "ExecutionTime", event.detail["duration"] / _MILLISECOND, "Milliseconds")

    def _add(self, event: Event, at: int, name: str, value: float, unit: str = "Count") -> None:
        """`event.message` is the execution's ARN, which has the account and the Region of the state machine."""
        head = ":".join((event.message or "").split(":")[:5])
        metric = Metric.of(NAMESPACE, name, StateMachineArn=f"{head}:stateMachine:{event.name}")
        if metric not in self._sparse:
            self._sparse[metric] = self.series[metric] = Sparse(unit)
        self._sparse[metric].add(at // MINUTE, value)
