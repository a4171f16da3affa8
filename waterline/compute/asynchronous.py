"""The queue behind ``InvocationType="Event"``: answered at once, tried up to three times.

After a function error the event is tried again after one minute, then after two; after a throttle, after one second,
then two, four, up to five minutes. Errors are counted, throttles are not: they go on until the event is too old. An
event whose next attempt would come after its maximum age is given up at once, and so is one whose function has reserved
concurrency 0, or is part of a recursive loop (``recursion``).

What was given up goes to the function's dead-letter queue and to its on-failure destination, to both if there are
both; what succeeded goes to its on-success destination (``destinations``). What cannot be delivered there is lost, and
the journal's ``dead_letter_error`` and ``destination_error`` say why. The settings (``asynchronous_settings``) are read
when something is decided, so that a change reaches events that wait.

Source: AWS Lambda Developer Guide, "How Lambda handles errors and retries with asynchronous invocation" (read
2026-11; facts ``lambda.async_retry_waits``, ``lambda.async_retries_default``, ``lambda.async_throttle_backoff``,
``lambda.reserved_zero_async_dlq``, ``lambda.durability_async_queue``). AWS does not say whether a change of the
settings reaches events that wait. Not here: intervals that grow with the queue, and events that a long queue loses.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from waterline.clock import SECOND
from waterline.compute import destinations as ends
from waterline.compute import limits, recursion
from waterline.compute.asynchronous_settings import Settings
from waterline.compute.destinations import Destinations, Ending
from waterline.compute.environment import Invocation
from waterline.compute.fleet import DOWN, Fleet
from waterline.compute.outcome import Outcome, error_message
from waterline.ground import Ground
from waterline.services.delivery import NotTaken

_THROTTLED = (429, "Rate Exceeded.")
_DOWN = (500, DOWN.why)
_STOPPED = (400, recursion.MESSAGE)


@dataclass(frozen=True)
class Target:
    """What an event is for: the function's ARN with its qualifier, the version that runs, the settings that hold."""

    arn: str
    version: str
    settings: Callable[[], Settings]


@dataclass
class _Event:
    """One event on its way: since when (microseconds), and what has been tried.

    `last` is the HTTP status and the error message of the last answer.
    """

    fleet: Fleet
    invocation: Invocation
    target: Target
    since: int
    attempts: int = 0
    failures: int = 0
    throttles: int = 0
    outcome: Outcome | None = None
    last: tuple[int, str] = field(default=_THROTTLED)


class AsynchronousQueue:
    """Events that wait for a function."""

    def __init__(self, ground: Ground, chains: recursion.ChainsOfRequests) -> None:
        self._ground = ground
        self._chains = chains
        self._destinations = Destinations(ground)
        self._duplicates = 0.0

    def duplicate(self, probability: float) -> None:
        """From now on deliver an event twice with this probability, the second time within a second of the first.

        AWS says that it happens, not how often nor when; without this it does not.
        """
        if not 0 <= probability <= 1:
            raise ValueError(f"A probability is a number from 0 to 1, and {probability!r} is not.")
        self._duplicates = probability

    def put(self, fleet: Fleet, invocation: Invocation, target: Target) -> None:
        """Take an event in; it is tried on the clock."""
        clock, journal, message = self._ground.clock, self._ground.journal, invocation.request_id
        journal.record("sent", fleet.place, message, invocation.parents, body=invocation.event)
        event = _Event(fleet, invocation, target, clock.now)
        clock.after(0, self._try, event)
        if self._duplicates:
            stream = self._ground.random("asynchronous duplicates")
            if stream.random() < self._duplicates:
                journal.record("duplicated", fleet.place, message)
                clock.after(round(stream.random() * SECOND), self._try, replace(event))

    def _try(self, event: _Event) -> None:
        def finished(outcome: Outcome, _log: str) -> None:
            self._finished(event, outcome)

        fleet = event.fleet
        if fleet.closed:
            self._record("dropped", event, "the function was deleted")
        elif not fleet.start(event.invocation, finished):
            event.last = _DOWN if fleet.is_down else _THROTTLED
            if fleet.reserved == 0:
                self._give_up(event, ends.ZERO_RESERVED_CONCURRENCY, "the function's reserved concurrency is 0")
                return
            wait = min(limits.SHORTEST_THROTTLE_WAIT << min(event.throttles, 30), limits.LONGEST_THROTTLE_WAIT)
            event.throttles += 1
            self._again(event, wait)

    def _finished(self, event: _Event, outcome: Outcome) -> None:
        if outcome is recursion.STOPPED:
            event.last = _STOPPED
            self._give_up(event, ends.RECURSIVE_INVOCATION, "part of a recursive loop")
            return
        event.attempts += 1
        event.outcome = outcome
        if not outcome.succeeded:
            event.last = (200, error_message(outcome))
            self._failed(event)
            return
        destination = event.target.settings().on_success
        if destination:
            self._spawn(event, self._send_success, destination, _ending(event, ends.SUCCESS))

    def _failed(self, event: _Event) -> None:
        if event.failures >= event.target.settings().retries:
            times = event.failures + 1
            why = f"failed {times} times" if times > 1 else "failed, and it is not retried"
            self._give_up(event, ends.RETRIES_EXHAUSTED, why)
            return
        wait = limits.RETRY_WAITS[event.failures]
        event.failures += 1
        self._again(event, wait)

    def _again(self, event: _Event, wait: int) -> None:
        clock = self._ground.clock
        if clock.now + wait * SECOND > event.since + event.target.settings().maximum_age * SECOND:
            self._give_up(event, ends.EVENT_AGE_EXCEEDED, "older than its maximum age")
        else:
            self._record("retried", event, f"in {wait} s")
            clock.after(wait * SECOND, self._try, event)

    # -- the end -----------------------------------------------------------------------------------------------------

    def _give_up(self, event: _Event, condition: str, why: str) -> None:
        settings = event.target.settings()
        if not (settings.dead_letter_queue or settings.on_failure):
            self._record("dropped", event, why)
        elif self._came_back(event, condition):
            self._record("dropped", event, f"{why} that goes through what the function gives up")
        else:
            self._spawn(event, self._send_failure, event, settings, _ending(event, condition), why)

    def _came_back(self, event: _Event, condition: str) -> bool:
        """Whether a stopped event comes from one that was stopped: that loop is terminated too."""
        times = self._chains.before(event.fleet.place, event.invocation)
        return condition == ends.RECURSIVE_INVOCATION and times > limits.RECURSION_STOP

    def _send_failure(self, event: _Event, settings: Settings, ending: Ending, why: str) -> None:
        arrived: list[str] = []
        errors: dict[str, str] = {}
        if settings.dead_letter_queue:
            try:
                letter = ending.letter(*event.last)
                arrived.append(self._destinations.send_letter(settings.dead_letter_queue, ending, letter))
            except NotTaken as error:
                errors["dead_letter_error"] = str(error)
        if settings.on_failure:
            try:
                arrived.append(self._destinations.send_record(settings.on_failure, ending))
            except NotTaken as error:
                errors["destination_error"] = str(error)
        if not arrived:
            self._record("dropped", event, "; ".join([why, *errors.values()]), **errors)
        for number, name in enumerate(arrived):
            details = errors if number == 0 else {}
            self._record("dead-lettered", event, why, count=ending.attempts, to=name, **details)

    def _send_success(self, destination: str, ending: Ending) -> None:
        try:
            self._destinations.send_record(destination, ending)
        except NotTaken as error:
            # The event itself is done. It is the record that is lost, a message of its own.
            place, record = f"lambda:{ending.name}", self._ground.identifier("invocation records")
            why = f"a record of success: {error}"
            self._ground.journal.record(
                "dropped", place, record, (ending.request_id,), why=why, destination_error=str(error)
            )

    def _spawn(self, event: _Event, action: Callable[..., None], *args: object) -> None:
        """Send in a task of its own that works on the event, so that what is sent has the event as its parent."""
        request_id = event.invocation.request_id
        self._ground.clock.spawn(f"destinations of {event.fleet.place}", action, *args, cause=(request_id,))

    def _record(self, kind: str, event: _Event, why: str, **detail: Any) -> None:
        self._ground.journal.record(kind, event.fleet.place, event.invocation.request_id, why=why, **detail)


def _ending(event: _Event, condition: str) -> Ending:
    invocation, target = event.invocation, event.target
    return Ending(
        invocation.request_id, invocation.event, target.arn, target.version, condition, event.attempts, event.outcome
    )
