"""The event source mapping that reads a stream and invokes a function with what it finds.

Words
-----
reader
    reads one shard from its position on, and deals the records out to lanes. It looks once a second at a shard of
    Kinesis, four times a second at one of DynamoDB, counted from when the mapping began to read the shard. What a read
    gives, and whether the shard refuses it, is the stream's to say; to a consumer (enhanced fan-out) they are pushed.
lane
    works off records one batch after another (``lane``). A shard has as many as the parallelization factor says; the
    records of one key go to one lane, so they stay in order.
iterator age
    how old the last record of a batch is when the function is invoked with it: ``iterator_age``, in microseconds, in
    the journal's ``invoked``.

A stream keeps its records, so nothing is deleted and nothing is hidden: a record is ``sent``, then ``invoked`` in every
attempt. Children of a split or merged shard are read when their parents have been worked off. A mapping that is
disabled goes on where it stopped.

Sources: AWS Lambda Developer Guide, "How Lambda processes records from stream and queue-based event sources", "Using
Lambda to process records from Amazon Kinesis Data Streams", "Using AWS Lambda with Amazon DynamoDB" (read 2026-11;
facts ``esm.kinesis_poll_rate``, ``esm.ddb_poll_rate``, ``esm.stream_max_concurrency``). AWS does not say what happens
between a poll and a batch; here a reader takes over all that it reads and holds it in memory, and a mapping with
``LATEST`` begins at the instant at which it is made, not some minutes later.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from waterline.clock import SECOND
from waterline.compute import limits
from waterline.compute.consumer import Consumer
from waterline.compute.filters import DYNAMODB, KINESIS
from waterline.compute.lane import Lane
from waterline.compute.stream_settings import Start, StreamSettings
from waterline.ground import Ground
from waterline.services.stream import EventStream, Shard, StreamRecord


class StreamMapping:
    """Reads one stream for one function, from :meth:`start` until :meth:`close`; :meth:`stop` is a pause."""

    def __init__(
        self,
        ground: Ground,
        stream: EventStream,
        aim: Consumer,
        settings: StreamSettings,
        start: Start,
        request_id: Callable[[], str],
        role: str,
    ) -> None:
        self.ground = ground
        self.stream = stream
        self.aim = aim
        self.settings = settings
        self.role = role
        self.new_request_id = request_id
        self.data_key = DYNAMODB if stream.place.startswith("dynamodb:") else KINESIS
        self.changed = ground.clock.signal()
        self.running = False
        self.closed = False
        self._positions = {shard.id: start.in_shard(shard) for shard in stream.logs}
        self._readers: dict[str, Reader] = {}
        polls = limits.KINESIS_POLLS_PER_SECOND if self.data_key == KINESIS else limits.DYNAMODB_POLLS_PER_SECOND
        self.poll_interval = 0 if stream.pushes else SECOND // polls
        """In microseconds; 0: records come by themselves."""

    # -- what the API does with it -----------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to read, or go on."""
        if not self.closed and self.aim.exists:
            self.running = True
            self._open_readers()
            self._wake()

    def stop(self) -> None:
        """Pause: what is being invoked is still judged, then nothing more begins."""
        self.running = False
        self._wake()

    def close(self) -> None:
        """End: what the function is not done with is in the stream, and nobody's."""
        self.running, self.closed = False, True
        for reader in self._readers.values():
            reader.let_go()
        self._wake()

    def stop_because(self, why: str) -> None:
        """End for good, since the stream or the function is gone, and say so in the journal."""
        if not self.closed:
            self.close()
            why = f"{why}: its event source mapping stopped reading {self.stream.place.partition(':')[2]}"
            self.ground.journal.record("ended", self.aim.place, why=why)

    def change(self, aim: Consumer, settings: StreamSettings) -> None:
        """From the next batch on, invoke this function under these settings."""
        self.aim, self.settings = aim, settings
        self._wake()

    # -- what readers and lanes do with it ---------------------------------------------------------------------------

    def wait_until_running(self) -> bool:
        """Block while the mapping is disabled; False when it has ended."""
        while not (self.running or self.closed):
            self.changed.wait()
        return not self.closed

    def finished(self) -> None:
        """A shard has been worked off: its children may be read."""
        if self.stream.deleted and all(reader.finished for reader in self._readers.values()):
            self.stop_because("the stream was deleted")
        elif self.running:
            self._open_readers()

    def _open_readers(self) -> None:
        shards = {shard.id: shard for shard in self.stream.logs}
        for shard in shards.values():
            ready = all(parent not in shards or self._has_finished(parent) for parent in shard.parents)
            if ready and shard.id not in self._readers:
                self._readers[shard.id] = Reader(self, shard, self._positions.get(shard.id, 0))

    def _has_finished(self, shard: str) -> bool:
        return shard in self._readers and self._readers[shard].finished

    def _wake(self) -> None:
        self.changed.notify_all()
        for reader in self._readers.values():
            reader.wake()


class Reader:
    """Reads one shard from a position on, and deals its records out."""

    def __init__(self, mapping: StreamMapping, shard: Shard, position: int) -> None:
        self.mapping = mapping
        self.shard = shard
        self.finished = False
        self._clock = mapping.ground.clock
        self._position = position
        self._begun = self._clock.now
        self._latest_poll = -1
        self._again = 0
        self._drained = self._clock.signal()
        self._lanes: list[Lane] = []
        self._clock.spawn(f"reader of {shard.id}", self._run)

    @property
    def caught_up(self) -> bool:
        """Whether all that has arrived has been read."""
        return self._position >= self.shard.end

    @property
    def at_the_end(self) -> bool:
        """Whether the shard is closed and all of it has been read."""
        return self.shard.closed and self.caught_up

    def read(self) -> None:
        """One poll: take over what it finds, filter it, and deal it out by key."""
        settings, lanes = self.mapping.settings, self._lanes
        records, self._position, self._again = self.mapping.stream.poll(self.shard, self._position)
        for record in records:
            record.taken = True
            if settings.filters is not None and not settings.filters.want(record.event):
                why = f"no filter of {self.mapping.aim.place.partition(':')[2]} wants it"
                self.mapping.ground.journal.record("filtered", self.shard.place, record.message, why=why)
            else:
                lanes[_lane_of(record, len(lanes))].put(record)

    def drained(self) -> None:
        """A lane has no work left."""
        self._drained.notify_all()

    def wake(self) -> None:
        self.shard.arrivals.notify_all()
        self._drained.notify_all()
        for lane in self._lanes:
            lane.wake()

    def let_go(self) -> None:
        for lane in self._lanes:
            lane.let_go()

    def _run(self) -> None:
        while self.mapping.wait_until_running():
            if self.mapping.stream.deleted and not self.shard.closed:
                self.mapping.stop_because("its consumer was deregistered")
            elif len(self._lanes) != self.mapping.settings.lanes:
                self._make_lanes()
            elif not self.caught_up:
                self._clock.sleep((self._next_poll() - self._clock.now) / SECOND)
                if self.mapping.running:
                    self._latest_poll = self._clock.now
                    self.read()
            elif not self.shard.closed:
                self.shard.arrivals.wait()
            elif any(lane.busy for lane in self._lanes):
                for lane in self._lanes:
                    lane.wake()
                self._drained.wait()
            else:
                self.finished = True
                self.mapping.finished()
                return

    def _make_lanes(self) -> None:
        """As many as the settings say; a key may change its lane only when nothing of it is under way."""
        if any(lane.busy for lane in self._lanes):
            self._drained.wait()
        else:
            self._lanes = [Lane(self, number) for number in range(self.mapping.settings.lanes)]

    def _next_poll(self) -> int:
        """The next instant of the grid on which this shard is polled, no instant twice."""
        interval = self.mapping.poll_interval
        if not interval:
            return max(self._clock.now, self._again)
        since = -(-(self._clock.now - self._begun) // interval)
        due = self._begun + since * interval
        return due if due > self._latest_poll else due + interval


def _lane_of(record: StreamRecord, lanes: int) -> int:
    if lanes == 1:
        return 0
    return int.from_bytes(hashlib.md5(record.order_key.encode(), usedforsecurity=False).digest()[-4:], "big") % lanes
