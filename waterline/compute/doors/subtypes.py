"""First-class integrations of HTTP APIs: a route that leads to an action of an AWS service, without a function.

The *subtype* names service and action (``SQS-SendMessage``); the request parameters give each parameter of the action a
value, fixed or taken from the request: ``$request.body.name``, ``$request.header.x``, ``$request.querystring.x``,
``$request.path.x``, ``$context.x``, ``$stageVariables.x``.

Source: API Gateway Developer Guide, "Create AWS service integrations for HTTP APIs in API Gateway", "Integration
subtype reference" (read 2026-11). How the service's answer reaches the client is not documented: here as JSON. What the
integration's role may do is not checked; without a role nothing is asked.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, ParamValidationError

from waterline.compute.doors import mapping
from waterline.compute.doors.http import Response, refusal
from waterline.compute.doors.mapping import Source

_ONCE = Config(retries={"total_max_attempts": 1})
_REFERENCE = re.compile(r"\$(?:\{([\w.\-\[\]*@$]+)\}|([\w.\-]+))")


@dataclass(frozen=True)
class Subtype:
    """What may be asked: the client and method of boto3, and the parameters that must be given and may be given.

    `asked` makes the arguments of the method from the parameters.
    """

    service: str
    method: str
    required: frozenset[str]
    optional: frozenset[str]
    asked: Callable[[dict[str, Any]], dict[str, Any]] = dict


def _send_message(given: dict[str, Any]) -> dict[str, Any]:
    return _converted(given, numbers=("DelaySeconds",), documents=("MessageAttributes", "MessageSystemAttributes"))


def _receive(given: dict[str, Any]) -> dict[str, Any]:
    numbers = ("MaxNumberOfMessages", "VisibilityTimeout", "WaitTimeSeconds")
    return _converted(given, numbers=numbers, documents=("AttributeNames", "MessageAttributeNames"))


def _put_events(given: dict[str, Any]) -> dict[str, Any]:
    return {"Entries": [_converted(given, documents=("Resources",))]}


def _converted(given: dict[str, Any], numbers: tuple[str, ...] = (), documents: tuple[str, ...] = ()) -> dict[str, Any]:
    ways: dict[str, Callable[[str], Any]] = {**dict.fromkeys(numbers, int), **dict.fromkeys(documents, json.loads)}
    return {name: ways[name](value) if name in ways else value for name, value in given.items()}


def _subtype(
    service: str, method: str, required: str, optional: str, asked: Callable[[dict[str, Any]], dict[str, Any]] = dict
) -> Subtype:
    return Subtype(service, method, frozenset(required.split()), frozenset([*optional.split(), "Region"]), asked)


SUBTYPES: Mapping[str, Subtype] = {
    "EventBridge-PutEvents": _subtype(
        "events", "put_events", "Detail DetailType Source", "Time EventBusName Resources TraceHeader", _put_events
    ),
    "SQS-SendMessage": _subtype(
        "sqs",
        "send_message",
        "QueueUrl MessageBody",
        "DelaySeconds MessageAttributes MessageDeduplicationId MessageGroupId MessageSystemAttributes",
        _send_message,
    ),
    "SQS-ReceiveMessage": _subtype(
        "sqs",
        "receive_message",
        "QueueUrl",
        "AttributeNames MaxNumberOfMessages MessageAttributeNames ReceiveRequestAttemptId VisibilityTimeout "
        "WaitTimeSeconds",
        _receive,
    ),
    "SQS-DeleteMessage": _subtype("sqs", "delete_message", "ReceiptHandle QueueUrl", ""),
    "SQS-PurgeQueue": _subtype("sqs", "purge_queue", "QueueUrl", ""),
    "Kinesis-PutRecord": _subtype(
        "kinesis", "put_record", "StreamName Data PartitionKey", "SequenceNumberForOrdering ExplicitHashKey"
    ),
    "StepFunctions-StartExecution": _subtype("stepfunctions", "start_execution", "StateMachineArn", "Name Input"),
    "StepFunctions-StartSyncExecution": _subtype(
        "stepfunctions", "start_sync_execution", "StateMachineArn", "Name Input TraceHeader"
    ),
    "StepFunctions-StopExecution": _subtype("stepfunctions", "stop_execution", "ExecutionArn", "Cause Error"),
}


def wrong_with(name: str, parameters: Mapping[str, str]) -> str | None:
    """What AWS would refuse in an integration of this subtype, in a sentence, or None."""
    subtype = SUBTYPES.get(name)
    if subtype is None:
        return f"Unknown integration subtype {name}"
    missing = sorted(subtype.required - parameters.keys())
    if missing:
        return f"Missing required parameters for integration subtype {name}: {', '.join(missing)}"
    unknown = sorted(parameters.keys() - subtype.required - subtype.optional)
    return f"Unknown parameters for integration subtype {name}: {', '.join(unknown)}" if unknown else None


def asked(name: str, parameters: Mapping[str, str], region: str, source: Source) -> Response:
    """Ask the service, and wait for its answer."""
    subtype = SUBTYPES[name]
    given = {key: value for key, text in parameters.items() if (value := _value(text, source)) is not None}
    client = boto3.client(subtype.service, region_name=given.pop("Region", region), config=_ONCE)
    try:
        arguments = {_spelled(subtype, key): value for key, value in subtype.asked(given).items()}
        answer = getattr(client, subtype.method)(**arguments)
    except ClientError as error:
        said = error.response["Error"]
        status = int(error.response["ResponseMetadata"]["HTTPStatusCode"])
        return refusal(status, {"__type": said["Code"], "message": said.get("Message", "")})
    except (ParamValidationError, ValueError, TypeError) as error:
        return refusal(400, {"message": " ".join(str(error).split())})
    answer.pop("ResponseMetadata", None)
    content = json.dumps(answer, default=str).encode()
    return Response(200, MappingProxyType({"content-type": "application/json"}), content)


def _spelled(subtype: Subtype, name: str) -> str:
    """Step Functions begins its parameters with a small letter, the others with a capital one."""
    return name[0].lower() + name[1:] if subtype.service == "stepfunctions" else name


def _value(text: str, source: Source) -> str | None:
    """A parameter's value: the text, with what it refers to in the place of each reference."""
    whole = _REFERENCE.fullmatch(text)
    if whole is not None:
        return mapping.parameter(whole[1] or whole[2], source)
    return _REFERENCE.sub(lambda found: mapping.parameter(found[1] or found[2], source) or "", text)
