"""On-demand mode: a stream that splits its own shards.

A stream on demand begins with 4 MB a second (``kinesis.ondemand_write_start``), and takes up to double the peak of the
last 30 days (``kinesis.ondemand_headroom``). How: a shard that takes in more than 500 KB a second is split within 15
minutes (``kinesis.ondemand_split``), so that every shard has half of its limit to spare. Until then a shard refuses
what is beyond its own limit, in this mode as in the other; one partition key never gets more than one shard.

Source: Amazon Kinesis Data Streams Developer Guide, "Choose the right mode to stream in" (read 2026-11), "Handling Read
and Write Throughput Exceptions" (2022-08). AWS does not say over which time it measures: here over a minute by the
clock; it names KB only: here half of either limit counts; the split comes when the 15 minutes are over, and a stream
does not shrink again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from waterline.clock import SECOND
from waterline.ground import Ground
from waterline.services.kinesis import limits
from waterline.services.kinesis.shard import CloudShard

if TYPE_CHECKING:
    from waterline.services.kinesis.stream import CloudStream

_BYTES = limits.SPLIT_BYTES * limits.MINUTE // SECOND
_RECORDS = limits.SPLIT_RECORDS * limits.MINUTE // SECOND


class Growth:
    """Watches the traffic of each shard, and splits those that have too much."""

    def __init__(self, ground: Ground, stream: CloudStream) -> None:
        self._clock = ground.clock
        self._stream = stream
        self._minute = -1
        self._taken: dict[str, list[int]] = {}
        self._planned: set[str] = set()

    def took(self, shard: CloudShard, size: int) -> None:
        """A record of so many bytes went into a shard."""
        minute = self._clock.now // limits.MINUTE
        if minute != self._minute:
            self._minute = minute
            self._taken.clear()
        taken = self._taken.setdefault(shard.shard_id, [0, 0])
        taken[0] += size
        taken[1] += 1
        if (taken[0] > _BYTES or taken[1] > _RECORDS) and shard.shard_id not in self._planned:
            self._planned.add(shard.shard_id)
            self._clock.after(limits.SPLIT_WITHIN, self._split, shard, background=True)

    def _split(self, shard: CloudShard) -> None:
        if shard.is_open and self._stream.on_demand and not self._stream.deleted:
            middle = (shard.starting_hash + shard.ending_hash + 1) // 2
            self._stream.replace([shard], [(shard.starting_hash, middle - 1), (middle, shard.ending_hash)])
        else:
            self._planned.discard(shard.shard_id)
