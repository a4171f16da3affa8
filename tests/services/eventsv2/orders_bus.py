"""What the stories of the Custom Event Bus do: a bus of orders, queues, subscribers, and what arrived."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import Any

import boto3

from waterline import Cloud
from waterline.cloud import REGION

ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/delivers"


@cache
def client(service: str, account: str = "testing") -> Any:
    """One client for all tests."""
    session = boto3.Session(aws_access_key_id=account, aws_secret_access_key="testing", region_name=REGION)
    return session.client(service)


@dataclass
class OrdersBus:
    """A bus, and the cloud it is in."""

    cloud: Cloud
    arn: str

    @classmethod
    def opened(cls, cloud: Cloud, **settings: Any) -> OrdersBus:
        arn = client("eventbridgev2").create_event_bus(Name="orders", **settings)["EventBusArn"]
        client("eventbridgev2").get_waiter("event_bus_active").wait(EventBusArn=arn)
        return cls(cloud, arn)

    @property
    def api(self) -> Any:
        return client("eventbridgev2")

    # -- targets -----------------------------------------------------------------------------------------------------

    def queue(self, name: str = "billing", **attributes: str) -> str:
        """Make a queue; its ARN."""
        if name.endswith(".fifo"):
            attributes["FifoQueue"] = "true"
        client("sqs").create_queue(QueueName=name, Attributes=attributes)
        return f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"

    def arrived(self, name: str = "billing") -> list[str]:
        """The bodies of all messages that ever came into a queue, in order."""
        return [event.detail["body"] for event in self.cloud.journal.of("sent", f"sqs:{name}")]

    def received(self, name: str = "billing") -> list[dict[str, Any]]:
        sqs = client("sqs")
        url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
        answer = sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"], MessageSystemAttributeNames=["All"]
        )
        return list(answer.get("Messages", []))

    # -- subscribers -------------------------------------------------------------------------------------------------

    def subscribe(self, target: str | None = None, name: str = "bill", **settings: Any) -> str:
        """Make a subscriber; its ARN. Parameters of the target under ``parameters``, as the API names them."""
        invoke = {"TargetArn": target or self.queue(), "RoleArn": ROLE, **settings.pop("parameters", {})}
        answer = self.api.create_subscriber(Name=name, EventBusArn=self.arn, InvokeConfiguration=invoke, **settings)
        return str(answer["SubscriberArn"])

    def wanting(self, target: str | None = None, name: str = "bill", **patterns: Any) -> str:
        """A subscriber with a filter for each scope that is given."""
        filters = [{"Scope": scope, "Pattern": json.dumps(pattern)} for scope, pattern in patterns.items()]
        return self.subscribe(target, name, FilterConfiguration={"Filters": filters})

    # -- events ------------------------------------------------------------------------------------------------------

    def put(self, *details: Any, **options: Any) -> list[dict[str, Any]]:
        """PutEvents; the answers for the entries. `group` and `token`: in the system metadata."""
        system = {"EventGroupId": options.pop("group", None), "DeduplicationId": options.pop("token", None)}
        system = {name: value for name, value in system.items() if value}
        entries = [
            {"Source": "shop", "DetailType": "paid", "Detail": json.dumps(detail), "SystemMetadata": system}
            for detail in details
        ]
        answer = self.api.put_events(EventBusArn=self.arn, Entries=entries, **options)
        return list(answer["Entries"])

    def put_raw(self, data: bytes, metadata: dict[str, str] | None = None, content: str = "application/json") -> Any:
        entry: dict[str, Any] = {"Data": data, "SystemMetadata": {"ContentType": content}}
        if metadata:
            entry["Metadata"] = metadata
        return self.api.put_raw_events(EventBusArn=self.arn, Entries=[entry])["Entries"][0]

    # -- what happened -----------------------------------------------------------------------------------------------

    def details(self, name: str = "billing") -> list[Any]:
        """The details of the events that came into a queue as they were published."""
        return [json.loads(body)["detail"] for body in self.arrived(name)]

    def seconds(self, kind: str) -> list[float]:
        """When something happened to copies, from the first of them on."""
        routed = self.cloud.journal.of("routed")[0].seconds
        return [round(event.seconds - routed, 6) for event in self.cloud.journal.of(kind, "eventsv2:orders")]
