"""The verbs of EventBridge Scheduler, on moto's schedules and groups."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace
from typing import Any

import moto.scheduler.urls
from moto.scheduler.exceptions import ValidationException
from moto.scheduler.models import EventBridgeSchedulerBackend
from moto.scheduler.models import Schedule as MotoSchedule

from waterline.ground import Ground
from waterline.services.scheduler.checks import check_schedule
from waterline.services.scheduler.invocation import EVENT_AGE, RETRIES, Invoker
from waterline.services.scheduler.responses import ScheduleResponse
from waterline.services.scheduler.timetable import Plan, Timetable

_DEFAULT = "default"
Key = tuple[str, str]
"""A schedule: the name of its group, and its own."""


class ScheduleBackend(EventBridgeSchedulerBackend):  # type: ignore[misc]
    """The schedules of one account in one Region. `ground` is set by ``waterline.ground.installed``."""

    ground: Ground

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self._timetable = Timetable(self.ground, self._invoke, self._over)
        self._invoker = Invoker(self.ground, account_id, region_name)
        self._under_way: dict[Key, int] = {}
        self._ended: set[Key] = set()

    @property
    def _url_module(self) -> SimpleNamespace:
        urls = moto.scheduler.urls
        return SimpleNamespace(
            url_bases=urls.url_bases, url_paths=dict.fromkeys(urls.url_paths, ScheduleResponse.dispatch)
        )

    # -- schedules ---------------------------------------------------------------------------------------------------

    def create_schedule(self, **request: Any) -> MotoSchedule:
        self.ground.clock.refuse_other_threads()
        self.get_schedule_group(request["group_name"])
        plan = self._plan("CreateSchedule", request)
        made = super().create_schedule(**request)
        made.action_after_completion = made.action_after_completion or "NONE"
        return self._put(made, plan)

    def update_schedule(self, **request: Any) -> MotoSchedule:
        self.ground.clock.refuse_other_threads()
        self.get_schedule(request["group_name"], request["name"])
        action = request.pop("action_after_completion", None) or "NONE"
        plan = self._plan("UpdateSchedule", {**request, "action_after_completion": action})
        changed = super().update_schedule(**{**request, "state": request["state"] or "ENABLED"})
        changed.action_after_completion = action
        return self._put(changed, plan)

    def delete_schedule(self, group_name: str | None, name: str) -> None:
        super().delete_schedule(group_name, name)
        self._timetable.remove((group_name or _DEFAULT, name))

    def delete_schedule_group(self, name: str | None) -> None:
        if (name or _DEFAULT) == _DEFAULT:
            raise ValidationException("The default schedule group cannot be deleted.")
        for schedule in list(self.get_schedule_group(name).schedules):
            self.delete_schedule(name, schedule)
        super().delete_schedule_group(name)

    def _put(self, schedule: MotoSchedule, plan: Plan) -> MotoSchedule:
        key = (schedule.group_name, schedule.name)
        policy = {"MaximumEventAgeInSeconds": EVENT_AGE, "MaximumRetryAttempts": RETRIES}
        schedule.target = {**schedule.target, "RetryPolicy": {**policy, **(schedule.target.get("RetryPolicy") or {})}}
        self._ended.discard(key)
        if schedule.state == "ENABLED":
            self._timetable.put(key, plan)
        else:
            self._timetable.remove(key)
        return schedule

    def _plan(self, operation: str, request: dict[str, Any]) -> Plan:
        """When a schedule is to be due. Raises what is answered to one that cannot be kept."""
        content = {_API_NAMES[name]: value for name, value in request.items() if value is not None}
        dates: dict[str, Any] = {name: _date(content[name]) for name in ("StartDate", "EndDate") if name in content}
        schedule = check_schedule(operation, {**content, **dates})
        window = content["FlexibleTimeWindow"]
        return Plan(
            content["Name"],
            schedule,
            content.get("ScheduleExpressionTimezone") or "UTC",
            dates.get("StartDate"),
            dates.get("EndDate"),
            int(window.get("MaximumWindowInMinutes") or 0) if window["Mode"] == "FLEXIBLE" else 0,
        )

    # -- what is due -------------------------------------------------------------------------------------------------

    def _invoke(self, key: Key, date: dt.datetime) -> None:
        schedule = self.get_schedule(*key)
        self._under_way[key] = self._under_way.get(key, 0) + 1
        self._invoker.invoke(schedule.name, schedule.arn, schedule.target, date, lambda: self._invoked(key, schedule))

    def _invoked(self, key: Key, schedule: MotoSchedule) -> None:
        self._under_way[key] -= 1
        self._delete_if_completed(key, schedule)

    def _over(self, key: Key) -> None:
        self._ended.add(key)

    def _delete_if_completed(self, key: Key, schedule: MotoSchedule) -> None:
        """``ActionAfterCompletion``: the last invocation is over, and the schedule goes."""
        group = self.schedule_groups.get(key[0])
        there = group is not None and group.schedules.get(key[1]) is schedule
        completed = key in self._ended and not self._under_way[key]
        if there and completed and schedule.action_after_completion == "DELETE":
            self.delete_schedule(*key)


_API_NAMES = {
    "name": "Name",
    "group_name": "GroupName",
    "description": "Description",
    "start_date": "StartDate",
    "end_date": "EndDate",
    "flexible_time_window": "FlexibleTimeWindow",
    "kms_key_arn": "KmsKeyArn",
    "schedule_expression": "ScheduleExpression",
    "schedule_expression_timezone": "ScheduleExpressionTimezone",
    "state": "State",
    "target": "Target",
    "action_after_completion": "ActionAfterCompletion",
}


def _date(given: Any) -> dt.datetime:
    """A date of the API: seconds since 1970, or ISO 8601."""
    try:
        return dt.datetime.fromtimestamp(float(given), dt.UTC)
    except ValueError:
        date = dt.datetime.fromisoformat(str(given))
        return date if date.tzinfo is not None else date.replace(tzinfo=dt.UTC)
