"""The answers to Scheduler's requests: moto's, which forgets what is to happen after completion when it updates."""

from __future__ import annotations

import json

from moto.scheduler.responses import EventBridgeSchedulerResponse


class ScheduleResponse(EventBridgeSchedulerResponse):  # type: ignore[misc]
    """One request, and its answer."""

    def update_schedule(self) -> str:
        schedule = self.scheduler_backend.update_schedule(
            description=self._get_param("Description"),
            end_date=self._get_param("EndDate"),
            flexible_time_window=self._get_param("FlexibleTimeWindow"),
            group_name=self._get_param("GroupName"),
            kms_key_arn=self._get_param("KmsKeyArn"),
            name=self.uri.split("?")[0].split("/")[-1],
            schedule_expression=self._get_param("ScheduleExpression"),
            schedule_expression_timezone=self._get_param("ScheduleExpressionTimezone"),
            start_date=self._get_param("StartDate"),
            state=self._get_param("State"),
            target=self._get_param("Target"),
            action_after_completion=self._get_param("ActionAfterCompletion"),
        )
        return json.dumps({"ScheduleArn": schedule.arn})
