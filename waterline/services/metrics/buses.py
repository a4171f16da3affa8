"""The metrics of ``AWS/Events``, from what the journal says of buses.

Source: Amazon EventBridge User Guide, "Monitoring Amazon EventBridge".

- MatchedEvents: an event that a rule or more wanted. TriggeredRules: a rule that wanted an event, or was due.
- InvocationsCreated: a copy for a target.
- InvocationAttempts, SuccessfulInvocationAttempts, RetryInvocationAttempts: each attempt to hand a copy over, those
  that were taken, and those after the first.
- Invocations: a copy that was taken or given up; FailedInvocations: given up. InvocationsSentToDlq: given up and
  buried; InvocationsFailedToBeSentToDlq: given up, and its dead-letter queue did not take it.
- IngestionToInvocationSuccessLatency (milliseconds): from the arrival of an event until a target had it.

Dimensions: none; RuleName for rules of the default bus, EventBusName and RuleName for others; and EventBusName alone of
MatchedEvents, TriggeredRules and InvocationAttempts. A minute in which nothing happened has no samples. Not here: the
metrics of the PutEvents call, which the journal does not have; ThrottledRules, since nothing is throttled; the other
latencies, which are none; DeadLetterInvocations; partner events.
"""

from __future__ import annotations

from collections.abc import Iterable

from waterline.journal import Event
from waterline.services.metrics.series import MINUTE, Metric, Series, Sparse

NAMESPACE = "AWS/Events"
_DEFAULT = "default"
_BY_BUS = frozenset({"MatchedEvents", "TriggeredRules", "InvocationAttempts"})
_ENDS = frozenset({"delivered", "dead-lettered", "dropped"})
_MILLISECOND = 1000


class BusMetrics:
    """Takes in the events at buses one by one; `series` is what they add up to."""

    def __init__(self) -> None:
        self.series: dict[Metric, Series] = {}
        self._sparse: dict[Metric, Sparse] = {}
        self._arrived: dict[str, int] = {}
        self._copies: dict[str, tuple[str, int]] = {}

    def take(self, event: Event, at: int) -> None:
        """`at`: the event's instant, in microseconds since 1970."""
        message = event.message or ""
        match event.kind:
            case "sent":
                self._arrived[message] = at
                self._matched(event, at, event.detail.get("rules", ()))
            case "routed" if "rule" in event.detail:
                self._copies[message] = str(event.detail["rule"]), self._arrived.get(event.parents[0], at)
                self._add(event.name, None, at, "InvocationsCreated")
            case "retried" if message in self._copies:
                self._attempted(event, at)
            case kind if kind in _ENDS and message in self._copies:
                self._attempted(event, at)
                self._ended(event, at)

    def _matched(self, event: Event, at: int, rules: Iterable[str]) -> None:
        names = list(rules)
        if names:
            self._add(event.name, None, at, "MatchedEvents")
        for rule in names:
            self._add(event.name, rule, at, "TriggeredRules")

    def _attempted(self, event: Event, at: int) -> None:
        rule, _ = self._copies[event.message or ""]
        self._add(event.name, rule, at, "InvocationAttempts")
        if event.detail.get("count", 1) > 1:
            self._add(event.name, rule, at, "RetryInvocationAttempts")

    def _ended(self, event: Event, at: int) -> None:
        rule, arrived = self._copies.pop(event.message or "")
        self._add(event.name, rule, at, "Invocations")
        if event.kind == "delivered":
            self._add(event.name, rule, at, "SuccessfulInvocationAttempts")
            latency = (at - arrived) / _MILLISECOND
            self._add(event.name, rule, at, "IngestionToInvocationSuccessLatency", latency, "Milliseconds")
            return
        self._add(event.name, rule, at, "FailedInvocations")
        if event.kind == "dead-lettered":
            self._add(event.name, rule, at, "InvocationsSentToDlq")
        elif "dead_letter_error" in event.detail:
            self._add(event.name, rule, at, "InvocationsFailedToBeSentToDlq")

    def _add(self, bus: str, rule: str | None, at: int, name: str, value: float = 1, unit: str = "Count") -> None:
        wanted = [Metric.of(NAMESPACE, name)]
        if rule is not None:
            on_bus = {} if bus == _DEFAULT else {"EventBusName": bus}
            wanted.append(Metric.of(NAMESPACE, name, RuleName=rule, **on_bus))
        if name in _BY_BUS:
            wanted.append(Metric.of(NAMESPACE, name, EventBusName=bus))
        for metric in wanted:
            if metric not in self._sparse:
                self._sparse[metric] = self.series[metric] = Sparse(unit)
            self._sparse[metric].add(at // MINUTE, value)
