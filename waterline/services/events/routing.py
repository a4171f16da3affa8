"""From a bus to the targets of its rules: one copy for each target, tried until it is taken or given up.

Words
-----
retry policy
    of a target: how many attempts after the first, and how old the copy may get. Left out, the most of both (facts
    ``eventbridge.retry_attempts_range``, ``eventbridge.retry_age_range``).
dead letter
    the event as it was on the bus, with message attributes that say which rule, which target, what went wrong, how
    often it was tried again, and which of the two limits ended that. A target that is gone, or that does not let the
    rule in, is not tried again, and then neither limit is named.

Waits between attempts grow exponentially, with jitter; AWS does not document them. Here each is a random part, from
half to all, of 1, 2, 4 ... 512 and then 640 seconds, so that all the attempts of the default policy take about as long
as it lasts.

Sources: Amazon EventBridge User Guide, "How EventBridge retries delivering events" and "Using dead-letter queues to
process undelivered events in EventBridge" (read 2026-11).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from waterline.clock import SECOND
from waterline.ground import Ground
from waterline.services.delivery import Copies, Copy, NotTaken, Retries
from waterline.services.events import limits
from waterline.services.events.api_destinations import TryLater
from waterline.services.events.event import BusEvent
from waterline.services.events.handover import Handover, error_code
from waterline.services.events.inputs import Naming

_MILLISECOND = SECOND // 1000
_FIRST_WAIT, _LONGEST_WAIT = 1_000, 640_000


class Router:
    """Sends the events of one account's buses to the targets of rules."""

    def __init__(self, ground: Ground, handover: Handover) -> None:
        self._ground = ground
        self._handover = handover
        self._jitter = ground.random("retries of EventBridge")

    def send(self, bus: str, rule: Naming, targets: list[dict[str, Any]], event: BusEvent) -> None:
        """Begin to deliver an event to each target of a rule."""
        copies = Copies(self._ground, f"events:{bus}")
        for target in list(targets):
            to = self._handover.place(target)
            copy = copies.make(event.id, to, rule=rule.name, target=target["Id"])
            self._deliver(copies, copy, rule, target, event)

    def _deliver(self, copies: Copies, copy: Copy, rule: Naming, target: Mapping[str, Any], event: BusEvent) -> None:
        policy = target.get("RetryPolicy") or {}
        most = int(policy.get("MaximumRetryAttempts", limits.RETRIES.high))
        age = int(policy.get("MaximumEventAgeInSeconds", limits.AGE.high)) * SECOND

        def attempt(copy: Copy) -> None:
            try:
                self._handover.hand(rule, target, event, copy.made_at + age)
            except NotTaken as refusal:
                if refusal.code == "UnknownHost":
                    raise NotTaken(refusal.code, str(refusal), retryable=False) from refusal
                raise

        def bury(copy: Copy) -> str | None:
            grave = (target.get("DeadLetterConfig") or {}).get("Arn")
            if not grave:
                return None
            return self._handover.bury(rule, grave, event, _metadata(copy, rule, target, most))

        copies.send(copy, attempt, lambda: Retries(self._waits(copy, most), age), bury)

    def _waits(self, copy: Copy, most: int) -> Iterator[int]:
        """How long to wait before each further attempt; asked after each failure."""
        longest = _FIRST_WAIT
        for _ in range(most):
            if isinstance(copy.last, TryLater) and copy.last.too_old:
                return
            wait = (longest // 2 + self._jitter.randrange(longest // 2 + 1)) * _MILLISECOND
            yield max(wait, copy.last.after if isinstance(copy.last, TryLater) else 0)
            longest = min(longest * 2, _LONGEST_WAIT)


def _metadata(copy: Copy, rule: Naming, target: Mapping[str, Any], most: int) -> dict[str, str]:
    """The message attributes of a dead letter."""
    assert copy.last is not None
    attributes = {
        "RULE_ARN": rule.arn,
        "TARGET_ARN": str(target["Arn"]),
        "ERROR_CODE": error_code(copy.last),
        "ERROR_MESSAGE": str(copy.last),
        "RETRY_ATTEMPTS": str(copy.attempts - 1),
    }
    if copy.last.retryable:
        reached = copy.attempts > most
        attributes["EXHAUSTED_RETRY_CONDITION"] = "MaximumRetryAttempts" if reached else "MaximumEventAgeInSeconds"
    return attributes
