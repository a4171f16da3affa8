"""A shard of a stream: its records, its sequence numbers, and what it takes and gives in a second.

Words
-----
write limit
    1 MB and 1,000 records a second for each shard (``kinesis.shard_write``); the partition key counts as data.
read limit
    five calls of GetRecords and 2 MB a second, shared by all who poll the shard (``kinesis.shard_read``). A call may
    return more than a second's worth, up to 10 MB (``kinesis.get_records_bytes``); then the shard refuses reads until
    that has been paid for.

What was refused is ``throttled`` in the journal; each read is ``read``, with the number of its records, their size, and
the age of the last one (microseconds): metrics are made of them.

Sources: CreateStream, PutRecord, GetRecords, API reference; Amazon Kinesis Data Streams Developer Guide, "Quotas and
limits", "Handle large records" (read 2026-11).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from moto.kinesis.models import Shard as MotoShard

from waterline.ground import Ground
from waterline.services import stream
from waterline.services.kinesis import limits
from waterline.services.per_second import PerSecond
from waterline.services.stream import Read

HASH_KEYS = 2**128
_STEP = 1 << 4  # between two sequence numbers of a shard


class CloudShard(MotoShard):  # type: ignore[misc]
    """A shard of moto's, whose records are in `log`. `opened` and `closed`: instants; None: it is open."""

    log: stream.Shard
    opened: int
    closed: int | None
    _first: int
    _latest: int
    _bytes: PerSecond
    _records: PerSecond
    _calls: PerSecond
    _given: PerSecond
    _iterators: PerSecond

    @classmethod
    def taking_over(cls, shard: MotoShard, ground: Ground, log: stream.Shard, first: int) -> CloudShard:
        """Make a shard that moto has just created one of ours. `first`: the sequence number before its first record."""
        shard.__class__ = cls
        ours: CloudShard = shard
        ours.log, ours._first, ours._latest = log, first, first
        ours.opened, ours.closed = ground.clock.now, None
        ours._bytes, ours._records = PerSecond(limits.WRITE_BYTES), PerSecond(limits.WRITE_RECORDS)
        ours._calls, ours._given = PerSecond(limits.READ_CALLS), PerSecond(limits.READ_BYTES)
        ours._iterators = PerSecond(limits.ITERATORS_PER_SECOND)
        return ours

    def close(self, now: int) -> None:
        """It was split or merged: nothing more is put into it."""
        self.is_open, self.closed = False, now
        self.log.close()

    # -- sequence numbers --------------------------------------------------------------------------------------------

    def next_sequence_number(self) -> int:
        self._latest += _STEP
        return self._latest

    def position_of(self, number: int) -> int | None:
        """The position of the record with this sequence number, or None: it is none of this shard's."""
        if not self._first <= number <= self._latest or (number - self._first) % _STEP:
            return None
        return max((number - self._first) // _STEP - 1, 0)

    def number_before(self, position: int) -> int:
        """The sequence number of the last record before a position; of none, where the shard's numbers begin."""
        return self._first + _STEP * position

    def get_min_sequence_number(self) -> int:
        return self._first

    def get_max_sequence_number(self) -> int:
        return self._latest

    # -- limits ------------------------------------------------------------------------------------------------------

    def lets_in(self, now: int, size: int) -> str:
        """Count a record of so many bytes as written; or why not, and then it does not count."""
        if self._records.wait(now, 1):
            return f"more than {limits.WRITE_RECORDS:,} records in a second"
        if self._bytes.wait(now, size):
            return f"more than {limits.WRITE_BYTES // limits.MIB} MB in a second"
        self._records.take(now, 1)
        self._bytes.take(now, size)
        return ""

    def lets_read(self, now: int) -> str:
        """Count a call of GetRecords; or why not, and then it does not count."""
        if self._calls.wait(now, 1):
            return f"more than {limits.READ_CALLS} reads in a second"
        if self._given.wait(now, 1):
            return f"more than {limits.READ_BYTES // limits.MIB} MB read in a second"
        self._calls.take(now, 1)
        return ""

    def gave(self, now: int, size: int) -> None:
        if size:
            self._given.take(now, size)

    def lets_make_iterator(self, now: int) -> bool:
        if self._iterators.wait(now, 1):
            return False
        self._iterators.take(now, 1)
        return True


class Reads:
    """The reads of one stream: each within its shard's limits, and in the journal."""

    def __init__(self, ground: Ground, place: str, shard_of: Callable[[str], CloudShard | None]) -> None:
        self._ground = ground
        self._place = place
        self._shard_of = shard_of

    def poll(self, log: stream.Shard, position: int, most: int = limits.GET_RECORDS) -> Read | None:
        """What GetRecords does; None: the shard refused."""
        now, cause = self._ground.clock.now, self._ground.clock.cause
        shard = self._shard_of(log.id)
        why = "" if shard is None else shard.lets_read(now)
        if why:
            self._ground.journal.record(
                "throttled", self._place, None, cause, operation="GetRecords", shard=log.id, why=why
            )
            return None
        read = log.after(position, most, limits.GET_RECORDS_BYTES)
        size = sum(record.size for record in read.records)
        if shard is not None:
            shard.gave(now, size)
        self.note(log, read, size, "GetRecords")
        return read

    def note(self, log: stream.Shard, read: Read, size: int, operation: str, consumer: str | None = None) -> None:
        """Write a read into the journal."""
        records: Sequence[stream.StreamRecord] = read.records
        clock = self._ground.clock
        self._ground.journal.record(
            "read",
            self._place,
            None,
            clock.cause,
            operation=operation,
            shard=log.id,
            consumer=consumer,
            records=len(records),
            size=size,
            iterator_age=clock.now - records[-1].at if records else 0,
        )
