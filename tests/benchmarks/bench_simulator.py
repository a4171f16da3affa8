"""The capacity simulator: its loops against the same loops in C and against SimPy, and its cost by the message."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from in_c import COMPILER, in_c
from measure import Contender, Ratio, Work, race
from simpy_models import Draws, calls, calls_in_processes, queue, queue_in_processes

from waterline.simulator import Call, Event, Failures, Function, Queue, Stream, lognormal, poisson, simulate
from waterline.simulator.loops.layout import BEGAN, FAIL_BELOW
from waterline.simulator.scenario import Source
from waterline.simulator.world import Game, prepared

TITLE = "The capacity simulator (a million messages of the full model: each source, a limit, cold starts, failures)"
FULL, TINY = 1_000_000, 2_000
"""How many messages. SimPy gets a tenth, and is compared with the simulator on that tenth."""

_RATE = 450.0
_SERVERS = 50
_WORK = lognormal(0.1)
_FREE: dict[str, Any] = {"scaling": 1 << 20, "kept_idle": 1e6}
_HIDDEN = 30
_SOURCES: dict[str, tuple[Source, Function, Failures]] = {
    "calls": (Call(attempts=3), Function(_WORK, reserved=_SERVERS, cold_start=0.5), Failures(rate=0.05)),
    "events": (Event(), Function(_WORK, reserved=_SERVERS, cold_start=0.5), Failures(rate=0.05)),
    "a queue": (
        Queue(batch_size=1, maximum_concurrency=_SERVERS, visibility_timeout=_HIDDEN, max_receives=3),
        Function(_WORK, cold_start=0.5),
        Failures(rate=0.05),
    ),
    "a FIFO queue": (Queue(groups=1_000, max_receives=3), Function(_WORK, cold_start=0.5), Failures(rate=0.01)),
    "a stream": (Stream(shards=100, retries=3, bisects=True), Function(_WORK, cold_start=0.5), Failures(rate=0.001)),
}
_SIMPY: dict[str, tuple[Source, Function, Failures]] = {
    "calls": (Call(), Function(_WORK, reserved=_SERVERS, **_FREE), Failures()),
    "a queue": (
        Queue(batch_size=1, pollers=_SERVERS, visibility_timeout=_HIDDEN, retention=1e6),
        Function(_WORK, **_FREE),
        Failures(rate=0.05),
    ),
}


_SEED = 17
"""With which no call comes at the very microsecond at which the last server is given back: of two things at one time
SimPy does first what was scheduled first, and the simulator what arrives."""


def game(scenario: tuple[Source, Function, Failures], messages: int) -> Game:
    source, function, failures = scenario
    return prepared(poisson(_RATE, messages / _RATE), source, function, failures, None, seed=_SEED, bins=600)


@contextmanager
def played(
    scenario: tuple[Source, Function, Failures], messages: int, loop: Callable[..., None] | None, rest: dict[str, Any]
) -> Iterator[Work]:
    """One run of the loop; `loop`: another than the simulator's. All must leave the same arrays."""
    made = game(scenario, messages)
    yield lambda: (loop or made.loop.machine)(**made.arrays)
    for name in ("messages", "state", "curves"):
        assert np.array_equal(rest.setdefault(name, made.arrays[name]), made.arrays[name]), name


@contextmanager
def in_simpy(model: Callable[[Any, Draws], Any], scenario: Any, messages: int, rest: dict[str, Any]) -> Iterator[Work]:
    made = game(scenario, messages)
    draws = Draws(made.arrays["draws"], int(made.arrays["settings"][FAIL_BELOW]))
    starts: list[Any] = []
    yield lambda: starts.append(model(made.arrays["messages"][:, 0], draws))
    assert np.array_equal(rest["messages"][:, BEGAN], starts[0])


@contextmanager
def whole_runs(messages: int, times: int) -> Iterator[Work]:
    source, function, failures = _SOURCES["a queue"]

    def work() -> None:
        for _ in range(times):
            simulate(poisson(_RATE, messages / _RATE), source, function, failures, seed=7)

    work()  # the draws of a seed are made once
    yield work


_NUMPY = "import numpy"
_COLD = """
from waterline.simulator import Queue, Function, compiled, lognormal, poisson, simulate
compiled.complete = lambda: __import__("pathlib").Path("/there/is/none")  # no machine code yet, and none is begun
compiled._in_the_background = lambda: None
simulate(poisson(200, 50), Queue(), Function(lognormal(0.2)))
"""


@contextmanager
def process(program: str) -> Iterator[Work]:
    root = Path(__file__).parents[2]
    yield lambda: subprocess.run([sys.executable, "-c", program], check=True, cwd=root)


def run(messages: int, rounds: int) -> list[Ratio]:
    ratios = []
    for name, scenario in _SOURCES.items():
        game(scenario, 100).loop.machine(**game(scenario, 100).arrays)
        rest: dict[str, Any] = {}
        ours = f"the loop of {name}, {messages:,} messages"
        contenders: dict[str, Contender] = {ours: partial(played, scenario, messages, None, rest)}
        rivals = []
        if COMPILER is not None:
            rivals.append("the same loop in C (gcc -O2)")
            contenders[rivals[0]] = partial(played, scenario, messages, in_c(game(scenario, 100).loop.plain), rest)
        else:
            rivals.append("itself (there is no gcc here, so nothing in C)")
            contenders[rivals[0]] = contenders[ours]
        ratios += race(contenders, [(ours, rival) for rival in rivals], rounds)
    ratios += _against_simpy(messages // 10, rounds)
    ratios += _by_the_message(messages, rounds)
    cold, numpy = "a fresh process without machine code, to its first result (10,000 messages)", "to `import numpy`"
    fresh: dict[str, Contender] = {cold: partial(process, _COLD), numpy: partial(process, _NUMPY)}
    return ratios + race(fresh, [(cold, numpy)], rounds)


def _against_simpy(messages: int, rounds: int) -> list[Ratio]:
    models: dict[str, dict[str, Callable[..., Any]]] = {
        "calls": {
            "in callbacks": partial(calls, servers=_SERVERS),
            "in processes": partial(calls_in_processes, servers=_SERVERS),
        },
        "a queue": {
            "in callbacks": partial(queue, pollers=_SERVERS, hidden=_HIDDEN * 1_000_000),
            "in processes": partial(queue_in_processes, pollers=_SERVERS, hidden=_HIDDEN * 1_000_000),
        },
    }
    ratios = []
    for name, scenario in _SIMPY.items():
        rest: dict[str, Any] = {}
        ours = f"the loop of {name}, {messages:,} messages"
        contenders: dict[str, Contender] = {ours: partial(played, scenario, messages, None, rest)}
        for style, model in models[name].items():
            contenders[f"SimPy {style}, {name}"] = partial(in_simpy, model, scenario, messages, rest)
        ratios += race(contenders, [(rival, ours) for rival in contenders if rival != ours], rounds)
    return ratios


def _by_the_message(messages: int, rounds: int) -> list[Ratio]:
    few, many = messages // 100, messages * 10
    contenders: dict[str, Contender] = {
        f"`simulate`, {100:,} times {few:,} messages": partial(whole_runs, few, 100),
        f"`simulate`, once {messages:,} messages": partial(whole_runs, messages, 1),
    }
    first, second = contenders
    ratios = race(contenders, [(second, first)], rounds)
    larger: dict[str, Contender] = {
        f"`simulate`, 10 times {messages:,} messages": partial(whole_runs, messages, 10),
        f"`simulate`, once {many:,} messages": partial(whole_runs, many, 1),
    }
    first, second = larger
    return ratios + race(larger, [(second, first)], 1 if messages == FULL else rounds)
