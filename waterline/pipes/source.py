"""The source of a pipe: the same pollers and readers as an event source mapping has, for the pipe.

Source: CreatePipe, API reference (botocore 1.44.5, pipes), for the parameters; Amazon EventBridge User Guide, "Amazon
EventBridge Pipes sources" (read 2026-11).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from moto.awslambda.exceptions import InvalidParameterValueException
from moto.core.exceptions import JsonRESTError
from moto.pipes.exceptions import ValidationException
from moto.sqs.models import sqs_backends

from waterline.clock import SECOND
from waterline.compute.consumer import Consumer
from waterline.compute.filters import DYNAMODB, KINESIS, QUEUE, Filters, filters_of
from waterline.compute.sqs_mapping import QueueMapping, Settings
from waterline.compute.stream_checks import instant_of
from waterline.compute.stream_mapping import StreamMapping
from waterline.compute.stream_retry import RetryPolicy
from waterline.compute.stream_settings import Start, StreamSettings
from waterline.ground import Ground
from waterline.pipes import limits
from waterline.services.delivery import stream_at
from waterline.services.sqs import CloudQueue
from waterline.services.stream import EventStream

Polling: TypeAlias = QueueMapping | StreamMapping
_BLOCKS = {"sqs": "SqsQueueParameters", "kinesis": "KinesisStreamParameters", "dynamodb": "DynamoDBStreamParameters"}
_DATA_KEYS = {"sqs": QUEUE, "kinesis": KINESIS, "dynamodb": DYNAMODB}


class Source:
    """A queue or a stream. Raises what is answered to a source that is not there."""

    def __init__(self, ground: Ground, arn: str) -> None:
        parts = arn.split(":")
        if len(parts) < 6 or parts[2] not in _BLOCKS:
            raise ValidationException(
                f"The lab's pipes read SQS queues, Kinesis streams and DynamoDB streams, and {arn} is none of them."
            )
        self._ground = ground
        self.service, region, account = parts[2], parts[3], parts[4]
        self._queue: CloudQueue | None = None
        self._stream: EventStream | None = None
        if self.service == "sqs":
            self._queue = sqs_backends[account][region].queue_at(arn)
        else:
            self._stream = stream_at(arn)
        if self._queue is None and self._stream is None:
            raise ValidationException(f"The source {arn} does not exist.")

    @property
    def block(self) -> str:
        """The name of its parameters in ``SourceParameters``."""
        return _BLOCKS[self.service]

    @property
    def in_order(self) -> bool:
        return self._queue is None or bool(self._queue.fifo_queue)

    def batch_size(self, parameters: Mapping[str, Any], largest: int | None) -> int:
        """How many events a batch has at most; `largest`: what the target takes."""
        usual = limits.QUEUE_BATCH if self.service == "sqs" else limits.STREAM_BATCH
        size = (parameters.get(self.block) or {}).get("BatchSize")
        if size is None:
            return usual if largest is None else min(usual, largest)
        if largest is not None and size > largest:
            raise ValidationException(f"The target takes batches of at most {largest}, and BatchSize is {size}.")
        if self._queue is not None and self._queue.fifo_queue and size > limits.QUEUE_BATCH:
            raise ValidationException(f"The BatchSize of a FIFO queue is at most {limits.QUEUE_BATCH}, not {size}.")
        return int(size)

    def patience(self) -> int:
        """How long a batch of it is the pipe's own, in microseconds."""
        if self._queue is not None:
            return int(self._queue.visibility_timeout) * SECOND
        assert self._stream is not None
        return min((shard.retention for shard in self._stream.logs), default=0)

    def polled_by(self, consumer: Consumer, parameters: Mapping[str, Any], size: int) -> Polling:
        """Pollers or readers for a pipe; they do nothing until they are started."""
        if self._queue is not None:
            return QueueMapping(self._ground, self._queue, consumer, self._for_queue(parameters, size), self._new_name)
        assert self._stream is not None
        start = self._start(parameters[self.block])
        settings = self._for_stream(parameters, size)
        return StreamMapping(self._ground, self._stream, consumer, settings, start, self._new_name, consumer.arn)

    def change(self, polling: Polling, consumer: Consumer, parameters: Mapping[str, Any], size: int) -> None:
        """From the next batch on, for this consumer under these parameters."""
        if isinstance(polling, QueueMapping):
            polling.change(consumer, self._for_queue(parameters, size))
        else:
            polling.change(consumer, self._for_stream(parameters, size))

    def check(self, parameters: Mapping[str, Any]) -> None:
        """Raise what is answered to parameters that cannot be used."""
        for service, block in _BLOCKS.items():
            if service != self.service and parameters.get(block) is not None:
                raise ValidationException(f"{block} is not for a source of {self.service}.")
        given = parameters.get(self.block)
        if self.service != "sqs" and (given or {}).get("StartingPosition") is None:
            raise ValidationException(f"{self.block}.StartingPosition is required.")
        if self._queue is not None and self._queue.fifo_queue and (given or {}).get("MaximumBatchingWindowInSeconds"):
            raise ValidationException("Batching window is not supported for FIFO queues.")
        self._filters(parameters)

    # -- inside ------------------------------------------------------------------------------------------------------

    def _filters(self, parameters: Mapping[str, Any]) -> Filters | None:
        try:
            return filters_of(parameters.get("FilterCriteria"), _DATA_KEYS[self.service])
        except (InvalidParameterValueException, JsonRESTError) as error:
            raise ValidationException(error.message) from error

    def _for_queue(self, parameters: Mapping[str, Any], size: int) -> Settings:
        given = parameters.get(self.block) or {}
        window = int(given.get("MaximumBatchingWindowInSeconds") or 0) * SECOND
        return Settings(size, window, None, reports_failures=True, filters=self._filters(parameters))

    def _for_stream(self, parameters: Mapping[str, Any], size: int) -> StreamSettings:
        given = parameters.get(self.block) or {}
        most, age = given.get("MaximumRetryAttempts", -1), given.get("MaximumRecordAgeInSeconds", -1)
        return StreamSettings(
            batch_size=size,
            window=int(given.get("MaximumBatchingWindowInSeconds") or 0) * SECOND,
            parallelization=int(given.get("ParallelizationFactor") or 1),
            retries=RetryPolicy(
                most=None if most == -1 else int(most),
                maximum_age=None if age == -1 else int(age) * SECOND,
                bisects=given.get("OnPartialBatchItemFailure") == "AUTOMATIC_BISECT",
                reports_failures=True,
            ),
            filters=self._filters(parameters),
            destination=(given.get("DeadLetterConfig") or {}).get("Arn"),
        )

    def _start(self, given: Mapping[str, Any]) -> Start:
        timestamp = given.get("StartingPositionTimestamp")
        return Start(given["StartingPosition"], 0 if timestamp is None else instant_of(timestamp, self._ground.clock))

    def _new_name(self) -> str:
        return self._ground.identifier("batches of pipes")
