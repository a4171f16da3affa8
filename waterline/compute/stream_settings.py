"""The settings of a stream's event source mapping, from the words of the API.

Source: CreateEventSourceMapping, API reference, with the defaults of "Lambda parameters for Amazon Kinesis Data Streams
event source mappings", AWS Lambda Developer Guide (read 2026-11).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from waterline.clock import SECOND, Clock
from waterline.compute import limits
from waterline.compute.filters import DYNAMODB, KINESIS, Filters, filters_of
from waterline.compute.mapping_checks import REPORT
from waterline.compute.stream_checks import instant_of
from waterline.compute.stream_destination import destination_of
from waterline.compute.stream_retry import RetryPolicy
from waterline.services.stream import EventStream, Shard

STREAM_DEFAULTS: Mapping[str, Any] = {
    "BatchSize": limits.STREAM_BATCH_SIZE,
    "MaximumBatchingWindowInSeconds": 0,
    "ParallelizationFactor": 1,
    "MaximumRetryAttempts": -1,
    "MaximumRecordAgeInSeconds": -1,
    "BisectBatchOnFunctionError": False,
    "TumblingWindowInSeconds": 0,
}


@dataclass(frozen=True)
class StreamSettings:
    """`window` (batching) and `tumbling_window` in microseconds, 0: none. `destination`: an ARN."""

    batch_size: int
    window: int = 0
    parallelization: int = 1
    tumbling_window: int = 0
    retries: RetryPolicy = field(default_factory=RetryPolicy)
    filters: Filters | None = None
    destination: str | None = None

    @property
    def lanes(self) -> int:
        """How many batches of a shard are worked on at once."""
        return 1 if self.tumbling_window else self.parallelization


@dataclass(frozen=True)
class Start:
    """Where a mapping begins to read. `instant` (microseconds): with ``AT_TIMESTAMP``."""

    position: str
    instant: int = 0

    def in_shard(self, shard: Shard) -> int:
        if self.position == "LATEST":
            return shard.end
        return shard.position_at(self.instant) if self.position == "AT_TIMESTAMP" else 0


def stream_settings(get: Callable[[str], Any], stream: EventStream) -> StreamSettings:
    """Read the settings; `get` answers by the API's names. Raises what AWS answers to filters that it cannot use."""
    most, age = get("MaximumRetryAttempts"), get("MaximumRecordAgeInSeconds")
    return StreamSettings(
        batch_size=int(get("BatchSize")),
        window=int(get("MaximumBatchingWindowInSeconds") or 0) * SECOND,
        parallelization=int(get("ParallelizationFactor") or 1),
        tumbling_window=int(get("TumblingWindowInSeconds") or 0) * SECOND,
        retries=RetryPolicy(
            most=None if most in (None, -1) else int(most),
            maximum_age=None if age in (None, -1) else int(age) * SECOND,
            bisects=bool(get("BisectBatchOnFunctionError")),
            reports_failures=REPORT in (get("FunctionResponseTypes") or []),
        ),
        filters=filters_of(get("FilterCriteria"), DYNAMODB if ":dynamodb:" in stream.arn else KINESIS),
        destination=destination_of(get("DestinationConfig")),
    )


def start_of(spec: Mapping[str, Any], clock: Clock) -> Start:
    """Where a new mapping begins to read."""
    timestamp = spec.get("StartingPositionTimestamp")
    return Start(str(spec["StartingPosition"]), 0 if timestamp is None else instant_of(timestamp, clock))


def source_service(spec: Mapping[str, Any]) -> str:
    """The service in the ARN of an event source: ``sqs``; empty for what is no ARN."""
    parts = str(spec.get("EventSourceArn", "")).split(":")
    return parts[2] if len(parts) > 2 else ""
