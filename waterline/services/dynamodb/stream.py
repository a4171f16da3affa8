"""The stream of one table: what changed, item by item, in the order in which it changed.

A record says what an item was and has become, as far as the stream's view type shows it, and can be read for 24 hours
(fact ``ddbstreams.retention``). A write that changes nothing writes no record (Amazon DynamoDB Developer Guide, "Change
data capture for DynamoDB Streams", read 2026-11). AWS cuts a stream into shards as it pleases; here, as in moto, a
stream is one shard.

A record's name in the journal is its ``eventID``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from moto.dynamodb.models.dynamo_type import Item
from moto.dynamodb.models.table import StreamRecord as MotoRecord
from moto.dynamodb.models.table import StreamShard as MotoShard
from moto.dynamodb.models.table import Table
from moto.dynamodb.models.utilities import dynamo_json_dump

from waterline.clock import microseconds
from waterline.facts import facts
from waterline.ground import Ground
from waterline.services.stream import Read, Shard, StreamRecord

_RETENTION = microseconds(facts["ddbstreams.retention"].seconds)
SERVICE = {"type": "Service", "principalId": "dynamodb.amazonaws.com"}
"""Who deletes an item whose time to live is over ("DynamoDB Streams and Time to Live")."""


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
        if type(shard) is MotoShard:
            shard.__class__ = cls
            shard._open(ground)
        if isinstance(shard, cls) and not table.stream_specification.get("StreamEnabled"):
            shard.log.close()

    def _open(self, ground: Ground) -> None:
        self._ground = ground
        self._written: list[int] = []
        self.arn = f"{self.table.table_arn}/stream/{self.table.latest_stream_label}"
        self.place = f"dynamodb:{self.table.name}"
        self.log = Shard(ground, self.place, self.id, lambda: _RETENTION)
        self.deleted = False

    def __deepcopy__(self, memo: dict[int, Any]) -> TableStream:
        """moto copies a table for a backup; its stream does not go with it."""
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

    def add(self, old: Item | None, new: Item | None) -> None:
        """What moto calls when it changes an item: the record is written when the call is done."""
        self.table.changed(old, new)

    # -- records -----------------------------------------------------------------------------------------------------

    def record(self, old: Item | None, new: Item | None, by: Mapping[str, str] | None) -> StreamRecord | None:
        """The record of a change, not yet in the stream; None when the stream is off. `by`: its ``userIdentity``."""
        if self.log.closed:
            return None
        self.trim()
        change = "INSERT" if old is None else "REMOVE" if new is None else "MODIFY"
        number = self.starting_sequence_number + len(self.items)
        view = self.table.stream_specification["StreamViewType"]
        stored = MotoRecord(self.table, view, change, old, new, number)
        stored.record["eventVersion"] = "1.1"
        stored.record["awsRegion"] = self.table.region_name
        if by is not None:
            stored.record["userIdentity"] = dict(by)
        self.items.append(stored)
        self._written.append(self._ground.clock.now)
        event = self._event(stored)
        keys = json.dumps(event["dynamodb"]["Keys"], sort_keys=True)
        return StreamRecord(event["eventID"], str(number), keys, self._ground.clock.now, event)

    def append(self, record: StreamRecord) -> None:
        """Put a record into the stream."""
        keys = record.event["dynamodb"]["Keys"]
        body = json.dumps({name: next(iter(value.values())) for name, value in keys.items()})
        self._ground.journal.record(
            "sent",
            self.place,
            record.message,
            self._ground.clock.cause,
            key=record.order_key,
            shard=self.id,
            change=record.event["eventName"],
            body=body,
        )
        self.log.append(record)

    def trim(self) -> None:
        """Let go of the records that are older than a stream keeps them, also for the API."""
        horizon = self._ground.clock.now - _RETENTION
        gone = next((place for place, at in enumerate(self._written) if at > horizon), len(self._written))
        if gone:
            del self.items[:gone], self._written[:gone]
            self.starting_sequence_number += gone

    def _event(self, stored: MotoRecord) -> dict[str, Any]:
        """The entry of a function's event ("Using AWS Lambda with Amazon DynamoDB", example record event)."""
        at = float(int(self._ground.clock.date.timestamp()))
        content = {**stored.record["dynamodb"], "ApproximateCreationDateTime": at}
        event: dict[str, Any] = json.loads(dynamo_json_dump({**stored.record, "dynamodb": content}))
        return {**event, "eventSourceARN": self.arn}
