"""Metrics and their series.

Minutes are numbered from 1970, so that they begin when the minutes of the virtual date do. Instants are microseconds
since 1970 too. A series can be asked about minutes to come: then it says what they hold if nothing more happens.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from waterline.clock import SECOND
from waterline.services.metrics.samples import Samples

MINUTE = 60 * SECOND


@dataclass(frozen=True)
class Metric:
    """`dimensions` are pairs of name and value, in the order of their names."""

    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, namespace: str, name: str, **dimensions: str) -> Metric:
        return cls(namespace, name, tuple(sorted(dimensions.items())))


class Series(Protocol):
    """The samples of one metric, in `unit`, a unit of CloudWatch's."""

    unit: str

    def between(self, first: int, last: int, now: int) -> Iterator[tuple[int, Samples]]:
        """The minutes from `first` to before `last` that have samples at the instant `now`, in order."""

    def last_change(self, minute: int) -> int | None:
        """The last minute, not after `minute`, at which it began or ceased to be what it was."""

    def next_change(self, minute: int) -> int | None:
        """The first minute after `minute` of which that is known to come."""


class Sparse:
    """A series that has samples only where something happened."""

    def __init__(self, unit: str) -> None:
        self.unit = unit
        self._samples: dict[int, Samples] = {}
        self._minutes: list[int] = []

    def add(self, minute: int, value: float) -> None:
        """Samples may come late: for a minute before the latest."""
        self._of(minute).add(value)

    def merge(self, minute: int, samples: Samples) -> None:
        self._of(minute).merge(samples)

    def _of(self, minute: int) -> Samples:
        if minute not in self._samples:
            self._samples[minute] = Samples()
            insort(self._minutes, minute)
        return self._samples[minute]

    def get(self, minute: int) -> Samples | None:
        return self._samples.get(minute)

    def between(self, first: int, last: int, now: int) -> Iterator[tuple[int, Samples]]:
        for minute in self._minutes[bisect_left(self._minutes, first) : bisect_left(self._minutes, last)]:
            yield minute, self._samples[minute]

    def last_change(self, minute: int) -> int | None:
        place = bisect_right(self._minutes, minute)
        return self._minutes[place - 1] if place else None

    def next_change(self, minute: int) -> int | None:
        place = bisect_right(self._minutes, minute)
        return self._minutes[place] if place < len(self._minutes) else None
