"""SimPy models of what the simulator plays, on the same draws: in callbacks, SimPy's fastest way, and in processes.

Each returns the first start of every message; the benchmark asserts that they are those of the simulator.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import simpy

from waterline.simulator.loops.layout import STRIDE

Times = Any


class Draws:
    """Durations and failures by message and attempt."""

    def __init__(self, draws: Times, below: int) -> None:
        self._durations, self._numbers = draws[0].tolist(), draws[1].tolist()
        self._mask, self._below = len(self._durations) - 1, below

    def duration(self, message: int, attempt: int) -> int:
        number: int = self._durations[(message + (attempt - 1) * STRIDE) & self._mask]
        return number

    def fails(self, message: int, attempt: int) -> bool:
        return bool(self._numbers[(message + attempt * STRIDE) & self._mask] < self._below)


def _call_after(environment: simpy.Environment, delay: int, act: Callable[[Any], None], value: object) -> None:
    timeout = environment.timeout(delay, value)
    assert timeout.callbacks is not None
    timeout.callbacks.append(lambda event: act(event.value))


def calls(arrivals: Times, draws: Draws, servers: int) -> Times:
    """Calls that find a server or are lost, in callbacks."""
    environment, starts, running = simpy.Environment(), np.full(arrivals.size, -1, dtype=np.int64), 0
    gaps = np.diff(arrivals, append=arrivals[-1]).tolist()

    def arrive(message: int) -> None:
        nonlocal running
        if running < servers:
            running += 1
            starts[message] = environment.now
            _call_after(environment, draws.duration(message, 1), end, message)
        if message + 1 < len(gaps):
            _call_after(environment, gaps[message], arrive, message + 1)

    def end(message: int) -> None:
        nonlocal running
        running -= 1

    _call_after(environment, int(arrivals[0]), arrive, 0)
    environment.run()
    return starts


def calls_in_processes(arrivals: Times, draws: Draws, servers: int) -> Times:
    """The same as a process for each call and a container of servers, as SimPy's documentation writes it."""
    environment, starts = simpy.Environment(), np.full(arrivals.size, -1, dtype=np.int64)
    resource = simpy.Resource(environment, servers)
    gaps = np.diff(arrivals, append=arrivals[-1]).tolist()

    def call(message: int) -> Iterator[simpy.Event]:
        if resource.count == servers:
            return
        with resource.request() as turn:
            yield turn
            starts[message] = environment.now
            yield environment.timeout(draws.duration(message, 1))

    def source() -> Iterator[simpy.Event]:
        yield environment.timeout(int(arrivals[0]))
        for message, gap in enumerate(gaps):
            environment.process(call(message))
            yield environment.timeout(gap)

    environment.process(source())
    environment.run()
    return starts


def queue(arrivals: Times, draws: Draws, pollers: int, hidden: int) -> Times:
    """A queue with failures: a message that fails is hidden, and comes back before those that were sent later."""
    environment, starts, idle = simpy.Environment(), np.full(arrivals.size, -1, dtype=np.int64), pollers
    gaps = np.diff(arrivals, append=arrivals[-1]).tolist()
    fresh: deque[int] = deque()
    returned: list[int] = []
    attempts = [0] * arrivals.size

    def look() -> None:
        nonlocal idle
        while idle and (fresh or returned):
            message = heapq.heappop(returned) if returned and (not fresh or returned[0] < fresh[0]) else fresh.popleft()
            idle -= 1
            attempts[message] += 1
            if starts[message] < 0:
                starts[message] = environment.now
            _call_after(environment, draws.duration(message, attempts[message]), end, (message, environment.now))

    def end(told: tuple[int, int]) -> None:
        nonlocal idle
        message, received = told
        idle += 1
        if draws.fails(message, attempts[message]):
            _call_after(environment, max(received + hidden - int(environment.now), 0), come_back, message)
        look()

    def come_back(message: int) -> None:
        heapq.heappush(returned, message)
        look()

    def arrive(message: int) -> None:
        fresh.append(message)
        look()
        if message + 1 < len(gaps):
            _call_after(environment, gaps[message], arrive, message + 1)

    _call_after(environment, int(arrivals[0]), arrive, 0)
    environment.run()
    return starts


def queue_in_processes(arrivals: Times, draws: Draws, pollers: int, hidden: int) -> Times:
    """The same as a process for each message, with its number as its priority."""
    environment, starts = simpy.Environment(), np.full(arrivals.size, -1, dtype=np.int64)
    resource = simpy.PriorityResource(environment, pollers)
    gaps = np.diff(arrivals, append=arrivals[-1]).tolist()

    def handle(message: int) -> Iterator[simpy.Event]:
        attempt = 0
        while True:
            attempt += 1
            with resource.request(priority=message) as turn:
                yield turn
                received = int(environment.now)
                if attempt == 1:
                    starts[message] = received
                yield environment.timeout(draws.duration(message, attempt))
            if not draws.fails(message, attempt):
                return
            yield environment.timeout(max(received + hidden - int(environment.now), 0))

    def source() -> Iterator[simpy.Event]:
        yield environment.timeout(int(arrivals[0]))
        for message, gap in enumerate(gaps):
            environment.process(handle(message))
            yield environment.timeout(gap)

    environment.process(source())
    environment.run()
    return starts
