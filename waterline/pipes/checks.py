"""What AWS refuses when a pipe is made or changed, besides what it refuses of the source.

Sources: CreatePipe, UpdatePipe, API reference (botocore 1.44.5, pipes); Amazon EventBridge User Guide, "Amazon
EventBridge Pipes targets", "Event enrichment in Amazon EventBridge Pipes" (read 2026-11). Where nobody has published
AWS's sentence, it is ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from moto.pipes.exceptions import ValidationException

from waterline.pipes import limits
from waterline.services.validation import violation

_TARGETS = frozenset({"sqs", "sns", "lambda", "kinesis", "firehose", "states", "events"})
_ENRICHMENTS = frozenset({"lambda", "states", "events"})
_BLOCKS = {
    "LambdaFunctionParameters": "lambda",
    "StepFunctionStateMachineParameters": "states",
    "KinesisStreamParameters": "kinesis",
    "SqsQueueParameters": "sqs",
    "EventBridgeEventBusParameters": "events",
}


def check_request(operation: str, request: Mapping[str, Any]) -> None:
    """Hold a request against the model."""
    broken = violation("pipes", operation, request)
    if broken is not None:
        raise ValidationException(broken.sentence(with_value=True))


def check_target(arn: str, parameters: Mapping[str, Any]) -> int | None:
    """Raise what is answered to a target that cannot be used; the largest batch that it takes, None: any."""
    service = _service(arn, _TARGETS, "target")
    for block, of in _BLOCKS.items():
        if parameters.get(block) is not None and of != service:
            raise ValidationException(f"{block} is not for the target {arn}.")
    if service == "sns" and arn.endswith(".fifo"):
        raise ValidationException("Amazon SNS FIFO topics are not supported as targets of a pipe.")
    if service == "kinesis" and not (parameters.get("KinesisStreamParameters") or {}).get("PartitionKey"):
        raise ValidationException("KinesisStreamParameters.PartitionKey is required for a Kinesis stream.")
    if ":api-destination/" in arn:
        return 1
    return limits.LARGEST_BATCH.get(service)


def check_enrichment(arn: str) -> int | None:
    """The same for an enrichment."""
    service = _service(arn, _ENRICHMENTS, "enrichment")
    if service == "events" and ":api-destination/" not in arn:
        raise ValidationException(f"{arn} cannot be the enrichment of a pipe.")
    return 1 if service == "events" else None


def _service(arn: str, known: frozenset[str], role: str) -> str:
    parts = arn.split(":")
    service = parts[2] if len(parts) > 5 else ""
    if service not in known:
        raise ValidationException(f"The lab's pipes have no {role} of this kind: {arn}.")
    return service
