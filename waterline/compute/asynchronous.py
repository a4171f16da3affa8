"""The queue behind ``InvocationType="Event"``: answered at once, tried up to three times.

After a function error the event is tried again after one minute, then after two; after a throttle, after one second,
then two, four, up to five minutes. An event older than its maximum age is given up, and so is at once one whose
function has reserved concurrency 0. Source: AWS Lambda Developer Guide, "How Lambda handles errors and retries with
asynchronous invocation" (facts ``lambda.async_retry_waits``, ``lambda.async_retries_default``,
``lambda.async_throttle_backoff``, ``lambda.reserved_zero_async_dlq``). Not here yet: dead-letter queue, destinations.
"""

from __future__ import annotations

from dataclasses import dataclass

from waterline.clock import SECOND
from waterline.compute import limits
from waterline.compute.environment import Fleet, Invocation
from waterline.compute.outcome import Outcome
from waterline.ground import Ground


@dataclass
class _Event:
    """One event on its way: when it is given up (microseconds), and what has been tried."""

    fleet: Fleet
    invocation: Invocation
    retries: int
    expiry: int
    failures: int = 0
    throttles: int = 0


class AsynchronousQueue:
    """Events that wait for a function."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def put(self, fleet: Fleet, invocation: Invocation, retries: int, maximum_age: int) -> None:
        """Take an event in; it is tried on the clock. `retries` and `maximum_age` (seconds) are the function's own."""
        clock = self._ground.clock
        self._ground.journal.record(
            "sent", fleet.place, invocation.request_id, invocation.parents, body=invocation.event
        )
        event = _Event(fleet, invocation, retries, clock.now + maximum_age * SECOND)
        clock.after(0, self._try, event)

    def _try(self, event: _Event) -> None:
        def finished(outcome: Outcome, _log: str) -> None:
            if not outcome.succeeded:
                self._failed(event)

        fleet = event.fleet
        if fleet.closed:
            self._drop(event, "the function was deleted")
        elif not fleet.start(event.invocation, finished):
            if fleet.reserved == 0:
                self._drop(event, "the function's reserved concurrency is 0")
                return
            wait = min(limits.SHORTEST_THROTTLE_WAIT << min(event.throttles, 30), limits.LONGEST_THROTTLE_WAIT)
            event.throttles += 1
            self._again(event, wait)

    def _failed(self, event: _Event) -> None:
        if event.failures >= event.retries:
            times = event.failures + 1
            self._drop(event, f"failed {times} times" if times > 1 else "failed, and it is not retried")
            return
        wait = limits.RETRY_WAITS[event.failures]
        event.failures += 1
        self._again(event, wait)

    def _again(self, event: _Event, wait: int) -> None:
        clock = self._ground.clock
        if clock.now + wait * SECOND > event.expiry:
            self._drop(event, "older than its maximum age")
        else:
            place, message = event.fleet.place, event.invocation.request_id
            self._ground.journal.record("retried", place, message, why=f"in {wait} s")
            clock.after(wait * SECOND, self._try, event)

    def _drop(self, event: _Event, why: str) -> None:
        self._ground.journal.record("dropped", event.fleet.place, event.invocation.request_id, why=why)
