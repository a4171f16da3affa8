"""What one call changes: all of it or nothing, paid for, then told.

Words
-----
change
    of one item: what it was and has become. A change that changes nothing takes throughput and is told to nobody.
call
    one request to the API. Its changes are *published* when the call is done and its throughput is taken: first the
    journal (``written``), then the stream, so that a reader finds the item as the record says. A call that fails has
    changed nothing.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.types import TypeDeserializer
from moto.dynamodb.models.dynamo_type import Item
from moto.dynamodb.models.utilities import dynamo_json_dump

from waterline.ground import Ground
from waterline.services.dynamodb.throughput import write_units

if TYPE_CHECKING:
    from waterline.services.dynamodb.table import CloudTable


@dataclass(frozen=True)
class Change:
    """An item of a table was `old` and is `new`."""

    table: CloudTable
    old: Item | None
    new: Item | None

    @property
    def item(self) -> Item:
        """What there is of it."""
        item = self.old if self.new is None else self.new
        assert item is not None
        return item

    @property
    def is_real(self) -> bool:
        return self.old is None or self.new is None or self.old.to_json() != self.new.to_json()


class Call:
    """The changes of one call, in the order in which moto made them. `dear`: how often a unit counts."""

    def __init__(self, ground: Ground, dear: int = 1) -> None:
        self._ground = ground
        self._dear = dear
        self.changes: list[Change] = []
        self.idle: list[tuple[CloudTable, str, int]] = []
        """Writes that found nothing to change: table, partition key, units."""

    def undo(self, since: int = 0) -> None:
        """Make it as if the changes from this one on had not been."""
        for change in reversed(self.changes[since:]):
            change.table.put_back(change.old, change.new)
        del self.changes[since:]

    def keep_last(self, since: int) -> None:
        """moto puts an item before it updates it: of that only the last change counts."""
        self.changes[since:] = self.changes[-1:] if len(self.changes) > since else []

    def charge(self) -> dict[str, int]:
        """Take the throughput of all tables, or of none; returns the units by table. Raises Exceeded."""
        units: dict[CloudTable, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        for table, key, count in self.idle:
            units[table][key] += count * self._dear
        for change in self.changes:
            sizes = [item.size() for item in (change.old, change.new) if item is not None]
            units[change.table][partition(change.item)] += write_units(*sizes) * self._dear
        for table, parts in units.items():
            table.capacity.check_write(parts)
        for table, parts in units.items():
            table.capacity.take_write(parts)
        return {table.name: sum(parts.values()) for table, parts in units.items()}

    def publish(self, cause: tuple[str, ...], by: Mapping[str, str] | None = None, why: str | None = None) -> list[str]:
        """Tell of the changes; returns their names in the journal."""
        return [self._tell(change, cause, by, why) for change in self.changes if change.is_real]

    def _tell(self, change: Change, cause: tuple[str, ...], by: Mapping[str, str] | None, why: str | None) -> str:
        table, ground = change.table, self._ground
        stream = table.stream
        record = None if stream is None else stream.record(change.old, change.new, by)
        name = ground.identifier("changes of tables") if record is None else record.message
        kind = "INSERT" if change.old is None else "REMOVE" if change.new is None else "MODIFY"
        keys = {attribute: change.item.attrs[attribute] for attribute in table.table_key_attrs}
        body = _plain(change.item.attrs if change.new is not None else keys)
        ground.journal.record("written", table.place, name, cause, key=_plain(keys), change=kind, body=body, why=why)
        if change.new is None:
            table.expiry.forget(change.item)
        else:
            table.expiry.watch(change.new, name)
        if stream is not None and record is not None:
            stream.append(record)
        return name


def partition(item: Item) -> str:
    """The partition key of an item, as text."""
    return json.dumps(item.hash_key.to_json(), sort_keys=True)


def _plain(attributes: Mapping[str, Any]) -> str:
    """Attributes as JSON without DynamoDB's types."""
    typed = json.loads(dynamo_json_dump(dict(attributes)))
    values = {name: TypeDeserializer().deserialize(value) for name, value in typed.items()}
    return json.dumps(values, sort_keys=True, default=_number_or_text)


def _number_or_text(value: Any) -> Any:
    if isinstance(value, set):
        return sorted(value, key=str)
    try:
        return int(value) if value == int(value) else float(value)
    except (TypeError, ValueError):
        return str(value)
