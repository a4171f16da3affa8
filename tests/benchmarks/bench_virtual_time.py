"""Virtual time: how much of it one real second plays."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import simpy
from cases import POISONED, TRIVIAL, agenda_entries, bare_simpy, connect
from measure import Ratio, Work, race

from waterline.cloud import Cloud

TITLE = "Virtual time (idle: five pollers and no message; busy: one message that fails every 30 s)"
FULL, TINY = 4.0, 0.02
"""How many days the message fails; the idle cloud plays 91 times as long, a year."""

_IDLE = 91.25
_POLLERS, _LONG_POLL, _DAY = 5, 20, 86_400


@contextmanager
def idle(days: float) -> Iterator[Work]:
    with Cloud(seed=7) as cloud:
        connect(cloud, TRIVIAL)
        yield lambda: cloud.advance(days=days)


@contextmanager
def simpy_that_polls(days: float) -> Iterator[Work]:
    """What the idle cloud would cost if its pollers asked every 20 s, as AWS's do."""
    environment = simpy.Environment()

    def poller() -> Iterator[simpy.Event]:
        while True:
            yield environment.timeout(_LONG_POLL)

    for _ in range(_POLLERS):
        environment.process(poller())
    yield lambda: environment.run(until=days * _DAY)


@contextmanager
def busy(days: float) -> Iterator[Work]:
    with Cloud(seed=7) as cloud:
        sqs, queue = connect(cloud, POISONED, batch_size=1)
        sqs.send_message(QueueUrl=queue, MessageBody="x")
        yield lambda: cloud.advance(days=days)


def run(days: float, rounds: int) -> list[Ratio]:
    with Cloud(seed=7) as cloud:
        sqs, queue = connect(cloud, POISONED, batch_size=1)
        sqs.send_message(QueueUrl=queue, MessageBody="x")
        before = agenda_entries(cloud)
        cloud.advance(days=days)
        events, attempts = agenda_entries(cloud) - before, len(cloud.journal.of("invoked"))
    quiet = days * _IDLE
    asleep, polls = f"an idle cloud, {quiet:,.0f} days", f"SimPy, five pollers every {_LONG_POLL} s, {days:g} days"
    poisoned = f"a busy cloud, {days:g} days, {attempts:,} attempts"
    simple = f"a SimPy process with as many events ({events:,})"
    contenders = {
        asleep: lambda: idle(quiet),
        polls: lambda: simpy_that_polls(days),
        poisoned: lambda: busy(days),
        simple: lambda: bare_simpy(events),
    }
    return race(contenders, [(asleep, polls), (poisoned, simple)], rounds)
