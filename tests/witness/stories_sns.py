"""Topics and their subscriptions. Sources: Amazon SNS Developer Guide and API Reference (read 2026-11)."""

from __future__ import annotations

import json
from typing import Any

from sns_words import message_attributes, subscribe, subscribed_queue, topic_of
from stage import Stage, refusal
from telling import Stories

STORIES = Stories("SNS")


# -- fan-out -----------------------------------------------------------------------------------------------------------


@STORIES.tell("Every subscribed queue gets a copy of its own.", "Fanout to Amazon SQS queues", [["hello"], ["hello"]])
def fan_out(stage: Stage) -> Any:
    topic, queues = topic_of(stage), [stage.open_queue(name) for name in "ab"]
    for queue in queues:
        subscribe(stage, topic, queue, RawMessageDelivery="true")
    stage.sns.publish(TopicArn=topic, Message="hello")
    return [stage.arrived(queue, 1) for queue in queues]


@STORIES.tell(
    "Without raw delivery a queue gets an envelope around the message.",
    "Parsing Amazon SNS message formats",
    [["Notification", "hello", "greeting", True], {"kind": {"Type": "String", "Value": "new"}}],
)
def envelope(stage: Stage) -> Any:
    topic, queue = topic_of(stage), stage.open_queue()
    subscribe(stage, topic, queue)
    stage.sns.publish(
        TopicArn=topic, Message="hello", Subject="greeting", MessageAttributes=message_attributes(kind="new")
    )
    told = json.loads(stage.arrived(queue, 1)[0])
    return [[told["Type"], told["Message"], told["Subject"], told["TopicArn"] == topic], told["MessageAttributes"]]


@STORIES.tell("An envelope has no subject where the message has none.", "Parsing Amazon SNS message formats", False)
def envelope_without_a_subject(stage: Stage) -> Any:
    topic, queue = topic_of(stage), stage.open_queue()
    subscribe(stage, topic, queue)
    stage.sns.publish(TopicArn=topic, Message="hello")
    return "Subject" in json.loads(stage.arrived(queue, 1)[0])


@STORIES.tell(
    "Raw delivery hands message attributes on as the queue's own.",
    "Amazon SNS raw message delivery",
    ["hello", {"kind": "new"}],
)
def raw(stage: Stage) -> Any:
    topic, queue = subscribed_queue(stage)
    stage.sns.publish(TopicArn=topic, Message="hello", MessageAttributes=message_attributes(kind="new"))
    stage.quiet()
    answer = stage.sqs.receive_message(QueueUrl=queue, MessageAttributeNames=["All"])
    (message,) = answer["Messages"]
    given = {name: value["StringValue"] for name, value in message.get("MessageAttributes", {}).items()}
    return [message["Body"], given]


@STORIES.tell("With a structure each protocol gets the text that is meant for it.", "Publish", ["for queues"])
def a_text_for_each_protocol(stage: Stage) -> Any:
    topic, queue = subscribed_queue(stage)
    texts = json.dumps({"default": "for others", "sqs": "for queues"})
    stage.sns.publish(TopicArn=topic, Message=texts, MessageStructure="json")
    return stage.arrived(queue, 1)


@STORIES.tell("A structure without a default text is refused.", "Publish", "InvalidParameter")
def a_structure_without_a_default(stage: Stage) -> Any:
    topic, texts = topic_of(stage), json.dumps({"sqs": "for queues"})
    return refusal(stage.sns.publish, TopicArn=topic, Message=texts, MessageStructure="json")


@STORIES.tell("After Unsubscribe a queue gets nothing more.", "Unsubscribe", ["first"])
def unsubscribed(stage: Stage) -> Any:
    topic, queue = topic_of(stage), stage.open_queue()
    subscription = subscribe(stage, topic, queue, RawMessageDelivery="true")
    stage.sns.publish(TopicArn=topic, Message="first")
    bodies = stage.arrived(queue, 1)
    stage.sns.unsubscribe(SubscriptionArn=subscription)
    stage.sns.publish(TopicArn=topic, Message="second")
    stage.quiet()
    return bodies + stage.bodies(queue)


@STORIES.tell("A topic that does not exist is not found.", "Publish", "NotFound")
def unknown_topic(stage: Stage) -> Any:
    return refusal(stage.sns.publish, TopicArn=topic_of(stage) + "-other", Message="hello")


@STORIES.tell("An empty message is refused.", "Publish", "InvalidParameter")
def empty_message(stage: Stage) -> Any:
    return refusal(stage.sns.publish, TopicArn=topic_of(stage), Message="")


@STORIES.tell(
    "A batch that is empty, too long or has an identifier twice is refused as a whole.",
    "PublishBatch",
    ["EmptyBatchRequest", "TooManyEntriesInBatchRequest", "BatchEntryIdsNotDistinct"],
)
def published_batches_that_are_wrong_as_a_whole(stage: Stage) -> Any:
    topic = topic_of(stage)
    batches = [[], [str(n) for n in range(11)], ["same", "same"]]
    return [
        refusal(
            stage.sns.publish_batch,
            TopicArn=topic,
            PublishBatchRequestEntries=[{"Id": name, "Message": "x"} for name in batch],
        )
        for batch in batches
    ]


@STORIES.tell(
    "A queue whose policy does not let the topic in gets nothing.",
    "Subscribing an Amazon SQS queue to an Amazon SNS topic",
    [],
)
def a_queue_without_a_policy(stage: Stage) -> Any:
    topic, queue = topic_of(stage), stage.queue()
    subscribe(stage, topic, queue, RawMessageDelivery="true")
    stage.sns.publish(TopicArn=topic, Message="hello")
    stage.quiet()
    return stage.bodies(queue)


@STORIES.tell(
    "What cannot be delivered since the queue is gone moves to the subscription's dead-letter queue.",
    "Amazon SNS dead-letter queues (DLQs)",
    ["hello"],
)
def a_subscriber_that_is_gone(stage: Stage) -> Any:
    topic, queue, dead = topic_of(stage), stage.open_queue(), stage.open_queue("dead")
    policy = json.dumps({"deadLetterTargetArn": stage.arn(dead)})
    subscribe(stage, topic, queue, RawMessageDelivery="true", RedrivePolicy=policy)
    stage.sqs.delete_queue(QueueUrl=queue)
    stage.quiet()
    stage.sns.publish(TopicArn=topic, Message="hello")
    return stage.arrived(dead, 1, within=5)


@STORIES.tell(
    "A function is invoked asynchronously with one record: what it fails with goes to its destination.",
    "Using AWS Lambda with Amazon SNS",
    ["aws:sns", "hello", None],
)
def a_function_is_subscribed(stage: Stage) -> Any:
    topic, queue = topic_of(stage), stage.open_queue()
    arn = stage.informer(queue)
    stage.awslambda.add_permission(
        FunctionName=arn,
        StatementId="topic",
        Action="lambda:InvokeFunction",
        Principal="sns.amazonaws.com",
        SourceArn=topic,
    )
    stage.sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=arn)
    stage.sns.publish(TopicArn=topic, Message="hello")
    event = stage.informed(queue)
    if not event:
        return "nothing"
    (record,) = event["Records"]
    return [record["EventSource"], record["Sns"]["Message"], record["Sns"]["Subject"]]


# -- FIFO topics -------------------------------------------------------------------------------------------------------


def _subscribed_fifo(stage: Stage, **attributes: str) -> tuple[str, str]:
    topic, queue = topic_of(stage, "t.fifo", **attributes), stage.open_queue("q.fifo")
    subscribe(stage, topic, queue, RawMessageDelivery="true")
    return topic, queue


@STORIES.tell(
    "Messages of a group arrive in order, with their group.",
    "Message ordering details for FIFO topics",
    [["1", "2", "3"], ["g"]],
)
def fifo_topic_order(stage: Stage) -> Any:
    topic, queue = _subscribed_fifo(stage)
    for text in "123":
        stage.sns.publish(TopicArn=topic, Message=text, MessageGroupId="g", MessageDeduplicationId=text)
    stage.quiet()
    messages = stage.receive(queue)
    groups = {message["Attributes"]["MessageGroupId"] for message in messages}
    return [[message["Body"] for message in messages], sorted(groups)]


@STORIES.tell(
    "A duplicate within five minutes is accepted and not delivered.", "Message deduplication for FIFO topics", ["first"]
)
def fifo_topic_duplicate(stage: Stage) -> Any:
    topic, queue = _subscribed_fifo(stage)
    for text in ("first", "second"):
        stage.sns.publish(TopicArn=topic, Message=text, MessageGroupId="g", MessageDeduplicationId="same")
    stage.quiet()
    return stage.bodies(queue)


@STORIES.tell(
    "Content-based deduplication looks at the text and not at the attributes.",
    "Message deduplication for FIFO topics",
    ["same"],
)
def fifo_topic_duplicate_content(stage: Stage) -> Any:
    topic, queue = _subscribed_fifo(stage, ContentBasedDeduplication="true")
    for kind in ("a", "b"):
        stage.sns.publish(
            TopicArn=topic, Message="same", MessageGroupId="g", MessageAttributes=message_attributes(kind=kind)
        )
    stage.quiet()
    return stage.bodies(queue)


@STORIES.tell(
    "A FIFO topic wants a message group, and a deduplication identifier unless the content gives it.",
    "Publish",
    ["InvalidParameter", "InvalidParameter", "accepted"],
)
def fifo_topic_parameters(stage: Stage) -> Any:
    plain = topic_of(stage, "t.fifo")
    by_content = topic_of(stage, "c.fifo", ContentBasedDeduplication="true")
    publish = stage.sns.publish
    return [
        refusal(publish, TopicArn=plain, Message="x", MessageDeduplicationId="d"),
        refusal(publish, TopicArn=plain, Message="x", MessageGroupId="g"),
        refusal(publish, TopicArn=by_content, Message="x", MessageGroupId="g"),
    ]


@STORIES.tell("A FIFO topic's message gets a sequence number.", "Publish", [True, True])
def fifo_topic_sequence_numbers(stage: Stage) -> Any:
    topic, _ = _subscribed_fifo(stage)
    numbers = [
        stage.sns.publish(TopicArn=topic, Message=text, MessageGroupId="g", MessageDeduplicationId=text).get(
            "SequenceNumber", ""
        )
        for text in "12"
    ]
    return [[len(number) for number in numbers] == [20, 20], numbers[0] < numbers[1]]
