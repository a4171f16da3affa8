"""The subscribers of one account in one Region: made, changed, shown and taken away."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from waterline.clock import SECOND
from waterline.services.delivery import Sender
from waterline.services.eventsv2 import limits
from waterline.services.eventsv2.bus import EventBus
from waterline.services.eventsv2.errors import (
    InvalidInput,
    InvalidState,
    LimitExceeded,
    ResourceAlreadyExists,
    ResourceNotFound,
)
from waterline.services.eventsv2.expressions import check_expressions
from waterline.services.eventsv2.filters import filters_of
from waterline.services.eventsv2.invocation import Invocation
from waterline.services.eventsv2.subscriber import RUNNING, STOPPED, Settings, Subscriber
from waterline.services.eventsv2.targets import check_batch, check_target

if TYPE_CHECKING:
    from waterline.services.eventsv2.backend import EventBuses

Answer = dict[str, Any]
_IDENTITY = ("SubscriberArn", "Name", "EventBusArn", "Type", "StartingPosition", "PointInTimeConfiguration", "State")


class Subscriptions:
    """Requests as the model has them; a subscriber by its ARN."""

    def __init__(self, backend: EventBuses) -> None:
        self._backend = backend
        self._subscribers: dict[str, Subscriber] = {}

    def get(self, arn: str) -> Subscriber:
        if arn not in self._subscribers:
            raise ResourceNotFound(f"The subscriber {arn} does not exist.")
        return self._subscribers[arn]

    def create(self, request: Mapping[str, Any]) -> Answer:
        bus = self._backend.bus(request["EventBusArn"], "events:CreateSubscriber")
        bus.must_take_events()
        if any(other.name == request["Name"] for other in bus.subscribers.values()):
            raise ResourceAlreadyExists(f"The subscriber {request['Name']} already exists on the bus {bus.name}.")
        if len(bus.subscribers) >= limits.SUBSCRIBERS:
            raise LimitExceeded(f"The event bus has the {limits.SUBSCRIBERS:,} subscribers that it may have.")
        content = {
            "Type": "UNORDERED",
            "StartingPosition": "LATEST",
            "State": RUNNING,
            **{name: value for name, value in request.items() if name not in ("ClientToken", "Tags")},
        }
        position, end = self._position(bus, content)
        arn = self._backend.new_arn("subscriber", request["Name"])
        settings = self._settings(bus, arn, content)
        made = Subscriber(self._backend.ground, bus, arn, content, settings, position, end)
        made.tags = dict(request.get("Tags") or {})
        self._subscribers[arn] = bus.subscribers[arn] = made
        return self._picked(made, *_IDENTITY, "CreationTime")

    def describe(self, request: Mapping[str, Any]) -> Answer:
        return self._shown(self.get(request["SubscriberArn"]))

    def update(self, request: Mapping[str, Any]) -> Answer:
        subscriber = self.get(request["SubscriberArn"])
        if subscriber.revoked:
            raise InvalidState(f"The subscriber {subscriber.name} was revoked: it can only be deleted.")
        given = {
            name: value
            for name, value in request.items()
            if name not in ("SubscriberArn", "ResumePosition", "State", "FilterConfiguration")
        }
        if "InvokeConfiguration" in given:
            target = subscriber.request["InvokeConfiguration"]["TargetArn"]
            given["InvokeConfiguration"] = {**given["InvokeConfiguration"], "TargetArn": target}
        content = {**subscriber.request, **given}
        if "FilterConfiguration" in request:
            content["FilterConfiguration"] = request["FilterConfiguration"] or None
        subscriber.change(self._settings(subscriber.bus, subscriber.arn, content))
        subscriber.request |= content
        state, before = request.get("State"), subscriber.request["State"]
        if state == STOPPED:
            subscriber.stop()
        elif state == RUNNING and before == STOPPED:
            subscriber.resume(latest=request.get("ResumePosition") == "LATEST")
        return self._picked(subscriber, *_IDENTITY, "LastModifiedTime")

    def delete(self, request: Mapping[str, Any]) -> None:
        subscriber = self.get(request["SubscriberArn"])
        del self._subscribers[subscriber.arn], subscriber.bus.subscribers[subscriber.arn]
        subscriber.end(f"{subscriber.name} was deleted", revoked=False)

    def listed(self, request: Mapping[str, Any]) -> list[Answer]:
        prefix, bus = request.get("NamePrefix") or "", request.get("EventBusArn")
        return [
            {
                **self._shown(subscriber),
                "TargetArn": subscriber.request["InvokeConfiguration"]["TargetArn"],
                "SubscriberAccountId": self._backend.account_id,
            }
            for subscriber in self._subscribers.values()
            if subscriber.name.startswith(prefix) and bus in (None, subscriber.bus.arn)
        ]

    def revoke(self, arn: str) -> bool:
        """Revoke it, if it is a subscriber of one of the account's buses; whether it is."""
        every = (subscriber for bus in self._backend.buses.values() for subscriber in bus.subscribers.values())
        subscriber = next((found for found in every if found.arn == arn), None)
        if subscriber is not None and not subscriber.revoked:
            subscriber.end(f"{subscriber.name} was revoked", revoked=True)
        return subscriber is not None

    def _position(self, bus: EventBus, content: Mapping[str, Any]) -> tuple[int, int | None]:
        """Where in the bus a new subscriber begins to read, and the instant after which it wants nothing."""
        point = content.get("PointInTimeConfiguration")
        if content["StartingPosition"] == "LATEST":
            if point is not None:
                raise InvalidInput("PointInTimeConfiguration is for the starting position POINT_IN_TIME only.")
            return bus.log.end, None
        if point is None:
            raise InvalidInput("PointInTimeConfiguration is required for the starting position POINT_IN_TIME.")
        end = bus.instant(point["EndPoint"]) if point.get("EndPoint") else None
        if point["PointType"] == "HORIZON":
            return bus.log.horizon, end
        if point.get("StartingPoint") is None:
            raise InvalidInput("PointInTimeConfiguration.StartingPoint is required for the point type TIMESTAMP.")
        start = bus.instant(point["StartingPoint"])
        if not bus.window_start <= start <= self._backend.ground.clock.now:
            raise InvalidInput("PointInTimeConfiguration.StartingPoint must fall inside the bus's retention window.")
        return bus.log.position_at(start), end

    def _settings(self, bus: EventBus, arn: str, content: dict[str, Any]) -> Settings:
        """What a subscriber works by; the defaults that apply are written into `content`."""
        invoke = content["InvokeConfiguration"]
        kind = check_target(bus.arn, self._backend.region_name, self._backend.account_id, invoke)
        transformer = content.get("Transformer") or {"Type": "RAW"}
        _check_transformer(transformer, kind.name)
        batch = content["BatchConfiguration"] = check_batch(kind, content.get("BatchConfiguration"))
        given = content.get("RetryPolicy") or {}
        retries = content["RetryPolicy"] = {
            "MaxRetryAttempts": given.get("MaxRetryAttempts", limits.RETRIES),
            "MaxEventAgeInSeconds": given.get("MaxEventAgeInSeconds", limits.EVENT_AGE),
            "RetryStrategy": "ALL",
        }
        content["LogConfiguration"] = {"Level": "OFF", "IncludePayload": "ON_ERROR_ONLY"} | (
            content.get("LogConfiguration") or {}
        )
        if kind.name != "universal":
            content["Transformer"] = transformer
        invocation = Invocation(
            self._backend.ground,
            Sender("events.amazonaws.com", arn, self._backend.account_id, by_role=True),
            self._backend.region_name,
            invoke,
            transformer,
            single=batch["MaxBatchSize"] == 1,
            in_order=content["Type"] == "FIFO",
        )
        return Settings(
            invocation,
            filters_of(content.get("FilterConfiguration")),
            batch["MaxBatchSize"],
            batch["MaxBatchWindowInSeconds"] * SECOND,
            retries["MaxRetryAttempts"],
            retries["MaxEventAgeInSeconds"] * SECOND,
            (content.get("OnFailureConfiguration") or {}).get("Arn"),
        )

    def _shown(self, subscriber: Subscriber) -> Answer:
        shown = {
            **subscriber.request,
            "SubscriberArn": subscriber.arn,
            "Revoked": subscriber.revoked or None,
            "CreationTime": self._backend.date(subscriber.created_at),
            "LastModifiedTime": self._backend.date(subscriber.modified_at),
        }
        return {name: value for name, value in shown.items() if value is not None}

    def _picked(self, subscriber: Subscriber, *names: str) -> Answer:
        return {name: value for name, value in self._shown(subscriber).items() if name in names}


def _check_transformer(transformer: Mapping[str, Any], kind: str) -> None:
    type_ = transformer.get("Type", "RAW")
    if kind == "universal" and transformer != {"Type": "RAW"}:
        raise InvalidInput("Transformer is not supported for a USI target.")
    if kind == "classic" and type_ != "RAW":
        raise InvalidInput("Transformer.Type must be RAW for a Custom Event Bus - Classic target.")
    expression = (transformer.get("JsonataConfiguration") or {}).get("Expression")
    if type_ == "JSONATA" and expression is None:
        raise InvalidInput("Transformer.JsonataConfiguration is required for the type JSONATA.")
    check_expressions(expression, "Transformer.JsonataConfiguration.Expression")
