"""One table: moto keeps its items; what changes them is told to whoever wants to know.

moto tells a table's stream of each change as it makes it, and no one when there is no stream. So here every table has
something in the stream's place, and what it hears becomes part of the call that is under way (``writes``).
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, TypeAlias

from moto.dynamodb.models.dynamo_type import Item
from moto.dynamodb.models.table import StreamShard as MotoShard
from moto.dynamodb.models.table import Table

from waterline.ground import Ground
from waterline.services.dynamodb.stream import TableStream
from waterline.services.dynamodb.throughput import Throughput
from waterline.services.dynamodb.time_to_live import TimeToLive

Heard: TypeAlias = Callable[["CloudTable", Item | None, Item | None], None]
_OURS = frozenset({"place", "capacity", "expiry", "standing_still", "_ground", "_heard"})


class CloudTable(Table):  # type: ignore[misc]
    """A table of moto's that tells of its changes. `capacity`: its throughput. `expiry`: its time to live.

    `standing_still`: a transaction is under way, so moto's copy to go back to is the table itself: we undo it.
    """

    stream_shard: MotoShard
    place: str
    capacity: Throughput
    expiry: TimeToLive
    standing_still: bool

    @classmethod
    def taking_over(cls, table: Table, ground: Ground, heard: Heard) -> None:
        """Make a table that moto has just made one of ours. `heard` is told what an item was and is."""
        table.__class__ = cls
        table._ground, table._heard = ground, heard
        table.place, table.standing_still = f"dynamodb:{table.name}", False
        table.capacity = Throughput(ground, table)
        table.expiry = TimeToLive(ground, table)
        table.listen()

    def listen(self) -> None:
        """Take over what moto has just put in the place of the stream."""
        if self.stream_shard is None:
            self.stream_shard = _NoStream(self.account_id, self)
        TableStream.taking_over(self, self._ground)

    def changed(self, old: Item | None, new: Item | None) -> None:
        """An item was `old` and is `new`; None: that there was, or is, none."""
        self._heard(self, old, new)

    def put_back(self, old: Item | None, new: Item | None) -> None:
        """Undo a change."""
        item = new if old is None else old
        assert item is not None
        place = self.items[item.hash_key] if self.has_range_key else self.items
        name = item.range_key if self.has_range_key else item.hash_key
        if old is None:
            place.pop(name, None)
        else:
            place[name] = old

    @property
    def stream(self) -> TableStream | None:
        """The table's stream, also when it was switched off."""
        return self.stream_shard if isinstance(self.stream_shard, TableStream) else None

    def __deepcopy__(self, memo: dict[int, Any]) -> Table:
        """A copy for a backup is moto's own: nothing of the cloud goes with it."""
        if self.standing_still:
            return self
        copied = Table.__new__(Table)
        for name, value in self.__dict__.items():
            if name not in _OURS:
                setattr(copied, name, None if isinstance(value, _NoStream) else copy.deepcopy(value, memo))
        return copied


class _NoStream(MotoShard):  # type: ignore[misc]
    """What hears of changes where there is no stream."""

    def add(self, old: Item | None, new: Item | None) -> None:
        self.table.changed(old, new)
