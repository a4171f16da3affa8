"""The answers to EventBridge requests: moto's, with what moto lacks."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from moto.events.responses import EventsHandler

if TYPE_CHECKING:
    from waterline.services.events.backend import EventBackend


class EventResponse(EventsHandler):  # type: ignore[misc]
    """One request, and its answer."""

    @property
    def backend(self) -> EventBackend:
        backend: EventBackend = self.events_backend
        return backend

    def test_event_pattern(self) -> str:
        result = self.backend.matches(self._get_param("EventPattern"), self._get_param("Event"))
        return json.dumps({"Result": result})

    def describe_replay(self) -> tuple[str, dict[str, Any]]:
        name = self._get_param("ReplayName")
        result = self.backend.describe_replay(name)
        last = self.backend.last_replayed(name)
        return json.dumps(result if last is None else {**result, "EventLastReplayedTime": last}), self.response_headers
