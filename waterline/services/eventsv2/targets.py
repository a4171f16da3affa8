"""What a subscriber may deliver to, and what is checked of it when the subscriber is made.

The bus checks what it needs to reach the target: the form of the ARN, its Region and account, that the parameters are
those of this kind of target, and that every expression parses. What the target itself would refuse it refuses when an
event is delivered.

Source: aws/agent-toolkit-for-aws, "target-contract"; Amazon EventBridge User Guide, "Targets for a Custom Event Bus
subscriber", "Batching deliveries to a target", "Universal targets for a Custom Event Bus" (read 2026-11). API Gateway
is refused in one sentence: the lab's buses reach API destinations only.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from waterline.services.delivery.universal import UnknownOperation, is_universal, missing_members, operation_of
from waterline.services.eventsv2 import limits
from waterline.services.eventsv2.errors import InvalidInput
from waterline.services.eventsv2.expressions import check_expressions, is_expression

_FIELD = "InvokeConfiguration.TargetArn"


@dataclass(frozen=True)
class Kind:
    """A kind of target. `form`: of the resource in its ARN; `block`: its parameters; `most`: events in a batch."""

    name: str
    service: str
    form: str
    pattern: str
    block: str | None
    most: int
    usual: int


_SEVERAL = limits.BATCH_OF_MESSAGES
_STREAM = limits.BATCH_OF_STREAM
_KINDS = (
    Kind("sqs", "sqs", "queueName", r"[^:/]+", "SqsParameters", _SEVERAL, _SEVERAL),
    Kind("sns", "sns", "topicName", r"[^:/]+", "SnsParameters", _SEVERAL, _SEVERAL),
    Kind(
        "lambda",
        "lambda",
        "function:name[:qualifier]",
        r"function:[^:/]+(:[^:/]+)?",
        "LambdaParameters",
        limits.BATCH_OF_COMPUTE,
        limits.DEFAULT_OF_COMPUTE,
    ),
    Kind("kinesis", "kinesis", "stream/{name}", r"stream/[^:/]+", "KinesisParameters", _STREAM, _STREAM),
    Kind(
        "states",
        "states",
        "stateMachine:{name}",
        r"stateMachine:[^:/]+(:[^:/]+)?",
        "StepFunctionsParameters",
        limits.BATCH_OF_COMPUTE,
        limits.DEFAULT_OF_COMPUTE,
    ),
    Kind("firehose", "firehose", "deliverystream/{name}", r"deliverystream/[^:/]+", None, _STREAM, _STREAM),
    Kind(
        "custom",
        "events",
        "event-busv2/{name}/{id}",
        r"event-busv2/[^:/]+/[^:/]+",
        "EventBusV2Parameters",
        limits.BATCH_OF_COMPUTE,
        limits.BATCH_OF_COMPUTE,
    ),
    Kind(
        "api",
        "events",
        "api-destination/{name}/{id}",
        r"api-destination/[^:/]+/[^:/]+",
        "HttpParameters",
        limits.BATCH_OF_ONE,
        limits.BATCH_OF_ONE,
    ),
    Kind("classic", "events", "event-bus/{name}", r"event-bus/[^:/]+", None, _SEVERAL, _SEVERAL),
)
_UNIVERSAL = Kind("universal", "events", "", "", "UniversalTargetParameters", limits.BATCH_OF_ONE, limits.BATCH_OF_ONE)
_BLOCKS = (*dict.fromkeys(kind.block for kind in _KINDS if kind.block), "UniversalTargetParameters")


def kind_of(arn: str) -> Kind:
    """The kind of target that an ARN names. Raises what is answered to one that is none."""
    if is_universal(arn):
        return _UNIVERSAL
    parts = arn.split(":", 5)
    service, resource = parts[2], parts[5] if len(parts) == 6 else ""
    if service == "execute-api":
        raise InvalidInput(f"{_FIELD}: the lab's Custom Event Bus does not call API Gateway: use an API destination.")
    kinds = [kind for kind in _KINDS if kind.service == service]
    if not kinds:
        raise InvalidInput(f"{_FIELD}: TargetArn is not a supported subscriber target")
    found = next((kind for kind in kinds if re.fullmatch(kind.pattern, resource)), None)
    if found is None:
        raise InvalidInput(f"{_FIELD}: TargetArn resource must be of the form {kinds[0].form}")
    return found


def check_target(bus_arn: str, region: str, account: str, invoke: Mapping[str, Any]) -> Kind:
    """Raise what is answered to an ``InvokeConfiguration`` that cannot be stored; the kind of its target."""
    arn = invoke["TargetArn"]
    kind = kind_of(arn)
    parts = arn.split(":", 5)
    if parts[1] != "aws":
        raise InvalidInput(f"{_FIELD}: TargetArn must be in partition aws")
    if kind is not _UNIVERSAL:
        if kind.name != "custom" and parts[3] != region:
            raise InvalidInput(f"{_FIELD}: TargetArn must be in region {region}")
        if parts[4] != account:
            raise InvalidInput(f"Target resource account ({parts[4]}) must match the subscriber account ({account})")
    if arn == bus_arn:
        raise InvalidInput(f"{_FIELD} must not reference the subscriber's own event bus")
    for block in _BLOCKS:
        if invoke.get(block) is not None and block != kind.block:
            expected = kind.block or "no target parameters"
            raise InvalidInput(f"{block} is not supported for target {arn}. Expected {expected}")
    parameters = invoke.get(kind.block or "") or {}
    check_expressions(parameters, str(kind.block))
    if kind.name == "api" and "InvocationTimeoutSeconds" in parameters:
        raise InvalidInput("InvocationTimeoutSeconds is only supported for API Gateway HTTP targets")
    _check_timeout(parameters.get("InvocationTimeoutSeconds"), kind)
    if kind is _UNIVERSAL:
        _check_universal(arn, parameters)
    return kind


def _check_timeout(timeout: str | None, kind: Kind) -> None:
    if timeout is None or is_expression(timeout):
        return
    if not timeout.isdecimal() or not 1 <= int(timeout) <= limits.INVOCATION_TIMEOUT:
        where = f"{kind.block}.InvocationTimeoutSeconds"
        raise InvalidInput(f"{where} must be between 1 and {limits.INVOCATION_TIMEOUT}, and it is {timeout}.")


def _check_universal(arn: str, parameters: Mapping[str, Any]) -> None:
    try:
        operation_of(arn)
    except UnknownOperation as error:
        raise InvalidInput(f"{_FIELD}: {error}") from error
    template = parameters.get("Input")
    if template is None:
        raise InvalidInput("UniversalTargetParameters is required for a universal target.")
    if is_expression(template):
        return
    try:
        request = json.loads(template)
    except ValueError as error:
        raise InvalidInput("UniversalTargetParameters.Input must be JSON or a JSONata expression.") from error
    check_expressions(request, "UniversalTargetParameters.Input")
    missing = missing_members(arn, request)
    if missing:
        raise InvalidInput(f"UniversalTargetParameters.Input is missing required field(s): {', '.join(missing)}")


def check_batch(kind: Kind, batch: Mapping[str, Any] | None) -> dict[str, int]:
    """The batch configuration that holds. Raises what is answered to a batch that the target does not take."""
    if kind is _UNIVERSAL and batch is None:
        raise InvalidInput("BatchConfiguration is required for a USI target.")
    size = (batch or {}).get("MaxBatchSize", kind.usual)
    if size > kind.most:
        raise InvalidInput(f"BatchConfiguration.MaxBatchSize must be at most {kind.most} for this target, not {size}.")
    return {"MaxBatchSize": size, "MaxBatchWindowInSeconds": (batch or {}).get("MaxBatchWindowInSeconds", 0)}
