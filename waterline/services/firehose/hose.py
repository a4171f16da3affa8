"""One Firehose stream: records come in, wait in buffers, and leave as objects.

Words
-----
buffer
    records wait until there are 5 MB of them or the first has waited 300 s, unless the hints say otherwise
    (``firehose.buffer_size_default``, ``firehose.buffer_interval_default``). With a transformation they wait twice:
    before the function, under its own hints, and after it.
object
    what a buffer becomes in the bucket: the records one after the other, with nothing between them unless the stream
    appends a delimiter; compressed as a whole.

The journal has each record: ``sent`` when Firehose has it; then ``delivered`` (with the object's key, and how many
records it has), ``filtered`` (the function dropped it), ``dead-lettered`` (it failed, and is under the error prefix) or
``dropped`` (S3 did not take it in time). An attempt that S3 refused is one ``retried`` for the whole object.

Sources: Amazon Data Firehose Developer Guide, "Understand data delivery in Amazon Data Firehose", "Handle data delivery
failures": S3 is tried again for 24 hours (``firehose.retention_direct_put``), or as long as the source stream keeps its
records (read 2026-11). How long it waits between attempts AWS does not say: here one second, two, four, up to 5
minutes; other objects do not wait for one that fails.
"""

from __future__ import annotations

import datetime as dt
import gzip
from collections.abc import Callable, Sequence
from typing import Any

from waterline.clock import SECOND
from waterline.ground import Ground
from waterline.services.delivery import NotTaken, Sender, Targets
from waterline.services.firehose import limits, prefixes
from waterline.services.firehose.record import Buffer, HoseRecord
from waterline.services.firehose.settings import Hints, Settings, Transformation
from waterline.services.firehose.transformation import Failure, error_line, transformed
from waterline.services.stream import StreamRecord


class Hose:
    """Works for one stream. `settings` may change; `version` is asked when an object is named.

    `source`: the ARN of the Kinesis stream that it reads; `keeps`: how long a record may be tried, in microseconds.
    """

    def __init__(
        self,
        ground: Ground,
        name: str,
        sender: Sender,
        region: str,
        settings: Settings,
        version: Callable[[], str],
        source: str | None,
        keeps: Callable[[], int],
    ) -> None:
        self._ground = ground
        self._sender = sender
        self._region = region
        self._version = version
        self._source = source
        self._keeps = keeps
        self._untransformed = Buffer(ground.clock, lambda: _of(self.settings.transformation).hints, self._transform)
        self._good = Buffer(ground.clock, self._hints, self._deliver_good)
        self._bad = Buffer(ground.clock, self._hints, self._deliver_bad)
        self._why: dict[str, str] = {}
        self.name = name
        self.place = f"firehose:{name}"
        self.settings = settings
        self.deleted = False

    def take(self, data: bytes, readable: str, source: tuple[StreamRecord, str] | None = None) -> str:
        """Take a record in; `readable`: its body in the journal. Returns its identifier."""
        ground = self._ground
        record = HoseRecord(ground.identifier("firehose records"), data, ground.clock.now, source)
        parents = ground.clock.cause if source is None else (source[0].message,)
        ground.journal.record("sent", self.place, record.message, parents, body=readable, size=len(data))
        (self._untransformed if self.settings.transformation else self._good).put(record)
        return record.message

    def close(self) -> None:
        """The stream was deleted: what waits in it is gone."""
        self.deleted = True
        for buffer in (self._untransformed, self._good, self._bad):
            for record in buffer.empty():
                self._record("purged", record, why="the Firehose stream was deleted")

    # -- transformation ----------------------------------------------------------------------------------------------

    def _transform(self, records: Sequence[HoseRecord]) -> None:
        how = self.settings.transformation
        if how is None:  # it was taken away while these waited
            for record in records:
                self._good.put(record)
        else:
            self._spawn("transformation", records, self._through_the_function, how, records)

    def _through_the_function(self, how: Transformation, records: Sequence[HoseRecord]) -> None:
        found = transformed(self._ground, self._sender, how, records, self._region, self._source)
        for record in found.dropped:
            self._record("filtered", record, why=f"{how.function.rpartition(':')[2]} dropped it")
        for record in found.good:
            self._keep(self._good, record)
        for record, failure in found.failed:
            self._fail(record, failure, found.attempts, how.function)

    def _fail(self, record: HoseRecord, failure: Failure, attempts: int, function: str) -> None:
        self._why[record.message] = f"{failure.code}: {failure.why}"
        self._keep(self._bad, error_line(self._ground, record, failure, attempts, function))

    def _keep(self, buffer: Buffer, record: HoseRecord) -> None:
        if self.deleted:
            self._record("purged", record, why="the Firehose stream was deleted")
        else:
            buffer.put(record)

    # -- delivery ----------------------------------------------------------------------------------------------------

    def _hints(self) -> Hints:
        return self.settings.hints

    def _deliver_good(self, records: Sequence[HoseRecord]) -> None:
        self._spawn("delivery", records, self._deliver, records, False)

    def _deliver_bad(self, records: Sequence[HoseRecord]) -> None:
        self._spawn("delivery of failures", records, self._deliver, records, True)

    def _deliver(self, records: Sequence[HoseRecord], failed: bool) -> None:
        settings, clock = self.settings, self._ground.clock
        oldest = min(record.at for record in records)
        delimiter = b"" if failed else settings.delimiter
        content = b"".join(record.data + delimiter for record in records)
        if settings.gzip:
            content = gzip.compress(content, mtime=0)
        key = self._key(settings, oldest, failed=failed)
        attempts = 0
        while True:
            attempts += 1
            try:
                Targets(self._ground).bucket(self._sender, settings.bucket, key, content)
                break
            except NotTaken as refusal:
                wait = min(SECOND << min(attempts - 1, 20), limits.LONGEST_WAIT)
                if clock.now + wait > oldest + self._keeps():
                    self._give_up(records, f"{settings.bucket} did not take it for {attempts} attempts: {refusal}")
                    return
                said = f"in {wait // SECOND} s: {refusal}"
                self._ground.journal.record(
                    "retried", self.place, None, count=len(records), until=clock.now + wait, why=said
                )
                clock.rest(wait)
        kind = "dead-lettered" if failed else "delivered"
        # Of the object as a whole, once.
        whole: dict[str, int] = {"size": len(content), "age": clock.now - oldest}
        for record in records:
            why = self._why.pop(record.message, None)
            self._record(kind, record, to=f"s3:{settings.bucket}", object=key, count=len(records), why=why, **whole)
            whole = {}

    def _give_up(self, records: Sequence[HoseRecord], why: str) -> None:
        for record in records:
            self._why.pop(record.message, None)
            self._record("dropped", record, why=why)

    def _key(self, settings: Settings, oldest: int, *, failed: bool) -> str:
        clock = self._ground.clock
        at = (clock.start + dt.timedelta(microseconds=oldest)).astimezone(settings.zone)
        prefix = settings.prefixes.evaluated(at, self._random_string, failed=failed)
        uuid = self._ground.identifier("firehose objects")
        return prefix + prefixes.suffix(self.name, self._version(), at, uuid, settings.extension)

    def _random_string(self) -> str:
        return self._ground.identifier("random strings of prefixes")[:11]

    # -- inside ------------------------------------------------------------------------------------------------------

    def _spawn(self, what: str, records: Sequence[HoseRecord], action: Callable[..., None], *args: object) -> None:
        cause = tuple(record.message for record in records)
        self._ground.clock.spawn(f"{what} of {self.place}", action, *args, cause=cause)

    def _record(self, kind: str, record: HoseRecord, **detail: Any) -> None:
        self._ground.journal.record(kind, self.place, record.message, **detail)


def _of(transformation: Transformation | None) -> Transformation:
    assert transformation is not None
    return transformation
