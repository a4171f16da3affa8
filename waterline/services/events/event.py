"""An event on a bus, and the entries of PutEvents that events are made of.

Words
-----
entry
    what a producer puts: Source, DetailType, Detail (JSON text), Resources, Time, and the bus.
event
    what rules and targets see: the entry with an identifier, an account and a Region, as one JSON document. Its time
    is the entry's, or that of the call, in whole seconds.
size
    of an entry, in bytes as EventBridge counts them: Source, DetailType, Detail and Resources in UTF-8, and 14 for a
    Time. A request must stay below the limit (fact ``eventbridge.event_size_max``) with all its entries together.

Sources: Amazon EventBridge User Guide, "Calculating Amazon EventBridge PutEvents event entry size" (read 2026-11);
botocore, events ``PutEventsRequestEntry`` and ``PutEventsResultEntry`` for what is refused.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from waterline.services.events import limits
from waterline.services.patterns import Document, parsed

AWS_SOURCE = "aws."
_TIME_SIZE = 14


@dataclass(frozen=True)
class BusEvent:
    """One event on one bus. `content`: as targets see it; `detail`: its detail as it was written.

    `forwarded`: it came from another bus.
    """

    content: Mapping[str, Any]
    detail: str
    arrived: dt.datetime
    forwarded: bool = False

    @property
    def id(self) -> str:
        return str(self.content["id"])

    @property
    def time(self) -> dt.datetime:
        return dt.datetime.strptime(str(self.content["time"]), "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=dt.UTC)

    @cached_property
    def text(self) -> str:
        """The whole event, as JSON text."""
        return as_json(self.content)

    @cached_property
    def document(self) -> Document:
        """The event as patterns look at it."""
        return Document({**self.content, "detail": parsed(self.detail)})


def as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def as_time(date: dt.datetime) -> str:
    return date.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def loaded(text: str) -> Any:
    return json.loads(text)


def moment(time: Any, now: dt.datetime) -> dt.datetime:
    """An entry's Time, as a request holds it (seconds since 1970, or ISO 8601), or now."""
    if time is None:
        return now
    if isinstance(time, dt.datetime):
        return time if time.tzinfo else time.replace(tzinfo=dt.UTC)
    if isinstance(time, int | float):
        return dt.datetime.fromtimestamp(time, dt.UTC)
    read = dt.datetime.fromisoformat(str(time).replace("Z", "+00:00"))
    return read if read.tzinfo else read.replace(tzinfo=dt.UTC)


def size(entry: Mapping[str, Any]) -> int:
    """The bytes of an entry, as EventBridge counts them."""
    texts = [entry.get("Source"), entry.get("DetailType"), entry.get("Detail"), *(entry.get("Resources") or [])]
    return (_TIME_SIZE if entry.get("Time") is not None else 0) + sum(len(text.encode()) for text in texts if text)


def total_size(entries: Iterable[Mapping[str, Any]]) -> int:
    return sum(size(entry) for entry in entries)


def fault(entry: Mapping[str, Any], by_service: bool) -> tuple[str, str] | None:
    """What is wrong with an entry: code and sentence, or None. `by_service`: an AWS service puts it."""
    for name in ("Source", "DetailType", "Detail"):
        if not entry.get(name):
            return _invalid(name, f"{name} is a required argument.")
    if len(entry["DetailType"]) > limits.DETAIL_TYPE:
        return _invalid("DetailType", f"DetailType must be at most {limits.DETAIL_TYPE} characters long.")
    if entry["Source"].startswith(AWS_SOURCE) and not by_service:
        return "NotAuthorizedForSourceException", "Not authorized for the source."
    try:
        detail = json.loads(entry["Detail"])
    except (ValueError, RecursionError):
        detail = None
    if not isinstance(detail, dict):
        return "MalformedDetail", "Detail is malformed."
    return None


def _invalid(name: str, reason: str) -> tuple[str, str]:
    return "InvalidArgument", f"Parameter {name} is not valid. Reason: {reason}"
