"""Thousands of configurations of one scenario: on all cores of this machine, or on a Dask cluster.

    def orders(rate: float, pollers: int) -> Run:
        return simulate(poisson(rate, 600), Queue(pollers=pollers), Function(lognormal(0.2)))

    rows = sweep(orders, {"rate": range(50, 500, 50), "pollers": [5, 10, 20, 50]})
    rows.column("p99")

Every configuration is played with the seed that the scenario gives it, so rows differ by their settings alone; where
they are played makes no difference to what comes out.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from waterline.progressbar import counted
from waterline.simulator.compiled import is_there
from waterline.simulator.draws import Floats
from waterline.simulator.mistakes import refused
from waterline.simulator.run import OUTCOMES, Run

Scenario: TypeAlias = Callable[..., Run]
Measure: TypeAlias = Callable[[Run], Mapping[str, float]]
Row: TypeAlias = dict[str, Any]

_MANY = 1 << 30


def measured(run: Run) -> dict[str, float]:
    """What a row holds unless something else is asked for: counts, latencies in seconds (NaN if no message was done),
    and the largest concurrency and backlog."""
    done = run.count("done") > 0
    return {
        **{outcome: run.count(outcome) for outcome in OUTCOMES if outcome != "undecided"},
        "p50": run.percentile(50) if done else float("nan"),
        "p99": run.percentile(99) if done else float("nan"),
        "concurrency": int(run.peaks.max()),
        "backlog": int(run.backlog.max()),
        "throttles": run.throttles,
        "invocations": run.invocations,
    }


@dataclass(frozen=True)
class Sweep:
    """A row for each configuration, in the order of the grid: its settings, and what was measured."""

    rows: tuple[Row, ...]

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def column(self, name: str) -> Floats:
        """One setting or one measure of all rows, as an array."""
        if name not in self.rows[0]:
            raise refused(f"No column is called {name!r}: there are {', '.join(self.rows[0])}.")
        return np.asarray([row[name] for row in self.rows])

    def where(self, **settings: Any) -> Sweep:
        """The rows with these settings."""
        return Sweep(tuple(row for row in self.rows if all(row[name] == value for name, value in settings.items())))


def sweep(
    scenario: Scenario,
    grid: Mapping[str, Iterable[Any]] | Sequence[Row],
    *,
    measure: Measure = measured,
    on: Any = None,
    jobs: int = -1,
) -> Sweep:
    """Play a scenario with every combination of the values of a grid, or with each of a list of settings.

    Parameters
    ----------
    scenario: takes the settings by name, and returns a run.
    measure: what of a run is kept; runs themselves are too large to be sent around by the thousand.
    on: a Dask client (``distributed.Client``); None: this machine, `jobs` processes (-1: one for each core).
    """
    settings = _settings(grid)
    if on is not None:
        # Waited for in their order: the last ones are there soon after the first.
        futures = on.map(_row, *zip(*((scenario, one, measure) for one in settings), strict=True), pure=False)
        rows: Iterable[Row] = (future.result() for future in futures)
    elif jobs == 1:
        rows = (_row(scenario, one, measure) for one in settings)
    else:
        from joblib import Parallel, delayed

        is_there(_MANY)  # compiled here once, and not in every process
        together = Parallel(n_jobs=jobs, return_as="generator")
        rows = together(delayed(_row)(scenario, one, measure) for one in settings)
    return Sweep(tuple(counted(rows, len(settings), "configurations played")))


def _settings(grid: Mapping[str, Iterable[Any]] | Sequence[Row]) -> list[Row]:
    if isinstance(grid, Mapping):
        values = [list(given) for given in grid.values()]
        found = [dict(zip(grid, one, strict=True)) for one in itertools.product(*values)] if grid else []
    else:
        found = [dict(one) for one in grid]
    if not found:
        raise refused("A sweep needs one configuration or more: give each setting at least one value.")
    return found


def _row(scenario: Scenario, settings: Row, measure: Measure) -> Row:
    run = scenario(**settings)
    if not isinstance(run, Run):
        raise refused(
            f"The scenario of a sweep returns a run, and not {run!r:.60}: end it with `return simulate(...)`."
        )
    return {**settings, **measure(run)}
