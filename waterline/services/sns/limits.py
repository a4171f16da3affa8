"""The numbers of SNS that the code uses, from the dated facts. Sizes in bytes, times in microseconds."""

from __future__ import annotations

from waterline.clock import microseconds
from waterline.facts import facts

PROTOCOLS = tuple(str(name) for name in facts["sns.protocols"].value)  # type: ignore[union-attr]

MESSAGE_SIZE = facts["sns.message_size_default"].bytes
MESSAGE_SIZES = range(facts["sns.message_size_min"].bytes, facts["sns.message_size_max"].bytes + 1)
LARGE_TOPIC_SUBSCRIPTIONS = facts["sns.large_topic_subscriptions_max"].count
BATCH_ENTRIES = facts["sns.publish_batch_max"].count

FILTER_SCOPES = tuple(str(name) for name in facts["sns.filter_scope"].value)  # type: ignore[union-attr]
FILTER_KEYS = facts["sns.filter_keys_max"].count
FILTER_COMBINATIONS = facts["sns.filter_combinations_max"].count
FILTER_POLICY_SIZE = facts["sns.filter_policy_size_max"].bytes
FILTER_POLICIES = int(facts["sns.filter_policies_default"].numbers[0])

DEDUPLICATION_INTERVAL = microseconds(facts["sns.dedup_interval"].seconds)
TOKEN_LIFE = microseconds(facts["sns.confirmation_token_life"].seconds)
ARCHIVE_DAYS = range(int(facts["sns.archive_retention"].low), int(facts["sns.archive_retention"].high) + 1)

HTTP_TIMEOUT = facts["sns.http_timeout"].seconds
HTTP_RETRIES, HTTP_DELAY = (int(number) for number in facts["sns.retry_http_default"].numbers)
HTTP_RETRIES_ALLOWED = range(
    int(facts["sns.retry_http_numretries_max"].low), int(facts["sns.retry_http_numretries_max"].high) + 1
)
HTTP_LONGEST = int(facts["sns.retry_http_max_total"].seconds)
MANAGED = (facts["sns.retry_managed_phases"], facts["sns.retry_managed_delays"])
CUSTOMER = (facts["sns.retry_customer_phases"], facts["sns.retry_customer_delays"])
