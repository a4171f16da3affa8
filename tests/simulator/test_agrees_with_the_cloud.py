"""The simulator and the lab cloud play the same scenarios, and come to the same end for every message."""

from __future__ import annotations

import pytest
from both import Scenario, differences, simulated, spread

from waterline.simulator import Call, Event, Failures, Function, Queue, Stream, burst, exponentially, listed, lognormal

FEW = listed(spread(40, 0.31))
MANY = listed(spread(120, 0.011))

SCENARIOS = {
    "calls": Scenario(FEW, Call(), Function(exponentially(0.4), timeout=60)),
    "calls over a reservation": Scenario(MANY, Call(), Function(0.25, reserved=5, timeout=60)),
    "calls with cold starts": Scenario(FEW, Call(), Function(0.5, cold_start=0.8, timeout=60)),
    "calls that fail": Scenario(FEW, Call(), Function(lognormal(0.3), timeout=60), Failures(rate=0.3)),
    "calls that time out": Scenario(FEW, Call(), Function(exponentially(1.0), timeout=1)),
    "a burst of calls": Scenario(burst(30), Call(), Function(0.5, reserved=20, timeout=9)),
    "events": Scenario(FEW, Event(), Function(exponentially(0.4), timeout=60)),
    "events that fail": Scenario(FEW, Event(), Function(lognormal(0.3), timeout=60), Failures(rate=0.4)),
    "events through an outage": Scenario(FEW, Event(), Function(0.2, timeout=60), Failures(outage=(2, 70))),
    "events over a reservation": Scenario(MANY, Event(), Function(1.7, reserved=3, timeout=60)),
    "events that grow too old": Scenario(
        MANY, Event(maximum_age=60), Function(20.0, reserved=3, timeout=60), Failures(rate=0.2)
    ),
    "events without retries": Scenario(FEW, Event(retries=0), Function(0.2, timeout=60), Failures(rate=0.5)),
    "a queue": Scenario(FEW, Queue(batch_size=1), Function(exponentially(0.4), timeout=20)),
    "a queue with batches": Scenario(MANY, Queue(batch_size=10), Function(lognormal(1.1), each=0.013, timeout=20)),
    "a queue with a window": Scenario(FEW, Queue(batch_size=8, window=2), Function(0.37, timeout=20)),
    "a queue that grows": Scenario(MANY, Queue(batch_size=1), Function(lognormal(2.3), timeout=30)),
    "a queue that grows and backs off": Scenario(
        listed(spread(300, 0.03)),
        Queue(batch_size=1, visibility_timeout=40),
        Function(lognormal(2.3), timeout=30),
        Failures(rate=0.25, outage=(3, 4)),
    ),
    "a queue with dead letters": Scenario(
        FEW, Queue(batch_size=1, max_receives=3), Function(0.41, timeout=20), Failures(rate=0.4)
    ),
    "a queue with a poison message": Scenario(
        FEW, Queue(batch_size=5, max_receives=4), Function(0.33, timeout=20), Failures(poison=(3, 17))
    ),
    "a queue that reports failures": Scenario(
        FEW,
        Queue(batch_size=5, max_receives=4, reports_failures=True),
        Function(0.33, timeout=20),
        Failures(poison=(3, 17), rate=0.1),
    ),
    "a queue through an outage": Scenario(
        FEW, Queue(batch_size=2, max_receives=5), Function(0.29, timeout=20), Failures(outage=(1, 45))
    ),
    "a queue with a maximum concurrency": Scenario(
        MANY, Queue(batch_size=1, maximum_concurrency=2), Function(exponentially(0.2), timeout=20)
    ),
    "a queue over a reservation": Scenario(
        MANY, Queue(batch_size=10, max_receives=9), Function(3.1, reserved=2, timeout=20)
    ),
    "a FIFO queue": Scenario(MANY, Queue(groups=7), Function(exponentially(0.4), timeout=20)),
    "a FIFO queue with poison": Scenario(
        MANY, Queue(groups=6, batch_size=3, max_receives=3), Function(0.17, timeout=20), Failures(poison=(10,))
    ),
    "a stream": Scenario(MANY, Stream(batch_size=20), Function(exponentially(0.4), timeout=20)),
    "a stream that fails": Scenario(
        FEW, Stream(batch_size=5, retries=6), Function(0.23, timeout=20), Failures(rate=0.1)
    ),
    "a stream with poison, bisected": Scenario(
        FEW, Stream(batch_size=16, retries=2, bisects=True), Function(0.31, timeout=20), Failures(poison=(9,))
    ),
    "a stream that reports failures": Scenario(
        FEW,
        Stream(batch_size=12, retries=3, reports_failures=True),
        Function(0.31, timeout=20),
        Failures(poison=(9, 20), rate=0.1),
    ),
    "a stream that reports failures and bisects": Scenario(
        FEW,
        Stream(batch_size=12, retries=1, bisects=True, reports_failures=True),
        Function(0.31, timeout=20),
        Failures(poison=(9, 20)),
    ),
    "a stream with a window": Scenario(FEW, Stream(batch_size=30, window=3), Function(0.31, timeout=20)),
    "a stream through an outage": Scenario(
        FEW, Stream(batch_size=4, maximum_age=60), Function(0.31, timeout=20), Failures(outage=(2, 100))
    ),
}


@pytest.mark.parametrize("name", SCENARIOS)
def test_both_tell_the_same(name: str) -> None:
    assert differences(SCENARIOS[name]) == []


def test_the_scenarios_are_of_many_kinds() -> None:
    ends = {name: {fate[3] for fate in simulated(scenario)} for name, scenario in SCENARIOS.items()}
    assert len(SCENARIOS) >= 20
    assert {"done", "dead", "expired", "refused"} <= set().union(*ends.values())
    assert ends["events that grow too old"] >= {"done", "expired"}
