"""What several benchmarks build: a queue, a function behind it, a bare SimPy run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import simpy
from measure import Work

from waterline.cloud import Cloud

TRIVIAL = "def handler(event, context):\n    return len(event['Records'])\n"
POISONED = "def handler(event, context):\n    raise ValueError('no')\n"
BATCH = 10


def handler(event: dict[str, Any], context: object) -> int:
    """What TRIVIAL does, for the contender that calls it by hand."""
    return len(event["Records"])


def entries(first: int) -> list[dict[str, str]]:
    return [{"Id": str(number), "MessageBody": str(number)} for number in range(first, first + BATCH)]


def connect(cloud: Cloud, source: str, batch_size: int = BATCH) -> tuple[Any, str]:
    """A queue with a function behind it: the SQS client and the queue's URL."""
    sqs, awslambda = boto3.client("sqs"), boto3.client("lambda")
    queue = sqs.create_queue(QueueName="tickets")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    cloud.deploy("issue-ticket", source, timeout=10)
    awslambda.create_event_source_mapping(EventSourceArn=arn, FunctionName="issue-ticket", BatchSize=batch_size)
    return sqs, queue


def send(sqs: Any, queue: str, messages: int) -> None:
    """Send so many messages, ten in a call."""
    for first in range(0, messages, BATCH):
        sqs.send_message_batch(QueueUrl=queue, Entries=entries(first))


def agenda_entries(cloud: Cloud) -> int:
    """How many entries SimPy's agenda has had in this cloud; asking adds one."""
    return int(next(cloud.clock._agenda._eid))


@contextmanager
def bare_simpy(events: int, delay: float = 1) -> Iterator[Work]:
    """One SimPy process with as many timeouts."""
    environment = simpy.Environment()

    def process() -> Iterator[simpy.Event]:
        for _ in range(events):
            yield environment.timeout(delay)

    environment.process(process())
    yield environment.run
