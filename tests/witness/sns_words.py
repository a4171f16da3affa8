"""What the stories of SNS share: topics, and queues that are subscribed to them."""

from __future__ import annotations

import json

from stage import Stage


def topic_of(stage: Stage, name: str = "t", **attributes: str) -> str:
    """A topic's ARN. A name that ends in .fifo makes it FIFO."""
    if name.endswith(".fifo"):
        attributes["FifoTopic"] = "true"
    return str(stage.sns.create_topic(Name=f"{stage.name}-{name}", Attributes=attributes)["TopicArn"])


def subscribe(stage: Stage, topic: str, queue: str, **attributes: str) -> str:
    return str(
        stage.sns.subscribe(
            TopicArn=topic,
            Protocol="sqs",
            Endpoint=stage.arn(queue),
            Attributes=attributes,
            ReturnSubscriptionArn=True,
        )["SubscriptionArn"]
    )


def subscribed_queue(stage: Stage, name: str = "q", **attributes: str) -> tuple[str, str]:
    """A topic and the URL of a queue that is subscribed to it, raw."""
    topic, queue = topic_of(stage), stage.open_queue(name)
    subscribe(stage, topic, queue, RawMessageDelivery="true", **attributes)
    return topic, queue


def message_attributes(**values: object) -> dict[str, dict[str, str]]:
    """Message attributes by their Python values: text, numbers, lists."""

    def one(value: object) -> dict[str, str]:
        if isinstance(value, list):
            return {"DataType": "String.Array", "StringValue": json.dumps(value)}
        return {"DataType": "String" if isinstance(value, str) else "Number", "StringValue": str(value)}

    return {name: one(value) for name, value in values.items()}
