"""What a story about faults needs: a cloud with a queue, a function, and short words for what happened."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import boto3

from waterline import Cloud
from waterline.cloud import REGION
from waterline.journal import Event

WORK = "import time\n\ndef handler(event, context):\n    time.sleep(2)\n    return 'done'\n"


@cache
def client(service: str) -> Any:
    """One client for all tests: making one takes longer than most stories."""
    session = boto3.Session(aws_access_key_id="testing", aws_secret_access_key="testing", region_name=REGION)
    return session.client(service)


@dataclass(frozen=True)
class Scene:
    """A cloud, and the things that stories do."""

    cloud: Cloud

    def queue(self, name: str = "tickets", **attributes: Any) -> str:
        values = {key: str(value) for key, value in attributes.items()}
        return str(client("sqs").create_queue(QueueName=name, Attributes=values)["QueueUrl"])

    def arn(self, url: str) -> str:
        answer = client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        return str(answer["Attributes"]["QueueArn"])

    def send(self, url: str, *bodies: str, **options: Any) -> list[str]:
        return [client("sqs").send_message(QueueUrl=url, MessageBody=body, **options)["MessageId"] for body in bodies]

    def bodies(self, url: str) -> list[str]:
        """Receive what there is, ten at most, without deleting it."""
        answer = client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10)
        return [message["Body"] for message in answer.get("Messages", [])]

    def mapped(self, source: str = WORK, timeout: int = 10, **settings: Any) -> str:
        """A queue ``tickets`` whose messages the function ``issue-ticket`` works on; returns the queue's URL."""
        self.cloud.deploy("issue-ticket", source, timeout=timeout)
        url = self.queue(**settings.pop("attributes", {}))
        client("lambda").create_event_source_mapping(
            EventSourceArn=self.arn(url), FunctionName="issue-ticket", **settings
        )
        return url

    def invoke(self, **options: Any) -> Any:
        """Invoke ``issue-ticket``; the payload of the answer."""
        answer = client("lambda").invoke(FunctionName="issue-ticket", **options)
        text = answer["Payload"].read()
        return json.loads(text) if text else None

    def told(self, *kinds: str) -> list[tuple[float, str, str | None]]:
        """Second, kind and fault of the events of these kinds (of all that have a fault, if none is named)."""
        return [
            (round(event.seconds, 3), event.kind, event.detail.get("fault"))
            for event in self.cloud.journal
            if (event.kind in kinds if kinds else "fault" in event.detail)
        ]

    def struck(self, fault: str) -> list[Event]:
        return [event for event in self.cloud.journal if event.detail.get("fault") == fault]


@contextmanager
def opened(seed: int = 7) -> Iterator[Scene]:
    with Cloud(seed=seed) as cloud:
        yield Scene(cloud)
