"""Event sources: what forwards the events of an AWS service, or of a partner, onto a bus.

The lab keeps them, shows them and revokes them, and forwards nothing: no service of the lab puts events of its own on
the account's default bus for them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from waterline.services.eventsv2.errors import InvalidInput, InvalidState, ResourceAlreadyExists, ResourceNotFound

if TYPE_CHECKING:
    from waterline.services.eventsv2.backend import EventBuses
    from waterline.services.eventsv2.bus import EventBus

_KINDS = {"AwsServiceEventsConfiguration": "aws.service", "PartnerEventsConfiguration": "aws.partner"}
_TYPES = {"aws.service": "AWS_SERVICE_EVENTS", "aws.partner": "PARTNER_EVENTS"}


@dataclass
class EventSource:
    """One event source. `content`: the request that made it, as it has been changed since."""

    arn: str
    content: dict[str, Any]
    created_at: int
    modified_at: int
    revoked: bool = False
    tags: dict[str, str] = field(default_factory=dict)


class EventSources:
    """The event sources of one account in one Region."""

    def __init__(self, backend: EventBuses) -> None:
        self._backend = backend
        self._sources: dict[str, EventSource] = {}

    def create(self, request: Mapping[str, Any]) -> dict[str, Any]:
        bus = self._backend.bus(request["EventBusArn"], "events:CreateEventSource")
        bus.must_take_events()
        kind = _kind(request["Configuration"])
        if any(source.content["Name"] == request["Name"] for source in self._sources.values()):
            raise ResourceAlreadyExists(f"The event source {request['Name']} already exists.")
        content = {name: value for name, value in request.items() if name not in ("ClientToken", "Tags")}
        arn = self._backend.new_arn(f"event-sourcev2/{kind}", request["Name"])
        now = self._backend.ground.clock.now
        self._sources[arn] = EventSource(arn, content, now, now, tags=dict(request.get("Tags") or {}))
        return self.shown(arn)

    def get(self, arn: str) -> EventSource:
        if arn not in self._sources:
            raise ResourceNotFound(f"The event source {arn} does not exist.")
        return self._sources[arn]

    def update(self, request: Mapping[str, Any]) -> dict[str, Any]:
        source = self.get(request["EventSourceArn"])
        if source.revoked:
            raise InvalidState(f"The event source {source.content['Name']} was revoked: it can only be deleted.")
        if "Configuration" in request and _kind(request["Configuration"]) != _kind(source.content["Configuration"]):
            raise InvalidInput("The kind of an event source cannot be changed.")
        source.content |= {name: value for name, value in request.items() if name != "EventSourceArn"}
        source.modified_at = self._backend.ground.clock.now
        return self.shown(source.arn)

    def delete(self, arn: str) -> None:
        del self._sources[self.get(arn).arn]

    def revoke(self, arn: str) -> bool:
        """Revoke it, if it is an event source; whether it is."""
        if arn in self._sources:
            self._sources[arn].revoked = True
        return arn in self._sources

    def of(self, bus: EventBus) -> list[EventSource]:
        """Those that keep a bus from being deleted."""
        sources = self._sources.values()
        return [source for source in sources if source.content["EventBusArn"] == bus.arn and not source.revoked]

    def shown(self, arn: str) -> dict[str, Any]:
        source = self.get(arn)
        return {
            **source.content,
            "EventSourceArn": arn,
            "State": "ACTIVE",
            "CreationTime": self._backend.date(source.created_at),
            "LastModifiedTime": self._backend.date(source.modified_at),
            **({"Revoked": True} if source.revoked else {}),
        }

    def listed(self, request: Mapping[str, Any]) -> list[dict[str, Any]]:
        bus, prefix = request.get("EventBusArn"), request.get("NamePrefix") or ""
        return [
            {
                **self.shown(arn),
                "Type": _TYPES[_kind(source.content["Configuration"])],
                "EventSourceAccountId": self._backend.account_id,
            }
            for arn, source in self._sources.items()
            if bus in (None, source.content["EventBusArn"]) and source.content["Name"].startswith(prefix)
        ]


def _kind(configuration: Mapping[str, Any]) -> str:
    given = [kind for name, kind in _KINDS.items() if configuration.get(name) is not None]
    if len(given) != 1:
        raise InvalidInput("Configuration must have exactly one of its members.")
    return given[0]
