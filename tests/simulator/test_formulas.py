"""The formulas against values that are known."""

from __future__ import annotations

import math

import pytest

from waterline.simulator import ScenarioRefused, formulas


@pytest.mark.parametrize(
    ("load", "servers", "lost"),
    [(0, 5, 0.0), (1, 1, 0.5), (40, 50, 0.018691), (8, 10, 0.12166), (45, 50, 0.05410), (200, 220, 0.01104)],
)
def test_erlang_b(load: float, servers: int, lost: float) -> None:
    assert formulas.erlang_b(load, servers) == pytest.approx(lost, rel=1e-3)


@pytest.mark.parametrize(("load", "servers", "waits"), [(45, 50, 0.3639), (8, 10, 0.4092), (10, 10, 1.0)])
def test_erlang_c(load: float, servers: int, waits: float) -> None:
    assert formulas.erlang_c(load, servers) == pytest.approx(waits, rel=1e-3)


def test_waits_before_many_servers_and_before_one() -> None:
    assert formulas.mean_wait(450, 0.1, 50) == pytest.approx(0.007277, rel=1e-3)
    assert formulas.mean_wait(500, 0.1, 50) == math.inf
    assert formulas.mean_wait_of_one(9, 0.1, 0) == pytest.approx(0.45)
    assert formulas.mean_wait_of_one(9, 0.1, 1) == pytest.approx(formulas.mean_wait(9, 0.1, 1))
    assert formulas.mean_wait_of_one(10, 0.1, 0) == math.inf
    assert formulas.waits_longer(450, 0.1, 50, 0) == pytest.approx(formulas.erlang_c(45, 50))


def test_the_formulas_of_the_talk() -> None:
    assert formulas.concurrency(200, 0.25) == 50
    assert formulas.processing_rate(1_000, 0.1) == pytest.approx(10_000)
    assert formulas.stream_rate(10, 100, 0.5) == 2_000
    assert formulas.stream_rate(10, 100, 0.5, attempts=2, lanes=10) == 10_000
    assert formulas.drain_time(10_000, 50, 150) == 100
    assert formulas.drain_time(1, 100, 100) == math.inf
    assert formulas.drain_time(0, 100, 100) == 0


@pytest.mark.parametrize(
    "asked",
    [
        lambda: formulas.concurrency(-1, 1),
        lambda: formulas.erlang_b(1, 1.5),  # type: ignore[arg-type]
        lambda: formulas.processing_rate(10, 0),
        lambda: formulas.stream_rate(0, 1, 1),
    ],
)
def test_what_no_formula_takes_is_refused_in_a_sentence(asked: object) -> None:
    with pytest.raises(ScenarioRefused, match=r"must be a .*\.$"):
        asked()  # type: ignore[operator]
