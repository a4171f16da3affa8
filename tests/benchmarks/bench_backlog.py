"""The backlog: what one message costs while others wait."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial

import boto3
from cases import BATCH, send
from measure import Contender, Ratio, Work, race
from moto import mock_aws

from waterline.cloud import Cloud

TITLE = "A growing backlog (send ten, receive ten, delete ten, with as many messages waiting)"
FULL, TINY = 100, 10
"""The smallest backlog; the others are 10 and, in the lab, 100 and 1,000 times as long."""

_TURNS = 5


@contextmanager
def turns(opened: Callable[[], AbstractContextManager[object]], backlog: int) -> Iterator[Work]:
    with opened():
        sqs = boto3.client("sqs")
        queue = sqs.create_queue(QueueName="tickets", Attributes={"VisibilityTimeout": "43200"})["QueueUrl"]
        send(sqs, queue, backlog)

        def work() -> None:
            for _ in range(_TURNS):
                send(sqs, queue, BATCH)
                received = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=BATCH)["Messages"]
                handles = [{"Id": str(n), "ReceiptHandle": m["ReceiptHandle"]} for n, m in enumerate(received)]
                sqs.delete_message_batch(QueueUrl=queue, Entries=handles)

        yield work
        attributes = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["ApproximateNumberOfMessages"])
        assert int(attributes["Attributes"]["ApproximateNumberOfMessages"]) == backlog


def run(smallest: int, rounds: int) -> list[Ratio]:
    contenders: dict[str, Contender] = {}
    for name, opened, backlogs in (
        ("the lab", partial(Cloud, seed=7), (smallest, 10 * smallest, 100 * smallest, 1000 * smallest)),
        ("bare moto", mock_aws, (smallest, 10 * smallest)),
    ):
        for backlog in backlogs:
            contenders[f"{name}, {backlog:,} waiting"] = partial(turns, opened, backlog)
    pairs = [
        (name, f"{system}, {smallest:,} waiting")
        for system in ("the lab", "bare moto")
        for name in contenders
        if name.startswith(system) and name != f"{system}, {smallest:,} waiting"
    ]
    pairs.append((f"the lab, {10 * smallest:,} waiting", f"bare moto, {10 * smallest:,} waiting"))
    return race(contenders, pairs, rounds)
