"""A lab for CloudWatch's tests: SQS and CloudWatch on a clock, and functions written into the journal by hand."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import boto3
from moto import mock_aws
from moto.cloudwatch.models import cloudwatch_backends
from moto.core import DEFAULT_ACCOUNT_ID
from moto.moto_api._internal import mock_random
from moto.sqs.models import sqs_backends

from waterline import clock as clock_module
from waterline.clock import SECOND, Clock
from waterline.ground import Ground, installed
from waterline.journal import Journal
from waterline.services.cloudwatch import MetricBackend
from waterline.services.sqs import CloudQueue, QueueBackend

REGION = "us-east-1"
DAY = 86_400


def dimensions(**values: str) -> list[dict[str, str]]:
    return [{"Name": name, "Value": value} for name, value in values.items()]


@dataclass
class Observatory:
    clock: Clock
    journal: Journal
    sqs: Any
    cloudwatch: Any
    url: str = ""

    # -- time --------------------------------------------------------------------------------------------------------

    def advance(self, seconds: float) -> None:
        self.clock.advance(round(seconds * SECOND))

    def at(self, second: float, action: Callable[..., object], *args: object) -> None:
        self.clock.at(round(second * SECOND), action, *args)

    # -- queues ------------------------------------------------------------------------------------------------------

    def queue(self, name: str = "orders", **attributes: Any) -> str:
        values = {key: str(value) for key, value in attributes.items()}
        self.url = str(self.sqs.create_queue(QueueName=name, Attributes=values)["QueueUrl"])
        return self.url

    def store(self, name: str = "orders") -> CloudQueue:
        queue: CloudQueue = sqs_backends[DEFAULT_ACCOUNT_ID][REGION].get_queue(name)
        return queue

    def send(self, body: str = "hello", **options: Any) -> None:
        self.sqs.send_message(QueueUrl=self.url, MessageBody=body, **options)

    def receive(self, **options: Any) -> list[dict[str, Any]]:
        return list(self.sqs.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10, **options).get("Messages", []))

    def delete(self, message: dict[str, Any]) -> None:
        self.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])

    # -- functions, by hand ------------------------------------------------------------------------------------------

    def invocation(
        self,
        begin: float,
        end: float,
        outcome: str = "succeeded",
        *,
        request: str = "r-1",
        messages: tuple[str, ...] = ("m-1",),
        environment: int = 1,
        function: str = "pay",
        **detail: Any,
    ) -> None:
        """Plan an invocation from second `begin` to second `end`, as the Lambda service writes it."""
        common: dict[str, Any] = {"invocation": request, "environment": environment}

        def write(kind: str, **more: Any) -> None:
            for message in messages:
                self.journal.record(kind, f"lambda:{function}", message, **common, **more)

        duration = round((end - begin) * SECOND)
        self.at(begin, lambda: write("invoked", batch=len(messages), **detail))
        self.at(end, lambda: write(outcome, duration=duration, **detail))

    # -- what CloudWatch says ----------------------------------------------------------------------------------------

    def points(
        self, name: str, statistic: str = "Sum", period: int = 60, minutes: int = 10, start: int = 0, **about: str
    ) -> dict[int, float]:
        """Data points by the second since the cloud's start; `about` are the dimensions."""
        namespace = "AWS/SQS" if "QueueName" in about else "AWS/Lambda"
        begin = self.clock.start + dt.timedelta(minutes=start)
        key = "ExtendedStatistics" if statistic.startswith("p") else "Statistics"
        answer = self.cloudwatch.get_metric_statistics(
            Namespace=namespace,
            MetricName=name,
            Dimensions=dimensions(**about),
            StartTime=begin,
            EndTime=begin + dt.timedelta(minutes=minutes),
            Period=period,
            **{key: [statistic]},
        )["Datapoints"]
        return {
            round((point["Timestamp"] - self.clock.start).total_seconds()): (
                point["ExtendedStatistics"][statistic] if key == "ExtendedStatistics" else point[statistic]
            )
            for point in answer
        }

    def alarm(self, name: str = "watch", metric: str = "Errors", threshold: float = 0, **settings: Any) -> None:
        """An alarm that goes off above the threshold; `settings` by their AWS names, dimensions as FunctionName=..."""
        about = {key: settings.pop(key) for key in ("FunctionName", "QueueName") if key in settings}
        values = {
            "Namespace": "AWS/SQS" if "QueueName" in about else "AWS/Lambda",
            "Period": 60,
            "EvaluationPeriods": 1,
            "ComparisonOperator": "GreaterThanThreshold",
            **settings,
        }
        if "ExtendedStatistic" not in values:
            values.setdefault("Statistic", "Sum")
        self.cloudwatch.put_metric_alarm(
            AlarmName=name, MetricName=metric, Threshold=threshold, Dimensions=dimensions(**about), **values
        )

    def state(self, name: str = "watch") -> str:
        return str(self.cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"][0]["StateValue"])

    def changes(self, name: str = "watch") -> list[tuple[float, str]]:
        """The second and the new state of each change, from the journal."""
        return [(event.seconds, event.detail["state"]) for event in self.journal.of("alarmed", f"cloudwatch:{name}")]


@cache
def client(service: str) -> Any:
    """One client for all tests: moto answers whatever client was made after it was imported."""
    session = boto3.Session(aws_access_key_id="testing", aws_secret_access_key="testing", region_name=REGION)
    return session.client(service)


@contextmanager
def opened(start: dt.datetime = clock_module.EPOCH, seed: int = 7) -> Iterator[Observatory]:
    clock_module.install()
    clock = Clock(start)
    ground = Ground(clock, Journal(clock), seed)
    with (
        mock_aws(),
        installed({"sqs": QueueBackend, "cloudwatch": MetricBackend}, ground),
    ):
        sqs_backends.reset()
        cloudwatch_backends.reset()
        mock_random.seed(seed)
        with clock.held():
            try:
                yield Observatory(clock, ground.journal, client("sqs"), client("cloudwatch"))
            finally:
                clock.close()
