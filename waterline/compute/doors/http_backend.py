"""The API of API Gateway for HTTP APIs: what moto does not have, and what it does not check.

Source: API Gateway Developer Guide, "Amazon API Gateway quotas", "Create AWS service integrations for HTTP APIs in API
Gateway" (read 2026-11).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import ModuleType
from typing import Any, ClassVar
from urllib.parse import unquote

from moto.apigatewayv2 import urls as moto_urls
from moto.apigatewayv2.exceptions import BadRequestException
from moto.apigatewayv2.models import ApiGatewayV2Backend, Integration
from moto.apigatewayv2.responses import ApiGatewayV2Response

from waterline.compute.doors import subtypes
from waterline.facts import facts
from waterline.ground import Ground

TIMEOUT = facts["apigw.http_timeout"]


class HttpResponse(ApiGatewayV2Response):  # type: ignore[misc]
    """One request to the API of API Gateway v2, and its answer; ``UpdateStage`` is what moto does not have."""

    def update_stage(self) -> Any:
        api, name = self.path.split("/")[-3], unquote(self.path.split("/")[-1])
        config = {**self.apigatewayv2_backend.get_stage(api, name).config, **json.loads(self.body)}
        self.apigatewayv2_backend.delete_stage(api, name)
        return json.dumps(self.apigatewayv2_backend.create_stage(api, config).to_json())


class HttpApis(ApiGatewayV2Backend):  # type: ignore[misc]
    """The HTTP APIs of one account and region."""

    ground: ClassVar[Ground]

    @property
    def _url_module(self) -> ModuleType:
        urls: ModuleType = moto_urls  # moto looks for them beside the class, where they are not
        return urls

    def create_integration(self, api_id: str, *arguments: Any, **settings: Any) -> Integration:
        _check_timeout(settings.get("timeout_in_millis"))
        _check_subtype(settings)
        if settings.get("integration_type") == "AWS_PROXY" and not settings.get("payload_format_version"):
            settings["payload_format_version"] = "1.0"
        return super().create_integration(api_id, *arguments, **settings)

    def update_integration(self, api_id: str, *arguments: Any, **settings: Any) -> Integration:
        _check_timeout(settings.get("timeout_in_millis"))
        return super().update_integration(api_id, *arguments, **settings)


def _check_subtype(settings: Mapping[str, Any]) -> None:
    name = settings.get("integration_subtype")
    wrong = subtypes.wrong_with(name, settings.get("request_parameters") or {}) if name else None
    if wrong:
        raise BadRequestException(wrong)


def _check_timeout(timeout: Any) -> None:
    if timeout is not None and not TIMEOUT.low <= int(timeout) <= TIMEOUT.high:
        raise BadRequestException(f"Timeout should be between {TIMEOUT.low:g} ms and {TIMEOUT.high:g} ms")
