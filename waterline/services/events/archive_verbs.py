"""The verbs of the API that are about archives and replays.

A subclass of moto's backend; ``backend`` builds on it.
"""

from __future__ import annotations

import json
from typing import Any

from moto.events.exceptions import IllegalStatusException
from moto.events.models import EventsBackend, ReplayState

from waterline.ground import Ground
from waterline.services.events import checks, limits
from waterline.services.events.archives import Replays, Shelves
from waterline.services.events.event import BusEvent, moment

_UNDER_WAY = (ReplayState.STARTING, ReplayState.RUNNING)


class ArchiveBackend(EventsBackend):  # type: ignore[misc]
    """The archives and replays of one account in one Region. `ground` is set by ``waterline.ground.installed``."""

    ground: Ground

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.shelves = Shelves(self.archives)
        self._replays = Replays(self.ground, self._put_again)

    def put_again(self, bus: Any, event: BusEvent, only: frozenset[str] | None, replay: str, first: str) -> None:
        """Put an event of a replay on a bus; `first`: the identifier of the archived event."""
        raise NotImplementedError

    def create_archive(
        self,
        name: str,
        source_arn: str,
        description: str | None,
        event_pattern: str | dict[str, Any] | None,
        retention: str | None,
    ) -> Any:
        if isinstance(event_pattern, dict):
            event_pattern = json.dumps(event_pattern)  # as a template has it
        pattern = checks.pattern(event_pattern)
        archive = super().create_archive(name, source_arn, description, event_pattern, retention)
        archive.source_arn = self._get_event_bus(source_arn).arn
        self.shelves.make(name, pattern)
        return archive

    def update_archive(self, name: str, description: str, event_pattern: str, retention: str) -> dict[str, Any]:
        pattern = checks.pattern(event_pattern)
        answer: dict[str, Any] = super().update_archive(name, description, event_pattern, retention)
        if pattern is not None:
            self.shelves.change(name, pattern)
        return answer

    def describe_archive(self, name: str) -> dict[str, Any]:
        answer: dict[str, Any] = super().describe_archive(name)
        return answer | self._held(name)

    def list_archives(self, name_prefix: str | None, source_arn: str | None, state: str | None) -> list[dict[str, Any]]:
        listed = super().list_archives(name_prefix, source_arn, state)
        return [archive | self._held(archive["ArchiveName"]) for archive in listed]

    def delete_archive(self, name: str) -> None:
        super().delete_archive(name)
        self.shelves.remove(name)

    def _held(self, name: str) -> dict[str, int]:
        shelf = self.shelves.get(name, self.ground.clock.date)
        return {"EventCount": len(shelf.events), "SizeBytes": shelf.size}

    def start_replay(
        self,
        name: str,
        description: str,
        source_arn: str,
        start_time: str,
        end_time: str,
        destination: dict[str, Any],
    ) -> dict[str, Any]:
        self.ground.clock.refuse_other_threads()
        running = [one for one in self.replays.values() if one.state in _UNDER_WAY]
        if len(running) >= limits.REPLAYS:
            raise checks.LimitExceededException
        now = self.ground.clock.date
        start, end = moment(start_time, now), moment(end_time, now)
        # moto's archives hold no events here, so that moto replays none.
        answer: dict[str, Any] = super().start_replay(name, description, source_arn, start_time, end_time, destination)
        rules = destination.get("FilterArns")
        events = self.shelves.get(source_arn.split("/")[-1], now).between(start, end)
        self._replays.start(self.replays[name], events, frozenset(rules) if rules else None)
        return answer

    def _put_again(self, event: BusEvent, replay: str, only: frozenset[str] | None) -> None:
        bus = self.event_buses.get(self.replays[replay].destination["Arn"].split("/")[-1])
        if bus is not None:
            content = {**event.content, "id": self.ground.identifier("events"), "replay-name": replay}
            again = BusEvent(content, event.detail, self.ground.clock.date, event.forwarded)
            self.put_again(bus, again, only, replay, event.id)

    def cancel_replay(self, name: str) -> dict[str, str]:
        replay = self._get_replay(name)
        if replay.state not in _UNDER_WAY:
            raise IllegalStatusException(f"Replay {name} is not in a valid state for this operation.")
        replay.state = ReplayState.CANCELLING
        return {"ReplayArn": replay.arn, "State": ReplayState.CANCELLING.value}

    def last_replayed(self, name: str) -> float | None:
        """The time of the event that a replay put last, in seconds since 1970."""
        last: float | None = self._get_replay(name).last_time
        return last
