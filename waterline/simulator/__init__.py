"""The capacity simulator: what happens to a million messages, in a blink.

The lab cloud shows one message at a time and runs real code; this shows rates, backlogs and limits, and runs none. Both
follow the same rules, and give the same starts, ends, attempts and outcomes where both can play.

Words
-----
scenario
    arrivals, how they reach the function, the function, what fails, what stands behind it.
run
    what came out: arrays by message, and curves over time.
"""

from waterline.simulator.arrivals import Arrivals, burst, constant, curve, daily, listed, poisson, ramp, together
from waterline.simulator.mistakes import ScenarioRefused
from waterline.simulator.run import OUTCOMES, Run, simulate
from waterline.simulator.scenario import (
    Call,
    Downstream,
    Duration,
    Event,
    Failures,
    Function,
    Queue,
    Stream,
    exponentially,
    fixed,
    lognormal,
)
from waterline.simulator.sweep import Sweep, measured, sweep

__all__ = [
    "OUTCOMES",
    "Arrivals",
    "Call",
    "Downstream",
    "Duration",
    "Event",
    "Failures",
    "Function",
    "Queue",
    "Run",
    "ScenarioRefused",
    "Stream",
    "Sweep",
    "burst",
    "constant",
    "curve",
    "daily",
    "exponentially",
    "fixed",
    "listed",
    "lognormal",
    "measured",
    "poisson",
    "ramp",
    "simulate",
    "sweep",
    "together",
]
