"""What PutRule and PutTargets refuse.

The sentences are EventBridge's where they are known; the reasons of a wrong pattern are the lab's own.

Sources: Amazon EventBridge API Reference, PutRule and PutTargets; User Guide, "Event bus targets in Amazon EventBridge"
and "Using dead-letter queues to process undelivered events in EventBridge" (read 2026-11).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from moto.core.exceptions import JsonRESTError
from moto.events.exceptions import InvalidEventPatternException, ValidationException

from waterline.facts import Fact
from waterline.services import patterns, schedules
from waterline.services.events import inputs, limits
from waterline.services.paths import InvalidPath
from waterline.services.paths import compiled as compiled_path

_BY_ROLE = frozenset({"states", "kinesis", "firehose", "ecs", "batch", "codepipeline", "codebuild"})
_INPUTS = ("Input", "InputPath", "InputTransformer")


class LimitExceededException(JsonRESTError):  # type: ignore[misc]
    code = 400

    def __init__(self) -> None:
        super().__init__("LimitExceededException", "The requested resource exceeds the maximum number allowed.")


def pattern(text: str | None) -> patterns.Pattern | None:
    """A rule's pattern, ready to match. Raises InvalidEventPatternException."""
    if not text:
        return None
    if len(text) > limits.PATTERN:
        raise ValidationException(_too_long(text, "eventPattern", limits.PATTERN))
    try:
        return patterns.compiled(text)
    except patterns.InvalidPattern as error:
        raise InvalidEventPatternException(reason=str(error)) from error


def schedule(text: str | None) -> schedules.Schedule | None:
    """A rule's schedule: rate or cron, not at."""
    if not text:
        return None
    try:
        found = schedules.compiled(text)
    except schedules.InvalidSchedule as error:
        raise ValidationException("Parameter ScheduleExpression is not valid.") from error
    if isinstance(found, schedules.Once):
        raise ValidationException("Parameter ScheduleExpression is not valid.")
    return found


def targets(given: Sequence[Mapping[str, Any]], present: Sequence[Mapping[str, Any]]) -> None:
    """Whether the targets of one PutTargets call may join those that the rule has."""
    if len(given) > limits.TARGETS_PUT:
        raise ValidationException(_too_long("[Target]", "targets", limits.TARGETS_PUT))
    for target in given:
        _target(target)
    if len({target["Id"] for target in (*present, *given)}) > limits.TARGETS:
        raise LimitExceededException


def _target(target: Mapping[str, Any]) -> None:
    parts = str(target["Arn"]).split(":")
    if parts[0] != "arn" or len(parts) < 6:
        raise ValidationException(
            f"Parameter {target['Arn']} is not valid. Reason: Provided Arn is not in correct format."
        )
    called = f"target {target['Id']}"
    if sum(name in target for name in _INPUTS) > 1:
        raise ValidationException(f"Only one of Input, InputPath, or InputTransformer must be provided for {called}.")
    of_events = parts[2] == "events"
    is_bus = of_events and parts[5].startswith("event-bus/")
    if is_bus and any(name in target for name in _INPUTS):
        raise ValidationException(f"Modifying the input for {called} is not supported.")
    needs_role = parts[2] in _BY_ROLE or (of_events and parts[5].startswith("api-destination/"))
    if needs_role and not target.get("RoleArn"):
        raise ValidationException(f"RoleArn is required for target {target['Arn']}.")
    _input(target, called)
    policy = target.get("RetryPolicy") or {}
    _within(policy.get("MaximumRetryAttempts"), limits.RETRIES, "maximumRetryAttempts")
    _within(policy.get("MaximumEventAgeInSeconds"), limits.AGE, "maximumEventAgeInSeconds")
    grave = str((target.get("DeadLetterConfig") or {}).get("Arn") or "")
    if grave and (grave.split(":")[2:3] != ["sqs"] or grave.endswith(".fifo")):
        raise ValidationException(f"The dead-letter queue of {called} must be a standard SQS queue.")


def _input(target: Mapping[str, Any], called: str) -> None:
    if "Input" in target:
        try:
            json.loads(target["Input"])
        except ValueError as error:
            raise ValidationException(f"JSON syntax error in input for {called}.") from error
    transformer = target.get("InputTransformer") or {}
    paths = transformer.get("InputPathsMap") or {}
    for path in [*([target["InputPath"]] if "InputPath" in target else []), *paths.values()]:
        try:
            compiled_path(path)
        except InvalidPath as error:
            raise ValidationException(f"Invalid JSONPath in input for {called}: {error}.") from error
    if any(name.lower().startswith("aws") for name in paths):
        raise ValidationException(f"InputPathsMap of {called} must not have names that begin with AWS.")
    template = str(transformer.get("InputTemplate") or "")
    if len(template) > limits.TEMPLATE:
        raise ValidationException(_too_long(template, "inputTemplate", limits.TEMPLATE))
    if inputs.is_json_template(template):
        try:
            json.loads(inputs.filled(template, dict.fromkeys(inputs.variables(template), 0)))
        except ValueError as error:
            raise ValidationException(f"Invalid InputTemplate for {called} : {error}.") from error


def _within(given: int | str | None, allowed: Fact, name: str) -> None:
    value = None if given is None else int(given)  # a template has text
    if value is not None and not allowed.low <= value <= allowed.high:
        bound = (
            f"greater than or equal to {allowed.low}"
            if value < allowed.low
            else f"less than or equal to {allowed.high}"
        )
        raise ValidationException(
            f"1 validation error detected: Value '{value}' at '{name}' failed to satisfy constraint: "
            f"Member must have value {bound}"
        )


def _too_long(value: str, name: str, most: int) -> str:
    return (
        f"1 validation error detected: Value '{value}' at '{name}' failed to satisfy constraint: "
        f"Member must have length less than or equal to {most}"
    )
