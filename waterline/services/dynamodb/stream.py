"""The stream of one table: what changed, item by item, in the order in which it changed.

A record says what an item was and has become, as far as the stream's view type shows it, and can be read for 24 hours.
A write that changes nothing writes no record (Amazon DynamoDB Developer Guide, "Change data capture for DynamoDB
Streams", read 2026-11). AWS cuts a stream into shards as it pleases; here, as in moto, a stream is one shard.

A record's name in the journal is its ``eventID``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from moto.dynamodb.models.dynamo_type import Item
from moto.dynamodb.models.table import StreamRecord as MotoRecord
from moto.dynamodb.models.table import StreamShard as MotoShard
from moto.dynamodb.models.table import Table
from moto.dynamodb.models.utilities import dynamo_json_dump

from waterline.clock import SECOND
from waterline.ground import Ground
from waterline.services.stream import Read, Shard, StreamRecord

_RETENTION = 24 * 3600 * SECOND


class TableStream(MotoShard):  # type: ignore[misc]
    """The shard of moto's that is a table's stream. `log` is what event source mappings read."""

    arn: str
    place: str
    deleted: bool
    pushes = False

    @classmethod
    def taking_over(cls, table: Table, ground: Ground) -> None:
        """Make the stream that moto has just given a table one of ours; a stream that was switched off ends."""
        shard = table.stream_shard
        if shard is not None and not isinstance(shard, cls):
            shard.__class__ = cls
            shard._open(ground)
        if isinstance(shard, cls) and not table.stream_specification.get("StreamEnabled"):
            shard.log.close()

    def _open(self, ground: Ground) -> None:
        self._ground = ground
        self._held: list[tuple[Item | None, Item | None]] | None = None
        self.arn = f"{self.table.table_arn}/stream/{self.table.latest_stream_label}"
        self.place = f"dynamodb:{self.table.name}"
        self.log = Shard(ground, self.place, self.id, lambda: _RETENTION)
        self.deleted = False

    def __deepcopy__(self, memo: dict[int, Any]) -> TableStream:
        """moto copies a table to be able to undo a transaction; what was written to a stream is not undone."""
        return self

    @property
    def logs(self) -> Sequence[Shard]:
        return [self.log]

    def poll(self, shard: Shard, position: int) -> Read:
        """All that there is: how much one read gives is not limited here."""
        return shard.after(position)

    def close(self) -> None:
        """The table was deleted."""
        self.deleted = True
        self.log.purge()

    # -- changes -----------------------------------------------------------------------------------------------------

    @contextmanager
    def held(self, only_the_last: bool) -> Iterator[None]:
        """Hold changes back for the length of a ``with`` block; if it fails, they have not happened.

        moto puts an item before it updates it: of that only the last change counts.
        """
        outer, self._held = self._held, []
        try:
            yield
        except BaseException:
            self._held = outer
            raise
        held, self._held = self._held, outer
        for old, new in held[-1:] if only_the_last else held:
            self.add(old, new)

    def add(self, old: Item | None, new: Item | None) -> None:
        """Write down that an item was `old` and is `new`; None: that there was, or is, none."""
        if self._held is not None:
            self._held.append((old, new))
            return
        if self.log.closed or (old is not None and new is not None and old.to_json() == new.to_json()):
            return
        change = "INSERT" if old is None else "REMOVE" if new is None else "MODIFY"
        number = self.starting_sequence_number + len(self.items)
        view = self.table.stream_specification["StreamViewType"]
        stored = MotoRecord(self.table, view, change, old, new, number)
        stored.record["eventVersion"] = "1.1"
        stored.record["awsRegion"] = self.table.region_name
        self.items.append(stored)
        ground, event = self._ground, self._event(stored)
        name, keys = event["eventID"], json.dumps(event["dynamodb"]["Keys"], sort_keys=True)
        ground.journal.record(
            "sent", self.place, name, ground.clock.cause, key=keys, shard=self.id, change=change, body=_plain(event)
        )
        self.log.append(StreamRecord(name, str(number), keys, ground.clock.now, event))

    def _event(self, stored: MotoRecord) -> dict[str, Any]:
        """The entry of a function's event ("Using AWS Lambda with Amazon DynamoDB", example record event)."""
        at = float(int(self._ground.clock.date.timestamp()))
        content = {**stored.record["dynamodb"], "ApproximateCreationDateTime": at}
        event: dict[str, Any] = json.loads(dynamo_json_dump({**stored.record, "dynamodb": content}))
        return {**event, "eventSourceARN": self.arn}


def _plain(event: dict[str, Any]) -> str:
    """The key of the item as JSON without DynamoDB's types: what to call the record in a picture."""
    return json.dumps({name: next(iter(value.values())) for name, value in event["dynamodb"]["Keys"].items()})
