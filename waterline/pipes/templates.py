"""What a template makes of an event.

A path looks into fields that hold JSON as text: the body of a queue's message, and the data of a stream's record, which
are base64 as well. A path that leads nowhere leaves an empty string. Without a template an event goes on as it is.

Source: Amazon EventBridge User Guide, "Amazon EventBridge Pipes input transformation" (read 2026-11).
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from waterline.services.events.inputs import filled, variables
from waterline.services.paths import InvalidPath, compiled


@dataclass(frozen=True)
class Naming:
    """What templates may say of a pipe: ``<aws.pipes.pipe-arn>`` and its like. `enrichment` may be empty."""

    arn: str
    name: str
    source: str
    enrichment: str
    target: str

    def reserved(self, event: Any, time: str) -> dict[str, Any]:
        return {
            "aws.pipes.pipe-arn": self.arn,
            "aws.pipes.pipe-name": self.name,
            "aws.pipes.source-arn": self.source,
            "aws.pipes.enrichment-arn": self.enrichment,
            "aws.pipes.target-arn": self.target,
            "aws.pipes.event.ingestion-time": time,
            "aws.pipes.event": event,
            "aws.pipes.event.json": opened(event),
        }


def transformed(template: str | None, event: Any, naming: Naming, time: str) -> Any:
    """The event that goes on. `time`: when it came to the template, ISO 8601."""
    if not template:
        return event
    values = naming.reserved(event, time)
    for name in variables(template):
        if name.startswith("$"):
            values[name] = dynamic(name, event, missing="")
    text = filled(template, values)
    try:
        return json.loads(text)
    except ValueError:
        return text


def dynamic(parameter: Any, event: Any, *, missing: Any = None) -> Any:
    """A parameter that may be a path into the event; anything else as it is."""
    if not (isinstance(parameter, str) and parameter.startswith("$")):
        return parameter
    try:
        there, value = compiled(parameter).found(opened(event))
    except InvalidPath:
        return parameter
    return value if there else missing


def opened(event: Any) -> Any:
    """An event with the fields parsed that hold JSON as text."""
    if not isinstance(event, Mapping):
        return event
    content = dict(event)
    if isinstance(content.get("body"), str):
        content["body"] = _parsed(content["body"])
    if content.get("eventSource") == "aws:kinesis" and isinstance(content.get("data"), str):
        content["data"] = _parsed(_decoded(content["data"]))
    return content


def as_text(value: Any) -> str:
    """What a target that takes text gets."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _decoded(data: str) -> str:
    try:
        return base64.b64decode(data).decode()
    except ValueError:
        return data
