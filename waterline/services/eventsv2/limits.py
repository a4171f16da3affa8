"""The numbers of the Custom Event Bus, from the dated facts. Times in seconds."""

from __future__ import annotations

from waterline.facts import facts

RETENTION_DAYS = int(facts["eventbridge.custom_bus_retention"].low)
BUSES, SUBSCRIBERS = (int(number) for number in facts["eventbridge.custom_bus_quota"].numbers)
RETRIES, EVENT_AGE = (int(number) for number in facts["eventbridge.custom_bus_retry_default"].numbers)
DEDUPLICATION = int(facts["eventbridge.custom_bus_dedup_window"].seconds)
POLICY_SIZE = facts["eventbridge.custom_bus_policy_size"].bytes
INVOCATION_TIMEOUT = int(facts["eventbridge.custom_bus_invocation_timeout"].high)

_BATCHES = [int(number) for number in facts["eventbridge.custom_bus_batch_max"].numbers]
BATCH_OF_STREAM, BATCH_OF_COMPUTE, BATCH_OF_MESSAGES, BATCH_OF_ONE, DEFAULT_OF_COMPUTE = _BATCHES
