"""A token bucket on the virtual clock: how often something may happen, and how many times at once.

Words
-----
rate
    tokens that flow in each second, continuously.
burst
    how many tokens the bucket holds; it begins full.

All numbers are whole (a rate may be a fraction), so that nothing depends on how a machine rounds.
"""

from __future__ import annotations

from fractions import Fraction

from waterline.clock import SECOND


class TokenBucket:
    """Holds at most `burst` tokens, refilled with `rate` tokens a second."""

    def __init__(self, rate: float | Fraction, burst: int, now: int = 0) -> None:
        exact = Fraction(rate).limit_denominator(1_000_000)
        # In tokens times microseconds times the rate's denominator.
        self._flow = exact.numerator
        self._token = SECOND * exact.denominator
        self._most = burst * self._token
        self._level = self._most
        self._at = now

    def take(self, now: int, tokens: int = 1) -> bool:
        """Take so many tokens at this instant (microseconds), all or none; tells whether there were enough."""
        self._fill(now)
        if self._level < tokens * self._token:
            return False
        self._level -= tokens * self._token
        return True

    def holds(self, now: int) -> int:
        """How many whole tokens there are at this instant."""
        self._fill(now)
        return self._level // self._token

    def wait(self, now: int, tokens: int = 1) -> int | None:
        """Microseconds until so many tokens are there, if nobody takes any; None: they never are."""
        self._fill(now)
        missing = tokens * self._token - self._level
        if missing <= 0:
            return 0
        if tokens * self._token > self._most or not self._flow:
            return None
        return -(-missing // self._flow)

    def _fill(self, now: int) -> None:
        self._level = min(self._level + (now - self._at) * self._flow, self._most)
        self._at = now
