"""A lab for the tests of one service: ground, moto and our delivery; and bare moto, to compare with."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import boto3
import time_machine
from moto import mock_aws
from moto.core import DEFAULT_ACCOUNT_ID
from moto.moto_api._internal import mock_random
from moto.sqs.models import sqs_backends

from waterline import clock as clock_module
from waterline.clock import EPOCH, SECOND, Clock
from waterline.ground import Ground, installed
from waterline.journal import Journal
from waterline.services.sqs import CloudQueue, QueueBackend

REGION = "us-east-1"


@cache
def client(service: str) -> Any:
    """One client for all tests: moto answers whatever client was made after it was imported."""
    session = boto3.Session(aws_access_key_id="testing", aws_secret_access_key="testing", region_name=REGION)
    return session.client(service)


def backend() -> Any:
    """What answers SQS requests now."""
    return sqs_backends[DEFAULT_ACCOUNT_ID][REGION]


@dataclass(frozen=True)
class Bench:
    """SQS over some implementation, and time that can be moved: what a story needs to be told on both."""

    sqs: Any
    advance: Callable[[float], object]

    def queue(self, name: str = "tickets", **attributes: Any) -> str:
        """Create a queue and return its URL. Attributes are given by their AWS names."""
        if name.endswith(".fifo"):
            attributes.setdefault("FifoQueue", "true")
        values = {key: json.dumps(v) if isinstance(v, dict) else str(v) for key, v in attributes.items()}
        return str(self.sqs.create_queue(QueueName=name, Attributes=values)["QueueUrl"])

    def arn(self, url: str) -> str:
        return str(self.attribute(url, "QueueArn"))

    def attribute(self, url: str, name: str) -> str | None:
        answer = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[name])
        return answer.get("Attributes", {}).get(name)

    def send(self, url: str, body: str, **options: Any) -> str:
        return str(self.sqs.send_message(QueueUrl=url, MessageBody=body, **options)["MessageId"])

    def receive(self, url: str, count: int = 10, **options: Any) -> list[dict[str, Any]]:
        options.setdefault("MessageSystemAttributeNames", ["All"])
        answer = self.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=count, **options)
        return list(answer.get("Messages", []))

    def bodies(self, url: str, count: int = 10, **options: Any) -> list[str]:
        return [message["Body"] for message in self.receive(url, count, **options)]

    def delete(self, url: str, message: dict[str, Any]) -> None:
        self.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])

    def counts(self, url: str) -> tuple[int, int, int]:
        """Visible, in flight, delayed."""
        names = [f"ApproximateNumberOfMessages{kind}" for kind in ("", "NotVisible", "Delayed")]
        answer = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        return int(answer[names[0]]), int(answer[names[1]]), int(answer[names[2]])


@dataclass(frozen=True)
class Lab(Bench):
    """A bench over our SQS."""

    clock: Clock
    journal: Journal
    ground: Ground

    def store(self, name: str = "tickets") -> CloudQueue:
        queue: CloudQueue = backend().get_queue(name)
        return queue

    def story(self, *kinds: str, message: str | None = None) -> list[tuple[float, str, str]]:
        """What the journal says: second, kind, place; of the given kinds only, if any are."""
        return [
            (event.seconds, event.kind, event.name)
            for event in self.journal.of(message=message)
            if not kinds or event.kind in kinds
        ]

    def settle(self) -> None:
        self.clock.settle(30 * 86_400 * SECOND)


@contextmanager
def opened(seed: int = 7) -> Iterator[Lab]:
    clock_module.install()
    clock = Clock()
    ground = Ground(clock, Journal(clock), seed)
    with mock_aws(), installed({"sqs": QueueBackend}, ground):
        sqs_backends.reset()
        mock_random.seed(seed)
        with clock.held():
            lab = Lab(client("sqs"), lambda s: clock.advance(round(s * SECOND)), clock, ground.journal, ground)
            try:
                yield lab
            finally:
                clock.close()


@contextmanager
def bare_moto() -> Iterator[Bench]:
    with mock_aws(), time_machine.travel(EPOCH, tick=False) as traveller:
        yield Bench(client("sqs"), lambda seconds: traveller.shift(dt.timedelta(seconds=seconds)))
