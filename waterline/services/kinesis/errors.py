"""What Kinesis answers to calls that it refuses, in its own words.

The sentences are those that users have reported (rclark/kinesis-readable issue 4 for the rate of a shard; the answers
that mhart/kinesalite recorded from AWS for iterators; terraform-provider-aws issue 7332 for shard counts). Where nobody
has, the sentence is ours.
"""

from __future__ import annotations

import datetime as dt

from moto.core.exceptions import JsonRESTError
from moto.kinesis.exceptions import InvalidArgumentError, ResourceNotFoundError

from waterline.services.kinesis import limits

__all__ = [
    "ExpiredIterator",
    "Invalid",
    "InvalidArgumentError",
    "LimitExceeded",
    "OnDemand",
    "ResourceInUse",
    "ResourceNotFoundError",
    "Throttled",
]


class Throttled(JsonRESTError):  # type: ignore[misc]
    """More than a shard takes, or gives, in a second."""

    def __init__(self, shard: str, stream: str, account: str) -> None:
        super().__init__(
            "ProvisionedThroughputExceededException",
            f"Rate exceeded for shard {shard} in stream {stream} under account {account}.",
        )


class ExpiredIterator(JsonRESTError):  # type: ignore[misc]
    """An iterator that has not been used in time."""

    def __init__(self, made: dt.datetime, now: dt.datetime) -> None:
        super().__init__(
            "ExpiredIteratorException",
            f"Iterator expired. The iterator was created at time {_java(made)} while right now it is {_java(now)} "
            f"which is further in the future than the tolerated delay of {limits.ITERATOR_AGE // 1000} milliseconds.",
        )


class LimitExceeded(JsonRESTError):  # type: ignore[misc]
    """More of something than an account or a stream may have, or do in a day."""

    def __init__(self, sentence: str) -> None:
        super().__init__("LimitExceededException", sentence)


class ResourceInUse(JsonRESTError):  # type: ignore[misc]
    """It is there already, or somebody else has it."""

    def __init__(self, sentence: str) -> None:
        super().__init__("ResourceInUseException", sentence)


class Invalid(JsonRESTError):  # type: ignore[misc]
    """A parameter out of its bounds, in the form that all services share."""

    def __init__(self, where: str, constraint: str, value: object = None) -> None:
        shown = f"Value '{value}'" if value is not None else "Value"
        sentence = f"1 validation error detected: {shown} at '{where}' failed to satisfy constraint: {constraint}"
        super().__init__("ValidationException", sentence)


class OnDemand(JsonRESTError):  # type: ignore[misc]
    """What only a provisioned stream does."""

    def __init__(self, stream: str, account: str) -> None:
        sentence = f"Request is invalid. Stream {stream} under account {account} is in On-Demand mode."
        super().__init__("ValidationException", sentence)


def _java(date: dt.datetime) -> str:
    return date.astimezone(dt.UTC).strftime("%a %b %d %H:%M:%S UTC %Y")
