"""What a publisher's call makes of its entries: events on the bus, duplicates, or errors, one answer for each entry.

Source: Amazon EventBridge User Guide, "Publishing events to a Custom Event Bus", "Ordering and deduplicating events on
a Custom Event Bus" (read 2026-11). AWS does not say which identifier a duplicate is answered with: here that of the
event that it repeats.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

from waterline.ground import Ground
from waterline.services.eventsv2.bus import EventBus
from waterline.services.eventsv2.errors import InvalidInput
from waterline.services.eventsv2.event import ENVELOPE, BusEvent, is_known, read
from waterline.services.eventsv2.expressions import as_text

_INVALID = "InvalidInput"
Key = tuple[str, str, str]


class _Malformed(Exception):
    """Why an entry is not taken."""


class Publisher:
    """Publishes for one account in one Region."""

    def __init__(self, ground: Ground, account: str, region: str) -> None:
        self._ground = ground
        self._account = account
        self._region = region

    def put(self, bus: EventBus, request: Mapping[str, Any]) -> dict[str, Any]:
        return self._answered([self._tried(self._enveloped, bus, entry, request) for entry in request["Entries"]])

    def put_raw(self, bus: EventBus, request: Mapping[str, Any]) -> dict[str, Any]:
        for entry in request["Entries"]:
            content_type = entry["SystemMetadata"]["ContentType"]
            if not is_known(content_type):
                raise InvalidInput(
                    f"The lab has no schema registry to read {content_type} with: it takes JSON and octets."
                )
        return self._answered([self._tried(self._raw, bus, entry, request) for entry in request["Entries"]])

    def forward_envelope(self, bus: EventBus, envelope: Mapping[str, Any]) -> None:
        """Take the event of an AWS service, with the envelope that it has on the default bus."""
        more = {"aws:Source": envelope["source"], "aws:DetailType": envelope["detail-type"]}
        self._publish(bus, lambda _: (envelope, as_text(envelope)), {"ContentType": ENVELOPE}, more, None, None)

    def _answered(self, entries: list[dict[str, Any]]) -> dict[str, Any]:
        return {"FailedEntryCount": sum("ErrorCode" in entry for entry in entries), "Entries": entries}

    def _tried(
        self,
        publish: Callable[[EventBus, Mapping[str, Any], bool], dict[str, Any]],
        bus: EventBus,
        entry: Mapping[str, Any],
        request: Mapping[str, Any],
    ) -> dict[str, Any]:
        try:
            return publish(bus, entry, "DeduplicationConfiguration" in request)
        except _Malformed as error:
            return {"ErrorCode": _INVALID, "ErrorMessage": str(error)}

    def _enveloped(self, bus: EventBus, entry: Mapping[str, Any], by_content: bool) -> dict[str, Any]:
        if entry["Source"].startswith("aws."):
            raise _Malformed("Source must not begin with aws., which is reserved.")
        try:
            detail = json.loads(entry.get("Detail") or "{}")
        except ValueError as error:
            raise _Malformed("Detail is malformed.") from error
        system = entry.get("SystemMetadata") or {}
        content = [entry["Source"], entry["DetailType"], detail, entry.get("Resources"), str(entry.get("Time"))]

        def made(identifier: str) -> tuple[Any, str]:
            at = (entry.get("Time") or self._ground.clock.date).astimezone(dt.UTC)
            envelope = {
                "version": "0",
                "id": identifier,
                "detail-type": entry["DetailType"],
                "source": entry["Source"],
                "account": self._account,
                "time": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
                "region": self._region,
                "resources": list(entry.get("Resources") or []),
                "detail": detail,
            }
            return envelope, as_text(envelope)

        more = {"aws:Source": entry["Source"], "aws:DetailType": entry["DetailType"]}
        return self._publish(
            bus, made, {**system, "ContentType": ENVELOPE}, more, None, content if by_content else None
        )

    def _raw(self, bus: EventBus, entry: Mapping[str, Any], by_content: bool) -> dict[str, Any]:
        system, metadata = entry["SystemMetadata"], dict(entry.get("Metadata") or {})
        if len({key.lower() for key in metadata}) < len(metadata):
            raise _Malformed("Metadata must not have two keys that differ in their capitals only.")
        try:
            data, text = read(system["ContentType"], entry["Data"])
        except ValueError as error:
            raise _Malformed(f"Data is no {system['ContentType']}.") from error
        content = [text, system["ContentType"], metadata]
        return self._publish(bus, lambda _: (data, text), system, {}, metadata, content if by_content else None)

    def _publish(
        self,
        bus: EventBus,
        made: Callable[[str], tuple[Any, str]],
        given: Mapping[str, str],
        more: Mapping[str, str],
        metadata: Mapping[str, str] | None,
        content: list[Any] | None,
    ) -> dict[str, Any]:
        group, token = given.get("EventGroupId"), given.get("DeduplicationId")
        key = self._key(group, token, content)
        known = bus.duplicate_of(key)
        if known is not None:
            why = "its content was published before" if content is not None else f"{token} was published before"
            self._ground.journal.record("deduplicated", bus.place, known[0], self._ground.clock.cause, why=why)
            return {"EventId": known[0], "SequenceNumber": known[1], "SuccessCode": "DEDUPLICATED"}
        identifier = self._ground.identifier("events of eventsv2")
        number = bus.next_sequence_number()
        ingested = self._ground.clock.date.astimezone(dt.UTC).isoformat(timespec="milliseconds")
        system = {
            **given,
            **more,
            "aws:EventId": identifier,
            "aws:IngestionTime": ingested.replace("+00:00", "Z"),
            "aws:SequenceNumber": number,
        }
        data, text = made(identifier)
        event = BusEvent(identifier, data, text, system, metadata, group, token, self._ground.clock.cause)
        bus.take(event, key)
        return {"EventId": identifier, "SequenceNumber": number, "SuccessCode": "PUBLISHED"}

    def _key(self, group: str | None, token: str | None, content: list[Any] | None) -> Key | None:
        scope = f"{self._account}/{group or ''}"
        if content is not None:
            return scope, "content", hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
        return None if token is None else (scope, "token", token)
