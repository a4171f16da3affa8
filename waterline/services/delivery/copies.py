"""A copy's way to its target: attempts on the clock, until the target has it or there is no hope.

What is tried again, how often and after what waits is the sender's own (:class:`Retries`); that a refusal which another
attempt cannot mend is not tried again holds for all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from waterline.clock import SECOND, Clock
from waterline.ground import Ground
from waterline.services.delivery.targets import NotTaken
from waterline.waiting import Task

_NO_END = 1 << 62


@dataclass(frozen=True)
class Retries:
    """`waits`: microseconds before each attempt after the first. `age`: how old a copy may get, in microseconds."""

    waits: Iterable[int]
    age: int = _NO_END


@dataclass
class Copy:
    """One copy. `message` names it; `source` is the message that it was made of; `to` the target's place or name.

    `attempts` counts those that were begun; `last` is why the latest failed.
    """

    message: str
    source: str
    to: str
    made_at: int
    attempts: int = 0
    last: NotTaken | None = None
    detail: dict[str, Any] = field(default_factory=dict)


@contextmanager
def working_on(clock: Clock, *messages: str) -> Iterator[None]:
    """For the length of a ``with`` block the current task works on these messages: what it stores comes from them."""
    task = clock.task
    assert task is not None
    before, task.cause = task.cause, messages
    try:
        yield
    finally:
        task.cause = before


class Copies:
    """The copies that leave one place."""

    def __init__(self, ground: Ground, place: str) -> None:
        self._ground = ground
        self._place = place

    def make(self, source: str, to: str, **detail: Any) -> Copy:
        """A copy of `source` for the target `to`; the journal has it from now on."""
        message = self._ground.identifier(f"copies of {self._place}")
        self._ground.journal.record("routed", self._place, message, (source,), to=to, **detail)
        return Copy(message, source, to, self._ground.clock.now)

    def send(
        self,
        copy: Copy,
        attempt: Callable[[Copy], object],
        retries: Callable[[], Retries],
        bury: Callable[[Copy], str | None],
    ) -> Task:
        """Begin to deliver a copy, in a task of its own, which is gone when the copy's way has ended.

        `attempt` hands it over or raises NotTaken. `retries` is asked after the first failure. `bury` puts a copy that
        was given up into its dead-letter queue and returns the queue's name, or None when there is none; it may raise
        NotTaken.
        """
        return self._ground.clock.spawn(
            f"delivery from {self._place}", self._deliver, copy, attempt, retries, bury, cause=(copy.message,)
        )

    def _deliver(
        self,
        copy: Copy,
        attempt: Callable[[Copy], object],
        retries: Callable[[], Retries],
        bury: Callable[[Copy], str | None],
    ) -> None:
        if self._tried(copy, attempt):
            return
        rule = retries()
        for wait in rule.waits:
            assert copy.last is not None
            if not copy.last.retryable:
                break
            if self._ground.clock.now + wait > copy.made_at + rule.age:
                break
            until = self._ground.clock.now + wait
            self._record("retried", copy, f"in {wait / SECOND:g} s: {copy.last}", count=copy.attempts, until=until)
            self._ground.clock.rest(wait)
            if self._tried(copy, attempt):
                return
        self._give_up(copy, bury)

    def _tried(self, copy: Copy, attempt: Callable[[Copy], object]) -> bool:
        copy.attempts += 1
        try:
            attempt(copy)
        except NotTaken as refusal:
            # Without its frames, which hold the copy: such cycles would have to be collected, one for each attempt.
            copy.last = refusal.with_traceback(None)
            return False
        self._record("delivered", copy, None, count=copy.attempts)
        return True

    def _give_up(self, copy: Copy, bury: Callable[[Copy], str | None]) -> None:
        why = f"given up after {copy.attempts} attempt{'s' * (copy.attempts > 1)}: {copy.last}"
        try:
            grave = bury(copy)
        except NotTaken as refusal:
            why = f"{why}; and its dead-letter queue did not take it: {refusal}"
            self._record("dropped", copy, why, count=copy.attempts, dead_letter_error=str(refusal))
            return
        if grave is None:
            self._record("dropped", copy, why, count=copy.attempts)
        else:
            self._record("dead-lettered", copy, why, count=copy.attempts, grave=grave)

    def _record(self, kind: str, copy: Copy, why: str | None, **detail: Any) -> None:
        to = detail.pop("grave", copy.to)
        self._ground.journal.record(kind, self._place, copy.message, why=why, to=to, **detail)
