"""When schedules are due.

===========  =========================================================================================================
expression   is due
===========  =========================================================================================================
rate         at its start date, or at once when it has none, and then one rate after another
cron         at the local times that match, in the schedule's time zone
at           once, whatever the start and end dates are; never, when that is over
===========  =========================================================================================================

A schedule is not due before its start date, nor at its end date or later; nor while it is disabled. An update begins
anew. With a flexible time window the invocation comes a random part of the window later.

Source: EventBridge Scheduler User Guide, "Schedule types in EventBridge Scheduler", "Configuring flexible time windows
in EventBridge Scheduler" (read 2026-11). AWS invokes at some second of the minute; here it is the first one. Waiting
for a schedule that recurs does not keep ``settle`` from ending; waiting for one that is due once does.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from waterline.clock import SECOND, Clock
from waterline.ground import Ground
from waterline.services.schedules import Once, Rate, Schedule, next_time
from waterline.waiting import Timer

_LEAST = dt.timedelta(microseconds=1)


@dataclass(frozen=True)
class Plan:
    """When one schedule is due. `window` in minutes, 0: none; `start` and `end` are dates, or None."""

    name: str
    schedule: Schedule
    zone: str
    start: dt.datetime | None
    end: dt.datetime | None
    window: int

    def due_after(self, date: dt.datetime, begun: dt.datetime) -> dt.datetime | None:
        """The first date later than this one; `begun`: when the schedule was made or changed."""
        if isinstance(self.schedule, Once):
            return next_time(self.schedule, date, self.zone)
        since = self.start if self.start is not None and self.start > begun else begun
        if self.start is not None and isinstance(self.schedule, Rate):
            since = self.start
        found = next_time(self.schedule, max(date, max(since, begun) - _LEAST), self.zone, since=since)
        return None if found is None or (self.end is not None and found >= self.end) else found


class Timetable:
    """Waits for the schedules of one account. `due` is called with a key and the date at which it was due.

    `over` is called with the key of a schedule that will not be due again.
    """

    def __init__(
        self, ground: Ground, due: Callable[[Any, dt.datetime], object], over: Callable[[Any], object]
    ) -> None:
        self._ground = ground
        self._due = due
        self._over = over
        self._timers: dict[Any, list[Timer]] = {}

    def put(self, key: Any, plan: Plan) -> None:
        """Wait for a schedule, and no longer for what it was before."""
        self.remove(key)
        begun = self._ground.clock.date
        self._wait(key, plan, begun - _LEAST, begun)

    def remove(self, key: Any) -> None:
        for timer in self._timers.pop(key, []):
            timer.cancel()

    def _wait(self, key: Any, plan: Plan, after: dt.datetime, begun: dt.datetime) -> None:
        date = plan.due_after(after, begun)
        if date is None:
            self._over(key)
            return
        recurs = not isinstance(plan.schedule, Once)
        self._at(key, instant_of(self._ground.clock, date), recurs, self._is_due, key, plan, date, begun)

    def _is_due(self, key: Any, plan: Plan, date: dt.datetime, begun: dt.datetime) -> None:
        late = 0
        if plan.window:
            late = self._ground.random(f"flexible window of {plan.name}").randrange(plan.window * 60 * SECOND)
        self._at(key, self._ground.clock.now + late, False, self._due, key, date)
        self._wait(key, plan, date, begun)

    def _at(self, key: Any, instant: int, background: bool, action: Callable[..., object], *args: object) -> None:
        timers = [timer for timer in self._timers.get(key, []) if timer.pending]
        self._timers[key] = [*timers, self._ground.clock.at(instant, action, *args, background=background)]


def instant_of(clock: Clock, date: dt.datetime) -> int:
    """A date as microseconds since the cloud's start."""
    return (date - clock.start) // dt.timedelta(microseconds=1)
