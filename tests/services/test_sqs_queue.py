"""A standard queue: visibility, receipt handles, delay, retention, dead-lettering, purging, limits."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from bench import Lab
from botocore.exceptions import ClientError

HOUR = 3_600
DAY = 24 * HOUR


def refusal(call: Any, **arguments: Any) -> tuple[str, str]:
    """The code and the sentence with which AWS would refuse the call."""
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


# -- visibility -------------------------------------------------------------------------------------------------------


def test_a_received_message_is_hidden_and_visible_again_at_the_very_instant(lab: Lab) -> None:
    """Source: "Amazon SQS visibility timeout"."""
    queue = lab.queue(VisibilityTimeout=30)
    message = lab.send(queue, "a")
    assert lab.bodies(queue) == ["a"]
    lab.advance(29.999999)
    assert lab.bodies(queue) == []
    lab.advance(0.000001)
    assert lab.receive(queue)[0]["Attributes"]["ApproximateReceiveCount"] == "2"
    assert lab.story(message=message) == [
        (0, "sent", "tickets"),
        (0, "received", "tickets"),
        (30, "visible", "tickets"),
        (30, "received", "tickets"),
    ]
    assert [dict(event.detail) for event in lab.journal.of("received")] == [
        {"count": 1, "until": 30_000_000},
        {"count": 2, "until": 60_000_000},
    ]


def test_a_receive_in_the_same_instant_comes_after_the_timeout_whoever_was_first_on_the_agenda(lab: Lab) -> None:
    queue = lab.queue()
    lab.send(queue, "a")
    got: list[list[str]] = []
    lab.clock.after(30_000_000, lambda: got.append([message.body for message in lab.store().receive(1)]))
    lab.receive(queue)
    lab.advance(30)
    assert got == [["a"]]


def test_settle_plays_up_to_the_last_visibility_timeout_and_no_further(lab: Lab) -> None:
    queue = lab.queue()
    lab.send(queue, "a")
    lab.send(queue, "b")
    kept = lab.receive(queue, 1, VisibilityTimeout=10)
    deleted = lab.receive(queue, 1, VisibilityTimeout=500)
    lab.delete(queue, deleted[0])
    lab.settle()
    assert lab.clock.now == 10_000_000
    assert [message["Body"] for message in kept] == lab.bodies(queue)


def test_a_visibility_timeout_of_zero_shows_the_message_at_once(lab: Lab) -> None:
    """Source: ChangeMessageVisibility."""
    queue = lab.queue()
    lab.send(queue, "a")
    assert lab.bodies(queue, VisibilityTimeout=0) == ["a"]
    assert [event.kind for event in lab.journal] == ["sent", "received", "visible"]
    received = lab.receive(queue)
    lab.sqs.change_message_visibility(QueueUrl=queue, ReceiptHandle=received[0]["ReceiptHandle"], VisibilityTimeout=0)
    assert lab.journal[-1].kind == "visible"
    assert lab.counts(queue) == (1, 0, 0)
    assert lab.bodies(queue) == ["a"]


def test_a_changed_visibility_counts_from_the_change(lab: Lab) -> None:
    """Source: ChangeMessageVisibility."""
    queue = lab.queue()
    lab.send(queue, "a")
    handle = lab.receive(queue)[0]["ReceiptHandle"]
    lab.advance(20)
    lab.sqs.change_message_visibility(QueueUrl=queue, ReceiptHandle=handle, VisibilityTimeout=60)
    assert lab.journal.of("hidden")[0].detail["until"] == 80_000_000
    lab.settle()
    assert [event.seconds for event in lab.journal.of("visible")] == [80]


def test_a_message_is_hidden_for_twelve_hours_from_its_receive_at_most(lab: Lab) -> None:
    """Source: ChangeMessageVisibility."""
    queue = lab.queue(MessageRetentionPeriod=14 * DAY)
    lab.send(queue, "a")
    lab.advance(2 * DAY)  # moto counts from the send
    handle = lab.receive(queue)[0]["ReceiptHandle"]
    change = lab.sqs.change_message_visibility
    change(QueueUrl=queue, ReceiptHandle=handle, VisibilityTimeout=43_200)
    lab.advance(1)
    assert refusal(change, QueueUrl=queue, ReceiptHandle=handle, VisibilityTimeout=43_200) == (
        "InvalidParameterValue",
        (
            "Value 43200 for parameter VisibilityTimeout is invalid. Reason: "
            "Total VisibilityTimeout for the message is beyond the limit [43200 seconds]"
        ),
    )
    change(QueueUrl=queue, ReceiptHandle=handle, VisibilityTimeout=43_199)


@pytest.mark.parametrize("timeout", [-1, 43_201])
def test_a_visibility_timeout_out_of_range_is_refused(lab: Lab, timeout: int) -> None:
    """Source: ReceiveMessage and ChangeMessageVisibility."""
    queue = lab.queue()
    lab.send(queue, "a")
    receive = lab.sqs.receive_message
    assert refusal(receive, QueueUrl=queue, VisibilityTimeout=timeout)[0] == "InvalidParameterValue"
    handle = lab.receive(queue)[0]["ReceiptHandle"]
    change = lab.sqs.change_message_visibility
    code, _ = refusal(change, QueueUrl=queue, ReceiptHandle=handle, VisibilityTimeout=timeout)
    assert code == "InvalidParameterValue"


# -- receipt handles --------------------------------------------------------------------------------------------------


def test_an_old_receipt_handle_is_accepted_and_deletes_nothing(lab: Lab) -> None:
    """Source: DeleteMessage."""
    queue = lab.queue()
    lab.send(queue, "a")
    old = lab.receive(queue)[0]
    lab.advance(30)
    latest = lab.receive(queue)[0]
    lab.delete(queue, old)
    assert lab.counts(queue) == (0, 1, 0)
    assert lab.journal.of("deleted") == []
    lab.delete(queue, latest)
    lab.delete(queue, latest)
    assert lab.counts(queue) == (0, 0, 0)
    assert len(lab.journal.of("deleted")) == 1


def test_the_latest_receipt_handle_deletes_after_its_timeout_until_the_message_is_received_again(lab: Lab) -> None:
    """Source: DeleteMessage."""
    queue = lab.queue()
    lab.send(queue, "a")
    received = lab.receive(queue)[0]
    lab.advance(31)
    assert lab.counts(queue) == (1, 0, 0)
    lab.delete(queue, received)
    assert lab.counts(queue) == (0, 0, 0)
    assert lab.bodies(queue) == []


def test_a_handle_of_nothing_and_a_handle_of_another_queue_are_refused(lab: Lab) -> None:
    """Source: DeleteMessage."""
    queue, other = lab.queue(), lab.queue("other")
    lab.send(other, "a")
    for handle in ("nonsense", "AQEBnonsense", lab.receive(other)[0]["ReceiptHandle"]):
        assert refusal(lab.sqs.delete_message, QueueUrl=queue, ReceiptHandle=handle) == (
            "ReceiptHandleIsInvalid",
            f'The input receipt handle "{handle}" is not a valid receipt handle.',
        )


def test_the_visibility_of_a_message_changes_only_by_its_latest_handle_and_while_it_is_in_flight(lab: Lab) -> None:
    """Source: ChangeMessageVisibility."""
    queue = lab.queue()
    lab.send(queue, "a")
    change = lab.sqs.change_message_visibility
    old = lab.receive(queue)[0]["ReceiptHandle"]
    lab.advance(30)
    assert "MessageNotInflight" in refusal(change, QueueUrl=queue, ReceiptHandle=old, VisibilityTimeout=5)[0]
    latest = lab.receive(queue)[0]
    code, sentence = refusal(change, QueueUrl=queue, ReceiptHandle=old, VisibilityTimeout=5)
    assert (code, "not available for visibility timeout change" in sentence) == ("InvalidParameterValue", True)
    lab.delete(queue, latest)
    code, _ = refusal(change, QueueUrl=queue, ReceiptHandle=latest["ReceiptHandle"], VisibilityTimeout=5)
    assert code == "InvalidParameterValue"


def test_a_batch_of_deletes_or_changes_fails_entry_by_entry(lab: Lab) -> None:
    """Source: DeleteMessageBatch and ChangeMessageVisibilityBatch."""
    queue = lab.queue()
    lab.send(queue, "a")
    lab.send(queue, "b")
    one, two = (message["ReceiptHandle"] for message in lab.receive(queue))
    answer = lab.sqs.change_message_visibility_batch(
        QueueUrl=queue,
        Entries=[
            {"Id": "good", "ReceiptHandle": one, "VisibilityTimeout": 5},
            {"Id": "bad", "ReceiptHandle": "nonsense", "VisibilityTimeout": 5},
            {"Id": "long", "ReceiptHandle": two, "VisibilityTimeout": 99_999},
        ],
    )
    assert [entry["Id"] for entry in answer["Successful"]] == ["good"]
    assert [(entry["Id"], entry["Code"], entry["SenderFault"]) for entry in answer["Failed"]] == [
        ("bad", "ReceiptHandleIsInvalid", True),
        ("long", "InvalidParameterValue", True),
    ]
    answer = lab.sqs.delete_message_batch(
        QueueUrl=queue,
        Entries=[
            {"Id": "good", "ReceiptHandle": one},
            {"Id": "twice", "ReceiptHandle": one},
            {"Id": "bad", "ReceiptHandle": "nonsense"},
        ],
    )
    assert [entry["Id"] for entry in answer["Successful"]] == ["good", "twice"]
    assert [(entry["Id"], entry["Code"]) for entry in answer["Failed"]] == [("bad", "ReceiptHandleIsInvalid")]
    entries = [{"Id": str(number), "ReceiptHandle": two} for number in range(11)]
    code, _ = refusal(lab.sqs.delete_message_batch, QueueUrl=queue, Entries=entries)
    assert code == "AWS.SimpleQueueService.TooManyEntriesInBatchRequest"


def test_a_received_message_keeps_the_handle_of_its_receive_and_discards_by_it(lab: Lab) -> None:
    queue = lab.queue()
    lab.send(queue, "a")
    store = lab.store()
    (first,) = store.receive(10)
    lab.advance(30)
    (second,) = store.receive(10)
    assert first.receipt_handle != second.receipt_handle
    assert (first.approximate_receive_count, second.approximate_receive_count) == (1, 2)
    assert not store.discard(first)
    assert store.discard(second)
    assert not store.discard(second)


# -- delay, order -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("queue_delay", "message_delay", "seconds"),
    [(0, None, 0), (5, None, 5), (0, 60, 60), (5, 60, 60), (5, 0, 0), (0, 900, 900)],
)
def test_a_message_is_delayed_by_its_own_delay_or_else_by_the_queues(
    lab: Lab, queue_delay: int, message_delay: int | None, seconds: int
) -> None:
    """Source: "Amazon SQS delay queues"."""
    queue = lab.queue(DelaySeconds=queue_delay)
    options = {} if message_delay is None else {"DelaySeconds": message_delay}
    lab.send(queue, "a", **options)
    if seconds:
        assert lab.counts(queue) == (0, 0, 1)
        lab.advance(seconds - 0.000001)
        assert lab.bodies(queue) == []
        lab.advance(0.000001)
    assert lab.bodies(queue) == ["a"]
    assert [event.detail["until"] for event in lab.journal.of("delayed")] == [seconds * 1_000_000] * bool(seconds)
    assert [event.seconds for event in lab.journal.of("visible")] == [seconds] * bool(seconds)


def test_messages_come_in_the_order_in_which_they_were_sent_and_come_back_to_it(lab: Lab) -> None:
    queue = lab.queue()
    for body in "abcd":
        lab.send(queue, body)
    assert lab.bodies(queue, 2, VisibilityTimeout=5) == ["a", "b"]
    lab.advance(5)
    assert lab.bodies(queue) == ["a", "b", "c", "d"]


# -- retention --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["visible", "in flight", "delayed"])
def test_a_message_expires_at_the_instant_in_whatever_state_it_is(lab: Lab, state: str) -> None:
    """Source: CreateQueue, MessageRetentionPeriod."""
    queue = lab.queue(MessageRetentionPeriod=60)
    message = lab.send(queue, "a", DelaySeconds=900 if state == "delayed" else 0)
    if state == "in flight":
        lab.receive(queue, VisibilityTimeout=100)
    lab.advance(59.999999)
    assert sum(lab.counts(queue)) == 1
    lab.advance(0.000001)
    assert lab.counts(queue) == (0, 0, 0)
    assert lab.story("expired", message=message) == [(60, "expired", "tickets")]
    lab.settle()
    assert lab.clock.now == 60_000_000


def test_a_message_that_expires_in_the_instant_of_a_receive_is_not_received(lab: Lab) -> None:
    queue = lab.queue(MessageRetentionPeriod=60)
    got: list[int] = []
    lab.clock.after(60_000_000, lambda: got.append(len(lab.store().receive(10))))
    lab.send(queue, "a")
    lab.advance(60)
    assert got == [0]


def test_a_thousand_messages_need_one_background_timer(lab: Lab) -> None:
    queue = lab.queue()
    lab.send(queue, "a")
    before = len(lab.clock._agenda._queue)
    for _ in range(100):
        lab.sqs.send_message_batch(
            QueueUrl=queue, Entries=[{"Id": str(number), "MessageBody": "x"} for number in range(10)]
        )
    assert len(lab.clock._agenda._queue) == before
    lab.settle()
    assert lab.clock.now == 0


def test_a_changed_retention_period_applies_to_the_messages_that_are_there(lab: Lab) -> None:
    """Source: SetQueueAttributes."""
    queue = lab.queue(MessageRetentionPeriod=1_000)
    lab.send(queue, "a")
    lab.advance(100)
    lab.send(queue, "b")
    lab.sqs.set_queue_attributes(QueueUrl=queue, Attributes={"MessageRetentionPeriod": "60"})
    assert lab.counts(queue) == (1, 0, 0)
    lab.sqs.set_queue_attributes(QueueUrl=queue, Attributes={"MessageRetentionPeriod": "300"})
    lab.advance(500)
    assert [event.seconds for event in lab.journal.of("expired")] == [100, 400]


# -- dead letters -----------------------------------------------------------------------------------------------------


def with_dead_letters(lab: Lab, times: int, **attributes: Any) -> tuple[str, str]:
    dead = lab.queue("dead", **attributes)
    return lab.queue(RedrivePolicy={"deadLetterTargetArn": lab.arn(dead), "maxReceiveCount": times}), dead


def test_a_message_is_dead_lettered_when_it_would_be_received_once_too_often(lab: Lab) -> None:
    """Source: "Using dead-letter queues in Amazon SQS"."""
    queue, dead = with_dead_letters(lab, 2)
    message = lab.send(queue, "poison")
    for _ in range(2):
        assert lab.bodies(queue) == ["poison"]
        lab.advance(30)
    lab.advance(HOUR)
    assert lab.counts(queue) == (1, 0, 0)  # nobody has asked for it
    assert lab.bodies(queue) == []
    assert lab.counts(dead) == (1, 0, 0)
    (event,) = lab.journal.of("dead-lettered")
    assert (event.place, event.message, dict(event.detail)) == ("sqs:tickets", message, {"count": 2, "to": "dead"})
    (copy,) = lab.receive(dead)
    assert copy["MessageId"] == message
    assert copy["Attributes"]["DeadLetterQueueSourceArn"] == lab.arn(queue)
    assert copy["Attributes"]["ApproximateReceiveCount"] == "3"
    assert lab.journal.of("received")[-1].place == "sqs:dead"


def test_with_a_consumer_waiting_it_is_dead_lettered_the_instant_it_becomes_visible(lab: Lab) -> None:
    queue, _ = with_dead_letters(lab, 1)
    lab.send(queue, "poison")
    lab.receive(queue)
    assert lab.bodies(queue, WaitTimeSeconds=20) == []
    assert lab.bodies(queue, WaitTimeSeconds=20) == []
    assert [event.seconds for event in lab.journal.of("dead-lettered")] == [30]
    assert lab.clock.now == 40_000_000


def test_a_poisoned_message_does_not_hold_up_the_ones_behind_it(lab: Lab) -> None:
    """Source: "Using dead-letter queues in Amazon SQS"."""
    queue, _ = with_dead_letters(lab, 1)
    lab.send(queue, "poison")
    lab.receive(queue)
    lab.send(queue, "good")
    lab.advance(30)
    assert lab.bodies(queue, 1) == ["good"]


def test_the_source_arn_is_given_to_who_asks_for_it_and_to_nobody_else(lab: Lab) -> None:
    """Source: ReceiveMessage, DeadLetterQueueSourceArn."""
    queue, dead = with_dead_letters(lab, 1)
    lab.send(queue, "poison")
    lab.receive(queue)
    lab.advance(30)
    lab.receive(queue)
    asked = lab.receive(dead, VisibilityTimeout=0, MessageSystemAttributeNames=["DeadLetterQueueSourceArn"])
    assert asked[0]["Attributes"] == {"DeadLetterQueueSourceArn": lab.arn(queue)}
    assert "Attributes" not in lab.receive(dead, VisibilityTimeout=0, MessageSystemAttributeNames=[])[0]


def test_a_dead_letter_queue_counts_the_retention_from_the_original_send(lab: Lab) -> None:
    """Source: "Setting-up dead-letter queue retention"."""
    queue, dead = with_dead_letters(lab, 1, MessageRetentionPeriod=4 * DAY)
    lab.send(queue, "poison")
    lab.receive(queue)
    lab.advance(DAY)
    lab.receive(queue)
    assert lab.receive(dead)[0]["Attributes"]["SentTimestamp"] == "1767225600000"
    lab.advance(5 * DAY)
    assert [event.seconds for event in lab.journal.of("expired", "dead")] == [4 * DAY]


def test_each_queue_of_a_chain_counts_its_own_receives(lab: Lab) -> None:
    last = lab.queue("last")
    dead = lab.queue("dead", RedrivePolicy={"deadLetterTargetArn": lab.arn(last), "maxReceiveCount": 2})
    queue = lab.queue(RedrivePolicy={"deadLetterTargetArn": lab.arn(dead), "maxReceiveCount": 2})
    lab.send(queue, "poison")
    for source in (queue, dead):
        for _ in range(2):
            assert lab.bodies(source) == ["poison"]
            lab.advance(30)
        assert lab.bodies(source) == []
    assert lab.bodies(last) == ["poison"]
    assert [dict(event.detail) for event in lab.journal.of("dead-lettered")] == [
        {"count": 2, "to": "dead"},
        {"count": 4, "to": "last"},
    ]


def test_messages_stay_where_they_are_when_the_dead_letter_queue_is_gone(lab: Lab) -> None:
    queue, dead = with_dead_letters(lab, 1)
    lab.send(queue, "poison")
    lab.receive(queue)
    lab.advance(30)
    lab.sqs.delete_queue(QueueUrl=dead)
    assert lab.bodies(queue) == ["poison"]


@pytest.mark.parametrize("count", [0, 1_001])
def test_a_receive_count_out_of_range_is_refused(lab: Lab, count: int) -> None:
    """Source: CreateQueue, RedrivePolicy."""
    with pytest.raises(ClientError, match="valid values are from 1 to 1000 both inclusive"):
        with_dead_letters(lab, count)


def test_a_dead_letter_queue_of_the_other_type_is_refused(lab: Lab) -> None:
    """Source: "Using dead-letter queues in Amazon SQS"."""
    arn = lab.arn(lab.queue("dead.fifo"))
    with pytest.raises(ClientError, match="must be same type of queue"):
        lab.queue(RedrivePolicy={"deadLetterTargetArn": arn, "maxReceiveCount": 3})


# -- purging, deleting ------------------------------------------------------------------------------------------------


def test_a_purge_drops_all_messages_and_the_next_may_come_after_a_minute(lab: Lab) -> None:
    """Source: PurgeQueue."""
    queue = lab.queue()
    sent = [lab.send(queue, "visible"), lab.send(queue, "in flight"), lab.send(queue, "delayed", DelaySeconds=9)]
    lab.receive(queue, 1)
    lab.sqs.purge_queue(QueueUrl=queue)
    assert lab.counts(queue) == (0, 0, 0)
    assert [event.message for event in lab.journal.of("purged")] == sent
    lab.advance(59)
    assert refusal(lab.sqs.purge_queue, QueueUrl=queue)[0] == "AWS.SimpleQueueService.PurgeQueueInProgress"
    lab.advance(1)
    lab.sqs.purge_queue(QueueUrl=queue)
    assert lab.clock.now == 60_000_000
    lab.settle()
    assert lab.clock.now == 60_000_000


def test_a_deleted_queue_takes_its_messages_with_it(lab: Lab) -> None:
    """Source: DeleteQueue."""
    queue = lab.queue()
    message = lab.send(queue, "a")
    lab.sqs.delete_queue(QueueUrl=queue)
    assert lab.story("purged", message=message) == [(0, "purged", "tickets")]
    assert lab.journal.of("purged")[0].detail["why"] == "the queue was deleted"
    assert refusal(lab.sqs.receive_message, QueueUrl=queue)[0] == "AWS.SimpleQueueService.NonExistentQueue"
    assert lab.bodies(lab.queue()) == []


# -- what may be sent -------------------------------------------------------------------------------------------------

ATTRIBUTE = {"name": {"DataType": "String", "StringValue": "x" * 1_000}}  # 4 + 6 + 1,000 bytes


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"MessageBody": ""}, "MissingParameter"),
        ({"MessageBody": "a\x00b"}, "InvalidMessageContents"),
        ({"MessageBody": "\x1b"}, "InvalidMessageContents"),
        ({"MessageBody": "\ufffe"}, "InvalidMessageContents"),
        ({"MessageBody": "a", "DelaySeconds": 901}, "InvalidParameterValue"),
        ({"MessageBody": "a", "DelaySeconds": -1}, "InvalidParameterValue"),
        ({"MessageBody": "é" * 513}, "InvalidParameterValue"),
        ({"MessageBody": "a" * 15, "MessageAttributes": ATTRIBUTE}, "InvalidParameterValue"),
        ({"MessageBody": "a", "MessageDeduplicationId": "a"}, "InvalidParameterValue"),
        (
            {"MessageBody": "a", "MessageAttributes": {str(n): ATTRIBUTE["name"] for n in range(11)}},
            "InvalidParameterValue",
        ),
    ],
)
def test_what_aws_refuses_is_refused_alone_and_fails_only_its_entry_of_a_batch(
    lab: Lab, options: dict[str, Any], code: str
) -> None:
    """Source: SendMessage and SendMessageBatch."""
    queue = lab.queue(MaximumMessageSize=1_024)
    assert refusal(lab.sqs.send_message, QueueUrl=queue, **options)[0] == code
    entries = [{"Id": "good", "MessageBody": "good"}, {"Id": "bad", **options}]
    answer = lab.sqs.send_message_batch(QueueUrl=queue, Entries=entries)
    assert [entry["Id"] for entry in answer["Successful"]] == ["good"]
    assert [(entry["Id"], entry["Code"], entry["SenderFault"]) for entry in answer["Failed"]] == [("bad", code, True)]
    assert lab.bodies(queue) == ["good"]
    assert len(lab.journal.of("sent")) == 1


@pytest.mark.parametrize(
    "options",
    [
        {"MessageBody": "\t\n\r \ud7ff\ue000\ufffd\U00010000\U0010ffff"},
        {"MessageBody": "é" * 512},
        {"MessageBody": "a" * 14, "MessageAttributes": ATTRIBUTE},
        {"MessageBody": "a", "DelaySeconds": 900},
        {"MessageBody": "a", "MessageGroupId": "tenant"},
        {
            "MessageBody": "a" * 1_024,
            "MessageSystemAttributes": {"AWSTraceHeader": {"DataType": "String", "StringValue": "Root=1"}},
        },
    ],
)
def test_what_aws_takes_is_taken(lab: Lab, options: dict[str, Any]) -> None:
    """Source: SendMessage."""
    queue = lab.queue(MaximumMessageSize=1_024)
    lab.sqs.send_message(QueueUrl=queue, **options)
    lab.advance(900)
    (received,) = lab.receive(queue, MessageAttributeNames=["All"])
    assert received["Body"] == options["MessageBody"]
    assert received.get("MessageAttributes", {}) == options.get("MessageAttributes", {})
    assert received["Attributes"].get("MessageGroupId") == options.get("MessageGroupId")
    assert received["Attributes"].get("AWSTraceHeader") == ("Root=1" if "MessageSystemAttributes" in options else None)


@pytest.mark.parametrize(
    ("entries", "code"),
    [
        ([("1", "é" * 262_144), ("2", "é" * 262_145)], "BatchRequestTooLong"),
        ([("1", "a"), ("1", "b")], "BatchEntryIdsNotDistinct"),
        ([("no spaces", "a")], "InvalidBatchEntryId"),
        ([(str(number), "a") for number in range(11)], "TooManyEntriesInBatchRequest"),
    ],
)
def test_a_batch_that_is_wrong_as_a_whole_is_refused_as_a_whole(
    lab: Lab, entries: list[tuple[str, str]], code: str
) -> None:
    """Source: SendMessageBatch."""
    queue = lab.queue()
    batch = [{"Id": entry_id, "MessageBody": body} for entry_id, body in entries]
    answered, _ = refusal(lab.sqs.send_message_batch, QueueUrl=queue, Entries=batch)
    assert answered == f"AWS.SimpleQueueService.{code}"
    assert lab.counts(queue) == (0, 0, 0)


def test_a_batch_may_be_a_mebibyte_and_no_byte_more(lab: Lab) -> None:
    """Source: SendMessageBatch."""
    queue = lab.queue()
    entries = [{"Id": "1", "MessageBody": "é" * 262_144}, {"Id": "2", "MessageBody": "é" * 262_144}]
    assert len(lab.sqs.send_message_batch(QueueUrl=queue, Entries=entries)["Successful"]) == 2


@pytest.mark.parametrize(
    ("attribute", "low", "high"),
    [
        ("DelaySeconds", 0, 900),
        ("MaximumMessageSize", 1_024, 1_048_576),
        ("MessageRetentionPeriod", 60, 1_209_600),
        ("ReceiveMessageWaitTimeSeconds", 0, 20),
        ("VisibilityTimeout", 0, 43_200),
    ],
)
def test_a_queues_attributes_have_bounds(lab: Lab, attribute: str, low: int, high: int) -> None:
    """Source: CreateQueue."""
    for number, value in enumerate((low, high)):
        queue = lab.queue(f"good-{number}", **{attribute: value})
        assert lab.attribute(queue, attribute) == str(value)
    for value in (low - 1, high + 1, "many"):
        attributes = {attribute: str(value)}
        assert refusal(lab.sqs.create_queue, QueueName="bad", Attributes=attributes)[0] == "InvalidAttributeValue"
        assert refusal(lab.sqs.set_queue_attributes, QueueUrl=queue, Attributes=attributes)[0] == (
            "InvalidAttributeValue"
        )


def test_attributes_that_were_not_asked_for_are_left_out_and_stay_for_the_next_consumer(lab: Lab) -> None:
    """Source: ReceiveMessage."""
    queue = lab.queue()
    lab.send(queue, "a", MessageAttributes=ATTRIBUTE)
    assert "MessageAttributes" not in lab.receive(queue, VisibilityTimeout=0)[0]
    assert lab.receive(queue, MessageAttributeNames=["na.*", "name"])[0]["MessageAttributes"] == ATTRIBUTE


# -- limits, threads, causes ------------------------------------------------------------------------------------------


def test_a_queue_that_is_full_in_flight_refuses_short_polls_and_lets_long_polls_wait(lab: Lab) -> None:
    """Source: ReceiveMessage."""
    queue = lab.queue()
    for body in "abc":
        lab.send(queue, body)
    assert lab.store().contents.in_flight_limit == 120_000
    lab.store().contents.in_flight_limit = 2
    first, _ = lab.receive(queue)
    assert "OverLimit" in refusal(lab.sqs.receive_message, QueueUrl=queue)[0]
    lab.clock.after(5_000_000, lab.store().delete, first["ReceiptHandle"])
    assert lab.bodies(queue, WaitTimeSeconds=20) == ["c"]
    assert lab.clock.now == 5_000_000


def test_another_thread_is_refused_in_one_sentence(lab: Lab) -> None:
    queue = lab.queue()
    lab.send(queue, "a")
    received = lab.store().receive(1)[0]
    attempts = [
        lambda: lab.send(queue, "b"),
        lambda: lab.receive(queue),
        lambda: lab.delete(queue, {"ReceiptHandle": received.receipt_handle}),
        lambda: lab.sqs.purge_queue(QueueUrl=queue),
        lambda: lab.sqs.delete_queue(QueueUrl=queue),
        lambda: lab.queue("other"),
        lambda: lab.sqs.set_queue_attributes(QueueUrl=queue, Attributes={"VisibilityTimeout": "5"}),
    ]
    errors: list[str] = []

    def run() -> None:
        for attempt in attempts:
            try:
                attempt()
            except RuntimeError as error:
                errors.append(str(error))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert len(errors) == len(attempts)
    assert all("not in another thread" in error for error in errors)
    assert lab.counts(queue) == (0, 1, 0)


def test_a_message_has_for_parents_what_its_sender_was_working_on(lab: Lab) -> None:
    queue = lab.queue()
    lab.clock.spawn("handler", lambda: lab.send(queue, "reply"), cause=("request",))
    lab.settle()
    (event,) = lab.journal.of("sent")
    assert (event.parents, event.detail["body"]) == (("request",), "reply")
    assert lab.store().receive(1)[0].parents == ("request",)


def test_a_record_for_lambda_has_the_attributes_of_the_message(lab: Lab) -> None:
    """Source: "Using Lambda with Amazon SQS"."""
    queue = lab.queue("tickets.fifo")
    attributes = {
        "kind": {"DataType": "String", "StringValue": "vip"},
        "raw": {"DataType": "Binary", "BinaryValue": b"\x00\x01"},
    }
    lab.send(queue, "a", MessageGroupId="g", MessageDeduplicationId="d", MessageAttributes=attributes)
    (message,) = lab.store("tickets.fifo").receive(1)
    assert message.record_attributes() == {
        "ApproximateReceiveCount": "1",
        "SentTimestamp": "1767225600000",
        "SequenceNumber": message.sequence_number,
        "MessageGroupId": "g",
        "SenderId": message.sender_id,
        "MessageDeduplicationId": "d",
        "ApproximateFirstReceiveTimestamp": "1767225600000",
    }
    assert message.record_message_attributes() == {
        "kind": {"stringValue": "vip", "stringListValues": [], "binaryListValues": [], "dataType": "String"},
        "raw": {"binaryValue": "AAE=", "stringListValues": [], "binaryListValues": [], "dataType": "Binary"},
    }
