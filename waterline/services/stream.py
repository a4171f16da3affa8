"""A shard: an ordered log of records that are read again and again until they are too old.

Words
-----
record
    what a producer put into a stream. Its *order key* says which records must stay in order: the partition key of
    Kinesis, the key of an item of DynamoDB.
shard
    a log of records in the order of their arrival. A reader keeps its own *position* in it, counted from the shard's
    first record; reading takes nothing away.
retention
    how long a record can be read. What is older is trimmed, read or not.
taken
    a reader has taken the record over, so that what becomes of it is the reader's to say. A record that nobody has
    taken when it is trimmed is ``expired`` in the journal.

Kinesis and DynamoDB Streams keep their records in here; event source mappings (``waterline.compute``) and Firehose read
them.
Sources: Amazon Kinesis Data Streams Developer Guide, "Terminology and concepts" and "Change the data retention period";
Amazon DynamoDB Developer Guide, "Change data capture for DynamoDB Streams" (read 2026-11).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from waterline.ground import Ground
from waterline.waiting import Timer


@dataclass(eq=False, slots=True)
class StreamRecord:
    """One record. `message` names it in the journal; `at` is its arrival in microseconds since the cloud's start.

    `event` is what an entry of ``Records`` in a function's event holds of it; `size` in bytes, as reads count it.
    """

    message: str
    sequence_number: str
    order_key: str
    at: int
    event: Mapping[str, Any]
    size: int = 0
    taken: bool = False


class Read(NamedTuple):
    """What a poll has found, and the position after it. `again`: another one is of no use before that instant."""

    records: Sequence[StreamRecord]
    position: int
    again: int = 0


class Shard:
    """A log of records. `retention` answers in microseconds. `arrivals` wakes all who wait for a record or the end.

    `parents`: the shards that it goes on from, which must be read before it. `on_trim` hears of each record trimmed.
    """

    def __init__(
        self,
        ground: Ground,
        place: str,
        identifier: str,
        retention: Callable[[], int],
        parents: Sequence[str] = (),
        on_trim: Callable[[StreamRecord], object] | None = None,
    ) -> None:
        self._ground = ground
        self._retention = retention
        self._on_trim = on_trim
        self._records: list[StreamRecord] = []
        self._gone = 0
        self._timer: Timer | None = None
        self.place = place
        self.id = identifier
        self.parents = tuple(parents)
        self.arrivals = ground.clock.signal()
        self.closed = False
        self.horizon = 0

    @property
    def end(self) -> int:
        """The position after the latest record."""
        return self.horizon + len(self._records) - self._gone

    @property
    def retention(self) -> int:
        """In microseconds."""
        return self._retention()

    def append(self, record: StreamRecord) -> None:
        self._records.append(record)
        self._watch()
        self.arrivals.notify_all()

    def close(self) -> None:
        """No record will be added any more: the shard was split or merged, or its stream is gone."""
        self.closed = True
        self.arrivals.notify_all()

    def purge(self) -> None:
        """The stream is deleted, and with it what is in it."""
        for record in self._records[self._gone :]:
            if not record.taken:
                self._ground.journal.record("purged", self.place, record.message, why="the stream was deleted")
        self.horizon = self.end
        self._gone = 0
        self._records.clear()
        self._watch()
        self.close()

    def after(self, position: int, most: int | None = None, size: int | None = None) -> Read:
        """The records from a position on that have not been trimmed; at most so many, and so many bytes of them.

        The first one is among them however large it is.
        """
        self.trim()
        begin = max(position, self.horizon)
        first = begin - self.horizon + self._gone
        records = self._records[first : None if most is None else first + most]
        if size is not None:
            total = 0
            for count, record in enumerate(records):
                total += record.size
                if total > size and count:
                    del records[count:]
                    break
        return Read(records, begin + len(records))

    def position_at(self, instant: int) -> int:
        """The position of the first record that arrived at `instant` or later."""
        self.trim()
        found = bisect_left(self._records, instant, lo=self._gone, key=lambda record: record.at)
        return self.horizon + found - self._gone

    def is_trimmed(self, record: StreamRecord) -> bool:
        return self._ground.clock.now >= record.at + self._retention()

    def trim(self) -> None:
        """Let go of what is older than the retention period; a changed period holds for what is there."""
        before = self._gone
        while self._gone < len(self._records) and self.is_trimmed(self._records[self._gone]):
            record = self._records[self._gone]
            self._gone += 1
            self.horizon += 1
            if self._on_trim is not None:
                self._on_trim(record)
            if not record.taken:
                self.expire(record, "older than the stream keeps records, and nobody had read it")
        if self._gone > before and self._gone * 2 >= len(self._records):
            del self._records[: self._gone]
            self._gone = 0
        self._watch()

    def expire(self, record: StreamRecord, why: str) -> None:
        """Write down that a record was too old before somebody was done with it."""
        self._ground.journal.record("expired", self.place, record.message, why=why)

    def _watch(self) -> None:
        due = self._records[self._gone].at + self._retention() if self._gone < len(self._records) else None
        if self._timer is not None and self._timer.pending and self._timer.at == due:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None if due is None else self._ground.clock.at(due, self.trim, background=True)


class EventStream(Protocol):
    """What a reader must know of a stream. A shard that is closed wakes its readers.

    `pushes`: it hands records over as they come, and is not polled at intervals.
    """

    arn: str
    place: str
    pushes: bool

    @property
    def deleted(self) -> bool: ...

    @property
    def logs(self) -> Sequence[Shard]: ...

    def poll(self, shard: Shard, position: int) -> Read:
        """Read on from a position, as far as the stream lets its readers; nothing, if it refuses."""


def readable(data: str, content: bytes) -> str:
    """The body of a record in the journal: bytes as text, if they are text in UTF-8; if not, `data`, their base64."""
    try:
        return content.decode()
    except ValueError:
        return data
