"""Archives and replays: what came over a bus is kept, and sent over it once more.

Words
-----
archive
    the events of one bus that match its pattern, for as many days as it retains them (0: for ever). Replayed events are
    not archived again.
replay
    the archived events of a time window, by the time in each event, put on their bus again for all its rules or for
    some. A replayed event has a ``replay-name``. A replay goes minute by minute; within a minute the order is not the
    order in which the events were archived.

Sources: Amazon EventBridge User Guide, "Archiving and replaying events in Amazon EventBridge"; botocore, events
``StartReplay`` (read 2026-11; facts ``eventbridge.replay_interval``, ``eventbridge.replays_concurrent``).

AWS does not document how fast a replay is, nor which identifier a replayed event has. Here each minute that holds
events takes a second, and the identifier is new, with the first event as its parent. Events are in the archive at once.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from moto.events.models import ReplayState

from waterline.clock import SECOND
from waterline.ground import Ground
from waterline.services import patterns
from waterline.services.events import limits
from waterline.services.events.event import BusEvent

Put = Callable[[BusEvent, str, frozenset[str] | None], None]
"""Puts an archived event on its bus again: the event, the replay's name, and the ARNs of the only rules."""


@dataclass
class Shelf:
    """The events of one archive. `pattern`: what it wants, None: everything."""

    pattern: patterns.Pattern | None
    events: list[BusEvent] = field(default_factory=list)

    def take(self, event: BusEvent) -> None:
        """Keep an event, if it is wanted and no replay."""
        if "replay-name" not in event.content and (self.pattern is None or self.pattern.wants(event.document)):
            self.events.append(event)

    def forget(self, retention: int, now: dt.datetime) -> None:
        """Drop what is older than so many days; 0: nothing."""
        if retention:
            oldest = now - dt.timedelta(days=retention)
            self.events = [event for event in self.events if event.arrived > oldest]

    @property
    def size(self) -> int:
        """Bytes of the events as JSON."""
        return sum(len(event.text.encode()) for event in self.events)

    def between(self, start: dt.datetime, end: dt.datetime) -> list[BusEvent]:
        return [event for event in self.events if start <= event.time <= end]


class Shelves:
    """The archives of one account in one Region; moto's hold no events."""

    def __init__(self, archives: Mapping[str, Any]) -> None:
        self._archives = archives
        self._shelves: dict[str, Shelf] = {}

    def make(self, name: str, pattern: patterns.Pattern | None) -> None:
        self._shelves[name] = Shelf(pattern)

    def change(self, name: str, pattern: patterns.Pattern) -> None:
        self._shelves[name].pattern = pattern

    def remove(self, name: str) -> None:
        del self._shelves[name]

    def take(self, bus_arn: str, event: BusEvent) -> None:
        """An event on a bus: each of its archives keeps what it wants."""
        for archive in self._archives.values():
            if archive.source_arn == bus_arn:
                self._shelves[archive.name].take(event)

    def get(self, name: str, now: dt.datetime) -> Shelf:
        """An archive's events, without those that it no longer retains."""
        shelf = self._shelves[name]
        shelf.forget(int(self._archives[name].retention or 0), now)
        return shelf


class Replays:
    """The replays of one account in one Region; the states are those of moto's replays."""

    def __init__(self, ground: Ground, put: Put) -> None:
        self._ground = ground
        self._put = put
        self._order = ground.random("order of replays")

    def start(self, replay: Any, events: Iterable[BusEvent], rules: frozenset[str] | None) -> None:
        """Play events in a task of its own. `replay`: moto's."""
        replay.state, replay.end_time, replay.last_time = ReplayState.STARTING, None, None
        minutes: dict[int, list[BusEvent]] = {}
        for event in events:
            minutes.setdefault(int(event.time.timestamp()) // limits.REPLAY_INTERVAL, []).append(event)
        played = [minutes[minute] for minute in sorted(minutes)]
        self._ground.clock.spawn(f"replay {replay.name}", self._play, replay, played, rules)

    def _play(self, replay: Any, minutes: list[list[BusEvent]], rules: frozenset[str] | None) -> None:
        clock = self._ground.clock
        for events in minutes:
            clock.rest(SECOND)
            if replay.state in (ReplayState.CANCELLING, ReplayState.CANCELLED):
                break
            replay.state = ReplayState.RUNNING
            self._order.shuffle(events)
            for event in events:
                self._put(event, replay.name, rules)
                replay.last_time = event.time.timestamp()
        cancelled = replay.state in (ReplayState.CANCELLING, ReplayState.CANCELLED)
        replay.state = ReplayState.CANCELLED if cancelled else ReplayState.COMPLETED
        replay.end_time = clock.date.timestamp()
