"""What the simulator measures is what queueing theory says, and what a SimPy model of the same draws does.

Tolerances are several standard errors of the runs; seeds are fixed, so a test passes or fails for good.
"""

from __future__ import annotations

import heapq

import numpy as np
import pytest
import simpy

from waterline.simulator import (
    Call,
    Duration,
    Failures,
    Function,
    Queue,
    Run,
    burst,
    constant,
    exponentially,
    fixed,
    formulas,
    listed,
    lognormal,
    poisson,
    simulate,
)
from waterline.simulator.draws import table_of

FREE = {"scaling": 1 << 20, "kept_idle": 1e6}
"""No cold starts and no limit to growth: only the servers count."""


def blocked(rate: float, duration: Duration, servers: int, seconds: float, seed: int = 1) -> float:
    run = simulate(poisson(rate, seconds), Call(), Function(duration, reserved=servers, **FREE), seed=seed)
    return run.count("refused") / len(run)


def queued(rate: float, duration: Duration, servers: int, seconds: float, seed: int = 1) -> Run:
    through = Queue(batch_size=1, pollers=servers, visibility_timeout=1e6, retention=1e6)
    return simulate(poisson(rate, seconds), through, Function(duration, **FREE), seed=seed)


@pytest.mark.parametrize(("load", "servers"), [(4, 5), (8, 10), (40, 50), (45, 50), (200, 220)])
def test_the_share_of_lost_calls_is_erlang_b(load: int, servers: int) -> None:
    expected = formulas.erlang_b(load, servers)
    assert blocked(load / 0.1, exponentially(0.1), servers, 40_000 / load) == pytest.approx(expected, abs=0.006)


@pytest.mark.parametrize("duration", [fixed(0.1), lognormal(0.1, 1.0), lognormal(0.1, 2.0)])
def test_how_durations_are_distributed_does_not_matter_to_erlang_b(duration: Duration) -> None:
    assert blocked(400, duration, 50, 1_500) == pytest.approx(formulas.erlang_b(40, 50), abs=0.004)


@pytest.mark.parametrize(("load", "servers"), [(3, 5), (8, 10), (45, 50)])
def test_waiting_is_erlang_c(load: int, servers: int) -> None:
    run = queued(load / 0.1, exponentially(0.1), servers, 60_000 / load)
    waits = run.waits[len(run) // 10 :]
    assert (waits > 0).mean() == pytest.approx(formulas.erlang_c(load, servers), abs=0.025)
    assert waits.mean() == pytest.approx(formulas.mean_wait(load / 0.1, 0.1, servers), rel=0.12)
    longer = formulas.waits_longer(load / 0.1, 0.1, servers, 0.05)
    assert (waits > 0.05).mean() == pytest.approx(longer, abs=0.025)


@pytest.mark.parametrize("load", [0.5, 0.8])
@pytest.mark.parametrize(
    ("duration", "variation"), [(fixed(0.1), 0), (exponentially(0.1), 1), (lognormal(0.1, 1.5), 1.5)]
)
def test_one_server_waits_as_pollaczek_and_khinchine_say(load: float, duration: Duration, variation: float) -> None:
    run = queued(load / 0.1, duration, 1, 40_000)
    expected = formulas.mean_wait_of_one(load / 0.1, 0.1, variation)
    assert run.waits.mean() == pytest.approx(expected, rel=0.08)


def test_littles_law_holds_to_rounding() -> None:
    run = queued(90, lognormal(0.1), 10, 2_000)
    changes = np.concatenate([run.arrivals, run.ends])
    steps = np.concatenate([np.ones(len(run)), -np.ones(len(run))])
    order = np.argsort(changes, kind="stable")
    inside = np.cumsum(steps[order])[:-1]
    area = float((inside * np.diff(changes[order])).sum())
    time = float(run.ends.max() - run.arrivals.min())
    mean_inside, rate = area / time, len(run) / time
    assert mean_inside == pytest.approx(rate * float((run.ends - run.arrivals).mean()), rel=1e-9)


def test_concurrency_is_rate_times_duration() -> None:
    run = simulate(poisson(500, 600), Call(), Function(lognormal(0.1), **FREE), seed=3)
    assert run.concurrency[60:600].mean() == pytest.approx(formulas.concurrency(500, 0.1), rel=0.02)


@pytest.mark.parametrize("servers", [1, 3, 20])
def test_a_queue_starts_its_messages_when_simpy_does(servers: int) -> None:
    seed, duration = 5, lognormal(0.2)
    run = queued(servers * 4.6, duration, servers, 600, seed=seed)
    works = duration.times(seed, table_of(len(run)))
    starts = np.zeros(len(run), dtype=np.int64)
    environment = simpy.Environment()
    resource = simpy.Resource(environment, servers)

    def customer(number: int, at: int) -> object:
        yield environment.timeout(at)
        with resource.request() as turn:
            yield turn
            starts[number] = environment.now
            yield environment.timeout(int(works[number]))

    for number, at in enumerate(run.arrivals):
        environment.process(customer(number, int(at)))  # type: ignore[arg-type]
    environment.run()
    assert np.array_equal(run.starts, starts)


def test_a_queue_with_failures_attempts_as_often_as_the_geometric_law_says() -> None:
    through = Queue(batch_size=1, max_receives=3, visibility_timeout=30)
    run = simulate(constant(100, 1_000), through, Function(0.1), Failures(rate=0.3), seed=2)
    assert run.count("dead") / len(run) == pytest.approx(0.3**3, abs=0.002)
    assert run.attempts.mean() == pytest.approx(1 + 0.3 + 0.3**2, abs=0.01)


def test_a_burst_gets_a_thousand_environments_and_a_hundred_more_each_second() -> None:
    instants = [0.0] * 4_000 + [1.0] * 4_000
    run = simulate(listed(instants), Call(), Function(60, account=20_000))
    done = run.outcomes == 1
    assert (done[:4_000].sum(), done[4_000:].sum()) == (1_000, 100)


def test_jitter_is_as_the_architecture_blog_found_it() -> None:
    """Marc Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog (2015): a hundred clients, one resource."""

    def contended(jitter: str, cap: float = 2.0) -> tuple[float, float]:
        runs = [
            simulate(
                burst(100),
                Call(attempts=1_000, base=min(0.005, cap), cap=cap, jitter=jitter),  # type: ignore[arg-type]
                Function(lognormal(0.010, 0.2), reserved=1, **FREE),
                seed=seed,
            )
            for seed in range(12)
        ]
        return float(np.mean([run.attempts.sum() for run in runs])), float(np.mean([run.ends.max() for run in runs]))

    never = contended("none", cap=0.010)
    backoff, full = contended("none"), contended("full")
    equal, decorrelated = contended("equal"), contended("decorrelated")
    assert never[0] > backoff[0] > 2 * max(full[0], equal[0], decorrelated[0])
    assert never[1] < decorrelated[1] < full[1] < equal[1] < backoff[1] / 10
    assert decorrelated[0] > full[0]


def test_retries_multiply_what_a_downstream_in_trouble_gets() -> None:
    """A client without patience asks again for what is still being worked on."""
    calm = simulate(poisson(90, 60), Call(), Function(0.1, reserved=10), seed=4)
    storm = simulate(
        poisson(90, 60), Call(attempts=5, patience=0.09, base=0.01, cap=0.02), Function(0.1, reserved=10), seed=4
    )
    assert storm.invocations > 1.05 * calm.invocations
    assert storm.count("done") == 0


def test_a_server_more_delays_nobody() -> None:
    few, more = (queued(45, lognormal(0.2), servers, 500, seed=9) for servers in (10, 11))
    assert (more.starts <= few.starts).all()
    assert more.starts.sum() < few.starts.sum()


def test_the_waits_are_those_of_kiefer_and_wolfowitz() -> None:
    run = queued(45, lognormal(0.2), 10, 300, seed=6)
    works = lognormal(0.2).times(6, table_of(len(run)))
    free = [0] * 10
    for number, at in enumerate(run.arrivals):
        start = max(int(at), free[0])
        heapq.heapreplace(free, start + int(works[number]))
        assert run.starts[number] == start
