"""The numbers of Amazon Kinesis Data Streams, from the dated facts. Sizes in bytes, times in microseconds."""

from __future__ import annotations

from waterline.clock import SECOND
from waterline.facts import facts

MIB = 1 << 20
KIB = 1 << 10

_write_size, _write_records = facts["kinesis.shard_write"].numbers
_reads, _read_size = facts["kinesis.shard_read"].numbers
WRITE_BYTES = int(_write_size) * MIB
WRITE_RECORDS = int(_write_records)
READ_CALLS = int(_reads)
READ_BYTES = int(_read_size) * MIB
FAN_OUT_BYTES = int(facts["kinesis.efo_throughput"].number) * MIB

RECORD = facts["kinesis.record_default"].bytes
LARGEST_RECORD = facts["kinesis.record_max"].bytes
PARTITION_KEY = facts["kinesis.partition_key_max"].count
PUT_RECORDS = facts["kinesis.put_records_max"].count
PUT_RECORDS_BYTES = facts["kinesis.put_records_bytes"].bytes
GET_RECORDS = facts["kinesis.get_records_limit"].count
GET_RECORDS_BYTES = facts["kinesis.get_records_bytes"].bytes
ITERATOR_AGE = int(facts["kinesis.iterator_expiry"].seconds) * SECOND
ITERATORS_PER_SECOND = READ_CALLS  # GetShardIterator, API reference: five a second for each open shard
LISTED_SHARDS = facts["kinesis.list_shards_max"].count
DESCRIBED_SHARDS = 100  # DescribeStream, API reference
SHARDS = facts["kinesis.shards_default"].count

HOUR = 3600 * SECOND
DAY = 24 * HOUR
RESHARDINGS_A_DAY = facts["kinesis.update_shard_count_max"].count
RESHARDING_FACTOR = int(facts["kinesis.update_shard_count_factor"].number)
MODE_SWITCHES_A_DAY = facts["kinesis.mode_switches_max"].count

MINUTE = 60 * SECOND
ON_DEMAND_SHARDS = int(facts["kinesis.ondemand_write_start"].numbers[0]) * MIB // WRITE_BYTES
SPLIT_BYTES = int(facts["kinesis.ondemand_split"].number * MIB)
SPLIT_RECORDS = WRITE_RECORDS * SPLIT_BYTES // WRITE_BYTES
SPLIT_WITHIN = int(facts["kinesis.ondemand_split_within"].seconds) * SECOND

CONSUMERS = int(facts["kinesis.efo_consumers"].numbers[0])
SUBSCRIPTION = int(facts["kinesis.efo_subscription"].seconds) * SECOND
RESUBSCRIBE = int(facts["kinesis.efo_resubscribe"].seconds) * SECOND
