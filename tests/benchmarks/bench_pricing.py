"""The bill of a journal, against one NumPy pass over the same numbers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from measure import Ratio, Work, race

from waterline.clock import Clock
from waterline.facts import facts
from waterline.journal import Journal
from waterline.pricing import Bill, bill
from waterline.pricing.sqs import CHUNK

TITLE = "The bill of a run (journal of messages through queue and function, six events each, batches of ten)"
FULL, TINY = 1_000_000, 600
"""How many events."""

_BATCH, _EACH, _BODY, _DURATION = 10, 6, "x" * 200, 250_000


def a_journal(events: int) -> Journal:
    """Every message is sent, received, invoked with, succeeded, deleted; every batch has a cold start."""
    journal = Journal(Clock())
    for first in range(0, events // _EACH, _BATCH):
        names = [f"m{number}" for number in range(first, min(first + _BATCH, events // _EACH))]
        about = {"invocation": f"i{first}", "environment": first}
        for name in names:
            journal.record("sent", "sqs:tickets", name, body=_BODY)
        for name in names:
            journal.record("received", "sqs:tickets", name, count=1, until=1)
        for kind in ("started", "invoked"):
            for name in names:
                journal.record(kind, "lambda:issue-ticket", name, **about)
        for name in names:
            journal.record("succeeded", "lambda:issue-ticket", name, duration=_DURATION, **about)
        for name in names:
            journal.record("deleted", "sqs:tickets", name)
    return journal


@contextmanager
def the_bill(journal: Journal) -> Iterator[Work]:
    made: list[Bill] = []
    yield lambda: made.append(bill(journal, free_tier=False))
    messages = len(journal) // _EACH
    assert made[0].lines[0].quantity == messages + 2 * -(-messages // _BATCH)


@contextmanager
def numpy_pass(kinds: np.ndarray, sizes: np.ndarray, durations: np.ndarray) -> Iterator[Work]:
    """Requests by chunks and GB-seconds of arrays that hold one number for each event."""
    price = facts["price.sqs.standard"].number / 1e6, facts["price.lambda.gbs_x86_t1"].number
    found: list[float] = []

    def work() -> None:
        requests = np.bincount(kinds, weights=np.maximum(1, -(-sizes // CHUNK)), minlength=_EACH)
        gb_seconds = (-(-durations // 1000)).sum() * 128 / (1024 * 1000)
        found.append(requests.sum() * price[0] + gb_seconds * price[1])

    yield work
    assert found[0] > 0


def run(events: int, rounds: int) -> list[Ratio]:
    journal = a_journal(events)
    numbers = np.arange(len(journal))
    kinds, sizes = numbers % _EACH, np.where(numbers % _EACH == 0, len(_BODY), 0)
    durations = np.where(kinds == _EACH - 2, _DURATION, 0)
    ours, numpy = f"the bill of a journal of {len(journal):,} events", "one NumPy pass over as many numbers"
    reading = "reading kind and place of every event"

    @contextmanager
    def only_reading() -> Iterator[Work]:
        yield lambda: sum(1 for event in journal if event.kind and event.place)

    contenders = {
        ours: lambda: the_bill(journal),
        numpy: lambda: numpy_pass(kinds, sizes, durations),
        reading: only_reading,
    }
    return race(contenders, [(ours, numpy), (ours, reading)], rounds)
