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
from bisect import bisect_right
from collections import deque
from collections.abc import Sequence
from typing import Any

from moto.kinesis.models import Shard as MotoShard
from moto.kinesis.models import Stream as MotoStream

from waterline.clock import SECOND
from waterline.ground import Ground
from waterline.services import stream
from waterline.services.kinesis import errors, limits, reshard
from waterline.services.kinesis.consumers import Consumers
from waterline.services.kinesis.ondemand import Growth
from waterline.services.kinesis.shard import HASH_KEYS, CloudShard, Reads
from waterline.services.stream import Read, StreamRecord, readable


class CloudStream(MotoStream):  # type: ignore[misc]
    """A stream of moto's whose records are delivered on the cloud's clock. `place` names it in the journal.

    `number` tells it from an earlier stream of its name. `reshardings` and `switches` are the instants at which its
    shards were counted anew and its mode was changed.
    """

    arn: str
    place: str
    deleted: bool
    number: int
    record_limit: int
    pushes = False

    @classmethod
    def taking_over(cls, moto_stream: MotoStream, ground: Ground, record_limit: int = limits.RECORD) -> CloudStream:
        """Make a stream that moto has just created one of ours. `record_limit` in bytes."""
        moto_stream.__class__ = cls
        ours: CloudStream = moto_stream
        ours._ground = ground
        ours.place = f"kinesis:{ours.stream_name}"
        ours.deleted = False
        ours.record_limit = record_limit
        ours.number = ground.random("kinesis sequence numbers").getrandbits(44)
        ours.reads = Reads(ground, ours.place, ours.shards.get)
        ours.fan_out = Consumers(ground, ours)
        ours.growth = Growth(ground, ours)
        ours.reshardings, ours.switches = deque[int](), deque[int]()
        ours._calls = 0
        ours._adopt_all()
        return ours

    _ground: Ground
    reads: Reads
    fan_out: Consumers
    growth: Growth
    reshardings: deque[int]
    switches: deque[int]
    _calls: int
    _open: list[CloudShard]
    _starts: list[int]
    _next_shard: int

    # -- shards ------------------------------------------------------------------------------------------------------

    @property
    def logs(self) -> Sequence[stream.Shard]:
        """The shards, as event source mappings see them."""
        return [shard.log for shard in self.shards.values()]

    @property
    def open_shards(self) -> Sequence[CloudShard]:
        """In the order of their hash keys."""
        return self._open

    @property
    def on_demand(self) -> bool:
        return bool(self.stream_mode.get("StreamMode") == "ON_DEMAND")

    def poll(self, shard: stream.Shard, position: int) -> Read:
        """What those who poll the stream together may read; nothing while the shard refuses."""
        return self.reads.poll(shard, position) or Read((), position)

    def trim(self) -> None:
        """Let go of what is older than the retention period, and of closed shards that have nothing left."""
        for shard in list(self.shards.values()):
            shard.log.trim()
            if shard.closed is not None and self._ground.clock.now >= shard.closed + shard.log.retention:
                del self.shards[shard.shard_id]

    def close(self) -> None:
        """The stream was deleted."""
        self.deleted = True
        for log in self.logs:
            log.purge()

    def split_shard(self, shard_to_split: str, new_starting_hash_key: str) -> None:
        reshard.split(self, reshard.shard_of(self, shard_to_split), int(new_starting_hash_key))

    def merge_shards(self, shard_to_merge: str, adjacent_shard_to_merge: str) -> None:
        reshard.merge(self, reshard.shard_of(self, shard_to_merge), reshard.shard_of(self, adjacent_shard_to_merge))

    def update_shard_count(self, target_shard_count: int) -> None:
        reshard.scale(self, target_shard_count, self._ground.clock.now)

    def replace(self, parents: Sequence[CloudShard], ranges: Sequence[tuple[int, int]]) -> list[CloudShard]:
        """Close shards, and open one for each range of hash keys (both ends belong to it)."""
        names = [*(parent.shard_id for parent in parents), None]
        children = []
        for starting, ending in ranges:
            children.append(self._adopt(MotoShard(self._next_shard, starting, ending, names[0], names[1])))
            self._next_shard += 1
        for parent in parents:
            parent.close(self._ground.clock.now)
        self._arrange()
        return children

    def shard_at(self, hash_key: int) -> CloudShard:
        """The open shard that takes this hash key."""
        return self._open[bisect_right(self._starts, hash_key) - 1]

    def _arrange(self) -> None:
        self._open = sorted((shard for shard in self.shards.values() if shard.is_open), key=lambda s: s.starting_hash)
        self._starts = [shard.starting_hash for shard in self._open]
        self.shard_count = len(self._open)

    def _adopt_all(self) -> None:
        for shard in self.shards.values():
            self._adopt(shard)
        self._next_shard = len(self.shards)
        self._arrange()

    def _adopt(self, shard: MotoShard) -> CloudShard:
        created = int(self._ground.clock.date.timestamp())
        log = stream.Shard(
            self._ground,
            self.place,
            shard.shard_id,
            lambda: int(self.retention_period_hours) * limits.HOUR,
            [name for name in (shard.parent, shard.adjacent_parent) if name],
        )
        # Like those of AWS: 56 digits, and no two of a cloud alike.
        first = (1 << 185) + (created << 148) + (self.number << 104) + (shard._shard_id << 84) + 2
        self.shards[shard.shard_id] = shard
        return CloudShard.taking_over(shard, self._ground, log, first)

    # -- records -----------------------------------------------------------------------------------------------------

    def get_shard_for_key(self, partition_key: str, explicit_hash_key: str | None) -> CloudShard:
        if explicit_hash_key:
            self.check_hash_key(explicit_hash_key)
            return self.shard_at(int(explicit_hash_key))
        digest = hashlib.md5(partition_key.encode(), usedforsecurity=False).digest()
        return self.shard_at(int.from_bytes(digest, "big"))

    @staticmethod
    def check_hash_key(text: str | None) -> None:
        """Raise what AWS answers to an explicit hash key that is none."""
        if text and not (text.isdecimal() and int(text) < HASH_KEYS):
            raise errors.InvalidArgumentError(
                "Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. Specified value was "
                f"{text}"
            )

    def put_record(self, partition_key: str, explicit_hash_key: str | None, data: str) -> tuple[str, str]:
        """Append a record (`data`: base64) to the shard of its key. Returns its sequence number and the shard."""
        content = base64.b64decode(data)
        return self.put(partition_key, explicit_hash_key, data, content)

    def next_call(self) -> int:
        """The number of a call of PutRecords: what metrics tell its records from those of another by."""
        self._calls += 1
        return self._calls

    def put(
        self, key: str, explicit_hash_key: str | None, data: str, content: bytes, call: int | None = None
    ) -> tuple[str, str]:
        """Append a record: its data as base64 and as it is. Raises Throttled when the shard takes no more now.

        `call`: the call of PutRecords that it came with.
        """
        ground, now = self._ground, self._ground.clock.now
        shard = self.get_shard_for_key(key, explicit_hash_key)
        size = len(content) + len(key.encode())
        why = shard.lets_in(now, size)
        if why:
            operation = "PutRecord" if call is None else "PutRecords"
            ground.journal.record(
                "throttled",
                self.place,
                None,
                ground.clock.cause,
                operation=operation,
                key=key,
                shard=shard.shard_id,
                why=why,
                call=call,
            )
            raise errors.Throttled(shard.shard_id, self.stream_name, self.account_id)
        number = str(shard.next_sequence_number())
        name = f"{shard.shard_id}:{number}"
        ground.journal.record(
            "sent",
            self.place,
            name,
            ground.clock.cause,
            key=key,
            shard=shard.shard_id,
            body=readable(data, content),
            size=size,
            call=call,
        )
        event = self._event(name, number, key, data)
        shard.log.append(StreamRecord(name, number, key, now, event, size))
        if self.on_demand:
            self.growth.took(shard, size)
        return number, shard.shard_id

    def _event(self, name: str, number: str, key: str, data: str) -> dict[str, Any]:
        """The entry of a function's event ("Using Lambda to process records from Amazon Kinesis Data Streams")."""
        clock = self._ground.clock
        return {
            "kinesis": {
                "kinesisSchemaVersion": "1.0",
                "partitionKey": key,
                "sequenceNumber": number,
                "data": data,
                "approximateArrivalTimestamp": round(clock.start.timestamp() + clock.now / SECOND, 3),
            },
            "eventSource": "aws:kinesis",
            "eventVersion": "1.0",
            "eventID": name,
            "eventName": "aws:kinesis:record",
            "awsRegion": self.region,
            "eventSourceARN": self.arn,
        }
