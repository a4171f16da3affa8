"""A FIFO topic's archive, and its replay to one subscription.

Words
-----
archive
    the messages of the last days, as many as ``ArchivePolicy`` says (fact ``sns.archive_retention``).
replay
    the archived messages from a starting point on, delivered once more to one subscription. They have their identifiers
    and times of old, and say that they are replayed. Without an ending point new messages follow them.

Source: Amazon SNS Developer Guide, "Amazon SNS message archiving and replay for FIFO topics" and "Amazon SNS message
replay for FIFO topic subscribers" (read 2026-11). AWS says that a queue must not remember the deduplication identifier
from the first delivery; what it replays gets a new one here, so that it arrives whenever it is replayed. A replay takes
no virtual time. Sentences of errors are ours.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from dataclasses import dataclass
from typing import Any

from waterline.services.sns import limits
from waterline.services.sns.errors import invalid_parameter


@dataclass(frozen=True)
class Window:
    """From the starting point to the ending point, both included; None: without an end."""

    start: dt.datetime
    end: dt.datetime | None

    def holds(self, date: dt.datetime) -> bool:
        return self.start <= date and (self.end is None or date <= self.end)


def is_none(archive_policy: str) -> bool:
    """Whether ``ArchivePolicy`` turns the archive off."""
    return archive_policy.strip() in ("", "{}")


def days_of(archive_policy: str) -> int:
    """How many days ``ArchivePolicy`` keeps. Raises InvalidParameter."""
    try:
        period = json.loads(archive_policy)["MessageRetentionPeriod"]
        days = int(str(period).split()[0])
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise invalid_parameter("ArchivePolicy: MessageRetentionPeriod must be a number of days") from error
    if days not in limits.ARCHIVE_DAYS:
        low, high = limits.ARCHIVE_DAYS[0], limits.ARCHIVE_DAYS[-1]
        raise invalid_parameter(f"ArchivePolicy: MessageRetentionPeriod must be between {low} and {high} days")
    return days


def valid(replay_policy: str, topic: Any, where: str) -> Window:
    """The window that ``ReplayPolicy`` of a subscription asks for. Raises InvalidParameter."""
    try:
        policy = json.loads(replay_policy)
        start = _date(policy["StartingPoint"])
        end = _date(policy["EndingPoint"]) if policy.get("EndingPoint") else None
        point_type = policy["PointType"]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise invalid_parameter(f"{where}ReplayPolicy: failed to parse JSON, a PointType or a StartingPoint") from error
    if point_type != "Timestamp":
        raise invalid_parameter(f"{where}ReplayPolicy: PointType must be Timestamp")
    if topic.archive_days is None:
        raise invalid_parameter(f"{where}ReplayPolicy: the topic has no message archive")
    if end is not None and end < start:
        raise invalid_parameter(f"{where}ReplayPolicy: EndingPoint must not be before StartingPoint")
    return Window(start, end)


def _date(text: str) -> dt.datetime:
    date = dt.datetime.fromisoformat(re.sub(r"Z$", "+00:00", text))
    return date if date.tzinfo is not None else date.replace(tzinfo=dt.UTC)
