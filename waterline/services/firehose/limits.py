"""The numbers of Amazon Data Firehose, from the dated facts. Sizes in bytes, times in microseconds."""

from __future__ import annotations

from waterline.clock import SECOND
from waterline.facts import facts

MIB = 1 << 20

RECORD = facts["firehose.record_max"].bytes
BATCH_RECORDS = int(facts["firehose.put_batch_max"].numbers[0])
BATCH_BYTES = int(facts["firehose.put_batch_max"].numbers[1]) * MIB
PREFIX = facts["firehose.prefix_max"].count

SIZE = facts["firehose.buffer_size"]
SIZE_DEFAULT = int(facts["firehose.buffer_size_default"].number)
INTERVAL = facts["firehose.buffer_interval"]
INTERVAL_DEFAULT = int(facts["firehose.buffer_interval_default"].number)
LAMBDA_SIZE = facts["firehose.lambda_size"]
LAMBDA_SIZE_DEFAULT = float(facts["firehose.lambda_size_default"].number)
LAMBDA_INTERVAL = facts["firehose.lambda_interval"]
LAMBDA_INTERVAL_DEFAULT = int(facts["firehose.lambda_interval_default"].number)
LAMBDA_RETRIES = facts["firehose.lambda_retries_default"].count

RETENTION = int(facts["firehose.retention_direct_put"].seconds) * SECOND
POLLS_PER_SECOND = facts["esm.kinesis_poll_rate"].count  # "Configure source settings": as often as Lambda
LONGEST_WAIT = 300 * SECOND
"""Between two attempts to write an object: ours."""

_LARGE_REGIONS = ("us-east-1", "us-west-2", "eu-west-1")


def direct_put(region: str) -> tuple[int, int, int]:
    """Records, requests and bytes a second that a stream takes in a Region."""
    quota = "firehose.direct_put_quota" if region in _LARGE_REGIONS else "firehose.direct_put_quota_other"
    records, requests, size = facts[quota].numbers
    return int(records), int(requests), int(size) * MIB
