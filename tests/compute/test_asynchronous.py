"""The asynchronous queue: retries, age, dead letters, destinations, duplicates, and what is refused.

AWS Lambda Developer Guide, "How Lambda handles errors and retries with asynchronous invocation" and "Capturing records
of Lambda asynchronous invocations"; API reference, PutFunctionEventInvokeConfig (read 2026-11). A docstring names the
page where it is another one.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st
from moto.awslambda.models import lambda_backends
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.s3.models import s3_backends
from world import COUNT, FAIL, World, client, opened, sleeping

from waterline.cloud import REGION
from waterline.facts import facts
from waterline.invariants import done_within
from waterline.invariants.broken import entries

ECHO = "def handler(event, context):\n    return {'seen': event}\n"
SLOW = sleeping(50)
MISSING = f"arn:aws:sqs:{REGION}:{DEFAULT_ACCOUNT_ID}:missing"


def send(world: World, event: Any = None, name: str = "issue", **options: Any) -> str:
    """Invoke asynchronously; returns the journal's name for the event, which is its request identifier."""
    world.invoke(event or {"n": 1}, name, InvocationType="Event", **options)
    return str(world.cloud.journal.of("sent")[-1].message)


def configure(world: World, name: str = "issue", **settings: Any) -> None:
    on_success, on_failure = settings.pop("on_success", None), settings.pop("on_failure", None)
    destinations = {
        condition: {"Destination": arn}
        for condition, arn in (("OnSuccess", on_success), ("OnFailure", on_failure))
        if arn
    }
    if destinations:
        settings["DestinationConfig"] = destinations
    world.awslambda.put_function_event_invoke_config(FunctionName=name, **settings)


def dead_letters(world: World, arn: str, name: str = "issue") -> None:
    world.awslambda.update_function_configuration(FunctionName=name, DeadLetterConfig={"TargetArn": arn})


def received(world: World, url: str) -> list[dict[str, Any]]:
    answer = world.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"])
    return list(answer.get("Messages", []))


def records(world: World, url: str) -> list[dict[str, Any]]:
    return [json.loads(message["Body"]) for message in received(world, url)]


# -- how often and how long --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("age", "attempts"), [(60, [0, 60]), (61, [0, 60]), (179, [0, 60]), (180, [0, 60, 180]), (21600, [0, 60, 180])]
)
def test_an_event_is_not_sent_to_the_function_once_it_is_older_than_its_maximum_age(
    world: World, age: int, attempts: list[float]
) -> None:
    """MaximumEventAgeInSeconds: the maximum age of a request that Lambda sends to a function."""
    world.deploy(FAIL)
    configure(world, MaximumEventAgeInSeconds=age)
    event = send(world)
    world.cloud.settle()
    assert [at for at, _ in world.story(event, "invoked")] == attempts
    why = "failed 3 times" if len(attempts) == 3 else "older than its maximum age"
    assert world.whys("dropped") == [why]


def test_the_age_counts_from_when_the_event_was_sent_and_includes_what_the_function_took(world: World) -> None:
    world.deploy(
        "import time\ndef handler(event, context):\n    time.sleep(50)\n    raise RuntimeError('no')\n", timeout=60
    )
    configure(world, MaximumEventAgeInSeconds=100)
    event = send(world)
    world.cloud.settle()
    assert world.story(event, "invoked", "dropped") == [(0, "invoked"), (50, "dropped")]


def test_throttles_wait_one_second_then_twice_as_long_each_time_up_to_five_minutes(world: World) -> None:
    """Fact ``lambda.async_throttle_backoff``."""
    world.deploy(sleeping(880), timeout=900)
    world.awslambda.put_function_concurrency(FunctionName="issue", ReservedConcurrentExecutions=1)
    send(world)
    second = send(world)
    world.cloud.settle()
    at = [at for at, _ in world.story(second, "throttled")]
    waits = [later - earlier for earlier, later in pairwise(at)]
    longest = facts["lambda.async_throttle_backoff"].high
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, longest]
    assert [at for at, _ in world.story(second, "succeeded")] == [at[-1] + longest + 880]


def test_a_throttle_is_no_attempt_and_costs_no_retry(world: World) -> None:
    world.deploy(f"{sleeping(10)}    if event['n'] == 2:\n        raise RuntimeError('no')\n", timeout=20)
    world.awslambda.put_function_concurrency(FunctionName="issue", ReservedConcurrentExecutions=1)
    send(world, {"n": 1})
    second = send(world, {"n": 2})
    world.cloud.settle()
    assert [kind for _, kind in world.story(second, "throttled", "failed")].count("throttled") == 4
    assert [kind for _, kind in world.story(second, "failed")] == ["failed"] * 3
    assert world.whys("dropped") == ["failed 3 times"]


def test_a_timeout_is_a_function_error_and_is_tried_again(world: World) -> None:
    world.deploy(sleeping(10), timeout=2)
    event = send(world)
    world.cloud.settle()
    assert [at for at, _ in world.story(event, "failed")] == [2, 64, 186]


def test_every_attempt_has_the_same_request_identifier(world: World) -> None:
    world.deploy(
        "def handler(event, context):\n    print('id', context.aws_request_id)\n    raise RuntimeError('no')\n"
    )
    event = send(world)
    world.cloud.settle()
    assert world.cloud.logs("issue").count(f"id {event}") == 3


# -- dead-letter queues ------------------------------------------------------------------------------------------------


def test_a_dead_letter_is_the_event_as_it_was_with_three_attributes(world: World) -> None:
    """Fact ``lambda.destination_vs_dlq_content``; "Dead-letter queue message attributes"."""
    world.deploy(FAIL)
    dead = world.queue("dead")
    dead_letters(world, world.arn(dead))
    event = send(world, {"order": "å", "n": [1, None]})
    world.cloud.settle()
    (message,) = received(world, dead)
    assert json.loads(message["Body"]) == {"order": "å", "n": [1, None]}
    attributes = {
        name: (value["DataType"], value["StringValue"]) for name, value in message["MessageAttributes"].items()
    }
    assert attributes == {
        "RequestID": ("String", event),
        "ErrorCode": ("Number", "200"),
        "ErrorMessage": ("String", "no"),
    }


def test_the_journal_follows_an_event_into_the_dead_letter_queue(world: World) -> None:
    world.deploy(FAIL)
    dead = world.queue("dead")
    dead_letters(world, world.arn(dead))
    event = send(world)
    world.cloud.settle()
    (ended,) = world.cloud.journal.of("dead-lettered")
    assert (ended.at, ended.place, ended.message) == (180_000_000, "lambda:issue", event)
    assert (ended.detail["count"], ended.detail["to"], ended.detail["why"]) == (3, "dead", "failed 3 times")
    assert not world.cloud.journal.of("dropped")
    trace = world.cloud.journal.trace(event)
    assert "sqs:dead" in {step.place for step in trace}
    assert "failed 3 times, to dead" in str(trace)
    (child,) = world.cloud.journal.children(event)
    assert child == received(world, dead)[0]["MessageId"]


def test_a_dead_letter_comes_into_its_queue_as_one_message_which_can_be_done(world: World) -> None:
    """ "You can set it as an event source for your Lambda function": the invariants see one message, not two."""
    world.deploy(FAIL)
    world.deploy(COUNT, "undertaker")
    dead = world.queue("dead")
    world.map(dead, "undertaker")
    dead_letters(world, world.arn(dead))
    send(world)
    world.cloud.settle()
    assert len(entries(world.cloud.journal, "sqs:dead")) == 1
    assert done_within(world.cloud.journal, "dead", 1) is None


def test_a_dead_letter_says_at_most_a_kilobyte_of_the_error(world: World) -> None:
    world.deploy("def handler(event, context):\n    raise RuntimeError('é' * 2000)\n")
    dead = world.queue("dead")
    dead_letters(world, world.arn(dead))
    send(world)
    world.cloud.settle()
    (message,) = received(world, dead)
    assert message["MessageAttributes"]["ErrorMessage"]["StringValue"] == "é" * 512


def test_an_error_without_a_message_makes_a_dead_letter_too(world: World) -> None:
    world.deploy("def handler(event, context):\n    raise RuntimeError\n")
    dead = world.queue("dead")
    dead_letters(world, world.arn(dead))
    send(world)
    world.cloud.settle()
    (message,) = received(world, dead)
    assert set(message["MessageAttributes"]) == {"RequestID", "ErrorCode"}


def test_a_dead_letter_queue_can_be_a_topic(world: World) -> None:
    """Fact ``lambda.dlq_targets``."""
    world.deploy(FAIL)
    inbox, sns = world.queue("inbox"), client("sns")
    topic = sns.create_topic(Name="dead")["TopicArn"]
    raw = {"RawMessageDelivery": "true"}
    world.let_in(inbox, topic)
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=world.arn(inbox), Attributes=raw)
    dead_letters(world, topic)
    event = send(world, {"n": 5})
    world.cloud.settle()
    (message,) = received(world, inbox)
    assert json.loads(message["Body"]) == {"n": 5}
    assert message["MessageAttributes"]["RequestID"]["StringValue"] == event
    assert message["MessageId"] in {event.message for event in world.cloud.journal.trace(event)}
    assert world.cloud.journal.of("dead-lettered")[0].detail["to"] == "dead"


@pytest.mark.parametrize("when", ["created", "updated"])
def test_the_configuration_keeps_the_dead_letter_queue(world: World, when: str) -> None:
    """CreateFunction, UpdateFunctionConfiguration, GetFunctionConfiguration: DeadLetterConfig."""
    config = {"TargetArn": world.arn(world.queue("dead"))}
    if when == "created":
        answer = world.create({"app.py": FAIL}, "app.handler", DeadLetterConfig=config)
    else:
        world.deploy(FAIL)
        answer = world.awslambda.update_function_configuration(FunctionName="issue", DeadLetterConfig=config)
    assert answer["DeadLetterConfig"] == config
    assert world.awslambda.get_function_configuration(FunctionName="issue")["DeadLetterConfig"] == config
    assert world.awslambda.get_function(FunctionName="issue")["Configuration"]["DeadLetterConfig"] == config
    assert world.awslambda.publish_version(FunctionName="issue")["DeadLetterConfig"] == config
    world.awslambda.update_function_configuration(FunctionName="issue", Timeout=5)
    assert world.awslambda.get_function_configuration(FunctionName="issue")["DeadLetterConfig"] == config
    world.awslambda.update_function_configuration(FunctionName="issue", DeadLetterConfig={"TargetArn": ""})
    assert "DeadLetterConfig" not in world.awslambda.get_function_configuration(FunctionName="issue")


def test_a_dead_letter_queue_is_a_queue_or_a_topic(world: World) -> None:
    """Fact ``lambda.dlq_targets``."""
    arn = world.deploy(FAIL)
    with pytest.raises(ClientError, match="InvalidParameterValueException"):
        dead_letters(world, arn)


def test_versions_have_the_dead_letter_queue_of_the_function(world: World) -> None:
    """ "Function versions use the same dead-letter queue settings as the unpublished version"."""
    world.deploy(FAIL)
    version = world.awslambda.publish_version(FunctionName="issue")["Version"]
    dead = world.queue("dead")
    dead_letters(world, world.arn(dead))
    send(world, Qualifier=version)
    world.cloud.settle()
    assert len(received(world, dead)) == 1


def test_a_dead_letter_queue_that_is_set_later_catches_what_still_waits(world: World) -> None:
    """AWS does not say; here settings hold from when they are set."""
    world.deploy(FAIL)
    send(world)
    world.cloud.advance(seconds=90)
    dead = world.queue("dead")
    dead_letters(world, world.arn(dead))
    world.cloud.settle()
    assert len(received(world, dead)) == 1


def test_reserved_concurrency_zero_sends_events_to_the_dead_letter_queue_at_once(world: World) -> None:
    """Fact ``lambda.reserved_zero_async_dlq``: without any retries."""
    world.deploy(ECHO)
    world.awslambda.put_function_concurrency(FunctionName="issue", ReservedConcurrentExecutions=0)
    dead, failures = world.queue("dead"), world.queue("failures")
    dead_letters(world, world.arn(dead))
    configure(world, on_failure=world.arn(failures))
    event = send(world)
    world.cloud.settle()
    assert world.cloud.clock.now == 0
    (message,), (record,) = received(world, dead), records(world, failures)
    assert message["MessageAttributes"]["ErrorCode"]["StringValue"] == "429"
    assert record["requestContext"]["condition"] == "ZeroReservedConcurrency"
    assert record["requestContext"]["approximateInvokeCount"] == 0
    assert "responseContext" not in record and "responsePayload" not in record
    assert [kind for _, kind in world.story(event)] == ["sent", "throttled", "dead-lettered", "dead-lettered"]


@pytest.mark.parametrize("fifo", [False, True], ids=["missing", "FIFO"])
def test_a_dead_letter_that_cannot_be_delivered_is_lost_with_a_reason(world: World, fifo: bool) -> None:
    """ "If Lambda can't send a message to the dead-letter queue, it deletes the event"; FIFO queues are unsupported."""
    world.deploy(FAIL)
    arn = world.arn(world.queue("dead.fifo")) if fifo else MISSING
    dead_letters(world, arn)
    send(world)
    world.cloud.settle()
    (lost,) = world.cloud.journal.of("dropped")
    assert lost.detail["dead_letter_error"] in lost.detail["why"]
    assert ("FIFO" if fifo else "does not exist") in lost.detail["dead_letter_error"]
    assert "destination_error" not in lost.detail


def test_a_dead_letter_too_large_for_its_queue_is_lost_with_a_reason(world: World) -> None:
    """DeadLetterErrors: size limits ("Types of metrics for Lambda functions")."""
    world.deploy(FAIL)
    dead_letters(world, world.arn(world.queue("dead", MaximumMessageSize=1024)))
    send(world, {"text": "x" * 2000})
    world.cloud.settle()
    assert "must be shorter than 1024 bytes" in world.cloud.journal.of("dropped")[0].detail["dead_letter_error"]


# -- destinations ------------------------------------------------------------------------------------------------------


def test_the_invocation_record_of_a_failure_is_as_documented(world: World) -> None:
    """ "Capturing records of Lambda asynchronous invocations", example invocation record."""
    arn = world.deploy(FAIL)
    failures = world.queue("failures")
    configure(world, on_failure=world.arn(failures))
    event = send(world, {"ORDER_IDS": ["a", "b"]})
    world.cloud.settle()
    (record,) = records(world, failures)
    payload = record.pop("responsePayload")
    assert (payload["errorType"], payload["errorMessage"], payload["requestId"]) == ("RuntimeError", "no", event)
    assert record == {
        "version": "1.0",
        "timestamp": "2026-01-01T00:03:00.000Z",
        "requestContext": {
            "requestId": event,
            "functionArn": f"{arn}:$LATEST",
            "condition": "RetriesExhausted",
            "approximateInvokeCount": 3,
        },
        "requestPayload": {"ORDER_IDS": ["a", "b"]},
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
    }


def test_the_invocation_record_of_a_success_has_the_response_and_no_error(world: World) -> None:
    world.deploy(ECHO)
    done, failures = world.queue("done"), world.queue("failures")
    configure(world, on_success=world.arn(done), on_failure=world.arn(failures))
    event = send(world, {"n": 2})
    world.cloud.settle()
    (record,) = records(world, done)
    assert record["requestContext"]["condition"] == "Success"
    assert record["requestContext"]["approximateInvokeCount"] == 1
    assert record["responseContext"] == {"statusCode": 200, "executedVersion": "$LATEST"}
    assert (record["requestPayload"], record["responsePayload"]) == ({"n": 2}, {"seen": {"n": 2}})
    assert not records(world, failures)
    assert world.cloud.journal.trace(event).kinds == ["sent", "started", "invoked", "succeeded", "sent", "received"]


def test_a_success_after_a_failure_counts_both_attempts(world: World) -> None:
    world.deploy("tries = []\ndef handler(event, context):\n    tries.append(1)\n    return 1 / (len(tries) - 1)\n")
    done = world.queue("done")
    configure(world, on_success=world.arn(done))
    send(world)
    world.cloud.settle()
    assert records(world, done)[0]["requestContext"]["approximateInvokeCount"] == 2


def test_an_event_that_aged_out_says_so_in_its_record(world: World) -> None:
    world.deploy(FAIL)
    failures = world.queue("failures")
    configure(world, on_failure=world.arn(failures), MaximumEventAgeInSeconds=60)
    send(world)
    world.cloud.settle()
    (record,) = records(world, failures)
    assert record["requestContext"]["condition"] == "EventAgeExceeded"
    assert record["requestContext"]["approximateInvokeCount"] == 2
    assert record["responsePayload"]["errorMessage"] == "no"


def test_an_event_that_was_only_throttled_ages_out_without_a_response(world: World) -> None:
    world.deploy(sleeping(100), timeout=200)
    world.awslambda.put_function_concurrency(FunctionName="issue", ReservedConcurrentExecutions=1)
    failures, dead = world.queue("failures"), world.queue("dead")
    configure(world, on_failure=world.arn(failures), MaximumEventAgeInSeconds=60)
    dead_letters(world, world.arn(dead))
    send(world, {"n": 1})
    send(world, {"n": 2})
    world.cloud.settle()
    (record,), (message,) = records(world, failures), received(world, dead)
    assert (record["requestPayload"], record["requestContext"]["approximateInvokeCount"]) == ({"n": 2}, 0)
    assert "responsePayload" not in record
    assert message["MessageAttributes"]["ErrorCode"]["StringValue"] == "429"


def test_with_a_dead_letter_queue_and_a_destination_both_get_theirs(world: World) -> None:
    """ "You can configure destinations in addition to or instead of a dead-letter queue" (botocore)."""
    world.deploy(FAIL)
    dead, failures = world.queue("dead"), world.queue("failures")
    dead_letters(world, world.arn(dead))
    configure(world, on_failure=world.arn(failures))
    event = send(world)
    world.cloud.settle()
    assert len(received(world, dead)) == len(received(world, failures)) == 1
    assert [ended.detail["to"] for ended in world.cloud.journal.of("dead-lettered")] == ["dead", "failures"]
    assert len(world.cloud.journal.children(event)) == 2


def test_when_one_of_two_targets_is_missing_the_other_still_gets_its_message(world: World) -> None:
    world.deploy(FAIL)
    dead = world.queue("dead")
    dead_letters(world, world.arn(dead))
    configure(world, on_failure=MISSING)
    send(world)
    world.cloud.settle()
    assert len(received(world, dead)) == 1
    (ended,) = world.cloud.journal.of("dead-lettered")
    assert ended.detail["destination_error"] == "the queue missing does not exist"
    assert not world.cloud.journal.of("dropped")


def test_an_outage_of_the_queues_strikes_what_lambda_sends_them(world: World) -> None:
    """DeadLetterErrors ("Types of metrics for Lambda functions"): the event is lost, and the journal says why."""
    world.deploy(FAIL)
    dead_letters(world, world.arn(world.queue("dead")))
    world.cloud.faults.outage("sqs")
    send(world)
    world.cloud.settle()
    (lost,) = world.cloud.journal.of("dropped")
    assert "ServiceUnavailable (outage by cloud.faults)" in lost.detail["dead_letter_error"]


def test_a_record_of_success_that_cannot_be_delivered_is_lost_and_the_event_is_not(world: World) -> None:
    """DestinationDeliveryFailures ("Types of metrics for Lambda functions")."""
    world.deploy(ECHO)
    configure(world, on_success=MISSING)
    event = send(world)
    world.cloud.settle()
    (lost,) = world.cloud.journal.of("dropped")
    assert lost.message != event and lost.parents == (event,)
    assert lost.detail["destination_error"] == "the queue missing does not exist"
    assert [kind for _, kind in world.story(event)][-1] == "succeeded"


def test_a_destination_can_be_a_function_which_gets_the_record_as_its_event(world: World) -> None:
    """ "Lambda passes the invocation record as the payload to the function"."""
    world.deploy(ECHO)
    other = world.deploy("def handler(event, context):\n    print('got', event['responsePayload'])\n", "other")
    configure(world, on_success=other)
    event = send(world, {"n": 3})
    world.cloud.settle()
    assert "got {'seen': {'n': 3}}" in world.cloud.logs("other")
    (child,) = world.cloud.journal.children(event)
    assert [kind for _, kind in world.story(child)] == ["sent", "started", "invoked", "succeeded"]


def test_a_destination_can_be_a_topic(world: World) -> None:
    world.deploy(ECHO)
    inbox, sns = world.queue("inbox"), client("sns")
    topic = sns.create_topic(Name="done")["TopicArn"]
    raw = {"RawMessageDelivery": "true"}
    world.let_in(inbox, topic)
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=world.arn(inbox), Attributes=raw)
    configure(world, on_success=topic)
    event = send(world)
    world.cloud.settle()
    (message,) = received(world, inbox)
    assert json.loads(message["Body"])["requestContext"]["requestId"] == event
    assert message["MessageId"] in {event.message for event in world.cloud.journal.trace(event)}


def test_a_record_of_failure_too_large_for_a_topic_goes_without_its_payloads(world: World) -> None:
    """botocore, OnFailure.Destination: Lambda drops the payload when it exceeds what a topic takes."""
    world.deploy(FAIL)
    inbox, sns = world.queue("inbox"), client("sns")
    topic = sns.create_topic(Name="failures")["TopicArn"]
    raw = {"RawMessageDelivery": "true"}
    world.let_in(inbox, topic)
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=world.arn(inbox), Attributes=raw)
    configure(world, on_failure=topic, MaximumRetryAttempts=0)
    send(world, {"text": "x" * 300_000})
    world.cloud.settle()
    (record,) = records(world, inbox)
    assert record["requestContext"]["condition"] == "RetriesExhausted"
    assert "requestPayload" not in record and "responsePayload" not in record


def test_a_destination_can_be_an_event_bus(world: World) -> None:
    """Source aws.lambda, detail-type "Lambda Function Invocation Result - Failure", the ARNs as resources."""
    arn = world.deploy("def handler(event, context):\n    return 1 / event['n']\n")
    bus = client("events").create_event_bus(Name="outcomes")["EventBusArn"]
    heard = world.queue("heard")
    let_in = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": world.arn(heard)}
    client("sqs").set_queue_attributes(QueueUrl=heard, Attributes={"Policy": json.dumps({"Statement": [let_in]})})
    client("events").put_rule(Name="all", EventBusName="outcomes", EventPattern='{"source": ["aws.lambda"]}')
    client("events").put_targets(Rule="all", EventBusName="outcomes", Targets=[{"Id": "1", "Arn": world.arn(heard)}])
    configure(world, on_failure=bus, on_success=bus)
    failing, succeeding = send(world, {"n": 0}), send(world, {"n": 1})
    world.cloud.settle()
    events = [json.loads(message["Body"]) for message in received(world, heard)]
    said = {event["detail"]["requestContext"]["requestId"]: event for event in events}
    assert said[failing]["detail-type"] == "Lambda Function Invocation Result - Failure"
    assert said[succeeding]["detail-type"] == "Lambda Function Invocation Result - Success"
    assert said[failing]["source"] == "aws.lambda"
    assert said[failing]["resources"] == [f"{arn}:$LATEST", bus]
    assert [ended.detail["to"] for ended in world.cloud.journal.of("dead-lettered")] == ["outcomes"]


@pytest.mark.parametrize("service", ["sns", "lambda", "events", "s3"])
def test_a_destination_that_is_gone_costs_the_record_and_says_which(world: World, service: str) -> None:
    world.deploy(FAIL)
    rest = {"sns": "gone", "lambda": "function:gone", "events": "event-bus/gone", "s3": "gone"}[service]
    where = "::" if service == "s3" else f"{REGION}:{DEFAULT_ACCOUNT_ID}:"
    configure(world, on_failure=f"arn:aws:{service}:{where}{rest}")
    send(world)
    world.cloud.settle()
    error = world.cloud.journal.of("dropped")[0].detail["destination_error"]
    assert "gone" in error and "\n" not in error


def test_a_record_too_large_for_a_function_is_lost_with_a_reason(world: World) -> None:
    """ "Delivery errors can also occur due to ... size limits"; fact ``lambda.payload_async_max``."""
    world.deploy(FAIL)
    configure(world, on_failure=world.deploy(ECHO, "other"), MaximumRetryAttempts=0)
    send(world, "x" * (facts["lambda.payload_async_max"].bytes - 2))
    world.cloud.settle()
    assert "too many for the function other" in world.cloud.journal.of("dropped")[0].detail["destination_error"]


def test_a_bucket_can_be_the_destination_of_failures(world: World) -> None:
    """Fact ``lambda.destinations_async``; the object's name as documented."""
    world.deploy(FAIL)
    s3_backends[DEFAULT_ACCOUNT_ID]["aws"].create_bucket("failures", REGION)
    configure(world, on_failure="arn:aws:s3:::failures")
    event = send(world)
    world.cloud.settle()
    ((key, stored),) = s3_backends[DEFAULT_ACCOUNT_ID]["aws"].buckets["failures"].keys.items()
    assert key.startswith("aws/lambda/async/issue/2026/01/01/2026-01-01T00.03.00-")
    assert json.loads(stored.value)["requestContext"]["requestId"] == event
    assert world.cloud.journal.of("dead-lettered")[0].detail["to"] == "failures"


@pytest.mark.parametrize(
    ("condition", "target"),
    [
        ("OnSuccess", lambda world: world.deploy(ECHO)),
        ("OnFailure", lambda world: world.deploy(ECHO)),
        ("OnSuccess", lambda world: "arn:aws:s3:::bucket"),
        ("OnFailure", lambda world: f"arn:aws:kinesis:{REGION}:{DEFAULT_ACCOUNT_ID}:stream/s"),
    ],
    ids=["itself", "itself on failure", "a bucket for successes", "a stream"],
)
def test_a_destination_that_cannot_be_is_refused(world: World, condition: str, target: Callable[[World], str]) -> None:
    world.deploy(ECHO)
    with pytest.raises(ClientError, match="InvalidParameterValueException"):
        world.awslambda.put_function_event_invoke_config(
            FunctionName="issue", DestinationConfig={condition: {"Destination": target(world)}}
        )


@pytest.mark.parametrize("service", ["sqs", "sns"])
def test_fifo_queues_and_topics_are_no_destinations(world: World, service: str) -> None:
    """ "An unsupported destination type, such as an Amazon SQS FIFO queue or an Amazon SNS FIFO topic"."""
    world.deploy(FAIL)
    if service == "sqs":
        arn = world.arn(world.queue("failures.fifo"))
    else:
        attributes = {"FifoTopic": "true", "ContentBasedDeduplication": "true"}
        arn = client("sns").create_topic(Name="failures.fifo", Attributes=attributes)["TopicArn"]
    configure(world, on_failure=arn)
    send(world)
    world.cloud.settle()
    assert "failures.fifo is a FIFO" in world.cloud.journal.of("dropped")[0].detail["destination_error"]


# -- event invoke configs ----------------------------------------------------------------------------------------------


def test_put_replaces_all_settings_and_update_only_those_that_it_names(world: World) -> None:
    """PutFunctionEventInvokeConfig: settings that are left out are removed."""
    arn = world.deploy(FAIL)
    awslambda = world.awslambda
    awslambda.put_function_event_invoke_config(
        FunctionName="issue", MaximumRetryAttempts=1, DestinationConfig={"OnSuccess": {"Destination": MISSING}}
    )
    awslambda.update_function_event_invoke_config(
        FunctionName="issue", MaximumEventAgeInSeconds=90, DestinationConfig={"OnFailure": {"Destination": MISSING}}
    )
    config = awslambda.get_function_event_invoke_config(FunctionName="issue")
    assert (config["MaximumRetryAttempts"], config["MaximumEventAgeInSeconds"]) == (1, 90)
    assert set(config["DestinationConfig"]) == {"OnSuccess", "OnFailure"}
    assert config["FunctionArn"] == f"{arn}:$LATEST"
    assert config["LastModified"].year == 2026
    awslambda.put_function_event_invoke_config(FunctionName="issue", MaximumRetryAttempts=0)
    config = awslambda.get_function_event_invoke_config(FunctionName="issue")
    assert config["MaximumRetryAttempts"] == 0 and "DestinationConfig" not in config
    awslambda.delete_function_event_invoke_config(FunctionName="issue")
    with pytest.raises(awslambda.exceptions.ResourceNotFoundException):
        awslambda.get_function_event_invoke_config(FunctionName="issue")


def test_an_alias_has_a_config_of_its_own(world: World) -> None:
    """PutFunctionEventInvokeConfig: for a function, a version or an alias."""
    arn = world.deploy(FAIL)
    version = world.awslambda.publish_version(FunctionName="issue")["Version"]
    world.awslambda.create_alias(FunctionName="issue", Name="live", FunctionVersion=version)
    failures = world.queue("failures")
    world.awslambda.put_function_event_invoke_config(
        FunctionName="issue",
        Qualifier="live",
        MaximumRetryAttempts=0,
        DestinationConfig={"OnFailure": {"Destination": world.arn(failures)}},
    )
    send(world, {"n": 1}, Qualifier="live")
    send(world, {"n": 2})
    world.cloud.settle()
    (record,) = records(world, failures)
    assert record["requestContext"]["functionArn"] == f"{arn}:live"
    assert (record["requestPayload"], record["responseContext"]["executedVersion"]) == ({"n": 1}, version)
    assert world.whys("dropped") == ["failed 3 times"]
    configs = world.awslambda.list_function_event_invoke_configs(FunctionName="issue")["FunctionEventInvokeConfigs"]
    assert [config["FunctionArn"] for config in configs] == [f"{arn}:live"]


@pytest.mark.parametrize("settings", [{}, {"MaximumRetryAttempts": 3}, {"MaximumEventAgeInSeconds": 21601}])
def test_settings_out_of_range_are_refused(world: World, settings: dict[str, int]) -> None:
    """Facts ``lambda.async_retries_range``, ``lambda.async_event_age_range``."""
    world.deploy(FAIL)
    with pytest.raises(ClientError):
        world.awslambda.put_function_event_invoke_config(FunctionName="issue", **settings)


def test_a_function_that_is_deleted_takes_its_config_with_it(world: World) -> None:
    world.deploy(FAIL)
    configure(world, MaximumRetryAttempts=0)
    world.awslambda.delete_function(FunctionName="issue")
    world.deploy(FAIL)
    event = send(world)
    world.cloud.settle()
    assert len(world.story(event, "invoked")) == 3


def test_a_function_deleted_while_it_runs_loses_its_event_with_a_reason(world: World) -> None:
    world.deploy("import time\ndef handler(event, context):\n    time.sleep(2)\n    raise RuntimeError('no')\n")
    send(world)
    world.cloud.advance(seconds=1)
    world.awslambda.delete_function(FunctionName="issue")
    world.cloud.settle()
    assert world.whys("dropped") == ["the function was deleted"]


# -- duplicates --------------------------------------------------------------------------------------------------------


def test_without_a_fault_an_event_is_delivered_once(world: World) -> None:
    world.deploy(ECHO)
    for _ in range(50):
        send(world)
    world.cloud.settle()
    assert not world.cloud.journal.of("duplicated")
    assert len(world.cloud.journal.of("invoked")) == 50


def test_the_queue_can_deliver_an_event_twice_under_the_same_request_identifier(world: World) -> None:
    """Fact ``lambda.durability_async_queue``: "the queue itself is eventually consistent"."""
    world.deploy(ECHO)
    lambda_backends[DEFAULT_ACCOUNT_ID][REGION].asynchronous.duplicate(1)
    event = send(world)
    world.cloud.settle()
    assert [kind for _, kind in world.story(event, "sent", "duplicated", "invoked", "succeeded")] == [
        "sent",
        "duplicated",
        "invoked",
        "succeeded",
        "invoked",
        "succeeded",
    ]
    assert 0 <= world.story(event, "succeeded")[-1][0] <= 1


def test_how_many_events_come_twice_depends_on_the_probability_and_the_seed() -> None:
    def duplicated(seed: int, probability: float) -> list[int]:
        with opened(seed) as world:
            world.deploy(ECHO)
            lambda_backends[DEFAULT_ACCOUNT_ID][REGION].asynchronous.duplicate(probability)
            events = [send(world) for _ in range(60)]
            world.cloud.settle()
            return [events.index(str(event.message)) for event in world.cloud.journal.of("duplicated")]

    assert 5 <= len(duplicated(7, 0.25)) <= 27
    assert duplicated(7, 0.25) == duplicated(7, 0.25) != duplicated(8, 0.25)


@pytest.mark.parametrize("probability", [-0.1, 1.1])
def test_a_probability_is_between_none_and_one(world: World, probability: float) -> None:
    with pytest.raises(ValueError, match="A probability"):
        lambda_backends[DEFAULT_ACCOUNT_ID][REGION].asynchronous.duplicate(probability)


# -- whatever happens --------------------------------------------------------------------------------------------------


@settings(max_examples=20, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    events=st.lists(st.tuples(st.integers(0, 400), st.booleans(), st.integers(0, 200)), min_size=1, max_size=12),
    reserved=st.sampled_from([None, 0, 1, 2]),
    retries=st.integers(0, 2),
    age=st.sampled_from([60, 100, 1000]),
    keeps=st.booleans(),
)
def test_every_event_ends_once_and_nothing_happens_to_it_afterwards(
    seed: int, events: list[tuple[int, bool, int]], reserved: int | None, retries: int, age: int, keeps: bool
) -> None:
    """`events`: after how many seconds it is sent, whether its handler fails, how long that takes."""
    source = (
        "import time\n\n"
        "def handler(event, context):\n"
        "    time.sleep(event['takes'])\n"
        "    if event['fails']:\n"
        "        raise RuntimeError('no')\n"
    )
    with opened(seed) as world:
        world.deploy(source, timeout=300)
        if reserved is not None:
            world.awslambda.put_function_concurrency(FunctionName="issue", ReservedConcurrentExecutions=reserved)
        on_failure = world.arn(world.queue("failures")) if keeps else None
        configure(world, MaximumRetryAttempts=retries, MaximumEventAgeInSeconds=age, on_failure=on_failure)
        sent = []
        for wait, fails, takes in events:
            world.cloud.advance(seconds=wait)
            sent.append(send(world, {"fails": fails, "takes": takes}))
        world.cloud.settle()
        for event, (_, fails, _) in zip(sent, events, strict=True):
            kinds = [kind for _, kind in world.story(event)]
            ends = [kind for kind in kinds if kind in ("succeeded", "dropped", "dead-lettered")]
            assert ends == kinds[-1:]
            assert kinds.count("failed") <= retries + 1
            assert not fails or ends == ["dead-lettered" if keeps else "dropped"]


# -- what the metrics say ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        ("AsyncEventsReceived", 1),
        ("AsyncEventsDropped", 1),
        ("DestinationDeliveryFailures", 1),
        ("DeadLetterErrors", 1),
    ],
)
def test_the_metrics_count_what_was_dropped_and_what_could_not_be_delivered(
    world: World, metric: str, expected: float
) -> None:
    """ "Types of metrics for Lambda functions"."""
    world.deploy(FAIL)
    dead_letters(world, MISSING)
    configure(world, on_failure=MISSING)
    send(world)
    world.cloud.settle()
    assert total(world, metric) == expected


def total(world: World, metric: str) -> float:
    points = client("cloudwatch").get_metric_statistics(
        Namespace="AWS/Lambda",
        MetricName=metric,
        Dimensions=[{"Name": "FunctionName", "Value": "issue"}],
        StartTime="2026-01-01T00:00:00Z",
        EndTime="2026-01-01T01:00:00Z",
        Period=60,
        Statistics=["Sum"],
    )["Datapoints"]
    return float(sum(point["Sum"] for point in points))


def test_the_same_seed_gives_the_same_journal() -> None:
    def digest() -> str:
        with opened() as world:
            world.deploy(FAIL)
            configure(world, on_failure=world.arn(world.queue("failures")))
            lambda_backends[DEFAULT_ACCOUNT_ID][REGION].asynchronous.duplicate(0.5)
            for _ in range(10):
                send(world)
            world.cloud.settle()
            return world.cloud.journal.digest()

    assert digest() == digest()
