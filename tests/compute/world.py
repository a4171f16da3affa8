"""What a story about the Lambda service needs: an open cloud, and short words for what happens in it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import boto3

from waterline.cloud import REGION, Cloud
from waterline.compute.source import zipped

COUNT = "def handler(event, context):\n    return len(event['Records'])\n"
FAIL = "def handler(event, context):\n    raise RuntimeError('no')\n"


def sleeping(seconds: float) -> str:
    """A handler that succeeds after so long."""
    return f"import time\n\ndef handler(event, context):\n    time.sleep({seconds})\n"


@cache
def client(service: str) -> Any:
    """One client for all tests: making one takes longer than most stories."""
    session = boto3.Session(aws_access_key_id="testing", aws_secret_access_key="testing", region_name=REGION)
    return session.client(service)


@dataclass(frozen=True)
class World:
    """A cloud, and the things that stories do."""

    cloud: Cloud

    @property
    def sqs(self) -> Any:
        return client("sqs")

    @property
    def awslambda(self) -> Any:
        return client("lambda")

    # -- queues ------------------------------------------------------------------------------------------------------

    def queue(self, name: str = "tickets", **attributes: Any) -> str:
        """Make a queue and return its URL. Attributes by their AWS names; `dead_after`: with a dead-letter queue."""
        dead_after = attributes.pop("dead_after", None)
        if name.endswith(".fifo"):
            attributes["FifoQueue"] = "true"
            attributes.setdefault("ContentBasedDeduplication", "true")
        if dead_after is not None:
            fifo = ".fifo" if name.endswith(".fifo") else ""
            dead = self.queue(f"{name.removesuffix('.fifo')}-dead{fifo}")
            attributes["RedrivePolicy"] = json.dumps(
                {"deadLetterTargetArn": self.arn(dead), "maxReceiveCount": dead_after}
            )
        values = {key: str(value) for key, value in attributes.items()}
        return str(self.sqs.create_queue(QueueName=name, Attributes=values)["QueueUrl"])

    def arn(self, url: str) -> str:
        answer = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        return str(answer["Attributes"]["QueueArn"])

    def send(self, url: str, *bodies: str, group: str | None = None) -> list[str]:
        options = {} if group is None else {"MessageGroupId": group}
        return [self.sqs.send_message(QueueUrl=url, MessageBody=body, **options)["MessageId"] for body in bodies]

    def let_in(self, url: str, topic: str) -> None:
        """Let a topic send to a queue."""
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": self.arn(url),
            "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
        }
        self.sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps({"Statement": [statement]})})

    def counts(self, url: str) -> tuple[int, int]:
        """Visible, in flight."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        attributes = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        return int(attributes[names[0]]), int(attributes[names[1]])

    # -- functions ---------------------------------------------------------------------------------------------------

    def deploy(self, source: str, name: str = "issue", **settings: Any) -> str:
        return self.cloud.deploy(name, source, **settings)

    def create(self, files: Mapping[str, str] | bytes, handler: str, name: str = "issue", **settings: Any) -> Any:
        """create_function, with a zip of these files."""
        code = files if isinstance(files, bytes) else zipped(files)
        return self.awslambda.create_function(
            FunctionName=name,
            Runtime="python3.13",
            Role=self.cloud.role,
            Handler=handler,
            Code={"ZipFile": code},
            **settings,
        )

    def invoke(self, event: Any = None, name: str = "issue", **options: Any) -> Any:
        """The whole answer; its ``Payload`` read and parsed."""
        answer = self.awslambda.invoke(FunctionName=name, Payload=json.dumps(event or {}), **options)
        text = answer["Payload"].read()
        answer["Payload"] = json.loads(text) if text else None
        return answer

    def result(self, event: Any = None, name: str = "issue") -> Any:
        """What the handler returned; its error is an error of the test."""
        answer = self.invoke(event, name)
        assert "FunctionError" not in answer, answer["Payload"]
        return answer["Payload"]

    def error(self, event: Any = None, name: str = "issue") -> tuple[str, str]:
        """The type and message of a function error."""
        answer = self.invoke(event, name)
        assert answer["FunctionError"] == "Unhandled", answer
        return answer["Payload"]["errorType"], answer["Payload"]["errorMessage"]

    def let_invoke(self, topic: str, name: str = "issue") -> None:
        """Let a topic invoke a function."""
        self.awslambda.add_permission(
            FunctionName=name,
            StatementId="topic",
            Action="lambda:InvokeFunction",
            Principal="sns.amazonaws.com",
            SourceArn=topic,
        )

    def map(self, url: str, function: str = "issue", **settings: Any) -> str:
        """An event source mapping; returns its UUID."""
        answer = self.awslambda.create_event_source_mapping(
            EventSourceArn=self.arn(url), FunctionName=function, **settings
        )
        return str(answer["UUID"])

    # -- what happened -----------------------------------------------------------------------------------------------

    def story(self, message: str | None = None, *kinds: str) -> list[tuple[float, str]]:
        """Second and kind of what happened to a message, or to all; of the given kinds only, if any are."""
        return [
            (round(event.seconds, 6), event.kind)
            for event in self.cloud.journal.of(message=message)
            if not kinds or event.kind in kinds
        ]

    def batches(self) -> list[tuple[float, int]]:
        """Second and size of each invocation."""
        sizes = {
            event.detail["invocation"]: (event.seconds, event.detail["batch"])
            for event in self.cloud.journal.of("invoked")
        }
        return list(sizes.values())

    def whys(self, kind: str) -> list[str]:
        return [event.detail.get("why", "") for event in self.cloud.journal.of(kind)]


@contextmanager
def opened(seed: int = 7) -> Iterator[World]:
    with Cloud(seed=seed) as cloud:
        yield World(cloud)
