"""Rules with a schedule: an event for their targets whenever they are due.

A rate counts from when the rule was put, and is due for the first time one rate later; a cron expression is in UTC and
due at the beginning of its minutes. A rule that is disabled when it is due does nothing.

Source: Amazon EventBridge User Guide, "Setting a schedule pattern for scheduled rules (legacy) in Amazon EventBridge"
and "Creating a scheduled rule (legacy) in Amazon EventBridge" (read 2026-11). AWS runs a rule at some second of its
minute; here it is the first one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from waterline.ground import Ground
from waterline.services.schedules import Schedule, next_time
from waterline.waiting import Timer

Due = Callable[[Any], None]
"""Called with a rule when it is due."""


class Timetable:
    """When the scheduled rules of one account are due. Waiting for them does not keep ``settle`` from ending."""

    def __init__(self, ground: Ground, due: Due) -> None:
        self._ground = ground
        self._due = due
        self._timers: dict[str, Timer] = {}

    def put(self, rule: Any, schedule: Schedule | None) -> None:
        """A rule (moto's) was put: forget its earlier schedule."""
        self.remove(rule.arn)
        if schedule is not None:
            self._set(rule, schedule, self._ground.clock.date)

    def remove(self, arn: str) -> None:
        timer = self._timers.pop(arn, None)
        if timer is not None:
            timer.cancel()

    def _set(self, rule: Any, schedule: Schedule, since: dt.datetime) -> None:
        clock = self._ground.clock
        at = next_time(schedule, clock.date, since=since)
        if at is not None:
            instant = (at - clock.start) // dt.timedelta(microseconds=1)
            self._timers[rule.arn] = clock.at(instant, self._fire, rule, schedule, since, background=True)

    def _fire(self, rule: Any, schedule: Schedule, since: dt.datetime) -> None:
        self._set(rule, schedule, since)
        self._due(rule)
