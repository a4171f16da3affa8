"""Universal targets: any operation of any service, called as boto3 calls it.

A universal target is named by an ARN without Region and account, ``arn:aws:scheduler:::aws-sdk:sqs:sendMessage``: the
service as the SDKs call it, and the operation in lower camel case. Its input is the request, with the members' names as
the API has them. The call goes through boto3 within the cloud, so it meets what every call meets.

Sources: EventBridge Scheduler User Guide, "Using universal targets in EventBridge Scheduler"; Amazon EventBridge User
Guide, "Universal targets for a Custom Event Bus" (read 2026-11).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from moto.core.utils import get_service_model

from waterline.services.delivery.targets import RETRYABLE, NotTaken

_BOTO3_NAMES: Mapping[str, str] = {"sfn": "stepfunctions", "eventbridge": "events"}
_SERVER_ERROR = 500


class UnknownOperation(ValueError):
    """There is no such service, or it has no such operation; `service` and `operation` as they were given."""

    def __init__(self, service: str, operation: str) -> None:
        super().__init__(f"The api {operation} is not valid for the service {service}")
        self.service = service
        self.operation = operation


class Universal:
    """Calls operations in one Region. `arn` in the form of a universal target."""

    def __init__(self, region: str) -> None:
        self._region = region
        self._clients: dict[str, Any] = {}

    def call(self, arn: str, request: Mapping[str, Any]) -> Any:
        """Call the operation; its answer. Raises NotTaken, and UnknownOperation for an ARN that names none."""
        service, operation = operation_of(arn)
        client = self._client(service)
        method = next(method for method, name in client.meta.method_to_api_mapping.items() if name == operation)
        try:
            return getattr(client, method)(**request)
        except ClientError as error:
            code, said = str(error.response["Error"]["Code"]), str(error.response["Error"].get("Message", ""))
            status = int(error.response["ResponseMetadata"].get("HTTPStatusCode", 0))
            raise NotTaken(
                code, f"{service} answered {code}: {said}", retryable=code in RETRYABLE or status >= _SERVER_ERROR
            ) from error
        except BotoCoreError as error:
            raise NotTaken("ValidationException", " ".join(str(error).split()), retryable=False) from error

    def _client(self, service: str) -> Any:
        if service not in self._clients:
            once = Config(retries={"total_max_attempts": 1, "mode": "standard"})
            self._clients[service] = boto3.client(service, region_name=self._region, config=once)
        return self._clients[service]


def is_universal(arn: str) -> bool:
    return ":::aws-sdk:" in arn


@cache
def operation_of(arn: str) -> tuple[str, str]:
    """The service as boto3 names it, and the operation. Raises UnknownOperation."""
    given, _, operation = arn.partition(":::aws-sdk:")[2].partition(":")
    service = _BOTO3_NAMES.get(given, given)
    try:
        names = get_service_model(service).operation_names
    except Exception as error:  # botocore has one error for a service that it does not know, moto another
        raise UnknownOperation(given, operation) from error
    found = operation[:1].upper() + operation[1:]
    if operation[:1].isupper() or found not in names:
        raise UnknownOperation(given, operation)
    return service, found


def missing_members(arn: str, request: Mapping[str, Any]) -> list[str]:
    """The members that the operation requires and the request does not have, in alphabetical order."""
    service, operation = operation_of(arn)
    shape = get_service_model(service).operation_model(operation).input_shape
    required = shape.required_members if shape is not None else []
    return sorted(name for name in required if name not in request)
