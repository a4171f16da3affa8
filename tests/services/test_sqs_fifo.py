"""A FIFO queue: order within a message group, deduplication, expired handles, dead letters."""

from __future__ import annotations

from typing import Any

import pytest
from bench import Lab
from botocore.exceptions import ClientError

NAME = "tickets.fifo"


def send(lab: Lab, queue: str, *bodies: str, **options: Any) -> list[dict[str, Any]]:
    """Send messages, each in the group that its first letter names."""
    return [
        lab.sqs.send_message(
            QueueUrl=queue,
            MessageBody=body,
            MessageGroupId=options.get("group", body[0]),
            MessageDeduplicationId=options.get("deduplication_id", body),
        )
        for body in bodies
    ]


# -- order ------------------------------------------------------------------------------------------------------------


def test_a_group_comes_back_whole_and_in_order_however_it_comes_back(lab: Lab) -> None:
    """Source: "FIFO delivery logic in Amazon SQS"."""
    queue = lab.queue(NAME)
    send(lab, queue, "b1", "b2", "b3")
    assert lab.bodies(queue) == ["b1", "b2", "b3"]
    lab.advance(30)
    received = lab.receive(queue)
    assert [message["Body"] for message in received] == ["b1", "b2", "b3"]
    for message in reversed(received):
        lab.sqs.change_message_visibility(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0)
    assert lab.bodies(queue) == ["b1", "b2", "b3"]


def test_a_group_is_locked_while_any_of_its_messages_is_in_flight_and_the_others_are_not(lab: Lab) -> None:
    """Source: "FIFO delivery logic in Amazon SQS"."""
    queue = lab.queue(NAME)
    send(lab, queue, "a1", "a2", "a3", "b1")
    one, two = lab.receive(queue, 2)
    assert (one["Body"], two["Body"]) == ("a1", "a2")
    assert lab.bodies(queue, 1) == ["b1"]
    assert lab.bodies(queue) == []
    lab.delete(queue, one)
    assert lab.bodies(queue) == []
    lab.delete(queue, two)
    assert lab.bodies(queue) == ["a3"]


def test_a_message_that_came_back_early_waits_for_the_rest_of_its_batch(lab: Lab) -> None:
    """Source: "FIFO delivery logic in Amazon SQS"."""
    queue = lab.queue(NAME)
    send(lab, queue, "a1", "a2")
    one, two = lab.receive(queue)
    lab.sqs.change_message_visibility(QueueUrl=queue, ReceiptHandle=two["ReceiptHandle"], VisibilityTimeout=0)
    assert lab.counts(queue) == (1, 1, 0)
    assert lab.bodies(queue) == []
    lab.sqs.change_message_visibility(QueueUrl=queue, ReceiptHandle=one["ReceiptHandle"], VisibilityTimeout=0)
    assert lab.bodies(queue) == ["a1", "a2"]


def test_a_receive_takes_what_it_can_of_one_group_before_the_next(lab: Lab) -> None:
    """Source: "FIFO delivery logic in Amazon SQS"."""
    queue = lab.queue(NAME)
    send(lab, queue, "a1", "b1", "a2", "b2", "c1")
    assert lab.bodies(queue, 3) == ["a1", "a2", "b1"]
    assert lab.bodies(queue) == ["c1"]


def test_a_group_wakes_a_waiting_consumer_when_its_lock_opens(lab: Lab) -> None:
    queue = lab.queue(NAME)
    send(lab, queue, "a1", "a2")
    (first,) = lab.receive(queue, 1)
    lab.clock.after(4_000_000, lab.store(NAME).delete, first["ReceiptHandle"])
    assert lab.bodies(queue, WaitTimeSeconds=20) == ["a2"]
    assert lab.clock.now == 4_000_000


def test_the_lock_of_a_group_opens_when_its_message_in_flight_expires(lab: Lab) -> None:
    """Source: "FIFO delivery logic in Amazon SQS"."""
    queue = lab.queue(NAME, MessageRetentionPeriod=60)
    send(lab, queue, "a1")
    lab.advance(30)
    send(lab, queue, "a2")
    lab.receive(queue, 1, VisibilityTimeout=900)
    assert lab.bodies(queue, WaitTimeSeconds=20) == []
    assert lab.bodies(queue, WaitTimeSeconds=20) == ["a2"]
    assert lab.clock.now == 60_000_000


def test_a_changed_delay_applies_to_the_delayed_messages_of_a_fifo_queue_only(lab: Lab) -> None:
    """Source: "Amazon SQS delay queues"."""
    fifo, standard = lab.queue(NAME, DelaySeconds=100), lab.queue("standard", DelaySeconds=100)
    send(lab, fifo, "a1", "a2")
    lab.send(standard, "b")
    lab.advance(10)
    for queue in (fifo, standard):
        lab.sqs.set_queue_attributes(QueueUrl=queue, Attributes={"DelaySeconds": "40"})
    lab.advance(30)
    assert (lab.bodies(fifo), lab.bodies(standard)) == (["a1", "a2"], [])
    lab.advance(60)
    assert lab.bodies(standard) == ["b"]


# -- deduplication ----------------------------------------------------------------------------------------------------


def test_a_duplicate_is_answered_with_its_original_and_not_delivered(lab: Lab) -> None:
    """Source: "Exactly-once processing in Amazon SQS"."""
    queue = lab.queue(NAME)
    (original,) = send(lab, queue, "a", deduplication_id="same")
    lab.advance(299.999999)
    (duplicate,) = send(lab, queue, "another body", group="b", deduplication_id="same")
    assert (duplicate["MessageId"], duplicate["SequenceNumber"]) == (
        original["MessageId"],
        original["SequenceNumber"],
    )
    assert lab.bodies(queue) == ["a"]
    assert lab.story("sent", "deduplicated", message=original["MessageId"]) == [
        (0, "sent", NAME),
        (299.999999, "deduplicated", NAME),
    ]


def test_five_minutes_after_the_first_send_the_identifier_is_free_again(lab: Lab) -> None:
    """Source: "Exactly-once processing in Amazon SQS"."""
    queue = lab.queue(NAME)
    send(lab, queue, "a", deduplication_id="same")
    lab.advance(200)
    send(lab, queue, "b", deduplication_id="same")  # a duplicate does not prolong the interval
    lab.advance(100)
    send(lab, queue, "c", deduplication_id="same")
    assert lab.bodies(queue) == ["a", "c"]


@pytest.mark.parametrize("when", ["in flight", "deleted", "purged"])
def test_the_identifier_is_remembered_whatever_became_of_the_message(lab: Lab, when: str) -> None:
    """Source: "Exactly-once processing in Amazon SQS"."""
    queue = lab.queue(NAME)
    send(lab, queue, "a", deduplication_id="same")
    (received,) = lab.receive(queue)
    if when == "deleted":
        lab.delete(queue, received)
    elif when == "purged":
        lab.sqs.purge_queue(QueueUrl=queue)
    send(lab, queue, "b", deduplication_id="same")
    assert lab.counts(queue)[0] == 0


@pytest.mark.parametrize(("scope", "bodies"), [("queue", ["a"]), ("messageGroup", ["a", "b"])])
def test_the_scope_of_deduplication_is_the_queue_or_the_group(lab: Lab, scope: str, bodies: list[str]) -> None:
    """Source: CreateQueue."""
    queue = lab.queue(NAME, DeduplicationScope=scope)
    send(lab, queue, "a", "b", deduplication_id="same")
    assert lab.bodies(queue) == bodies


def test_content_based_deduplication_takes_the_body_and_an_identifier_overrides_it(lab: Lab) -> None:
    """Source: "Exactly-once processing in Amazon SQS"."""
    queue = lab.queue(NAME, ContentBasedDeduplication="true")
    sent = [
        lab.sqs.send_message(QueueUrl=queue, MessageBody=body, MessageGroupId=group, **options)
        for body, group, options in [
            ("a", "g", {}),
            ("a", "h", {}),
            ("a", "g", {"MessageDeduplicationId": "own"}),
            ("b", "g", {}),
        ]
    ]
    assert sent[0]["MessageId"] == sent[1]["MessageId"]
    numbers = [answer["SequenceNumber"] for answer in sent]
    assert numbers[0] == numbers[1] < numbers[2] < numbers[3]
    assert {len(number) for number in numbers} == {20}
    received = lab.receive(queue)
    assert [message["Body"] for message in received] == ["a", "a", "b"]
    assert [message["Attributes"]["SequenceNumber"] for message in received] == [numbers[0], *numbers[2:]]


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({}, "MissingParameter"),
        ({"MessageGroupId": "g"}, "InvalidParameterValue"),
        ({"MessageDeduplicationId": "d"}, "MissingParameter"),
        ({"MessageGroupId": "g", "MessageDeduplicationId": "d", "DelaySeconds": 1}, "InvalidParameterValue"),
    ],
)
def test_a_fifo_message_needs_its_parameters(lab: Lab, options: dict[str, Any], code: str) -> None:
    """Source: SendMessage."""
    queue = lab.queue(NAME)
    with pytest.raises(ClientError) as caught:
        lab.sqs.send_message(QueueUrl=queue, MessageBody="a", **options)
    assert caught.value.response["Error"]["Code"] == code


def test_a_batch_that_lacks_a_fifo_parameter_is_refused_as_a_whole(lab: Lab) -> None:
    """Source: SendMessageBatch."""
    queue = lab.queue(NAME)
    good = {"Id": "1", "MessageBody": "a", "MessageGroupId": "g", "MessageDeduplicationId": "d"}
    with pytest.raises(ClientError, match="must contain the parameter MessageGroupId"):
        lab.sqs.send_message_batch(QueueUrl=queue, Entries=[good, {"Id": "2", "MessageBody": "b"}])
    assert lab.counts(queue) == (0, 0, 0)


# -- deleting, dead letters -------------------------------------------------------------------------------------------


def test_a_receipt_handle_expires_with_the_visibility_timeout(lab: Lab) -> None:
    """Source: DeleteMessage."""
    queue = lab.queue(NAME)
    send(lab, queue, "a")
    (received,) = lab.receive(queue)
    lab.advance(30)
    for _ in range(2):  # once with the message visible, once with another consumer
        with pytest.raises(ClientError, match=r"InvalidParameterValue.*Reason: The receipt handle has expired\."):
            lab.delete(queue, received)
        assert len(lab.receive(queue)) <= 1
    assert sum(lab.counts(queue)) == 1


def test_deleting_twice_is_no_error(lab: Lab) -> None:
    """Source: DeleteMessage."""
    queue = lab.queue(NAME)
    send(lab, queue, "a")
    (received,) = lab.receive(queue)
    lab.delete(queue, received)
    lab.delete(queue, received)
    assert len(lab.journal.of("deleted")) == 1


def test_a_group_goes_on_when_one_of_its_messages_is_dead_lettered(lab: Lab) -> None:
    """Source: "Using dead-letter queues in Amazon SQS"."""
    dead = lab.queue("dead.fifo", MessageRetentionPeriod=1_000)
    queue = lab.queue(NAME, RedrivePolicy={"deadLetterTargetArn": lab.arn(dead), "maxReceiveCount": 1})
    (poison, _, _) = send(lab, queue, "a1", "a2", "a3")
    assert lab.bodies(queue, 1) == ["a1"]
    lab.advance(500)
    assert lab.bodies(queue) == ["a2", "a3"]
    (letter,) = lab.receive(dead, VisibilityTimeout=0)
    assert letter["MessageId"] == poison["MessageId"]
    assert letter["Attributes"]["MessageGroupId"] == "a"
    assert letter["Attributes"]["MessageDeduplicationId"] == poison["MessageId"]
    assert letter["Attributes"]["SentTimestamp"] == str(1_767_225_600_000 + 500_000)
    lab.advance(2_000)
    assert [event.seconds for event in lab.journal.of("expired", "dead.fifo")] == [1_500]


def test_a_dead_lettered_group_keeps_its_order(lab: Lab) -> None:
    dead = lab.queue("dead.fifo")
    queue = lab.queue(NAME, RedrivePolicy={"deadLetterTargetArn": lab.arn(dead), "maxReceiveCount": 1})
    send(lab, queue, "a1", "a2", "a3")
    lab.receive(queue)
    lab.advance(30)
    assert lab.bodies(queue) == []
    assert lab.bodies(dead) == ["a1", "a2", "a3"]
