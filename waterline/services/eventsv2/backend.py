"""The verbs of the Custom Event Bus, in one account and one Region.

Requests come as the model has them, checked against it; answers go back in the same form. A create
that is repeated with its client token gets the answer of the first one.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterable, Mapping
from types import SimpleNamespace
from typing import Any

from moto.backends import get_backend
from moto.core.base_backend import BaseBackend

from waterline.ground import Ground
from waterline.services.eventsv2 import limits, permissions
from waterline.services.eventsv2.bus import CREATING, DELETING, EventBus
from waterline.services.eventsv2.errors import (
    IdempotentParameterMismatch,
    InvalidState,
    LimitExceeded,
    ResourceAlreadyExists,
    ResourceInUse,
    ResourceNotFound,
)
from waterline.services.eventsv2.publishing import Publisher
from waterline.services.eventsv2.responses import URLS
from waterline.services.eventsv2.sources import EventSources
from waterline.services.eventsv2.subscriber import Subscriber
from waterline.services.eventsv2.subscriptions import Subscriptions
from waterline.services.eventsv2.wire import SERVICE

_PAGE = 100
_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
_ID = 25
Answer = dict[str, Any]


class EventBuses(BaseBackend):  # type: ignore[misc]
    """The buses and subscribers of one account in one Region. `ground` is set by ``waterline.ground.installed``."""

    ground: Ground

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.buses: dict[str, EventBus] = {}
        self.subscriptions = Subscriptions(self)
        self.sources = EventSources(self)
        self._tokens: dict[tuple[str, str], tuple[str, Answer]] = {}
        self.publisher = Publisher(self.ground, account_id, region_name)

    @property
    def _url_module(self) -> SimpleNamespace:
        return URLS

    def new_arn(self, kind: str, name: str) -> str:
        numbers = self.ground.random("identifiers of eventsv2")
        identifier = "".join(numbers.choice(_LETTERS) for _ in range(_ID))
        return f"arn:{self.partition}:events:{self.region_name}:{self.account_id}:{kind}/{name}/{identifier}"

    def date(self, instant: int) -> dt.datetime:
        return self.ground.clock.start + dt.timedelta(microseconds=instant)

    def once(self, operation: str, request: Mapping[str, Any], do: Callable[[], Answer]) -> Answer:
        """Do what a create asks for, or give the answer of the create that had the same client token."""
        content = dict(request)
        token = content.pop("ClientToken", None)
        if token is None:
            return do()
        same = json.dumps(content, sort_keys=True, default=str)
        known = self._tokens.get((operation, token))
        if known is not None and known[0] != same:
            raise IdempotentParameterMismatch("The client token was used before, with other parameters.")
        if known is None:
            known = self._tokens[operation, token] = (same, do())
        return known[1]

    # -- buses -------------------------------------------------------------------------------------------------------

    def bus(self, arn: str, action: str | None = None, context: Mapping[str, str] | None = None) -> EventBus:
        """The bus with this ARN; for an `action` that other accounts may be allowed, also a bus of theirs."""
        parts = arn.split(":")
        mine = parts[4] == self.account_id or action is None
        owner = self if mine else get_backend(SERVICE)[parts[4]][self.region_name]
        bus = owner.buses.get(arn)
        if bus is not None and bus.is_gone:
            del owner.buses[arn]
            bus = None
        if bus is None:
            raise ResourceNotFound(f"The event bus {arn} does not exist.")
        if action is not None:
            permissions.ask(bus, self.account_id, action, context or {})
        return bus

    def create_event_bus(self, request: Mapping[str, Any]) -> Answer:
        return self.once("CreateEventBus", request, lambda: self._create_bus(request))

    def _create_bus(self, request: Mapping[str, Any]) -> Answer:
        buses = [bus for bus in self.buses.values() if not bus.is_gone]
        if any(bus.name == request["Name"] for bus in buses):
            raise ResourceAlreadyExists(f"The event bus {request['Name']} already exists.")
        if len(buses) >= limits.BUSES:
            raise LimitExceeded(f"This account has the {limits.BUSES} event buses that it may have.")
        days = (request.get("StorageConfiguration") or {}).get("RetentionPeriodInDays") or limits.RETENTION_DAYS
        settings = {name: request.get(name) for name in ("Description", "EncryptionConfiguration")}
        bus = EventBus(self.ground, request["Name"], self.new_arn("event-busv2", request["Name"]), settings, days)
        bus.tags = dict(request.get("Tags") or {})
        self.buses[bus.arn] = bus
        return self._shown_bus(bus, without=("LastModifiedTime",))

    def describe_event_bus(self, request: Mapping[str, Any]) -> Answer:
        return self._shown_bus(self.bus(request["EventBusArn"], "events:DescribeEventBus"))

    def update_event_bus(self, request: Mapping[str, Any]) -> Answer:
        bus = self.bus(request["EventBusArn"])
        bus.must_be_active()
        given = {name: request[name] for name in ("Description", "EncryptionConfiguration") if name in request}
        bus.update(given, (request.get("StorageConfiguration") or {}).get("RetentionPeriodInDays"))
        return self._shown_bus(bus, without=("CreationTime",))

    def delete_event_bus(self, request: Mapping[str, Any]) -> None:
        bus = self.bus(request["EventBusArn"])
        attached = [
            kind
            for kind, some in (("subscribers", self._attached(bus)), ("event sources", self.sources.of(bus)))
            if some
        ]
        if bus.state in (CREATING, DELETING):
            raise InvalidState(f"The event bus {bus.name} is {bus.state}, and cannot be deleted now.")
        if attached:
            raise ResourceInUse(f"The event bus {bus.name} still has {' and '.join(attached)}: delete them first.")
        bus.delete()

    def list_event_buses(self, request: Mapping[str, Any]) -> Answer:
        prefix, owner = request.get("NamePrefix") or "", request.get("EventBusAccountId")
        buses = [bus for bus in self.buses.values() if not bus.is_gone and bus.name.startswith(prefix)]
        shown = [
            {**self._shown_bus(bus), "EventBusAccountId": bus.account} for bus in buses if owner in (None, bus.account)
        ]
        return paged("EventBuses", shown, request)

    def _attached(self, bus: EventBus) -> list[Subscriber]:
        return [subscriber for subscriber in bus.subscribers.values() if not subscriber.revoked]

    def _shown_bus(self, bus: EventBus, without: Iterable[str] = ()) -> Answer:
        shown = {
            "EventBusArn": bus.arn,
            "Name": bus.name,
            **bus.settings,
            "StorageConfiguration": {
                "RetentionPeriodInDays": bus.retention_days,
                "RetentionWindowStartTime": self.date(bus.window_start),
            },
            "State": bus.state,
            "CreationTime": self.date(bus.created_at),
            "LastModifiedTime": self.date(bus.modified_at),
        }
        return {name: value for name, value in shown.items() if value is not None and name not in without}

    # -- events ------------------------------------------------------------------------------------------------------

    def put_events(self, request: Mapping[str, Any]) -> Answer:
        self.ground.clock.refuse_other_threads()
        contexts = [
            {"events:source": one["Source"], "events:detail-type": one["DetailType"]} for one in request["Entries"]
        ]
        bus = [self.bus(request["EventBusArn"], "events:PutEvents", context) for context in contexts][-1]
        bus.must_take_events()
        return self.publisher.put(bus, request)

    def put_raw_events(self, request: Mapping[str, Any]) -> Answer:
        self.ground.clock.refuse_other_threads()
        bus = self.bus(request["EventBusArn"], "events:PutRawEvents")
        bus.must_take_events()
        return self.publisher.put_raw(bus, request)

    # -- subscribers -------------------------------------------------------------------------------------------------

    def create_subscriber(self, request: Mapping[str, Any]) -> Answer:
        return self.once("CreateSubscriber", request, lambda: self.subscriptions.create(request))

    def describe_subscriber(self, request: Mapping[str, Any]) -> Answer:
        return self.subscriptions.describe(request)

    def update_subscriber(self, request: Mapping[str, Any]) -> Answer:
        return self.subscriptions.update(request)

    def delete_subscriber(self, request: Mapping[str, Any]) -> None:
        self.subscriptions.delete(request)

    def list_subscribers(self, request: Mapping[str, Any]) -> Answer:
        return paged("Subscribers", self.subscriptions.listed(request), request)

    def revoke_resource(self, request: Mapping[str, Any]) -> Answer:
        arn = request["Arn"]
        if not (self.sources.revoke(arn) or self.subscriptions.revoke(arn)):
            raise ResourceNotFound(f"No bus of this account has {arn}.")
        return {"Arn": arn}

    # -- policies and tags -------------------------------------------------------------------------------------------

    def put_resource_policy(self, request: Mapping[str, Any]) -> Answer:
        bus = self.bus(request["ResourceArn"])
        revision = permissions.put(self.ground, bus, request)
        return {"ResourceArn": bus.arn, "PolicyName": request.get("PolicyName", "default"), "RevisionId": revision}

    def get_resource_policy(self, request: Mapping[str, Any]) -> Answer:
        bus = self.bus(request["ResourceArn"])
        name, policy = permissions.get(bus, request)
        shown = {"PolicyDocument": policy.document, "PolicyName": name, "RevisionId": policy.revision}
        return {"ResourceArn": bus.arn, **shown}

    def delete_resource_policy(self, request: Mapping[str, Any]) -> Answer:
        revision = permissions.delete(self.bus(request["ResourceArn"]), request)
        return {} if revision is None else {"RevisionId": revision}

    def list_resource_policies(self, request: Mapping[str, Any]) -> Answer:
        policies = self.bus(request["ResourceArn"]).policies
        shown = [{"PolicyName": name, "RevisionId": policy.revision} for name, policy in policies.items()]
        return paged("PolicySummaries", shown, request)

    def tag_resource(self, request: Mapping[str, Any]) -> None:
        self._tags(request["ResourceArn"]).update(request["Tags"])

    def untag_resource(self, request: Mapping[str, Any]) -> None:
        tags = self._tags(request["ResourceArn"])
        for key in request["TagKeys"]:
            tags.pop(key, None)

    def list_tags_for_resource(self, request: Mapping[str, Any]) -> Answer:
        return {"Tags": dict(self._tags(request["ResourceArn"]))}

    def _tags(self, arn: str) -> dict[str, str]:
        if ":event-busv2/" in arn:
            return self.bus(arn).tags
        return self.subscriptions.get(arn).tags if ":subscriber/" in arn else self.sources.get(arn).tags

    # -- event sources -----------------------------------------------------------------------------------------------

    def create_event_source(self, request: Mapping[str, Any]) -> Answer:
        return self.once("CreateEventSource", request, lambda: self.sources.create(request))

    def describe_event_source(self, request: Mapping[str, Any]) -> Answer:
        return self.sources.shown(request["EventSourceArn"])

    def update_event_source(self, request: Mapping[str, Any]) -> Answer:
        return self.sources.update(request)

    def delete_event_source(self, request: Mapping[str, Any]) -> None:
        self.sources.delete(request["EventSourceArn"])

    def list_event_sources(self, request: Mapping[str, Any]) -> Answer:
        return paged("EventSources", self.sources.listed(request), request)


def paged(name: str, shown: list[Answer], request: Mapping[str, Any]) -> Answer:
    """One page of a list, from the place that the token names."""
    first, size = int(request.get("NextToken") or 0), request.get("MaxResults") or _PAGE
    page: Answer = {name: shown[first : first + size]}
    return page if first + size >= len(shown) else {**page, "NextToken": str(first + size)}
