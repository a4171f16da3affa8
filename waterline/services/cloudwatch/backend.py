"""The verbs of the CloudWatch API: moto parses, validates and stores; metrics come from the journal, alarms change.

Source: Amazon CloudWatch API Reference, the page of each action. Stated limits: data points are kept by the minute (no
high resolution); metric math is the arithmetic of ``waterline.services.cloudwatch.expressions``; an alarm watches one
metric, not an expression, an anomaly band or other alarms; ListMetrics does not forget metrics after two weeks.
"""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace
from typing import Any, ClassVar

from moto.cloudwatch import urls as moto_urls
from moto.cloudwatch.exceptions import (
    InvalidParameterCombination,
    InvalidParameterValue,
    ResourceNotFound,
    ValidationError,
)
from moto.cloudwatch.models import Alarm, CloudWatchBackend, MetricDatumBase

from waterline.clock import SECOND
from waterline.facts import facts
from waterline.ground import Ground
from waterline.services.cloudwatch.alarms import Alarms
from waterline.services.cloudwatch.expressions import NotUnderstood, computed
from waterline.services.cloudwatch.responses import MetricResponse
from waterline.services.cloudwatch.store import MetricStore, date, microseconds, named
from waterline.services.cloudwatch.verdict import COMPARISONS, MISSING, Rule
from waterline.services.metrics import MINUTE, STATISTICS, Metric, is_percentile
from waterline.services.metrics.reader import NAMESPACES

_MOST_POINTS = facts["cloudwatch.statistics_points_max"].count
_DAY = 86_400


class MetricBackend(CloudWatchBackend):  # type: ignore[misc]
    """CloudWatch in one account and Region. `ground` is set by ``waterline.ground.installed``."""

    ground: ClassVar[Ground]

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.store = MetricStore(self.ground)
        self.alarm_clock = Alarms(self.ground, self.store)

    @property
    def _url_module(self) -> SimpleNamespace:
        """moto's addresses, answered by our responses: moto reads them from here when a request comes in."""
        return SimpleNamespace(
            url_bases=moto_urls.url_bases, url_paths=dict.fromkeys(moto_urls.url_paths, MetricResponse.dispatch)
        )

    # -- data --------------------------------------------------------------------------------------------------------

    def put_metric_data(self, namespace: str, metric_data: list[dict[str, Any]]) -> None:
        if namespace.startswith("AWS/"):
            raise InvalidParameterValue("The value AWS/ for parameter Namespace is invalid.")
        before = len(self.metric_data)
        super().put_metric_data(namespace, metric_data)
        for datum in self.metric_data[before:]:
            self.store.put(datum)
        self.alarm_clock.wake(namespace)

    def get_metric_statistics(
        self,
        namespace: str,
        metric_name: str,
        start_time: dt.datetime,
        end_time: dt.datetime,
        period: int,
        stats: list[str],
        dimensions: list[dict[str, str]],
        unit: str | None = None,
    ) -> list[dict[str, Any]]:
        """The data points, as in the answer; `stats` may hold percentiles."""
        start, end, length = self._window(start_time, end_time, period)
        if (end - start) // length > _MOST_POINTS:
            raise InvalidParameterCombination(
                f"You have requested up to {(end - start) // length:,} datapoints, which exceeds the limit of "
                f"{_MOST_POINTS:,}. You may reduce the datapoints requested by increasing Period, or decreasing the "
                "time range."
            )
        _check_statistics(stats)
        answer = []
        for point in self.store.query(named(namespace, metric_name, dimensions), start, end, length, unit):
            values = {name: value for name in stats if (value := point.samples.statistic(name)) is not None}
            entry = {"Timestamp": date(point.at), "Unit": point.unit}
            entry |= {name: value for name, value in values.items() if name in STATISTICS}
            percentiles = {name: value for name, value in values.items() if name not in STATISTICS}
            if percentiles:
                entry["ExtendedStatistics"] = percentiles
            answer.append(entry)
        return answer

    def get_metric_data(
        self,
        queries: list[dict[str, Any]],
        start_time: dt.datetime,
        end_time: dt.datetime,
        scan_by: str = "TimestampAscending",
    ) -> list[dict[str, Any]]:
        known: dict[str, dict[int, float]] = {}
        labels: dict[str, str] = {}
        for query in queries:
            if "MetricStat" in query:
                known[query["Id"]] = self._values(query["MetricStat"], start_time, end_time)
                wanted = query["MetricStat"]
                labels[query["Id"]] = f"{wanted['Metric']['MetricName']} {wanted['Stat']}"
        expressions = {query["Id"]: query["Expression"] for query in queries if "Expression" in query}
        try:
            known |= computed(expressions, known)
        except NotUnderstood as error:
            raise ValidationError(str(error)) from error
        results = []
        for query in queries:
            if query.get("ReturnData", True):
                order = sorted(known[query["Id"]], reverse=scan_by == "TimestampDescending")
                results.append(
                    {
                        "id": query["Id"],
                        "label": query.get("Label") or labels.get(query["Id"], query["Id"]),
                        "timestamps": [date(at) for at in order],
                        "values": [known[query["Id"]][at] for at in order],
                        "status_code": "Complete",
                    }
                )
        return results

    def _values(self, wanted: dict[str, Any], start_time: dt.datetime, end_time: dt.datetime) -> dict[int, float]:
        start, end, length = self._window(start_time, end_time, int(wanted["Period"]))
        metric = wanted["Metric"]
        _check_statistics([wanted["Stat"]])
        points = self.store.query(
            named(metric["Namespace"], metric["MetricName"], metric.get("Dimensions", [])),
            start,
            end,
            length,
            wanted.get("Unit"),
        )
        values = {point.at: point.samples.statistic(wanted["Stat"]) for point in points}
        return {at: value for at, value in values.items() if value is not None}

    @staticmethod
    def _window(start_time: dt.datetime, end_time: dt.datetime, period: int) -> tuple[int, int, int]:
        """Start, end and period in microseconds."""
        start, end = microseconds(start_time), microseconds(end_time)
        if start >= end:
            raise InvalidParameterValue("The parameter StartTime must be less than the parameter EndTime.")
        if period < 1 or period % 60:
            raise InvalidParameterValue(
                "The parameter Period must be a multiple of 60: the lab keeps data by the minute."
            )
        return start, end, period * SECOND

    def get_filtered_metrics(
        self, metric_name: str, namespace: str, dimensions: list[dict[str, str]]
    ) -> list[MetricDatumBase]:
        """What ListMetrics lists: what the journal has, then what was put."""
        found = [
            MetricDatumBase(metric.namespace, metric.name, _as_list(metric), None)
            for metric in self.store.journal_metrics
        ]
        chosen = [each for each in found if each.filter(namespace, metric_name, dimensions)]
        if namespace in NAMESPACES:
            return chosen
        return [*chosen, *super().get_filtered_metrics(metric_name, namespace, dimensions)]

    # -- alarms ------------------------------------------------------------------------------------------------------

    def put_metric_alarm(self, name: str, **settings: Any) -> Alarm:
        rule = _rule(settings)
        alarm = super().put_metric_alarm(name=name, **settings)
        self.alarm_clock.watch(alarm, rule)
        return alarm

    def describe_alarms(self) -> Any:
        self.alarm_clock.catch_up()
        return super().describe_alarms()

    def get_alarms_by_action_prefix(self, action_prefix: str) -> Any:
        self.alarm_clock.catch_up()
        return super().get_alarms_by_action_prefix(action_prefix)

    def get_alarms_by_alarm_name_prefix(self, name_prefix: str) -> Any:
        self.alarm_clock.catch_up()
        return super().get_alarms_by_alarm_name_prefix(name_prefix)

    def get_alarms_by_alarm_names(self, alarm_names: list[str]) -> Any:
        self.alarm_clock.catch_up()
        return super().get_alarms_by_alarm_names(alarm_names)

    def get_alarms_by_state_value(self, target_state: str) -> Any:
        self.alarm_clock.catch_up()
        return super().get_alarms_by_state_value(target_state)

    def delete_alarms(self, alarm_names: list[str]) -> None:
        super().delete_alarms(alarm_names)
        for name in alarm_names:
            self.alarm_clock.forget(name)

    def set_alarm_state(self, alarm_name: str, reason: str, reason_data: str, state_value: str) -> None:
        if alarm_name not in self.alarms:
            raise ResourceNotFound
        alarm = self.alarms[alarm_name]
        # moto checks the parameters and changes the state; it is put back so that the change is seen as one.
        before = (alarm.state_value, alarm.state_reason, alarm.state_reason_data, list(alarm.history))
        super().set_alarm_state(alarm_name, reason, reason_data, state_value)
        alarm.state_value, alarm.state_reason, alarm.state_reason_data, alarm.history = before
        self.alarm_clock.set_state(alarm, state_value, reason, reason_data or "{}")

    def alarm_history(
        self, name: str | None, kind: str | None, start: dt.datetime | None, end: dt.datetime | None
    ) -> list[dict[str, Any]]:
        """What happened to alarms, the oldest first."""
        self.alarm_clock.catch_up()
        return [
            item
            for item in self.alarm_clock.history
            if name in (None, item["AlarmName"])
            and kind in (None, item["HistoryItemType"])
            and (start is None or microseconds(item["Timestamp"]) >= microseconds(start))
            and (end is None or microseconds(item["Timestamp"]) <= microseconds(end))
        ]


def _as_list(metric: Metric) -> list[dict[str, str]]:
    return [{"Name": name, "Value": value} for name, value in metric.dimensions]


def _check_statistics(names: list[str]) -> None:
    for name in names:
        if name not in STATISTICS and not is_percentile(name):
            known = ", ".join(STATISTICS)
            raise InvalidParameterValue(
                f"The value {name} is not supported: the lab has {known} and percentiles as p99."
            )


def _rule(settings: dict[str, Any]) -> Rule:
    """The rule of an alarm, from what PutMetricAlarm was given.

    Raises ValidationError in one sentence, for what AWS refuses and for what the lab cannot watch.
    """
    queries = settings.get("metric_data_queries") or []
    if settings.get("rule") or len(queries) > 1 or any(query.metric_stat is None for query in queries):
        raise ValidationError("The lab's alarms watch one metric: not an expression, and not other alarms.")
    if queries:
        stat = queries[0].metric_stat
        dimensions = tuple(sorted((each.name, each.value) for each in stat.metric.dimensions))
        metric = Metric(stat.metric.namespace, stat.metric.metric_name, dimensions)
        statistic, period, unit = stat.stat, stat.period, stat.unit
    else:
        metric = named(settings["namespace"], settings["metric_name"], settings.get("dimensions") or [])
        statistic = settings.get("statistic") or settings.get("extended_statistic")
        period, unit = settings.get("period"), settings.get("unit")
    if statistic is None or period is None or settings.get("threshold") is None:
        raise ValidationError("An alarm on a metric needs Period, Threshold, and Statistic or ExtendedStatistic.")
    _check_statistics([statistic])
    periods, period = int(settings["evaluation_periods"]), int(period)
    datapoints = int(settings.get("datapoints_to_alarm") or periods)
    if period < 1 or period % 60:
        raise ValidationError("Period must be a multiple of 60: the lab looks at an alarm once a minute.")
    if datapoints > periods:
        raise ValidationError("DatapointsToAlarm must not be greater than EvaluationPeriods.")
    if periods * period > (7 * _DAY if period >= 3600 else _DAY):
        raise ValidationError("Metrics cannot be checked across more than a day (EvaluationPeriods * Period <= 86400).")
    comparison = settings["comparison_operator"]
    if comparison not in COMPARISONS:
        raise ValidationError(f"{comparison} compares with an anomaly band, which the lab does not have.")
    missing = settings.get("treat_missing_data") or ("ignore" if metric.namespace == "AWS/DynamoDB" else "missing")
    if missing not in MISSING:
        raise ValidationError(f"TreatMissingData is one of {', '.join(MISSING)}, not {missing}.")
    return Rule(
        metric=metric,
        unit=unit,
        statistic=statistic,
        period=period // 60 * MINUTE,
        periods=periods,
        datapoints=datapoints,
        comparison=comparison,
        threshold=float(settings["threshold"]),
        missing=missing,
        ignores_few=settings.get("evaluate_low_sample_count_percentile") == "ignore",
    )
