"""What a scenario is made of: how messages reach the function, the function, what fails, and what stands behind it.

Times are seconds. What is not said is as on AWS (``waterline facts``): defaults come from the facts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

import numpy as np

from waterline.facts import facts
from waterline.simulator.draws import Floats, Times, exponential, normal
from waterline.simulator.mistakes import not_negative, positive, refused, share, whole

_SCALING = facts["lambda.scaling_rate"]
_AGE = facts["lambda.async_event_age_default"].seconds
_RETENTION = facts["sqs.retention_default"].seconds
_STREAM_RETENTION = facts["kinesis.retention_default"].seconds


@dataclass(frozen=True)
class Duration:
    """How long an invocation works. `times(seed, count)` draws so many durations, in microseconds."""

    words: str
    mean: float
    times: Callable[[int, int], Times] = field(repr=False)


def fixed(seconds: float) -> Duration:
    """Always the same."""
    not_negative("seconds", seconds)
    return Duration(f"{seconds:g} s", seconds, lambda seed, count: _whole(np.full(count, seconds)))


def exponentially(mean: float) -> Duration:
    """Exponentially distributed: most are short, a few much longer."""
    positive("mean", mean)
    return Duration(
        f"{mean:g} s on average, exponential",
        mean,
        lambda seed, count: _whole(mean * exponential(seed, "durations", count)),
    )


def lognormal(mean: float, variation: float = 1.0) -> Duration:
    """As measured durations often are; `variation`: standard deviation over mean."""
    positive("mean", mean)
    positive("variation", variation)
    return Duration(
        f"{mean:g} s on average, lognormal (variation {variation:g})",
        mean,
        lambda seed, count: _lognormal(mean, variation, seed, count),
    )


@lru_cache(maxsize=2)  # a control that does not turn the duration finds it here
def _lognormal(mean: float, variation: float, seed: int, count: int) -> Times:
    spread = np.sqrt(np.log1p(variation**2))
    durations = _whole(mean * np.exp(spread * normal(seed, "durations", count) - spread**2 / 2))
    durations.flags.writeable = False
    return durations


def _whole(seconds: Floats) -> Times:
    return np.asarray(np.rint(seconds * 1_000_000), dtype=np.int64)


@dataclass(frozen=True)
class Function:
    """`duration` of an invocation (a number: always the same) and `each` message of its batch on top; `cold_start`: how
    long a new environment takes; `reserved` and `account`: how many may run at once; `scaling`: how many environments
    may be made in ten seconds; `memory`: MB, for what it costs."""

    duration: Duration | float
    each: float = 0.0
    cold_start: float = 0.0
    timeout: float = facts["lambda.timeout_max"].seconds
    reserved: int | None = None
    provisioned: int = 0
    account: int = facts["lambda.account_concurrency_default"].count
    scaling: int = _SCALING.count
    kept_idle: float = 360.0
    memory: int = facts["lambda.memory_default"].count

    def __post_init__(self) -> None:
        not_negative("each", self.each)
        not_negative("cold_start", self.cold_start)
        positive("timeout", self.timeout)
        positive("kept_idle", self.kept_idle)
        whole("account", self.account, 1, 1 << 20)
        whole("memory", self.memory, facts["lambda.memory_min"].count, facts["lambda.memory_max"].count)
        whole("scaling", self.scaling, 1)
        if self.reserved is not None:
            whole("reserved", self.reserved, 0, self.account)
        whole("provisioned", self.provisioned, 0, self.limit)

    @property
    def limit(self) -> int:
        return self.account if self.reserved is None else self.reserved

    @property
    def drawn(self) -> Duration:
        return self.duration if isinstance(self.duration, Duration) else fixed(self.duration)


Jitter = Literal["none", "full", "equal", "decorrelated"]


@dataclass(frozen=True)
class Call:
    """Somebody calls and waits, at most `patience` seconds. After a failure or a throttle the client tries again, up to
    `attempts` in all, after `base` seconds, twice as many and so on up to `cap`, with `jitter`.

    `budget`: retries may be at most this share of the answers; `breaker`: after so many failures in a row nobody calls
    for so many seconds; `bucket`: the client itself lets out so many calls a second, so many at once.
    """

    attempts: int = 1
    base: float = 0.1
    cap: float = 20.0
    jitter: Jitter = "full"
    patience: float | None = None
    budget: float | None = None
    breaker: tuple[int, float] | None = None
    bucket: tuple[float, int] | None = None

    def __post_init__(self) -> None:
        whole("attempts", self.attempts, 1, 1000)
        positive("base", self.base)
        positive("cap", self.cap)
        if self.jitter not in ("none", "full", "equal", "decorrelated"):
            raise refused(f"jitter={self.jitter!r} is none of none, full, equal, decorrelated.")
        if self.patience is not None:
            positive("patience", self.patience)
        if self.budget is not None:
            share("budget", self.budget)
        if self.breaker is not None:
            whole("breaker[0]", self.breaker[0], 1)
            positive("breaker[1]", self.breaker[1])
        if self.bucket is not None:
            positive("bucket[0]", self.bucket[0])
            whole("bucket[1]", self.bucket[1], 1)


@dataclass(frozen=True)
class Event:
    """Somebody sends an event and goes; the function's asynchronous queue tries up to `retries` times more."""

    retries: int = facts["lambda.async_retries_default"].count
    maximum_age: float = _AGE

    def __post_init__(self) -> None:
        whole("retries", self.retries, 0, len(facts["lambda.async_retry_waits"].numbers))
        positive("maximum_age", self.maximum_age)


@dataclass(frozen=True)
class Queue:
    """A queue and a mapping that polls it. `groups`: a FIFO queue, whose messages belong to so many groups in turn, or
    to the groups of a list. `pollers`: how many there are from the beginning; None: as on AWS, five and more."""

    batch_size: int = facts["esm.sqs_batch_default"].count
    window: float = 0.0
    visibility_timeout: float = facts["sqs.visibility_default"].seconds
    max_receives: int | None = None
    maximum_concurrency: int | None = None
    reports_failures: bool = False
    retention: float = _RETENTION
    groups: int | Sequence[int] | None = None
    pollers: int | None = None

    def __post_init__(self) -> None:
        fifo = self.groups is not None
        whole("batch_size", self.batch_size, 1, facts["esm.sqs_fifo_batch_max"].count if fifo else 10_000)
        not_negative("window", self.window)
        if fifo and self.window:
            raise refused("A FIFO queue's mapping has no batching window: leave window out.")
        positive("visibility_timeout", self.visibility_timeout)
        positive("retention", self.retention)
        if self.max_receives is not None:
            whole("max_receives", self.max_receives, 1)
        if self.maximum_concurrency is not None:
            low, high = (int(number) for number in facts["esm.sqs_max_concurrency_range"].numbers)
            whole("maximum_concurrency", self.maximum_concurrency, low, high)
        if self.pollers is not None:
            whole("pollers", self.pollers, 1, 1 << 20)
        if isinstance(self.groups, int):
            whole("groups", self.groups, 1)


@dataclass(frozen=True)
class Stream:
    """A stream and a mapping that reads it. `keys`: the records belong to so many keys in turn, or to those of a list;
    a key's records are in order, in one lane of one shard. `retries` and `maximum_age` None: until `retention` is over.
    `reports_failures`: what stands before the first record that failed is done with, and not tried again."""

    shards: int = 1
    parallelization: int = 1
    keys: int | Sequence[int] | None = None
    batch_size: int = facts["esm.stream_batch_default"].count
    window: float = 0.0
    retries: int | None = None
    maximum_age: float | None = None
    retention: float = _STREAM_RETENTION
    bisects: bool = False
    reports_failures: bool = False

    def __post_init__(self) -> None:
        whole("shards", self.shards, 1)
        low, high = (int(number) for number in facts["esm.parallelization_range"].numbers)
        whole("parallelization", self.parallelization, low, high)
        whole("batch_size", self.batch_size, 1, 10_000)
        not_negative("window", self.window)
        positive("retention", self.retention)
        if self.maximum_age is not None:
            positive("maximum_age", self.maximum_age)
        if self.retries is not None:
            whole("retries", self.retries, 0)
        if isinstance(self.keys, int):
            whole("keys", self.keys, 1)


Source = Call | Event | Queue | Stream


@dataclass(frozen=True)
class Failures:
    """`rate`: the share of attempts that fail; `outage`: all that begin between these seconds do; `poison`: the
    messages (by number) that always fail, or their share."""

    rate: float = 0.0
    outage: tuple[float, float] | None = None
    poison: float | Sequence[int] = 0.0

    def __post_init__(self) -> None:
        share("rate", self.rate)
        if self.outage is not None and not 0 <= self.outage[0] < self.outage[1]:
            raise refused(f"outage={self.outage!r} must be two seconds, the second one later.")
        if isinstance(self.poison, int | float):
            share("poison", self.poison)


@dataclass(frozen=True)
class Downstream:
    """What the function works with: every invocation holds one of so many `connections` while it works, and waits for
    one. More than `knee` at once make each other slower, each by the share `slower` of its work."""

    connections: int
    knee: int | None = None
    slower: float = 0.0

    def __post_init__(self) -> None:
        whole("connections", self.connections, 1)
        not_negative("slower", self.slower)
        if self.knee is not None:
            whole("knee", self.knee, 1)
