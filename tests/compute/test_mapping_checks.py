"""What AWS refuses when an event source mapping is made or changed, and what it does not look at."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError
from world import COUNT, FAIL, World, sleeping


def _refusal(world: World, url: str, **settings: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        world.map(url, **settings)
    assert world.awslambda.list_event_source_mappings()["EventSourceMappings"] == []
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


_LARGE = "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10"
_RANGE = "1 validation error detected: Value '{}' at '{}' failed to satisfy constraint: Member must have value {} to {}"


@pytest.mark.parametrize(
    ("name", "settings", "code", "message"),
    [
        ("tickets", {"BatchSize": 11}, "InvalidParameterValueException", f"Invalid request provided: {_LARGE}"),
        (
            "tickets",
            {"BatchSize": 10_001, "MaximumBatchingWindowInSeconds": 1},
            "ValidationException",
            _RANGE.format(10001, "batchSize", "less than or equal", 10000),
        ),
        (
            "tickets",
            {"MaximumBatchingWindowInSeconds": 301},
            "ValidationException",
            _RANGE.format(301, "maximumBatchingWindowInSeconds", "less than or equal", 300),
        ),
        (
            "tickets",
            {"ScalingConfig": {"MaximumConcurrency": 1001}},
            "ValidationException",
            _RANGE.format(1001, "scalingConfig.maximumConcurrency", "less than or equal", 1000),
        ),
        (
            "tickets.fifo",
            {"BatchSize": 11},
            "InvalidParameterValueException",
            "Maximum batch size must be between 1 and 10 inclusive",
        ),
        (
            "tickets.fifo",
            {"MaximumBatchingWindowInSeconds": 5},
            "InvalidParameterValueException",
            "Invalid request provided: Batching window is not supported for FIFO queues",
        ),
    ],
)
def test_settings_out_of_bounds_are_refused(
    world: World, name: str, settings: dict[str, Any], code: str, message: str
) -> None:
    """CreateEventSourceMapping, API reference; the sentences as users have reported them (see the module)."""
    world.deploy(COUNT)
    assert _refusal(world, world.queue(name), **settings) == (code, message)


_UNSUPPORTED = "Invalid request provided: Unsupported '{}' parameter for given event source mapping type."
_FAILURES = {"OnFailure": {"Destination": "arn:aws:sqs:us-east-1:123456789012:failures"}}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"DestinationConfig": _FAILURES}, _UNSUPPORTED.format("destinationConfig")),
        ({"BisectBatchOnFunctionError": True}, _UNSUPPORTED.format("bisectBatchOnFunctionError")),
        ({"MaximumRetryAttempts": 2}, _UNSUPPORTED.format("maximumRetryAttempts")),
        ({"MaximumRecordAgeInSeconds": 60}, _UNSUPPORTED.format("maximumRecordAgeInSeconds")),
        ({"ParallelizationFactor": 2}, _UNSUPPORTED.format("parallelizationFactor")),
        ({"TumblingWindowInSeconds": 30}, _UNSUPPORTED.format("tumblingWindowInSeconds")),
        (
            {"StartingPosition": "LATEST"},
            "Invalid request provided: StartingPosition is not valid for SQS event sources.",
        ),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_what_is_for_streams_is_refused_for_a_queue(world: World, settings: dict[str, Any], message: str) -> None:
    """CreateEventSourceMapping: "(Kinesis, DynamoDB Streams, Amazon MSK, and self-managed Apache Kafka)".

    So nobody puts the dead letters of a queue on its mapping: they are the queue's ("Handling errors for an SQS event
    source in Lambda").
    """
    world.deploy(COUNT)
    assert _refusal(world, world.queue(), **settings) == ("InvalidParameterValueException", message)


def test_a_dead_letter_queue_of_the_function_is_accepted_and_gets_nothing_from_a_queue(world: World) -> None:
    """ "Handling errors for an SQS event source in Lambda": the redrive policy is the queue's.

    AWS warns of it nowhere: the function's dead-letter queue is for asynchronous invocations.
    """
    world.deploy(FAIL)
    dead = world.queue("dead")
    world.awslambda.update_function_configuration(FunctionName="issue", DeadLetterConfig={"TargetArn": world.arn(dead)})
    queue = world.queue(VisibilityTimeout=30, MessageRetentionPeriod=120)
    world.map(queue)
    world.send(queue, "poison")
    world.cloud.advance(minutes=5)
    assert world.counts(dead) == (0, 0)
    assert world.cloud.journal.of("expired")


def test_a_response_type_that_is_misspelt_is_refused(world: World) -> None:
    """CreateEventSourceMapping: FunctionResponseTypes has one value."""
    world.deploy(COUNT)
    code, message = _refusal(world, world.queue(), FunctionResponseTypes=["ReportBatchItemFailure"])
    assert code == "ValidationException"
    assert "Value '[ReportBatchItemFailure]' at 'functionResponseTypes'" in message


def test_a_visibility_timeout_below_the_function_timeout_is_refused_with_awss_sentence(world: World) -> None:
    """ "Creating and configuring an Amazon SQS event source mapping"; M1. (A default queue hides for 30 s.)"""
    world.deploy(COUNT, timeout=31)
    code, message = _refusal(world, world.queue())
    assert code == "InvalidParameterValueException"
    assert message == (
        "Invalid request provided: Queue visibility timeout: 30 seconds is less than Function timeout: 31 seconds"
    )


def test_an_equal_visibility_timeout_is_accepted_and_looked_at_again_when_the_mapping_is_changed(world: World) -> None:
    """ "Creating and configuring an Amazon SQS event source mapping": validated when it is created or updated.

    A later change of the queue or of the function is not looked at.
    """
    world.deploy(sleeping(1), timeout=30)
    queue = world.queue()
    mapping = world.map(queue)
    world.sqs.set_queue_attributes(QueueUrl=queue, Attributes={"VisibilityTimeout": "1"})
    world.awslambda.update_function_configuration(FunctionName="issue", Timeout=900)
    with pytest.raises(ClientError, match="1 seconds is less than Function timeout: 900 seconds"):
        world.awslambda.update_event_source_mapping(UUID=mapping, BatchSize=5)


@pytest.mark.parametrize(("size", "window"), [(10_000, 1), (10, 0), (1, 300)])
def test_the_bounds_themselves_are_accepted(world: World, size: int, window: int) -> None:
    """Source: CreateEventSourceMapping."""
    world.deploy(COUNT)
    world.map(world.queue(), BatchSize=size, MaximumBatchingWindowInSeconds=window)


def test_one_queue_and_one_function_have_one_mapping(world: World) -> None:
    """CreateEventSourceMapping: ResourceConflictException, with the UUID of the mapping there is."""
    world.deploy(COUNT)
    queue = world.queue()
    mapping = world.map(queue)
    with pytest.raises(world.awslambda.exceptions.ResourceConflictException, match=mapping):
        world.map(queue)
    world.awslambda.delete_event_source_mapping(UUID=mapping)
    world.map(queue)


def test_an_unknown_queue_or_function_is_not_found(world: World) -> None:
    """Source: CreateEventSourceMapping."""
    world.deploy(COUNT)
    queue = world.queue()
    unknown = world.arn(queue).replace("tickets", "other")
    for source, function in ((unknown, "issue"), (world.arn(queue), "other")):
        with pytest.raises(ClientError) as caught:
            world.awslambda.create_event_source_mapping(EventSourceArn=source, FunctionName=function)
        assert caught.value.response["Error"]["Code"] in ("ResourceNotFoundException", "InvalidParameterValueException")


def test_a_source_that_the_lab_does_not_poll_is_refused_in_a_sentence(world: World) -> None:
    world.deploy(COUNT)
    arn = "arn:aws:mq:us-east-1:123456789012:broker:orders:b-1"
    with pytest.raises(ClientError, match="The lab reads SQS queues, Kinesis streams and DynamoDB streams"):
        world.awslambda.create_event_source_mapping(EventSourceArn=arn, FunctionName="issue")
    assert world.awslambda.list_event_source_mappings()["EventSourceMappings"] == []


def test_an_update_is_checked_against_what_stays_as_it_was(world: World) -> None:
    """UpdateEventSourceMapping has the same bounds."""
    world.deploy(COUNT)
    mapping = world.map(world.queue())
    with pytest.raises(ClientError, match="Maximum batch window"):
        world.awslambda.update_event_source_mapping(UUID=mapping, BatchSize=100)
    world.awslambda.update_event_source_mapping(UUID=mapping, MaximumBatchingWindowInSeconds=5)
    world.awslambda.update_event_source_mapping(UUID=mapping, BatchSize=100)
    with pytest.raises(ClientError, match="Maximum batch window"):
        world.awslambda.update_event_source_mapping(UUID=mapping, MaximumBatchingWindowInSeconds=0)
