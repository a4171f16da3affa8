"""What CloudWatch and the bill say of a bus: both read the journal."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from eventlab import Lab, allowing, arn_of, client

from waterline.pricing import Run, bill

START = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


def metric(name: str, statistic: str = "Sum", **dimensions: str) -> float:
    """All of it, over two days."""
    answer = client("cloudwatch").get_metric_statistics(
        Namespace="AWS/Events",
        MetricName=name,
        Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
        StartTime=START,
        EndTime=START + dt.timedelta(days=2),
        Period=86400,
        Statistics=[statistic],
    )
    return float(sum(point[statistic] for point in answer["Datapoints"]))


def topic(name: str = "news") -> str:
    arn = str(client("sns").create_topic(Name=name)["TopicArn"])
    client("sns").set_topic_attributes(
        TopicArn=arn, AttributeName="Policy", AttributeValue=allowing("sns:Publish", arn)
    )
    return arn


def test_metrics_count_events_rules_attempts_and_ends(lab: Lab) -> None:
    """Source: "Monitoring Amazon EventBridge"."""
    dead = {"Arn": lab.queue("dead")}
    policy = {"MaximumRetryAttempts": 3}
    lab.rule({"Arn": topic(), "RetryPolicy": policy, "DeadLetterConfig": dead}, lab.queue(), name="pay")
    lab.rule({"Arn": arn_of("sqs", "nobody"), "DeadLetterConfig": {"Arn": arn_of("sqs", "nowhere")}}, name="lost")
    lab.cloud.faults.outage("sns")
    lab.put()
    lab.put()
    lab.put(source="bank")
    lab.cloud.settle()
    told = {
        name: (metric(name), metric(name, RuleName="pay"), metric(name, RuleName="lost"))
        for name in (
            "MatchedEvents", "TriggeredRules", "InvocationsCreated", "InvocationAttempts", "RetryInvocationAttempts",
            "SuccessfulInvocationAttempts", "Invocations", "FailedInvocations", "InvocationsSentToDlq",
            "InvocationsFailedToBeSentToDlq",
        )
    }  # fmt: skip
    assert told == {
        "MatchedEvents": (2, 0, 0),
        "TriggeredRules": (4, 2, 2),
        "InvocationsCreated": (6, 0, 0),
        "InvocationAttempts": (12, 10, 2),
        "RetryInvocationAttempts": (6, 6, 0),
        "SuccessfulInvocationAttempts": (2, 2, 0),
        "Invocations": (6, 4, 2),
        "FailedInvocations": (4, 2, 2),
        "InvocationsSentToDlq": (2, 2, 0),
        "InvocationsFailedToBeSentToDlq": (2, 0, 2),
    }


def test_rules_of_other_buses_have_two_dimensions(lab: Lab) -> None:
    """Source: "Monitoring Amazon EventBridge"."""
    lab.bus("orders")
    lab.rule(lab.queue(), bus="orders")
    lab.put(EventBusName="orders")
    lab.cloud.settle()
    assert metric("Invocations", RuleName="rule") == 0
    assert metric("Invocations", RuleName="rule", EventBusName="orders") == 1
    assert metric("MatchedEvents", EventBusName="orders") == 1


def test_latency_runs_until_a_target_has_the_event(lab: Lab) -> None:
    """Source: "Monitoring Amazon EventBridge"."""
    lab.rule(topic())
    lab.cloud.faults.outage("sns", end=600)
    lab.put()
    lab.cloud.settle()
    (delivered,) = lab.of("delivered")
    latency = metric("IngestionToInvocationSuccessLatency", "Maximum", RuleName="rule")
    assert latency == pytest.approx(delivered.seconds * 1000)
    assert latency > 600_000


def test_an_alarm_on_failed_invocations_goes_off(lab: Lab) -> None:
    """Source: "Monitoring Amazon EventBridge"."""
    client("cloudwatch").put_metric_alarm(
        AlarmName="lost",
        Namespace="AWS/Events",
        MetricName="FailedInvocations",
        Dimensions=[{"Name": "RuleName", "Value": "rule"}],
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        TreatMissingData="notBreaching",
    )
    lab.rule(arn_of("sqs", "nobody"))
    lab.put()
    lab.cloud.advance(minutes=1, seconds=1)
    assert "ALARM" in [event.detail["state"] for event in lab.of("alarmed", "cloudwatch:lost")]


def test_the_change_of_an_alarm_is_an_event_on_the_default_bus(lab: Lab) -> None:
    """Source: "Alarm events and EventBridge"."""
    client("cloudwatch").put_metric_alarm(
        AlarmName="busy",
        AlarmDescription="too much",
        Namespace="Shop",
        MetricName="Orders",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
    )
    pattern = {"source": ["aws.cloudwatch"], "detail": {"state": {"value": ["ALARM"]}}}
    lab.rule(lab.queue(), pattern=pattern)
    client("cloudwatch").put_metric_data(Namespace="Shop", MetricData=[{"MetricName": "Orders", "Value": 3}])
    lab.cloud.advance(minutes=2)
    (event,) = lab.events()
    assert event["detail-type"] == "CloudWatch Alarm State Change"
    assert event["resources"] == [arn_of("cloudwatch", "alarm:busy")]
    detail = event["detail"]
    assert (detail["alarmName"], detail["state"]["value"], detail["previousState"]["value"]) == (
        "busy", "ALARM", "INSUFFICIENT_DATA",
    )  # fmt: skip
    (metrics,) = detail["configuration"]["metrics"]
    assert metrics["metricStat"]["metric"] == {"namespace": "Shop", "name": "Orders", "dimensions": {}}
    assert detail["configuration"]["description"] == "too much"


def line(lab: Lab, what: str) -> Any:
    lines = {one.what: one for one in bill(Run(lab.cloud.journal)).lines}
    return lines.get(f"EventBridge: {what}")


def test_the_bill_counts_custom_events_by_chunks_of_64_kb_and_those_of_services_apart(lab: Lab) -> None:
    lab.rule(lab.queue(), ScheduleExpression="rate(1 hour)")
    client("events").create_archive(ArchiveName="all", EventSourceArn=arn_of("events", "event-bus/default"))
    lab.put({"small": 1})
    lab.put({"f": "x" * 100_000})
    client("events").start_replay(
        ReplayName="r",
        EventSourceArn=arn_of("events", "archive/all"),
        EventStartTime=START,
        EventEndTime=START + dt.timedelta(hours=1),
        Destination={"Arn": arn_of("events", "event-bus/default")},
    )
    lab.cloud.advance(hours=3, seconds=1)
    assert line(lab, "custom events").quantity == Decimal(3)
    assert line(lab, "replayed events").quantity == Decimal(3)
    assert line(lab, "management events of AWS services").quantity == Decimal(3)
