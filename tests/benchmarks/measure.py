"""How a benchmark is measured: contenders side by side in one run, round by round, and the ratio between them.

A *contender* is a context manager that prepares its work and yields it; only the work is timed. In every round each
contender works once, in turn, so that whatever slows the machine down slows all of them. A *ratio* is the median over
the rounds of one contender's time divided by its rival's in the same round; beside it stand the lowest and the highest.
"""

from __future__ import annotations

import gc
import os
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

Work = Callable[[], object]
Contender = Callable[[], AbstractContextManager[Work]]


@dataclass(frozen=True)
class Ratio:
    """How often one contender's time holds the other's, in processor time and in wall time: low, median, high.

    `cpu` None: the rival works in processes that are not ours to measure.
    """

    what: str
    rival: str
    cpu: tuple[float, float, float] | None
    wall: tuple[float, float, float]

    def row(self) -> str:
        cpu = "-" if self.cpu is None else _spread(self.cpu)
        return f"| {self.what} | {self.rival} | {cpu} | {_spread(self.wall)} |"


@dataclass(frozen=True)
class Missing:
    """A comparison that could not be made here, and why."""

    what: str
    rival: str
    why: str

    def row(self) -> str:
        return f"| {self.what} | {self.rival} | {self.why} | |"


HEAD = "| what | against | processor time | wall time |\n|---|---|---|---|"


def race(contenders: Mapping[str, Contender], pairs: Sequence[tuple[str, str]], rounds: int) -> list[Ratio]:
    """Let all contenders work once in each round, and compare the pairs (what, rival)."""
    cpu: dict[str, list[float]] = {name: [] for name in contenders}
    wall: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, contender in contenders.items():
            with contender() as work:
                gc.collect()
                began, began_cpu = time.perf_counter(), _processor_time()
                work()
                wall[name].append(time.perf_counter() - began)
                cpu[name].append(_processor_time() - began_cpu)
    return [
        Ratio(what, rival, _ratios(cpu[what], cpu[rival]), _ratios(wall[what], wall[rival])) for what, rival in pairs
    ]


def _processor_time() -> float:
    """Of this process and of its children that have ended."""
    children = os.times()
    return time.process_time() + children.children_user + children.children_system


def _ratios(times: Sequence[float], rivals: Sequence[float]) -> tuple[float, float, float]:
    smallest = 1e-6  # a contender that costs nothing the clock can see
    ratios = [max(ours, smallest) / max(theirs, smallest) for ours, theirs in zip(times, rivals, strict=True)]
    return min(ratios), statistics.median(ratios), max(ratios)


def _spread(ratio: tuple[float, float, float]) -> str:
    low, middle, high = ratio
    return f"**{middle:.2g}** ({low:.2g} to {high:.2g})"
