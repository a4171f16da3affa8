"""Recursive loops are found in the chain of requests and stopped.

AWS Lambda Developer Guide, "Use Lambda recursive loop detection to prevent infinite loops"; AWS Compute Blog,
"Detecting and stopping recursive loops in AWS Lambda functions" (read 2026-11). Facts ``lambda.recursion_stop_after``,
``lambda.recursion_modes``.
"""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError
from test_asynchronous import configure, dead_letters, received, records, send, total
from world import World, client

from waterline.facts import facts

TIMES = facts["lambda.recursion_stop_after"].count

TO_ITSELF = """
import boto3

def handler(event, context):
    boto3.client("lambda").invoke(
        FunctionName=context.function_name, InvocationType=event["how"], Payload=f'{{"how": "{event["how"]}"}}'
    )
"""
TO_OTHER = """
import boto3

def handler(event, context):
    boto3.client("lambda").invoke(FunctionName=event["other"], InvocationType="Event", Payload=event["payload"])
"""


def to_queue(url: str) -> str:
    return (
        "import boto3\n\n"
        "def handler(event, context):\n"
        "    for record in event['Records']:\n"
        f"        boto3.client('sqs').send_message(QueueUrl='{url}', MessageBody='again')\n"
    )


def invoked(world: World, name: str = "issue") -> int:
    return len(world.cloud.journal.of("invoked", name))


def test_a_function_that_sends_events_to_itself_is_stopped_after_sixteen(world: World) -> None:
    world.deploy(TO_ITSELF)
    send(world, {"how": "Event"})
    world.cloud.settle()
    assert invoked(world) == TIMES
    (stopped,) = world.cloud.journal.of("denied")
    assert stopped.detail["why"] == "a recursive loop: invoked 16 times before in the same chain of requests"
    assert world.whys("dropped") == ["part of a recursive loop"]


def test_a_stopped_event_goes_to_the_dead_letter_queue_and_the_destination(world: World) -> None:
    """ "Lambda also sends the event from the stopped invocation to your destination or dead-letter queue"."""
    world.deploy(TO_ITSELF)
    dead, failures = world.queue("dead"), world.queue("failures")
    dead_letters(world, world.arn(dead))
    configure(world, on_failure=world.arn(failures))
    send(world, {"how": "Event"})
    world.cloud.settle()
    (message,), (record,) = received(world, dead), records(world, failures)
    assert json.loads(message["Body"]) == {"how": "Event"}
    assert message["MessageAttributes"]["ErrorCode"]["StringValue"] == "400"
    assert "recursive loop" in message["MessageAttributes"]["ErrorMessage"]["StringValue"]
    assert record["requestContext"]["condition"] == "RecursiveInvocation"
    assert not world.cloud.journal.of("dropped")


def test_a_caller_that_waits_gets_an_exception(world: World) -> None:
    """RecursiveInvocationException (Invoke, API reference): Lambda only functions, synchronously."""
    world.deploy(TO_ITSELF, timeout=60)
    answer = world.invoke({"how": "RequestResponse"})
    assert "FunctionError" not in answer  # each handler but the last is content with its answer, whatever it is
    assert invoked(world) == TIMES
    (failed,) = world.cloud.journal.of("failed")
    assert "RecursiveInvocationException" in failed.detail["why"]


def test_two_functions_that_call_each_other_are_stopped_too(world: World) -> None:
    for name, other in (("issue", "other"), ("other", "issue")):
        source = TO_OTHER.replace('event["other"]', repr(other)).replace('event["payload"]', "'{}'")
        world.deploy(source, name)
    send(world)
    world.cloud.settle()
    assert (invoked(world), invoked(world, "other")) == (TIMES, TIMES)


def test_a_loop_through_a_queue_is_stopped_and_its_message_comes_back_until_it_is_dead_lettered(world: World) -> None:
    """The mapping gets a RecursiveInvocationException, and the message's receive count rises."""
    url = world.queue("loop", dead_after=3)
    world.deploy(to_queue(url))
    world.map(url)
    world.send(url, "first")
    world.cloud.settle()
    assert invoked(world) == TIMES
    stopped = world.cloud.journal.of("denied")
    assert [event.seconds for event in stopped] == [0, 30, 60]
    last = str(stopped[0].message)
    assert len(world.story(last, "received")) == 3
    (dead,) = world.cloud.journal.of("dead-lettered")
    assert (dead.message, dead.place, dead.detail["to"]) == (last, "sqs:loop", "loop-dead")


def test_a_loop_through_a_topic_is_stopped(world: World) -> None:
    sns = client("sns")
    topic = sns.create_topic(Name="loop")["TopicArn"]
    publish = f"boto3.client('sns').publish(TopicArn={topic!r}, Message='m')"
    source = f"import boto3\n\ndef handler(event, context):\n    {publish}\n"
    arn = world.deploy(source)
    world.let_invoke(topic)
    sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=arn)
    sns.publish(TopicArn=topic, Message="m")
    world.cloud.settle()
    assert invoked(world) == TIMES


def test_a_loop_through_a_destination_is_stopped(world: World) -> None:
    one = world.deploy("def handler(event, context):\n    return 1\n")
    two = world.deploy("def handler(event, context):\n    return 2\n", "two")
    configure(world, on_success=two)
    configure(world, "two", on_success=one)
    send(world)
    world.cloud.settle()
    assert (invoked(world), invoked(world, "two")) == (TIMES, TIMES)


def test_a_loop_of_what_was_given_up_is_terminated_too(world: World) -> None:
    """ "You can create another recursive loop and this loop will also be terminated": here without one invocation."""
    one, two = world.deploy(TO_ITSELF), world.deploy(TO_ITSELF, "two")
    for name, other in (("issue", two), ("two", one)):
        world.awslambda.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
        configure(world, name, on_failure=other)
    send(world)
    world.cloud.settle()
    assert invoked(world) == invoked(world, "two") == 0
    (lost,) = world.cloud.journal.of("dropped")
    assert "goes through what the function gives up" in lost.detail["why"]


def test_attempts_with_the_same_event_are_no_loop(world: World) -> None:
    """The count is of invocations in a chain of requests; a message that comes back is the same request."""
    url = world.queue("tickets", dead_after=30, VisibilityTimeout=5)
    world.deploy("def handler(event, context):\n    raise RuntimeError('no')\n")
    world.map(url)
    world.send(url, "poison")
    world.cloud.settle()
    assert invoked(world) == 30
    assert not world.cloud.journal.of("denied")


def test_a_chain_of_many_messages_that_is_no_loop_goes_on(world: World) -> None:
    """Twenty messages, one after the other, each of them from outside: each begins a chain of its own."""
    url = world.queue("tickets")
    world.deploy("def handler(event, context):\n    pass\n")
    world.map(url)
    for _ in range(20):
        world.send(url, "m")
        world.cloud.settle()
    assert invoked(world) == 20
    assert not world.cloud.journal.of("denied")


def test_other_messages_of_the_same_function_are_not_affected(world: World) -> None:
    """ "Invocations from other triggers aren't affected"."""
    world.deploy(TO_ITSELF)
    send(world, {"how": "Event"})
    world.cloud.settle()
    before = invoked(world)
    send(world, {"how": "DryRun"})
    world.cloud.settle()
    assert invoked(world) == before + 1


def test_a_function_that_is_allowed_to_loop_goes_on(world: World) -> None:
    """PutFunctionRecursionConfig, GetFunctionRecursionConfig."""
    arn = world.deploy(
        "import boto3, json, time\n\n"
        "def handler(event, context):\n"
        "    time.sleep(1)\n"
        "    if event['n'] < 40:\n"
        "        boto3.client('lambda').invoke(FunctionName='issue', InvocationType='Event',"
        " Payload=json.dumps({'n': event['n'] + 1}))\n"
    )
    awslambda = world.awslambda
    assert awslambda.get_function_recursion_config(FunctionName="issue")["RecursiveLoop"] == "Terminate"
    answer = awslambda.put_function_recursion_config(FunctionName=arn, RecursiveLoop="Allow")
    assert answer["RecursiveLoop"] == "Allow"
    assert awslambda.get_function_recursion_config(FunctionName="issue")["RecursiveLoop"] == "Allow"
    send(world, {"n": 1})
    world.cloud.settle()
    assert invoked(world) == 40
    assert not world.cloud.journal.of("denied")


def test_a_function_that_is_not_there_has_no_recursion_setting(world: World) -> None:
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        world.awslambda.get_function_recursion_config(FunctionName="issue")


def test_the_metric_counts_each_stopped_invocation_and_no_error(world: World) -> None:
    """RecursiveInvocationsDropped ("Types of metrics for Lambda functions")."""
    world.deploy(TO_ITSELF)
    send(world, {"how": "Event"})
    world.cloud.settle()
    assert total(world, "RecursiveInvocationsDropped") == 1
    assert total(world, "Invocations") == TIMES
    assert total(world, "Errors") == 0
    assert total(world, "AsyncEventsDropped") == 1
