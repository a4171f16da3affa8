"""The API of topics and subscriptions, what a message may be, delivery status, and metrics."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
from post_office import URL, PostOffice, client, refused, text

ROLE = "arn:aws:iam::123456789012:role/lab"


def attributes_of(office: PostOffice, topic: str) -> dict[str, str]:
    found: dict[str, str] = office.sns.get_topic_attributes(TopicArn=topic)["Attributes"]
    return found


# -- topics ------------------------------------------------------------------------------------------------------------


def test_creating_a_topic_again_gives_the_same_topic(office: PostOffice) -> None:
    """Source: CreateTopic."""
    assert office.topic(DisplayName="Orders") == office.topic(DisplayName="Orders") == office.topic()
    with refused("Attributes Reason: Topic already exists with different attributes"):
        office.topic(DisplayName="Bills")


NAMES = ["", "or ders", "orders.fifo", "x" * 257]


@pytest.mark.parametrize("name", NAMES)
def test_a_wrong_name_is_refused(office: PostOffice, name: str) -> None:
    """Source: CreateTopic, Name."""
    with refused("opic"):
        office.sns.create_topic(Name=name)


ATTRIBUTES = [
    ("Colour", "blue", "AttributeName"),
    ("ContentBasedDeduplication", "true", "applies to FIFO topics only"),
    ("ArchivePolicy", "{}", "applies to FIFO topics only"),
    ("Policy", "{", "Policy Error: null"),
    ("MaximumMessageSize", "1023", "MaximumMessageSize must be between 1024 and 1048576"),
    ("MaximumMessageSize", "big", "MaximumMessageSize must be between 1024 and 1048576"),
    ("SQSSuccessFeedbackSampleRate", "101", "must be a percentage"),
    ("DeliveryPolicy", "[]", "DeliveryPolicy: failed to parse JSON."),
]


@pytest.mark.parametrize(("name", "value", "sentence"), ATTRIBUTES)
def test_a_wrong_attribute_is_refused(office: PostOffice, name: str, value: str, sentence: str) -> None:
    """Source: SetTopicAttributes; CreateTopic."""
    topic = office.topic()
    with refused(sentence):
        office.sns.set_topic_attributes(TopicArn=topic, AttributeName=name, AttributeValue=value)
    with refused(sentence):
        office.topic("another", **{name: value})
    assert len(office.sns.list_topics()["Topics"]) == 1


def test_attributes_that_were_set_are_answered(office: PostOffice) -> None:
    """Source: GetTopicAttributes."""
    topic = office.topic(DisplayName="Orders")
    retry = {"numRetries": 5}
    policy = json.dumps({"http": {"defaultHealthyRetryPolicy": retry}})
    office.sns.set_topic_attributes(TopicArn=topic, AttributeName="DeliveryPolicy", AttributeValue=policy)
    found = attributes_of(office, topic)
    assert (found["DisplayName"], found["DeliveryPolicy"]) == ("Orders", policy)
    effective = json.loads(found["EffectiveDeliveryPolicy"])["http"]
    assert effective["defaultHealthyRetryPolicy"]["numRetries"] == 5
    assert effective["defaultHealthyRetryPolicy"]["minDelayTarget"] == 20
    assert effective["disableSubscriptionOverrides"] is False


def test_subscriptions_are_counted(office: PostOffice) -> None:
    """Source: GetTopicAttributes."""
    topic = office.topic()
    confirmed = office.subscribe(topic, office.queue())
    office.subscribe(topic, URL)
    counts = [f"Subscriptions{state}" for state in ("Confirmed", "Pending", "Deleted")]
    assert [attributes_of(office, topic)[name] for name in counts] == ["1", "1", "0"]
    office.sns.unsubscribe(SubscriptionArn=confirmed)
    assert [attributes_of(office, topic)[name] for name in counts] == ["0", "1", "1"]


# -- subscriptions -----------------------------------------------------------------------------------------------------


def test_subscribing_again_gives_the_same_subscription(office: PostOffice) -> None:
    """Source: Subscribe."""
    topic, queue = office.topic(), office.queue()
    first = office.subscribe(topic, queue, RawMessageDelivery="true")
    assert office.subscribe(topic, queue, RawMessageDelivery="true") == first
    assert office.subscribe(topic, queue) == first
    with refused("Attributes Reason: Subscription already exists with different attributes"):
        office.subscribe(topic, queue, RawMessageDelivery="false")


SUBSCRIPTION_ATTRIBUTES = [
    ("Colour", "blue", "AttributeName"),
    ("RawMessageDelivery", "yes", "RawMessageDelivery: Invalid value [yes]. Must be true or false."),
]


@pytest.mark.parametrize(("name", "value", "sentence"), SUBSCRIPTION_ATTRIBUTES)
def test_a_wrong_attribute_of_a_subscription_is_refused(
    office: PostOffice, name: str, value: str, sentence: str
) -> None:
    """Source: SetSubscriptionAttributes."""
    subscription = office.subscribe(office.topic(), office.queue())
    with refused(sentence):
        office.sns.set_subscription_attributes(SubscriptionArn=subscription, AttributeName=name, AttributeValue=value)


def test_raw_delivery_is_not_for_functions(office: PostOffice) -> None:
    """Source: "Amazon SNS raw message delivery"."""
    arn = "arn:aws:lambda:us-east-1:123456789012:function:bill"
    with refused("Delivery protocol [lambda] does not support raw message delivery."):
        office.subscribe(office.topic(), arn, RawMessageDelivery="true")


def test_the_attributes_of_a_subscription(office: PostOffice) -> None:
    """Source: GetSubscriptionAttributes."""
    topic, queue = office.topic(), office.queue()
    subscription = office.subscribe(topic, queue, FilterPolicy={"a": ["1"]})
    found = office.sns.get_subscription_attributes(SubscriptionArn=subscription)["Attributes"]
    assert found["SubscriptionArn"] == subscription
    assert (found["Protocol"], found["Endpoint"], found["TopicArn"]) == ("sqs", queue, topic)
    assert (found["PendingConfirmation"], found["RawMessageDelivery"]) == ("false", "false")
    assert (json.loads(found["FilterPolicy"]), found["FilterPolicyScope"]) == ({"a": ["1"]}, "MessageAttributes")
    with refused("Subscription does not exist", "NotFound"):
        office.sns.get_subscription_attributes(SubscriptionArn=f"{topic}:nowhere")


# -- messages ----------------------------------------------------------------------------------------------------------

SIZES = [(262_144, 0, True), (262_145, 0, False), (262_130, 14, True), (262_131, 14, False), (131_072, 0, True)]


@pytest.mark.parametrize(("length", "attribute", "fits"), SIZES)
def test_size_counts_the_attributes_too(office: PostOffice, length: int, attribute: int, fits: bool) -> None:
    """Source: Publish; fact ``sns.message_size_default``."""
    topic = office.topic()
    attributes = text(name="x" * (attribute - len("name") - len("String"))) if attribute else {}
    if fits:
        office.publish(topic, "x" * length, MessageAttributes=attributes)
    else:
        with refused("Message too long"):
            office.publish(topic, "x" * length, MessageAttributes=attributes)


def test_size_is_in_bytes(office: PostOffice) -> None:
    """Source: Publish: 262,144 bytes, not 262,144 characters."""
    topic = office.topic()
    office.publish(topic, "é" * 131_072)
    with refused("Message too long"):
        office.publish(topic, "é" * 131_073)


def test_a_topic_can_take_up_to_a_mebibyte_but_then_only_for_some_endpoints(office: PostOffice) -> None:
    """Source: facts ``sns.message_size_max``, ``sns.large_topic_subscriptions_max``."""
    topic = office.topic(MaximumMessageSize=str(1 << 20))
    queue = office.queue(lets=topic, MaximumMessageSize=str(1 << 20))
    office.subscribe(topic, queue, RawMessageDelivery="true")
    office.publish(topic, "x" * (1 << 20))
    office.cloud.settle()
    assert len(office.received(queue)[0]["Body"]) == 1 << 20
    with refused("at most 100 subscriptions"):
        office.subscribe(topic, URL)
    small = office.topic("small")
    office.subscribe(small, URL)
    with refused("at most 100 subscriptions"):
        office.sns.set_topic_attributes(TopicArn=small, AttributeName="MaximumMessageSize", AttributeValue=str(1 << 20))


def test_a_smaller_limit_holds_too(office: PostOffice) -> None:
    """Source: fact ``sns.message_size_min``."""
    topic = office.topic(MaximumMessageSize="1024")
    office.publish(topic, "x" * 1024)
    with refused("Message too long"):
        office.publish(topic, "x" * 1025)


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"Message": ""}, "Empty message"),
    ({"Message": "x", "Subject": "two\nlines"}, "Subject"),
    ({"Message": "x", "Subject": "x" * 101}, "Subject"),
    ({"Message": "x", "MessageStructure": "xml"}, "MessageStructure"),
    ({"Message": "x", "MessageStructure": "json"}, "Message Structure - JSON message body failed to parse"),
    ({"Message": "[]", "MessageStructure": "json"}, "Message Structure - JSON message body failed to parse"),
    ({"Message": '{"sqs": "x"}', "MessageStructure": "json"}, "Message Structure - No default entry"),
    ({"Message": '{"default": 1}', "MessageStructure": "json"}, "Message Structure - No default entry"),
    ({"Message": '{"default": "a", "default": "b"}', "MessageStructure": "json"}, "failed to parse"),
    ({"Message": "x", "MessageAttributes": {"a": {"DataType": "Colour", "StringValue": "b"}}}, "type prefixes"),
    ({"Message": "x", "MessageAttributes": {"a": {"DataType": "Number", "StringValue": "b"}}}, "value to number"),
    ({"Message": "x", "MessageAttributes": {"a": {"DataType": "String", "StringValue": ""}}}, "non-empty"),
]


@pytest.mark.parametrize(("options", "sentence"), WRONG)
def test_a_message_that_is_not_taken(office: PostOffice, options: dict[str, Any], sentence: str) -> None:
    """Source: Publish."""
    topic = office.topic()
    with refused(sentence):
        office.sns.publish(TopicArn=topic, **options)
    assert len(office.journal) == 0


def test_each_protocol_can_have_its_own_text(office: PostOffice) -> None:
    """Source: Publish, MessageStructure."""
    topic, queue = office.fan_out()
    office.subscribe(
        topic, office.deploy("def handler(e, c):\n    print(e['Records'][0]['Sns']['Message'])\n", lets=topic)
    )
    said = {"default": "for all", "sqs": "for queues", "carrier-pigeon": "ignored", "lambda": 1}
    office.publish(topic, json.dumps(said), MessageStructure="json")
    office.cloud.settle()
    assert office.messages(queue) == ["for queues"]
    assert "for all" in office.cloud.logs("bill")


def test_a_batch_publishes_up_to_ten_messages(office: PostOffice) -> None:
    """Source: PublishBatch; fact ``sns.publish_batch_max``."""
    topic, queue = office.fan_out()
    entries = [{"Id": str(number), "Message": str(number)} for number in range(10)]
    answer = office.sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=entries)
    assert [entry["Id"] for entry in answer["Successful"]] == list("0123456789")
    office.cloud.settle()
    assert office.messages(queue) == list("0123456789")
    with refused("more entries", "TooManyEntriesInBatchRequest"):
        office.sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=[*entries, {"Id": "x", "Message": "x"}])
    with refused("any entries", "EmptyBatchRequest"):
        office.sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=[])
    with refused("same Id", "BatchEntryIdsNotDistinct"):
        office.sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=[entries[0], entries[0]])


def test_what_is_wrong_with_one_entry_fails_that_one_alone(office: PostOffice) -> None:
    """Source: PublishBatch."""
    topic, queue = office.fan_out()
    entries: list[dict[str, Any]] = [{"Id": "a", "Message": "good"}, {"Id": "b", "Message": "bad", "Subject": "\n"}]
    answer = office.sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=entries)
    assert [entry["Id"] for entry in answer["Successful"]] == ["a"]
    [failed] = answer["Failed"]
    assert (failed["Id"], failed["Code"], failed["SenderFault"]) == ("b", "InvalidParameter", True)
    office.cloud.settle()
    assert office.messages(queue) == ["good"]


def test_a_batch_has_the_size_of_one_message_at_most(office: PostOffice) -> None:
    """Source: PublishBatch."""
    entries = [{"Id": str(number), "Message": "x" * 27_000} for number in range(10)]
    with refused("The length of all the messages put together", "BatchRequestTooLong"):
        office.sns.publish_batch(TopicArn=office.topic(), PublishBatchRequestEntries=entries)


# -- delivery status ---------------------------------------------------------------------------------------------------


def logged(group: str) -> list[dict[str, Any]]:
    logs = client("logs")
    if not logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]:
        return []
    return [json.loads(event["message"]) for event in logs.filter_log_events(logGroupName=group)["events"]]


GROUP = "sns/us-east-1/123456789012/orders"


def test_deliveries_are_logged_when_the_topic_asks_for_it(office: PostOffice) -> None:
    """Source: "Amazon SNS message delivery status"."""
    topic, _queue = office.fan_out()
    office.publish(topic, "unseen")
    office.cloud.settle()
    assert logged(GROUP) == []
    office.sns.set_topic_attributes(TopicArn=topic, AttributeName="SQSSuccessFeedbackRoleArn", AttributeValue=ROLE)
    office.cloud.faults.outage("sqs", end=3)
    message = office.publish(topic, "seen")
    office.cloud.settle()
    [entry] = logged(GROUP)
    assert entry["status"] == "SUCCESS"
    assert (entry["notification"]["messageId"], entry["notification"]["topicArn"]) == (message, topic)
    delivery = entry["delivery"]
    assert (delivery["attempts"], delivery["dwellTimeMs"], delivery["statusCode"]) == (7, 3000, 200)
    assert delivery["destination"] == "arn:aws:sqs:us-east-1:123456789012:billing"


def test_a_delivery_that_was_given_up_is_logged_with_the_failures(office: PostOffice) -> None:
    """Source: "Amazon SNS message delivery status"."""
    topic = office.topic(SQSFailureFeedbackRoleArn=ROLE, LambdaSuccessFeedbackRoleArn=ROLE)
    office.subscribe(topic, office.queue())
    office.publish(topic)
    office.cloud.settle()
    [entry] = logged(f"{GROUP}/Failure")
    assert (entry["status"], entry["delivery"]["statusCode"]) == ("FAILURE", 403)
    assert json.loads(entry["delivery"]["providerResponse"])["ErrorCode"] == "AccessDenied"


def test_a_sample_rate_logs_a_share_of_the_successes(office: PostOffice) -> None:
    """Source: "Amazon SNS message delivery status", SuccessFeedbackSampleRate."""
    topic = office.topic(SQSSuccessFeedbackRoleArn=ROLE, SQSSuccessFeedbackSampleRate="25")
    office.subscribe(topic, office.queue(lets=topic))
    for _ in range(200):
        office.publish(topic)
    office.cloud.settle()
    assert 30 < len(logged(GROUP)) < 70
    office.sns.set_topic_attributes(TopicArn=topic, AttributeName="SQSSuccessFeedbackSampleRate", AttributeValue="0")
    before = len(logged(GROUP))
    office.publish(topic)
    office.cloud.settle()
    assert len(logged(GROUP)) == before


# -- metrics -----------------------------------------------------------------------------------------------------------


def sums(office: PostOffice) -> dict[str, float]:
    """The sum of each metric of the topic `orders` in the first hour."""
    cloudwatch, found = client("cloudwatch"), {}
    for metric in cloudwatch.list_metrics(Namespace="AWS/SNS")["Metrics"]:
        assert metric["Dimensions"] == [{"Name": "TopicName", "Value": "orders"}]
        [point] = cloudwatch.get_metric_statistics(
            Namespace="AWS/SNS",
            MetricName=metric["MetricName"],
            Dimensions=metric["Dimensions"],
            StartTime=dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
            EndTime=dt.datetime(2026, 1, 1, 1, tzinfo=dt.UTC),
            Period=3600,
            Statistics=["Sum"],
        )["Datapoints"]
        found[metric["MetricName"].removeprefix("NumberOf")] = point["Sum"]
    return found


def test_metrics_count_what_the_journal_says(office: PostOffice) -> None:
    """Source: "Monitoring Amazon SNS topics using CloudWatch"."""
    topic, _queue = office.fan_out()
    office.subscribe(topic, office.queue("picky", lets=topic), FilterPolicy={"a": ["1"]})
    dead = office.queue("dead", lets=topic)
    office.subscribe(topic, office.queue("closed"), RedrivePolicy={"deadLetterTargetArn": dead})
    office.subscribe(topic, office.queue("shut"), RedrivePolicy={"deadLetterTargetArn": f"{dead}-gone"})
    office.publish(topic, "12345")
    office.publish(topic, "12345", MessageAttributes=text(a="1"))
    office.cloud.settle()
    office.cloud.advance(minutes=1)
    assert sums(office) == {
        "MessagesPublished": 2,
        "PublishSize": 5 + 5 + len("a") + len("String") + len("1"),
        "NotificationsDelivered": 3,
        "NotificationsFailed": 4,
        "NotificationsFilteredOut": 1,
        "NotificationsFilteredOut-MessageAttributes": 1,
        "NotificationsFilteredOut-NoMessageAttributes": 1,
        "NotificationsRedrivenToDlq": 2,
        "NotificationsFailedToRedriveToDlq": 2,
    }


def test_of_http_every_failed_attempt_counts_and_of_queues_none_but_the_last(office: PostOffice) -> None:
    """Source: "Monitoring Amazon SNS topics using CloudWatch", NumberOfNotificationsFailed."""
    topic, _queue = office.fan_out()
    office.site(500)
    office.subscribe(topic, URL)
    office.cloud.settle()
    office.cloud.faults.outage("sqs", end=3)
    office.publish(topic)
    office.cloud.settle()
    found = sums(office)
    assert (found["NotificationsFailed"], found["NotificationsDelivered"]) == (4, 1)
