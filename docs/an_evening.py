"""The run whose picture stands in README.md: `python docs/an_evening.py` draws docs/an-evening.svg anew."""

from __future__ import annotations

import json
from pathlib import Path

import boto3

from waterline import Cloud, timeline
from waterline.views.timeline import Timeline

PICTURE = Path(__file__).with_name("an-evening.svg")
HANDLER = """
import json, time

def handler(event, context):
    for record in event["Records"]:
        order = json.loads(record["body"])
        ticket = f"{order['name']}, cabin {order['cabin']}"
        time.sleep(2)
        print("printed:", ticket)
"""


def arn(sqs: object, url: str) -> str:
    answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])  # type: ignore[attr-defined]
    return str(answer["Attributes"]["QueueArn"])


def draw() -> Timeline:
    """Five orders, one of them without a cabin; three receives, then the dead-letter queue."""
    with Cloud(seed=7) as cloud:
        sqs, awslambda = boto3.client("sqs"), boto3.client("lambda")
        dead = sqs.create_queue(QueueName="tickets-dead")["QueueUrl"]
        redrive = json.dumps({"deadLetterTargetArn": arn(sqs, dead), "maxReceiveCount": 3})
        tickets = sqs.create_queue(QueueName="tickets", Attributes={"RedrivePolicy": redrive})["QueueUrl"]
        cloud.deploy("issue-ticket", HANDLER, timeout=10)
        awslambda.create_event_source_mapping(
            EventSourceArn=arn(sqs, tickets), FunctionName="issue-ticket", BatchSize=1
        )
        for name, cabin in [("Ida", 12), ("Ola", None), ("Maja", 7), ("Emil", 31), ("Sara", 4)]:
            order = {"name": name} if cabin is None else {"name": name, "cabin": cabin}
            sqs.send_message(QueueUrl=tickets, MessageBody=json.dumps(order))
            cloud.advance(seconds=1)
        cloud.settle()
    return timeline(cloud.journal, noun="order")


if __name__ == "__main__":
    PICTURE.write_text(draw().svg, encoding="utf-8")
