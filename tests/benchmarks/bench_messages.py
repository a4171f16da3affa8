"""Messages through queue and function."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import boto3
from cases import BATCH, TRIVIAL, agenda_entries, bare_simpy, connect, handler, send
from measure import Missing, Ratio, Work
from moto import mock_aws
from second_witness import compared

from waterline.cloud import Cloud

TITLE = "Messages through queue and function (send in batches, a mapping with batch size 10, a trivial handler)"
FULL, TINY = 200, 50
"""How many messages: few, because bare moto's cost grows with the backlog (see bench_backlog) and would swamp it."""


@contextmanager
def the_lab(messages: int) -> Iterator[Work]:
    with Cloud(seed=7) as cloud:
        sqs, queue = connect(cloud, TRIVIAL)

        def work() -> None:
            send(sqs, queue, messages)
            cloud.settle()

        yield work
        assert len(cloud.journal.of("deleted")) == messages


@contextmanager
def bare_moto(messages: int) -> Iterator[Work]:
    """The same by hand: send, receive, call the handler, delete."""
    with mock_aws():
        sqs = boto3.client("sqs")
        queue = sqs.create_queue(QueueName="tickets")["QueueUrl"]
        done: list[int] = []

        def work() -> None:
            send(sqs, queue, messages)
            while received := sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=BATCH).get("Messages"):
                done.append(handler({"Records": received}, None))
                handles = [
                    {"Id": str(number), "ReceiptHandle": message["ReceiptHandle"]}
                    for number, message in enumerate(received)
                ]
                sqs.delete_message_batch(QueueUrl=queue, Entries=handles)

        yield work
        assert sum(done) == messages


def run(messages: int, rounds: int) -> list[Ratio | Missing]:
    with Cloud(seed=7) as cloud:
        sqs, queue = connect(cloud, TRIVIAL)
        before = agenda_entries(cloud)
        send(sqs, queue, messages)
        cloud.settle()
        events = agenda_entries(cloud) - before
    lab, moto = f"the lab, {messages:,} messages", "bare moto, by hand"
    simpy = f"a SimPy process with as many events ({events:,})"
    contenders = {
        lab: lambda: the_lab(messages),
        moto: lambda: bare_moto(messages),
        simpy: lambda: bare_simpy(events),
    }
    return compared(contenders, [(lab, moto), (lab, simpy)], rounds, messages, BATCH)
