"""All metrics by name: those of the journal, and what PutMetricData stored.

Data points are kept by the minute, as CloudWatch keeps metrics of standard resolution. Source: "GetMetricStatistics",
Amazon CloudWatch API Reference, which also has how old data is coarser: beyond 15 days a period is a multiple of five
minutes, beyond 63 days of an hour, and the start is rounded down to such a period.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from waterline.ground import Ground
from waterline.services.metrics import MINUTE, JournalMetrics, Metric, Samples, Series
from waterline.services.metrics.reader import NAMESPACES
from waterline.services.metrics.series import Sparse

_DAY = 24 * 60 * MINUTE
_GRANULARITIES = ((63 * _DAY, 60 * MINUTE), (15 * _DAY, 5 * MINUTE))


@dataclass(frozen=True)
class Point:
    """The samples of one period that begins at `at`, in microseconds since 1970."""

    at: int
    samples: Samples
    unit: str


def microseconds(date: dt.datetime) -> int:
    """Microseconds since 1970; a date without a time zone is in UTC, as moto's are."""
    aware = date if date.tzinfo else date.replace(tzinfo=dt.UTC)
    return (aware - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)) // dt.timedelta(microseconds=1)


def date(instant: int) -> dt.datetime:
    return dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(microseconds=instant)


def named(namespace: str, name: str, dimensions: Iterable[dict[str, str]]) -> Metric:
    """The metric that a request names."""
    return Metric(namespace, name, tuple(sorted((each["Name"], each["Value"]) for each in dimensions)))


class MetricStore:
    """The metrics of one account in one Region."""

    def __init__(self, ground: Ground) -> None:
        self._journal = JournalMetrics(ground.journal, microseconds(ground.clock.start))
        self._put: dict[Metric, dict[str, Sparse]] = {}

    @property
    def now(self) -> int:
        """This instant, in microseconds since 1970."""
        return self._journal.now

    @property
    def journal_metrics(self) -> list[Metric]:
        return self._journal.metrics

    def put(self, datum: Any) -> None:
        """Take in one of moto's data, a value or a set of statistics."""
        metric = Metric(datum.namespace, datum.name, tuple(sorted((d.name, d.value) for d in datum.dimensions)))
        unit = datum.unit or "None"
        series = self._put.setdefault(metric, {}).setdefault(unit, Sparse(unit))
        if hasattr(datum, "value"):
            samples = Samples({datum.value: 1})
        else:
            samples = Samples(sets=[(datum.sample_count, datum.sum, datum.min, datum.max)])
        series.merge(microseconds(datum.timestamp) // MINUTE, samples)

    def series(self, metric: Metric, unit: str | None = None) -> list[Series]:
        """The series of a metric: one for each unit, or that of one unit."""
        if metric.namespace in NAMESPACES:
            one = self._journal.series(metric)
            found: list[Series] = [] if one is None else [one]
        else:
            found = [*self._put.get(metric, {}).values()]
        return [each for each in found if unit is None or each.unit == unit]

    def query(self, metric: Metric, start: int, end: int, period: int, unit: str | None = None) -> list[Point]:
        """What a request for periods of `period` microseconds from `start` to before `end` gets."""
        granularity = next((step for age, step in _GRANULARITIES if self.now - start > age), MINUTE)
        if period % granularity:
            return []
        return self.points(metric, start // granularity * granularity, end, period, unit, self.now)

    def points(self, metric: Metric, start: int, end: int, period: int, unit: str | None, now: int) -> list[Point]:
        """The periods that have samples at the instant `now`, in order; `start` is the beginning of a minute."""
        found: dict[int, Point] = {}
        for series in self.series(metric, unit):
            for minute, samples in series.between(start // MINUTE, -(-end // MINUTE), now):
                at = start + (minute * MINUTE - start) // period * period
                if at not in found:
                    found[at] = Point(at, Samples(), series.unit)
                found[at].samples.merge(samples)
        return [found[at] for at in sorted(found)]
