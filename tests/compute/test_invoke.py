"""The Invoke API: waiting for a function, putting an event into its queue, and what comes back.

Invoke, API reference; AWS Lambda Developer Guide, "How Lambda handles errors and retries with asynchronous invocation",
"Configuring reserved concurrency for a function" (read 2026-11).
"""

from __future__ import annotations

import base64
import json
import time

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from world import FAIL, World, sleeping

ECHO = "def handler(event, context):\n    print('got', event)\n    return event\n"


def test_an_event_goes_in_and_a_result_comes_out(world: World) -> None:
    """Source: Invoke."""
    world.deploy(ECHO)
    answer = world.invoke({"order": "å", "n": [1, None, 1.5]})
    assert answer["StatusCode"] == 200
    assert answer["ExecutedVersion"] == "$LATEST"
    assert answer["Payload"] == {"order": "å", "n": [1, None, 1.5]}
    assert "FunctionError" not in answer and "LogResult" not in answer


def test_no_payload_is_an_empty_event(world: World) -> None:
    """Source: Invoke."""
    world.deploy(ECHO)
    assert json.loads(world.awslambda.invoke(FunctionName="issue")["Payload"].read()) == {}


def test_the_tail_of_the_log_comes_back_when_asked_for(world: World) -> None:
    """Invoke, LogType: the last 4 KB of the execution log, in base64."""
    world.deploy(ECHO)
    log = base64.b64decode(world.invoke({"n": 1}, LogType="Tail")["LogResult"]).decode()
    first, second, end, report = log.splitlines()
    assert first.startswith("START RequestId: ") and first.endswith(" Version: $LATEST")
    assert second == "got {'n': 1}"
    assert end.startswith("END RequestId: ")
    assert "Duration: 0.00 ms" in report and "Memory Size: 128 MB" in report
    world.deploy("def handler(event, context):\n    print('x' * 10_000)\n    raise ValueError('end')\n")
    log = base64.b64decode(world.invoke({}, LogType="Tail")["LogResult"]).decode()
    assert len(log) == 4096
    assert "[ERROR] ValueError: end" in log


@pytest.mark.parametrize(
    ("function", "options"),
    [("other", {}), ("issue", {"Qualifier": "7"}), ("issue", {"Qualifier": "live"}), ("issue:live", {})],
)
@pytest.mark.parametrize("kind", ["RequestResponse", "Event", "DryRun"])
def test_what_is_not_there_is_not_found(world: World, function: str, options: dict[str, str], kind: str) -> None:
    """Source: Invoke."""
    world.deploy(ECHO)
    with pytest.raises(world.awslambda.exceptions.ResourceNotFoundException):
        world.awslambda.invoke(FunctionName=function, InvocationType=kind, **options)
    assert not world.cloud.journal.of(place="issue")


@pytest.mark.parametrize("body", [b"{", b"not json", b"\xff\xfe"])
def test_a_body_that_is_no_json_is_refused(world: World, body: bytes) -> None:
    """Invoke: InvalidRequestContentException."""
    world.deploy(ECHO)
    with pytest.raises(world.awslambda.exceptions.InvalidRequestContentException):
        world.awslambda.invoke(FunctionName="issue", Payload=body)


@pytest.mark.parametrize(
    ("kind", "limit"), [("RequestResponse", 6 * 2**20), ("Event", 2**20)], ids=["synchronous", "asynchronous"]
)
def test_a_body_that_is_too_large_is_refused(world: World, kind: str, limit: int) -> None:
    """Invoke, Payload (facts ``lambda.payload_sync_max``, ``lambda.payload_async_max``): 413."""
    world.deploy("def handler(event, context):\n    return len(event)\n")
    world.awslambda.invoke(FunctionName="issue", InvocationType=kind, Payload=json.dumps("x" * (limit - 2)))
    with pytest.raises(ClientError) as caught:
        world.awslambda.invoke(FunctionName="issue", InvocationType=kind, Payload=json.dumps("x" * (limit - 1)))
    assert caught.value.response["Error"]["Code"] == "RequestTooLargeException"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 413


def test_a_response_that_is_too_large_is_a_function_error(world: World) -> None:
    """Source: "Lambda quotas"."""
    world.deploy("def handler(event, context):\n    return 'x' * 7_000_000\n")
    assert world.error()[0] == "Function.ResponseSizeTooLarge"


def test_a_dry_run_runs_nothing(world: World) -> None:
    """Invoke, InvocationType: DryRun answers 204."""
    world.deploy(FAIL)
    assert world.invoke({}, InvocationType="DryRun")["StatusCode"] == 204
    world.cloud.settle()
    assert len(world.cloud.journal) == 0


# -- asynchronous ------------------------------------------------------------------------------------------------------


def test_an_event_is_answered_at_once_and_runs_later(world: World) -> None:
    """Invoke, InvocationType: Event answers 202."""
    world.deploy(sleeping(2))
    answer = world.invoke({"n": 1}, InvocationType="Event")
    assert (answer["StatusCode"], answer["Payload"]) == (202, None)
    assert world.cloud.clock.now == 0
    world.cloud.settle()
    assert world.story(None, "sent", "succeeded") == [(0, "sent"), (2, "succeeded")]


def test_a_failed_event_is_tried_again_after_one_minute_and_after_two_and_then_dropped(world: World) -> None:
    """ "How Lambda handles errors and retries with asynchronous invocation"; misconception 21."""
    world.deploy(FAIL)
    world.invoke({}, InvocationType="Event")
    world.cloud.settle()
    assert world.story(None, "invoked", "retried", "dropped") == [
        (0, "invoked"),
        (0, "retried"),
        (60, "invoked"),
        (60, "retried"),
        (180, "invoked"),
        (180, "dropped"),
    ]
    assert world.whys("dropped") == ["failed 3 times"]
    assert len(world.cloud.journal.messages) == 1


@pytest.mark.parametrize(
    ("settings", "attempts", "why"),
    [
        ({"MaximumRetryAttempts": 0}, [0], "failed, and it is not retried"),
        ({"MaximumRetryAttempts": 1}, [0, 60], "failed 2 times"),
        ({"MaximumEventAgeInSeconds": 100}, [0, 60], "older than its maximum age"),
    ],
)
def test_the_functions_own_settings_decide(
    world: World, settings: dict[str, int], attempts: list[float], why: str
) -> None:
    """PutFunctionEventInvokeConfig, API reference."""
    world.deploy(FAIL)
    world.awslambda.put_function_event_invoke_config(FunctionName="issue", **settings)
    world.invoke({}, InvocationType="Event")
    world.cloud.settle()
    assert [at for at, _ in world.story(None, "invoked")] == attempts
    assert world.whys("dropped") == [why]


def test_a_throttled_event_waits_longer_each_time_and_is_no_failure(world: World) -> None:
    """The same page: on throttles Lambda retries with exponential backoff from 1 second to 5 minutes.

    Source: "How Lambda handles errors and retries with asynchronous invocation".
    """
    world.deploy(sleeping(40), timeout=60)
    world.awslambda.put_function_concurrency(FunctionName="issue", ReservedConcurrentExecutions=1)
    for _ in range(2):
        world.invoke({}, InvocationType="Event")
    world.cloud.settle()
    assert [at for at, _ in world.story(None, "throttled")] == [0, 1, 3, 7, 15, 31]
    assert [at for at, _ in world.story(None, "succeeded")] == [40, 103]


def test_an_event_gives_up_after_six_hours_of_throttles(world: World) -> None:
    """The same page: events stay in the queue for six hours at most.

    Source: "How Lambda handles errors and retries with asynchronous invocation".
    """
    world.deploy(sleeping(1))
    world.deploy(sleeping(800), "hog", timeout=900)
    world.awslambda.put_function_concurrency(FunctionName="hog", ReservedConcurrentExecutions=1)
    for _ in range(40):
        world.invoke({}, "hog", InvocationType="Event")
    world.cloud.settle()
    dropped = world.cloud.journal.of("dropped")
    assert dropped and all(6 * 3600 - 300 < event.seconds <= 6 * 3600 for event in dropped)
    assert len(dropped) + len(world.cloud.journal.of("succeeded")) == 40


def test_reserved_concurrency_zero_drops_events_at_once(world: World) -> None:
    """Fact ``lambda.reserved_zero_async_dlq``: no retries."""
    world.deploy(sleeping(1))
    world.awslambda.put_function_concurrency(FunctionName="issue", ReservedConcurrentExecutions=0)
    world.invoke({}, InvocationType="Event")
    world.cloud.settle()
    assert world.story(None, "throttled", "dropped") == [(0, "throttled"), (0, "dropped")]


def test_events_for_a_deleted_function_are_dropped_with_a_reason(world: World) -> None:
    world.deploy(FAIL)
    world.invoke({}, InvocationType="Event")
    world.cloud.advance(seconds=1)
    world.awslambda.delete_function(FunctionName="issue")
    world.cloud.settle()
    assert world.whys("dropped") == ["the function was deleted"]


def test_a_topic_reaches_a_function_through_its_queue(world: World) -> None:
    """An SNS delivery to Lambda is an asynchronous invocation ("Using AWS Lambda with Amazon SNS")."""
    arn = world.deploy("def handler(event, context):\n    print(event['Records'][0]['Sns']['Message'])\n")
    sns = boto3.client("sns")
    topic = sns.create_topic(Name="orders")["TopicArn"]
    world.let_invoke(topic)
    sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=arn)
    world.awslambda.add_permission(
        FunctionName="issue",
        StatementId="orders",
        Action="lambda:InvokeFunction",
        Principal="sns.amazonaws.com",
        SourceArn=topic,
    )
    sns.publish(TopicArn=topic, Message="hello")
    assert not world.cloud.journal.of("invoked")
    world.cloud.settle()
    assert "hello" in world.cloud.logs("issue")


# -- throttles ---------------------------------------------------------------------------------------------------------


def test_reserved_concurrency_zero_is_a_stop_switch(world: World) -> None:
    """ "Configuring reserved concurrency": to throttle a function, set it to zero; the caller gets 429."""
    world.deploy(ECHO)
    world.awslambda.put_function_concurrency(FunctionName="issue", ReservedConcurrentExecutions=0)
    begun = time.perf_counter()
    with pytest.raises(world.awslambda.exceptions.TooManyRequestsException) as caught:
        world.awslambda.invoke(FunctionName="issue")
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 429
    assert time.perf_counter() - begun < 1, "the client's waits are virtual"
    retries = caught.value.response["ResponseMetadata"]["RetryAttempts"]
    assert retries >= 2
    assert len(world.cloud.journal.of("throttled")) == retries + 1
    assert world.cloud.clock.now > 0
    world.awslambda.delete_function_concurrency(FunctionName="issue")
    assert world.result({"n": 1}) == {"n": 1}


def test_a_clients_retries_wait_in_virtual_time_until_the_function_is_free(world: World) -> None:
    world.deploy(sleeping(3), timeout=10)
    world.awslambda.put_function_concurrency(FunctionName="issue", ReservedConcurrentExecutions=1)
    world.invoke({}, InvocationType="Event")
    world.cloud.advance(seconds=0.1)
    patient = boto3.client("lambda", config=Config(retries={"mode": "standard", "max_attempts": 10}))
    answer = patient.invoke(FunctionName="issue")
    assert answer["StatusCode"] == 200
    assert answer["ResponseMetadata"]["RetryAttempts"] >= 1
    assert world.cloud.clock.now >= 6_000_000


def test_the_accounts_concurrency_is_a_limit_for_all_functions_together(world: World) -> None:
    """ "Lambda quotas": 1,000 concurrent executions (fact ``lambda.account_concurrency_default``)."""
    world.deploy(sleeping(2))
    world.deploy(sleeping(2), "other")
    for n in range(1002):
        world.invoke({}, "issue" if n % 2 else "other", InvocationType="Event")
    world.cloud.advance(seconds=0.5)
    assert len(world.cloud.journal.of("invoked")) == 1000
    assert len(world.cloud.journal.of("throttled")) == 2
    world.cloud.settle()
    assert len(world.cloud.journal.of("succeeded")) == 1002
