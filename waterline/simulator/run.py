"""One run of a scenario, and what came out of it: arrays by message, and curves over time.

run = simulate(
    poisson(rate=200, seconds=600),
    Queue(batch_size=10, visibility_timeout=180, max_receives=3, maximum_concurrency=50),
    Function(duration=lognormal(0.2), cold_start=0.5),
    Failures(rate=0.02, outage=(60, 120)),
    seed=7,
)
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from waterline.simulator.arrivals import Arrivals
from waterline.simulator.costs import by_bin
from waterline.simulator.draws import Floats, Times
from waterline.simulator.loops import layout
from waterline.simulator.mistakes import refused
from waterline.simulator.mistakes import whole as check_whole
from waterline.simulator.scenario import Downstream, Failures, Function, Source
from waterline.simulator.world import prepared

SECOND = 1_000_000
OUTCOMES = ("undecided", "done", "dead", "expired", "refused")
"""What becomes of a message, by the number in `Run.outcomes`. Dead: failed too often. Refused: throttled too often."""

_BINS = 600


@dataclass(frozen=True)
class Run:
    """By message, in the order of their arrival: when each came, when its first attempt began and its last one ended
    (microseconds; -1: never), its `attempts`, and what became of it (`OUTCOMES`)."""

    arrivals: Times
    starts: Times
    ends: Times
    attempts: Times
    outcomes: Times
    through: Source
    function: Function
    bin: int
    counts: Times
    throttles: int
    cold_starts: int
    invocations: int
    """`counts`: the rows of the curves in `layout`, a column for each `bin` microseconds."""

    def __len__(self) -> int:
        return int(self.arrivals.size)

    def count(self, outcome: str) -> int:
        """How many messages ended so."""
        return int(np.count_nonzero(self.outcomes == OUTCOMES.index(outcome)))

    @property
    def latencies(self) -> Floats:
        """Seconds from arrival to end, of the messages that were done."""
        done = self.outcomes == layout.DONE
        return np.asarray((self.ends[done] - self.arrivals[done]) / SECOND)

    @property
    def waits(self) -> Floats:
        """Seconds from arrival to the beginning of the first attempt, of the messages that were begun."""
        begun = self.starts >= 0
        return np.asarray((self.starts[begun] - self.arrivals[begun]) / SECOND)

    def percentile(self, percent: float) -> float:
        """Of the latencies, in seconds; the nearest rank."""
        latencies = self.latencies
        if latencies.size == 0:
            raise refused("No message was done, so there is no latency to speak of.")
        rank = max(int(np.ceil(percent / 100 * latencies.size)) - 1, 0)
        return float(np.partition(latencies, rank)[rank])

    # -- curves ------------------------------------------------------------------------------------------------------

    @property
    def seconds(self) -> Floats:
        """The ends of the bins."""
        return np.asarray((np.arange(self.counts.shape[1]) + 1) * (self.bin / SECOND))

    @cached_property
    def concurrency(self) -> Times:
        """How many invocations run at the end of each bin; their largest number within it is `peaks`."""
        return np.asarray(np.cumsum(self.counts[layout.BEGUN] - self.counts[layout.ENDED]))

    @property
    def peaks(self) -> Times:
        return np.asarray(np.maximum(self.counts[layout.HIGHEST], np.concatenate([[0], self.concurrency[:-1]])))

    @cached_property
    def backlog(self) -> Times:
        """How many messages have come and are not decided, at the end of each bin."""
        return np.asarray(np.cumsum(self.counts[layout.ARRIVED] - self.counts[layout.FINISHED]))

    @property
    def throttled(self) -> Times:
        """How many attempts were throttled, bin by bin."""
        return np.asarray(self.counts[layout.THROTTLED])

    @cached_property
    def cost_per_minute(self) -> Floats:
        """USD a minute, bin by bin, without free tier: of the function, and of the queue or stream before it."""
        return np.asarray(by_bin(self.counts, self.bin, self.through, self.function) * (60 * SECOND / self.bin))

    @property
    def cost(self) -> float:
        """USD in all. What happens after the last bin is in it but for the requests and the hours."""
        return float(self.cost_per_minute.sum() * self.bin / (60 * SECOND))

    @cached_property
    def oldest(self) -> Floats:
        """The age in seconds of the oldest message that is not decided, at the end of each bin."""
        never = np.where(self.outcomes == layout.UNDECIDED, layout.NEVER, self.ends)
        latest = np.maximum.accumulate(never)
        at = np.rint(self.seconds * SECOND).astype(np.int64)
        first = np.searchsorted(latest, at, side="right")
        there = (first < len(self)) & (self.backlog > 0)
        ages = at - self.arrivals[np.minimum(first, len(self) - 1)]
        return np.asarray(np.where(there, np.maximum(ages, 0), 0) / SECOND)

    def __repr__(self) -> str:
        told = ", ".join(f"{self.count(name):,} {name}" for name in OUTCOMES if self.count(name))
        return f"<{len(self):,} messages: {told}; {self.invocations:,} invocations, {self.throttles:,} throttles>"


def simulate(
    arrivals: Arrivals,
    through: Source,
    function: Function,
    failures: Failures | None = None,
    downstream: Downstream | None = None,
    *,
    seed: int = 0,
    bins: int = _BINS,
) -> Run:
    """Play a scenario to its end. Exact for a seed, on every machine, compiled or not.

    `bins`: into how many columns the time from the first arrival to the last is cut for the curves; they go on until
    twice that time. Raises ScenarioRefused, in one sentence.
    """
    for value, kind in ((arrivals, Arrivals), (through, Source), (function, Function)):
        if not isinstance(value, kind):
            raise refused(f"simulate takes arrivals, a source and a function in this order, and not {value!r:.60}.")
    check_whole("bins", bins, 1, 100_000)
    game = prepared(arrivals, through, function, failures or Failures(), downstream, seed=seed, bins=bins)
    game.loop(**game.arrays)
    messages, state = game.arrays["messages"], game.arrays["state"]
    return Run(
        arrivals=messages[:, layout.CAME],
        starts=messages[:, layout.BEGAN],
        ends=messages[:, layout.OVER],
        attempts=messages[:, layout.ATTEMPTS],
        outcomes=messages[:, layout.OUTCOME],
        through=through,
        function=function,
        bin=int(game.arrays["settings"][layout.BIN]),
        counts=game.arrays["curves"],
        throttles=int(state[layout.THROTTLES]),
        cold_starts=int(state[layout.COLD_STARTS]),
        invocations=int(state[layout.INVOCATIONS]),
    )
