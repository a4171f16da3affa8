"""A time axis that folds quiet stretches, so that seconds stay visible beside days.

Words
-----
stretch
    a piece of the axis. Inside a stretch time runs evenly, and a second is as wide in one as in another.
fold
    a stretch in which nothing happens, drawn narrow. It is always shown as a fold, with the time that it holds.

An axis is folded only where it has to be: when all that happens would take up less than a sixteenth of an even axis.
Folds are the quiet gaps that stand out (three times longer than any that stays); with more than twelve of them the axis
stays even, because then the quiet is the rhythm of the run and not an interruption. Less than five seconds stay.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from waterline.views.words import stamp

_LEAST_SHARE = 1 / 16
_STANDS_OUT = 3
_MOST_FOLDS = 12
_LEAST_FOLD = 5_000_000
_FOLD_WIDTH = 0.075
_ALL_FOLDS_WIDTH = 0.4
_PADDING = 0.018

_S = 1_000_000
_STEPS = (
    *(number * 10**power for power in range(6) for number in (1, 2, 5)),
    *(number * _S for number in (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200)),
    *(number * 86_400 * _S for number in (1, 2, 5, 7, 14, 28, 90, 365)),
)


@dataclass(frozen=True)
class Stretch:
    """From `start` to `end` (microseconds), drawn from `left` to `right` (shares of the axis, 0 to 1)."""

    start: int
    end: int
    left: float
    right: float
    folded: bool = False


@dataclass(frozen=True)
class Axis:
    """Where each instant of a run is drawn."""

    stretches: tuple[Stretch, ...]

    @property
    def folds(self) -> tuple[Stretch, ...]:
        return tuple(stretch for stretch in self.stretches if stretch.folded)

    def position(self, instant: int) -> float:
        """The share of the axis' width, 0 to 1, at which an instant (microseconds) is drawn."""
        number = bisect_right([stretch.start for stretch in self.stretches], instant) - 1
        stretch = self.stretches[max(number, 0)]
        if stretch.end == stretch.start:
            return (stretch.left + stretch.right) / 2
        share = min(max((instant - stretch.start) / (stretch.end - stretch.start), 0.0), 1.0)
        return stretch.left + share * (stretch.right - stretch.left)

    def ticks(self, width: float, apart: float = 58.0) -> list[tuple[float, str]]:
        """Positions (shares) and labels for an axis `width` points wide, labels at least `apart` points apart."""
        even = [stretch for stretch in self.stretches if not stretch.folded]
        chosen: list[tuple[float, str]] = []
        for number, stretch in enumerate(even):
            long = stretch.end - stretch.start
            points = (stretch.right - stretch.left) * width
            step = next((step for step in _STEPS if points * step >= apart * max(long, 1)), _STEPS[-1])
            first = -(-stretch.start // step) * step
            instants = list(range(first, stretch.end + 1, step)) if long else []
            if number or not instants:
                instants = [stretch.start, *(at for at in instants if (at - stretch.start) * points >= apart * long)]
            chosen += [(self.position(at), stamp(_readable(at, step))) for at in instants]
        return _without_overlaps(chosen, width)


def axis(instants: Iterable[int], busy: Iterable[tuple[int, int]] = ()) -> Axis:
    """The axis for a run in which something happens at these instants, and all through the `busy` times (microseconds).

    A busy time is never folded: the length of an attempt is something to see.
    """
    known = sorted(set(instants)) or [0]
    folds = _folds(known, sorted(busy))
    groups: list[list[int]] = [[known[0]]]
    for before, after in pairwise(known):
        if (before, after) in folds:
            groups.append([])
        groups[-1].append(after)
    return Axis(tuple(_laid_out(groups)))


def _folds(known: Sequence[int], busy: Sequence[tuple[int, int]]) -> set[tuple[int, int]]:
    quiet = sorted((end - start, start, end) for start, end in pairwise(known) if _foldable(start, end, busy))
    always = known[-1] - known[0] - sum(gap for gap, _, _ in quiet)
    kept = len(quiet)
    searching = True
    while searching:
        searching = False
        total = below = always + sum(gap for gap, _, _ in quiet[:kept])
        for number in range(kept - 1, -1, -1):
            gap = quiet[number][0]
            below -= gap
            stands_out = gap >= _STANDS_OUT * (quiet[number - 1][0] if number else 1)
            if stands_out and 0 < below < _LEAST_SHARE * total and len(quiet) - number <= _MOST_FOLDS:
                kept, searching = number, True
                break
    return {(start, end) for _, start, end in quiet[kept:]}


def _foldable(start: int, end: int, busy: Sequence[tuple[int, int]]) -> bool:
    return end - start >= _LEAST_FOLD and not any(begun < end and over > start for begun, over in busy)


def _laid_out(groups: Sequence[Sequence[int]]) -> Iterable[Stretch]:
    folds = len(groups) - 1
    fold = min(_FOLD_WIDTH, _ALL_FOLDS_WIDTH / folds) if folds else 0.0
    room = 1 - folds * fold - 2 * _PADDING * len(groups)
    busy = sum(group[-1] - group[0] for group in groups)
    left = 0.0
    for number, group in enumerate(groups):
        share = (group[-1] - group[0]) / busy if busy else 1 / len(groups)
        inner = left + _PADDING
        right = inner + share * room
        yield Stretch(group[0], group[-1], inner, right)
        left = right + _PADDING
        if number < folds:
            yield Stretch(group[-1], groups[number + 1][0], left - _PADDING, left + fold + _PADDING, folded=True)
            left += fold


def _readable(at: int, step: int) -> int:
    """An instant rounded as finely as the axis can show it there."""
    grain = max(min(step, _S) // 10, 1)
    return round(at / grain) * grain


def _without_overlaps(ticks: Sequence[tuple[float, str]], width: float) -> list[tuple[float, str]]:
    kept: list[tuple[float, str]] = []
    for position, label in ticks:
        if kept:
            before, text = kept[-1]
            if (position - before) * width < (len(label) + len(text)) * 2.6 + 6:
                continue
        kept.append((position, label))
    return kept
