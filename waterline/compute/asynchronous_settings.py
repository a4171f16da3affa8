"""How a function's events are to be handled, as its owner has set it.

Words
-----
event invoke config
    retries, maximum event age and destinations, of a function, of one version or of one alias. What is not set is the
    default (facts ``lambda.async_retries_default``, ``lambda.async_event_age_default``).
dead-letter queue
    a queue or a topic for the events that were given up. It belongs to the function: versions and aliases have the
    one of $LATEST.

Source: AWS Lambda API reference, PutFunctionEventInvokeConfig and UpdateFunctionEventInvokeConfig; Developer Guide,
"Capturing records of Lambda asynchronous invocations" (read 2026-11). moto keeps one config for each function, answers
with the oldest, takes an update for a new one, and loses the dead-letter queue; so all of it is kept here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from moto.awslambda.exceptions import InvalidParameterValueException
from moto.awslambda.models import EventInvokeConfig

from waterline.clock import Clock
from waterline.compute import limits

LATEST = "$LATEST"
_DESTINATIONS = {
    "OnSuccess": ("sqs", "sns", "lambda", "events"),
    "OnFailure": ("sqs", "sns", "lambda", "events", "s3"),
}
_DEAD_LETTER_QUEUES = ("sqs", "sns")
_SETTINGS = ("MaximumRetryAttempts", "MaximumEventAgeInSeconds", "DestinationConfig")


@dataclass(frozen=True)
class Settings:
    """`maximum_age` in seconds; destinations and dead-letter queue as ARNs, empty where there is none."""

    retries: int = limits.RETRIES
    maximum_age: int = limits.EVENT_AGE
    on_success: str = ""
    on_failure: str = ""
    dead_letter_queue: str = ""


class EventInvokeConfigs:
    """The event invoke configs of one account and region, by function and qualifier (a version, an alias, $LATEST)."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._configs: dict[tuple[str, str], dict[str, Any]] = {}

    def put(self, function_arn: str, qualifier: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Replace all settings: what the request leaves out is back at its default.

        Raises InvalidParameterValueException and ValidationException as AWS does.
        """
        name = function_arn.split(":")[6]
        config = {key: request[key] for key in _SETTINGS if request.get(key) is not None}
        if not config:
            raise InvalidParameterValueException(
                "You must specify at least one of error handling or destination setting."
            )
        EventInvokeConfig(function_arn, "", config)  # moto's checks of ranges and ARNs
        for condition, services in _DESTINATIONS.items():
            arn = _destination(config, condition)
            if arn and _service(arn) not in services:
                raise InvalidParameterValueException(
                    f"The provided destination config is invalid: {condition} cannot be {arn}, "
                    f"only one of {', '.join(services)}."
                )
            if arn and _service(arn) == "lambda" and arn.split(":")[3:7] == function_arn.split(":")[3:7]:
                raise InvalidParameterValueException("You can't specify the function as a destination for itself.")
        config["FunctionArn"] = f"{':'.join(function_arn.split(':')[:7])}:{qualifier}"
        config["LastModified"] = self._clock.date.timestamp()
        self._configs[name, qualifier] = config
        return dict(config)

    def update(self, function_arn: str, qualifier: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Change the settings in the request and leave the others; of the destinations, too."""
        before = self.get(function_arn.split(":")[6], qualifier) or {}
        merged = {**before, **request}
        if before.get("DestinationConfig") and request.get("DestinationConfig"):
            merged["DestinationConfig"] = {**before["DestinationConfig"], **request["DestinationConfig"]}
        return self.put(function_arn, qualifier, merged)

    def get(self, name: str, qualifier: str) -> dict[str, Any] | None:
        config = self._configs.get((name, qualifier))
        return None if config is None else dict(config)

    def of(self, name: str) -> list[dict[str, Any]]:
        """All configs of a function, of its versions and of its aliases."""
        return [dict(config) for (function, _), config in self._configs.items() if function == name]

    def delete(self, name: str, qualifier: str | None = None) -> None:
        """Forget one config, or, without a qualifier, all of the function's."""
        for key in [key for key in self._configs if key[0] == name and qualifier in (None, key[1])]:
            del self._configs[key]

    def settings(self, name: str, qualifier: str, dead_letter_config: Mapping[str, Any]) -> Settings:
        """What holds for an event that was sent to `name` under `qualifier`."""
        config = self._configs.get((name, qualifier), {})
        return Settings(
            retries=int(config.get("MaximumRetryAttempts", limits.RETRIES)),
            maximum_age=int(config.get("MaximumEventAgeInSeconds", limits.EVENT_AGE)),
            on_success=_destination(config, "OnSuccess"),
            on_failure=_destination(config, "OnFailure"),
            dead_letter_queue=str(dead_letter_config.get("TargetArn") or ""),
        )


def check_dead_letter_queue(config: Mapping[str, Any] | None) -> None:
    """Raise InvalidParameterValueException for a target that is neither a queue nor a topic; none at all is fine."""
    arn = str((config or {}).get("TargetArn") or "")
    if arn and _service(arn) not in _DEAD_LETTER_QUEUES:
        raise InvalidParameterValueException(
            f"A dead-letter queue is an Amazon SQS queue or an Amazon SNS topic, and {arn} is neither."
        )


def split(function: str, qualifier: str | None) -> tuple[str, str]:
    """The name of a function and the qualifier in any of the ways in which the API takes them: name, ARN, either with
    a qualifier at its end."""
    parts = function.split(":")
    if parts[0] == "arn":
        parts = parts[6:]
    elif "function" in parts[:-1]:  # a partial ARN, 123456789012:function:name
        parts = parts[parts.index("function") + 1 :]
    return parts[0], qualifier or (parts[1] if len(parts) > 1 else LATEST)


def _destination(config: Mapping[str, Any], condition: str) -> str:
    return str((((config.get("DestinationConfig") or {}).get(condition)) or {}).get("Destination") or "")


def _service(arn: str) -> str:
    return [*arn.split(":"), "", "", ""][2]
