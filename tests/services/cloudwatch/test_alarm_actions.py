"""What an alarm does when its state changes: topics and functions are told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from waterline import Cloud

ARN = "arn:aws:sqs:us-east-1:123456789012:inbox"


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    with Cloud(seed=7) as cloud:
        yield cloud


def topic_and_inbox(name: str = "alarms") -> str:
    """A topic whose messages are in the queue `inbox`."""
    sns, sqs = boto3.client("sns"), boto3.client("sqs")
    topic = sns.create_topic(Name=name)["TopicArn"]
    statement = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": ARN}
    sqs.create_queue(QueueName="inbox", Attributes={"Policy": json.dumps({"Statement": [statement]})})
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=ARN)
    return str(topic)


def alarm(**settings: Any) -> None:
    """An alarm on the dead letters of the queue `dead`."""
    boto3.client("sqs").create_queue(QueueName="dead")
    boto3.client("cloudwatch").put_metric_alarm(
        AlarmName="letters",
        AlarmDescription="somebody must look",
        Namespace="AWS/SQS",
        MetricName="ApproximateNumberOfMessagesVisible",
        Dimensions=[{"Name": "QueueName", "Value": "dead"}],
        Statistic="Maximum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=0,
        ComparisonOperator="GreaterThanThreshold",
        TreatMissingData="notBreaching",
        **settings,
    )


def a_letter_dies() -> None:
    sqs = boto3.client("sqs")
    sqs.send_message(QueueUrl=sqs.get_queue_url(QueueName="dead")["QueueUrl"], MessageBody="x")


def told() -> list[dict[str, Any]]:
    sqs = boto3.client("sqs")
    url = sqs.get_queue_url(QueueName="inbox")["QueueUrl"]
    return [
        json.loads(m["Body"]) for m in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    ]


def actions() -> list[str]:
    history = boto3.client("cloudwatch").describe_alarm_history(AlarmName="letters", HistoryItemType="Action")
    return [item["HistorySummary"] for item in history["AlarmHistoryItems"]]


def test_a_topic_is_told_when_the_alarm_goes_off(cloud: Cloud) -> None:
    """Source: PutMetricAlarm; "Notifying users on alarm changes"."""
    topic = topic_and_inbox()
    alarm(AlarmActions=[topic])
    cloud.advance(minutes=2)
    assert told() == []
    a_letter_dies()
    cloud.advance(minutes=2)
    [envelope] = told()
    assert envelope["Subject"] == 'ALARM: "letters" in US East (N. Virginia)'
    message = json.loads(envelope["Message"])
    assert (message["OldStateValue"], message["NewStateValue"]) == ("OK", "ALARM")
    assert (message["AlarmName"], message["AlarmDescription"]) == ("letters", "somebody must look")
    assert message["NewStateReason"].startswith("Threshold Crossed: 1 out of the last 1 datapoints")
    assert message["AlarmArn"] == "arn:aws:cloudwatch:us-east-1:123456789012:alarm:letters"
    assert message["StateChangeTime"] == "2026-01-01T00:03:00.000+0000"
    assert message["Trigger"]["MetricName"] == "ApproximateNumberOfMessagesVisible"
    assert message["Trigger"]["Dimensions"] == [{"value": "dead", "name": "QueueName"}]
    assert actions() == [f"Successfully executed action {topic}"]


def test_each_state_has_its_own_actions(cloud: Cloud) -> None:
    """Source: PutMetricAlarm, OKActions."""
    topic = topic_and_inbox()
    alarm(OKActions=[topic])
    a_letter_dies()
    cloud.advance(minutes=1)
    assert told() == []
    sqs = boto3.client("sqs")
    sqs.purge_queue(QueueUrl=sqs.get_queue_url(QueueName="dead")["QueueUrl"])
    cloud.advance(minutes=2)
    [envelope] = told()
    assert json.loads(envelope["Message"])["NewStateValue"] == "OK"


def test_an_alarm_that_stays_in_its_state_tells_nobody_again(cloud: Cloud) -> None:
    """Source: "Notifying users on alarm changes": only on a change of state."""
    topic = topic_and_inbox()
    alarm(AlarmActions=[topic])
    a_letter_dies()
    cloud.advance(minutes=30)
    assert len(told()) == 1


def test_actions_that_are_not_enabled_are_not_executed(cloud: Cloud) -> None:
    """Source: PutMetricAlarm, ActionsEnabled."""
    alarm(AlarmActions=[topic_and_inbox()], ActionsEnabled=False)
    a_letter_dies()
    cloud.advance(minutes=5)
    assert (told(), actions()) == ([], [])


def test_a_state_that_is_set_by_hand_is_told_too(cloud: Cloud) -> None:
    """Source: SetAlarmState."""
    alarm(AlarmActions=[topic_and_inbox()])
    boto3.client("cloudwatch").set_alarm_state(AlarmName="letters", StateValue="ALARM", StateReason="a drill")
    cloud.settle()
    [envelope] = told()
    assert json.loads(envelope["Message"])["NewStateReason"] == "a drill"


POLICIES = [
    ("cloudwatch.amazonaws.com", True),
    ("events.amazonaws.com", False),
]


@pytest.mark.parametrize(("principal", "published"), POLICIES)
def test_a_policy_of_ones_own_must_let_cloudwatch_publish(cloud: Cloud, principal: str, published: bool) -> None:
    """Source: "Notifying users on alarm changes"; SetTopicAttributes."""
    topic = topic_and_inbox()
    statement = {"Effect": "Allow", "Principal": {"Service": principal}, "Action": "sns:Publish", "Resource": topic}
    boto3.client("sns").set_topic_attributes(
        TopicArn=topic, AttributeName="Policy", AttributeValue=json.dumps({"Statement": [statement]})
    )
    alarm(AlarmActions=[topic])
    a_letter_dies()
    cloud.advance(minutes=2)
    assert len(told()) == published
    assert actions() == [f"{'Successfully executed' if published else 'Failed to execute'} action {topic}"]
    assert [event.place for event in cloud.journal.of("denied")] == ["sns:alarms"] * (not published)


def test_a_topic_that_is_not_there_is_a_failed_action(cloud: Cloud) -> None:
    """Source: "Notifying users on alarm changes"."""
    alarm(AlarmActions=["arn:aws:sns:us-east-1:123456789012:nowhere"])
    a_letter_dies()
    cloud.advance(minutes=2)
    assert actions() == ["Failed to execute action arn:aws:sns:us-east-1:123456789012:nowhere"]


def test_a_function_is_invoked_with_the_alarm(cloud: Cloud) -> None:
    """Source: "Invoke a Lambda function from an alarm"."""
    source = "def handler(event, context):\n    print(event['source'], event['alarmData']['state']['value'])\n"
    arn = cloud.deploy("page", source)
    boto3.client("lambda").add_permission(
        FunctionName="page",
        StatementId="alarm",
        Action="lambda:InvokeFunction",
        Principal="lambda.alarms.cloudwatch.amazonaws.com",
    )
    alarm(AlarmActions=[arn])
    a_letter_dies()
    cloud.advance(minutes=2)
    assert "aws.cloudwatch ALARM" in cloud.logs("page")
    assert actions() == [f"Successfully executed action {arn}"]


def test_an_alarm_can_watch_the_dead_letters_of_a_subscription(cloud: Cloud) -> None:
    """Source: "Amazon SNS dead-letter queues (DLQs)": CloudWatch metrics and alarms."""
    sns, topic = boto3.client("sns"), topic_and_inbox()
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=f"{ARN}-that-is-gone")
    boto3.client("cloudwatch").put_metric_alarm(
        AlarmName="letters",
        Namespace="AWS/SNS",
        MetricName="NumberOfNotificationsFailed",
        Dimensions=[{"Name": "TopicName", "Value": "alarms"}],
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
    )
    sns.publish(TopicArn=topic, Message="x")
    cloud.advance(minutes=2)
    assert cloud.journal.of("alarmed")[0].detail["state"] == "ALARM"
