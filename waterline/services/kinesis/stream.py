"""One Kinesis stream: which shard a record goes to, and in which order a shard's records stand.

The MD5 of the partition key, or the explicit hash key, falls into the hash key range of one open shard (PutRecord, API
reference). A shard's sequence numbers grow. Splitting or merging closes shards; their records stay where they are, and
what is put later goes to the children (Amazon Kinesis Data Streams Developer Guide, "Reshard a stream", read 2026-11).

A record's name in the journal is what a function gets as its ``eventID``: ``ShardId:SequenceNumber``, both of which the
answer of PutRecord holds.
"""

from __future__ import annotations

import base64
import hashlib
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from moto.kinesis.exceptions import InvalidArgumentError
from moto.kinesis.models import Record as MotoRecord
from moto.kinesis.models import Shard as MotoShard
from moto.kinesis.models import Stream as MotoStream

from waterline.clock import SECOND
from waterline.ground import Ground
from waterline.services import stream
from waterline.services.stream import StreamRecord

_HASH_KEYS = 2**128
_HOUR = 3600 * SECOND


class CloudShard(MotoShard):  # type: ignore[misc]
    """A shard of moto's; its records are in moto's dictionary for the API and in `log` for event source mappings."""

    log: stream.Shard
    _first: int
    _latest: int

    @classmethod
    def taking_over(cls, shard: MotoShard, log: stream.Shard, first: int) -> CloudShard:
        """Make a shard that moto has just created one of ours. `first`: the sequence number before its first record."""
        shard.__class__ = cls
        ours: CloudShard = shard
        ours.log, ours._first, ours._latest = log, first, first
        return ours

    def next_sequence_number(self) -> int:
        self._latest += 1 << 4
        return self._latest

    def get_min_sequence_number(self) -> int:
        return self._first

    def get_max_sequence_number(self) -> int:
        return self._latest


class CloudStream(MotoStream):  # type: ignore[misc]
    """A stream of moto's whose records are delivered on the cloud's clock. `place` names it in the journal."""

    arn: str
    place: str
    deleted: bool

    @classmethod
    def taking_over(cls, moto_stream: MotoStream, ground: Ground) -> CloudStream:
        """Make a stream that moto has just created one of ours."""
        moto_stream.__class__ = cls
        ours: CloudStream = moto_stream
        ours._ground = ground
        ours.place = f"kinesis:{ours.stream_name}"
        ours.deleted = False
        ours._number = ground.random("kinesis sequence numbers").getrandbits(44)
        ours._adopt()
        return ours

    # -- shards ------------------------------------------------------------------------------------------------------

    @property
    def logs(self) -> Sequence[stream.Shard]:
        """The shards, as event source mappings see them."""
        return [shard.log for shard in self.shards.values()]

    def trim(self) -> None:
        """Let go of what is older than the retention period."""
        for log in self.logs:
            log.trim()

    def close(self) -> None:
        """The stream was deleted."""
        self.deleted = True
        for log in self.logs:
            log.purge()

    def split_shard(self, shard_to_split: str, new_starting_hash_key: str) -> None:
        with self._keeping_records([shard_to_split]):
            super().split_shard(shard_to_split, new_starting_hash_key)

    def merge_shards(self, shard_to_merge: str, adjacent_shard_to_merge: str) -> None:
        with self._keeping_records([shard_to_merge, adjacent_shard_to_merge]):
            super().merge_shards(shard_to_merge, adjacent_shard_to_merge)

    @contextmanager
    def _keeping_records(self, names: Iterable[str]) -> Iterator[None]:
        """moto moves the records of a shard that is closed, out of order; on AWS they stay, and so they do here."""
        shards = [self.shards[name] for name in names]
        records = [shard.records for shard in shards]
        for shard in shards:
            shard.records = OrderedDict()
        try:
            yield
        finally:
            for shard, kept in zip(shards, records, strict=True):
                shard.records = kept
            self._adopt()
            for shard in self.shards.values():
                if not shard.is_open and not shard.log.closed:
                    shard.log.close()

    def _adopt(self) -> None:
        created = int(self._ground.clock.date.timestamp())
        for shard in self.shards.values():
            if isinstance(shard, CloudShard):
                continue
            parents = [name for name in (shard.parent, shard.adjacent_parent) if name]
            records: dict[int, MotoRecord] = shard.records
            log = stream.Shard(
                self._ground,
                self.place,
                shard.shard_id,
                lambda: int(self.retention_period_hours) * _HOUR,
                parents,
                lambda record, records=records: records.pop(int(record.sequence_number), None),  # type: ignore[misc]
            )
            # Like those of AWS: 56 digits, and no two of a cloud alike.
            first = (1 << 185) + (created << 148) + (self._number << 104) + (shard._shard_id << 84) + 2
            CloudShard.taking_over(shard, log, first)

    # -- records -----------------------------------------------------------------------------------------------------

    def get_shard_for_key(self, partition_key: str, explicit_hash_key: str) -> CloudShard:
        if not isinstance(partition_key, str) or not 0 < len(partition_key) <= 256:
            raise InvalidArgumentError("partition_key")
        if explicit_hash_key:
            key = int(explicit_hash_key)
        else:
            key = int.from_bytes(hashlib.md5(partition_key.encode(), usedforsecurity=False).digest(), "big")
        if key >= _HASH_KEYS:
            raise InvalidArgumentError("explicit_hash_key")
        shards: list[CloudShard] = list(self.shards.values())
        return next(shard for shard in shards if shard.is_open and shard.starting_hash <= key <= shard.ending_hash)

    def put_record(self, partition_key: str, explicit_hash_key: str, data: str) -> tuple[str, str]:
        """Append a record (`data`: base64) to the shard of its key. Returns its sequence number and the shard."""
        ground = self._ground
        shard = self.get_shard_for_key(partition_key, explicit_hash_key)
        number = shard.next_sequence_number()
        stored = MotoRecord(partition_key, data, number, explicit_hash_key)
        shard.records[number] = stored
        name = f"{shard.shard_id}:{number}"
        ground.journal.record(
            "sent",
            self.place,
            name,
            ground.clock.cause,
            key=partition_key,
            shard=shard.shard_id,
            body=readable(data),
        )
        event = self._event(shard, stored)
        shard.log.append(StreamRecord(name, str(number), partition_key, ground.clock.now, event))
        return str(number), shard.shard_id

    def _event(self, shard: CloudShard, record: MotoRecord) -> dict[str, Any]:
        """The entry of a function's event ("Using Lambda to process records from Amazon Kinesis Data Streams")."""
        return {
            "kinesis": {
                "kinesisSchemaVersion": "1.0",
                "partitionKey": record.partition_key,
                "sequenceNumber": str(record.sequence_number),
                "data": record.data,
                "approximateArrivalTimestamp": round(record.created_at, 3),
            },
            "eventSource": "aws:kinesis",
            "eventVersion": "1.0",
            "eventID": f"{shard.shard_id}:{record.sequence_number}",
            "eventName": "aws:kinesis:record",
            "awsRegion": self.region,
            "eventSourceARN": self.arn,
        }


def readable(data: str) -> str:
    """What a base64 text stands for, if that is text in UTF-8; if not, the base64."""
    try:
        return base64.b64decode(data).decode()
    except ValueError:
        return data
