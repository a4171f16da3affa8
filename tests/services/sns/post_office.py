"""What a story about SNS needs: an open cloud, topics, queues that let them in, and short words for what arrived."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from waterline.cloud import REGION, Cloud
from waterline.journal import Event, Journal
from waterline.web import Request, Response

ACCOUNT = "123456789012"
HOST = "hooks.example.com"
URL = f"https://{HOST}/sns"


@cache
def client(service: str) -> Any:
    """One client for all tests: making one takes longer than most stories."""
    session = boto3.Session(aws_access_key_id="testing", aws_secret_access_key="testing", region_name=REGION)
    return session.client(service)


def text(**values: Any) -> dict[str, Any]:
    """Message attributes: strings, numbers, bytes, and lists as ``String.Array``."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        match value:
            case str():
                found[name] = {"DataType": "String", "StringValue": value}
            case bytes():
                found[name] = {"DataType": "Binary", "BinaryValue": value}
            case list():
                found[name] = {"DataType": "String.Array", "StringValue": json.dumps(value)}
            case _:
                found[name] = {"DataType": "Number", "StringValue": str(value)}
    return found


@contextmanager
def refused(sentence: str, code: str = "InvalidParameter") -> Iterator[None]:
    """The call is refused with this code and a message that holds this sentence."""
    with pytest.raises(ClientError) as raised:
        yield
    error = raised.value.response["Error"]
    assert (error["Code"], sentence in error["Message"]) == (code, True), error


@dataclass(frozen=True)
class PostOffice:
    """A cloud, and the things that stories do."""

    cloud: Cloud

    @property
    def journal(self) -> Journal:
        return self.cloud.journal

    @property
    def sns(self) -> Any:
        return client("sns")

    @property
    def sqs(self) -> Any:
        return client("sqs")

    # -- topics, queues, subscriptions -------------------------------------------------------------------------------

    def topic(self, name: str = "orders", **attributes: str) -> str:
        if name.endswith(".fifo"):
            attributes.setdefault("FifoTopic", "true")
        return str(self.sns.create_topic(Name=name, Attributes=attributes)["TopicArn"])

    def queue(self, name: str = "billing", *, lets: str | None = None, **attributes: str) -> str:
        """Make a queue, which lets a topic in, and return its ARN."""
        if name.endswith(".fifo"):
            attributes.setdefault("FifoQueue", "true")
        self.sqs.create_queue(QueueName=name, Attributes=attributes)
        arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"
        if lets is not None:
            self.let_in(arn, lets)
        return arn

    def let_in(self, queue: str, topic: str) -> None:
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": queue,
            "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
        }
        self.set_policy(queue, statement)

    def set_policy(self, queue: str, *statements: dict[str, Any]) -> None:
        policy = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
        self.sqs.set_queue_attributes(QueueUrl=self.url(queue), Attributes={"Policy": policy})

    def url(self, queue: str) -> str:
        return str(self.sqs.get_queue_url(QueueName=queue.rpartition(":")[2])["QueueUrl"])

    def subscribe(self, topic: str, endpoint: str, **attributes: Any) -> str:
        """Subscribe a queue, a function, a URL, an address; attributes that are objects as JSON."""
        protocol = endpoint.split(":")[2] if endpoint.startswith("arn:") else endpoint.partition("://")[0]
        values = {name: v if isinstance(v, str) else json.dumps(v) for name, v in attributes.items()}
        answer = self.sns.subscribe(
            TopicArn=topic, Protocol=protocol, Endpoint=endpoint, Attributes=values, ReturnSubscriptionArn=True
        )
        return str(answer["SubscriptionArn"])

    def fan_out(self, **attributes: Any) -> tuple[str, str]:
        """A topic and a subscribed queue: their ARNs."""
        topic = self.topic()
        queue = self.queue(lets=topic)
        self.subscribe(topic, queue, **attributes)
        return topic, queue

    def deploy(self, source: str, name: str = "bill", *, lets: str | None = None, **settings: Any) -> str:
        arn = self.cloud.deploy(name, source, **settings)
        if lets is not None:
            client("lambda").add_permission(
                FunctionName=name,
                StatementId="topic",
                Action="lambda:InvokeFunction",
                Principal="sns.amazonaws.com",
                SourceArn=lets,
            )
        return arn

    def site(self, *statuses: int, host: str = HOST, confirms: bool = True) -> list[Request]:
        """An endpoint that answers with these statuses in turn, the last for ever; what it was sent.

        `confirms`: it confirms subscriptions, with the token that it was sent.
        """
        seen: list[Request] = []
        answers = list(statuses or (200,))

        def answer(request: Request) -> Response:
            message = json.loads(request.body or b"{}") if request.header("x-amz-sns-rawdelivery") is None else {}
            if confirms and message.get("Type") == "SubscriptionConfirmation":
                self.sns.confirm_subscription(TopicArn=message["TopicArn"], Token=message["Token"])
                return Response(200)
            seen.append(request)
            return Response(answers.pop(0) if len(answers) > 1 else answers[0])

        self.cloud.web.open(host, answer)
        return seen

    # -- messages ----------------------------------------------------------------------------------------------------

    def publish(self, topic: str, message: str = "hello", **options: Any) -> str:
        return str(self.sns.publish(TopicArn=topic, Message=message, **options)["MessageId"])

    def received(self, queue: str, count: int = 10) -> list[dict[str, Any]]:
        """What is in a queue, deleted from it."""
        url, found = self.url(queue), []
        while messages := self.sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"], MessageSystemAttributeNames=["All"]
        ).get("Messages"):
            found += messages
            for message in messages:
                self.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return found

    def envelopes(self, queue: str) -> list[dict[str, Any]]:
        return [json.loads(message["Body"]) for message in self.received(queue)]

    def messages(self, queue: str) -> list[str]:
        return [envelope["Message"] for envelope in self.envelopes(queue)]

    def kinds(self, *wanted: str) -> list[tuple[float, str, str]]:
        """Second, kind and name of what happened; of these kinds only, if any are given."""
        return [(e.seconds, e.kind, e.name) for e in self.journal if not wanted or e.kind in wanted]

    def only(self, kind: str) -> Event:
        [event] = self.journal.of(kind)
        return event


@contextmanager
def opened(seed: int = 7) -> Iterator[PostOffice]:
    with Cloud(seed=seed) as cloud:
        yield PostOffice(cloud)
