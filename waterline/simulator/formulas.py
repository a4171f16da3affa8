"""The formulas beside the simulator: what theory says of the same scenario.

Rates are per second, times in seconds. Sources: Leonard Kleinrock, "Queueing Systems", volume 1 (1975), for Erlang B
and C, M/D/1 and Pollaczek-Khinchine; John D. C. Little, "A Proof for the Queuing Formula: L = lambda W" (1961); the two
throughput formulas are those of AWS's talk "Serverless Streams, Topics, Queues, & APIs!" (2018).
"""

from __future__ import annotations

import math

from waterline.simulator.costs import per_minute as cost_per_minute
from waterline.simulator.mistakes import not_negative, positive, whole

__all__ = [
    "concurrency",
    "cost_per_minute",
    "drain_time",
    "erlang_b",
    "erlang_c",
    "mean_wait",
    "mean_wait_of_one",
    "processing_rate",
    "stream_rate",
    "waits_longer",
]


def concurrency(rate: float, duration: float) -> float:
    """Little's law: how many are at work on average, whatever the distributions."""
    not_negative("rate", rate)
    not_negative("duration", duration)
    return rate * duration


def erlang_b(load: float, servers: int) -> float:
    """The share of calls that find all servers busy and are lost. `load`: rate times duration."""
    not_negative("load", load)
    whole("servers", servers, 0)
    lost = 1.0
    for number in range(1, servers + 1):
        lost = load * lost / (number + load * lost)
    return lost


def erlang_c(load: float, servers: int) -> float:
    """The share of calls that must wait when none is lost; 1 when the load is the servers' number or more."""
    whole("servers", servers, 1)
    if load >= servers:
        return 1.0
    lost = erlang_b(load, servers)
    return lost / (1 - load / servers * (1 - lost))


def mean_wait(rate: float, duration: float, servers: int) -> float:
    """The mean wait before `servers` with exponential durations (M/M/c); infinite when they cannot keep up."""
    load = concurrency(rate, duration)
    if load >= servers:
        return math.inf
    return erlang_c(load, servers) * duration / (servers - load)


def waits_longer(rate: float, duration: float, servers: int, than: float) -> float:
    """The share of calls that wait longer than so many seconds (M/M/c)."""
    load = concurrency(rate, duration)
    not_negative("than", than)
    if load >= servers:
        return 1.0
    return erlang_c(load, servers) * math.exp(-(servers - load) * than / duration)


def mean_wait_of_one(rate: float, duration: float, variation: float) -> float:
    """Pollaczek-Khinchine: the mean wait before one server (M/G/1). `variation`: standard deviation over mean.

    0 is M/D/1 (a shard whose batches take equally long), 1 is M/M/1.
    """
    load = concurrency(rate, duration)
    not_negative("variation", variation)
    if load >= 1:
        return math.inf
    return load * duration * (1 + variation**2) / (2 * (1 - load))


def processing_rate(concurrent: float, duration: float) -> float:
    """Events a second of everything but streams: concurrency over duration."""
    not_negative("concurrent", concurrent)
    positive("duration", duration)
    return concurrent / duration


def stream_rate(shards: int, batch: float, duration: float, *, attempts: float = 1, lanes: int = 1) -> float:
    """Of a stream: shards times batch (records, or bytes) over duration, over how often a batch is tried."""
    whole("shards", shards, 1)
    whole("lanes", lanes, 1)
    positive("batch", batch)
    positive("duration", duration)
    positive("attempts", attempts)
    return shards * lanes * batch / (duration * attempts)


def drain_time(backlog: float, arriving: float, leaving: float) -> float:
    """Seconds until a backlog is gone; infinite when as many arrive as leave, or more."""
    not_negative("backlog", backlog)
    not_negative("arriving", arriving)
    not_negative("leaving", leaving)
    if backlog == 0:
        return 0.0
    return backlog / (leaving - arriving) if leaving > arriving else math.inf
