"""The verbs of the DynamoDB Streams API: iterators that grow old, and records that are gone after a day.

Source: GetShardIterator, GetRecords of DynamoDB Streams (read 2026-11; facts ``ddbstreams.iterator_expiry``,
``ddbstreams.get_records``, ``ddbstreams.retention``).
"""

from __future__ import annotations

import json
from types import ModuleType
from typing import Any

import moto.dynamodbstreams.urls
from moto.core.exceptions import JsonRESTError
from moto.dynamodbstreams.models import DynamoDBStreamsBackend, ShardIterator

from waterline.clock import microseconds
from waterline.facts import facts
from waterline.ground import Ground
from waterline.services.dynamodb.stream import TableStream

_LIFETIME = microseconds(facts["ddbstreams.iterator_expiry"].seconds)
_MEGABYTES, _MOST = map(int, facts["ddbstreams.get_records"].numbers)
_LARGEST = _MEGABYTES << 20
_TRIMMED = "The operation attempted to read past the oldest stream record in a shard."
_EXPIRED = "The shard iterator has expired and can no longer be used to retrieve stream records."


class StreamReaders(DynamoDBStreamsBackend):  # type: ignore[misc]
    """The iterators of one account in one Region. `ground` is set by ``waterline.ground.installed``."""

    ground: Ground

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self._made_at: dict[str, int] = {}

    @property
    def _url_module(self) -> ModuleType:
        module: ModuleType = moto.dynamodbstreams.urls
        return module

    def get_shard_iterator(
        self, arn: str, shard_id: str, shard_iterator_type: str, sequence_number: Any = None
    ) -> ShardIterator:
        shard = self._get_table_from_arn(arn).stream_shard
        if not isinstance(shard, TableStream) or shard.id != shard_id:
            raise JsonRESTError("ResourceNotFoundException", f"Requested resource not found: Shard: {shard_id}")
        shard.trim()
        iterator = super().get_shard_iterator(arn, shard_id, shard_iterator_type, sequence_number)
        _check(shard, iterator)
        return self._named(iterator)

    def get_records(self, iterator_arn: str, limit: int) -> dict[str, Any]:
        iterator = self.shard_iterators.get(iterator_arn)
        if iterator is None:
            raise JsonRESTError("ValidationException", "Invalid ShardIterator")
        if self.ground.clock.now >= self._made_at[iterator_arn] + _LIFETIME:
            raise JsonRESTError("ExpiredIteratorException", _EXPIRED)
        shard = iterator.stream_shard
        shard.trim()
        _check(shard, iterator)
        records = _within(shard.get(iterator.sequence_number, min(limit, _MOST)))
        position = iterator.sequence_number + len(records)
        ended = shard.log.closed and position == shard.starting_sequence_number + len(shard.items)
        if ended:
            return {"Records": records}
        following = self._named(ShardIterator(self, shard, "AT_SEQUENCE_NUMBER", position))
        return {"Records": records, "NextShardIterator": following.arn}

    def _named(self, iterator: ShardIterator) -> ShardIterator:
        """Give an iterator a name from the seed, where moto's is of the machine's own randomness."""
        self.shard_iterators.pop(iterator.arn, None)
        iterator.id = self.ground.identifier("iterators of table streams")
        self.shard_iterators[iterator.arn] = iterator
        self._made_at[iterator.arn] = self.ground.clock.now
        return iterator


def _check(shard: TableStream, iterator: ShardIterator) -> None:
    if iterator.shard_iterator_type == "TRIM_HORIZON":
        iterator.sequence_number = max(iterator.sequence_number, shard.starting_sequence_number)
    elif iterator.sequence_number < shard.starting_sequence_number:
        raise JsonRESTError("TrimmedDataAccessException", _TRIMMED)


def _within(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """As many records as one answer holds, and at least one."""
    size = 0
    for count, record in enumerate(records):
        size += len(json.dumps(record, default=str))
        if count and size > _LARGEST:
            return records[:count]
    return records
