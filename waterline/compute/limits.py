"""The numbers of the Lambda service that the code uses, from the dated facts. Sizes in bytes, times in seconds."""

from __future__ import annotations

from waterline.facts import facts

ACCOUNT_CONCURRENCY = facts["lambda.account_concurrency_default"].count
UNRESERVED_AT_LEAST = facts["lambda.reserved_unreserved_floor"].count
PROVISIONED_AT_LEAST = facts["lambda.provisioned_min"].count
SCALED_AT_ONCE = facts["lambda.scaling_rate"].count
SCALING_PERIOD = int(facts["lambda.scaling_rate"].unit.rpartition("/")[2].removesuffix("s"))
REQUESTS_PER_CONCURRENCY = facts["lambda.rps_per_concurrency"].count
INITIALIZATION = int(facts["lambda.init_max"].seconds)
PROVISIONED_INITIALIZATION = int(facts["lambda.init_provisioned_max"].seconds)
SYNCHRONOUS_PAYLOAD = facts["lambda.payload_sync_max"].bytes
ASYNCHRONOUS_PAYLOAD = facts["lambda.payload_async_max"].bytes

RETRIES = facts["lambda.async_retries_default"].count
RETRY_WAITS = tuple(int(wait) for wait in facts["lambda.async_retry_waits"].numbers)
EVENT_AGE = int(facts["lambda.async_event_age_default"].seconds)
SHORTEST_THROTTLE_WAIT = int(facts["lambda.async_throttle_backoff"].low)
LONGEST_THROTTLE_WAIT = int(facts["lambda.async_throttle_backoff"].high)
RECURSION_STOP = facts["lambda.recursion_stop_after"].count
TOPIC_MESSAGE = facts["sns.message_size_default"].bytes
BUS_EVENT = facts["eventbridge.event_size_max"].bytes

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

FILTERS = facts["esm.filters_default_quota"].count
FILTER_PATTERN = facts["esm.filter_pattern_max"].count

STREAM_BATCH_SIZE = facts["esm.stream_batch_default"].count
PARALLELIZATION = facts["esm.parallelization_range"]
STREAM_RETRIES = facts["esm.stream_retry_range"]
STREAM_RECORD_AGE = facts["esm.stream_record_age_range"]
SHORTEST_STREAM_RECORD_AGE = 60  # "Lambda parameters for Amazon Kinesis Data Streams event source mappings"
TUMBLING_WINDOW = facts["esm.tumbling_window_range"]
KINESIS_POLLS_PER_SECOND = facts["esm.kinesis_poll_rate"].count
DYNAMODB_POLLS_PER_SECOND = facts["esm.ddb_poll_rate"].count
TUMBLING_STATE = 1 << 20  # "Implementing stateful Kinesis Data Streams processing in Lambda": 1 MB for each shard
