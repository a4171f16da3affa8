"""Two ways to a journal: written by hand, event by event, and left by a small run of the cloud."""

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest

from waterline import Cloud
from waterline.clock import EPOCH, Clock, microseconds
from waterline.journal import Journal

Line = tuple[float, str, str, str | None, dict[str, Any]]


@pytest.fixture
def written() -> Callable[..., Journal]:
    """`written(*lines, until=...)`: a journal of lines `(second, kind, place, message, detail)` in order of time.

    A detail `parents` names the messages that a message came from; the journal reaches to second `until`.
    """

    def write(*lines: Line, until: float = 0) -> Journal:
        clock = Clock(EPOCH)
        journal = Journal(clock)
        for second, kind, place, message, detail in lines:
            clock.at(
                microseconds(second),
                lambda args, detail: journal.record(*args, **detail),
                (kind, place, message),
                detail,
            )
        clock.advance(microseconds(max([until, *(line[0] for line in lines)])))
        clock.close()
        return journal

    return write


@pytest.fixture
def ferry() -> Callable[..., Journal]:
    """`ferry(source, orders, ...)`: sends orders to a function behind the queue `tickets`, and gives the journal."""

    def run(
        source: str,
        orders: list[dict[str, Any]],
        *,
        receives: int | None = 3,
        visibility: int = 30,
        minutes: float = 10,
    ) -> Journal:
        with Cloud(seed=1) as cloud:
            sqs = boto3.client("sqs")
            printed = sqs.create_queue(QueueName="printed")["QueueUrl"]
            dead = sqs.create_queue(QueueName="tickets-dead")["QueueUrl"]
            attributes = {"VisibilityTimeout": str(visibility)}
            if receives is not None:
                policy = {"deadLetterTargetArn": arn(sqs, dead), "maxReceiveCount": receives}
                attributes["RedrivePolicy"] = json.dumps(policy)
            tickets = sqs.create_queue(QueueName="tickets", Attributes=attributes)["QueueUrl"]
            cloud.deploy("print-ticket", source, timeout=visibility, environment={"PRINTED": printed})
            mapping = boto3.client("lambda").create_event_source_mapping(
                EventSourceArn=arn(sqs, tickets), FunctionName="print-ticket", BatchSize=1
            )
            assert mapping["UUID"]
            for order in orders:
                sqs.send_message(QueueUrl=tickets, MessageBody=json.dumps(order))
            cloud.advance(minutes=minutes)
            return cloud.journal

    return run


def arn(sqs: Any, url: str) -> str:
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    return str(attributes["QueueArn"])
