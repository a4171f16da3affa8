"""When an alarm is in which state: the arithmetic of "M out of N", and of missing data.

Source: Amazon CloudWatch User Guide, "Alarm evaluation" and "Configuring how CloudWatch alarms treat missing data"
with its tables. How many data points an alarm looks at when some are missing depends on its period, the guide says; in
its tables it is two more than the evaluation periods, and so it is here.

Of ``- - - - X`` where three are needed and missing data is missing, today's guide says that it does not go into ALARM
yet; an earlier table of it says INSUFFICIENT_DATA, and so it is here.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from waterline.services.metrics import Metric, is_percentile

OK, ALARM, INSUFFICIENT_DATA = "OK", "ALARM", "INSUFFICIENT_DATA"
MISSING = ("missing", "ignore", "breaching", "notBreaching")
COMPARISONS: Mapping[str, tuple[Callable[[float, float], bool], str]] = {
    "GreaterThanThreshold": (operator.gt, "greater than"),
    "GreaterThanOrEqualToThreshold": (operator.ge, "greater than or equal to"),
    "LessThanThreshold": (operator.lt, "less than"),
    "LessThanOrEqualToThreshold": (operator.le, "less than or equal to"),
}
_EXTRA_POINTS = 2


@dataclass(frozen=True)
class Rule:
    """What an alarm watches, and when it goes off. `period` is in microseconds.

    `periods` and `datapoints` are N and M; `ignores_few`: the state stays while a percentile has too few samples.
    """

    metric: Metric
    unit: str | None
    statistic: str
    period: int
    periods: int
    datapoints: int
    comparison: str
    threshold: float
    missing: str
    ignores_few: bool = False

    @property
    def looks_at(self) -> int:
        """How many of the latest periods it looks at."""
        return self.periods + _EXTRA_POINTS

    @property
    def span(self) -> int:
        """How far it looks back, in microseconds."""
        return self.looks_at * self.period

    def breaches(self, value: float) -> bool:
        return COMPARISONS[self.comparison][0](value, self.threshold)

    def too_few(self, samples: float) -> bool:
        """Tells whether a percentile of so many samples says too little ("Percentile-based alarms and low data")."""
        if not self.ignores_few or not is_percentile(self.statistic):
            return False
        share = float(self.statistic[1:]) / 100
        tail = 1 - share if share >= 0.5 else share
        return samples * tail < 10 - 1e-9


def verdict(points: Sequence[bool | None], periods: int, datapoints: int, missing: str, current: str) -> str:
    """The state of an alarm.

    `points` are the latest data points, the newest last: breaching or not, None where there is none; `missing` is one
    of MISSING; `current` is the state in which the alarm is.
    """
    real = [point for point in points if point is not None]
    if len(real) >= periods:
        return ALARM if sum(real[-periods:]) >= datapoints else OK
    breaching = sum(real)
    if missing == "breaching":
        breaching += periods - len(real)
    if breaching >= datapoints:
        return ALARM
    if missing in ("breaching", "notBreaching") or not all(real):
        return OK
    if missing == "ignore":
        return current
    oldest = next((age for age, point in zip(range(len(points), 0, -1), points, strict=True) if point), 0)
    return ALARM if oldest >= datapoints else INSUFFICIENT_DATA
