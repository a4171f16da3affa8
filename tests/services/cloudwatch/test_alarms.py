"""Alarms on the clock, as stories. Source: Amazon CloudWatch User Guide, "Alarm evaluation"."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from observatory import DAY, Observatory, opened

from waterline.clock import SECOND
from waterline.services.cloudwatch.store import MetricStore, Point


def test_a_new_alarm_knows_nothing_yet(lab: Observatory) -> None:
    """Source: PutMetricAlarm, API reference."""
    lab.alarm(FunctionName="pay")
    assert lab.state() == "INSUFFICIENT_DATA"


def test_an_alarm_goes_off_at_the_end_of_the_minute_and_comes_back(lab: Observatory) -> None:
    """Source: "Alarm evaluation"."""
    lab.alarm(FunctionName="pay")
    lab.invocation(10, 11, "failed", request="a")
    lab.invocation(70, 71, request="b")
    lab.advance(59)
    assert lab.state() == "INSUFFICIENT_DATA"
    lab.advance(1)
    assert lab.state() == "ALARM"
    lab.advance(600)
    assert lab.changes() == [(60, "ALARM"), (120, "OK"), (300, "INSUFFICIENT_DATA")]


def test_the_change_is_in_the_journal_with_its_reason(lab: Observatory) -> None:
    lab.alarm("too-many-errors", FunctionName="pay")
    lab.invocation(10, 11, "failed")
    lab.advance(60)
    (event,) = lab.journal.of("alarmed")
    assert (event.place, event.message) == ("cloudwatch:too-many-errors", None)
    assert (event.detail["before"], event.detail["state"]) == ("INSUFFICIENT_DATA", "ALARM")
    assert "1 out of the last 1 datapoints [1.0 (01/01/26 00:00:00)] was greater than the threshold (0.0)" in str(event)


def test_missing_data_is_treated_as_the_alarm_says(lab: Observatory) -> None:
    """Source: "Configuring how CloudWatch alarms treat missing data"."""
    for treatment in ("missing", "ignore", "breaching", "notBreaching"):
        lab.alarm(treatment, FunctionName="pay", TreatMissingData=treatment)
    lab.invocation(10, 11, "failed")
    lab.advance(DAY)
    assert lab.changes("missing") == [(60, "ALARM"), (240, "INSUFFICIENT_DATA")]
    assert lab.changes("ignore") == [(60, "ALARM")]
    assert lab.changes("breaching") == [(60, "ALARM")]
    assert lab.changes("notBreaching") == [(60, "ALARM"), (240, "OK")]


def test_two_out_of_three_need_not_be_in_a_row(lab: Observatory) -> None:
    """Source: "Alarm evaluation"."""
    lab.alarm(FunctionName="pay", EvaluationPeriods=3, DatapointsToAlarm=2)
    for minute, outcome in enumerate(["failed", "succeeded", "failed", "succeeded", "succeeded"]):
        lab.invocation(60 * minute + 1, 60 * minute + 2, outcome, request=f"r-{minute}")
    lab.advance(300)
    assert lab.changes() == [(120, "OK"), (180, "ALARM"), (240, "OK")]


@pytest.mark.parametrize(
    ("comparison", "goes_off"),
    [
        ("GreaterThanThreshold", [False, False, True]),
        ("GreaterThanOrEqualToThreshold", [False, True, True]),
        ("LessThanThreshold", [True, False, False]),
        ("LessThanOrEqualToThreshold", [True, True, False]),
    ],
)
def test_comparisons(comparison: str, goes_off: list[bool]) -> None:
    """Source: PutMetricAlarm."""
    states = []
    for errors in range(1, 4):
        with opened() as lab:
            lab.alarm(FunctionName="pay", threshold=2, ComparisonOperator=comparison)
            for number in range(errors):
                lab.invocation(number, number + 0.5, "failed", request=f"r-{number}")
            lab.advance(60)
            states.append(lab.state() == "ALARM")
    assert states == goes_off


def test_a_long_period_is_looked_at_every_minute(lab: Observatory) -> None:
    """Source: "Alarm evaluation"."""
    lab.alarm(FunctionName="pay", Period=300, TreatMissingData="notBreaching")
    lab.invocation(10, 11, "failed")
    lab.advance(3600)
    assert lab.changes() == [(60, "ALARM"), (960, "OK")]


def test_an_invocation_that_fails_after_its_window_goes_unnoticed(lab: Observatory) -> None:
    """The error stands at the beginning of the invocation, which by then no evaluation looks at."""
    lab.alarm("short", FunctionName="pay", TreatMissingData="notBreaching")
    lab.alarm("long", FunctionName="pay", TreatMissingData="notBreaching", Period=900)
    lab.invocation(10, 840, "failed")
    lab.advance(1800)
    assert lab.changes("short") == [(60, "OK")]
    assert lab.changes("long")[:2] == [(60, "OK"), (900, "ALARM")]


def test_the_oldest_message_sets_it_off_when_it_is_old_enough_and_nothing_else_happens(lab: Observatory) -> None:
    """Source: "Available CloudWatch metrics for Amazon SQS"."""
    lab.queue()
    lab.alarm(metric="ApproximateAgeOfOldestMessage", threshold=3 * DAY, Statistic="Maximum", QueueName="orders")
    lab.send()
    lab.advance(10 * DAY)
    assert lab.changes() == [
        (60, "OK"),
        (3 * DAY + 60, "ALARM"),
        (4 * DAY + 60, "OK"),
        (4 * DAY + 6 * 3600 + 180, "INSUFFICIENT_DATA"),
    ]


def test_a_backlog_that_drains(lab: Observatory) -> None:
    lab.queue(VisibilityTimeout=600)
    settings: dict[str, Any] = {"threshold": 2, "Statistic": "Maximum", "QueueName": "orders"}
    lab.alarm(metric="ApproximateNumberOfMessagesVisible", **settings)
    for _ in range(3):
        lab.send()
    lab.advance(90)
    received = lab.receive()
    for message in received:
        lab.delete(message)
    lab.advance(60)
    assert lab.changes() == [(60, "ALARM"), (120, "OK")]


def test_whoever_looks_at_the_end_of_a_minute_sees_it_evaluated(lab: Observatory) -> None:
    lab.alarm(FunctionName="pay", TreatMissingData="notBreaching")
    lab.invocation(70, 71, "failed")
    lab.advance(120)
    assert lab.state() == "ALARM"
    assert lab.changes() == [(60, "OK"), (120, "ALARM")]
    lab.advance(1)
    assert len(lab.changes()) == 2


def test_something_that_happens_exactly_between_two_minutes_is_noticed(lab: Observatory) -> None:
    lab.queue()
    settings: dict[str, Any] = {"threshold": 0, "Statistic": "Maximum", "QueueName": "orders"}
    lab.at(120, lab.send)
    lab.alarm(metric="ApproximateNumberOfMessagesVisible", **settings)
    lab.advance(121)
    assert lab.changes() == []
    lab.advance(DAY)
    assert lab.changes() == [(180, "ALARM")]


def test_a_moment_of_traffic_is_noticed_though_the_alarm_was_about_to_sleep(lab: Observatory) -> None:
    """It comes at the very instant of the last look: three minutes after the queue last changed."""
    lab.queue()
    for second in (30, 240, 240):
        lab.at(second, lab.send)
    lab.alarm(metric="NumberOfMessagesSent", threshold=1, QueueName="orders")
    lab.advance(DAY)
    assert lab.changes() == [(60, "OK"), (300, "ALARM"), (360, "OK")]


def test_a_percentile_with_too_few_samples_changes_nothing_if_told_to_ignore_them(lab: Observatory) -> None:
    """Source: "Percentile-based alarms and low data samples": p90 needs a hundred."""
    for option in ("evaluate", "ignore"):
        settings: dict[str, Any] = {"ExtendedStatistic": "p90", "EvaluateLowSampleCountPercentile": option}
        lab.alarm(option, metric="Duration", threshold=100, FunctionName="pay", **settings)
    lab.invocation(1, 2)
    for number in range(100):
        lab.invocation(61, 62, request=f"r-{number}", environment=number)
    lab.advance(121)
    assert lab.changes("evaluate") == [(60, "ALARM")]
    assert lab.changes("ignore") == [(120, "ALARM")]


def test_an_alarm_on_a_metric_of_ones_own(lab: Observatory) -> None:
    """Source: PutMetricData."""
    lab.alarm(Namespace="Shop", metric="Sold", threshold=5, ComparisonOperator="LessThanThreshold")
    lab.cloudwatch.put_metric_data(Namespace="Shop", MetricData=[{"MetricName": "Sold", "Value": 3}])
    lab.advance(60)
    assert lab.state() == "ALARM"


def test_set_alarm_state_lasts_until_the_next_look(lab: Observatory) -> None:
    """Source: SetAlarmState."""
    lab.queue()
    lab.send()
    settings: dict[str, Any] = {"threshold": 5, "Statistic": "Maximum", "QueueName": "orders"}
    lab.alarm(metric="ApproximateNumberOfMessagesVisible", **settings)
    lab.advance(3600)
    lab.cloudwatch.set_alarm_state(AlarmName="watch", StateValue="ALARM", StateReason="a drill")
    assert lab.state() == "ALARM"
    lab.advance(60)
    assert lab.changes() == [(60, "OK"), (3600, "ALARM"), (3660, "OK")]


def test_an_alarm_that_is_put_again_keeps_its_state_and_one_that_is_deleted_is_gone(lab: Observatory) -> None:
    """Source: PutMetricAlarm."""
    lab.alarm(FunctionName="pay", TreatMissingData="ignore")
    lab.invocation(10, 11, "failed", request="a")
    lab.advance(60)
    lab.alarm(FunctionName="pay", threshold=5, TreatMissingData="ignore")
    assert lab.state() == "ALARM"
    lab.advance(60)
    assert lab.changes() == [(60, "ALARM"), (120, "OK")]
    lab.cloudwatch.delete_alarms(AlarmNames=["watch"])
    for number in range(9):
        lab.invocation(130, 131, "failed", request=f"b-{number}", environment=number)
    lab.advance(600)
    assert len(lab.changes()) == 2


def test_the_history_tells_what_happened(lab: Observatory) -> None:
    """Source: DescribeAlarmHistory."""
    lab.alarm(FunctionName="pay")
    lab.invocation(10, 11, "failed")
    lab.advance(3600)
    lab.cloudwatch.delete_alarms(AlarmNames=["watch"])
    items = lab.cloudwatch.describe_alarm_history(ScanBy="TimestampAscending")["AlarmHistoryItems"]
    assert [item["HistorySummary"] for item in items] == [
        'Alarm "watch" created',
        "Alarm updated from INSUFFICIENT_DATA to ALARM",
        "Alarm updated from ALARM to INSUFFICIENT_DATA",
        'Alarm "watch" deleted',
    ]
    assert items[1]["Timestamp"] == lab.clock.start + dt.timedelta(seconds=60)
    assert json.loads(items[1]["HistoryData"])["newState"]["stateValue"] == "ALARM"
    newest = lab.cloudwatch.describe_alarm_history(AlarmName="watch", HistoryItemType="StateUpdate", MaxRecords=1)
    assert newest["AlarmHistoryItems"] == [items[2]]


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"Period": 10}, "multiple of 60"),
        ({"EvaluationPeriods": 2, "DatapointsToAlarm": 3}, "DatapointsToAlarm"),
        ({"EvaluationPeriods": 1441}, "more than a day"),
        ({"ComparisonOperator": "GreaterThanUpperThreshold"}, "anomaly band"),
        ({"TreatMissingData": "forget"}, "TreatMissingData"),
    ],
)
def test_an_alarm_that_cannot_be_watched_is_refused(lab: Observatory, settings: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ClientError, match=complaint):
        lab.alarm(FunctionName="pay", **settings)
    assert lab.cloudwatch.describe_alarms()["MetricAlarms"] == []


def test_an_alarm_on_an_expression_is_refused_and_one_on_a_single_query_is_not(lab: Observatory) -> None:
    metric = {"Namespace": "AWS/Lambda", "MetricName": "Errors"}
    query: dict[str, Any] = {"Id": "m", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Sum"}}
    common = {"EvaluationPeriods": 1, "Threshold": 0, "ComparisonOperator": "GreaterThanThreshold"}
    with pytest.raises(ClientError, match="watch one metric"):
        math = {"Id": "e", "Expression": "m / 2"}
        lab.cloudwatch.put_metric_alarm(AlarmName="math", Metrics=[query, math], **common)
    lab.cloudwatch.put_metric_alarm(AlarmName="watch", Metrics=[query], **common)
    lab.invocation(1, 2, "failed")
    lab.advance(60)
    assert lab.state() == "ALARM"


def test_an_alarm_does_not_keep_settle_waiting(lab: Observatory) -> None:
    lab.alarm(FunctionName="pay", TreatMissingData="notBreaching")
    lab.invocation(10, 70, "failed")
    lab.clock.settle(DAY * SECOND)
    assert lab.clock.now == 70 * SECOND


def test_an_idle_year_costs_nothing(lab: Observatory, monkeypatch: pytest.MonkeyPatch) -> None:
    looks = 0
    look = MetricStore.points

    def counted(store: MetricStore, *args: Any) -> list[Point]:
        nonlocal looks
        looks += 1
        return look(store, *args)

    monkeypatch.setattr(MetricStore, "points", counted)
    lab.queue(MessageRetentionPeriod=14 * DAY)
    settings: dict[str, Any] = {"Statistic": "Maximum", "QueueName": "orders"}
    lab.alarm("old", metric="ApproximateAgeOfOldestMessage", threshold=DAY, **settings)
    lab.alarm("many", metric="ApproximateNumberOfMessagesVisible", threshold=5, **settings)
    lab.alarm("errors", FunctionName="pay", TreatMissingData="breaching")
    lab.send()
    lab.advance(365 * DAY)
    assert [state for _, state in lab.changes("old")] == ["OK", "ALARM", "OK", "INSUFFICIENT_DATA"]
    assert looks < 200
