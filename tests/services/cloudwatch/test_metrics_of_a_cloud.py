"""Metrics and alarms of a whole cloud: real queues, real handlers, plain boto3."""

from __future__ import annotations

import datetime as dt
import json

import boto3
from observatory import dimensions

from waterline import Cloud

CHARGE = """
import json, time

def handler(event, context):
    for record in event.get("Records", [{"body": json.dumps(event)}]):
        order = json.loads(record["body"])
        time.sleep(order["seconds"])
        if order.get("fails"):
            raise RuntimeError("declined")
"""


def _sum(name: str, **about: str) -> dict[int, float]:
    """The sums of the first ten minutes, by minute."""
    start = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    answer = boto3.client("cloudwatch", region_name="us-east-1").get_metric_statistics(
        Namespace="AWS/SQS" if "QueueName" in about else "AWS/Lambda",
        MetricName=name,
        Dimensions=dimensions(**about),
        StartTime=start,
        EndTime=start + dt.timedelta(minutes=10),
        Period=60,
        Statistics=["Sum"],
    )
    return {(point["Timestamp"] - start).seconds // 60: point["Sum"] for point in answer["Datapoints"]}


def test_a_batch_from_a_queue_is_one_invocation_and_its_messages_are_many() -> None:
    """Source: "Types of metrics for Lambda functions"."""
    with Cloud(seed=7) as cloud:
        sqs = boto3.client("sqs", region_name="us-east-1")
        awslambda = boto3.client("lambda", region_name="us-east-1")
        cloudwatch = boto3.client("cloudwatch", region_name="us-east-1")
        cloud.deploy("charge", CHARGE, timeout=20)
        url = sqs.create_queue(QueueName="orders", Attributes={"VisibilityTimeout": "120"})["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        cloudwatch.put_metric_alarm(
            AlarmName="declined",
            Namespace="AWS/Lambda",
            MetricName="Errors",
            Dimensions=dimensions(FunctionName="charge"),
            Statistic="Sum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=0,
            ComparisonOperator="GreaterThanThreshold",
            TreatMissingData="notBreaching",
        )
        for number in range(10):
            body = json.dumps({"seconds": 1, "fails": number == 9})
            sqs.send_message(QueueUrl=url, MessageBody=body)
        awslambda.create_event_source_mapping(EventSourceArn=arn, FunctionName="charge", BatchSize=10)
        cloud.advance(minutes=3, seconds=30)
        invoked = cloud.journal.of("invoked", "lambda:charge")
        batches = {(event.detail["invocation"], event.at) for event in invoked}
        assert len(batches) < len(invoked)
        assert sum(_sum("Invocations", FunctionName="charge").values()) == len(batches)
        assert sum(_sum("Errors", FunctionName="charge").values()) >= 2
        assert _sum("NumberOfMessagesSent", QueueName="orders") == {0: 10, 1: 0, 2: 0}
        received = _sum("NumberOfMessagesReceived", QueueName="orders")
        assert sum(received.values()) == len(cloud.journal.of("received", "sqs:orders")) > 10
        assert cloud.journal.of("alarmed")[0].detail["state"] == "ALARM"


def test_an_asynchronous_event_that_is_tried_three_times() -> None:
    """Source: "Types of metrics for Lambda functions"."""
    with Cloud(seed=7) as cloud:
        awslambda = boto3.client("lambda", region_name="us-east-1")
        cloud.deploy("charge", CHARGE, timeout=20)
        event = json.dumps({"seconds": 1, "fails": True}).encode()
        awslambda.invoke(FunctionName="charge", InvocationType="Event", Payload=event)
        cloud.settle()
        about = {"FunctionName": "charge"}
        assert sum(_sum("Invocations", **about).values()) == sum(_sum("Errors", **about).values()) == 3
        assert sum(_sum("AsyncEventsReceived", **about).values()) == 1
        assert sum(_sum("AsyncEventsDropped", **about).values()) == 1


def test_the_same_seed_gives_the_same_journal_with_its_alarms() -> None:
    digests = []
    for _ in range(2):
        with Cloud(seed=3) as cloud:
            sqs = boto3.client("sqs", region_name="us-east-1")
            url = sqs.create_queue(QueueName="orders")["QueueUrl"]
            boto3.client("cloudwatch", region_name="us-east-1").put_metric_alarm(
                AlarmName="backlog",
                Namespace="AWS/SQS",
                MetricName="ApproximateNumberOfMessagesVisible",
                Dimensions=dimensions(QueueName="orders"),
                Statistic="Maximum",
                Period=60,
                EvaluationPeriods=2,
                Threshold=1,
                ComparisonOperator="GreaterThanOrEqualToThreshold",
            )
            sqs.send_message(QueueUrl=url, MessageBody="x")
            cloud.advance(days=30)
            assert [event.detail["state"] for event in cloud.journal.of("alarmed")] == [
                "ALARM",
                "OK",
                "INSUFFICIENT_DATA",
            ]
            digests.append(cloud.journal.digest())
    assert digests[0] == digests[1]
