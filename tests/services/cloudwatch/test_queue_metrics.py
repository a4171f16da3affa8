"""AWS/SQS, of real queues, through boto3. Source: Amazon SQS Developer Guide, "Available CloudWatch metrics"."""

from __future__ import annotations

import json

from observatory import Observatory


def test_traffic_is_counted_message_by_message(lab: Observatory) -> None:
    """Source: "Available CloudWatch metrics for Amazon SQS"."""
    lab.queue()
    for _ in range(3):
        lab.send()
    received = lab.receive()
    lab.advance(70)
    lab.delete(received[0])
    lab.advance(60)
    assert lab.points("NumberOfMessagesSent", QueueName="orders") == {0: 3, 60: 0}
    assert lab.points("NumberOfMessagesReceived", QueueName="orders") == {0: 3, 60: 0}
    assert lab.points("NumberOfMessagesDeleted", QueueName="orders") == {0: 0, 60: 1}


def test_what_a_queue_holds_is_seen_at_the_end_of_each_minute(lab: Observatory) -> None:
    """Source: "Available CloudWatch metrics for Amazon SQS"."""
    lab.queue(VisibilityTimeout=90)
    lab.send()
    lab.send(DelaySeconds=100)
    lab.send()
    lab.advance(10)
    first, _second = lab.receive()
    lab.delete(first)
    lab.advance(10)
    assert lab.points("ApproximateNumberOfMessagesVisible", "Maximum", QueueName="orders") == {}
    lab.advance(190)
    about = {"statistic": "Maximum", "QueueName": "orders"}
    assert lab.points("ApproximateNumberOfMessagesNotVisible", **about) == {0: 1, 60: 0, 120: 0}
    assert lab.points("ApproximateNumberOfMessagesDelayed", **about) == {0: 1, 60: 0, 120: 0}
    assert lab.points("ApproximateNumberOfMessagesVisible", **about) == {0: 0, 60: 2, 120: 2}
    assert lab.points("ApproximateAgeOfOldestMessage", **about) == {0: 60, 60: 120, 120: 180}


def test_the_size_of_messages_is_in_bytes_and_has_no_zeros(lab: Observatory) -> None:
    """Source: "Available CloudWatch metrics for Amazon SQS"."""
    lab.queue()
    lab.send("Grüße")
    lab.send("1234567890123")
    lab.advance(120)
    assert lab.points("SentMessageSize", "Average", QueueName="orders") == {0: 10}


def test_an_empty_queue_has_data_for_six_hours_and_then_none(lab: Observatory) -> None:
    """Source: "Monitoring Amazon SQS queues using CloudWatch"."""
    lab.queue(VisibilityTimeout=3600)
    lab.send()
    (message,) = lab.receive()
    lab.advance(600)
    lab.delete(message)
    lab.advance(10 * 3600)
    visible = lab.points("ApproximateNumberOfMessagesVisible", "Maximum", minutes=720, QueueName="orders")
    sent = lab.points("NumberOfMessagesSent", minutes=720, QueueName="orders")
    assert list(visible) == list(sent) == [60 * minute for minute in range(10 + 360)]


def test_a_queue_that_holds_a_message_stays_active(lab: Observatory) -> None:
    """Source: "Monitoring Amazon SQS queues using CloudWatch"."""
    lab.queue()
    lab.send()
    lab.advance(12 * 3600)
    assert len(lab.points("ApproximateNumberOfMessagesVisible", "Maximum", minutes=720, QueueName="orders")) == 720


def test_what_is_dead_lettered_was_not_sent_to_the_dead_letter_queue_and_is_young_there(lab: Observatory) -> None:
    """Source: the same page, "Dead-letter queues (DLQs) and CloudWatch metrics".

    Source: "Available CloudWatch metrics for Amazon SQS".
    """
    lab.queue("graveyard")
    policy = {"deadLetterTargetArn": lab.store("graveyard").queue_arn, "maxReceiveCount": 1}
    lab.queue(RedrivePolicy=json.dumps(policy), VisibilityTimeout=30)
    lab.send()
    lab.receive()
    lab.advance(150)
    lab.receive()
    lab.advance(90)
    about = {"statistic": "Maximum", "QueueName": "graveyard"}
    assert lab.points("ApproximateNumberOfMessagesVisible", **about) == {120: 1, 180: 1}
    assert lab.points("ApproximateAgeOfOldestMessage", **about) == {120: 30, 180: 90}
    assert lab.points("NumberOfMessagesSent", QueueName="graveyard") == {120: 0, 180: 0}
    assert lab.points("ApproximateNumberOfMessagesVisible", "Maximum", QueueName="orders")[120] == 0


def test_a_message_that_was_received_more_than_three_times_no_longer_counts_as_the_oldest(lab: Observatory) -> None:
    """Source: "Available CloudWatch metrics for Amazon SQS"."""
    lab.queue(VisibilityTimeout=10)
    lab.send("poison")
    for _ in range(4):
        lab.receive()
        lab.advance(11)
    lab.send("young")
    lab.advance(40)
    assert lab.points("ApproximateAgeOfOldestMessage", "Maximum", QueueName="orders") == {0: 16}


def test_in_a_fifo_queue_it_does(lab: Observatory) -> None:
    """Source: "Available CloudWatch metrics for Amazon SQS"."""
    lab.queue("orders.fifo", FifoQueue="true", VisibilityTimeout=10, ContentBasedDeduplication="true")
    lab.send("poison", MessageGroupId="g")
    for _ in range(5):
        lab.receive()
        lab.advance(11)
    lab.send("poison", MessageGroupId="g")
    lab.advance(40)
    assert lab.points("ApproximateAgeOfOldestMessage", "Maximum", QueueName="orders.fifo") == {0: 60}
    assert lab.points("NumberOfDeduplicatedSentMessages", QueueName="orders.fifo") == {0: 1}
    assert lab.points("NumberOfMessagesSent", QueueName="orders.fifo") == {0: 1}


def test_expired_and_purged_messages_are_gone(lab: Observatory) -> None:
    lab.queue(MessageRetentionPeriod=60)
    lab.send()
    lab.advance(61)
    lab.send()
    lab.send()
    lab.sqs.purge_queue(QueueUrl=lab.url)
    lab.advance(119)
    assert lab.points("ApproximateNumberOfMessagesVisible", "Maximum", QueueName="orders") == {0: 1, 60: 0, 120: 0}


def test_a_copy_that_the_service_made_is_a_message_of_its_own(lab: Observatory) -> None:
    for kind in ("sent", "duplicated", "received", "deleted"):
        lab.journal.record(kind, "sqs:orders", "m-1", body="x")
    lab.advance(60)
    assert lab.points("ApproximateNumberOfMessagesVisible", "Maximum", QueueName="orders") == {0: 1}
    assert lab.points("NumberOfMessagesSent", QueueName="orders") == {0: 1}
