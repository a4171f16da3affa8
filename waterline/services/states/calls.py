"""A task's call: made through boto3 with the names of Step Functions, and its answer or error in the same.

Members of parameters and answers begin with a capital letter, whatever the service calls them; dates are text, and a
value where the service wants text is given as JSON. A call is made once: trying again is the state machine's business.

Source: AWS Step Functions Developer Guide, "Learning to use AWS service SDK integrations in Step Functions" and
"Handling errors in Step Functions workflows" (read 2026-11). Of ``SdkHttpMetadata`` only the status is there.
"""

from __future__ import annotations

import base64
import datetime as dt
import json
import re
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from waterline.services.states.errors import RUNTIME, TASK_FAILED, Answered, StateError
from waterline.services.states.intrinsics import text_of
from waterline.services.states.resources import OPTIMIZED, Resource

_ONCE = Config(retries={"total_max_attempts": 1, "mode": "standard"})
_ACRONYM = re.compile(r"([A-Z])([A-Z]+)(?=[A-Z][a-z]|\b|\d)")


class Clients:
    """The boto3 clients of one account and Region."""

    def __init__(self, region: str) -> None:
        self._region = region
        self._clients: dict[str, Any] = {}

    def of(self, service: str) -> Any:
        if service not in self._clients:
            self._clients[service] = boto3.client(service, region_name=self._region, config=_ONCE)
        return self._clients[service]


def called(clients: Clients, resource: Resource, parameters: Any) -> Any:
    """Call an action; returns its answer. Raises StateError."""
    client = clients.of(resource.boto3)
    model = client.meta.service_model.operation_model(client.meta.method_to_api_mapping[resource.verb])
    if not isinstance(parameters, dict):
        raise StateError(RUNTIME, f"The parameters of {resource.arn} are no JSON object: {text_of(parameters)}")
    given = _prepared(resource, parameters)
    shape = model.input_shape
    try:
        answer = getattr(client, resource.verb)(**(_in(given, shape) if shape is not None else given))
    except ParamValidationError as error:
        raise StateError(
            RUNTIME, f"The Parameters '{text_of(parameters)}' could not be used to start the Task: [{error}]"
        ) from error
    except ClientError as error:
        raise _failed(resource, client, error) from error
    except BotoCoreError as error:
        raise Answered(f"{_prefix(resource, client)}.SdkClientException", str(error)) from error
    except NotImplementedError as error:
        raise StateError(RUNTIME, f"The lab has no {resource.service}:{resource.action}: {error}") from error
    status = answer.pop("ResponseMetadata", {}).get("HTTPStatusCode")
    found = _out(answer, model.output_shape)
    if resource.kind == "optimized" and resource.service != "states":
        found["SdkHttpMetadata"] = {"HttpStatusCode": status}
    if resource.service == "lambda":
        return _invoked(found)
    if resource.service == "events" and found.get("FailedEntryCount"):
        raise Answered("EventBridge.FailedEntry", text_of(found))
    return found


def _prepared(resource: Resource, parameters: dict[str, Any]) -> dict[str, Any]:
    """What an optimized integration does with its parameters by itself."""
    given = dict(parameters)
    if resource.kind != "optimized":
        return given
    if resource.service == "lambda" and "Payload" in given:
        given["Payload"] = text_of(given["Payload"])
    if resource.service == "states":
        value = given.get("Input", {})
        given["Input"] = value if isinstance(value, str) else text_of(value)
    return given


def _invoked(found: dict[str, Any]) -> dict[str, Any]:
    payload = found.get("Payload")
    if payload is not None:
        try:
            found["Payload"] = json.loads(payload) if payload else None
        except ValueError:
            found["Payload"] = payload
    if "FunctionError" in found:
        raise function_error(found["Payload"])
    return found


def function_error(payload: Any) -> StateError:
    """A function failed: the error's name is the exception's, its cause the whole payload."""
    kind = payload.get("errorType") if isinstance(payload, dict) else None
    return Answered(str(kind or "Lambda.Unknown"), text_of(payload))


def _prefix(resource: Resource, client: Any) -> str:
    if resource.kind == "optimized":
        return OPTIMIZED[resource.service].prefix
    if resource.kind == "function":
        return "Lambda"
    words = str(client.meta.service_model.service_id).replace("DynamoDB", "DynamoDb").split()
    return "".join(_ACRONYM.sub(lambda match: match[1] + match[2].lower(), word) for word in words)


def _failed(resource: Resource, client: Any, error: ClientError) -> StateError:
    """The error as Step Functions names it: the service's prefix, and the exception's class in the SDK for Java."""
    answer = error.response["Error"]
    code, message = str(answer.get("Code") or ""), str(answer.get("Message") or "")
    kind = type(error).__name__
    modeled = kind != "ClientError"
    name = kind if modeled else code.rpartition(".")[2]
    if not name.endswith("Exception"):
        name += "Exception"
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    if resource.kind == "sdk":
        prefix = _prefix(resource, client)
        return Answered(f"{prefix}.{name}", f"{message} (Service: {prefix}, Status Code: {status})")
    if resource.kind == "function":
        return Answered(f"Lambda.{name}", f"{message} (Service: AWSLambda; Status Code: {status}; Error Code: {code})")
    known = OPTIMIZED[resource.service]
    if not modeled:
        name = known.other
    return Answered(
        f"{known.prefix}.{name}", f"{message} (Service: {known.prefix}; Status Code: {status}; Error Code: {code})"
    )


# -- names and values ------------------------------------------------------------------------------------------------


def _in(value: Any, shape: Any) -> Any:
    """A value with the members' names, and in the types, that boto3 wants."""
    kind = shape.type_name
    if kind == "structure" and isinstance(value, dict):
        if getattr(shape, "is_document_type", False):
            return value
        members = {name.lower(): (name, member) for name, member in shape.members.items()}
        made = {}
        for key, item in value.items():
            name, member = members.get(key.lower(), (key, None))
            made[name] = item if member is None else _in(item, member)
        return made
    if kind == "list" and isinstance(value, list):
        return [_in(item, shape.member) for item in value]
    if kind == "map" and isinstance(value, dict):
        return {key: _in(item, shape.value) for key, item in value.items()}
    if kind == "blob" and not isinstance(value, bytes):
        return (value if isinstance(value, str) else text_of(value)).encode()
    if kind == "structure" and shape.name == "AttributeValue" and isinstance(value, str):
        return {"S": value}
    if kind == "string" and value is not None and not isinstance(value, str):
        return text_of(value)
    if isinstance(value, str) and kind in ("boolean", "integer", "long", "float", "double"):
        return _parsed(value)
    return value


def _parsed(text: str) -> Any:
    """What a text means where a number or a truth value is wanted."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _out(value: Any, shape: Any) -> Any:
    """An answer with members that begin with a capital letter, and JSON values only."""
    if hasattr(value, "read"):
        return _text(value.read())
    if isinstance(value, bytes | bytearray):
        return _text(bytes(value))
    if isinstance(value, dt.datetime):
        return iso(value)
    if isinstance(value, dict):
        if shape is not None and shape.type_name == "structure":
            return {key[:1].upper() + key[1:]: _out(item, shape.members.get(key)) for key, item in value.items()}
        inner = shape.value if shape is not None and shape.type_name == "map" else None
        return {key: _out(item, inner) for key, item in value.items()}
    if isinstance(value, list | tuple | set):
        inner = shape.member if shape is not None and shape.type_name == "list" else None
        return [_out(item, inner) for item in value]
    return value


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return base64.b64encode(data).decode()


def iso(date: dt.datetime) -> str:
    """A date as Step Functions writes it, to the millisecond."""
    return date.astimezone(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def not_answered(cause: str) -> StateError:
    """A job that was waited for did not end well."""
    return Answered(TASK_FAILED, cause)
