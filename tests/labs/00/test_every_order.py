"""Checks of 00.c: the learner's handler behind a queue, with ten orders at once, and with one that has no cabin."""

import json
import random

import boto3
import pytest

from waterline import Cloud
from waterline.grading.verdict import CannotBeRun, expect, wrong
from waterline.invariants import no_effect_twice, shown
from waterline.trace import Trace

SEEDS = [1, 2]
FEW = 2
NAMES = ["Ida", "Maja", "Emil", "Sara", "Jonas", "Nora", "Lars", "Freja", "Anton", "Signe"]


@pytest.mark.parametrize("seed", SEEDS)
def test_ten_orders_in_one_batch_get_a_ticket_each(print_ticket, seed):
    run = Run(seed, print_ticket, NAMES, batch_size=10)
    failed = run.journal.of("failed")
    if failed:
        raise CannotBeRun(f"Seed {seed}: with ten good orders your handler failed: {failed[0].detail['why']}.")
    expect(
        run.printed or not any(name in run.log for name in NAMES),
        f"Seed {seed}: ten orders were deleted as done, and no ticket was sent. Your handler wrote to its log, which "
        "the printer does not read: a ticket is a message to the queue in PRINTED.",
        belief="What is printed has been done.",
        see="00, section 0.3",
    )
    joined = [ticket for ticket in run.printed if sum(name in ticket for name in NAMES) > 1]
    if joined:
        wrong(
            f"Seed {seed}: ten passengers, {len(run.printed)} ticket{'s' * (len(run.printed) > 1)}. One of them reads "
            f"{joined[0][:60]!r}..., and only one passenger can board with it.",
            belief="One invocation is one piece of work.",
            see="00, section 0.3",
        )
    without = [name for name in NAMES if not any(name in ticket for ticket in run.printed)]
    if without:
        name = without[0]
        wrong(
            f"Seed {seed}: ten orders came in one invocation, and {len(run.printed)} of them got a ticket. "
            f"It succeeded, so all ten were deleted: {name}'s order is gone, and {name} has no ticket."
            f"\n\n{shown(run.life(name))}",
            belief="An invocation is one message.",
            see="00, section 0.3",
        )
    the_right_words(run, seed)
    twice = no_effect_twice(run.journal, "sqs:printed")
    expect(not twice, f"Seed {seed}: {twice and twice.sentence} Each order needs one ticket.")


@pytest.mark.parametrize("seed", SEEDS)
def test_an_order_without_a_cabin_is_dead_lettered_and_the_others_are_printed(print_ticket, seed):
    run = Run(seed, print_ticket, ["Ola", *NAMES[:FEW]], batch_size=1)
    ola = [ticket for ticket in run.printed if "Ola" in ticket]
    if ola:
        wrong(
            f"Seed {seed}: Ola's order has no cabin, and a ticket was printed all the same: {ola[0]!r}. "
            "Nobody can sleep there, and nobody is told.",
            belief="Some ticket is better than an error.",
            see="00, section 0.4",
        )
    if not run.journal.of("dead-lettered", "tickets", run.ids["Ola"]):
        not_dead(run, seed)
    without = [name for name in NAMES[:FEW] if not any(name in ticket for ticket in run.printed)]
    if without:
        wrong(
            f"Seed {seed}: {without[0]}'s order, alone in its batch, has a cabin and got no ticket."
            f"\n\n{shown(run.life(without[0]))}"
        )
    the_right_words(run, seed)
    twice = no_effect_twice(run.journal, "sqs:printed")
    expect(not twice, f"Seed {seed}: {twice and twice.sentence} Each order needs one ticket.")


def not_dead(run, seed):
    """Ola's order is not in `tickets-dead`: say what became of it, and why."""
    story = f"\n\n{shown(run.life('Ola'))}"
    answer = run.answer
    if isinstance(answer, dict) and "batchItemFailures" in answer:
        wrong(
            f"Seed {seed}: Ola's order is neither printed nor in `tickets-dead`. Your handler reports it in "
            f"`batchItemFailures`, which counts only where the mapping asks for it with ReportBatchItemFailures; "
            f"here it does not, so the order was deleted as done.{story}",
            belief="To return `batchItemFailures` is enough.",
            see="00, section 0.3",
        )
    if isinstance(answer, dict) and {"statusCode", "status", "error"} & set(answer):
        wrong(
            f"Seed {seed}: Ola's order is neither printed nor in `tickets-dead`. Your handler returned {answer!r}, "
            "and nobody reads that: it returned, so the order was deleted as done. "
            f"A status code is a thing of HTTP.{story}",
            belief="The value that a handler returns tells the queue what to do.",
            see="00, section 0.3",
        )
    wrong(
        f"Seed {seed}: Ola's order is neither printed nor in `tickets-dead`. Your handler met the missing cabin and "
        f"returned as if nothing were wrong, so the order was deleted as done: it is gone.{story}",
        belief="An error that is caught is an error that is dealt with.",
        see="00, section 0.3",
    )


def the_right_words(run, seed):
    for ticket in run.printed:
        if ticket not in run.tickets.values():
            name = next((name for name in run.tickets if name in ticket), None)
            right = f", and should read {run.tickets[name]!r}" if name else ", and nobody has ordered that"
            wrong(f"Seed {seed}: a ticket reads {ticket!r}{right}.")


class Run:
    """The orders of `names` through the learner's handler; Ola's has no cabin."""

    def __init__(self, seed, print_ticket, names, batch_size):
        draw = random.Random(seed)
        orders = [{"name": name} if name == "Ola" else {"name": name, "cabin": draw.randint(1, 60)} for name in names]
        draw.shuffle(orders)
        self.tickets = {
            order["name"]: f"{order['name']}, cabin {order['cabin']}" for order in orders if "cabin" in order
        }
        self.answer = None
        with Cloud(seed=seed) as cloud:
            sqs, awslambda = boto3.client("sqs"), boto3.client("lambda")
            printed = sqs.create_queue(QueueName="printed")["QueueUrl"]
            dead = sqs.create_queue(QueueName="tickets-dead")["QueueUrl"]
            redrive = json.dumps({"deadLetterTargetArn": arn(sqs, dead), "maxReceiveCount": 3})
            attributes = {"VisibilityTimeout": "60", "RedrivePolicy": redrive}
            tickets = sqs.create_queue(QueueName="tickets", Attributes=attributes)["QueueUrl"]
            environment = {**print_ticket.environment, "PRINTED": printed}
            print_ticket.deploy(cloud, timeout=10, environment=environment)
            mapping = {"EventSourceArn": arn(sqs, tickets), "FunctionName": print_ticket.name, "BatchSize": batch_size}
            # The mapping comes after the orders, so that it finds all of them in the queue at once.
            entries = [{"Id": order["name"], "MessageBody": json.dumps(order)} for order in orders]
            sent = sqs.send_message_batch(QueueUrl=tickets, Entries=entries)["Successful"]
            self.ids = {entry["Id"]: entry["MessageId"] for entry in sent}
            awslambda.create_event_source_mapping(**mapping)
            cloud.settle()
            self.log = cloud.logs(print_ticket.name)
            self.printed = [event.detail["body"] for event in cloud.journal.of("sent", "sqs:printed")]
            self.events = len(cloud.journal)
            if "Ola" in names:
                self.answer = returned(awslambda, print_ticket.name, {"name": "Ola"})
        self.journal = cloud.journal

    def life(self, name):
        """What happened to an order, without what came of it."""
        return Trace(tuple(event for event in self.journal.of(message=self.ids[name]) if event.number < self.events))


def returned(awslambda, function, order):
    """What the handler returns for an order that is handed to it directly, as the queue's mapping would."""
    record = {"messageId": "direct", "body": json.dumps(order), "eventSource": "aws:sqs", "attributes": {}}
    answer = awslambda.invoke(FunctionName=function, Payload=json.dumps({"Records": [record]}))
    return None if "FunctionError" in answer else json.loads(answer["Payload"].read() or "null")


def arn(sqs, url):
    return sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
