"""Series of how many are at work at the same time, and of which share of those that are ready.

A sample at each beginning, and at the beginning of each minute that finds one at work; so Maximum is exact.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator

from waterline.services.metrics.samples import Samples
from waterline.services.metrics.series import MINUTE, Sparse


class Concurrency:
    """The series of how many are at work at the same time."""

    unit = "Count"

    def __init__(self) -> None:
        self._running = 0
        self._sampled = Sparse(self.unit)
        self._minutes: list[int] = []
        self._counts: list[int] = []
        self._owed = False

    def begin(self, at: int) -> None:
        self._move_to(at)
        self._running += 1
        self._sampled.add(at // MINUTE, self._running)
        self._counts[-1] = self._running

    def end(self, at: int) -> None:
        self._move_to(at)
        self._running -= 1
        self._counts[-1] = self._running

    def between(self, first: int, last: int, now: int) -> Iterator[tuple[int, Samples]]:
        for place in range(max(0, bisect_right(self._minutes, first) - 1), len(self._minutes)):
            minute, running = self._minutes[place], self._counts[place]
            is_last = place + 1 == len(self._minutes)
            until = -(-now // MINUTE) if is_last else self._minutes[place + 1]
            samples = self._sampled.get(minute)
            if is_last and self._owed and running and now > minute * MINUTE:
                samples = Samples(dict(samples.values) if samples else {})
                samples.add(running)
            if samples is not None and first <= minute < last:
                yield minute, samples
            if running:
                for idle in range(max(first, minute + 1), min(last, until)):
                    yield idle, Samples({running: 1})

    def last_change(self, minute: int) -> int | None:
        place = bisect_right(self._minutes, minute)
        return self._minutes[place - 1] if place else None

    def next_change(self, minute: int) -> int | None:
        return None

    def _move_to(self, at: int) -> None:
        """Those at work at the beginning of a minute are a sample of it, once all of that instant has happened."""
        minute = at // MINUTE
        if self._owed and at > self._minutes[-1] * MINUTE:
            self._settle_debt()
        if not self._minutes or minute > self._minutes[-1]:
            self._minutes.append(minute)
            self._counts.append(self._running)
            self._owed = True
            if at > minute * MINUTE:
                self._settle_debt()

    def _settle_debt(self) -> None:
        self._owed = False
        if self._running:
            self._sampled.add(self._minutes[-1], self._running)


class Utilization:
    """How much of what is ready is at work: a share, 0.5 for a half. The latest number of a minute counts for it."""

    unit = "None"

    def __init__(self, working: Concurrency) -> None:
        self._working = working
        self._minutes: list[int] = []
        self._ready: list[int] = []

    def ready(self, at: int, count: int) -> None:
        """From the instant `at` on, `count` are ready."""
        minute = at // MINUTE
        if not self._minutes or minute > self._minutes[-1]:
            self._minutes.append(minute)
            self._ready.append(count)
        else:
            self._ready[-1] = count

    def between(self, first: int, last: int, now: int) -> Iterator[tuple[int, Samples]]:
        for minute, samples in self._working.between(first, last, now):
            ready = self._ready[bisect_right(self._minutes, minute) - 1]
            yield minute, Samples({value / ready: count for value, count in samples.values.items()})

    def last_change(self, minute: int) -> int | None:
        return self._working.last_change(minute)

    def next_change(self, minute: int) -> int | None:
        return self._working.next_change(minute)
