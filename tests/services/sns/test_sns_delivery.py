"""What subscribers get: queues, functions, people; at once answered, delivered on the clock."""

from __future__ import annotations

import json
from typing import Any

import pytest
from moto.core import DEFAULT_ACCOUNT_ID
from post_office import PostOffice, client, refused, text

ECHO = "import json\n\ndef handler(event, context):\n    print(json.dumps(event))\n    return 1\n"


def test_publish_is_answered_before_anything_is_delivered(office: PostOffice) -> None:
    """Source: Publish."""
    topic, queue = office.fan_out()
    message = office.publish(topic)
    assert office.received(queue) == []
    assert [event.kind for event in office.journal.trace(message)] == ["sent", "routed"]
    office.cloud.settle()
    assert [event.kind for event in office.journal.trace(message)] == ["sent", "routed", "sent", "delivered"]
    assert office.journal.now == 0


def test_every_subscription_gets_a_copy_of_its_own(office: PostOffice) -> None:
    """Source: "Fanout to Amazon SQS queues"."""
    topic = office.topic()
    queues = [office.queue(f"queue-{number}", lets=topic) for number in range(5)]
    for queue in queues:
        office.subscribe(topic, queue)
    message = office.publish(topic, "to all")
    office.cloud.settle()
    assert [office.messages(queue) for queue in queues] == [["to all"]] * 5
    copies = office.journal.children(message)
    assert len(set(copies)) == 5
    stored = [office.journal.children(copy) for copy in copies]
    assert [office.journal.of("sent", message=one)[0].name for [one] in stored] == [f"queue-{n}" for n in range(5)]


def test_the_envelope_says_where_the_message_comes_from(office: PostOffice) -> None:
    """Source: "Parsing Amazon SNS message formats"."""
    topic, queue = office.fan_out()
    office.cloud.advance(seconds=1.5)
    message = office.publish(topic, "42 is paid", Subject="paid", MessageAttributes=text(kind="paid", cents=1250))
    office.cloud.settle()
    [envelope] = office.envelopes(queue)
    assert list(envelope) == [
        "Type",
        "MessageId",
        "TopicArn",
        "Subject",
        "Message",
        "Timestamp",
        "SignatureVersion",
        "Signature",
        "SigningCertURL",
        "UnsubscribeURL",
        "MessageAttributes",
    ]
    assert (envelope["Type"], envelope["MessageId"], envelope["TopicArn"]) == ("Notification", message, topic)
    assert (envelope["Subject"], envelope["Message"]) == ("paid", "42 is paid")
    assert envelope["Timestamp"] == "2026-01-01T00:00:01.500Z"
    assert envelope["MessageAttributes"] == {
        "kind": {"Type": "String", "Value": "paid"},
        "cents": {"Type": "Number", "Value": "1250"},
    }
    [subscription] = office.sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    assert envelope["UnsubscribeURL"].endswith(f"?Action=Unsubscribe&SubscriptionArn={subscription['SubscriptionArn']}")


def test_the_envelope_has_no_subject_when_there_is_none(office: PostOffice) -> None:
    """Source: "Parsing Amazon SNS message formats"."""
    topic, queue = office.fan_out()
    office.publish(topic)
    office.cloud.settle()
    [envelope] = office.envelopes(queue)
    assert "Subject" not in envelope
    assert "MessageAttributes" not in envelope


def test_the_signature_is_the_same_in_every_run_and_another_for_another_message(office: PostOffice) -> None:
    topic, queue = office.fan_out()
    for message in ("a", "b"):
        office.publish(topic, message)
    office.cloud.settle()
    signatures = [envelope["Signature"] for envelope in office.envelopes(queue)]
    assert len(set(signatures)) == 2
    assert {len(signature) for signature in signatures} == {344}  # 256 bytes, as RSA-2048 has them


def test_raw_delivery_strips_the_envelope_and_keeps_the_attributes(office: PostOffice) -> None:
    """Source: "Amazon SNS raw message delivery"."""
    topic, queue = office.fan_out(RawMessageDelivery="true")
    given = text(kind="paid", cents=12.5, bits=b"\x00\xff", list=["a", 1])
    office.publish(topic, "as is", MessageAttributes=given)
    office.cloud.settle()
    [message] = office.received(queue)
    assert message["Body"] == "as is"
    attributes = message["MessageAttributes"]
    assert attributes["kind"] == {"StringValue": "paid", "DataType": "String"}
    assert attributes["cents"] == {"StringValue": "12.5", "DataType": "Number"}
    assert attributes["bits"] == {"BinaryValue": b"\x00\xff", "DataType": "Binary"}
    assert attributes["list"] == {"StringValue": '["a", 1]', "DataType": "String.Array"}


def test_raw_messages_with_more_attributes_than_a_queue_takes_are_a_client_error(office: PostOffice) -> None:
    """Source: "Amazon SNS message attributes": the message is discarded as a client-side error."""
    topic, queue = office.fan_out(RawMessageDelivery="true")
    office.publish(topic, MessageAttributes=text(**{f"a{number}": "x" for number in range(11)}))
    office.cloud.settle()
    assert office.received(queue) == []
    assert office.only("dropped").seconds == 0
    assert office.journal.of("retried") == []


def test_the_envelope_takes_more_attributes(office: PostOffice) -> None:
    """Source: "Amazon SNS message attributes"."""
    topic, queue = office.fan_out()
    office.publish(topic, MessageAttributes=text(**{f"a{number}": "x" for number in range(11)}))
    office.cloud.settle()
    assert len(office.envelopes(queue)[0]["MessageAttributes"]) == 11


# -- functions ---------------------------------------------------------------------------------------------------------


def event_of(office: PostOffice, function: str = "bill") -> dict[str, Any]:
    [line] = [line for line in office.cloud.logs(function).splitlines() if line.startswith("{")]
    event: dict[str, Any] = json.loads(line)
    return event


def test_a_function_gets_one_record_in_the_shape_of_aws(office: PostOffice) -> None:
    """Source: "Using AWS Lambda with Amazon SNS"."""
    topic = office.topic()
    subscription = office.subscribe(topic, office.deploy(ECHO, lets=topic))
    message = office.publish(topic, "42", Subject="paid", MessageAttributes=text(kind="paid", bits=b"ab"))
    office.cloud.settle()
    [record] = event_of(office)["Records"]
    assert (record["EventSource"], record["EventVersion"]) == ("aws:sns", "1.0")
    assert record["EventSubscriptionArn"] == subscription
    sns = record["Sns"]
    assert list(sns) == [
        "Type",
        "MessageId",
        "TopicArn",
        "Subject",
        "Message",
        "Timestamp",
        "SignatureVersion",
        "Signature",
        "SigningCertUrl",
        "UnsubscribeUrl",
        "MessageAttributes",
    ]
    assert (sns["MessageId"], sns["TopicArn"], sns["Subject"], sns["Message"]) == (message, topic, "paid", "42")
    assert sns["MessageAttributes"] == {
        "kind": {"Type": "String", "Value": "paid"},
        "bits": {"Type": "Binary", "Value": "YWI="},
    }


def test_a_record_without_a_subject_says_null(office: PostOffice) -> None:
    """Source: "Using AWS Lambda with Amazon SNS"."""
    topic = office.topic()
    office.subscribe(topic, office.deploy(ECHO, lets=topic))
    office.publish(topic)
    office.cloud.settle()
    sns = event_of(office)["Records"][0]["Sns"]
    assert (sns["Subject"], sns["MessageAttributes"]) == (None, {})


def test_a_function_is_invoked_asynchronously_so_its_errors_are_retried_by_lambda_and_not_by_sns(
    office: PostOffice,
) -> None:
    """Source: "Using AWS Lambda with Amazon SNS"; fact ``lambda.async_retry_waits``."""
    topic = office.topic()
    office.subscribe(topic, office.deploy("def handler(event, context):\n    raise ValueError('no')\n", lets=topic))
    office.publish(topic)
    office.cloud.settle()
    assert [event.seconds for event in office.journal.of("failed")] == [0, 60, 180]
    assert office.only("delivered").detail["count"] == 1
    assert [event.place for event in office.journal.of("retried")] == ["lambda:bill"] * 2


def test_a_function_without_permission_is_not_invoked(office: PostOffice) -> None:
    """Source: AddPermission; "Amazon SNS dead-letter queues (DLQs)"."""
    topic = office.topic()
    office.subscribe(topic, office.deploy(ECHO))
    office.publish(topic)
    office.cloud.settle()
    denied = office.only("denied")
    assert (denied.place, denied.detail["by"]) == ("lambda:bill", topic)
    assert "lambda:InvokeFunction" in office.only("dropped").detail["why"]
    assert office.journal.of("invoked") == []


def test_permission_for_another_topic_is_none(office: PostOffice) -> None:
    """Source: AddPermission, SourceArn."""
    topic = office.topic()
    office.subscribe(topic, office.deploy(ECHO, lets=office.topic("another")))
    office.publish(topic)
    office.cloud.settle()
    assert "aws:SourceArn is" in office.only("denied").detail["why"].replace("AWS:", "aws:")


def test_an_alias_can_be_subscribed(office: PostOffice) -> None:
    """Source: Subscribe."""
    topic, awslambda = office.topic(), client("lambda")
    arn = office.deploy(ECHO, lets=topic)
    version = awslambda.publish_version(FunctionName="bill")["Version"]
    awslambda.create_alias(FunctionName="bill", Name="live", FunctionVersion=version)
    awslambda.add_permission(
        FunctionName="bill",
        Qualifier="live",
        StatementId="live",
        Action="lambda:InvokeFunction",
        Principal="sns.amazonaws.com",
        SourceArn=topic,
    )
    office.subscribe(topic, f"{arn}:live")
    office.publish(topic)
    office.cloud.settle()
    [succeeded] = office.journal.of("succeeded")
    assert succeeded.detail["qualifier"] == "live"


def test_a_loop_through_topic_and_function_is_stopped(office: PostOffice) -> None:
    """Source: "Use Lambda recursive loop detection to prevent infinite loops"; fact ``lambda.recursion_stop_after``."""
    topic = office.topic()
    source = f"""
    import boto3

    def handler(event, context):
        boto3.client("sns").publish(TopicArn={topic!r}, Message="again")
    """
    lines = "\n".join(line.removeprefix("    ") for line in source.splitlines())
    office.subscribe(topic, office.deploy(lines, lets=topic))
    office.publish(topic, "once")
    office.cloud.settle()
    assert len(office.journal.of("invoked")) == 16
    assert office.only("denied").detail["recursive"] is True


def test_a_loop_through_topic_queue_and_mapping_is_stopped(office: PostOffice) -> None:
    """Source: "Use Lambda recursive loop detection to prevent infinite loops"; fact ``lambda.recursion_stop_after``."""
    topic, queue = office.fan_out()
    publish = f"boto3.client('sns').publish(TopicArn={topic!r}, Message='again')"
    office.deploy(f"import boto3\n\ndef handler(event, context):\n    {publish}\n")
    client("lambda").create_event_source_mapping(EventSourceArn=queue, FunctionName="bill")
    office.publish(topic, "once")
    office.cloud.advance(hours=1)
    assert len({event.message for event in office.journal.of("succeeded")}) == 16
    assert office.journal.of("denied")[0].detail["recursive"] is True


# -- other endpoints ---------------------------------------------------------------------------------------------------


def test_a_text_message_arrives_at_its_number_and_has_no_envelope(office: PostOffice) -> None:
    topic = office.topic()
    office.sns.subscribe(TopicArn=topic, Protocol="sms", Endpoint="+12065550100")
    office.publish(topic, "code 1234")
    office.cloud.settle()
    [arrived] = office.journal.of("sent", "sms:+12065550100")
    assert arrived.detail["body"] == "code 1234"


def test_a_phone_can_be_written_to_directly(office: PostOffice) -> None:
    """Source: Publish, PhoneNumber."""
    message = office.sns.publish(PhoneNumber="+12065550100", Message="code 1234")["MessageId"]
    assert office.only("sent").message == message
    with refused("PhoneNumber"):
        office.sns.publish(PhoneNumber="home", Message="code 1234")


def test_a_disabled_mobile_endpoint_is_a_client_error(office: PostOffice) -> None:
    topic = office.topic()
    application = office.sns.create_platform_application(Name="app", Platform="GCM", Attributes={})
    endpoint = office.sns.create_platform_endpoint(
        PlatformApplicationArn=application["PlatformApplicationArn"], Token="t", Attributes={}
    )["EndpointArn"]
    office.sns.subscribe(TopicArn=topic, Protocol="application", Endpoint=endpoint)
    office.publish(topic, "first")
    office.cloud.settle()
    office.sns.set_endpoint_attributes(EndpointArn=endpoint, Attributes={"Enabled": "false"})
    office.publish(topic, "second")
    office.cloud.settle()
    assert [event.detail["body"] for event in office.journal.of("sent") if event.service == "application"] == ["first"]
    assert "disabled" in office.only("dropped").detail["why"]


def test_firehose_gets_the_envelope_by_the_role_of_the_subscription(office: PostOffice) -> None:
    """Source: Subscribe, SubscriptionRoleArn; "Parsing Amazon SNS message formats"."""
    topic, s3 = office.topic(), client("s3")
    s3.create_bucket(Bucket="archive")
    role = "arn:aws:iam::123456789012:role/lab"
    arn = client("firehose").create_delivery_stream(
        DeliveryStreamName="archive",
        ExtendedS3DestinationConfiguration={"RoleARN": role, "BucketARN": "arn:aws:s3:::archive"},
    )["DeliveryStreamARN"]
    office.subscribe(topic, arn, SubscriptionRoleArn=role)
    message = office.publish(topic, "to keep")
    office.cloud.settle()
    office.cloud.advance(minutes=20)
    [key] = [content["Key"] for content in s3.list_objects_v2(Bucket="archive")["Contents"]]
    kept = json.loads(s3.get_object(Bucket="archive", Key=key)["Body"].read())
    assert (kept["MessageId"], kept["Message"]) == (message, "to keep")
    assert [event.detail["to"] for event in office.journal.of("delivered")] == ["firehose:archive", "s3:archive"]


def test_a_topic_of_a_template_delivers_too(office: PostOffice) -> None:
    queue = office.queue()
    template = {
        "Resources": {
            "Orders": {
                "Type": "AWS::SNS::Topic",
                "Properties": {
                    "TopicName": "orders",
                    "DisplayName": "Orders",
                    "Subscription": [{"Endpoint": queue, "Protocol": "sqs"}],
                },
            }
        }
    }
    client("cloudformation").create_stack(StackName="shop", TemplateBody=json.dumps(template))
    topic = "arn:aws:sns:us-east-1:123456789012:orders"
    office.let_in(queue, topic)
    office.publish(topic, "from a stack")
    office.cloud.settle()
    assert office.messages(queue) == ["from a stack"]
    assert office.sns.get_topic_attributes(TopicArn=topic)["Attributes"]["DisplayName"] == "Orders"


# -- permission --------------------------------------------------------------------------------------------------------


def test_a_queue_without_a_policy_lets_no_topic_in(office: PostOffice) -> None:
    """Source: "Subscribing an Amazon SQS queue to an Amazon SNS topic": the queue needs a policy."""
    topic, queue = office.topic(), office.queue()
    office.subscribe(topic, queue)
    message = office.publish(topic)
    office.cloud.settle()
    assert office.received(queue) == []
    assert [event.kind for event in office.journal.trace(message)] == ["sent", "routed", "denied", "dropped"]
    assert office.only("denied").place == "sqs:billing"


ALLOWED = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage"}
POLICIES: list[tuple[str, bool, dict[str, Any]]] = [
    ("the topic's own", True, {"Condition": {"ArnEquals": {"aws:SourceArn": "TOPIC"}}}),
    ("any topic of the account", True, {"Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:sns:*:123456789012:*"}}}),
    ("the account's", True, {"Condition": {"StringEquals": {"aws:SourceAccount": DEFAULT_ACCOUNT_ID}}}),
    ("everybody with that source", True, {"Principal": "*", "Condition": {"ArnEquals": {"aws:SourceArn": "TOPIC"}}}),
    ("all of SQS", True, {"Action": "sqs:*"}),
    ("another topic's", False, {"Condition": {"ArnEquals": {"aws:SourceArn": "arn:aws:sns:us-east-1:1:other"}}}),
    ("another account's", False, {"Condition": {"StringEquals": {"aws:SourceAccount": "999999999999"}}}),
    ("another service's", False, {"Principal": {"Service": "events.amazonaws.com"}}),
    ("another action's", False, {"Action": "sqs:ReceiveMessage"}),
]


@pytest.mark.parametrize(("whose", "allowed", "statement"), POLICIES, ids=[row[0] for row in POLICIES])
def test_the_policy_of_the_queue_decides(
    office: PostOffice, whose: str, allowed: bool, statement: dict[str, Any]
) -> None:
    """Source: "Subscribing an Amazon SQS queue to an Amazon SNS topic"."""
    topic, queue = office.topic(), office.queue()
    said = json.loads(json.dumps({**ALLOWED, "Resource": queue, **statement}).replace("TOPIC", topic))
    office.set_policy(queue, said)
    office.subscribe(topic, queue)
    office.publish(topic)
    office.cloud.settle()
    assert len(office.received(queue)) == allowed, whose
    assert len(office.journal.of("denied")) == (not allowed)


def test_an_explicit_deny_wins(office: PostOffice) -> None:
    """Source: "Policy evaluation logic"."""
    topic, queue = office.fan_out()
    deny = {"Effect": "Deny", "Principal": "*", "Action": "sqs:SendMessage", "Resource": queue}
    office.set_policy(queue, {**ALLOWED, "Resource": queue}, deny)
    office.publish(topic)
    office.cloud.settle()
    assert office.received(queue) == []
    assert "denies it" in office.only("denied").detail["why"]


def test_a_policy_that_changes_holds_for_the_next_message(office: PostOffice) -> None:
    topic, queue = office.fan_out()
    office.publish(topic, "before")
    office.cloud.settle()
    office.set_policy(queue, {**ALLOWED, "Resource": queue, "Principal": {"Service": "events.amazonaws.com"}})
    office.publish(topic, "after")
    office.cloud.settle()
    assert office.messages(queue) == ["before"]


# -- groups, deletion --------------------------------------------------------------------------------------------------


def test_a_standard_topic_forwards_the_group_to_standard_queues(office: PostOffice) -> None:
    """Source: fact ``sns.fair_queue_forward``."""
    topic, queue = office.fan_out()
    office.publish(topic, MessageGroupId="tenant-1")
    office.cloud.settle()
    [message] = office.received(queue)
    assert message["Attributes"]["MessageGroupId"] == "tenant-1"
    assert "MessageDeduplicationId" not in message["Attributes"]


def test_an_unsubscribed_queue_gets_nothing_more(office: PostOffice) -> None:
    """Source: Unsubscribe."""
    topic = office.topic()
    queue = office.queue(lets=topic)
    subscription = office.subscribe(topic, queue)
    office.sns.unsubscribe(SubscriptionArn=subscription)
    message = office.publish(topic)
    office.cloud.settle()
    assert [event.kind for event in office.journal.trace(message)] == ["sent"]
    assert office.sns.get_topic_attributes(TopicArn=topic)["Attributes"]["SubscriptionsDeleted"] == "1"


def test_a_copy_whose_subscription_is_gone_is_dropped(office: PostOffice) -> None:
    topic, queue = office.fan_out()
    office.publish(topic)
    office.sns.delete_topic(TopicArn=topic)
    office.cloud.settle()
    assert office.received(queue) == []
    assert "the subscription was deleted" in office.only("dropped").detail["why"]
    assert office.sns.list_subscriptions()["Subscriptions"] == []


def test_a_topic_that_is_gone_takes_nothing(office: PostOffice) -> None:
    """Source: Publish."""
    topic = office.topic()
    office.sns.delete_topic(TopicArn=topic)
    with refused("Topic does not exist", "NotFound"):
        office.publish(topic)
