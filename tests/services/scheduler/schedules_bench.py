"""What stories about schedules do: make one, and look when its queue got something."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cache
from typing import Any

import boto3

from waterline import Cloud
from waterline.cloud import REGION

ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/schedules"


@cache
def client(service: str) -> Any:
    """One client for all tests."""
    session = boto3.Session(aws_access_key_id="testing", aws_secret_access_key="testing", region_name=REGION)
    return session.client(service)


@dataclass(frozen=True)
class Schedules:
    """A cloud, and schedules in it that send to a queue unless they are told otherwise."""

    cloud: Cloud

    @property
    def api(self) -> Any:
        return client("scheduler")

    def queue(self, name: str = "jobs", **attributes: str) -> str:
        """Make a queue; its ARN."""
        client("sqs").create_queue(QueueName=name, Attributes=attributes)
        return f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"

    def make(self, expression: str, name: str = "nightly", **settings: Any) -> str:
        """Make a schedule; its ARN. `target`: what is not as usual of the target."""
        return str(self.api.create_schedule(**self.request(expression, name, **settings))["ScheduleArn"])

    def request(self, expression: str, name: str = "nightly", **settings: Any) -> dict[str, Any]:
        given = dict(settings.pop("target", {}))
        arn = given.pop("Arn", None) or self.queue()
        target = {"Arn": arn, "RoleArn": ROLE, "Input": "go", **given}
        return {
            "Name": name,
            "ScheduleExpression": expression,
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "Target": target,
            **settings,
        }

    def dates(self, place: str = "sqs:jobs") -> list[dt.datetime]:
        """When something came in."""
        start = self.cloud.clock.start
        return [start + dt.timedelta(seconds=event.seconds) for event in self.cloud.journal.of("sent", place)]

    def times(self, place: str = "sqs:jobs") -> list[str]:
        """The same, as text."""
        return [date.strftime("%m-%d %H:%M:%S") for date in self.dates(place)]

    def bodies(self, place: str = "sqs:jobs") -> list[str]:
        return [event.detail["body"] for event in self.cloud.journal.of("sent", place)]
