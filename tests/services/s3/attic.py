"""What a story about a bucket needs: a cloud, a bucket, destinations, and short words for what came to them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import boto3

from waterline import Cloud

REGION = "us-east-1"
ACCOUNT = "123456789012"
BUCKET = "receipts"
CREATED = ("s3:ObjectCreated:*",)
ANYTHING = ("s3:ObjectCreated:*", "s3:ObjectRemoved:*", "s3:ObjectTagging:*")


@cache
def client(service: str) -> Any:
    """One client for all tests: making one takes longer than most stories."""
    session = boto3.Session(aws_access_key_id="testing", aws_secret_access_key="testing", region_name=REGION)
    return session.client(service)


def letting(service: str, action: str, resource: str, bucket: str = BUCKET, **condition: Any) -> str:
    """A policy that lets S3 in for one bucket."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": action,
        "Resource": resource,
        "Condition": condition or {"ArnLike": {"aws:SourceArn": f"arn:aws:s3:::{bucket}"}},
    }
    return json.dumps({"Statement": [statement]})


@dataclass
class Attic:
    """A cloud with the bucket ``receipts``."""

    cloud: Cloud

    @property
    def api(self) -> Any:
        return client("s3")

    def bucket(self, versioned: bool = False) -> None:
        self.api.create_bucket(Bucket=BUCKET)
        if versioned:
            self.api.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})

    def queue(self, name: str = "news", *, service: str | None = "s3.amazonaws.com", **condition: Any) -> str:
        """A queue that lets a service in, or nobody; its ARN."""
        fifo = {"FifoQueue": "true"} if name.endswith(".fifo") else {}
        url = client("sqs").create_queue(QueueName=name, Attributes=fifo)["QueueUrl"]
        arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"
        if service is not None:
            policy = letting(service, "sqs:SendMessage", arn, **condition)
            client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
        return arn

    def notify(
        self,
        arn: str = "",
        events: Sequence[str] = CREATED,
        *,
        prefix: str | None = None,
        suffix: str | None = None,
        bridge: bool = False,
        validate: bool = True,
        more: Sequence[Any] = (),
    ) -> None:
        """Put the notification configuration of the bucket: one rule, `more` of them, and EventBridge."""
        configuration: dict[str, Any] = {}
        for kind, one in [*([rule(arn, events, prefix, suffix)] if arn else []), *more]:
            configuration.setdefault(kind, []).append(one)
        if bridge:
            configuration["EventBridgeConfiguration"] = {}
        self.api.put_bucket_notification_configuration(
            Bucket=BUCKET, NotificationConfiguration=configuration, SkipDestinationValidation=not validate
        )

    def watched(self, events: Sequence[str] = CREATED, versioned: bool = False, **options: Any) -> None:
        """A bucket that tells the queue ``news``; the test event has been read already."""
        self.bucket(versioned)
        self.notify(self.queue(), events, **options)
        self.cloud.settle()
        self.read()

    def put(self, key: str = "a.txt", body: str = "hello", **options: Any) -> Any:
        return self.api.put_object(Bucket=BUCKET, Key=key, Body=body.encode(), **options)

    def read(self, name: str = "news") -> list[dict[str, Any]]:
        """The bodies of the messages in a queue, which are deleted."""
        url = f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{name}"
        found = []
        while messages := client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                found.append(json.loads(message["Body"]))
                client("sqs").delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return found

    def came(self, name: str = "news") -> list[tuple[str, str]]:
        """Event and key of the notifications in a queue, when all is settled."""
        self.cloud.settle()
        records = [record for body in self.read(name) for record in body.get("Records", [])]
        return [(record["eventName"], record["s3"]["object"]["key"]) for record in records]


def rule(
    arn: str, events: Sequence[str] = CREATED, prefix: str | None = None, suffix: str | None = None
) -> tuple[str, dict[str, Any]]:
    """A rule, and under which name it stands in a configuration."""
    kind, name = {
        "sqs": ("QueueConfigurations", "QueueArn"),
        "sns": ("TopicConfigurations", "TopicArn"),
        "lambda": ("LambdaFunctionConfigurations", "LambdaFunctionArn"),
    }[arn.split(":")[2]]
    rules = [{"Name": n, "Value": v} for n, v in (("prefix", prefix), ("suffix", suffix)) if v is not None]
    filters = {"Filter": {"Key": {"FilterRules": rules}}} if rules else {}
    return kind, {name: arn, "Events": list(events), **filters}


@contextmanager
def opened(seed: int = 7) -> Iterator[Attic]:
    with Cloud(seed=seed) as cloud:
        yield Attic(cloud)
