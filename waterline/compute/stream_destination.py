"""Where an event source mapping tells of records that it gave up: an on-failure destination, a queue or a topic.

It gets a description of the batch, not the records: they stay in the stream until they are too old. Source: AWS Lambda
Developer Guide, "Retain discarded batch records for a Kinesis Data Streams event source in Lambda", "Retain discarded
records for a DynamoDB event source in Lambda", example invocation records (read 2026-11). ``condition`` is
``RetryAttemptsExhausted`` or ``RecordAgeExceeded``, the latter here also for records that the stream itself no longer
keeps. ``responseContext`` is left out when the function was never invoked with the batch. AWS can write to a bucket or
to Kafka as well; the lab refuses those.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from moto.awslambda.exceptions import InvalidParameterValueException

from waterline.clock import Clock
from waterline.compute.stream_retry import Batch
from waterline.services.delivery import Sender, Targets
from waterline.services.stream import Shard

RETRIES, AGE = "RetryAttemptsExhausted", "RecordAgeExceeded"


@dataclass(frozen=True)
class LastAttempt:
    """The latest invocation with a batch. `error`: whether the function failed, and not only reported records."""

    request_id: str
    version: str
    error: bool


def invocation_context(
    function_arn: str, condition: str, invocations: int, request_id: str, last: LastAttempt | None
) -> dict[str, Any]:
    """How the invocation record of a function begins."""
    answered: dict[str, Any] = {}
    if last is not None:
        answered["responseContext"] = {"statusCode": 200, "executedVersion": last.version}
        if last.error:
            answered["responseContext"]["functionError"] = "Unhandled"
    return {
        "requestContext": {
            "requestId": request_id if last is None else last.request_id,
            "functionArn": function_arn,
            "condition": condition,
            "approximateInvokeCount": invocations,
        },
        **answered,
    }


def description(context: dict[str, Any], stream_arn: str, shard: Shard, batch: Batch, clock: Clock) -> dict[str, Any]:
    """The record of a batch that was given up. `context`: what its consumer says of it."""
    first, latest = batch.records[0], batch.records[-1]
    return {
        **context,
        "version": "1.0",
        "timestamp": _stamp(clock, clock.now),
        "DDBStreamBatchInfo" if ":dynamodb:" in stream_arn else "KinesisBatchInfo": {
            "shardId": shard.id,
            "startSequenceNumber": first.sequence_number,
            "endSequenceNumber": latest.sequence_number,
            "approximateArrivalOfFirstRecord": _stamp(clock, first.at),
            "approximateArrivalOfLastRecord": _stamp(clock, latest.at),
            "batchSize": len(batch.records),
            "streamArn": stream_arn,
        },
    }


def _stamp(clock: Clock, at: int) -> str:
    date = clock.start + dt.timedelta(microseconds=at)
    return date.astimezone(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def destination_of(configuration: Any) -> str | None:
    """The ARN in a ``DestinationConfig``. Raises what is answered to one that cannot be used."""
    if (configuration or {}).get("OnSuccess"):
        raise InvalidParameterValueException(
            "Unsupported DestinationConfig parameter for given event source mapping type."
        )
    arn = ((configuration or {}).get("OnFailure") or {}).get("Destination")
    if not arn:
        return None
    service = str(arn).split(":")[2:3]
    if service not in (["sqs"], ["sns"]) or str(arn).endswith(".fifo"):
        raise InvalidParameterValueException(
            f"The lab tells a standard queue or topic of discarded records, and {arn} is neither."
        )
    return str(arn)


def tell(targets: Targets, consumer_arn: str, arn: str, body: str) -> None:
    """Send a description to a queue or a topic. Raises NotTaken."""
    service = consumer_arn.split(":")[2]
    sender = Sender(f"{service}.amazonaws.com", consumer_arn, consumer_arn.split(":")[4], by_role=True)
    hand_over = targets.queue if arn.split(":")[2] == "sqs" else targets.topic
    hand_over(sender, arn, body)
