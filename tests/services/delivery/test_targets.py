"""Handing a message to a target, once: who takes it, who refuses, and what another attempt could mend."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest

from waterline import Cloud
from waterline.services.delivery import NotTaken, Sender, Targets

ACCOUNT = "123456789012"
TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT}:orders"
QUEUE = f"arn:aws:sqs:us-east-1:{ACCOUNT}:billing"
SENDER = Sender("sns.amazonaws.com", TOPIC, ACCOUNT)
BY_ROLE = Sender("events.amazonaws.com", f"arn:aws:events:us-east-1:{ACCOUNT}:rule/r", ACCOUNT, by_role=True)


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    with Cloud(seed=7) as cloud:
        yield cloud


def handed(cloud: Cloud, hand: Callable[[Targets], Any], cause: tuple[str, ...] = ("copy",)) -> Any:
    """What handing over gave, or the NotTaken that it raised; in a task that works on a copy."""
    found: list[Any] = []

    def task() -> None:
        try:
            found.append(hand(Targets(cloud._ground)))
        except NotTaken as refusal:
            found.append(refusal)

    cloud.clock.spawn("a delivery", task, cause=cause)
    cloud.settle()
    [result] = found
    return result


def allow(resource: str, action: str, principal: str = "sns.amazonaws.com", **condition: Any) -> str:
    statement = {"Effect": "Allow", "Principal": {"Service": principal}, "Action": action, "Resource": resource}
    return json.dumps({"Statement": [statement | ({"Condition": condition} if condition else {})]})


def queue(policy: str | None = None, name: str = "billing", **attributes: str) -> str:
    if policy is not None:
        attributes["Policy"] = policy
    return str(boto3.client("sqs").create_queue(QueueName=name, Attributes=attributes)["QueueUrl"])


# -- queues ------------------------------------------------------------------------------------------------------------


def test_a_queue_takes_a_message_with_its_attributes_and_knows_what_it_came_from(cloud: Cloud) -> None:
    """Source: SendMessage."""
    url = queue(allow(QUEUE, "sqs:SendMessage"))
    attributes = {"a": {"DataType": "String", "StringValue": "b"}}
    message = handed(cloud, lambda targets: targets.queue(SENDER, QUEUE, "body", attributes, group="tenant"))
    [received] = boto3.client("sqs").receive_message(
        QueueUrl=url, MessageAttributeNames=["All"], MessageSystemAttributeNames=["All"]
    )["Messages"]
    assert (received["MessageId"], received["Body"], received["MessageAttributes"]) == (message, "body", attributes)
    assert received["Attributes"]["MessageGroupId"] == "tenant"
    assert cloud.journal.of("sent")[0].parents == ("copy",)


def test_a_fifo_queue_takes_a_group_and_a_deduplication_identifier(cloud: Cloud) -> None:
    """Source: SendMessage."""
    arn = f"{QUEUE}.fifo"
    queue(allow(arn, "sqs:SendMessage"), "billing.fifo", FifoQueue="true")
    twice = [handed(cloud, lambda t: t.queue(SENDER, arn, "x", group="g", deduplication="1")) for _ in range(2)]
    assert twice[0] == twice[1]
    without = handed(cloud, lambda targets: targets.queue(SENDER, arn, "x"))
    assert (without.code, without.retryable) == ("MissingParameter", False)


def test_a_standard_queue_ignores_a_deduplication_identifier(cloud: Cloud) -> None:
    queue(allow(QUEUE, "sqs:SendMessage"))
    assert isinstance(handed(cloud, lambda targets: targets.queue(SENDER, QUEUE, "x", deduplication="1")), str)


REFUSALS: list[tuple[str, str | None, Sender, str, bool]] = [
    ("no policy", None, SENDER, "AccessDenied", False),
    ("another service", allow(QUEUE, "sqs:SendMessage", "events.amazonaws.com"), SENDER, "AccessDenied", False),
    (
        "another source",
        allow(QUEUE, "sqs:SendMessage", ArnEquals={"aws:SourceArn": "x"}),
        SENDER,
        "AccessDenied",
        False,
    ),
]


@pytest.mark.parametrize(("what", "policy", "sender", "code", "retryable"), REFUSALS, ids=[row[0] for row in REFUSALS])
def test_a_policy_that_does_not_let_it_in_refuses_for_good(
    cloud: Cloud, what: str, policy: str | None, sender: Sender, code: str, retryable: bool
) -> None:
    """Source: "Policy evaluation logic"."""
    queue(policy)
    refusal = handed(cloud, lambda targets: targets.queue(sender, QUEUE, "x"), ("copy", "source"))
    assert (refusal.code, refusal.retryable) == (code, retryable)
    [denied] = cloud.journal.of("denied")
    assert (denied.place, denied.message, denied.parents) == ("sqs:billing", "copy", ("source",))
    assert denied.detail["by"] == TOPIC


def test_who_delivers_by_role_needs_no_policy(cloud: Cloud) -> None:
    queue()
    assert isinstance(handed(cloud, lambda targets: targets.queue(BY_ROLE, QUEUE, "x")), str)


MISSING: list[tuple[str, Callable[[Targets], Any], str]] = [
    ("queue", lambda t: t.queue(SENDER, QUEUE, "x"), "AWS.SimpleQueueService.NonExistentQueue"),
    ("topic", lambda t: t.topic(SENDER, TOPIC, "x"), "NotFound"),
    (
        "function",
        lambda t: t.event(SENDER, f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:f", "{}"),
        "ResourceNotFoundException",
    ),
    (
        "function",
        lambda t: t.invoke(SENDER, f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:f", "{}"),
        "ResourceNotFoundException",
    ),
    (
        "stream",
        lambda t: t.stream(BY_ROLE, f"arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/s", "k", b"x"),
        "ResourceNotFoundException",
    ),
    ("bucket", lambda t: t.bucket(BY_ROLE, "nowhere", "k", b"x"), "NoSuchBucket"),
    ("ARN", lambda t: t.queue(SENDER, "billing", "x"), "InvalidArn"),
]


@pytest.mark.parametrize(("what", "hand", "code"), MISSING)
def test_what_is_not_there_takes_nothing_and_never_will(
    cloud: Cloud, what: str, hand: Callable[[Targets], Any], code: str
) -> None:
    """Source: "Amazon SNS dead-letter queues (DLQs)": a client-side error."""
    refusal = handed(cloud, hand)
    assert (refusal.code, refusal.retryable) == (code, False)
    assert str(refusal)


# -- topics, functions, streams, buckets -------------------------------------------------------------------------------


def test_a_topic_takes_a_message_from_whom_its_policy_lets_publish(cloud: Cloud) -> None:
    """Source: Publish."""
    arn = boto3.client("sns").create_topic(Name="orders")["TopicArn"]
    bus = Sender("events.amazonaws.com", "arn:aws:events:us-east-1:123456789012:rule/r", ACCOUNT)
    assert handed(cloud, lambda targets: targets.topic(bus, arn, "x")).code == "AccessDenied"
    boto3.client("sns").set_topic_attributes(
        TopicArn=arn, AttributeName="Policy", AttributeValue=allow(arn, "sns:Publish", "events.amazonaws.com")
    )
    message = handed(cloud, lambda t: t.topic(bus, arn, "x", {"a": ("String", "b")}, subject="s"))
    [sent] = cloud.journal.of("sent", "sns:orders")
    assert (sent.message, sent.parents, sent.detail["subject"]) == (message, ("copy",), "s")


def test_the_default_policy_of_a_topic_lets_in_who_acts_for_its_owner(cloud: Cloud) -> None:
    """Source: CreateTopic: by default, only the topic owner can publish or subscribe."""
    arn = boto3.client("sns").create_topic(Name="orders")["TopicArn"]
    for owner, taken in ((ACCOUNT, True), ("999999999999", False), (None, False)):
        alarm = Sender(
            "cloudwatch.amazonaws.com", "arn:aws:cloudwatch:us-east-1:123456789012:alarm:a", ACCOUNT, owner=owner
        )
        assert isinstance(handed(cloud, lambda t, sender=alarm: t.topic(sender, arn, "x")), str) == taken


def let(function: str, **settings: str) -> None:
    boto3.client("lambda").add_permission(
        FunctionName=function,
        StatementId="s",
        Action="lambda:InvokeFunction",
        Principal="sns.amazonaws.com",
        **settings,
    )


def test_a_function_takes_an_event_into_its_queue(cloud: Cloud) -> None:
    """Source: Invoke, InvocationType Event."""
    arn = cloud.deploy("f", "def handler(event, context):\n    return event\n")
    assert handed(cloud, lambda targets: targets.event(SENDER, arn, '{"n": 1}')).code == "AccessDenied"
    let("f", SourceArn=TOPIC)
    assert handed(cloud, lambda targets: targets.event(SENDER, arn, '{"n": 1}')) is None
    [sent] = cloud.journal.of("sent", "lambda:f")
    assert (sent.parents, sent.detail["body"]) == (("copy",), '{"n": 1}')
    assert len(cloud.journal.of("succeeded")) == 1


ANSWERS = [("return {'n': 1}", ('{"n": 1}', None)), ("raise ValueError('no')", (None, "Unhandled"))]


@pytest.mark.parametrize(("body", "expected"), ANSWERS)
def test_a_function_that_is_waited_for_answers(
    cloud: Cloud, body: str, expected: tuple[str | None, str | None]
) -> None:
    """Source: Invoke, InvocationType RequestResponse."""
    arn = cloud.deploy("f", f"import time\n\ndef handler(event, context):\n    time.sleep(2)\n    {body}\n", timeout=10)
    let("f")
    payload, error = handed(cloud, lambda targets: targets.invoke(SENDER, arn, "{}"))
    assert error == expected[1]
    assert expected[0] is None or json.loads(payload) == json.loads(expected[0])
    assert cloud.clock.now == 2_000_000


def test_a_function_without_room_is_tried_again(cloud: Cloud) -> None:
    """Source: PutFunctionConcurrency."""
    arn = cloud.deploy("f", "def handler(event, context): pass\n")
    boto3.client("lambda").put_function_concurrency(FunctionName="f", ReservedConcurrentExecutions=0)
    let("f")
    refusal = handed(cloud, lambda targets: targets.invoke(SENDER, arn, "{}"))
    assert (refusal.code, refusal.retryable) == ("TooManyRequestsException", True)


def test_a_stream_takes_a_record(cloud: Cloud) -> None:
    """Source: PutRecord."""
    kinesis = boto3.client("kinesis")
    kinesis.create_stream(StreamName="s", ShardCount=1)
    arn = kinesis.describe_stream_summary(StreamName="s")["StreamDescriptionSummary"]["StreamARN"]
    number = handed(cloud, lambda targets: targets.stream(BY_ROLE, arn, "key", b"x"))
    shard = kinesis.get_shard_iterator(StreamName="s", ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON")
    [record] = kinesis.get_records(ShardIterator=shard["ShardIterator"])["Records"]
    assert (record["SequenceNumber"], record["Data"], record["PartitionKey"]) == (number, b"x", "key")


def test_a_bucket_takes_an_object(cloud: Cloud) -> None:
    """Source: PutObject."""
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="archive")
    assert handed(cloud, lambda targets: targets.bucket(BY_ROLE, "archive", "a/b", b"x")) is None
    assert s3.get_object(Bucket="archive", Key="a/b")["Body"].read() == b"x"


# -- faults ------------------------------------------------------------------------------------------------------------

FAULTS: list[tuple[str, Callable[[Cloud], Any], str]] = [
    ("outage", lambda cloud: cloud.faults.outage("sqs"), "ServiceUnavailable"),
    ("errors", lambda cloud: cloud.faults.errors("sqs"), "InternalFailure"),
    ("throttles", lambda cloud: cloud.faults.throttles("sqs"), "ThrottlingException"),
]


@pytest.mark.parametrize(("what", "lay", "code"), FAULTS, ids=[row[0] for row in FAULTS])
def test_a_fault_of_the_service_refuses_until_it_is_over(
    cloud: Cloud, what: str, lay: Callable[[Cloud], Any], code: str
) -> None:
    url = queue(allow(QUEUE, "sqs:SendMessage"))
    fault = lay(cloud)
    refusal = handed(cloud, lambda targets: targets.queue(SENDER, QUEUE, "x"))
    assert (refusal.code, refusal.retryable) == (code, True)
    assert [(event.place, event.message) for event in cloud.journal] == [("sqs:billing", "copy")]
    fault.stop()
    assert isinstance(handed(cloud, lambda targets: targets.queue(SENDER, QUEUE, "x")), str)
    assert url


def test_a_slow_service_makes_it_wait(cloud: Cloud) -> None:
    queue(allow(QUEUE, "sqs:SendMessage"))
    cloud.faults.slow("sqs", seconds=3)
    assert isinstance(handed(cloud, lambda targets: targets.queue(SENDER, QUEUE, "x")), str)
    assert cloud.journal.of("sent")[0].seconds == 3


def test_a_fault_of_one_operation_is_no_fault_of_deliveries(cloud: Cloud) -> None:
    queue(allow(QUEUE, "sqs:SendMessage"))
    cloud.faults.errors("sqs", operation="ReceiveMessage")
    assert isinstance(handed(cloud, lambda targets: targets.queue(SENDER, QUEUE, "x")), str)
