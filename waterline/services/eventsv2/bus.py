"""One bus: a log that keeps events for days, and the subscribers that read it.

Words
-----
retention
    how long an event can be read, delivered or not. What is older is gone, and a stopped subscriber has missed it.
duplicate
    an event published within five minutes of one with the same deduplication identifier, or the same content where the
    request asks for that, in the same event group of the same account (``eventbridge.custom_bus_dedup_window``).

Sources: Amazon EventBridge User Guide, "Creating a bus", "Publishing events to a Custom Event Bus", "Ordering and
deduplicating events on a Custom Event Bus" (read 2026-11). A bus is made, changed and deleted in the background; how
long that takes is not documented: here one second.
"""

from __future__ import annotations

import datetime as dt
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from waterline.clock import SECOND
from waterline.ground import Ground
from waterline.services.eventsv2 import limits
from waterline.services.eventsv2.errors import InvalidState
from waterline.services.eventsv2.event import BusEvent
from waterline.services.stream import Shard, StreamRecord

if TYPE_CHECKING:
    from waterline.services.eventsv2.subscriber import Subscriber

_PROVISIONING = SECOND
_DAY = 86_400 * SECOND
CREATING, ACTIVE, UPDATING, DELETING = "CREATING", "ACTIVE", "UPDATING", "DELETING"


@dataclass(frozen=True)
class _Accepted:
    """An event that later ones may be duplicates of."""

    at: int
    key: tuple[str, str, str]
    identifier: str
    sequence_number: str


@dataclass
class Policy:
    """A named resource policy, and the revision that it is in."""

    document: str
    revision: str


@dataclass
class EventBus:
    """`settings`: description and encryption as they were given. `retention_days` counts for what is there too."""

    ground: Ground
    name: str
    arn: str
    settings: dict[str, Any]
    retention_days: int
    created_at: int = 0
    modified_at: int = 0
    state: str = CREATING
    tags: dict[str, str] = field(default_factory=dict)
    policies: dict[str, Policy] = field(default_factory=dict)
    subscribers: dict[str, Subscriber] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.created_at = self.modified_at = self.ground.clock.now
        self.place = f"eventsv2:{self.name}"
        self.log = Shard(self.ground, self.place, self.arn, lambda: self.retention, on_trim=self._trimmed)
        self._accepted: deque[_Accepted] = deque()
        self._known: dict[tuple[str, str, str], _Accepted] = {}
        self._published = 0
        self.ground.clock.after(_PROVISIONING, self._settle)

    @property
    def account(self) -> str:
        return self.arn.split(":")[4]

    @property
    def retention(self) -> int:
        """In microseconds."""
        return self.retention_days * _DAY

    @property
    def window_start(self) -> int:
        """The earliest instant from which events can be read."""
        return max(self.ground.clock.now - self.retention, self.created_at)

    # -- its life ----------------------------------------------------------------------------------------------------

    def must_take_events(self) -> None:
        if self.state not in (ACTIVE, UPDATING):
            raise InvalidState(f"The event bus {self.name} is {self.state}, and takes nothing until it is {ACTIVE}.")

    def must_be_active(self) -> None:
        if self.state != ACTIVE:
            raise InvalidState(f"The event bus {self.name} is {self.state}, and cannot be changed now.")

    def update(self, settings: Mapping[str, Any], retention_days: int | None) -> None:
        self.settings |= settings
        self.retention_days = retention_days or self.retention_days
        self.state, self.modified_at = UPDATING, self.ground.clock.now
        self.log.trim()
        self.ground.clock.after(_PROVISIONING, self._settle)

    def delete(self) -> None:
        self.state = DELETING
        self.ground.clock.after(_PROVISIONING, self.log.purge)

    def _settle(self) -> None:
        if self.state in (CREATING, UPDATING):
            self.state = ACTIVE

    @property
    def is_gone(self) -> bool:
        return self.state == DELETING and self.log.closed

    # -- events ------------------------------------------------------------------------------------------------------

    def duplicate_of(self, key: tuple[str, str, str] | None) -> tuple[str, str] | None:
        """The identifier and sequence number of the event that one with this key is a duplicate of."""
        now = self.ground.clock.now
        while self._accepted and self._accepted[0].at + limits.DEDUPLICATION * SECOND <= now:
            old = self._accepted.popleft()
            if self._known.get(old.key) is old:
                del self._known[old.key]
        known = None if key is None else self._known.get(key)
        return None if known is None else (known.identifier, known.sequence_number)

    def next_sequence_number(self) -> str:
        self._published += 1
        return f"{self._published:020}"

    def take(self, event: BusEvent, key: tuple[str, str, str] | None) -> None:
        """Keep an event, and wake the subscribers. `key`: what makes another one its duplicate."""
        now = self.ground.clock.now
        number = event.system["aws:SequenceNumber"]
        if key is not None:
            accepted = self._known[key] = _Accepted(now, key, event.identifier, number)
            self._accepted.append(accepted)
        self.ground.journal.record(
            "sent", self.place, event.identifier, event.parents, group=event.group, body=event.said
        )
        self.log.append(StreamRecord(event.identifier, number, event.group or "", now, {"event": event}))
        for subscriber in list(self.subscribers.values()):
            subscriber.wake()

    def instant(self, date: dt.datetime) -> int:
        """A date as an instant of the cloud's clock."""
        return (date - self.ground.clock.start) // dt.timedelta(microseconds=1)

    def _trimmed(self, record: StreamRecord) -> None:
        for subscriber in self.subscribers.values():
            subscriber.missed(record, self.log.horizon - 1)
