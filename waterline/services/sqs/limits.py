"""The numbers of Amazon SQS that this package keeps to, each with the identifier of its dated fact (``waterline.facts``).

Durations are in seconds and sizes in bytes, as in the API. A range is inclusive at both ends.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Range(NamedTuple):
    """The values that are allowed, both ends included."""

    low: int
    high: int

    def __contains__(self, value: object) -> bool:
        return isinstance(value, int) and self.low <= value <= self.high


MESSAGE_SIZE = 1_048_576  # sqs.message_size_max
BATCH_SIZE = 1_048_576  # sqs.batch_payload_max
BATCH_ENTRIES = 10  # sqs.batch_entries_max
MESSAGE_ATTRIBUTES = 10  # SQS Developer Guide, "Amazon SQS message quotas"
VISIBILITY_TIMEOUT = Range(0, 43_200)  # sqs.visibility_range
DELAY = Range(0, 900)  # sqs.delay_range
IN_FLIGHT_STANDARD = 120_000  # sqs.inflight_standard
IN_FLIGHT_FIFO = 120_000  # sqs.inflight_fifo
DEDUPLICATION_INTERVAL = 300  # sqs.dedup_interval
PURGE_INTERVAL = 60  # PurgeQueue, API reference
MAX_RECEIVE_COUNT = Range(1, 1_000)  # SetQueueAttributes, API reference
MOVES_PER_SECOND = Range(1, 500)  # sqs.dlq_redrive_rate_max
MOVE_TASKS_LISTED = Range(1, 10)  # ListMessageMoveTasks, API reference

QUEUE_ATTRIBUTES: Mapping[str, Range] = {
    "DelaySeconds": DELAY,
    "KmsDataKeyReusePeriodSeconds": Range(60, 86_400),  # sqs.kms_reuse_range
    "MaximumMessageSize": Range(1_024, MESSAGE_SIZE),  # sqs.message_size_max
    "MessageRetentionPeriod": Range(60, 1_209_600),  # sqs.retention_range
    "ReceiveMessageWaitTimeSeconds": Range(0, 20),  # sqs.long_poll_max
    "VisibilityTimeout": VISIBILITY_TIMEOUT,
}
