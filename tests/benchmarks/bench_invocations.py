"""A day's work: a hundred thousand invocations through a queue, one message each."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import boto3
from cases import BATCH, TRIVIAL, agenda_entries, bare_simpy, connect, handler, send
from measure import Missing, Ratio, Work
from moto import mock_aws
from second_witness import compared

from waterline.cloud import Cloud

TITLE = "Invocations through a queue (the backlog first, then a mapping with batch size 1, a trivial handler)"
FULL, TINY = 100_000, 100
"""How many messages, and invocations."""

_MOTOS_SHARE = 10
"""Bare moto gets a tenth, ten waiting at a time: its cost grows with the backlog."""

_MINISTACKS_SHARE = 1_000
"""ministack gets a thousandth: its invocations take real time."""


def _fill(cloud: Cloud, messages: int) -> None:
    sqs, queue = connect(cloud, TRIVIAL, batch_size=1)
    send(sqs, queue, messages)
    cloud.settle()


@contextmanager
def the_lab(messages: int) -> Iterator[Work]:
    with Cloud(seed=7) as cloud:
        yield lambda: _fill(cloud, messages)
        assert len(cloud.journal.of("succeeded")) == messages


@contextmanager
def bare_moto(messages: int) -> Iterator[Work]:
    """By hand: send ten, and ten times receive one, call the handler, delete."""
    with mock_aws():
        sqs = boto3.client("sqs")
        queue = sqs.create_queue(QueueName="tickets")["QueueUrl"]
        done: list[int] = []

        def work() -> None:
            for _ in range(0, messages, BATCH):
                send(sqs, queue, BATCH)
                for _ in range(BATCH):
                    received = sqs.receive_message(QueueUrl=queue)["Messages"]
                    done.append(handler({"Records": received}, None))
                    sqs.delete_message(QueueUrl=queue, ReceiptHandle=received[0]["ReceiptHandle"])

        yield work
        assert sum(done) == messages


def run(messages: int, rounds: int) -> list[Ratio | Missing]:
    sample = min(messages, 1_000)
    with Cloud(seed=7) as cloud:
        before = agenda_entries(cloud)
        _fill(cloud, sample)
        events = (agenda_entries(cloud) - before) * messages // sample
    fewer = messages // _MOTOS_SHARE
    lab, moto = f"the lab, {messages:,} invocations", f"bare moto, by hand, {fewer:,}"
    simpy = f"a SimPy process with about as many events ({events:,})"
    contenders = {
        lab: lambda: the_lab(messages),
        moto: lambda: bare_moto(fewer),
        simpy: lambda: bare_simpy(events),
    }
    return compared(contenders, [(lab, moto), (lab, simpy)], rounds, max(BATCH, messages // _MINISTACKS_SHARE), 1)
