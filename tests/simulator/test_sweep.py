"""Sweeps: every combination once, the same rows wherever they are played."""

from __future__ import annotations

import numpy as np
import pytest

from waterline.simulator import Call, Function, Queue, Run, ScenarioRefused, exponentially, poisson, simulate, sweep

GRID = {"rate": [20, 40, 60], "pollers": [3, 6]}


def orders(rate: float, pollers: int) -> Run:
    return simulate(poisson(rate, 30), Queue(batch_size=1, pollers=pollers), Function(exponentially(0.1)), seed=4)


def test_a_row_for_every_combination_in_the_order_of_the_grid() -> None:
    rows = sweep(orders, GRID, jobs=1)
    assert [(row["rate"], row["pollers"]) for row in rows] == [(r, p) for r in (20, 40, 60) for p in (3, 6)]
    alone = orders(40, 3)
    assert rows.rows[2]["done"] == len(alone)
    assert rows.rows[2]["p99"] == alone.percentile(99)
    waits = rows.where(pollers=3).column("p99")
    assert (np.diff(waits) > 0).all() and waits.size == 3


def test_two_processes_and_one_tell_the_same() -> None:
    assert sweep(orders, GRID, jobs=2) == sweep(orders, GRID, jobs=1)


def test_functions_of_a_notebook_can_be_swept_by_other_processes() -> None:
    reserved = 7

    def local(rate: float) -> Run:
        return simulate(poisson(rate, 10), Call(), Function(0.2, reserved=reserved), seed=1)

    rows = sweep(local, {"rate": [5, 90]}, measure=lambda run: {"most": int(run.peaks.max())}, jobs=2)
    assert list(rows.column("most")) == [int(local(5).peaks.max()), 7]


def test_a_list_of_settings_is_played_as_it_stands() -> None:
    rows = sweep(orders, [{"rate": 10, "pollers": 2}, {"rate": 12, "pollers": 9}], jobs=1)
    assert [(row["rate"], row["pollers"]) for row in rows] == [(10, 2), (12, 9)]


def test_on_a_cluster_the_rows_are_the_same() -> None:
    distributed = pytest.importorskip("distributed", reason="the optional extra `cluster` (Dask) is not installed")
    # Only loopback addresses: the guard lets nothing else through.
    alone = {"host": "127.0.0.1", "protocol": "tcp", "dashboard_address": None}
    with (
        distributed.LocalCluster(n_workers=1, threads_per_worker=2, processes=False, **alone) as cluster,
        distributed.Client(cluster) as client,
    ):
        assert sweep(orders, GRID, on=client) == sweep(orders, GRID, jobs=1)


def test_how_far_it_is_is_shown_when_it_takes_long(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import waterline.progressbar

    monkeypatch.setattr(waterline.progressbar, "_PATIENCE", 0.0)
    monkeypatch.setattr(waterline.progressbar, "_REFRESH", 0.0)
    monkeypatch.delenv("WATERLINE_PROGRESS", raising=False)
    sweep(orders, GRID, jobs=1)
    assert "configurations played, 5 of 6" in capsys.readouterr().err
    monkeypatch.setenv("WATERLINE_PROGRESS", "off")
    sweep(orders, GRID, jobs=1)
    assert capsys.readouterr().err == ""


def test_what_cannot_be_swept_is_refused_in_a_sentence() -> None:
    with pytest.raises(ScenarioRefused, match=r"at least one value\.$"):
        sweep(orders, {"rate": [], "pollers": [1]}, jobs=1)
    with pytest.raises(ScenarioRefused, match=r"end it with `return simulate"):
        sweep(lambda rate: rate, {"rate": [1]}, jobs=1)  # type: ignore[arg-type,return-value]
    with pytest.raises(ScenarioRefused, match="No column is called 'p98'"):
        sweep(orders, {"rate": [5], "pollers": [1]}, jobs=1).column("p98")
