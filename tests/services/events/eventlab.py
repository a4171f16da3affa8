"""What the tests of EventBridge share: a cloud, its clients, rules with targets, queues that let rules in."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import Any

import boto3

from waterline.cloud import REGION, Cloud
from waterline.journal import Event

ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/rules"
SHOP = {"source": ["shop"]}


@cache
def client(service: str) -> Any:
    session = boto3.Session(aws_access_key_id="testing", aws_secret_access_key="testing", region_name=REGION)
    return session.client(service)


def arn_of(service: str, resource: str) -> str:
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{resource}"


def allowing(action: str, arn: str, **condition: Any) -> str:
    """A policy that lets EventBridge in."""
    statement = {
        "Sid": "rules",
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": action,
        "Resource": arn,
    }
    if condition:
        statement["Condition"] = condition
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@dataclass
class Lab:
    """One cloud and what the tests do in it."""

    cloud: Cloud

    # -- making ------------------------------------------------------------------------------------------------------

    def queue(self, name: str = "orders", *, open_to_rules: bool = True, **attributes: str) -> str:
        """A queue's ARN."""
        if name.endswith(".fifo"):
            attributes = {"FifoQueue": "true", "ContentBasedDeduplication": "true", **attributes}
        arn = arn_of("sqs", name)
        if open_to_rules:
            attributes["Policy"] = allowing("sqs:SendMessage", arn)
        client("sqs").create_queue(QueueName=name, Attributes=attributes)
        return arn

    def bus(self, name: str) -> str:
        return str(client("events").create_event_bus(Name=name)["EventBusArn"])

    def rule(
        self,
        *targets: str | dict[str, Any],
        name: str = "rule",
        pattern: Any = SHOP,
        bus: str = "default",
        **settings: Any,
    ) -> str:
        """A rule with these targets, ARNs or whole targets. Returns the rule's ARN."""
        if "ScheduleExpression" not in settings:
            settings["EventPattern"] = json.dumps(pattern)
        rule = client("events").put_rule(Name=name, EventBusName=bus, **settings)["RuleArn"]
        whole = [{"Arn": target} if isinstance(target, str) else target for target in targets]
        if whole:
            numbered = [{"Id": str(number), **target} for number, target in enumerate(whole, start=1)]
            client("events").put_targets(Rule=name, EventBusName=bus, Targets=numbered)
        return str(rule)

    # -- doing -------------------------------------------------------------------------------------------------------

    def put(self, detail: Any = None, *, source: str = "shop", kind: str = "Order", **fields: Any) -> str:
        """Put one event. Returns its identifier."""
        entry = {"Source": source, "DetailType": kind, "Detail": json.dumps(detail or {}), **fields}
        answer = client("events").put_events(Entries=[entry])
        assert answer["FailedEntryCount"] == 0, answer
        return str(answer["Entries"][0]["EventId"])

    def received(self, queue: str = "orders") -> list[dict[str, Any]]:
        """All messages that a queue holds; they are deleted."""
        url = client("sqs").get_queue_url(QueueName=queue)["QueueUrl"]
        found: list[dict[str, Any]] = []
        while True:
            answer = client("sqs").receive_message(
                QueueUrl=url,
                MaxNumberOfMessages=10,
                MessageAttributeNames=["All"],
                MessageSystemAttributeNames=["All"],
            )
            if not answer.get("Messages"):
                return found
            for message in answer["Messages"]:
                client("sqs").delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            found += answer["Messages"]

    def bodies(self, queue: str = "orders") -> list[str]:
        return [message["Body"] for message in self.received(queue)]

    def events(self, queue: str = "orders") -> list[Any]:
        """The bodies, parsed."""
        return [json.loads(body) for body in self.bodies(queue)]

    def details(self, queue: str = "orders") -> list[Any]:
        return [event["detail"] for event in self.events(queue)]

    def letters(self, queue: str = "dead") -> list[dict[str, str]]:
        """The attributes of the dead letters in a queue."""
        return [
            {name: value["StringValue"] for name, value in message.get("MessageAttributes", {}).items()}
            for message in self.received(queue)
        ]

    # -- asking ------------------------------------------------------------------------------------------------------

    def kinds(self, place: str = "events:default") -> list[str]:
        return [event.kind for event in self.cloud.journal.of(place=place)]

    def family(self, message: str) -> set[str | None]:
        """A message and all that came of it."""
        return {event.message for event in self.cloud.journal.trace(message).events}

    def of(self, kind: str, place: str = "events:default") -> list[Event]:
        return self.cloud.journal.of(kind, place)
