"""Recursive loops: a function that sends what it was given back to where it came from.

Words
-----
chain of requests
    a message, the message that was being worked on when it was sent, the one before that, and so on: what the
    journal's parents tell. AWS counts in an X-Ray header that its SDKs pass on.
stopped
    a function that has been invoked sixteen times in one chain is not invoked a seventeenth time: a caller that waits
    gets a RecursiveInvocationException, a mapping keeps its messages (which come back and count one receive more), an
    event goes to the dead-letter queue and the on-failure destination.

Attempts with the same message count once. Fact ``lambda.recursion_stop_after``; a function's ``RecursiveLoop`` setting
turns it off (fact ``lambda.recursion_modes``).

Source: AWS Lambda Developer Guide, "Use Lambda recursive loop detection to prevent infinite loops" (read 2026-11): it
looks through SQS, SNS, S3 and functions, and not through other services. AWS says "approximately 16", here it is exact;
a batch is stopped when one of its messages would be, which AWS does not say.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from waterline.compute import limits
from waterline.compute.environment import Invocation
from waterline.compute.outcome import failure
from waterline.journal import Event, Journal

ERROR = "RecursiveInvocationException"
MESSAGE = (
    "Lambda has detected your function being invoked in a recursive loop with other AWS resources "
    "and stopped your function's invocation."
)
STOPPED = failure(ERROR, MESSAGE)
"""What a stopped invocation ends with; it is told from others by its identity."""

TERMINATE, ALLOW = "Terminate", "Allow"
_LOOKED_THROUGH = frozenset({"lambda", "sqs", "sns", "s3"})
_Counts = Mapping[str, int]


class ChainsOfRequests:
    """Counts, for every message, how often each function was invoked in the chain that led to it."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._parents: dict[str, tuple[str, ...]] = {}
        self._counts: dict[str, _Counts] = {}
        self._first: dict[str, _Counts] = {}
        for event in journal:
            self._hear(event)
        journal.listen(self._hear)

    def before(self, place: str, invocation: Invocation) -> int:
        """How often the function at `place` was invoked in the chain that led to this invocation, without itself."""
        return max(
            (self._of(self._parents.get(message, invocation.parents)).get(place, 0) for message in invocation.messages),
            default=0,
        )

    def stops(self, place: str, invocation: Invocation) -> bool:
        """Whether the chain is too long; then the journal says so."""
        times = self.before(place, invocation)
        if times < limits.RECURSION_STOP:
            return False
        for message in invocation.messages:
            self._journal.record(
                "denied",
                place,
                message,
                invocation.parents,
                invocation=invocation.request_id,
                recursive=True,
                why=f"a recursive loop: invoked {times} times before in the same chain of requests",
            )
        return True

    def _hear(self, event: Event) -> None:
        message = event.message
        if message is None:
            return
        if event.parents and message not in self._parents and event.service in _LOOKED_THROUGH:
            self._parents[message] = event.parents
        # An event that waits for a function counts when it was sent: else one that is never begun would never count.
        if event.service == "lambda" and event.kind in ("sent", "invoked"):
            self._count(event.place, message)

    def _count(self, place: str, message: str) -> None:
        before = self._of(self._parents.get(message, ()))
        known = self._counts.get(message)
        if known is None and not before:
            # Most messages begin a chain: they share one mapping.
            self._counts[message] = self._first.setdefault(place, {place: 1})
        elif known is None or known.get(place, 0) <= before.get(place, 0):
            self._counts[message] = {**(known or before), place: before.get(place, 0) + 1}

    def _of(self, messages: Iterable[str]) -> _Counts:
        """For each function the most that any of these messages' chains has, themselves included."""
        found: dict[str, int] = {}
        unseen, seen = list(messages), set[str]()
        while unseen:
            message = unseen.pop()
            if message in seen:
                continue
            seen.add(message)
            counts = self._counts.get(message)
            if counts is None:
                unseen.extend(self._parents.get(message, ()))
                continue
            for place, times in counts.items():
                found[place] = max(times, found.get(place, 0))
        return found
