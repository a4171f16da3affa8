"""The metrics of ``AWS/Lambda``, from what the journal says of functions.

Source: AWS Lambda Developer Guide, "Types of metrics for Lambda functions" and "Working with Lambda function metrics".

- Invocations, Errors, Duration (milliseconds): sent when an invocation is over, with the timestamp of its beginning.
  So the minute in which a long invocation began gets its samples late. Errors is 0 or 1 for each invocation. A batch is
  one invocation, an event that is tried three times is three.
- Throttles: 1 for each request that was throttled, which is neither an invocation nor an error; 0 for each invocation.
- ConcurrentExecutions: how many environments work on an event, or are being made for one (see ``concurrency``).
- ProvisionedConcurrencyInvocations, ProvisionedConcurrencySpilloverInvocations: 1 for each invocation of a version with
  provisioned concurrency that got such an environment, or found none free (the details ``provisioned`` and
  ``allocated`` of ``invoked``). ProvisionedConcurrentExecutions: how many of them are at work;
  ProvisionedConcurrencyUtilization: their share of those that were allocated.
- AsyncEventsReceived, AsyncEventAge (milliseconds, at each attempt), AsyncEventsDropped (sent to a dead-letter queue
  first, or not).
- DeadLetterErrors and DestinationDeliveryFailures: 1 for an event whose details have ``dead_letter_error`` or
  ``destination_error``, each a sentence that says why Lambda could not hand the message over.
- RecursiveInvocationsDropped: 1 for each invocation that was stopped since it was part of a recursive loop, which is
  neither an invocation nor an error.
- IteratorAge (milliseconds): the detail ``iterator_age`` (microseconds) of ``invoked``: how old the last record of the
  batch was when it went to the function.

Dimensions: none (all functions), FunctionName, and FunctionName with Resource, which is the function's name, followed
by the detail ``qualifier`` (version or alias) when the invocation named one. Not here: ExecutedVersion, and the metrics
of event source mappings. A minute in which nothing happened has no samples.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from waterline.journal import Event
from waterline.services.metrics.concurrency import Concurrency, Utilization
from waterline.services.metrics.series import MINUTE, Metric, Series, Sparse

NAMESPACE = "AWS/Lambda"
_PROVISIONED = "ProvisionedConcurrentExecutions"
_MILLISECOND = 1000
_Work: TypeAlias = tuple[str, object, object]


class FunctionMetrics:
    """Takes in the events at functions one by one; `series` is what they add up to."""

    def __init__(self) -> None:
        self.series: dict[Metric, Series] = {}
        self._sparse: dict[Metric, Sparse] = {}
        self._concurrency: dict[Metric, Concurrency] = {}
        self._utilization: dict[Metric, Utilization] = {}
        self._provisioned: set[_Work] = set()
        self._metrics: dict[tuple[str, str, str], tuple[Metric, ...]] = {}
        self._queued: dict[tuple[str, str], int] = {}
        self._busy: set[_Work] = set()
        self._running: dict[_Work, int] = {}
        self._instant = -1
        self._told: set[_Work] = set()

    def take(self, event: Event, at: int) -> None:
        """`at`: the event's instant, in microseconds since 1970."""
        if at != self._instant:
            self._instant = at
            self._told.clear()
        work = (event.place, event.detail.get("environment"), event.detail.get("invocation"))
        match event.kind:
            case "sent":
                self._add(event, at, "AsyncEventsReceived", 1)
                self._queued[event.place, event.message or ""] = at
            case "started" if work[2] is not None:
                self._begin(event, at, work)
            case "invoked":
                self._invoked(event, at, work)
            case "succeeded" | "failed":
                self._over(event, at, work)
            case "throttled" if work not in self._told:
                self._told.add(work)
                self._add(event, at, "Throttles", 1)
            case "denied" if event.detail.get("recursive") and work not in self._told:
                self._told.add(work)
                self._add(event, at, "RecursiveInvocationsDropped", 1)
            case "dropped" | "dead-lettered":
                if self._queued.pop((event.place, event.message or ""), None) is not None:
                    self._add(event, at, "AsyncEventsDropped", 1)
        if "dead_letter_error" in event.detail:
            self._add(event, at, "DeadLetterErrors", 1)
        if "destination_error" in event.detail:
            self._add(event, at, "DestinationDeliveryFailures", 1)

    def _begin(self, event: Event, at: int, work: _Work) -> None:
        if work not in self._busy:
            self._busy.add(work)
            for series in self._concurrencies(event):
                series.begin(at)

    def _invoked(self, event: Event, at: int, work: _Work) -> None:
        if work in self._running:
            return
        self._begin(event, at, work)
        self._running[work] = at
        queued = self._queued.get((event.place, event.message or ""))
        if queued is not None:
            self._add(event, at, "AsyncEventAge", (at - queued) / _MILLISECOND, "Milliseconds")
        if "provisioned" in event.detail:
            self._of_provisioned(event, at, work)
        if "iterator_age" in event.detail:
            self._add(event, at, "IteratorAge", event.detail["iterator_age"] / _MILLISECOND, "Milliseconds")

    def _of_provisioned(self, event: Event, at: int, work: _Work) -> None:
        if not event.detail["provisioned"]:
            self._add(event, at, "ProvisionedConcurrencySpilloverInvocations", 1)
            return
        self._add(event, at, "ProvisionedConcurrencyInvocations", 1)
        self._provisioned.add(work)
        working = self._concurrencies(event, _PROVISIONED)
        for metric, series in zip(self._named(event, "ProvisionedConcurrencyUtilization"), working, strict=True):
            if metric not in self._utilization:
                self._utilization[metric] = self.series[metric] = Utilization(series)
            self._utilization[metric].ready(at, event.detail["allocated"])
            series.begin(at)

    def _over(self, event: Event, at: int, work: _Work) -> None:
        if event.kind == "succeeded":
            self._queued.pop((event.place, event.message or ""), None)
        begun = self._running.pop(work, None)
        if begun is None and work in self._told:
            return  # another message of the same batch
        self._told.add(work)
        if begun is None:
            # It was never invoked: its environment could not be made in time.
            begun = at - int(event.detail.get("duration", 0))
        if work in self._busy:
            self._busy.discard(work)
            for series in self._concurrencies(event):
                series.end(at)
        if work in self._provisioned:
            self._provisioned.discard(work)
            for series in self._concurrencies(event, _PROVISIONED):
                series.end(at)
        self._add(event, begun, "Invocations", 1)
        self._add(event, begun, "Errors", int(event.kind == "failed"))
        self._add(event, begun, "Throttles", 0)
        self._add(event, begun, "Duration", event.detail.get("duration", at - begun) / _MILLISECOND, "Milliseconds")

    def _add(self, event: Event, at: int, name: str, value: float, unit: str = "Count") -> None:
        for metric in self._named(event, name):
            if metric not in self._sparse:
                self._sparse[metric] = self.series[metric] = Sparse(unit)
            self._sparse[metric].add(at // MINUTE, value)

    def _concurrencies(self, event: Event, name: str = "ConcurrentExecutions") -> Iterator[Concurrency]:
        for metric in self._named(event, name):
            if metric not in self._concurrency:
                self._concurrency[metric] = self.series[metric] = Concurrency()
            yield self._concurrency[metric]

    def _named(self, event: Event, name: str) -> tuple[Metric, ...]:
        """The metrics of that name, one for each set of dimensions that an event at a function counts for."""
        qualifier = event.detail.get("qualifier") or ""
        key = (name, event.name, qualifier)
        if key not in self._metrics:
            resource = f"{event.name}:{qualifier}" if qualifier else event.name
            self._metrics[key] = (
                Metric.of(NAMESPACE, name),
                Metric.of(NAMESPACE, name, FunctionName=event.name),
                Metric.of(NAMESPACE, name, FunctionName=event.name, Resource=resource),
            )
        return self._metrics[key]
