"""How CloudWatch is asked. Source: Amazon CloudWatch API Reference, the page of each action."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from botocore.exceptions import ClientError
from observatory import DAY, Observatory, dimensions, opened


def _data(lab: Observatory, queries: list[dict[str, Any]], minutes: int = 10, **options: Any) -> dict[str, Any]:
    answer = lab.cloudwatch.get_metric_data(
        MetricDataQueries=queries,
        StartTime=lab.clock.start,
        EndTime=lab.clock.start + dt.timedelta(minutes=minutes),
        **options,
    )
    return {result["Id"]: result for result in answer["MetricDataResults"]}


def _query(identifier: str, name: str, statistic: str = "Sum", **options: Any) -> dict[str, Any]:
    metric = {"Namespace": "AWS/Lambda", "MetricName": name, "Dimensions": dimensions(FunctionName="pay")}
    return {"Id": identifier, "MetricStat": {"Metric": metric, "Period": 60, "Stat": statistic}, **options}


def test_longer_periods_are_sums_of_minutes(lab: Observatory) -> None:
    """Source: GetMetricStatistics."""
    for number in range(6):
        lab.invocation(60 * number + 5, 60 * number + 6 + number, request=f"r-{number}")
    lab.advance(600)
    assert lab.points("Invocations", period=180, FunctionName="pay") == {0: 3, 180: 3}
    assert lab.points("Duration", "p50", period=300, FunctionName="pay") == {0: 3000, 300: 6000}
    assert lab.points("Invocations", period=120, start=1, FunctionName="pay") == {60: 2, 180: 2, 300: 1}


def test_minutes_are_those_of_the_date_also_when_the_cloud_opens_between_them() -> None:
    with opened(start=dt.datetime(2026, 1, 1, 12, 0, 40, tzinfo=dt.UTC)) as lab:
        lab.invocation(10, 11, request="a")
        lab.invocation(30, 31, request="b")
        lab.advance(120)
        assert lab.points("Invocations", FunctionName="pay") == {-40: 1, 20: 1}


def test_a_start_within_a_minute_is_rounded_down_to_it(lab: Observatory) -> None:
    """Source: GetMetricStatistics."""
    lab.invocation(5, 6)
    lab.advance(60)
    answer = lab.cloudwatch.get_metric_statistics(
        Namespace="AWS/Lambda",
        MetricName="Invocations",
        StartTime=lab.clock.start + dt.timedelta(seconds=30),
        EndTime=lab.clock.start + dt.timedelta(seconds=90),
        Period=60,
        Statistics=["Sum"],
    )
    (point,) = answer["Datapoints"]
    assert (point["Timestamp"], point["Sum"], point["Unit"]) == (lab.clock.start, 1, "Count")
    assert answer["Label"] == "Invocations"


def test_data_grows_coarser_with_age(lab: Observatory) -> None:
    """Source: GetMetricStatistics."""
    lab.invocation(65, 66)
    lab.advance(16 * DAY)
    assert lab.points("Invocations", period=60, FunctionName="pay") == {}
    assert lab.points("Invocations", period=300, start=1, FunctionName="pay") == {0: 1}
    lab.advance(50 * DAY)
    assert lab.points("Invocations", period=300, FunctionName="pay") == {}
    assert lab.points("Invocations", period=3600, FunctionName="pay") == {0: 1}


def test_get_metric_data_answers_the_newest_first_unless_told_otherwise(lab: Observatory) -> None:
    """Source: GetMetricData."""
    lab.invocation(1, 2, request="a")
    lab.invocation(61, 62, request="b")
    lab.advance(120)
    assert _data(lab, [_query("m", "Duration", "p99")])["m"]["Values"] == [1000, 1000]
    times = _data(lab, [_query("m", "Invocations")])["m"]["Timestamps"]
    assert times == [lab.clock.start + dt.timedelta(seconds=60), lab.clock.start]
    times = _data(lab, [_query("m", "Invocations")], ScanBy="TimestampAscending")["m"]["Timestamps"]
    assert times == [lab.clock.start, lab.clock.start + dt.timedelta(seconds=60)]


def test_an_error_rate_is_metric_math(lab: Observatory) -> None:
    """Source: "Using math expressions with CloudWatch metrics"."""
    for number in range(4):
        lab.invocation(number, number + 0.5, "failed" if number == 0 else "succeeded", request=f"r-{number}")
    lab.advance(60)
    results = _data(
        lab,
        [
            _query("errors", "Errors", ReturnData=False),
            _query("all", "Invocations", ReturnData=False),
            {"Id": "rate", "Expression": "100 * errors / all", "Label": "error rate"},
        ],
    )
    assert list(results) == ["rate"]
    assert (results["rate"]["Values"], results["rate"]["Label"]) == ([25], "error rate")


def test_what_the_lab_does_not_compute_it_says(lab: Observatory) -> None:
    with pytest.raises(ClientError, match="something else: FILL"):
        _data(lab, [_query("m", "Errors"), {"Id": "e", "Expression": "FILL(m, 0)"}])


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"Period": 90}, "multiple of 60"),
        ({"EndTime": dt.datetime(2025, 1, 1, tzinfo=dt.UTC)}, "StartTime must be less"),
        ({"EndTime": dt.datetime(2026, 2, 1, tzinfo=dt.UTC)}, "exceeds the limit of 1,440"),
        ({"Statistics": [], "ExtendedStatistics": ["tm99"]}, "tm99 is not supported"),
    ],
)
def test_what_cannot_be_answered_is_refused(lab: Observatory, change: dict[str, Any], complaint: str) -> None:
    """Source: GetMetricStatistics."""
    request = {
        "Namespace": "AWS/Lambda",
        "MetricName": "Errors",
        "StartTime": lab.clock.start,
        "EndTime": lab.clock.start + dt.timedelta(hours=1),
        "Period": 60,
        "Statistics": ["Sum"],
    } | change
    with pytest.raises(ClientError, match=complaint):
        lab.cloudwatch.get_metric_statistics(**{key: value for key, value in request.items() if value})


def test_metrics_are_listed_once_they_have_data(lab: Observatory) -> None:
    """Source: ListMetrics."""
    assert lab.cloudwatch.list_metrics()["Metrics"] == []
    lab.queue()
    lab.send()
    lab.invocation(1, 2)
    lab.advance(60)
    lab.cloudwatch.put_metric_data(Namespace="Shop", MetricData=[{"MetricName": "Sold", "Value": 1}])
    listed = lab.cloudwatch.list_metrics(Namespace="AWS/SQS")["Metrics"]
    assert {metric["MetricName"] for metric in listed} == {
        "ApproximateAgeOfOldestMessage",
        "ApproximateNumberOfMessagesDelayed",
        "ApproximateNumberOfMessagesNotVisible",
        "ApproximateNumberOfMessagesVisible",
        "NumberOfMessagesDeleted",
        "NumberOfMessagesReceived",
        "NumberOfMessagesSent",
        "SentMessageSize",
    }
    assert all(metric["Dimensions"] == dimensions(QueueName="orders") for metric in listed)
    errors = lab.cloudwatch.list_metrics(MetricName="Errors")["Metrics"]
    assert [len(metric["Dimensions"]) for metric in errors] == [0, 1, 2]
    assert [metric["MetricName"] for metric in lab.cloudwatch.list_metrics(Namespace="Shop")["Metrics"]] == ["Sold"]


def test_metrics_of_ones_own_stand_beside_them(lab: Observatory) -> None:
    """Source: PutMetricData."""
    put = lab.cloudwatch.put_metric_data
    put(Namespace="Shop", MetricData=[{"MetricName": "Sold", "Values": [3, 5], "Counts": [2, 1], "Unit": "Count"}])
    put(Namespace="Shop", MetricData=[{"MetricName": "Sold", "Value": 9, "Dimensions": dimensions(Shop="b")}])
    answer = lab.cloudwatch.get_metric_statistics(
        Namespace="Shop",
        MetricName="Sold",
        StartTime=lab.clock.start,
        EndTime=lab.clock.start + dt.timedelta(minutes=5),
        Period=60,
        Statistics=["Sum", "Average", "SampleCount"],
    )
    (point,) = answer["Datapoints"]
    assert (point["Sum"], point["SampleCount"], point["Unit"]) == (11, 3, "Count")


def test_nobody_else_writes_into_an_aws_namespace(lab: Observatory) -> None:
    """Source: PutMetricData."""
    with pytest.raises(ClientError, match="Namespace is invalid"):
        lab.cloudwatch.put_metric_data(Namespace="AWS/Lambda", MetricData=[{"MetricName": "Errors", "Value": 1}])
