"""What AWS refuses when an event source mapping of a queue is made or changed.

Sources: CreateEventSourceMapping, API reference, for the bounds (facts ``esm.*``); "Creating and configuring an Amazon
SQS event source mapping", AWS Lambda Developer Guide, for the visibility timeout (read 2026-11). The sentences
are those of AWS as users have reported them (aws/aws-lambda-dotnet pull request 1758, serverless/serverless issue 8989,
pulumi/pulumi-aws-serverless issue 20, aws/chalice issue 2146, motdotla/node-lambda issue 466, aws/aws-cdk issue 19917
for what is for streams only). Where nobody has, the sentence is botocore's form for a value out of range.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from moto.awslambda.exceptions import InvalidParameterValueException
from moto.awslambda.models import EventSourceMapping
from moto.core.exceptions import JsonRESTError

from waterline.compute import limits
from waterline.compute.aim import Aim
from waterline.facts import Fact
from waterline.services.sqs import CloudQueue

_FOR_STREAMS = (
    "BisectBatchOnFunctionError",
    "DestinationConfig",
    "MaximumRecordAgeInSeconds",
    "MaximumRetryAttempts",
    "ParallelizationFactor",
    "TumblingWindowInSeconds",
)
REPORT = "ReportBatchItemFailures"


class MappingExists(JsonRESTError):  # type: ignore[misc]
    """There is one mapping for a queue and a function."""

    code = 409

    def __init__(self, queue: str, function: str, existing: str) -> None:
        super().__init__(
            "ResourceConflictException",
            f'An event source mapping with SQS arn (" {queue} ") and function (" {function} ") already exists. '
            f"Please update or delete the existing mapping with UUID {existing}",
        )


def check_new(
    spec: Mapping[str, Any], queue: CloudQueue, aim: Aim, timeout: int, others: list[EventSourceMapping]
) -> None:
    """Raise what AWS answers to a mapping that cannot be made. `timeout`: the function's, in seconds."""
    if spec.get("StartingPosition"):
        raise _invalid("StartingPosition is not valid for SQS event sources.")
    check_settings(spec, queue)
    for other in others:
        if other.event_source_arn == queue.queue_arn and other.function_arn == aim.arn:
            raise MappingExists(queue.queue_arn, aim.name, other.uuid)
    check_visibility(queue, timeout)


def check_visibility(queue: CloudQueue, timeout: int) -> None:
    """Raise what AWS answers where messages are hidden for less than the function's `timeout`, in seconds.

    It is looked at when a mapping is made or changed, and not when the queue or the function is.
    """
    hidden = int(queue.visibility_timeout)
    if hidden < timeout:
        raise _invalid(f"Queue visibility timeout: {hidden} seconds is less than Function timeout: {timeout} seconds")


def check_settings(spec: Mapping[str, Any], queue: CloudQueue, before: EventSourceMapping | None = None) -> None:
    """Raise what AWS answers to settings out of bounds; what `spec` leaves out is as it was `before`."""
    for setting in _FOR_STREAMS:
        if spec.get(setting):
            raise unsupported(setting)
    check_response_types(spec)
    size = spec.get("BatchSize")
    window = spec.get("MaximumBatchingWindowInSeconds")
    check_range("batchSize", size, limits.BATCH_SIZE)
    check_range("maximumBatchingWindowInSeconds", window, limits.BATCHING_WINDOW)
    most = (spec.get("ScalingConfig") or {}).get("MaximumConcurrency")
    check_range("scalingConfig.maximumConcurrency", most, limits.MAXIMUM_CONCURRENCY)
    if before is not None:
        size = before.batch_size if size is None else size
        window = before.max_batch_window if window is None else window
    if queue.fifo_queue:
        if size is not None and size > limits.BATCH_SIZE_FIFO:
            raise InvalidParameterValueException(
                f"Maximum batch size must be between 1 and {limits.BATCH_SIZE_FIFO} inclusive"
            )
        if window:
            raise _invalid("Batching window is not supported for FIFO queues")
    elif size is not None and size > limits.BATCH_SIZE_WITHOUT_WINDOW and (window or 0) < limits.LARGE_BATCH_WINDOW:
        most = limits.BATCH_SIZE_WITHOUT_WINDOW
        raise _invalid(
            f"Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than {most}"
        )


def unsupported(setting: str) -> InvalidParameterValueException:
    """What AWS answers to a setting that is for other sources."""
    name = setting[0].lower() + setting[1:]
    return _invalid(f"Unsupported '{name}' parameter for given event source mapping type.")


def check_response_types(spec: Mapping[str, Any]) -> None:
    """Raise what AWS answers to response types that there are not."""
    named = spec.get("FunctionResponseTypes") or []
    if any(each != REPORT for each in named):
        raise JsonRESTError(
            "ValidationException",
            f"1 validation error detected: Value '[{', '.join(map(str, named))}]' at 'functionResponseTypes' failed to "
            f"satisfy constraint: Member must satisfy constraint: [Member must satisfy enum value set: [{REPORT}]]",
        )


def _invalid(sentence: str) -> InvalidParameterValueException:
    return InvalidParameterValueException(f"Invalid request provided: {sentence}")


def check_range(name: str, value: int | None, allowed: Fact) -> None:
    if value is None or allowed.low <= value <= allowed.high:
        return
    relation, bound = ("greater", allowed.low) if value < allowed.low else ("less", allowed.high)
    raise JsonRESTError(
        "ValidationException",
        f"1 validation error detected: Value '{value}' at '{name}' failed to satisfy constraint: "
        f"Member must have value {relation} than or equal to {bound}",
    )
