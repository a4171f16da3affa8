"""Checks of 00.b: the learner's queues under a seeded outage of the printer, with one order that has no cabin."""

import json
import random

import boto3
import pytest
from botocore.exceptions import ClientError

from waterline import Cloud
from waterline.grading.verdict import expect, wrong
from waterline.invariants import dead_within, nothing_lost, shown
from waterline.trace import Trace

RUNS = pytest.StashKey()
OUTAGE = 240
DEADLINE = 600
NAMES = ["Ida", "Maja", "Emil", "Sara", "Jonas", "Nora"]
SOURCE = """
import json
import os
import time

import boto3

sqs = boto3.client("sqs")


def handler(event, context):
    for record in event["Records"]:
        order = json.loads(record["body"])
        ticket = f"{order['name']}, cabin {order['cabin']}"
        if float(os.environ["AWAY"]) <= round(time.time(), 3) < float(os.environ["BACK"]):
            raise ConnectionError("the printer does not answer")
        time.sleep(2)
        sqs.send_message(QueueUrl=os.environ["PRINTED"], MessageBody=ticket)
"""


@pytest.fixture(params=[1, 2, 3])
def run(request, make_queues):
    """The run of one seed, played once for all the claims about it."""
    runs = request.node.getparent(pytest.Module).stash.setdefault(RUNS, {})
    if request.param not in runs:
        runs[request.param] = Run(request.param, make_queues)
    return runs[request.param]


def test_the_queues_are_made_and_the_mapping_is_accepted(run):
    assert run.ids


def test_no_order_that_can_be_printed_is_given_up(run):
    seed = run.seed
    lost = nothing_lost(run.journal, "tickets")
    if lost:
        wrong(f"Seed {seed}: {lost.sentence}\n\n{shown(lost.trace)}", see="00, section 0.6")
    given_up = [order for order in run.printable if run.dead(order)]
    if not given_up:
        return
    order = min(given_up, key=lambda order: len(run.lives[order]))
    tries = run.journal.of("received", "tickets", run.ids[order])
    if len(tries) == 1:
        wrong(
            f"Seed {seed}: {order}'s order came while the printer was away ({run.outage}). It failed once and is in "
            f"`tickets-dead`{others(given_up)}: one failure does not tell a bad order from a bad moment."
            f"\n\n{shown(run.lives[order])}",
            belief="What fails once is bad.",
            see="00, section 0.4",
        )
    lasted = tries[-1].seconds - tries[0].seconds
    wrong(
        f"Seed {seed}: {order}'s order came while the printer was away ({run.outage}). It was tried {len(tries)} times "
        f"in {lasted:g} s, and then given up{others(given_up)}. The outage lasts {OUTAGE} s."
        f"\n\n{shown(run.lives[order])}",
        belief="A few attempts are enough for anything: what counts is how many there are.",
        see="00, section 0.5",
    )


def test_the_order_that_cannot_be_printed_is_dead_within_ten_minutes(run):
    seed = run.seed
    late = dead_within(run.journal, "tickets", DEADLINE, of=[run.ids["Ola"]])
    if late:
        dead = run.dead("Ola")
        sent, tries = run.sent("Ola"), len(run.journal.of("received", "tickets", run.ids["Ola"]))
        if dead:
            wrong(
                f"Seed {seed}: Ola's order has no cabin. It was sent at +{sent:g} s and came to `tickets-dead` at "
                f"+{dead.seconds:g} s, {dead.seconds - sent:g} s later: look at the second requirement."
                f"\n\n{shown(run.lives['Ola'])}",
                belief="A longer visibility timeout is safer.",
                see="00, section 0.5",
            )
        if not run.redrives:
            wrong(
                f"Seed {seed}: Ola's order has no cabin. It was sent at +{sent:g} s, has been received {tries} times "
                "since, and nobody gives it up: `tickets` has no redrive policy, and a queue has no opinion about "
                "failures."
                f"\n\n{shown(run.lives['Ola'])}",
                belief="After a few failures a queue gives up by itself.",
                see="00, section 0.4",
            )
        wrong(
            f"Seed {seed}: Ola's order has no cabin. It was sent at +{sent:g} s, has been received {tries} "
            f"time{'s' * (tries != 1)} in half an hour, and is still not in `tickets-dead`: that takes the visibility "
            f"timeout times maxReceiveCount.\n\n{shown(run.lives['Ola'])}",
            belief="Patience costs nothing.",
            see="00, section 0.5",
        )
    to = run.dead("Ola").detail["to"]
    expect(to == "tickets-dead", f"Seed {seed}: Ola's order was moved to `{to}`, and should be in `tickets-dead`.")


def test_every_order_that_can_be_printed_has_its_ticket(run):
    waiting = [order for order in run.printable if not run.journal.of("deleted", "tickets", run.ids[order])]
    if waiting:
        order = waiting[0]
        wrong(
            f"Seed {run.seed}: {order}'s order was sent at +{run.sent(order):g} s, and half an hour after the last "
            f"order it has no ticket yet.\n\n{shown(run.lives[order])}"
        )


class Run:
    """One evening: six orders, four minutes without a printer, an order without a cabin, and half an hour more."""

    def __init__(self, seed, make_queues):
        self.seed = seed
        draw = random.Random(seed)
        away = draw.randrange(60, 240)
        moments = {draw.choice(NAMES): away}  # one order in the very instant at which the printer stops
        for name in NAMES:
            moments.setdefault(name, draw.randrange(away + OUTAGE + 120))
        moments["Ola"] = away + OUTAGE + draw.randrange(30, 90)
        self.outage = f"from +{away} s to +{away + OUTAGE} s"
        self.printable = sorted(NAMES, key=moments.__getitem__)
        self.ids = {}
        with Cloud(seed=seed) as cloud:
            began = cloud.clock.date.timestamp()
            environment = {"AWAY": str(began + away), "BACK": str(began + away + OUTAGE)}
            sqs, tickets = connected(cloud, make_queues, environment)
            now = 0
            for name in sorted(moments, key=moments.__getitem__):
                cloud.advance(seconds=moments[name] - now)
                now = moments[name]
                order = {"name": name} if name == "Ola" else {"name": name, "cabin": draw.randint(1, 60)}
                sent = sqs.send_message(QueueUrl=tickets, MessageBody=json.dumps(order))
                self.ids[name] = sent["MessageId"]
            cloud.advance(minutes=30)
            attributes = sqs.get_queue_attributes(QueueUrl=tickets, AttributeNames=["All"])["Attributes"]
            self.redrives = "RedrivePolicy" in attributes
        self.journal = cloud.journal
        self.lives = {name: Trace(tuple(self.journal.of(message=message))) for name, message in self.ids.items()}

    def sent(self, name):
        return self.journal.of("sent", "tickets", self.ids[name])[0].seconds

    def dead(self, name):
        return next(iter(self.journal.of("dead-lettered", "tickets", self.ids[name])), None)


def connected(cloud, make_queues, environment):
    """The learner's queues, with the function behind `tickets`; returns the client and the URL of `tickets`."""
    sqs, awslambda = boto3.client("sqs"), boto3.client("lambda")
    printed = sqs.create_queue(QueueName="printed")["QueueUrl"]
    cloud.deploy("print-ticket", SOURCE, timeout=10, environment={**environment, "PRINTED": printed})
    url = make_queues(sqs)
    made = {queue.rsplit("/", 1)[-1]: queue for queue in sqs.list_queues().get("QueueUrls", [])}
    for name in ("tickets", "tickets-dead"):
        expect(name in made, f"After `make_queues` there is no queue `{name}`; there are {', '.join(sorted(made))}.")
    expect(url == made["tickets"], f"`make_queues` should return the URL of `tickets`, and returns {url!r}.")
    source = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    try:
        awslambda.create_event_source_mapping(EventSourceArn=source, FunctionName="print-ticket", BatchSize=1)
    except ClientError as error:
        wrong(
            "No order was printed, for the mapping was refused, as AWS refuses it: "
            f"{error.response['Error']['Message']}. A function that may take longer than its orders are hidden would "
            "be given them twice.",
            belief="The sooner an order is visible again, the sooner it is printed.",
            see="00, section 0.3",
        )
    return sqs, url


def others(given_up):
    number = len(given_up) - 1
    return "" if number == 0 else ", with one more" if number == 1 else f", with {number} others"
