"""A day of EventBridge's retries."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

import boto3
from cases import agenda_entries, bare_simpy
from measure import Ratio, Work, race

from waterline.cloud import Cloud

TITLE = "A day of EventBridge's retries (one rule, a queue that is down, the default retry policy)"
FULL, TINY = 1_000, 20
"""How many events."""
_BATCH = 10


@contextmanager
def _day(events: int) -> Iterator[tuple[Cloud, Work]]:
    with Cloud(seed=7) as cloud:
        bus, queue = boto3.client("events"), "arn:aws:sqs:us-east-1:123456789012:orders"
        boto3.client("sqs").create_queue(QueueName="orders")
        bus.put_rule(Name="orders", EventPattern=json.dumps({"source": ["shop"]}))
        bus.put_targets(Rule="orders", Targets=[{"Id": "queue", "Arn": queue}])
        cloud.faults.outage("sqs")

        def work() -> None:
            for first in range(0, events, _BATCH):
                entry = {"Source": "shop", "DetailType": "order", "Detail": json.dumps({"order": first})}
                bus.put_events(Entries=[entry] * _BATCH)
            cloud.settle()

        yield cloud, work
        assert len(cloud.journal.of("dropped", "events:default")) == events


@contextmanager
def the_lab(events: int) -> Iterator[Work]:
    with _day(events) as (_, work):
        yield work


def run(events: int, rounds: int) -> list[Ratio]:
    with _day(events) as (cloud, work):
        before = agenda_entries(cloud)
        work()
        steps = agenda_entries(cloud) - before
        attempts = len(cloud.journal.of("retried")) + events
    lab, simpy = (
        f"the lab, {events:,} events, {attempts:,} attempts",
        f"a SimPy process with as many events ({steps:,})",
    )
    contenders = {
        lab: lambda: the_lab(events),
        simpy: lambda: bare_simpy(steps),
        "half as many events": lambda: the_lab(events // 2),
    }
    return race(contenders, [(lab, simpy), (lab, "half as many events")], rounds)
