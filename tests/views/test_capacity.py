"""The capacity dashboard plays its scenario for each choice, and says what came of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from waterline.simulator import Call, Function, Queue, Run, formulas, poisson, simulate
from waterline.views import Control, capacity

RATE = Control("rate", [10, 40, 80], unit="a second", start=40, look_for="When does the backlog begin to grow?")
POLLERS = Control("number of pollers", [2, 5])


def orders(rate: float, number_of_pollers: int) -> Run:
    if rate == 10:
        raise ValueError("too few")
    through = Queue(batch_size=1, pollers=number_of_pollers)
    return simulate(poisson(rate, 60), through, Function(0.1, memory=512), seed=3, bins=60)


def made(**options: Any) -> Any:
    return capacity(
        orders, RATE, POLLERS, formulas=lambda rate, number_of_pollers: {"concurrency": rate * 0.1}, **options
    )


def curves(dashboard: Any) -> Any:
    return np.frombuffer(dashboard.curves, dtype=np.float32).reshape(4, -1)


def test_the_first_frame_is_there_at_once_and_says_what_was_found() -> None:
    first = made()
    assert first.values == {"rate": 40, "number_of_pollers": 2}
    assert first.frame["choices"] == [1, 0] and first.frame["formulas"] == [4.0, None, None, None]
    assert first.caption.startswith("With rate = 40 a second, number of pollers = 2: All 2,415 messages are done")
    assert "2 run at once at most, " in first.caption and "(formula: 4)" in first.caption
    assert "are not done when the last one arrives" in first.caption


def test_the_curves_are_those_of_the_run_in_four_rows_of_floats() -> None:
    dashboard, run = made(), orders(40, 2)
    assert curves(dashboard).shape == (4, 60)
    assert np.array_equal(curves(dashboard)[0], run.concurrency[:60].astype(np.float32))
    assert np.array_equal(curves(dashboard)[1], run.backlog[:60].astype(np.float32))
    assert np.array_equal(curves(dashboard)[2], run.oldest[:60].astype(np.float32))
    assert dashboard.frame["seconds"] == pytest.approx(60, rel=0.02)


def test_turning_plays_again_and_both_parts_come_together() -> None:
    dashboard = made()
    before = dashboard.curves
    dashboard.choices = [1, 1]  # what the page sends
    assert dashboard.frame["choices"] == [1, 1]
    assert dashboard.curves != before
    assert "4 are not done when the last one arrives" in dashboard.caption
    assert dashboard.turn(number_of_pollers=2).curves == before


def test_the_table_twin_has_twelve_instants_and_the_formula() -> None:
    table = made().table()
    assert table.columns == (
        "time",
        "running at once",
        "messages not done yet",
        "age of the oldest, s",
        "throttles a second",
    )
    assert len(table.rows) == 13 and table.rows[-1] == ("formula", "4", "", "", "")
    assert table.rows[11][1] == "2"


def test_the_fourth_curve_is_the_cost_where_it_is_asked_for() -> None:
    dashboard = capacity(
        lambda rate: simulate(poisson(rate, 60), Call(), Function(0.1, memory=512), bins=20),
        Control("rate", [100, 200]),
        formulas=lambda rate: {"cost": formulas.cost_per_minute(rate, 0.1, memory=512)},
        fourth="cost",
    )
    assert dashboard.titles[3] == "USD a minute"
    assert curves(dashboard)[3].mean() == pytest.approx(dashboard.frame["formulas"][3], rel=0.05)


def test_a_run_that_stops_is_told_in_one_sentence_and_the_last_picture_stays() -> None:
    dashboard = made()
    before = dashboard.curves
    dashboard.turn(rate=10)
    assert dashboard.caption == ("With rate = 10 a second, number of pollers = 2 the run stopped. ValueError: too few.")
    assert dashboard.curves == before and len(dashboard.table().rows) == 13
    assert "error" not in dashboard.turn(rate=80).frame


def test_what_a_formula_says_without_end_is_no_line_in_the_picture() -> None:
    dashboard = capacity(
        lambda rate: simulate(poisson(rate, 10), Call(), Function(0.1)),
        Control("rate", [10, 20]),
        formulas=lambda rate: {"oldest": float("inf")},
    )
    assert dashboard.frame["formulas"] == [None] * 4


def test_where_there_is_no_kernel_a_still_picture_is_shown() -> None:
    dashboard = made()
    data, _ = dashboard._repr_mimebundle_()
    assert data["text/plain"] == repr(dashboard)
    assert data["text/html"].startswith("<figure") and "The same as a table" in data["text/html"]
    assert dashboard.svg().startswith("<svg") and dashboard.svg() == made().svg()
    assert dashboard.svg() != dashboard.turn(rate=80).svg()


def test_what_cannot_be_a_dashboard_is_refused() -> None:
    with pytest.raises(ValueError, match="one control to three, not 4"):
        capacity(orders, RATE, POLLERS, RATE, POLLERS)
    with pytest.raises(ValueError, match="No control is called 'speed': there are rate, number_of_pollers"):
        made().turn(speed=3)
    with pytest.raises(ValueError, match="3 is none of the values of 'rate'"):
        made().turn(rate=3)
    with pytest.raises(ValueError, match="throttles or cost"):
        made(fourth="money")
    wrong = capacity(lambda rate: rate, RATE)  # type: ignore[arg-type,return-value]
    assert wrong.frame["error"].startswith("TypeError: the scenario of a dashboard returns a run")
    wrong = capacity(orders, RATE, POLLERS, formulas=lambda rate, number_of_pollers: {"speed": 1})
    assert "there is no curve speed" in wrong.frame["error"]
