"""What AWS refuses when a schedule is made or changed.

Sources: CreateSchedule, API reference, for the bounds (botocore 1.44.5, scheduler); EventBridge Scheduler User Guide,
"Schedule types in EventBridge Scheduler", "Using templated targets in EventBridge Scheduler", "Using universal targets
in EventBridge Scheduler" (read 2026-11). Where nobody has published AWS's sentence, it is ours.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from moto.scheduler.exceptions import ValidationException

from waterline.services.delivery.universal import UnknownOperation, is_universal, operation_of
from waterline.services.schedules import InvalidSchedule, Once, Schedule, compiled, zone_named
from waterline.services.validation import violation

_READ_ONLY = (
    "Get",
    "Describe",
    "List",
    "Poll",
    "Receive",
    "Search",
    "Scan",
    "Query",
    "Select",
    "Read",
    "Lookup",
    "Discover",
    "Validate",
    "BatchGet",
    "BatchDescribe",
    "BatchRead",
    "TransactGet",
)
_NEEDS_JSON = frozenset({"lambda", "states", "events"})
_PARAMETERS = {"kinesis": "KinesisParameters", "event-bus": "EventBridgeParameters"}
_SERVICES = frozenset({"sqs", "sns", "lambda", "events", "kinesis", "firehose", "states"})


def check_schedule(operation: str, request: Mapping[str, Any]) -> Schedule:
    """Raise what is answered to a schedule that cannot be kept; its expression, compiled."""
    broken = violation("scheduler", operation, request)
    if broken is not None:
        raise ValidationException(broken.sentence(with_value=True))
    expression, zone = request["ScheduleExpression"], request.get("ScheduleExpressionTimezone") or "UTC"
    try:
        schedule = compiled(expression)
    except InvalidSchedule as error:
        raise ValidationException(f"Invalid Schedule Expression {expression}: {error}.") from error
    try:
        zone_named(zone)
    except InvalidSchedule as error:
        raise ValidationException(f"Invalid ScheduleExpressionTimezone {zone}: {error}.") from error
    _check_window(request["FlexibleTimeWindow"])
    start, end = request.get("StartDate"), request.get("EndDate")
    if not isinstance(schedule, Once) and start is not None and end is not None and end <= start:
        raise ValidationException("The EndDate you specify must come after the StartDate.")
    _check_target(request["Target"])
    return schedule


def _check_window(window: Mapping[str, Any]) -> None:
    minutes = window.get("MaximumWindowInMinutes")
    if window["Mode"] == "FLEXIBLE" and minutes is None:
        raise ValidationException("MaximumWindowInMinutes is required when the FlexibleTimeWindow is FLEXIBLE.")
    if window["Mode"] == "OFF" and minutes is not None:
        raise ValidationException("MaximumWindowInMinutes is not allowed when the FlexibleTimeWindow is OFF.")


def _check_target(target: Mapping[str, Any]) -> None:
    arn = target["Arn"]
    if is_universal(arn):
        _check_universal(target)
        return
    parts = arn.split(":")
    service = parts[2] if len(parts) > 5 else ""
    if service not in _SERVICES:
        raise ValidationException(f"The lab has no templated target for {arn}: use a universal target.")
    kind = parts[5].partition("/")[0] if service == "events" else service
    needed = _PARAMETERS.get(kind)
    if needed is not None and not target.get(needed):
        raise ValidationException(f"{needed} is required for the target {arn}.")
    if service in _NEEDS_JSON and target.get("Input") is not None:
        _check_json(target["Input"])


def _check_universal(target: Mapping[str, Any]) -> None:
    try:
        service, operation = operation_of(target["Arn"])
    except UnknownOperation as error:
        raise ValidationException(f"The target {target['Arn']} is not valid: {error}.") from error
    if operation.startswith(_READ_ONLY):
        raise ValidationException(f"{operation} of {service} only reads: it cannot be the target of a schedule.")
    if target.get("Input") is not None:
        _check_json(target["Input"])


def _check_json(text: str) -> None:
    try:
        json.loads(text)
    except ValueError as error:
        raise ValidationException("The Input of this target must be well-formed JSON.") from error
