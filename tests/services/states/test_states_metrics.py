"""The metrics of workflows under AWS's names, and an alarm on one of them."""

from __future__ import annotations

import datetime as dt
from typing import Any

import boto3
from workflows import REGION, Workflows, line

START = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


def points(machine: str, name: str, statistic: str = "Sum") -> dict[int, float]:
    """The values of the first hour, by minute."""
    answer = boto3.client("cloudwatch", region_name=REGION).get_metric_statistics(
        Namespace="AWS/States",
        MetricName=name,
        Dimensions=[{"Name": "StateMachineArn", "Value": machine}],
        StartTime=START,
        EndTime=START + dt.timedelta(hours=1),
        Period=60,
        Statistics=[statistic],
    )
    return {(point["Timestamp"] - START).seconds // 60: point[statistic] for point in answer["Datapoints"]}


WAIT: dict[str, Any] = {
    "W": {"Type": "Wait", "Seconds": 90},
    "C": {
        "Type": "Choice",
        "Choices": [{"Variable": "$.fails", "IsPresent": True, "Next": "F"}],
        "Default": "S",
    },
    "S": {"Type": "Succeed"},
    "F": {"Type": "Fail", "Error": "Mine"},
}


def test_executions_are_counted_at_their_starts_and_ends(flows: Workflows) -> None:
    """Source: "Monitoring Step Functions metrics using Amazon CloudWatch"."""
    machine = flows.create(line(WAIT))
    flows.start(machine)
    flows.start(machine, {"fails": 1})
    flows.cloud.advance(seconds=70)
    stopped = flows.start(machine)
    flows.cloud.advance(seconds=60)
    flows.client.stop_execution(executionArn=stopped)
    late = flows.create(line({"W": {"Type": "Wait", "Seconds": 90}}, TimeoutSeconds=30), "late")
    flows.start(late)
    flows.cloud.advance(minutes=5)
    assert points(machine, "ExecutionsStarted") == {0: 2, 1: 1}
    assert points(machine, "ExecutionsSucceeded") == {1: 1}
    assert points(machine, "ExecutionsFailed") == {1: 1}
    assert points(machine, "ExecutionsAborted") == {2: 1}
    assert points(late, "ExecutionsTimedOut") == {2: 1}
    assert points(machine, "ExecutionTime", "Maximum") == {1: 90_000, 2: 60_000}


def test_an_alarm_on_failed_executions_rings(flows: Workflows) -> None:
    """Source: "Monitoring Step Functions metrics using Amazon CloudWatch"."""
    machine = flows.create(line(WAIT))
    cloudwatch = boto3.client("cloudwatch", region_name=REGION)
    cloudwatch.put_metric_alarm(
        AlarmName="failed",
        Namespace="AWS/States",
        MetricName="ExecutionsFailed",
        Dimensions=[{"Name": "StateMachineArn", "Value": machine}],
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=0,
        ComparisonOperator="GreaterThanThreshold",
        TreatMissingData="notBreaching",
    )
    flows.start(machine, {"fails": 1})
    flows.cloud.advance(minutes=3)
    states = [event.detail["state"] for event in flows.cloud.journal.of("alarmed")]
    assert "ALARM" in states


def test_a_redriven_execution_is_counted_again_at_its_end(flows: Workflows) -> None:
    """Source: RedriveExecution."""
    machine = flows.create(line({"F": {"Type": "Fail"}}))
    execution = flows.start(machine)
    flows.cloud.advance(seconds=61)
    flows.client.redrive_execution(executionArn=execution)
    flows.cloud.advance(minutes=1)
    assert points(machine, "ExecutionsRedriven") == {1: 1}
    assert points(machine, "ExecutionsFailed") == {0: 1, 1: 1}
