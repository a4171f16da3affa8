"""Topics and their subscriptions. Sources: Amazon SNS Developer Guide and API Reference (read 2026-11)."""

from __future__ import annotations

import json
from typing import Any

from stage import Stage, refusal
from telling import Stories

STORIES = Stories("SNS")


def _topic(stage: Stage, name: str = "t", **attributes: str) -> str:
    """A topic's ARN. A name that ends in .fifo makes it FIFO."""
    if name.endswith(".fifo"):
        attributes["FifoTopic"] = "true"
    return str(stage.sns.create_topic(Name=f"{stage.name}-{name}", Attributes=attributes)["TopicArn"])


def _subscribe(stage: Stage, topic: str, queue: str, **attributes: str) -> str:
    return str(
        stage.sns.subscribe(
            TopicArn=topic,
            Protocol="sqs",
            Endpoint=stage.arn(queue),
            Attributes=attributes,
            ReturnSubscriptionArn=True,
        )["SubscriptionArn"]
    )


def _subscribed(stage: Stage, name: str = "q", **attributes: str) -> tuple[str, str]:
    """A topic and the URL of a queue that is subscribed to it, raw."""
    topic, queue = _topic(stage), stage.open_queue(name)
    _subscribe(stage, topic, queue, RawMessageDelivery="true", **attributes)
    return topic, queue


def _attributes(**values: object) -> dict[str, dict[str, str]]:
    """Message attributes by their Python values: text, numbers, lists."""

    def one(value: object) -> dict[str, str]:
        if isinstance(value, list):
            return {"DataType": "String.Array", "StringValue": json.dumps(value)}
        return {"DataType": "String" if isinstance(value, str) else "Number", "StringValue": str(value)}

    return {name: one(value) for name, value in values.items()}


def _wanted(stage: Stage, policy: Any, **messages: dict[str, object]) -> list[str]:
    """The names of the messages that a filter policy on attributes lets through."""
    topic, queue = _subscribed(stage, FilterPolicy=json.dumps(policy))
    for name, values in messages.items():
        stage.sns.publish(TopicArn=topic, Message=name, MessageAttributes=_attributes(**values))
    stage.quiet()
    return sorted(stage.bodies(queue))


def _wanted_bodies(stage: Stage, policy: Any, *bodies: Any) -> list[int]:
    """Which of the bodies a filter policy on the body lets through, by number."""
    topic, queue = _subscribed(stage, FilterPolicy=json.dumps(policy), FilterPolicyScope="MessageBody")
    texts = [body if isinstance(body, str) else json.dumps(body) for body in bodies]
    for text in texts:
        stage.sns.publish(TopicArn=topic, Message=text)
    stage.quiet()
    return sorted(texts.index(text) for text in stage.bodies(queue))


# -- fan-out -----------------------------------------------------------------------------------------------------------


@STORIES.tell("Every subscribed queue gets a copy of its own.", "Fanout to Amazon SQS queues", [["hello"], ["hello"]])
def fan_out(stage: Stage) -> Any:
    topic, queues = _topic(stage), [stage.open_queue(name) for name in "ab"]
    for queue in queues:
        _subscribe(stage, topic, queue, RawMessageDelivery="true")
    stage.sns.publish(TopicArn=topic, Message="hello")
    return [stage.arrived(queue, 1) for queue in queues]


@STORIES.tell(
    "Without raw delivery a queue gets an envelope around the message.",
    "Parsing Amazon SNS message formats",
    [["Notification", "hello", "greeting", True], {"kind": {"Type": "String", "Value": "new"}}],
)
def envelope(stage: Stage) -> Any:
    topic, queue = _topic(stage), stage.open_queue()
    _subscribe(stage, topic, queue)
    stage.sns.publish(
        TopicArn=topic, Message="hello", Subject="greeting", MessageAttributes=_attributes(kind="new")
    )
    told = json.loads(stage.arrived(queue, 1)[0])
    return [[told["Type"], told["Message"], told["Subject"], told["TopicArn"] == topic], told["MessageAttributes"]]


@STORIES.tell(
    "An envelope has no subject where the message has none.", "Parsing Amazon SNS message formats", False
)
def envelope_without_a_subject(stage: Stage) -> Any:
    topic, queue = _topic(stage), stage.open_queue()
    _subscribe(stage, topic, queue)
    stage.sns.publish(TopicArn=topic, Message="hello")
    return "Subject" in json.loads(stage.arrived(queue, 1)[0])


@STORIES.tell(
    "Raw delivery hands message attributes on as the queue's own.",
    "Amazon SNS raw message delivery",
    ["hello", {"kind": "new"}],
)
def raw(stage: Stage) -> Any:
    topic, queue = _subscribed(stage)
    stage.sns.publish(TopicArn=topic, Message="hello", MessageAttributes=_attributes(kind="new"))
    stage.quiet()
    answer = stage.sqs.receive_message(QueueUrl=queue, MessageAttributeNames=["All"])
    (message,) = answer["Messages"]
    given = {name: value["StringValue"] for name, value in message.get("MessageAttributes", {}).items()}
    return [message["Body"], given]


@STORIES.tell("With a structure each protocol gets the text that is meant for it.", "Publish", ["for queues"])
def a_text_for_each_protocol(stage: Stage) -> Any:
    topic, queue = _subscribed(stage)
    texts = json.dumps({"default": "for others", "sqs": "for queues"})
    stage.sns.publish(TopicArn=topic, Message=texts, MessageStructure="json")
    return stage.arrived(queue, 1)


@STORIES.tell("A structure without a default text is refused.", "Publish", "InvalidParameter")
def a_structure_without_a_default(stage: Stage) -> Any:
    topic, texts = _topic(stage), json.dumps({"sqs": "for queues"})
    return refusal(stage.sns.publish, TopicArn=topic, Message=texts, MessageStructure="json")


@STORIES.tell("After Unsubscribe a queue gets nothing more.", "Unsubscribe", ["first"])
def unsubscribed(stage: Stage) -> Any:
    topic, queue = _topic(stage), stage.open_queue()
    subscription = _subscribe(stage, topic, queue, RawMessageDelivery="true")
    stage.sns.publish(TopicArn=topic, Message="first")
    bodies = stage.arrived(queue, 1)
    stage.sns.unsubscribe(SubscriptionArn=subscription)
    stage.sns.publish(TopicArn=topic, Message="second")
    stage.quiet()
    return bodies + stage.bodies(queue)


@STORIES.tell("A topic that does not exist is not found.", "Publish", "NotFound")
def unknown_topic(stage: Stage) -> Any:
    return refusal(stage.sns.publish, TopicArn=_topic(stage) + "-other", Message="hello")


@STORIES.tell("An empty message is refused.", "Publish", "InvalidParameter")
def empty_message(stage: Stage) -> Any:
    return refusal(stage.sns.publish, TopicArn=_topic(stage), Message="")


@STORIES.tell(
    "A batch that is empty, too long or has an identifier twice is refused as a whole.",
    "PublishBatch",
    ["EmptyBatchRequest", "TooManyEntriesInBatchRequest", "BatchEntryIdsNotDistinct"],
)
def published_batches_that_are_wrong_as_a_whole(stage: Stage) -> Any:
    topic = _topic(stage)
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
    topic, queue = _topic(stage), stage.queue()
    _subscribe(stage, topic, queue, RawMessageDelivery="true")
    stage.sns.publish(TopicArn=topic, Message="hello")
    stage.quiet()
    return stage.bodies(queue)


@STORIES.tell(
    "What cannot be delivered since the queue is gone moves to the subscription's dead-letter queue.",
    "Amazon SNS dead-letter queues (DLQs)",
    ["hello"],
)
def a_subscriber_that_is_gone(stage: Stage) -> Any:
    topic, queue, dead = _topic(stage), stage.open_queue(), stage.open_queue("dead")
    policy = json.dumps({"deadLetterTargetArn": stage.arn(dead)})
    _subscribe(stage, topic, queue, RawMessageDelivery="true", RedrivePolicy=policy)
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
    topic, queue = _topic(stage), stage.open_queue()
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


# -- filters -----------------------------------------------------------------------------------------------------------


@STORIES.tell(
    "Keys are joined by and, values by or; a message without the attribute is not delivered.",
    "AND/OR logic",
    ["both", "either"],
)
def filter_and_or(stage: Stage) -> Any:
    return _wanted(
        stage,
        {"kind": ["new", "old"], "land": ["de"]},
        both={"kind": "new", "land": "de"},
        either={"kind": "old", "land": "de", "more": "x"},
        half={"kind": "new"},
        none={},
    )


@STORIES.tell("Of a $or one alternative is enough.", "AND/OR logic", ["first", "second"])
def filter_or_of_keys(stage: Stage) -> Any:
    policy = {"$or": [{"a": ["1"]}, {"b": ["2"]}]}
    return _wanted(stage, policy, first={"a": "1"}, second={"b": "2"}, neither={"a": "2", "b": "1"})


@STORIES.tell(
    "A numeric filter takes numbers only, within its bounds.", "Numeric value matching", ["edge", "middle"]
)
def filter_numeric(stage: Stage) -> Any:
    policy = {"price": [{"numeric": [">", 0, "<=", 100]}]}
    return _wanted(
        stage, policy, below={"price": 0}, middle={"price": 50.5}, edge={"price": 100}, text={"price": "50"}
    )


@STORIES.tell(
    "Prefix, suffix, anything-but and equals-ignore-case match text.",
    "String value matching",
    [["prefix"], ["suffix"], ["other"], ["upper"]],
)
def filter_text(stage: Stage) -> Any:
    policies: dict[str, Any] = {"prefix": "ab", "suffix": "yz", "anything-but": ["ab", "yz"], "equals-ignore-case": "AB"}
    queues, topic = [], _topic(stage)
    for name, value in policies.items():
        queue = stage.open_queue(name)
        policy = json.dumps({"key": [{name: value}]})
        _subscribe(stage, topic, queue, RawMessageDelivery="true", FilterPolicy=policy)
        queues.append(queue)
    for name, key in (("prefix", "abc"), ("suffix", "xyz"), ("upper", "aB"), ("other", "q")):
        stage.sns.publish(TopicArn=topic, Message=name, MessageAttributes=_attributes(key=key))
    stage.quiet()
    found = [set(stage.bodies(queue)) for queue in queues]
    return [
        sorted(found[0]),
        sorted(found[1]),
        sorted(found[2] - {"prefix", "suffix", "upper"}),
        sorted(found[3]),
    ]


@STORIES.tell("A filter may ask that an attribute is there, or is not.", "Key matching", [["with"], ["without"]])
def filter_exists(stage: Stage) -> Any:
    queues, topic = [], _topic(stage)
    for there in (True, False):
        queue = stage.open_queue(str(there))
        policy = json.dumps({"key": [{"exists": there}]})
        _subscribe(stage, topic, queue, RawMessageDelivery="true", FilterPolicy=policy)
        queues.append(queue)
    stage.sns.publish(TopicArn=topic, Message="with", MessageAttributes=_attributes(key="x"))
    stage.sns.publish(TopicArn=topic, Message="without", MessageAttributes=_attributes(other="x"))
    stage.quiet()
    return [stage.bodies(queue) for queue in queues]


@STORIES.tell("Of an array one element that matches is enough.", "String value matching", ["one"])
def filter_array(stage: Stage) -> Any:
    return _wanted(stage, {"tags": ["a"]}, one={"tags": ["b", "a"]}, none={"tags": ["b"]})


@STORIES.tell(
    "By default a filter looks at the attributes and not at the body.",
    "Amazon SNS subscription filter policy scope",
    [],
)
def filter_scope(stage: Stage) -> Any:
    topic, queue = _subscribed(stage, FilterPolicy=json.dumps({"kind": ["new"]}))
    stage.sns.publish(TopicArn=topic, Message=json.dumps({"kind": "new"}))
    stage.quiet()
    return stage.bodies(queue)


@STORIES.tell(
    "A filter on the body matches nested keys; a body that is no JSON is not delivered.",
    "Amazon SNS subscription filter policy scope",
    [0],
)
def filter_body(stage: Stage) -> Any:
    policy = {"order": {"kind": ["paid"], "price": [{"numeric": [">=", 100]}]}}
    return _wanted_bodies(
        stage,
        policy,
        {"order": {"kind": "paid", "price": 100}},
        {"order": {"kind": "paid", "price": 99}},
        {"kind": "paid", "price": 100},
        "order paid",
    )


@STORIES.tell(
    "A filter with an operator that is none, or with values that are no list, is refused.",
    "Filter policy constraints",
    ["InvalidParameter", "InvalidParameter"],
)
def filters_that_are_wrong(stage: Stage) -> Any:
    topic, queue = _topic(stage), stage.open_queue()
    wrong: tuple[Any, ...] = ({"key": [{"begins": "x"}]}, {"key": "x"})
    return [refusal(_subscribe, stage, topic, queue, FilterPolicy=json.dumps(policy)) for policy in wrong]


# -- FIFO topics -------------------------------------------------------------------------------------------------------


def _subscribed_fifo(stage: Stage, **attributes: str) -> tuple[str, str]:
    topic, queue = _topic(stage, "t.fifo", **attributes), stage.open_queue("q.fifo")
    _subscribe(stage, topic, queue, RawMessageDelivery="true")
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
            TopicArn=topic, Message="same", MessageGroupId="g", MessageAttributes=_attributes(kind=kind)
        )
    stage.quiet()
    return stage.bodies(queue)


@STORIES.tell(
    "A FIFO topic wants a message group, and a deduplication identifier unless the content gives it.",
    "Publish",
    ["InvalidParameter", "InvalidParameter", "accepted"],
)
def fifo_topic_parameters(stage: Stage) -> Any:
    plain = _topic(stage, "t.fifo")
    by_content = _topic(stage, "c.fifo", ContentBasedDeduplication="true")
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
