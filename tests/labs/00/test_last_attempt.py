"""Checks of 00.a: the learner's function against what the journal of real runs shows."""

import json
import random

import boto3
import pytest

from waterline import Cloud
from waterline.grading.verdict import wrong
from waterline.invariants import shown

SOURCE = """
import time

def handler(event, context):
    time.sleep({duration})
    raise RuntimeError("no printer")
"""

# What people answer, with what they believe. The first whose answer it is tells.
BELIEFS = [
    (
        lambda hidden, receives, duration: (hidden + duration) * receives,
        "the hidden time counts from the receive, not from the failure, and the handler works within it",
        "An order is hidden when its handler fails.",
    ),
    (
        lambda hidden, receives, duration: hidden * (receives - 1),
        "the queue moves the order not when it is received for the last time, but when it would be received once more",
        "The dead-letter queue takes an order at its last attempt.",
    ),
    (
        lambda hidden, receives, duration: hidden * (receives - 1) + duration,
        "nobody tells the queue that the last attempt failed; the order is moved when its hidden time is over",
        "The dead-letter queue takes an order when its last attempt fails.",
    ),
    (
        lambda hidden, receives, duration: duration * receives,
        "a failure does not bring the order back: it stays hidden until its visibility timeout is over",
        "What fails is tried again at once.",
    ),
    (
        lambda hidden, receives, duration: hidden * (receives + 1),
        "maxReceiveCount counts every receive, the first one included",
        "maxReceiveCount is the number of retries after the first attempt.",
    ),
]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_your_function_says_what_the_journal_shows(seconds_until_dead, seed):
    hidden, receives, duration = settings(seed)
    given = seconds_until_dead(hidden, receives, duration)
    if isinstance(given, bool) or not isinstance(given, int | float):
        wrong(f"Your function gives {given!r}, and a number of seconds is wanted.")
    journal, order = run(seed, hidden, receives, duration)
    dead = journal.of("dead-lettered", "tickets", order)[0].seconds
    if abs(given - dead) < 0.5:
        return
    why, belief = next(
        ((f": {why}", belief) for says, why, belief in BELIEFS if given == says(hidden, receives, duration)), ("", "")
    )
    wrong(
        f"Seed {seed}: visibility timeout {hidden} s, maxReceiveCount {receives}, and a handler that fails after "
        f"{duration} s. Ola's order is in `tickets-dead` after {dead:g} s, and your function says {given:g}{why}."
        f"\n\n{shown(journal.trace(order), most=15)}",
        belief=belief,
        see="00, sections 0.4 and 0.5",
    )


def settings(seed):
    """Seconds hidden, receives, seconds of the handler: such that no two of the beliefs give the same answer."""
    draw = random.Random(seed)
    receives = draw.randint(2, 4)
    hidden = draw.randrange(40, 200, 5)
    return hidden, receives, draw.randint(3, hidden // (receives + 1))


def run(seed, hidden, receives, duration):
    """The journal of one order that fails every time, and the order's identifier."""
    with Cloud(seed=seed) as cloud:
        sqs = boto3.client("sqs")
        dead = sqs.create_queue(QueueName="tickets-dead")["QueueUrl"]
        redrive = json.dumps({"deadLetterTargetArn": arn(sqs, dead), "maxReceiveCount": receives})
        attributes = {"VisibilityTimeout": str(hidden), "RedrivePolicy": redrive}
        tickets = sqs.create_queue(QueueName="tickets", Attributes=attributes)["QueueUrl"]
        cloud.deploy("print-ticket", SOURCE.format(duration=duration), timeout=hidden)
        boto3.client("lambda").create_event_source_mapping(
            EventSourceArn=arn(sqs, tickets), FunctionName="print-ticket", BatchSize=1
        )
        order = sqs.send_message(QueueUrl=tickets, MessageBody=json.dumps({"name": "Ola"}))["MessageId"]
        cloud.settle()
        return cloud.journal, order


def arn(sqs, url):
    return sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
