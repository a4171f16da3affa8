"""What an alarm does when its state changes: it tells topics and functions.

Words
-----
action
    an ARN that the alarm has for its new state (``AlarmActions``, ``OKActions``, ``InsufficientDataActions``). It is
    executed once for each change, if the alarm's actions are enabled; the alarm's history says whether it worked.

A topic takes the notification from the account that owns the alarm, which its default policy allows; a policy of one's
own must let ``cloudwatch.amazonaws.com`` publish. A function must let ``lambda.alarms.cloudwatch.amazonaws.com`` invoke
it.

Source: Amazon CloudWatch User Guide, "Notifying users on alarm changes" and "Invoke a Lambda function from an alarm"
(read 2026-11). An action that fails is not tried again here, of which the guide says nothing. Not here: actions of EC2,
Auto Scaling and Systems Manager, which are kept and not executed.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import botocore.session

from waterline.ground import Ground
from waterline.services.cloudwatch.verdict import INSUFFICIENT_DATA, OK
from waterline.services.delivery import NotTaken, Sender, Targets

TOPIC_PRINCIPAL = "cloudwatch.amazonaws.com"
FUNCTION_PRINCIPAL = "lambda.alarms.cloudwatch.amazonaws.com"
Told = Callable[[str, str, dict[str, Any]], object]
"""Called with the alarm's name, a summary and the data, for its history."""


@dataclass(frozen=True)
class Change:
    """From what to what, and why."""

    before: str
    before_reason: str
    state: str
    reason: str
    reason_data: str
    at: dt.datetime


class Actions:
    """Executes the actions of alarms, each in a task of its own."""

    def __init__(self, ground: Ground, told: Told) -> None:
        self._ground = ground
        self._targets = Targets(ground)
        self._told = told

    def execute(self, alarm: Any, change: Change) -> None:
        """Begin to execute what the alarm has for its new state."""
        if not alarm.actions_enabled:
            return
        lists = {OK: alarm.ok_actions, INSUFFICIENT_DATA: alarm.insufficient_data_actions}
        for arn in lists.get(change.state, alarm.alarm_actions) or []:
            if arn.startswith(("arn:aws:sns:", "arn:aws:lambda:")):
                self._ground.clock.spawn(f"action of {alarm.name}", self._execute, alarm, arn, change)

    def _execute(self, alarm: Any, arn: str, change: Change) -> None:
        summary, data = f"Successfully executed action {arn}", {"actionState": "Succeeded"}
        try:
            self._hand_over(alarm, arn, change)
        except NotTaken as refusal:
            summary, data = f"Failed to execute action {arn}", {"actionState": "Failed", "error": str(refusal)}
        stated = {"stateUpdateTimestamp": int(change.at.timestamp() * 1000), "notificationResource": arn}
        self._told(alarm.name, summary, {**data, **stated})

    def _hand_over(self, alarm: Any, arn: str, change: Change) -> None:
        account = alarm.alarm_arn.split(":")[4]
        if ":sns:" in arn:
            if arn.endswith(".fifo"):
                raise NotTaken("InvalidParameter", "an alarm does not publish to FIFO topics", retryable=False)
            sender = Sender(TOPIC_PRINCIPAL, alarm.alarm_arn, account, owner=account)
            subject = f'{change.state}: "{alarm.name}" in {_region(alarm.region_name)}'
            self._targets.topic(sender, arn, json.dumps(_notification(alarm, change)), subject=subject[:100])
        else:
            sender = Sender(FUNCTION_PRINCIPAL, alarm.alarm_arn, account)
            self._targets.event(sender, arn, json.dumps(_event(alarm, change)))


def _notification(alarm: Any, change: Change) -> dict[str, Any]:
    """What a topic is told."""
    return {
        "AlarmName": alarm.name,
        "AlarmDescription": alarm.description,
        "AWSAccountId": alarm.alarm_arn.split(":")[4],
        "AlarmConfigurationUpdatedTimestamp": _date(alarm.configuration_updated_timestamp),
        "NewStateValue": change.state,
        "NewStateReason": change.reason,
        "StateChangeTime": _date(change.at),
        "Region": _region(alarm.region_name),
        "AlarmArn": alarm.alarm_arn,
        "OldStateValue": change.before,
        "OKActions": list(alarm.ok_actions or []),
        "AlarmActions": list(alarm.alarm_actions or []),
        "InsufficientDataActions": list(alarm.insufficient_data_actions or []),
        "Trigger": {
            "MetricName": alarm.metric_name,
            "Namespace": alarm.namespace,
            "StatisticType": "Statistic" if alarm.statistic else "ExtendedStatistic",
            "Statistic": alarm.statistic.upper() if alarm.statistic else alarm.extended_statistic,
            "Unit": alarm.unit,
            "Dimensions": [{"value": one.value, "name": one.name} for one in alarm.dimensions],
            "Period": int(alarm.period),
            "EvaluationPeriods": int(alarm.evaluation_periods),
            "ComparisonOperator": alarm.comparison_operator,
            "Threshold": float(alarm.threshold),
            "TreatMissingData": alarm.treat_missing_data or "missing",
            "EvaluateLowSampleCountPercentile": alarm.evaluate_low_sample_count_percentile or "",
        },
    }


def _event(alarm: Any, change: Change) -> dict[str, Any]:
    """What a function is invoked with."""
    metric = {
        "namespace": alarm.namespace,
        "name": alarm.metric_name,
        "dimensions": {one.name: one.value for one in alarm.dimensions},
    }
    stat = {"metric": metric, "period": int(alarm.period), "stat": alarm.statistic or alarm.extended_statistic}
    state = {"value": change.state, "reason": change.reason, "reasonData": change.reason_data}
    return {
        "source": "aws.cloudwatch",
        "alarmArn": alarm.alarm_arn,
        "accountId": alarm.alarm_arn.split(":")[4],
        "time": _date(change.at),
        "region": alarm.region_name,
        "alarmData": {
            "alarmName": alarm.name,
            "state": {**state, "timestamp": _date(change.at)},
            "previousState": {"value": change.before, "reason": change.before_reason},
            "configuration": {
                "description": alarm.description,
                "metrics": [{"id": "m1", "metricStat": stat, "returnData": True}],
            },
        },
    }


def _date(at: dt.datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03}+0000"


@cache
def _region(name: str) -> str:
    """A Region's name as people say it: US East (N. Virginia)."""
    for partition in botocore.session.get_session().get_data("endpoints")["partitions"]:
        if name in partition["regions"]:
            return str(partition["regions"][name]["description"])
    return name
