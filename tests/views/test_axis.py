"""The time axis folds what is quiet, and says so."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from waterline.clock import SECOND
from waterline.views.axis import axis

DAY = 86_400


def folded(*seconds: float) -> list[tuple[float, float]]:
    return [(fold.start / SECOND, fold.end / SECOND) for fold in axis(round(s * SECOND) for s in seconds).folds]


@pytest.mark.parametrize(
    ("seconds", "folds"),
    [
        ((), []),
        ((5,), []),
        ((0, 2, 30, 32, 60), []),
        ((0, 0.1, 1, 2, 180, 180.5, 360, 360.5), [(2, 180), (180.5, 360)]),
        ((0, 3600), []),
        ((0, 1, 2, 4 * DAY), [(2, 4 * DAY)]),
        ((0, 0.5, 60, 60.5, 120, 120.5, 9 * DAY, 9 * DAY + 1), [(0.5, 60), (60.5, 120), (120.5, 9 * DAY)]),
        (tuple(10 * n + half for n in range(40) for half in (0, 0.02)), []),
    ],
)
def test_a_stretch_is_folded_where_the_rest_would_not_be_seen_beside_it(
    seconds: tuple[float, ...], folds: list[tuple[float, float]]
) -> None:
    assert folded(*seconds) == folds


def test_a_time_in_which_a_function_works_is_never_folded() -> None:
    instants = [round(s * SECOND) for s in (0, 0.1, 0.2, 60.2, 3600, 3600.1)]
    assert len(axis(instants).folds) == 2
    (fold,) = axis(instants, busy=[(instants[2], instants[3])]).folds
    assert (fold.start, fold.end) == (instants[3], instants[4])


def test_a_second_is_as_wide_in_one_stretch_as_in_another() -> None:
    scale = axis(round(s * SECOND) for s in (0, 1, 3, 1000, 1001, 1002))
    widths = {
        round((stretch.right - stretch.left) / (stretch.end - stretch.start), 12)
        for stretch in scale.stretches
        if not stretch.folded
    }
    assert len(scale.folds) == 1
    assert len(widths) == 1


@given(st.lists(st.integers(0, 30 * DAY * SECOND), min_size=1, max_size=60, unique=True))
def test_later_is_never_left_of_earlier_and_all_is_inside(instants: list[int]) -> None:
    scale = axis(instants)
    positions = [scale.position(at) for at in sorted(instants)]
    assert all(0 <= position <= 1 for position in positions)
    assert all(before <= after for before, after in pairwise(positions))
    labelled = [position for position, _ in scale.ticks(500)]
    assert labelled
    assert labelled == sorted(labelled)


@pytest.mark.parametrize(
    ("seconds", "labels"),
    [
        ((0, 2, 30, 32, 60), ["0 s", "10 s", "20 s", "30 s", "40 s", "50 s", "1 min"]),
        (
            (0, 0.1, 1, 2, 180, 180.5, 360, 360.5),
            ["0 s", "0.5 s", "1 s", "1.5 s", "2 s", "3 min", "3 min 0.5 s", "6 min", "6 min 0.5 s"],
        ),
        ((0, 9 * DAY, 23 * DAY), ["0 s", "5 d", "10 d", "15 d", "20 d"]),
    ],
)
def test_ticks_have_sensible_units(seconds: tuple[float, ...], labels: list[str]) -> None:
    assert [label for _, label in axis(round(s * SECOND) for s in seconds).ticks(500)] == labels
