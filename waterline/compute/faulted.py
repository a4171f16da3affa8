"""What the faults of ``cloud.faults`` do to one invocation.

A slow invocation waits before its handler begins, and that time counts as its own; an invocation with an error ends
without its handler, or after it. A crash ends the handler where it waits, at an instant that was drawn beforehand, and
the execution environment with it; a handler that never waits so long dies when it is done, before its answer is out.
Source: AWS FIS User Guide, "AWS FIS Actions reference", Lambda actions; AWS Lambda Developer Guide, "Understanding the
Lambda execution environment lifecycle", "Failures during the invoke phase" (read 2026-11).

AWS does not document what a caller is told of a runtime that was killed. Here it is ``Runtime.ExitError`` or
``Runtime.OutOfMemory`` with the signal. And as at a timeout, ``finally`` blocks run at that instant, and cannot wait.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from waterline.clock import SECOND, Clock, microseconds
from waterline.compute.outcome import Outcome, failure
from waterline.faults import Fault, Faults
from waterline.faults.injection import CRASH, ERROR, OUT_OF_MEMORY, PARTIAL_BATCH, SLOW
from waterline.waiting import Task, TaskEnded

_SIGNALS = {CRASH: ("Runtime.ExitError", "segmentation fault"), OUT_OF_MEMORY: ("Runtime.OutOfMemory", "killed")}


class Ending(Protocol):
    """Ends an invocation, once: with its outcome, after so many microseconds."""

    def __call__(self, outcome: Outcome, duration: int, lost: bool = False) -> None: ...


@dataclass
class Strikes:
    """The faults that strike one invocation, drawn before it begins. Durations in microseconds.

    `death` is how long it lives and what it dies of; `reported` are the messages that a partial batch failure names.
    """

    request_id: str
    slower_by: int = 0
    error: Fault | None = None
    death: tuple[int, str] | None = None
    reported: frozenset[str] = frozenset()
    _applied: list[str] = field(default_factory=list)

    @classmethod
    def drawn(cls, faults: Faults, function: str, timeout: int, request_id: str, event: str) -> Strikes:
        """Ask every fault on the function whether it strikes this event (JSON text). `timeout` in seconds."""
        strikes = cls(request_id)
        active = list(faults.on("function", function, ERROR, SLOW, CRASH, OUT_OF_MEMORY, PARTIAL_BATCH))
        if not active:
            return strikes
        records = list(_records(event))
        bodies = [body for _, body, _ in records] or [event]
        # All are asked, whatever one has answered already: each one's draws stay what they are without the others.
        for fault in active:
            if fault.kind == PARTIAL_BATCH:
                strikes.reported |= _with_followers(
                    records, {message for message, body, _ in records if fault.strikes_one_of([body])}
                )
            elif fault.strikes_one_of(bodies):
                strikes._add(fault, timeout)
        return strikes

    def _add(self, fault: Fault, timeout: int) -> None:
        if fault.kind == SLOW:
            self.slower_by += microseconds(fault.seconds)
        elif fault.kind == ERROR:
            if self.error is None or not fault.after_work:
                self.error = fault
        else:
            at = int(fault.draws.random() * min(fault.seconds or timeout, timeout) * SECOND)
            self.death = min(self.death or (at, fault.kind), (at, fault.kind))

    def fault(self, message: str) -> str | None:
        """What struck this message's part of the invocation, by the names of the journal."""
        applied = [*self._applied, PARTIAL_BATCH] if message in self.reported else self._applied
        return ", ".join(applied) or None

    def around(self, work: Callable[[], Outcome], clock: Clock, task: Task, ending: Ending) -> Outcome:
        """Do the work as the faults allow; blocks the task. Raises TaskEnded where they kill it."""
        begun = clock.now
        if self.death is not None:
            timer = clock.at(begun + self.death[0], self._kill, task, ending, clock, begun)
        try:
            if self.slower_by:
                self._applied.append(SLOW)
                clock.sleep(self.slower_by / SECOND)
            if self.error is not None and not self.error.after_work:
                return self._failed()
            outcome = work()
        finally:
            if self.death is not None:
                timer.cancel()
        if self.death is not None:
            return self._died()
        if self.error is not None:
            return self._failed()
        return self._with_reported(outcome)

    def _kill(self, task: Task, ending: Ending, clock: Clock, begun: int) -> None:
        task.end(TaskEnded("The runtime was killed."))
        ending(self._died(), clock.now - begun)

    def _died(self) -> Outcome:
        assert self.death is not None
        kind = self.death[1]
        self.reported = frozenset()
        self._applied.append(kind)
        error_type, signal = _SIGNALS[kind]
        message = f"RequestId: {self.request_id} Error: Runtime exited with error: signal: {signal}"
        return failure(error_type, message, why=f"the runtime died (signal: {signal})", lost=True)

    def _failed(self) -> Outcome:
        self.reported = frozenset()
        self._applied.append(ERROR)
        why = "InjectedFault: cloud.faults.errors made this invocation fail"
        return failure("InjectedFault", "cloud.faults.errors made this invocation fail", [], why=why)

    def _with_reported(self, outcome: Outcome) -> Outcome:
        """The outcome, with the struck messages among its ``batchItemFailures``; one that is malformed stays so."""
        if not self.reported:
            return outcome
        response: Any = json.loads(outcome.payload) if outcome.succeeded else []
        response = {} if response is None else response
        items = response.get("batchItemFailures") or [] if isinstance(response, dict) else None
        if not isinstance(items, list):
            self.reported = frozenset()
            return outcome
        items = [*items, *({"itemIdentifier": message} for message in sorted(self.reported))]
        return replace(outcome, payload=json.dumps({**response, "batchItemFailures": items}))


def _records(event: str) -> Iterator[tuple[str, str, str | None]]:
    """Message identifier, body and FIFO message group of each record of an SQS event; of another event, nothing."""
    content: Any = json.loads(event)
    records = content.get("Records") if isinstance(content, dict) else None
    for record in records if isinstance(records, list) else ():
        if isinstance(record, dict) and isinstance(record.get("body"), str):
            fifo = str(record.get("eventSourceARN")).endswith(".fifo")
            group = record.get("attributes", {}).get("MessageGroupId") if fifo else None
            yield str(record.get("messageId")), record["body"], group


def _with_followers(records: list[tuple[str, str, str | None]], failed: set[str]) -> frozenset[str]:
    """The failed messages, and those that follow one in its FIFO group: a function must report these as well."""
    groups: set[str] = set()
    reported = set(failed)
    for message, _, group in records:
        if group in groups:
            reported.add(message)
        elif group is not None and message in failed:
            groups.add(group)
    return frozenset(reported)
