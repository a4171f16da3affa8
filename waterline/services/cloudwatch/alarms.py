"""Alarms on the clock: which is looked at when, and what its change of state leaves behind.

CloudWatch looks at an alarm once a minute, over a window that ends then, also if its period is longer ("Alarm
evaluation", Amazon CloudWatch User Guide). Here too, at the very end of each minute; but an alarm that can no longer
change unless something happens is left alone until something does. What could still change it: data that leaves its
window, a queue that falls asleep, and a message that grows older; for the last two the instant is computed.

A change of state is in the journal, as ``alarmed`` at ``cloudwatch:NAME``, in the alarm's history, and an event on the
default bus (``announcement``); and the alarm's actions are executed (``actions``).
"""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from typing import Any

from waterline.ground import Ground
from waterline.journal import Event
from waterline.services.cloudwatch.actions import Actions, Change
from waterline.services.cloudwatch.announcement import announce, state_of
from waterline.services.cloudwatch.store import MetricStore, Point, date
from waterline.services.cloudwatch.verdict import COMPARISONS, INSUFFICIENT_DATA, OK, Rule, verdict
from waterline.services.metrics import MINUTE
from waterline.services.metrics.reader import SERVICES
from waterline.waiting import Timer

_LONGEST_AGE = 14 * 24 * 60 * MINUTE


@dataclass
class _Watched:
    """An alarm of moto's and its rule; instants are in microseconds since 1970.

    `due`: when to look at it, if ever; `heard`: the end of the last minute in which something happened.
    """

    alarm: Any
    rule: Rule
    due: int | None = None
    heard: int = 0


class Alarms:
    """The alarms of one account in one Region, and their history."""

    def __init__(self, ground: Ground, store: MetricStore) -> None:
        self.history: list[dict[str, Any]] = []
        self._ground = ground
        self._store = store
        self._origin = store.now - ground.clock.now
        self._watched: dict[str, _Watched] = {}
        self._timer: Timer | None = None
        self._heard: dict[str, int] = {}
        self._listening = False
        self._actions = Actions(ground, lambda name, summary, data: self._remember(name, "Action", summary, data))

    # -- the API's verbs ---------------------------------------------------------------------------------------------

    def watch(self, alarm: Any, rule: Rule) -> None:
        """A new alarm begins in INSUFFICIENT_DATA; one that is put again keeps its state."""
        before = self._watched.get(alarm.name)
        if before is None:
            alarm.state_value = INSUFFICIENT_DATA
            self._remember(alarm.name, "ConfigurationUpdate", f'Alarm "{alarm.name}" created', {"type": "Create"})
        else:
            for field in ("state_value", "state_reason", "state_reason_data", "state_updated_timestamp", "history"):
                setattr(alarm, field, getattr(before.alarm, field))
            self._remember(alarm.name, "ConfigurationUpdate", f'Alarm "{alarm.name}" updated', {"type": "Update"})
        self._watched[alarm.name] = _Watched(alarm, rule)
        if not self._listening:
            self._listening = True
            self._ground.journal.listen(self._hear)
        self._wake(self._watched[alarm.name])

    def forget(self, name: str) -> None:
        if self._watched.pop(name, None) is not None:
            self._remember(name, "ConfigurationUpdate", f'Alarm "{name}" deleted', {"type": "Delete"})

    def set_state(self, alarm: Any, state: str, reason: str, reason_data: str) -> None:
        """Put an alarm into a state, until it is looked at again."""
        self._change(alarm, state, reason, reason_data)
        if alarm.name in self._watched:
            self._wake(self._watched[alarm.name])

    def wake(self, namespace: str) -> None:
        """A metric in that namespace has new data."""
        for watched in self._watched.values():
            if watched.rule.metric.namespace == namespace:
                self._wake(watched)

    # -- when --------------------------------------------------------------------------------------------------------

    def _hear(self, event: Event) -> None:
        namespace = SERVICES.get(event.service)
        end = self._end_of_minute()
        if namespace is not None and self._heard.get(namespace) != end:
            self._heard[namespace] = end
            self.wake(namespace)

    def _end_of_minute(self) -> int:
        return (self._store.now // MINUTE + 1) * MINUTE

    def _wake(self, watched: _Watched) -> None:
        end = watched.heard = self._end_of_minute()
        if watched.due is None or watched.due > end:
            watched.due = end
            self._set_timer(end)

    def _set_timer(self, due: int) -> None:
        instant = due - self._origin
        if self._timer is not None and self._timer.pending:
            if self._timer.at <= instant:
                return
            self._timer.cancel()
        self._timer = self._ground.clock.at(instant, self.catch_up, background=True)

    def catch_up(self) -> None:
        """Look at the alarms that are due. Called by the timer, and by whoever asks before it went off."""
        now = self._store.now
        for watched in self._watched.values():
            if watched.due is not None and watched.due <= now:
                self._evaluate(watched, now)
                watched.due = self._next_look(watched, now)
                if watched.heard > now and (watched.due is None or watched.due > watched.heard):
                    watched.due = watched.heard
        due = [watched.due for watched in self._watched.values() if watched.due is not None]
        if due:
            self._set_timer(min(due))

    def _next_look(self, watched: _Watched, now: int) -> int | None:
        """When the alarm could change although nothing happens; None: never."""
        rule = watched.rule
        series = self._store.series(rule.metric, rule.unit)
        latest = now // MINUTE - 1
        changed = [minute for each in series if (minute := each.last_change(latest)) is not None]
        if changed and now < (max(changed) + 1) * MINUTE + rule.span:
            return now + MINUTE
        to_come = [minute for each in series if (minute := each.next_change(latest)) is not None]
        steady_until = min(to_come) * MINUTE if to_come else now + _LONGEST_AGE
        crossing = self._first_change(watched, now, max(steady_until, now))
        if crossing is None and to_come:
            return max(steady_until, now) + MINUTE
        return crossing

    def _first_change(self, watched: _Watched, now: int, until: int) -> int | None:
        """When a steady series first changes the state: ages only grow, so that there is at most one change."""
        before, after = now // MINUTE, until // MINUTE
        if self._state(watched, after * MINUTE)[0] == watched.alarm.state_value:
            return None
        while after - before > 1:
            middle = (before + after) // 2
            if self._state(watched, middle * MINUTE)[0] == watched.alarm.state_value:
                before = middle
            else:
                after = middle
        return after * MINUTE

    # -- what --------------------------------------------------------------------------------------------------------

    def _state(self, watched: _Watched, now: int) -> tuple[str, list[Point]]:
        """The state at the end of a minute, and the data points that there are."""
        rule, current = watched.rule, watched.alarm.state_value
        start = now - rule.span
        points = self._store.points(rule.metric, start, now, rule.period, rule.unit, now)
        flags: list[bool | None] = [None] * rule.looks_at
        for point in points:
            value = point.samples.statistic(rule.statistic)
            if value is not None:
                flags[(point.at - start) // rule.period] = rule.breaches(value)
        if points and rule.too_few(sum(point.samples.count for point in points[-rule.periods :])):
            return current, points
        return verdict(flags, rule.periods, rule.datapoints, rule.missing, current), points

    def _evaluate(self, watched: _Watched, now: int) -> None:
        state, points = self._state(watched, now)
        if state != watched.alarm.state_value:
            reason, data = _reason(watched.rule, state, watched.alarm.state_value, points, now)
            self._change(watched.alarm, state, reason, data)

    def _change(self, alarm: Any, state: str, reason: str, reason_data: str) -> None:
        before = {"stateValue": alarm.state_value, "stateReason": alarm.state_reason}
        announced = state_of(alarm)
        changed = state != alarm.state_value
        alarm.update_state(reason, reason_data, state)
        if not changed:
            return
        alarm.state_transitioned_timestamp = alarm.state_updated_timestamp
        after = {"stateValue": state, "stateReason": reason}
        summary = f"Alarm updated from {before['stateValue']} to {state}"
        self._remember(alarm.name, "StateUpdate", summary, {"oldState": before, "newState": after})
        place = f"cloudwatch:{alarm.name}"
        self._ground.journal.record(
            "alarmed", place, state=state, before=before["stateValue"], why=f"{state}: {reason}"
        )
        announce(self._ground, alarm, announced)
        at = self._ground.clock.date
        self._actions.execute(
            alarm, Change(before["stateValue"], before["stateReason"], state, reason, reason_data, at)
        )

    def _remember(self, name: str, kind: str, summary: str, data: dict[str, Any]) -> None:
        self.history.append(
            {
                "AlarmName": name,
                "AlarmType": "MetricAlarm",
                "Timestamp": self._ground.clock.date,
                "HistoryItemType": kind,
                "HistorySummary": summary,
                "HistoryData": json.dumps({"version": "1.0", **data}),
            }
        )


def _reason(rule: Rule, state: str, before: str, points: list[Point], now: int) -> tuple[str, str]:
    """Why an alarm is in a state, as text and as JSON."""
    latest = points[-rule.periods :]
    values = [(date(point.at), point.samples.statistic(rule.statistic)) for point in latest]
    known = [(at, value) for at, value in values if value is not None]
    data = {
        "version": "1.0",
        "queryDate": _iso(date(now)),
        "startDate": _iso(known[0][0]) if known else None,
        "statistic": rule.statistic,
        "period": rule.period // 1_000_000,
        "recentDatapoints": [value for _, value in known],
        "threshold": rule.threshold,
    }
    unknown = rule.periods - len(known)
    if state == INSUFFICIENT_DATA or not known:
        kind = "Insufficient Data" if state == INSUFFICIENT_DATA else "Threshold Crossed"
        treated = "" if state == INSUFFICIENT_DATA else f" and treated as {rule.missing}"
        return f"{kind}: {unknown} datapoint{'s were' if unknown > 1 else ' was'} unknown{treated}.", json.dumps(data)
    needed = rule.periods - rule.datapoints + 1 if state == OK else rule.datapoints
    crossing = sum(rule.breaches(value) is (state != OK) for _, value in known)
    listed = ", ".join(f"{value} ({at:%d/%m/%y %H:%M:%S})" for at, value in reversed(known))
    verb = ("were" if crossing != 1 else "was") + (" not" if state == OK else "")
    text = (
        f"Threshold Crossed: {crossing} out of the last {len(known)} datapoints [{listed}] {verb} "
        f"{COMPARISONS[rule.comparison][1]} the threshold ({rule.threshold}) "
        f"(minimum {needed} datapoint{'s' if needed > 1 else ''} for {before} -> {state} transition)."
    )
    return text, json.dumps(data)


def _iso(at: dt.datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.000+0000")
