"""A Kinesis stream as the source of a Firehose stream: read once a second, from the latest record on.

Firehose begins with the latest record, calls GetRecords once a second for each shard, and its calls count against the
shard's limits like everybody's (Amazon Data Firehose Developer Guide, "Configure source settings" and "Writing to
Amazon Data Firehose Using Amazon Kinesis Data Streams", read 2026-11). A shard's children are read when it is done.
"""

from __future__ import annotations

import base64

from waterline.clock import SECOND
from waterline.ground import Ground
from waterline.services.firehose import limits
from waterline.services.firehose.hose import Hose
from waterline.services.stream import EventStream, Shard, readable

_INTERVAL = SECOND // limits.POLLS_PER_SECOND


class StreamSource:
    """Reads a stream for a hose until either is deleted."""

    def __init__(self, ground: Ground, stream: EventStream, hose: Hose) -> None:
        self._clock = ground.clock
        self._stream = stream
        self._hose = hose
        self._done: set[str] = set()
        self._begun: set[str] = set()
        for shard in stream.logs:
            self._begin(shard, shard.end)

    def stop(self) -> None:
        for shard in self._stream.logs:
            shard.arrivals.notify_all()

    def _begin(self, shard: Shard, position: int) -> None:
        self._begun.add(shard.id)
        self._clock.spawn(f"{self._hose.place} reads {shard.id}", self._read, shard, position)

    def _read(self, shard: Shard, position: int) -> None:
        begun = self._clock.now
        latest = begun - _INTERVAL
        while not self._hose.deleted:
            if position < shard.end:
                due = begun + -(-(self._clock.now - begun) // _INTERVAL) * _INTERVAL
                self._clock.rest(max(due, latest + _INTERVAL) - self._clock.now)
                latest = self._clock.now
                found = self._stream.poll(shard, position)
                position = found.position
                for record in found.records:
                    if self._hose.deleted:
                        return
                    record.taken = True
                    data = str(record.event["kinesis"]["data"])
                    content = base64.b64decode(data)
                    self._hose.take(content, readable(data, content), (record, shard.id))
            elif shard.closed:
                self._done.add(shard.id)
                self._go_on()
                return
            else:
                shard.arrivals.wait()

    def _go_on(self) -> None:
        """Begin with the shards whose parents have been read."""
        shards = {shard.id: shard for shard in self._stream.logs}
        for shard in shards.values():
            ready = all(parent in self._done or parent not in shards for parent in shard.parents)
            if ready and shard.id not in self._begun:
                self._begin(shard, 0)
