"""`nothing_lost` of a topic: copies that were dropped, and those that were lost where they arrived."""

import json

import boto3
import pytest

from waterline import Cloud
from waterline.invariants import nothing_lost

SENT = (0, "sent", "sns:orders", "m", {"body": "Ida"})
ROUTED = (0, "routed", "sns:orders", "c", {"parents": ("m",), "to": "sqs:billing"})
ARRIVED = (1, "sent", "sqs:billing", "q", {"parents": ("c",), "body": "Ida"})
DELIVERED = (1, "delivered", "sns:orders", "c", {"to": "sqs:billing"})
RETRIED = (1, "retried", "sns:orders", "c", {"to": "sqs:billing", "why": "in 1 s"})
DROPPED = (2, "dropped", "sns:orders", "c", {"to": "sqs:billing", "why": "given up after 1 attempt: it does not exist"})
DEAD = (2, "dead-lettered", "sns:orders", "c", {"to": "dead", "count": 1})
RECEIVED = (3, "received", "sqs:billing", "q", {"count": 1, "until": 33_000_000})
SUCCEEDED = (4, "succeeded", "lambda:bill", "q", {"invocation": "i", "environment": 1})
DELETED = (5, "deleted", "sqs:billing", "q", {})
EXPIRED = (9, "expired", "sqs:billing", "q", {})
INVOKED = (1, "sent", "lambda:bill", "e", {"parents": ("c",), "body": "{}"})
GIVEN_UP = (200, "dropped", "lambda:bill", "e", {"why": "failed 3 times"})


@pytest.mark.parametrize(
    "lines",
    [
        (SENT,),
        (SENT, (0, "filtered", "sns:orders", "m", {"to": "sqs:billing"})),
        (SENT, ROUTED),
        (SENT, ROUTED, RETRIED),
        (SENT, ROUTED, DEAD),
        (SENT, ROUTED, ARRIVED, DELIVERED),
        (SENT, ROUTED, ARRIVED, DELIVERED, RECEIVED, SUCCEEDED, DELETED),
        (SENT, ROUTED, INVOKED, DELIVERED),
    ],
    ids=["nobody subscribes", "filtered", "on its way", "retried", "dead-lettered", "waits", "processed", "invoked"],
)
def test_a_copy_that_is_on_its_way_or_arrived_is_not_lost(written, lines):
    assert nothing_lost(written(*lines), "sns:orders") is None


@pytest.mark.parametrize(
    ("lines", "said", "kinds"),
    [
        (
            (SENT, ROUTED, DROPPED),
            "Message m (Ida) did not reach sqs:billing: at +2.0 s it was given up after 1 attempt",
            ["routed", "dropped"],
        ),
        (
            (SENT, ROUTED, ARRIVED, DELIVERED, RECEIVED, DELETED),
            "was deleted from billing at +5.0 s, and no handler had succeeded",
            ["routed", "sent", "delivered", "received", "deleted"],
        ),
        (
            (SENT, ROUTED, ARRIVED, DELIVERED, EXPIRED),
            "Message m (Ida) expired in billing at +9.0 s",
            ["routed", "sent", "delivered", "expired"],
        ),
        (
            (SENT, ROUTED, INVOKED, DELIVERED, GIVEN_UP),
            "Message m (Ida) was dropped by bill at +200.0 s.",
            ["routed", "sent", "delivered", "dropped"],
        ),
    ],
    ids=["dropped", "deleted unread", "expired", "given up by a function"],
)
def test_a_copy_that_did_not_get_through_is_lost(written, lines, said, kinds):
    broken = nothing_lost(written(*lines), "sns:orders")
    assert said in broken.sentence
    assert broken.trace.kinds == kinds


def test_a_copy_of_another_topic_is_none_of_this_one(written):
    elsewhere = [
        (at, kind, place.replace("orders", "other"), m, d) for at, kind, place, m, d in (SENT, ROUTED, DROPPED)
    ]
    assert nothing_lost(written(*elsewhere), "sns:orders") is None


def test_a_dead_letter_of_a_topic_is_a_message_of_the_dead_letter_queue(written):
    letter = (2, "sent", "sqs:dead", "d", {"parents": ("c",), "body": "Ida"})
    expired = (9, "expired", "sqs:dead", "d", {})
    journal = written(SENT, ROUTED, letter, DEAD, expired)
    assert nothing_lost(journal, "dead").message == "d"


@pytest.mark.parametrize("mended", [False, True])
def test_a_topic_without_a_dead_letter_queue_loses_what_a_closed_queue_does_not_take(mended):
    with Cloud(seed=3) as cloud:
        sns, sqs = boto3.client("sns"), boto3.client("sqs")
        topic = sns.create_topic(Name="orders")["TopicArn"]
        arns = {name: f"arn:aws:sqs:us-east-1:123456789012:{name}" for name in ("billing", "dead")}
        allow = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": arns["dead"]}
        sqs.create_queue(QueueName="billing")
        sqs.create_queue(QueueName="dead", Attributes={"Policy": json.dumps({"Statement": [allow]})})
        redrive = {"RedrivePolicy": json.dumps({"deadLetterTargetArn": arns["dead"]})} if mended else {}
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arns["billing"], Attributes=redrive)
        sns.publish(TopicArn=topic, Message="order 1")
        cloud.settle()
        broken = nothing_lost(cloud.journal, "sns:orders")
    assert (broken is None) == mended
    assert mended or "(order 1) did not reach sqs:billing" in broken.sentence
