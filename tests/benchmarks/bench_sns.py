"""Topics: twenty-three days of retries for one message, and one topic that fans out to a hundred queues."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
from cases import agenda_entries, bare_simpy
from measure import Ratio, Work, race

from waterline.cloud import Cloud

TITLE = "Topics (a queue that stays down for 23 days; one topic, many queues)"
FULL, TINY = 1.0, 0.01
"""The share of the 23 days that is played, and of the messages that are published."""

_DAYS, _QUEUES, _MESSAGES = 24, 100, 100


def _fan_out(queues: int) -> tuple[Any, str]:
    """A topic with so many queues that let it in: the SNS client and the topic's ARN."""
    sns, sqs = boto3.client("sns"), boto3.client("sqs")
    topic = sns.create_topic(Name="orders")["TopicArn"]
    for number in range(queues):
        arn = f"arn:aws:sqs:us-east-1:123456789012:queue-{number}"
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": arn,
            "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
        }
        sqs.create_queue(QueueName=f"queue-{number}", Attributes={"Policy": json.dumps({"Statement": [statement]})})
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    return sns, topic


@contextmanager
def retrying(days: float) -> Iterator[Work]:
    with Cloud(seed=7) as cloud:
        sns, topic = _fan_out(1)
        cloud.faults.outage("sqs")
        sns.publish(TopicArn=topic, Message="x")
        yield lambda: cloud.advance(days=days)


@contextmanager
def delivering(messages: int) -> Iterator[Work]:
    with Cloud(seed=7) as cloud:
        sns, topic = _fan_out(_QUEUES)
        for number in range(messages):
            sns.publish(TopicArn=topic, Message=str(number))
        yield cloud.settle
        assert len(cloud.journal.of("delivered")) == messages * _QUEUES


def run(share: float, rounds: int) -> list[Ratio]:
    days, messages = _DAYS * share, max(1, round(_MESSAGES * share))
    with Cloud(seed=7) as cloud:
        sns, topic = _fan_out(1)
        cloud.faults.outage("sqs")
        sns.publish(TopicArn=topic, Message="x")
        before = agenda_entries(cloud)
        cloud.advance(days=days)
        attempts, retries = agenda_entries(cloud) - before, len(cloud.journal.of("retried"))
    with Cloud(seed=7) as cloud:
        sns, topic = _fan_out(_QUEUES)
        before = agenda_entries(cloud)
        for number in range(messages):
            sns.publish(TopicArn=topic, Message=str(number))
        cloud.settle()
        deliveries = agenda_entries(cloud) - before
    down = f"one message to a queue that is down, {days:.3g} days, {retries:,} retries"
    fan_out = f"{messages:,} messages from one topic to {_QUEUES} queues"
    simple = {
        name: f"a SimPy process with as many events ({count:,})"
        for name, count in ((down, attempts), (fan_out, deliveries))
    }
    contenders = {
        down: lambda: retrying(days),
        simple[down]: lambda: bare_simpy(attempts),
        fan_out: lambda: delivering(messages),
        simple[fan_out]: lambda: bare_simpy(deliveries),
    }
    return race(contenders, [(down, simple[down]), (fan_out, simple[fan_out])], rounds)
