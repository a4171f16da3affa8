"""What the templates' tests share: to deploy, and to see what arrived."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import boto3

from waterline import Cloud
from waterline.journal import Event

HERE = Path(__file__).parent
PATTERNS = HERE / "patterns"

PRINTS = """
def handler(event, context):
    print(event)
"""


def client(service: str) -> Any:
    return boto3.client(service, region_name="us-east-1")


def happened(cloud: Cloud, kind: str, place: str) -> list[Event]:
    return [event for event in cloud.journal if event.kind == kind and event.place == place]


def ran(cloud: Cloud, function: str) -> int:
    """How many times a function succeeded."""
    return len(happened(cloud, "succeeded", f"lambda:{function}"))


def bodies(queue: str) -> list[str]:
    """The bodies of what is in a queue, which is emptied."""
    found = []
    while messages := client("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages"):
        for message in messages:
            found.append(message["Body"])
            client("sqs").delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    return found


def arn_of(queue: str) -> str:
    asked = client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
    return str(asked["Attributes"]["QueueArn"])


def open_queue(name: str) -> str:
    """A queue that everybody may write to; returns its URL."""
    url = str(client("sqs").create_queue(QueueName=name)["QueueUrl"])
    statement = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    return url


def ear_of_topic(topic: str) -> str:
    """A queue that hears what a topic publishes."""
    queue = open_queue("ear")
    attributes = {"RawMessageDelivery": "true"}
    client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn_of(queue), Attributes=attributes)
    return queue


def ear_of_bus(bus: str, source: str) -> str:
    """A queue that hears what comes from a source over a bus."""
    queue, events = open_queue("ear"), client("events")
    events.put_rule(Name="ear", EventBusName=bus, EventPattern=json.dumps({"source": [source]}))
    events.put_targets(Rule="ear", EventBusName=bus, Targets=[{"Id": "ear", "Arn": arn_of(queue)}])
    return queue


def put_event(source: str, detail: Any, kind: str = "note", bus: str = "default") -> None:
    entry = {"Source": source, "DetailType": kind, "Detail": json.dumps(detail), "EventBusName": bus}
    assert client("events").put_events(Entries=[entry])["FailedEntryCount"] == 0


def records(stream: str) -> list[bytes]:
    """The data of all records of a stream with one shard."""
    kinesis = client("kinesis")
    [shard] = kinesis.list_shards(StreamName=stream)["Shards"]
    where = {"StreamName": stream, "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
    iterator = kinesis.get_shard_iterator(**where)["ShardIterator"]
    return [record["Data"] for record in kinesis.get_records(ShardIterator=iterator)["Records"]]
