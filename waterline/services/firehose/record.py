"""A record on its way through Firehose, and the buffer in which records wait for one another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from waterline.clock import Clock
from waterline.services.firehose.settings import Hints
from waterline.services.stream import StreamRecord
from waterline.waiting import Timer


@dataclass(frozen=True, slots=True)
class HoseRecord:
    """One record. `message` names it in the journal and in the answer of PutRecord; `at` is when it came.

    `source`: the record of a Kinesis stream that it is, and the shard that it was read from.
    """

    message: str
    data: bytes
    at: int
    source: tuple[StreamRecord, str] | None = None


class Buffer:
    """Holds records until there are enough of them, or the first has waited long enough: then they `leave`."""

    def __init__(
        self, clock: Clock, hints: Callable[[], Hints], leave: Callable[[Sequence[HoseRecord]], object]
    ) -> None:
        self._clock = clock
        self._hints = hints
        self._leave = leave
        self._records: list[HoseRecord] = []
        self._size = 0
        self._timer: Timer | None = None

    def put(self, record: HoseRecord) -> None:
        hints = self._hints()
        if not self._records:
            self._timer = self._clock.after(hints.interval, self._flush)
        self._records.append(record)
        self._size += len(record.data)
        if self._size >= hints.size:
            self._flush()

    def empty(self) -> Sequence[HoseRecord]:
        """Take out what waits."""
        records, self._records, self._size = self._records, [], 0
        if self._timer is not None:
            self._timer.cancel()
        return records

    def _flush(self) -> None:
        self._leave(self.empty())
