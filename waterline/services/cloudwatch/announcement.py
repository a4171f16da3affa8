"""What CloudWatch tells EventBridge: each change of an alarm's state, as an event on the default bus.

Source: Amazon CloudWatch User Guide, "Alarm events and EventBridge" (read 2026-11). An event that nothing on the
default bus could see is not made: the lab's journal stays free of what has no consequence. Creating, updating and
deleting an alarm makes no event here.
"""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

from moto.backends import get_backend

from waterline.ground import Ground
from waterline.services.delivery import NotTaken, Sender, Targets

_PRINCIPAL = "cloudwatch.amazonaws.com"


def state_of(alarm: Any) -> dict[str, Any]:
    """The state of an alarm (moto's), as an event tells it."""
    state = {"value": alarm.state_value, "reason": alarm.state_reason, "timestamp": _stamp(alarm)}
    return state | ({"reasonData": alarm.state_reason_data} if alarm.state_reason_data not in ("", "{}") else {})


def announce(ground: Ground, alarm: Any, before: dict[str, Any]) -> None:
    """Put the event of a change on the default bus, in a task of its own. `before`: the state that it had."""
    arn = str(alarm.alarm_arn)
    region, account = arn.split(":")[3], arn.split(":")[4]
    buses = get_backend("events")[account][region]
    default = buses.event_buses["default"]
    if not default.rules:
        return
    detail = {
        "alarmName": alarm.name,
        "state": state_of(alarm),
        "previousState": before,
        "configuration": {"description": alarm.description or "", "metrics": [_metric(alarm)]},
    }
    entry = {
        "Source": "aws.cloudwatch",
        "DetailType": "CloudWatch Alarm State Change",
        "Detail": json.dumps(detail),
        "Resources": [arn],
    }
    sender = Sender(_PRINCIPAL, arn, account, by_role=True)
    ground.clock.spawn(f"event of alarm {alarm.name}", _put, Targets(ground), sender, default.arn, entry)


def _put(targets: Targets, sender: Sender, bus: str, entry: dict[str, Any]) -> None:
    try:
        targets.bus(sender, bus, [entry])
    except NotTaken:
        return  # the bus is down by a fault, which has its own event in the journal


def _metric(alarm: Any) -> dict[str, Any]:
    return {
        "id": "m1",
        "metricStat": {
            "metric": {
                "namespace": alarm.namespace,
                "name": alarm.metric_name,
                "dimensions": {dimension.name: dimension.value for dimension in alarm.dimensions},
            },
            "period": int(alarm.period),
            "stat": alarm.statistic or alarm.extended_statistic,
        },
        "returnData": True,
    }


def _stamp(alarm: Any) -> str:
    stamp = alarm.state_updated_timestamp
    return stamp.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "+0000" if isinstance(stamp, dt.datetime) else str(stamp)
