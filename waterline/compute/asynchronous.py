"""The queue behind ``InvocationType="Event"``: answered at once, tried up to three times.

After a function error the event is tried again after one minute, then after two; an event older than its maximum age
is given up. Source: AWS Lambda Developer Guide, "How Lambda handles errors and retries with asynchronous invocation"
(facts ``lambda.async_retry_waits``, ``lambda.async_retries_default``). Not here yet: dead-letter queue, destinations,
and the growing wait after a throttle (here one second).
"""

from __future__ import annotations

from waterline.clock import SECOND
from waterline.compute.environment import Fleet, Invocation
from waterline.compute.outcome import Outcome
from waterline.facts import facts
from waterline.ground import Ground

_THROTTLE_WAIT = SECOND


class AsynchronousQueue:
    """Events that wait for a function. `retries` and `maximum_age` (seconds) are the function's own."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._waits: list[int] = facts["lambda.async_retry_waits"].value

    def put(self, fleet: Fleet, invocation: Invocation, retries: int, maximum_age: int) -> None:
        """Take an event in; it is tried on the clock."""
        self._ground.journal.record(
            "sent", fleet.place, invocation.request_id, invocation.parents, body=invocation.event
        )
        expiry = self._ground.clock.now + maximum_age * SECOND
        self._ground.clock.after(0, self._try, fleet, invocation, retries, expiry, 0)

    def _try(self, fleet: Fleet, invocation: Invocation, retries: int, expiry: int, failures: int) -> None:
        clock, journal = self._ground.clock, self._ground.journal

        def again(wait: int, failures: int) -> None:
            if clock.now + wait > expiry:
                journal.record("dropped", fleet.place, invocation.request_id, why="older than its maximum age")
            else:
                clock.after(wait, self._try, fleet, invocation, retries, expiry, failures)

        def finished(outcome: Outcome, _log: str) -> None:
            if outcome.succeeded:
                return
            if failures >= retries:
                journal.record("dropped", fleet.place, invocation.request_id, why=f"failed {failures + 1} times")
                return
            wait = self._waits[failures] * SECOND
            journal.record("retried", fleet.place, invocation.request_id, why=f"in {wait // SECOND} s")
            again(wait, failures + 1)

        if not fleet.start(invocation, finished):
            again(_THROTTLE_WAIT, failures)
