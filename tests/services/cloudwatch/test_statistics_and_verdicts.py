"""The arithmetic: statistics of samples, and the state of an alarm, against the tables of the CloudWatch User Guide."""

from __future__ import annotations

import pytest

from waterline.services.cloudwatch.expressions import NotUnderstood, computed
from waterline.services.cloudwatch.verdict import MISSING, verdict
from waterline.services.metrics import Samples


@pytest.mark.parametrize(
    ("statistic", "value"),
    [("SampleCount", 5), ("Sum", 150), ("Average", 30), ("Minimum", 10), ("Maximum", 50)],
)
def test_statistics_are_those_of_the_user_guide(statistic: str, value: float) -> None:
    """Source: "CloudWatch statistics definitions"."""
    assert Samples.of([10, 20, 30, 40, 50]).statistic(statistic) == value


@pytest.mark.parametrize(("percentile", "value"), [("p0", 1), ("p50", 50), ("p95", 95), ("p99.9", 100), ("p100", 100)])
def test_a_percentile_is_the_longest_of_the_quickest(percentile: str, value: float) -> None:
    """Source: "Types of metrics for Lambda functions": p95 excludes the slowest five percent."""
    assert Samples.of(range(1, 101)).statistic(percentile) == value


def test_the_percentile_of_one_sample_is_that_sample() -> None:
    assert [Samples.of([7]).statistic(p) for p in ("p0", "p50", "p99")] == [7, 7, 7]


def test_no_samples_have_no_statistic_and_statistic_sets_no_percentile() -> None:
    summed = Samples({5: 1}, [(3, 30, 8, 12)])
    assert Samples().statistic("Sum") is None
    assert summed.statistic("p50") is None
    assert [summed.statistic(s) for s in ("SampleCount", "Sum", "Minimum", "Maximum")] == [4, 35, 5, 12]


def _states(points: str, datapoints: int, periods: int = 3) -> list[str]:
    """The states for missing, ignore, breaching, notBreaching; an alarm's own state is called "same" here."""
    flags = [{"0": False, "X": True, "-": None}[point] for point in points.split()]
    return [verdict(flags, periods, datapoints, missing, "same") for missing in MISSING]


@pytest.mark.parametrize(
    ("points", "states"),
    [
        ("0 - X - X", ["OK", "OK", "OK", "OK"]),
        ("0 - - - -", ["OK", "OK", "OK", "OK"]),
        ("- - - - -", ["INSUFFICIENT_DATA", "same", "ALARM", "OK"]),
        ("0 X X - X", ["ALARM", "ALARM", "ALARM", "ALARM"]),
        ("- - X - -", ["ALARM", "same", "ALARM", "OK"]),
        ("- - - - X", ["INSUFFICIENT_DATA", "same", "ALARM", "OK"]),
        ("X - - - -", ["ALARM", "same", "ALARM", "OK"]),
    ],
)
def test_three_out_of_three_with_missing_data(points: str, states: list[str]) -> None:
    """Source: "Configuring how CloudWatch alarms treat missing data", first table; the last two rows are older."""
    assert _states(points, datapoints=3) == states


@pytest.mark.parametrize(
    ("points", "states"),
    [
        ("0 - X - X", ["ALARM", "ALARM", "ALARM", "ALARM"]),
        ("0 0 X 0 X", ["ALARM", "ALARM", "ALARM", "ALARM"]),
        ("0 - X - -", ["OK", "OK", "ALARM", "OK"]),
        ("- - - - 0", ["OK", "OK", "ALARM", "OK"]),
        ("- - - X -", ["ALARM", "same", "ALARM", "OK"]),
    ],
)
def test_two_out_of_three_with_missing_data(points: str, states: list[str]) -> None:
    """Source: the same page, second table. Source: "Configuring how CloudWatch alarms treat missing data"."""
    assert _states(points, datapoints=2) == states


def test_metric_math_uses_the_data_points_that_both_sides_have() -> None:
    """Source: "Using math expressions with CloudWatch metrics"."""
    known = {"errors": {0: 1.0, 60: 2.0, 120: 5.0}, "all": {0: 4.0, 60: 0.0, 180: 9.0}}
    assert computed({"rate": "100 * errors / all", "twice": "-(rate + rate)"}, known) == {
        "rate": {0: 25.0},
        "twice": {0: -50.0},
    }


@pytest.mark.parametrize("text", ["FILL(errors, 0)", "errors +", "nobody", "itself", "3", "SELECT SUM(Errors)"])
def test_metric_math_that_is_not_arithmetic_is_refused(text: str) -> None:
    with pytest.raises(NotUnderstood):
        computed({"itself": text}, {"errors": {0: 1.0}})
