"""When messages come: so many a second, evenly, by chance, rising, in bursts, by the hour of the day, or from a list.

Each function returns :class:`Arrivals`; rates are per second, times in seconds.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from waterline.simulator.draws import Floats, Times, exponential
from waterline.simulator.mistakes import positive, refused

MICROSECONDS = 1_000_000
MOST = 1 << 26
"""More messages than the loops can number."""


@dataclass(frozen=True)
class Arrivals:
    """`times(seed)` are the instants in microseconds, in order. `words` say what they are."""

    words: str
    times: Callable[[int], Times]

    def __repr__(self) -> str:
        return f"<{self.words}>"


def constant(rate: float, seconds: float) -> Arrivals:
    """Evenly, the first at 0."""
    positive("rate", rate)
    positive("seconds", seconds)
    count = _count(rate * seconds)
    return Arrivals(
        f"{rate:g} a second for {seconds:g} s, evenly",
        lambda seed: _instants(np.arange(count, dtype=np.float64) / rate),
    )


def poisson(rate: float, seconds: float) -> Arrivals:
    """By chance, independently of one another: the gaps are exponential."""
    positive("rate", rate)
    positive("seconds", seconds)
    most = _count(rate * seconds + 6 * math.sqrt(rate * seconds) + 20)

    def times(seed: int) -> Times:
        instants = np.cumsum(exponential(seed, "gaps", most)) / rate
        return _instants(instants[instants < seconds])

    return Arrivals(f"{rate:g} a second for {seconds:g} s, by chance", times)


def ramp(first: float, last: float, seconds: float) -> Arrivals:
    """By chance, the rate rising or falling in a straight line."""
    return curve([(0, first), (seconds, last)], words=f"from {first:g} to {last:g} a second in {seconds:g} s")


def burst(count: int, *, at: float = 0, within: float = 0) -> Arrivals:
    """So many at once, or by chance within so many seconds."""
    if not isinstance(count, int) or count < 1:
        raise refused(f"count={count!r} is no number of messages: give a whole number above 0.")
    if within < 0 or at < 0:
        raise refused("at and within are seconds, and not below 0.")

    def times(seed: int) -> Times:
        if within == 0:
            return _instants(np.full(_count(count), float(at)))
        gaps = exponential(seed, "gaps", count + 1)
        return _instants(at + within * np.cumsum(gaps)[:-1] / gaps.sum())

    return Arrivals(f"{count:,} messages at {at:g} s" + (f", within {within:g} s" if within else ""), times)


def daily(lowest: float, highest: float, days: float = 1, *, busiest: float = 14) -> Arrivals:
    """By chance, with one wave a day; `busiest`: the hour of the most."""
    positive("days", days)
    seconds = days * 86_400
    hours = np.arange(0, days * 24 + 0.25, 0.25)
    rates = lowest + (highest - lowest) * (1 + np.cos((hours - busiest) / 24 * 2 * np.pi)) / 2
    points = [(float(hour) * 3600, float(rate)) for hour, rate in zip(hours, rates, strict=True)]
    return curve([point for point in points if point[0] <= seconds], words=f"{lowest:g} to {highest:g} a second by day")


def curve(points: Sequence[tuple[float, float]], *, words: str = "") -> Arrivals:
    """By chance, at a rate that is given by points (second, rate) and straight lines between them."""
    seconds = np.array([point[0] for point in points], dtype=np.float64)
    rates = np.array([point[1] for point in points], dtype=np.float64)
    if len(points) < 2 or (np.diff(seconds) <= 0).any() or (rates < 0).any() or rates.max() <= 0:
        raise refused("A curve has two points (second, rate) or more, later and later, with rates not below 0.")
    expected = np.concatenate([[0.0], np.cumsum(np.diff(seconds) * (rates[1:] + rates[:-1]) / 2)])
    most = _count(expected[-1] + 6 * math.sqrt(expected[-1]) + 20)

    def times(seed: int) -> Times:
        passed = np.cumsum(exponential(seed, "gaps", most))
        return _instants(_inverse(passed[passed < expected[-1]], expected, seconds, rates))

    return Arrivals(words or f"{len(points)} points of a curve", times)


def listed(instants: Iterable[float]) -> Arrivals:
    """At these seconds."""
    given = np.sort(np.array(list(instants), dtype=np.float64))
    if given.size == 0 or given[0] < 0 or not np.isfinite(given).all():
        raise refused("A list of arrivals has one second or more, none of them below 0.")
    return Arrivals(f"{given.size:,} messages from a list", lambda seed: _instants(given))


def together(*several: Arrivals) -> Arrivals:
    """All of these, one beside the other; each has its own luck."""
    return Arrivals(
        " and ".join(one.words for one in several),
        lambda seed: np.sort(np.concatenate([one.times(seed + number) for number, one in enumerate(several)])),
    )


def _inverse(passed: Floats, expected: Floats, seconds: Floats, rates: Floats) -> Floats:
    """The instants at which so many are expected to have come: a quadratic in each stretch."""
    piece = np.clip(np.searchsorted(expected, passed, side="right") - 1, 0, seconds.size - 2)
    more = passed - expected[piece]
    low, slope = rates[piece], (rates[piece + 1] - rates[piece]) / (seconds[piece + 1] - seconds[piece])
    root = np.sqrt(np.maximum(low * low + 2 * slope * more, 0))
    # The form that does not divide by a slope of nearly nothing.
    return np.asarray(seconds[piece] + 2 * more / np.maximum(low + root, 1e-300))


def _instants(seconds: Floats) -> Times:
    return np.rint(np.asarray(seconds) * MICROSECONDS).astype(np.int64)


def _count(expected: float) -> int:
    count = math.ceil(expected - 1e-9)
    if count > MOST:
        raise refused(f"{count:,} messages are more than the simulator numbers ({MOST:,}): ask for less time or less.")
    if count < 1:
        raise refused("No message would come: give a higher rate or more seconds.")
    return count
