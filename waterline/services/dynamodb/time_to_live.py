"""Time to live: items that are deleted some time after the instant that one of their attributes names.

An item whose time is over is still there, and is read, until the background process comes to it: typically within two
days (fact ``dynamodb.ttl_delay``). How long it takes for one item is not documented; here it is drawn from the seed,
any delay up to that being equally likely. A time that is no number, or lies more than five years back, is no time
(``dynamodb.ttl_oldest``). The deletion goes into the stream with a ``userIdentity``, and takes no throughput.

Source: Amazon DynamoDB Developer Guide, "Using time to live (TTL) in DynamoDB", "Working with expired items and time to
live (TTL)", "DynamoDB Streams and Time to Live"; UpdateTimeToLive (read 2026-11).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from moto.dynamodb.exceptions import MockValidationException
from moto.dynamodb.models.dynamo_type import Item

from waterline.clock import SECOND, microseconds
from waterline.errors import CloudMisused
from waterline.facts import facts
from waterline.ground import Ground
from waterline.waiting import Timer

_DELAY = microseconds(facts["dynamodb.ttl_delay"].seconds)
_OLDEST = microseconds(facts["dynamodb.ttl_oldest"].seconds)
_BETWEEN_UPDATES = microseconds(facts["dynamodb.ttl_update_interval"].seconds)


@dataclass(frozen=True)
class _Waiting:
    """An item that will be deleted. `over`: when its time is over, in microseconds."""

    over: int
    timer: Timer


class TimeToLive:
    """The time to live of one table's items."""

    def __init__(self, ground: Ground, table: Any) -> None:
        self._ground = ground
        self._table = table
        self._waiting: dict[str, _Waiting] = {}
        self._updated_at: int | None = None
        self.delete: Callable[[Item, tuple[str, ...]], None] = lambda item, cause: None

    @property
    def attribute(self) -> str | None:
        """The attribute that names the instant; None when time to live is off."""
        on = self._table.ttl["TimeToLiveStatus"] == "ENABLED"
        return str(self._table.ttl["AttributeName"]) if on else None

    def check_update(self, enabled: bool) -> None:
        """Whether it may be switched now. Raises moto's ValidationException."""
        if enabled == (self.attribute is not None):
            state = "enabled" if enabled else "disabled"
            raise MockValidationException(f"TimeToLive is already {state}")
        now = self._ground.clock.now
        if self._updated_at is not None and now < self._updated_at + _BETWEEN_UPDATES:
            raise MockValidationException("Time to live has been modified multiple times within a fixed interval")
        self._updated_at = now

    def switched(self) -> None:
        """It was switched on or off: look at every item once more."""
        self.stop()
        if self.attribute is not None:
            for item in self._table.all_items():
                self.watch(item, None)

    def stop(self) -> None:
        for waiting in self._waiting.values():
            waiting.timer.cancel()
        self._waiting.clear()

    def watch(self, item: Item, message: str | None) -> None:
        """An item was written, by the change of this name."""
        name, over = _name(item), self._over(item)
        before = self._waiting.get(name)
        if before is not None:
            if over == before.over:
                return
            self.forget(item)
        if over is None:
            return
        stream = self._ground.random(f"time to live of {self._table.name}")
        due = max(over, self._ground.clock.now) + stream.randint(1, _DELAY)
        cause = () if message is None else (message,)
        try:
            timer = self._ground.clock.at(due, self._expire, name, item, cause, background=True)
        except CloudMisused:  # after the end of time
            return
        self._waiting[name] = _Waiting(over, timer)

    def forget(self, item: Item) -> None:
        """An item is gone."""
        waiting = self._waiting.pop(_name(item), None)
        if waiting is not None:
            waiting.timer.cancel()

    def _expire(self, name: str, item: Item, cause: tuple[str, ...]) -> None:
        del self._waiting[name]
        self.delete(item, cause)

    def _over(self, item: Item) -> int | None:
        value = None if self.attribute is None else item.attrs.get(self.attribute)
        if value is None or value.type != "N":
            return None
        try:
            seconds = Decimal(str(value.value)) - Decimal(str(self._ground.clock.start.timestamp()))
        except InvalidOperation:
            return None
        over = int(seconds * SECOND)
        return over if over >= self._ground.clock.now - _OLDEST else None


def _name(item: Item) -> str:
    """What tells the items of a table apart."""
    return f"{item.hash_key.to_json()}/{item.range_key.to_json() if item.range_key else ''}"
