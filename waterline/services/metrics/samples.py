"""Samples, and the statistics of them.

Source: "CloudWatch statistics definitions", Amazon CloudWatch User Guide. A percentile is here the nearest rank, as the
Lambda Developer Guide ("Types of metrics for Lambda functions") has it: p95 is the longest duration among the quickest
95 percent of the invocations. CloudWatch itself keeps large periods as histograms, so that its percentiles are near.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

STATISTICS = ("SampleCount", "Average", "Sum", "Minimum", "Maximum")
_PERCENTILE = re.compile(r"p(\d{1,2}(?:\.\d{1,10})?|100(?:\.0{1,10})?)")


def is_percentile(statistic: str) -> bool:
    """Tells whether a statistic is a percentile, p0 to p100."""
    return _PERCENTILE.fullmatch(statistic) is not None


@dataclass
class Samples:
    """How often each value was sent. `sets` came summed up already: count, sum, minimum, maximum of each."""

    values: dict[float, int] = field(default_factory=dict)
    sets: list[tuple[float, float, float, float]] = field(default_factory=list)

    @classmethod
    def of(cls, values: Iterable[float]) -> Samples:
        samples = cls()
        for value in values:
            samples.add(value)
        return samples

    def add(self, value: float, count: int = 1) -> None:
        self.values[value] = self.values.get(value, 0) + count

    def merge(self, other: Samples) -> None:
        for value, count in other.values.items():
            self.add(value, count)
        self.sets.extend(other.sets)

    @property
    def count(self) -> float:
        return sum(self.values.values()) + sum(each[0] for each in self.sets)

    @property
    def sum(self) -> float:
        return sum(value * count for value, count in self.values.items()) + sum(each[1] for each in self.sets)

    def statistic(self, name: str) -> float | None:
        """One of STATISTICS, or a percentile such as ``p99.9``; None where there is none.

        There is none of no samples, and no percentile of sets.
        """
        if self.count == 0:
            return None
        if name == "SampleCount":
            return float(self.count)
        if name == "Sum":
            return float(self.sum)
        if name == "Average":
            return self.sum / self.count
        if name == "Minimum":
            return float(min([*self.values, *(each[2] for each in self.sets)]))
        if name == "Maximum":
            return float(max([*self.values, *(each[3] for each in self.sets)]))
        if not is_percentile(name):
            raise ValueError(f"{name!r} is no statistic: it is one of {', '.join(STATISTICS)}, or a percentile as p99.")
        return None if self.sets else self._percentile(float(name[1:]))

    def _percentile(self, percent: float) -> float:
        rank = max(1, math.ceil(percent * self.count / 100 - 1e-9))
        for value in sorted(self.values):
            rank -= self.values[value]
            if rank <= 0:
                break
        return float(value)
