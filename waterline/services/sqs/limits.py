"""The numbers of Amazon SQS that this package keeps to, from ``waterline.facts`` where it has them.

Durations are in seconds and sizes in bytes, as in the API. A range includes both its ends.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from waterline.facts import facts


class Range(NamedTuple):
    """The values that are allowed."""

    low: int
    high: int

    def __contains__(self, value: object) -> bool:
        return isinstance(value, int) and self.low <= value <= self.high


def _range_of(fact: str) -> Range:
    return Range(int(facts[fact].low), int(facts[fact].high))


MESSAGE_SIZE = facts["sqs.message_size_max"].bytes
BATCH_SIZE = facts["sqs.batch_payload_max"].bytes
BATCH_ENTRIES = facts["sqs.batch_entries_max"].count
MESSAGE_ATTRIBUTES = 10  # "Amazon SQS message quotas", SQS Developer Guide
VISIBILITY_TIMEOUT = _range_of("sqs.visibility_range")
DELAY = _range_of("sqs.delay_range")
IN_FLIGHT_STANDARD = facts["sqs.inflight_standard"].count
IN_FLIGHT_FIFO = facts["sqs.inflight_fifo"].count
DEDUPLICATION_INTERVAL = int(facts["sqs.dedup_interval"].seconds)
PURGE_INTERVAL = 60  # PurgeQueue, API reference
MAX_RECEIVE_COUNT = Range(1, 1_000)  # SetQueueAttributes, API reference
MOVES_PER_SECOND = Range(1, facts["sqs.dlq_redrive_rate_max"].count)
MOVE_TASKS_LISTED = Range(1, 10)  # ListMessageMoveTasks, API reference

QUEUE_ATTRIBUTES: Mapping[str, Range] = {
    "DelaySeconds": DELAY,
    "KmsDataKeyReusePeriodSeconds": _range_of("sqs.kms_reuse_range"),
    "MaximumMessageSize": Range(1_024, MESSAGE_SIZE),  # SetQueueAttributes, API reference
    "MessageRetentionPeriod": _range_of("sqs.retention_range"),
    "ReceiveMessageWaitTimeSeconds": _range_of("sqs.long_poll_max"),
    "VisibilityTimeout": VISIBILITY_TIMEOUT,
}
