"""One event on a bus, and what of it a filter, an expression and a target see.

Words
-----
data
    what was published: with ``PutRawEvents`` the payload, with ``PutEvents`` an envelope that has the payload in
    ``detail``.
metadata
    keys that the publisher of a raw event gave it.
system metadata
    what the bus knows of it: its identifier, when it came in, its event group. Every value is a string.

Source: Amazon EventBridge User Guide, "Event structure: data, metadata, and system metadata", "Publishing events to a
Custom Event Bus", "Supported content types: JSON, Avro, Protobuf, and raw bytes" (read 2026-11). Avro and Protobuf need
a schema registry, which the lab does not have: they are refused.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

ENVELOPE = "application/eventbridge+json"
BYTES = "application/octet-stream"
LIVE, REPLAY = "LIVE", "REPLAY"


@dataclass(frozen=True)
class BusEvent:
    """`data` as JSON has it, base64 for bytes. `raw`: what was published, as text; of bytes, the base64 as well."""

    identifier: str
    data: Any
    raw: str
    system: Mapping[str, str]
    metadata: Mapping[str, str] | None = None
    group: str | None = None
    deduplication: str | None = None
    parents: tuple[str, ...] = field(default=())

    @property
    def is_json(self) -> bool:
        return self.system["ContentType"] != BYTES

    @property
    def said(self) -> str:
        """What the journal shows of it: the payload."""
        if self.system["ContentType"] == ENVELOPE:
            return json.dumps(self.data["detail"])
        return self.raw

    def seen(self, delivery: str) -> dict[str, Any]:
        """What an expression sees as ``$events``; `delivery`: LIVE or REPLAY."""
        seen: dict[str, Any] = {"Data": self.data}
        if self.metadata is not None:
            seen["Metadata"] = dict(self.metadata)
        return {**seen, "SystemMetadata": {**self.system, "aws:DeliveryType": delivery}}


def is_known(content_type: str) -> bool:
    """Whether the lab can read it: JSON of some kind, or bytes."""
    kind = content_type.partition(";")[0].strip()
    return kind == BYTES or kind == "application/json" or kind.endswith("+json")


def read(content_type: str, data: bytes) -> tuple[Any, str]:
    """The data, and their text. Raises ValueError for JSON that is none."""
    if content_type == BYTES:
        text = base64.b64encode(data).decode()
        return text, text
    text = data.decode()
    return json.loads(text), text
