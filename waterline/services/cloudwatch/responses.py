"""Answers that moto leaves out: percentiles, and the history of alarms."""

from __future__ import annotations

from typing import Any

from moto.cloudwatch.exceptions import InvalidParameterCombination
from moto.cloudwatch.responses import CloudWatchResponse
from moto.core.responses import ActionResult


class MetricResponse(CloudWatchResponse):  # type: ignore[misc]
    """moto's responses, of which these two are ours."""

    def get_metric_statistics(self) -> ActionResult:
        statistics: list[str] = self._get_param("Statistics", [])
        percentiles: list[str] = self._get_param("ExtendedStatistics", [])
        if not statistics and not percentiles:
            raise InvalidParameterCombination("Must specify either Statistics or ExtendedStatistics")
        name = self._get_param("MetricName")
        points = self.cloudwatch_backend.get_metric_statistics(
            self._get_param("Namespace"),
            name,
            self._get_param("StartTime"),
            self._get_param("EndTime"),
            self._get_int_param("Period"),
            [*statistics, *percentiles],
            dimensions=self._get_param("Dimensions", []),
            unit=self._get_param("Unit"),
        )
        return ActionResult({"Label": name, "Datapoints": points})

    def describe_alarm_history(self) -> ActionResult:
        items: list[dict[str, Any]] = self.cloudwatch_backend.alarm_history(
            self._get_param("AlarmName"),
            self._get_param("HistoryItemType"),
            self._get_param("StartDate"),
            self._get_param("EndDate"),
        )
        if self._get_param("ScanBy") != "TimestampAscending":
            items.reverse()
        most = self._get_param("MaxRecords")
        return ActionResult({"AlarmHistoryItems": items[: int(most)] if most else items})
