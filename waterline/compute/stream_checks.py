"""What AWS refuses when an event source mapping of a stream is made or changed.

Sources: CreateEventSourceMapping, API reference, for the bounds (facts ``esm.*``). The sentences are AWS's as others
have met them: a mapping that exists (bishtawi's and DEFRA's notes of the CloudFormation error), the starting position
(the validated tests of localstack/localstack). A record age from 1 to 59 seconds is refused with a sentence of ours:
the guide gives 60 seconds as the least. AWS's reference says that a larger batch needs a batching window (fact
``esm.sqs_large_batch_window_min``); the defaults of streams show that this does not hold for them: not asked here.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from moto.awslambda.exceptions import InvalidParameterValueException
from moto.awslambda.models import EventSourceMapping
from moto.core.exceptions import JsonRESTError

from waterline.clock import Clock
from waterline.compute import limits
from waterline.compute.aim import Aim
from waterline.compute.mapping_checks import MappingExists, check_range, check_response_types, unsupported
from waterline.compute.stream_destination import destination_of

_POSITIONS = ("TRIM_HORIZON", "LATEST", "AT_TIMESTAMP")


class StreamMappingExists(MappingExists):
    """There is one mapping for a stream and a function."""

    def __init__(self, stream: str, function: str, existing: str) -> None:
        JsonRESTError.__init__(
            self,
            "ResourceConflictException",
            f'The event source arn (" {stream} ") and function (" {function} ") provided mapping already exists. '
            f"Please update or delete the existing mapping with UUID {existing}",
        )


def check_new_stream(
    spec: Mapping[str, Any], arn: str, aim: Aim, others: list[EventSourceMapping], clock: Clock
) -> None:
    """Raise what AWS answers to a mapping that cannot be made."""
    check_stream_settings(spec)
    for other in others:
        if other.event_source_arn == arn and other.function_arn == aim.arn:
            raise StreamMappingExists(arn, aim.name, other.uuid)
    position = spec.get("StartingPosition")
    if not position:
        raise InvalidParameterValueException(
            "1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint: "
            "Member must not be null."
        )
    if position not in _POSITIONS:
        raise JsonRESTError(
            "ValidationException",
            f"1 validation error detected: Value '{position}' at 'startingPosition' failed to satisfy constraint: "
            "Member must satisfy enum value set: [LATEST, AT_TIMESTAMP, TRIM_HORIZON]",
        )
    if position == "AT_TIMESTAMP":
        if ":dynamodb:" in arn:
            raise InvalidParameterValueException(f"Unsupported starting position for arn type: {arn}")
        _check_timestamp(spec.get("StartingPositionTimestamp"), clock)


def check_stream_settings(spec: Mapping[str, Any]) -> None:
    """Raise what AWS answers to settings out of bounds."""
    check_range("batchSize", spec.get("BatchSize"), limits.BATCH_SIZE)
    check_range("maximumBatchingWindowInSeconds", spec.get("MaximumBatchingWindowInSeconds"), limits.BATCHING_WINDOW)
    check_range("parallelizationFactor", spec.get("ParallelizationFactor"), limits.PARALLELIZATION)
    check_range("maximumRetryAttempts", spec.get("MaximumRetryAttempts"), limits.STREAM_RETRIES)
    check_range("tumblingWindowInSeconds", spec.get("TumblingWindowInSeconds"), limits.TUMBLING_WINDOW)
    age = spec.get("MaximumRecordAgeInSeconds")
    check_range("maximumRecordAgeInSeconds", age, limits.STREAM_RECORD_AGE)
    if age is not None and -1 < age < limits.SHORTEST_STREAM_RECORD_AGE:
        raise InvalidParameterValueException(
            f"Invalid request provided: MaximumRecordAgeInSeconds is -1 or at least "
            f"{limits.SHORTEST_STREAM_RECORD_AGE}, not {age}."
        )
    if spec.get("ScalingConfig"):
        raise unsupported("ScalingConfig")
    check_response_types(spec)
    destination_of(spec.get("DestinationConfig"))


def _check_timestamp(timestamp: Any, clock: Clock) -> None:
    if timestamp is None:
        raise InvalidParameterValueException(
            "Invalid request provided: StartingPosition AT_TIMESTAMP needs a StartingPositionTimestamp."
        )
    if instant_of(timestamp, clock) > clock.now:
        raise InvalidParameterValueException("Invalid request provided: StartingPositionTimestamp is in the future.")


def instant_of(timestamp: float | str, clock: Clock) -> int:
    """A time of the API (seconds since 1970, or ISO 8601) as microseconds since the cloud's start."""
    try:
        date = dt.datetime.fromtimestamp(float(timestamp), dt.UTC)
    except ValueError:
        date = dt.datetime.fromisoformat(str(timestamp))
    return (date - clock.start) // dt.timedelta(microseconds=1)
