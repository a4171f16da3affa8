"""So much a second: how a service counts what it lets through.

AWS gives its rates as an amount a second and does not say how it counts. Here no second holds more than the rate,
wherever it begins: what was taken counts for one second. (A bucket that refills, ``token_bucket``, lets two seconds'
worth through after a pause: it is for limits that AWS itself gives as a rate and a burst.)

What is larger than the rate by itself is let through when nothing else counts, and counts for as long as the rate would
need for it: so the five seconds for which a shard refuses reads after 10 MB, and the burst with which it takes a large
record.
"""

from __future__ import annotations

from collections import deque

from waterline.clock import SECOND


class PerSecond:
    """At most `rate` in any second. Instants are microseconds, and never go back."""

    __slots__ = ("_sum", "_taken", "rate")

    def __init__(self, rate: int) -> None:
        self.rate = rate
        self._taken: deque[list[int]] = deque()
        self._sum = 0

    def left(self, now: int) -> int:
        """What may be taken now; below zero after more than the rate was."""
        taken = self._taken
        while taken and taken[0][0] <= now:
            self._sum -= taken.popleft()[1]
        return self.rate - self._sum

    def wait(self, now: int, amount: int) -> int:
        """Microseconds until `amount` may be taken; 0: now."""
        missing = min(amount, self.rate) - self.left(now)
        for until, freed in self._taken:
            if missing <= 0:
                return 0
            missing -= freed
            if missing <= 0:
                return until - now
        return 0

    def take(self, now: int, amount: int) -> None:
        """Count what was let through."""
        counts_until = now + max(SECOND, -(-amount * SECOND // self.rate))
        if self._taken and self._taken[-1][0] == counts_until:
            self._taken[-1][1] += amount
        else:
            self._taken.append([counts_until, amount])
        self._sum += amount
