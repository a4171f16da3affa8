"""The numbers of the Lambda service that the code uses, from the dated facts. Sizes in bytes, times in seconds."""

from __future__ import annotations

from waterline.facts import facts

ACCOUNT_CONCURRENCY = facts["lambda.account_concurrency_default"].count
UNRESERVED_AT_LEAST = facts["lambda.reserved_unreserved_floor"].count
PROVISIONED_AT_LEAST = facts["lambda.provisioned_min"].count
SCALED_AT_ONCE = facts["lambda.scaling_rate"].count
SCALING_PERIOD = int(facts["lambda.scaling_rate"].unit.rpartition("/")[2].removesuffix("s"))
REQUESTS_PER_CONCURRENCY = facts["lambda.rps_per_concurrency"].count
SYNCHRONOUS_PAYLOAD = facts["lambda.payload_sync_max"].bytes
ASYNCHRONOUS_PAYLOAD = facts["lambda.payload_async_max"].bytes

RETRIES = facts["lambda.async_retries_default"].count
RETRY_WAITS = tuple(int(wait) for wait in facts["lambda.async_retry_waits"].numbers)
EVENT_AGE = int(facts["lambda.async_event_age_default"].seconds)
SHORTEST_THROTTLE_WAIT = int(facts["lambda.async_throttle_backoff"].low)
LONGEST_THROTTLE_WAIT = int(facts["lambda.async_throttle_backoff"].high)

BATCH_SIZE = facts["esm.batch_size_range"]
BATCH_SIZE_FIFO = facts["esm.sqs_fifo_batch_max"].count
BATCH_SIZE_WITHOUT_WINDOW = facts["sqs.batch_entries_max"].count
RECEIVED_AT_ONCE = facts["sqs.batch_entries_max"].count
BATCHING_WINDOW = facts["esm.batching_window_range"]
LARGE_BATCH_WINDOW = facts["esm.sqs_large_batch_window_min"].count
MAXIMUM_CONCURRENCY = facts["esm.sqs_max_concurrency_range"]
FIRST_POLLERS = facts["esm.sqs_initial_concurrency"].count
MORE_POLLERS_PER_MINUTE = facts["esm.sqs_scale_up_rate"].count
MOST_POLLERS = facts["esm.sqs_max_batches"].count
