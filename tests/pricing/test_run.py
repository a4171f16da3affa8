"""The bill of a journal: real runs, and journals written by hand."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import boto3
import pytest

from waterline import Cloud
from waterline.clock import SECOND, Clock
from waterline.journal import Journal
from waterline.pricing import Run, bill
from waterline.pricing.run import Used

HANDLER = "import time\n\ndef handler(event, context):\n    time.sleep(0.25)\n"


@pytest.fixture
def written() -> Iterator[Journal]:
    clock = Clock()
    yield Journal(clock)
    clock.close()


def quantities(journal: Journal, **how: object) -> dict[str, Decimal]:
    month = bill(journal, free_tier=False, **how)  # type: ignore[arg-type]
    return {line.what: line.quantity for line in month.lines}


def test_a_run_through_a_queue_is_charged_by_its_batches() -> None:
    with Cloud(seed=7) as cloud:
        client, awslambda = boto3.client("sqs"), boto3.client("lambda")
        tickets = client.create_queue(QueueName="tickets")["QueueUrl"]
        arn = client.get_queue_attributes(QueueUrl=tickets, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        for number in range(12):
            client.send_message(QueueUrl=tickets, MessageBody=f"order {number}")
        cloud.deploy("issue-ticket", HANDLER, timeout=10)
        awslambda.create_event_source_mapping(EventSourceArn=arn, FunctionName="issue-ticket", BatchSize=2)
        cloud.advance(minutes=1)
        found = quantities(cloud.journal, memory=1024)
    # 12 sends, 6 batches received, 6 deleted; each of the six ran 250 ms.
    assert found == {"SQS standard: requests": 24, "Lambda: requests": 6, "Lambda: duration, x86": Decimal("1.5")}


def test_calls_of_your_own_code_are_counted_one_by_one() -> None:
    with Cloud(seed=7) as cloud:
        client = boto3.client("sqs")
        queue = client.create_queue(QueueName="tickets.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
        for body in ("a", "b"):
            client.send_message(QueueUrl=queue, MessageBody=body, MessageGroupId="g", MessageDeduplicationId=body)
        first = client.receive_message(QueueUrl=queue)["Messages"][0]
        client.change_message_visibility(QueueUrl=queue, ReceiptHandle=first["ReceiptHandle"], VisibilityTimeout=60)
        client.delete_message(QueueUrl=queue, ReceiptHandle=first["ReceiptHandle"])
        assert quantities(cloud.journal) == {"SQS fifo: requests": 5}


def test_large_bodies_are_chunks(written: Journal) -> None:
    written.record("sent", "sqs:q", "m", body="x" * 65_537)
    written.record("received", "sqs:q", "m", count=1, until=1)
    written.record("deleted", "sqs:q", "m")
    assert quantities(written) == {"SQS standard: requests": 5}


def test_bytes_are_counted_and_not_letters(written: Journal) -> None:
    written.record("sent", "sqs:q", "m", body="é" * 32_769)
    assert quantities(written) == {"SQS standard: requests": 2}


def test_a_batch_of_twenty_five_is_received_in_three_requests(written: Journal) -> None:
    names = [f"m{number}" for number in range(25)]
    for name in names:
        written.record("sent", "sqs:q", name, body="x")
    for name in names:
        written.record("received", "sqs:q", name, count=1, until=1)
    for name in names:
        written.record("invoked", "lambda:f", name, invocation="i", environment=1, batch=25)
    for name in names:
        written.record("deleted", "sqs:q", name)
    used = Used(written)
    assert used.receives["sqs:q"] == 3
    assert used.received["sqs:q"].total() == 0
    assert used.deletes["sqs:q"] == 3


def test_a_failed_batch_that_comes_back_is_paid_for_again(written: Journal) -> None:
    written.record("sent", "sqs:q", "m", body="x")
    for attempt in ("first", "second"):
        written.record("received", "sqs:q", "m", count=1, until=1)
        written.record("invoked", "lambda:f", "m", invocation=attempt, environment=1, batch=1)
        written.record("failed", "lambda:f", "m", invocation=attempt, environment=1, duration=1500, why="no")
    assert quantities(written) == {
        "SQS standard: requests": 3,
        "Lambda: requests": 2,
        "Lambda: duration, x86": Decimal(4 * 128) / (1024 * 1000),  # 1.5 ms is charged as 2, twice
    }


def test_initialization_is_paid_for(written: Journal) -> None:
    clock = written._clock
    clock.at(0, lambda: written.record("started", "lambda:f", "m", invocation="i", environment=1))
    clock.at(2 * SECOND, lambda: written.record("invoked", "lambda:f", "m", invocation="i", environment=1))
    clock.at(
        3 * SECOND, lambda: written.record("succeeded", "lambda:f", "m", invocation="i", environment=1, duration=SECOND)
    )
    clock.settle(10 * SECOND)
    assert quantities(written, memory={"f": 1024})["Lambda: duration, x86"] == 3


def test_a_large_asynchronous_event_is_several_requests(written: Journal) -> None:
    written.record("sent", "lambda:f", "m", body="x" * (257 * 1024))
    written.record("succeeded", "lambda:f", "m", invocation="i", environment=1, duration=1000)
    assert quantities(written)["Lambda: requests"] == 2


@pytest.mark.parametrize(
    ("place", "what", "quantity"),
    [
        ("sns:topic", "SNS: publishes", 2),
        ("events:bus", "EventBridge: custom events", 2),
        ("kinesis:stream", "Kinesis: PUT payload units", 3),
        ("firehose:stream", "Firehose: ingestion", Decimal(75 * 1024) / 2**30),
    ],
)
def test_what_was_sent_to_a_topic_a_bus_or_a_stream(written: Journal, place: str, what: str, quantity: Decimal) -> None:
    written.record("sent", place, "m", body="x" * 71 * 1024)
    assert quantities(written) == {what: quantity}


def copies(journal: Journal, place: str, protocol: str, *, delivered: int, dropped: int = 0, body: str = "x") -> None:
    """A message of a topic, and copies of it."""
    journal.record("sent", place, "m", body=body)
    for number in range(delivered + dropped):
        journal.record("routed", place, f"{protocol}{number}", ("m",), to=f"{protocol}:q", protocol=protocol)
        journal.record("delivered" if number < delivered else "dropped", place, f"{protocol}{number}")


@pytest.mark.parametrize(("protocol", "priced"), [("sqs", True), ("https", True), ("email", True), ("sms", False)])
def test_what_a_topic_delivered_is_counted_by_protocol(written: Journal, protocol: str, priced: bool) -> None:
    copies(written, "sns:topic", protocol, delivered=3, dropped=1)
    expected = {"SNS: publishes": 1} | ({f"SNS: deliveries by {protocol}": 3} if priced else {})
    assert quantities(written) == expected


def test_a_fifo_topic_is_charged_for_requests_and_bytes_both_ways(written: Journal) -> None:
    copies(written, "sns:topic.fifo", "sqs", delivered=2, body="x" * 1024)
    assert quantities(written) == {
        "SNS FIFO: publishes": 1,
        "SNS FIFO: payload of publishes": Decimal(1024) / 2**30,
        "SNS FIFO: deliveries": 2,
        "SNS FIFO: payload of deliveries": Decimal(2048) / 2**30,
    }


def test_groups_on_a_standard_queue_make_it_fair(written: Journal) -> None:
    written.record("sent", "sqs:q", "m", body="x", group="tenant")
    assert quantities(written) == {"SQS fair: requests": 1, "SQS fair: surcharge": 1}


def test_the_factor_is_stated_and_multiplies(written: Journal) -> None:
    for name in ("a", "b"):
        written.record("sent", "sqs:q", name, body="x")
    written.record("sent", "sqs:next", "c", parents=("a",), body="x")
    month = bill(written, times=1_000_000, free_tier=False)
    assert month.total == Decimal("1.2")
    assert "What one run used, 1,000,000 times a month." in month.notes
    assert month.messages == 2_000_000
    assert month.per_million == Decimal("0.6")


def test_a_run_repeated_all_month_fills_730_hours(written: Journal) -> None:
    written.record("sent", "sqs:q", "m", body="x")
    with pytest.raises(ValueError, match="No time has passed in this run"):
        Run.all_month(written)
    written._clock.advance(3600 * SECOND)
    assert Run.all_month(written).times == 730


def test_what_has_no_price_here_is_named(written: Journal) -> None:
    written.record("sent", "ses:mail", "m", body="x")
    month = bill(written)
    assert month.lines == ()
    assert "Not priced: what happened at ses:mail." in month.notes


def test_schedules_pipes_and_custom_buses_are_charged_by_what_they_did() -> None:
    role = "arn:aws:iam::123456789012:role/r"
    with Cloud(seed=7) as cloud:
        sqs, scheduler, pipes = boto3.client("sqs"), boto3.client("scheduler"), boto3.client("pipes")
        for name in ("jobs", "out"):
            sqs.create_queue(QueueName=name)
        arn = "arn:aws:sqs:us-east-1:123456789012:"
        scheduler.create_schedule(
            Name="tick",
            ScheduleExpression="rate(20 minutes)",
            FlexibleTimeWindow={"Mode": "OFF"},
            Target={"Arn": f"{arn}jobs", "RoleArn": role, "Input": "go"},
        )
        pipes.create_pipe(Name="flow", Source=f"{arn}jobs", Target=f"{arn}out", RoleArn=role)
        cloud.advance(minutes=50)
        found = quantities(cloud.journal)
    assert found["Scheduler: invocations"] == 3
    assert found["Pipes: requests"] == 3


def _machine(states: dict[str, Any], kind: str) -> str:
    definition = json.dumps({"StartAt": next(iter(states)), "States": states})
    role = "arn:aws:iam::123456789012:role/workflow"
    client = boto3.client("stepfunctions")
    machine = client.create_state_machine(name=kind.lower(), definition=definition, roleArn=role, type=kind)
    return str(machine["stateMachineArn"])


def test_a_standard_workflow_is_charged_by_the_states_it_enters_and_its_retries() -> None:
    """Step Functions counts a transition each time a step is executed; each retry is one more (pricing page)."""
    task = {
        "Type": "Task",
        "Resource": "arn:aws:lambda:us-east-1:123456789012:function:missing",
        "Retry": [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 2}],
        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Third"}],
        "Next": "Third",
    }
    states = {"First": {"Type": "Pass", "Next": "Second"}, "Second": task, "Third": {"Type": "Succeed"}}
    with Cloud(seed=7) as cloud:
        machine = _machine(states, "STANDARD")
        for _ in range(10):
            boto3.client("stepfunctions").start_execution(stateMachineArn=machine)
        cloud.settle()
        found = quantities(cloud.journal)
    assert found["Step Functions Standard: transitions"] == 10 * (3 + 2)
    assert not any("Express" in what for what in found)


def test_an_express_workflow_is_charged_by_its_starts_and_its_started_tenths_of_a_second() -> None:
    """Rounded up to 100 ms, with 64 MB (``price.sfn.express_rounding``, ``price.sfn.express_memory_chunk``)."""
    with Cloud(seed=7) as cloud:
        cloud.deploy("work", HANDLER)
        task = {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:work", "End": True}
        machine = _machine({"Work": task}, "EXPRESS")
        for _ in range(4):
            boto3.client("stepfunctions").start_execution(stateMachineArn=machine)
        cloud.settle()
        lasted = [event.detail["duration"] for event in cloud.journal.of("succeeded", "states:express")]
        found = quantities(cloud.journal)
    assert all(200_000 < duration <= 300_000 for duration in lasted)
    assert found["Step Functions Express: requests"] == 4
    assert found["Step Functions Express: duration"] == 4 * Decimal("0.3") * 64 / 1024
