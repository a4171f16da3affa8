"""FIFO topics: order within a group, deduplication, sequence numbers, archive and replay."""

from __future__ import annotations

import json
from typing import Any

import pytest
from post_office import PostOffice, refused

NAME = "orders.fifo"


def fan_out(office: PostOffice, queue: str = "billing.fifo", **attributes: Any) -> tuple[str, str]:
    """A FIFO topic with content-based deduplication, and a subscribed queue."""
    attributes.setdefault("ContentBasedDeduplication", "true")
    topic = office.topic(NAME, **attributes)
    arn = office.queue(queue, lets=topic)
    office.subscribe(topic, arn)
    return topic, arn


def publish(office: PostOffice, topic: str, message: str, group: str = "g", **options: Any) -> dict[str, Any]:
    answer: dict[str, Any] = office.sns.publish(TopicArn=topic, Message=message, MessageGroupId=group, **options)
    return answer


# -- order -------------------------------------------------------------------------------------------------------------


def test_messages_of_a_group_arrive_in_order_with_their_group(office: PostOffice) -> None:
    """Source: "Message ordering details for FIFO topics"."""
    topic, queue = fan_out(office)
    for number in range(5):
        publish(office, topic, str(number), group="odd" if number % 2 else "even")
    office.cloud.settle()
    received = office.received(queue)
    assert [json.loads(message["Body"])["Message"] for message in received] == ["0", "2", "4", "1", "3"]
    assert [message["Attributes"]["MessageGroupId"] for message in received] == ["even"] * 3 + ["odd"] * 2


def test_what_comes_after_a_message_that_is_retried_waits_for_it(office: PostOffice) -> None:
    """Source: "Message ordering details for FIFO topics"."""
    topic, queue = fan_out(office)
    office.cloud.faults.outage("sqs", end=60)
    publish(office, topic, "first")
    office.cloud.advance(seconds=50)
    publish(office, topic, "second")
    office.cloud.advance(seconds=15)
    publish(office, topic, "third")
    office.cloud.settle()
    assert office.messages(queue) == ["first", "second", "third"]
    assert len(office.journal.of("delivered")) == 3


def test_a_message_that_is_given_up_lets_the_next_one_pass(office: PostOffice) -> None:
    """Source: "Message ordering details for FIFO topics"; "Amazon SNS dead-letter queues (DLQs)"."""
    topic = office.topic(NAME, ContentBasedDeduplication="true")
    queue, dead = office.queue("billing.fifo"), office.queue("dead.fifo", lets=topic)
    office.subscribe(topic, queue, RedrivePolicy={"deadLetterTargetArn": dead})
    publish(office, topic, "first")
    office.cloud.settle()
    office.let_in(queue, topic)
    publish(office, topic, "second")
    office.cloud.settle()
    assert (office.messages(dead), office.messages(queue)) == (["first"], ["second"])


def test_another_group_does_not_wait(office: PostOffice) -> None:
    """Source: "Message grouping for FIFO topics"."""
    topic, queue = fan_out(office)
    fault = office.cloud.faults.outage("sqs", end=100)
    publish(office, topic, "a", group="a")
    office.cloud.advance(seconds=1.5)
    fault.stop()
    publish(office, topic, "b", group="b")
    office.cloud.advance(seconds=0.1)
    assert office.messages(queue) == ["b"]


def test_a_standard_queue_can_be_subscribed_too(office: PostOffice) -> None:
    """Source: "Message delivery for FIFO topics"."""
    topic, queue = fan_out(office, "billing")
    for number in range(3):
        publish(office, topic, str(number), group="tenant")
    office.cloud.settle()
    received = office.received(queue)
    assert [json.loads(message["Body"])["Message"] for message in received] == ["0", "1", "2"]
    assert {message["Attributes"]["MessageGroupId"] for message in received} == {"tenant"}


ELSEWHERE = [
    ("lambda", "arn:aws:lambda:us-east-1:123456789012:function:bill"),
    ("https", "https://hooks.example.com"),
    ("email", "ops@example.com"),
    ("sms", "+12065550100"),
]


@pytest.mark.parametrize(("protocol", "endpoint"), ELSEWHERE)
def test_nothing_but_queues_can_be_subscribed(office: PostOffice, protocol: str, endpoint: str) -> None:
    """Source: "Message delivery for FIFO topics"."""
    topic = office.topic(NAME)
    with refused("a FIFO topic delivers to Amazon SQS queues only"):
        office.sns.subscribe(TopicArn=topic, Protocol=protocol, Endpoint=endpoint)


# -- deduplication -----------------------------------------------------------------------------------------------------


def test_a_duplicate_within_five_minutes_is_accepted_and_not_delivered(office: PostOffice) -> None:
    """Source: "Message deduplication for FIFO topics"; fact ``sns.dedup_interval``."""
    topic, queue = fan_out(office)
    original = publish(office, topic, "one", MessageDeduplicationId="1")
    office.cloud.advance(seconds=299)
    again = publish(office, topic, "another text", MessageDeduplicationId="1")
    assert (again["MessageId"], again["SequenceNumber"]) == (original["MessageId"], original["SequenceNumber"])
    office.cloud.advance(seconds=1)
    publish(office, topic, "five minutes later", MessageDeduplicationId="1")
    office.cloud.settle()
    assert office.messages(queue) == ["one", "five minutes later"]
    assert office.only("deduplicated").seconds == 299


def test_a_topic_remembers_what_its_queues_have_deleted(office: PostOffice) -> None:
    """Source: "Message deduplication for FIFO topics"."""
    topic, queue = fan_out(office)
    publish(office, topic, "one")
    office.cloud.settle()
    assert office.messages(queue) == ["one"]
    publish(office, topic, "one")
    office.cloud.settle()
    assert office.messages(queue) == []


def test_content_based_deduplication_looks_at_the_text_and_not_at_the_attributes(office: PostOffice) -> None:
    """Source: "Message deduplication for FIFO topics"; Publish."""
    topic, queue = fan_out(office)
    for kind in ("retail", "wholesale"):
        publish(office, topic, "same", MessageAttributes={"k": {"DataType": "String", "StringValue": kind}})
    office.cloud.settle()
    [message] = office.received(queue)
    digest = "0967115f2813a3541eaef77de9d9d5773f1c0c04314b0bbfe4ff3b3b1c55b5d5"
    assert message["Attributes"]["MessageDeduplicationId"] == digest


def test_deduplication_is_of_the_whole_topic_unless_its_scope_is_the_group(office: PostOffice) -> None:
    """Source: Publish, MessageDeduplicationId; fact ``sns.fifo_throughput_topic_scope``."""
    topic, queue = fan_out(office)
    for group in ("a", "b"):
        publish(office, topic, "same", group)
    office.sns.set_topic_attributes(TopicArn=topic, AttributeName="FifoThroughputScope", AttributeValue="MessageGroup")
    office.cloud.advance(minutes=5)
    for group in ("a", "b"):
        publish(office, topic, "scoped", group)
    office.cloud.settle()
    assert office.messages(queue) == ["same", "scoped"]  # the queue's own deduplication is of the whole queue
    assert len(office.journal.of("routed")) == 3


def test_sequence_numbers_have_20_digits_and_grow(office: PostOffice) -> None:
    """Source: Publish, SequenceNumber."""
    topic, queue = fan_out(office)
    numbers = [publish(office, topic, str(number))["SequenceNumber"] for number in range(3)]
    assert [len(number) for number in numbers] == [20] * 3
    assert sorted(set(numbers)) == numbers
    office.cloud.settle()
    envelopes = office.envelopes(queue)
    assert [envelope["SequenceNumber"] for envelope in envelopes] == numbers
    assert "Signature" not in envelopes[0]


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"MessageDeduplicationId": "1"}, "The MessageGroupId parameter is required for FIFO topics"),
    ({"MessageGroupId": "g"}, "The topic should either have ContentBasedDeduplication enabled or"),
    ({"MessageGroupId": "g h", "MessageDeduplicationId": "1"}, "MessageGroupId can only include alphanumeric"),
    ({"MessageGroupId": "g", "MessageDeduplicationId": "x" * 129}, "MessageDeduplicationId can only include"),
]


@pytest.mark.parametrize(("options", "sentence"), REFUSED)
def test_what_a_fifo_topic_does_not_take(office: PostOffice, options: dict[str, Any], sentence: str) -> None:
    """Source: Publish."""
    with refused(sentence):
        office.sns.publish(TopicArn=office.topic(NAME), Message="x", **options)


def test_a_standard_topic_takes_no_deduplication_identifier(office: PostOffice) -> None:
    """Source: Publish, MessageDeduplicationId."""
    with refused("MessageDeduplicationId parameter that is not valid for this topic type"):
        office.publish(office.topic(), MessageDeduplicationId="1")


def test_a_batch_is_in_order_and_each_entry_has_its_sequence_number(office: PostOffice) -> None:
    """Source: PublishBatch."""
    topic, queue = fan_out(office)
    entries = [{"Id": str(n), "Message": str(n), "MessageGroupId": "g"} for n in range(4)]
    answer = office.sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=entries)
    numbers = [entry["SequenceNumber"] for entry in answer["Successful"]]
    assert numbers == sorted(numbers)
    office.cloud.settle()
    assert office.messages(queue) == ["0", "1", "2", "3"]


def test_a_fifo_topics_dead_letters_go_to_fifo_queues(office: PostOffice) -> None:
    """Source: fact ``sns.fifo_dlq_type``."""
    topic = office.topic(NAME)
    with refused("must use a FIFO queue as DLQ for a FIFO topic"):
        office.subscribe(topic, office.queue("q.fifo"), RedrivePolicy={"deadLetterTargetArn": office.queue("dead")})


# -- archive and replay ------------------------------------------------------------------------------------------------


def archived(office: PostOffice, days: int = 30) -> str:
    policy = json.dumps({"MessageRetentionPeriod": str(days)})
    return office.topic(NAME, ContentBasedDeduplication="true", ArchivePolicy=policy)


def replay(start: str, end: str | None = None) -> dict[str, str]:
    policy = {"PointType": "Timestamp", "StartingPoint": start}
    return policy if end is None else {**policy, "EndingPoint": end}


def test_a_new_subscription_can_begin_with_what_was_before(office: PostOffice) -> None:
    """Source: "Amazon SNS message replay for FIFO topic subscribers"."""
    topic = archived(office)
    first = publish(office, topic, "first")["MessageId"]
    office.cloud.advance(hours=1)
    publish(office, topic, "second")
    queue = office.queue("late.fifo", lets=topic)
    subscription = office.subscribe(topic, queue, ReplayPolicy=replay("2026-01-01T00:00:00.000Z"))
    publish(office, topic, "third")
    office.cloud.settle()
    envelopes = office.envelopes(queue)
    assert [envelope["Message"] for envelope in envelopes] == ["first", "second", "third"]
    assert (envelopes[0]["MessageId"], envelopes[0]["Timestamp"]) == (first, "2026-01-01T00:00:00.000Z")
    assert [envelope.get("Replayed") for envelope in envelopes] == ["true", "true", None]
    attributes = office.sns.get_subscription_attributes(SubscriptionArn=subscription)["Attributes"]
    assert attributes["ReplayStatus"] == "Completed"


def test_after_an_ending_point_nothing_new_is_delivered(office: PostOffice) -> None:
    """Source: Subscribe, ReplayStatus: then the subscription no longer receives newly published messages."""
    topic = archived(office)
    for message in ("first", "second"):
        publish(office, topic, message)
        office.cloud.advance(hours=1)
    queue = office.queue("late.fifo", lets=topic)
    window = replay("2026-01-01T00:00:00Z", "2026-01-01T00:30:00Z")
    subscription = office.subscribe(topic, queue, ReplayPolicy=window)
    publish(office, topic, "third")
    office.cloud.settle()
    assert office.messages(queue) == ["first"]
    office.sns.set_subscription_attributes(
        SubscriptionArn=subscription,
        AttributeName="ReplayPolicy",
        AttributeValue=json.dumps(replay("2026-01-01T00:45:00Z")),
    )
    office.cloud.settle()
    assert office.messages(queue) == ["second", "third"]


def test_an_ending_point_to_come_lets_new_messages_through_until_then(office: PostOffice) -> None:
    """Source: Subscribe, ReplayStatus."""
    topic = archived(office)
    queue = office.queue("late.fifo", lets=topic)
    office.subscribe(topic, queue, ReplayPolicy=replay("2026-01-01T00:00:00Z", "2026-01-01T01:00:00Z"))
    publish(office, topic, "in the window")
    office.cloud.advance(hours=2)
    publish(office, topic, "after it")
    office.cloud.settle()
    assert office.messages(queue) == ["in the window"]


def test_a_topic_with_an_archive_is_not_deleted_before_it_is_deactivated(office: PostOffice) -> None:
    """Source: "Amazon SNS message archiving and replay for FIFO topics"; DeleteTopic."""
    topic = archived(office)
    with refused("must be deactivated", "InvalidState"):
        office.sns.delete_topic(TopicArn=topic)
    office.sns.set_topic_attributes(TopicArn=topic, AttributeName="ArchivePolicy", AttributeValue="{}")
    office.sns.delete_topic(TopicArn=topic)
    assert office.sns.list_topics()["Topics"] == []


def test_a_replay_brings_back_what_a_queue_has_processed(office: PostOffice) -> None:
    """Source: "Amazon SNS message replay for FIFO topic subscribers"."""
    topic = archived(office)
    queue = office.queue("billing.fifo", lets=topic)
    subscription = office.subscribe(topic, queue)
    publish(office, topic, "once")
    office.cloud.settle()
    assert office.messages(queue) == ["once"]
    office.sns.set_subscription_attributes(
        SubscriptionArn=subscription,
        AttributeName="ReplayPolicy",
        AttributeValue=json.dumps(replay("2026-01-01T00:00:00Z")),
    )
    office.cloud.settle()
    assert office.messages(queue) == ["once"]


def test_a_filter_policy_holds_for_a_replay(office: PostOffice) -> None:
    """Source: "Amazon SNS message replay for FIFO topic subscribers"."""
    topic = archived(office)
    for number in range(4):
        publish(office, topic, json.dumps({"n": number}))
    queue = office.queue("late.fifo", lets=topic)
    office.subscribe(
        topic,
        queue,
        FilterPolicy={"n": [{"numeric": [">=", 2]}]},
        FilterPolicyScope="MessageBody",
        ReplayPolicy=replay("2026-01-01T00:00:00Z"),
    )
    office.cloud.settle()
    assert office.messages(queue) == ['{"n": 2}', '{"n": 3}']


def test_the_archive_keeps_as_many_days_as_it_says(office: PostOffice) -> None:
    """Source: "Amazon SNS message archiving and replay for FIFO topics"; fact ``sns.archive_retention``."""
    topic = archived(office, days=1)
    publish(office, topic, "old")
    office.cloud.advance(hours=23)
    publish(office, topic, "new")
    office.cloud.advance(hours=1)
    queue = office.queue("late.fifo", lets=topic)
    office.subscribe(topic, queue, ReplayPolicy=replay("2026-01-01T00:00:00Z"))
    office.cloud.settle()
    assert office.messages(queue) == ["new"]
    attributes = office.sns.get_topic_attributes(TopicArn=topic)["Attributes"]
    assert attributes["BeginningArchiveTime"] == "2026-01-01T00:00:00.000Z"


WRONG = [
    ({"MessageRetentionPeriod": "366"}, "MessageRetentionPeriod must be between 1 and 365 days"),
    ({"MessageRetentionPeriod": "long"}, "MessageRetentionPeriod must be a number of days"),
    ({}, "MessageRetentionPeriod must be a number of days"),
]


@pytest.mark.parametrize(("policy", "sentence"), WRONG)
def test_a_wrong_archive_policy_is_refused(office: PostOffice, policy: dict[str, str], sentence: str) -> None:
    """Source: fact ``sns.archive_retention``."""
    given = json.dumps(policy) if policy else '{"x": 1}'
    with refused(sentence):
        office.topic(NAME, ArchivePolicy=given)
    assert office.sns.list_topics()["Topics"] == []


WRONG_REPLAYS = [
    ("{", "ReplayPolicy: failed to parse JSON"),
    (json.dumps({"PointType": "Number", "StartingPoint": "2026-01-01T00:00:00Z"}), "PointType must be Timestamp"),
    (json.dumps(replay("2026-02-01T00:00:00Z", "2026-01-01T00:00:00Z")), "EndingPoint must not be before"),
]


@pytest.mark.parametrize(("policy", "sentence"), WRONG_REPLAYS)
def test_a_wrong_replay_policy_is_refused(office: PostOffice, policy: str, sentence: str) -> None:
    """Source: Subscribe, ReplayPolicy."""
    with refused(sentence):
        office.subscribe(archived(office), office.queue("q.fifo"), ReplayPolicy=policy)


def test_without_an_archive_nothing_can_be_replayed(office: PostOffice) -> None:
    """Source: Subscribe, ReplayPolicy."""
    with refused("the topic has no message archive"):
        office.subscribe(office.topic(NAME), office.queue("q.fifo"), ReplayPolicy=replay("2026-01-01T00:00:00Z"))
