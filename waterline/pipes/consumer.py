"""What a pipe does with a batch: transform, enrich, transform, give to the target; and say what was not taken.

To the pollers of ``compute`` a pipe is a consumer like a function. An attempt that fails comes back as theirs do: from
a queue when the visibility timeout is over, from a stream after a wait, with its retries, its splitting and its
dead-letter queue. A failure of the service itself (a throttle, an outage) uses up neither retries nor receives: the
pipe tries again by itself after one second, two, four and so on, for as long as the batch is its own.

Source: Amazon EventBridge User Guide, "Amazon EventBridge Pipes error handling and troubleshooting", "Amazon
EventBridge Pipes batching and concurrency" (read 2026-11). How long the waits are is not documented.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from waterline.clock import SECOND
from waterline.compute.environment import Invocation
from waterline.compute.outcome import Outcome
from waterline.compute.stream_destination import LastAttempt
from waterline.ground import Ground
from waterline.pipes.enrichment import Enrichment
from waterline.pipes.targets import Target
from waterline.pipes.templates import Naming, transformed
from waterline.services.delivery import Copies, Copy, NotTaken

_FIRST_WAIT, _LONGEST_WAIT = 1, 60


@dataclass(frozen=True)
class Steps:
    """What a pipe does, as it is configured. `patience` in microseconds: how long a batch is its own."""

    naming: Naming
    target: Target
    target_template: str | None
    enrichment: Enrichment | None
    enrichment_template: str | None
    patience: Callable[[], int]


class PipeConsumer:
    """Takes the batches of one pipe. `to`: the place of the target."""

    qualifier: str | None = None
    version = "1"

    def __init__(self, ground: Ground, steps: Steps, to: str) -> None:
        self._ground = ground
        self._clock = ground.clock
        self._steps = steps
        self._to = to
        self.arn = steps.naming.arn
        self.place = f"pipes:{steps.naming.name}"
        self.exists = self.running = True
        self._copies = Copies(ground, self.place)
        self._known: dict[str, Copy] = {}

    def taking_over(self, before: PipeConsumer) -> PipeConsumer:
        """Know the copies of the pipe as it was, and run if it ran."""
        self._known, self.running = before._known, before.running
        return self

    def fleet(self) -> PipeConsumer | None:
        return self if self.exists else None

    def start(self, invocation: Invocation, finish: Callable[[Outcome, str], object], /) -> bool:
        """Work a batch off, in a task of its own."""
        copies = [self._copy(message) for message in invocation.messages]
        cause = tuple(copy.message for copy in copies)
        self._clock.spawn(f"batch of {self.place}", self._run, invocation, copies, finish, cause=cause)
        return True

    def discarded(self, condition: str, invocations: int, request_id: str, last: LastAttempt | None) -> dict[str, Any]:
        return {"context": {"partnerResourceArn": self.arn, "condition": condition}}

    # -- a batch -----------------------------------------------------------------------------------------------------

    def _copy(self, message: str) -> Copy:
        """The copy of a message of the source: one, however often it comes."""
        if message not in self._known:
            self._known[message] = self._copies.make(message, self._to)
        return self._known[message]

    def _run(self, invocation: Invocation, copies: list[Copy], finish: Callable[[Outcome, str], object]) -> None:
        begun = self._clock.now
        events = [flat(record) for record in json.loads(invocation.event)["Records"]]
        try:
            failures = self._patiently(events, copies)
        except NotTaken as refusal:
            failures = dict.fromkeys(range(len(events)), refusal)
        self._write(invocation, events, copies, failures)
        finish(_outcome(events, failures).lasting(self._clock.now - begun), "")

    def _patiently(self, events: Sequence[Any], copies: Sequence[Copy]) -> Mapping[int, NotTaken]:
        until, wait = self._clock.now + self._steps.patience(), _FIRST_WAIT * SECOND
        while True:
            try:
                failures = self._attempt(events, copies)
                none_taken = len(failures) == len(events) and all(one.retryable for one in failures.values())
                trouble = next(iter(failures.values())) if none_taken else None
            except NotTaken as refusal:
                if not refusal.retryable:
                    raise
                failures, trouble = dict.fromkeys(range(len(events)), refusal), refusal
            if trouble is None or not self.running or self._clock.now + wait >= until:
                return failures
            for copy in copies:
                why = f"in {wait // SECOND} s: {trouble}"
                self._ground.journal.record("retried", self.place, copy.message, why=why, to=self._to)
            self._clock.rest(wait)
            wait = min(wait * 2, _LONGEST_WAIT * SECOND)

    def _attempt(self, events: Sequence[Any], copies: Sequence[Copy]) -> Mapping[int, NotTaken]:
        steps, payloads = self._steps, list(events)
        if steps.enrichment is not None:
            asked = [self._transformed(steps.enrichment_template, event) for event in events]
            payloads = steps.enrichment.answer(asked, events)
            if not payloads:
                for copy in copies:
                    copy.detail["filtered"] = True
                return {}
        items = [self._transformed(steps.target_template, payload) for payload in payloads]
        failures = steps.target.give(items, payloads, [copy.message for copy in copies], self._clock)
        if len(payloads) == len(events):
            return failures
        # What the enrichment answered cannot be told apart by what the source gave.
        return dict.fromkeys(range(len(events)), next(iter(failures.values()))) if failures else {}

    def _transformed(self, template: str | None, event: Any) -> Any:
        time = self._clock.date.astimezone(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return transformed(template, event, self._steps.naming, time)

    def _write(
        self,
        invocation: Invocation,
        events: Sequence[Any],
        copies: Sequence[Copy],
        failures: Mapping[int, NotTaken],
    ) -> None:
        for number, (message, copy) in enumerate(zip(invocation.messages, copies, strict=True)):
            copy.attempts += 1
            refusal = failures.get(number)
            if refusal is not None:
                kind, why = "failed", str(refusal)
            else:
                del self._known[message]
                left_out = copy.detail.get("filtered")
                kind, why = ("filtered", "the enrichment left it out") if left_out else ("delivered", "")
            size = len(json.dumps(events[number]).encode())
            detail: dict[str, Any] = {
                "to": self._to,
                "count": copy.attempts,
                "batch": invocation.request_id,
                "size": size,
            }
            self._ground.journal.record(kind, self.place, copy.message, why=why or None, **detail)


def flat(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """A record as pipes have it: what a function gets under ``kinesis`` stands beside the rest."""
    if "kinesis" not in record:
        return record
    return {**record["kinesis"], **{name: value for name, value in record.items() if name != "kinesis"}}


def _outcome(events: Sequence[Mapping[str, Any]], failures: Mapping[int, NotTaken]) -> Outcome:
    """What the poller gets: which of its messages, by its own names for them, were not taken."""
    names = [_poller_name(event) for event in events]
    reported = [{"itemIdentifier": names[number]} for number in sorted(failures)]
    payload = json.dumps({"batchItemFailures": reported})
    if failures and len(failures) == len(events):
        return Outcome(payload, str(next(iter(failures.values()))))
    return Outcome(payload)


def _poller_name(event: Mapping[str, Any]) -> str:
    """A queue's message identifier, a stream's sequence number."""
    if "messageId" in event:
        return str(event["messageId"])
    return str(event["sequenceNumber"] if "sequenceNumber" in event else event["dynamodb"]["SequenceNumber"])
