"""Retriers: how long a state waits before it tries again, and when it gives up.

Each retrier counts its own retries for one visit of a state. The n-th wait is IntervalSeconds times BackoffRate to the
power of n, at most MaxDelaySeconds; with JitterStrategy FULL it is drawn, from the cloud's seed, between nothing and
that.

Source: AWS Step Functions Developer Guide, "Handling errors in Step Functions workflows" (read 2026-11).
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from typing import Any, Final

from waterline.clock import microseconds
from waterline.facts import facts
from waterline.services.states.errors import StateError, means

INTERVAL, ATTEMPTS, BACKOFF = facts["sfn.retry_default_max"].numbers
DELAY_MAX: Final = facts["sfn.retry_delay_max"].seconds
_MUCH: Final = math.log(DELAY_MAX)


class Retriers:
    """The retriers of one visit of a state."""

    def __init__(self, retriers: Sequence[Mapping[str, Any]], jitter: random.Random) -> None:
        self._retriers = retriers
        self._jitter = jitter
        self._used = [0] * len(retriers)

    def wait(self, error: StateError) -> int | None:
        """Microseconds until the next attempt, or None: there is none."""
        for number, retrier in enumerate(self._retriers):
            if means(retrier["ErrorEquals"], error):
                if self._used[number] >= retrier.get("MaxAttempts", ATTEMPTS):
                    return None
                growth = math.log(retrier.get("BackoffRate", BACKOFF)) * self._used[number]
                longest = retrier.get("MaxDelaySeconds", DELAY_MAX)
                seconds = retrier.get("IntervalSeconds", INTERVAL)
                if growth > _MUCH:
                    seconds = longest
                else:
                    seconds = min(seconds * retrier.get("BackoffRate", BACKOFF) ** self._used[number], longest)
                self._used[number] += 1
                if retrier.get("JitterStrategy") == "FULL":
                    seconds = self._jitter.uniform(0, seconds)
                return microseconds(seconds)
        return None
