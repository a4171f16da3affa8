"""A request that a door sends to an AWS service of this cloud: it goes in where boto3's would, as text on a wire.

So whatever the service answers, errors and all, is what the door gets; and a fault that is laid on the service strikes.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any
from urllib.parse import parse_qs

from botocore.awsrequest import AWSRequest
from botocore.utils import hyphenize_service_id
from moto.core.botocore_stubber import BotocoreStubber
from moto.core.models import botocore_stubber
from moto.core.utils import get_service_model

from waterline.compute.doors.http import Response

_NAMES = {"states": "stepfunctions"}
"""Of services whose host is called otherwise than their client."""


def send(region: str, service: str, path: str, headers: Mapping[str, str], body: str) -> Response:
    """POST to a service, by the name of its host, and wait. Raises LookupError for a service that AWS does not have."""
    model = _model(service)
    url = f"https://{service}.{region}.amazonaws.com/{path.removeprefix('/')}"
    request = AWSRequest("POST", url, headers={**headers, "Host": f"{service}.{region}.amazonaws.com"}, data=body)
    operation = operation_of(service, headers, body)
    event = f"before-send.{hyphenize_service_id(model.service_id)}.{operation}"
    answer = BotocoreStubber.__call__(botocore_stubber, event, request.prepare())
    content = answer.content
    named = {name.lower(): str(value) for name, value in answer.headers.items()}
    return Response(int(answer.status_code), named, content if isinstance(content, bytes) else str(content).encode())


def target_of(service: str, action: str) -> Mapping[str, str]:
    """The headers by which a service that speaks JSON knows the action; none for one that reads it from the body."""
    metadata = _model(service).metadata
    if metadata.get("protocol") != "json" or service == "sqs":
        return {}
    return {
        "X-Amz-Target": f"{metadata['targetPrefix']}.{action}",
        "Content-Type": f"application/x-amz-json-{metadata['jsonVersion']}",
    }


def operation_of(service: str, headers: Mapping[str, str], body: str) -> str:
    """What is asked: the last part of the target, or the action in the body."""
    target = next((value for name, value in headers.items() if name.lower() == "x-amz-target"), "")
    return target.rpartition(".")[2] or next(iter(parse_qs(body).get("Action", [])), "")


@cache
def _model(service: str) -> Any:
    try:
        return get_service_model(_NAMES.get(service, service))
    except Exception as error:
        raise LookupError(f"there is no AWS service {service}") from error
