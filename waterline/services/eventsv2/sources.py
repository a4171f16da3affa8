"""Event sources: what forwards the events of an AWS service, or of a partner, onto a bus.

An AWS service puts its events on the account's default bus. An event source hears them there, and those that it wants
it puts on its own bus, with the envelope that they have; their source and detail-type are in the system metadata too.
The bus cannot go while it has an event source, so there is nothing to dead-letter.

Source: botocore 1.44.5, eventbridgev2, CreateEventSource and RevokeResource; aws/agent-toolkit-for-aws, "event sources"
(read 2026-11). Events of partners are not in the lab: such event sources are kept and shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from moto.backends import get_backend
from moto.core.exceptions import ServiceException

from waterline.services import patterns
from waterline.services.events.event import BusEvent as ClassicEvent
from waterline.services.eventsv2.errors import InvalidInput, InvalidState, ResourceAlreadyExists, ResourceNotFound

if TYPE_CHECKING:
    from waterline.services.eventsv2.backend import EventBuses
    from waterline.services.eventsv2.bus import EventBus

_KINDS = {"AwsServiceEventsConfiguration": "aws.service", "PartnerEventsConfiguration": "aws.partner"}
_SET_BY_THE_SERVICE = frozenset({"source", "account", "region"})
_DEFAULT_BUS = "default"
_TYPES = {"aws.service": "AWS_SERVICE_EVENTS", "aws.partner": "PARTNER_EVENTS"}


@dataclass
class EventSource:
    """One event source. `content`: the request that made it, as it has been changed since."""

    arn: str
    content: dict[str, Any]
    created_at: int
    modified_at: int
    pattern: patterns.Pattern | None
    revoked: bool = False
    tags: dict[str, str] = field(default_factory=dict)


class EventSources:
    """The event sources of one account in one Region."""

    def __init__(self, backend: EventBuses) -> None:
        self._backend = backend
        self._sources: dict[str, EventSource] = {}
        self._listening = False

    def create(self, request: Mapping[str, Any]) -> dict[str, Any]:
        bus = self._backend.bus(request["EventBusArn"], "events:CreateEventSource")
        bus.must_take_events()
        kind = _kind(request["Configuration"])
        if any(source.content["Name"] == request["Name"] for source in self._sources.values()):
            raise ResourceAlreadyExists(f"The event source {request['Name']} already exists.")
        content = {name: value for name, value in request.items() if name not in ("ClientToken", "Tags")}
        arn = self._backend.new_arn(f"event-sourcev2/{kind}", request["Name"])
        now = self._backend.ground.clock.now
        pattern = _pattern(request["Configuration"])
        self._sources[arn] = EventSource(arn, content, now, now, pattern, tags=dict(request.get("Tags") or {}))
        self._listen()
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
        if "Configuration" in request:
            source.pattern = _pattern(request["Configuration"])
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

    # -- forwarding --------------------------------------------------------------------------------------------------

    def _listen(self) -> None:
        """Hear what comes to the account's default bus, from the first event source on."""
        if not self._listening:
            self._listening = True
            get_backend("events")[self._backend.account_id][self._backend.region_name].listen(self._hear)

    def _hear(self, bus: str, event: ClassicEvent) -> None:
        if bus != _DEFAULT_BUS:
            return
        for source in self._sources.values():
            service = (source.content["Configuration"].get("AwsServiceEventsConfiguration") or {}).get("AwsService")
            wanted = service == event.content["source"] and not source.revoked
            if wanted and (source.pattern is None or source.pattern.wants(event.document)):
                name = f"event source {source.content['Name']}"
                self._backend.ground.clock.spawn(name, self._forward, source, event, cause=(event.id,))

    def _forward(self, source: EventSource, event: ClassicEvent) -> None:
        try:
            bus = self._backend.bus(source.content["EventBusArn"])
            bus.must_take_events()
            self._backend.publisher.forward_envelope(bus, event.content)
        except ServiceException as error:
            place = f"eventsv2:{source.content['EventBusArn'].split('/')[1]}"
            why = f"{source.content['Name']} could not forward it: {error.message}"
            self._backend.ground.journal.record("dropped", place, event.id, why=why)


def _pattern(configuration: Mapping[str, Any]) -> patterns.Pattern | None:
    """Which events are forwarded; None: all of the service."""
    text = (configuration.get("AwsServiceEventsConfiguration") or {}).get("Pattern")
    if not text:
        return None
    try:
        pattern = patterns.compiled(text)
    except patterns.InvalidPattern as error:
        raise InvalidInput(f"Configuration.AwsServiceEventsConfiguration.Pattern is not valid: {error}.") from error
    if any(path in _SET_BY_THE_SERVICE for one in pattern.alternatives for path in one.paths):
        raise InvalidInput("The pattern of an event source must not have source, account or region at its top.")
    return pattern


def _kind(configuration: Mapping[str, Any]) -> str:
    given = [kind for name, kind in _KINDS.items() if configuration.get(name) is not None]
    if len(given) != 1:
        raise InvalidInput("Configuration must have exactly one of its members.")
    return given[0]
