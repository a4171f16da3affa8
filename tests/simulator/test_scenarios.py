"""Arrivals, curves, what a run says of itself, and what is refused."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from waterline.facts import facts
from waterline.pricing import bill, lambda_, sqs
from waterline.simulator import (
    OUTCOMES,
    Arrivals,
    Call,
    Downstream,
    Event,
    Failures,
    Function,
    Queue,
    Run,
    ScenarioRefused,
    Stream,
    burst,
    constant,
    curve,
    daily,
    exponentially,
    formulas,
    listed,
    lognormal,
    poisson,
    ramp,
    simulate,
    together,
)
from waterline.simulator.loops import layout

ROOT = Path(__file__).resolve().parents[2]


# -- arrivals ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arrivals", "expected"),
    [
        (constant(20, 100), 2_000),
        (poisson(20, 100), 2_000),
        (ramp(0, 40, 100), 2_000),
        (ramp(40, 0, 100), 2_000),
        (curve([(0, 10), (50, 30), (100, 20)]), 2_250),
        (daily(0.1, 0.3), 0.2 * 86_400),
        (burst(2_000, at=5, within=3), 2_000),
        (together(poisson(10, 100), constant(10, 100)), 2_000),
    ],
)
def test_as_many_come_as_the_rate_says_and_in_order(arrivals: Arrivals, expected: float) -> None:
    times = arrivals.times(3)
    assert times.size == pytest.approx(expected, abs=5 * expected**0.5)
    assert (np.diff(times) >= 0).all()
    assert np.array_equal(times, arrivals.times(3))


def test_a_rising_rate_brings_three_quarters_in_the_second_half() -> None:
    times = ramp(0, 400, 100).times(1)
    assert (times > 50_000_000).mean() == pytest.approx(0.75, abs=0.01)


def test_the_busiest_hour_is_where_it_was_put() -> None:
    hours = daily(0, 2, busiest=20).times(2) / 3_600e6
    counts = np.bincount(hours.astype(int), minlength=24)
    assert abs(int(counts.argmax()) - 20) <= 1
    assert counts[8] < counts[20] / 10


def test_another_rate_stretches_the_same_luck() -> None:
    slow, fast = poisson(10, 100).times(4), poisson(20, 50).times(4)
    assert np.array_equal(np.rint(slow / 2), np.rint(fast[: slow.size].astype(float)).astype(int)) or (
        np.abs(slow / 2 - fast[: slow.size]).max() <= 1
    )


# -- runs --------------------------------------------------------------------------------------------------------------

SOURCES = {
    "calls": Call(attempts=3, patience=1.5, budget=0.2, breaker=(20, 2.0), bucket=(300, 50)),
    "events": Event(),
    "queue": Queue(batch_size=7, max_receives=3, window=1),
    "fifo": Queue(groups=9, max_receives=3),
    "stream": Stream(shards=3, parallelization=2, bisects=True, retries=3, window=1),
    "stream that reports": Stream(shards=2, retries=3, reports_failures=True, maximum_age=60),
}


def run_of(name: str, seed: int = 1, rate: float = 60, downstream: Downstream | None = None) -> Run:
    function = Function(lognormal(0.3), cold_start=0.5, reserved=25, timeout=20)
    failures = Failures(rate=0.1, outage=(5, 9), poison=0.01)
    return simulate(poisson(rate, 30), SOURCES[name], function, failures, downstream, seed=seed)


def digest(run: Run) -> str:
    arrays = (run.arrivals, run.starts, run.ends, run.attempts, run.outcomes, run.counts)
    return hashlib.sha256(b"".join(np.ascontiguousarray(array).tobytes() for array in arrays)).hexdigest()


@pytest.mark.parametrize("name", SOURCES)
@given(seed=st.integers(0, 1_000), rate=st.floats(1, 200), connections=st.integers(1, 40))
@settings(max_examples=15, deadline=None)
def test_every_message_comes_to_one_end(name: str, seed: int, rate: float, connections: int) -> None:
    run = run_of(name, seed, rate, Downstream(connections, knee=5, slower=0.02))
    assert run.count("undecided") == 0
    assert sum(run.count(outcome) for outcome in OUTCOMES) == len(run)
    begun = run.starts >= 0
    assert (run.starts[begun] >= run.arrivals[begun]).all()
    assert (run.ends >= run.arrivals).all()
    assert run.counts[1].sum() <= run.invocations
    assert run.peaks.max() <= 25
    assert (run.concurrency >= 0).all() and (run.backlog >= 0).all()


@pytest.mark.parametrize("name", SOURCES)
def test_the_same_seed_gives_the_same_run_and_another_seed_another(name: str) -> None:
    assert digest(run_of(name)) == digest(run_of(name)) != digest(run_of(name, seed=2))


def test_compiled_or_not_the_numbers_are_the_same() -> None:
    program = (
        "import json, sys; sys.path.insert(0, 'tests/simulator'); "
        "from test_scenarios import SOURCES, digest, run_of; "
        "print(json.dumps({name: digest(run_of(name)) for name in SOURCES}))"
    )
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONPATH": str(ROOT)}
    said = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    assert json.loads(said.stdout) == {name: digest(run_of(name)) for name in SOURCES}


def test_a_run_tells_its_curves() -> None:
    run = simulate(burst(20), Queue(batch_size=1, pollers=2), Function(1.0))
    assert run.peaks.max() == 2
    assert run.count("done") == 20 and run.percentile(100) == 10 and run.percentile(50) == 5
    run = simulate(constant(10, 10), Queue(batch_size=1, pollers=2), Function(1.0), bins=10)
    assert run.bin == 990_000
    assert list(run.backlog[:3]) == [10, 18, 26]
    assert run.oldest[9] == pytest.approx(9.9 - 1.9, abs=0.2)
    assert repr(run) == "<100 messages: 100 done; 100 invocations, 0 throttles>"


def test_a_downstream_lets_so_many_work_and_the_others_wait() -> None:
    alone = simulate(burst(10), Call(), Function(1.0))
    behind = simulate(burst(10), Call(), Function(1.0), downstream=Downstream(2))
    assert alone.ends.max() == 1_000_000
    assert sorted(behind.ends.tolist()) == [second * 1_000_000 for second in (1, 2, 3, 4, 5) for _ in range(2)]


def test_a_downstream_over_its_knee_makes_everybody_slower() -> None:
    fine, slow = (
        simulate(constant(40, 20), Call(), Function(0.5), downstream=Downstream(50, knee=knee, slower=0.1))
        for knee in (40, 10)
    )
    assert fine.percentile(50) == 0.5 < slow.percentile(50)


def test_a_budget_and_a_breaker_spare_a_function_in_trouble() -> None:
    def invoked(**client: Any) -> int:
        call = Call(attempts=4, base=0.05, cap=0.2, **client)
        return simulate(poisson(50, 30), call, Function(0.1), Failures(outage=(5, 30))).invocations

    assert invoked(budget=0.1) < 0.6 * invoked()
    assert invoked(breaker=(10, 1.0)) < 0.6 * invoked()
    assert invoked(bucket=(20, 5)) < 0.6 * invoked()


def test_provisioned_environments_are_warm() -> None:
    def cold(provisioned: int) -> int:
        return simulate(burst(10), Call(), Function(0.1, cold_start=1, provisioned=provisioned)).cold_starts

    assert (cold(0), cold(4), cold(10)) == (10, 6, 0)


def test_an_environment_that_was_idle_for_long_is_cold_again() -> None:
    run = simulate(listed([0, 100, 500, 1_000]), Call(), Function(1, cold_start=2))
    assert run.cold_starts == 3
    assert (run.ends - run.arrivals).tolist() == [3_000_000, 1_000_000, 3_000_000, 3_000_000]


def test_reserved_zero_stops_a_function() -> None:
    run = simulate(poisson(10, 10), Call(), Function(0.1, reserved=0))
    assert run.count("refused") == len(run)


@pytest.mark.parametrize("source", [Call(), Event(), Queue(), Queue(groups=2), Stream()])
def test_a_message_at_the_very_beginning_is_played_like_any_other(source: Any) -> None:
    run = simulate(burst(3), source, Function(0.1))
    assert run.count("done") == 3


def test_a_batch_that_times_out_is_not_taken_for_one_that_reports() -> None:
    through = Stream(reports_failures=True, retries=2, batch_size=5)
    run = simulate(burst(5, at=0.1), through, Function(2.0, timeout=1), Failures(poison=[3]))
    assert run.count("dead") == 5 and list(run.attempts) == [3] * 5


def test_a_stream_lets_go_what_it_has_kept_long_enough() -> None:
    broken = Failures(outage=(0, 10_000))
    kept = simulate(constant(1, 20), Stream(retention=300), Function(0.1), broken)
    asked = simulate(constant(1, 20), Stream(retention=300, maximum_age=60), Function(0.1), broken)
    assert kept.count("expired") == asked.count("expired") == 20
    assert (kept.ends - kept.arrivals).min() > 300e6
    assert (asked.ends - asked.arrivals).max() < 200e6


# -- what it costs -----------------------------------------------------------------------------------------------------


def test_the_cost_of_a_run_is_its_bill() -> None:
    function = Function(0.1234, cold_start=0.5, memory=512)
    run = simulate(poisson(50, 60), Queue(batch_size=10, window=1), function, seed=3, bins=60)
    milliseconds = run.invocations * 124 + run.cold_starts * 500
    used = lambda_.Function(run.invocations, Decimal(milliseconds) * 512 / (1024 * 1000))
    receives = int(run.counts[layout.RECEIVED].sum())
    calls = sqs.Queue(sends=len(run), receives=receives, deletes=run.invocations)
    assert run.invocations <= receives
    assert run.cost == pytest.approx(float(bill(used, calls, free_tier=False).total), rel=1e-9)
    assert run.cost_per_minute[:60].min() > 0 and run.cost_per_minute[-1] == 0


def test_the_formula_of_the_cost_is_what_a_steady_run_costs() -> None:
    run = simulate(constant(100, 600), Call(), Function(0.2, memory=1024), bins=10)
    expected = formulas.cost_per_minute(100, 0.2, memory=1024)
    assert run.cost_per_minute[2:9] == pytest.approx(np.full(7, expected), rel=0.01)
    assert formulas.cost_per_minute(100, 0.2, memory=1024, batch=10) == pytest.approx(expected / 10)


def test_a_stream_costs_its_shards_even_when_nothing_comes() -> None:
    few, many = (simulate(burst(1, at=60), Stream(shards=shards), Function(0.1), bins=6) for shards in (1, 10))
    hour = 60 * (many.cost_per_minute[0] - few.cost_per_minute[0]) / 9
    assert hour == pytest.approx(float(facts["price.kinesis.shard_hour"].number))


# -- what is refused ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: poisson(0, 10),
        lambda: poisson(1e9, 1e9),
        lambda: burst(0),
        lambda: curve([(0, 1)]),
        lambda: listed([]),
        lambda: listed([-1.0]),
        lambda: lognormal(0),
        lambda: exponentially(-1),
        lambda: Function(0.1, reserved=-1),
        lambda: Function(0.1, reserved=10, provisioned=11),
        lambda: Function(0.1, timeout=0),
        lambda: Call(jitter="some"),  # type: ignore[arg-type]
        lambda: Call(attempts=0),
        lambda: Event(retries=3),
        lambda: Queue(batch_size=0),
        lambda: Queue(batch_size=11, groups=4),
        lambda: Queue(groups=4, window=1),
        lambda: Queue(maximum_concurrency=1),
        lambda: Stream(parallelization=11),
        lambda: Stream(retention=0),
        lambda: Function(0.1, memory=64),
        lambda: Failures(rate=1.1),
        lambda: Failures(outage=(5, 5)),
        lambda: Downstream(0),
        lambda: simulate(poisson(1, 10), Function(1), Call()),  # type: ignore[arg-type]
        lambda: simulate(constant(1, 5), Queue(groups=[1, 2]), Function(1)),
        lambda: simulate(constant(1, 5), Call(), Function(1), Failures(poison=[5])),
        lambda: simulate(constant(1, 5), Call(), Function(1), bins=0),
    ],
)
def test_what_cannot_be_is_refused_in_one_sentence(wrong: Any) -> None:
    with pytest.raises(ScenarioRefused, match=r"^[^\n]{15,200}\.$"):
        wrong()
