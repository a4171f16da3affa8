"""The API of API Gateway for REST APIs: what moto does not keep, and what a deployment holds.

A stage serves what its *deployment* holds: methods and integrations as they were when ``create_deployment`` was called.
Source: API Gateway Developer Guide, "Set up a deployment for a REST API", "Amazon API Gateway quotas" (read 2026-11).
"""

from __future__ import annotations

import datetime as dt
import json
from copy import deepcopy
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, ClassVar

from moto.apigatewayv2.responses import ApiGatewayV2Response

from waterline.compute.doors import openapi
from waterline.compute.doors.http_backend import HttpResponse
from waterline.compute.doors.throttling import BURST, RATE, Quotas, Throttles
from waterline.facts import facts
from waterline.ground import Ground

openapi.stand_in()

from moto.apigateway import urls as moto_urls  # noqa: E402
from moto.apigateway.exceptions import BadRequestException  # noqa: E402
from moto.apigateway.models import APIGatewayBackend, Deployment, Integration, RestAPI, Stage  # noqa: E402
from moto.apigateway.responses import APIGatewayResponse  # noqa: E402

TIMEOUT = facts["apigw.rest_timeout"]


@dataclass(frozen=True)
class Method:
    """One method of a deployment. `integration` is moto's, as it was then; `timeout` in milliseconds."""

    http_method: str
    path: str
    resource: str
    integration: Integration
    authorization: str
    needs_key: bool

    @property
    def timeout(self) -> int:
        return int(self.integration.timeout_in_millis or TIMEOUT.high)


class RestResponse(APIGatewayResponse):  # type: ignore[misc]
    """One request to the API of API Gateway, and its answer; moto's overlooks ``binaryMediaTypes``."""

    def create_rest_api(self) -> Any:
        status, headers, body = super().create_rest_api()
        types = self._get_param("binaryMediaTypes")
        if status == 200 and types:
            made = self.backend.get_rest_api(json.loads(body)["id"])
            made.binaryMediaTypes = list(types)
            body = json.dumps(made.to_dict())
        return status, headers, body

    def get_usage(self) -> str:
        """``GetUsage``, which moto does not have: for each key and day, requests made and requests left."""
        plan = self.backend.get_usage_plan(self.path.rstrip("/").split("/")[-2])
        first, last = (dt.date.fromisoformat(str(self._get_param(name))) for name in ("startDate", "endDate"))
        days = [first + dt.timedelta(days=number) for number in range((last - first).days + 1)]
        quotas, keys = self.backend.quotas, self.backend.usage_plan_keys.get(plan.id, {})
        values = {
            key: [[quotas.used(plan, key, day), quotas.left(plan, key, day) if plan.quota else 0] for day in days]
            for key in keys
            if self._get_param("keyId") in (None, key)
        }
        return json.dumps({"usagePlanId": plan.id, "startDate": str(first), "endDate": str(last), "values": values})


class RestApis(APIGatewayBackend):  # type: ignore[misc]
    """The REST APIs of one account and region; what moto does not keep is what a deployment holds."""

    ground: ClassVar[Ground]

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self._deployed: dict[tuple[str, str], tuple[Method, ...]] = {}
        self.throttles = Throttles(self.ground)
        self.quotas = Quotas(self.ground)

    @property
    def _url_module(self) -> SimpleNamespace:
        """moto's addresses, answered by our responses."""
        # Requests for HTTP APIs come in here as well: both kinds have one address.
        ours = {APIGatewayResponse: RestResponse.dispatch, ApiGatewayV2Response: HttpResponse.dispatch}
        paths = {
            path: ours.get(getattr(answer, "__self__", None), answer) for path, answer in moto_urls.url_paths.items()
        }
        paths["{0}/usageplans/(?P<usage_plan_id>[^/]+)/usage$"] = RestResponse.dispatch
        return SimpleNamespace(url_bases=moto_urls.url_bases, url_paths=paths)

    def update_rest_api(self, function_id: str, patch_operations: list[dict[str, Any]]) -> RestAPI:
        for operation in patch_operations:
            _, found, media_type = operation["path"].partition("/binaryMediaTypes/")
            if found:  # a type stands in the path, where moto does not look for it
                operation["value"] = media_type.replace("~1", "/")
        return super().update_rest_api(function_id, patch_operations)

    def update_stage(self, function_id: str, stage_name: str, patch_operations: Any) -> Stage:
        before = set(self.get_stage(function_id, stage_name).method_settings)
        stage = super().update_stage(function_id, stage_name, patch_operations)
        asked = {operation["path"] for operation in patch_operations}
        for method in set(stage.method_settings) - before:  # moto throttles what nobody asked it to
            limits = (("rateLimit", "throttlingRateLimit", float(RATE)), ("burstLimit", "throttlingBurstLimit", BURST))
            for path, name, value in limits:
                if f"/{method}/throttling/{path}" not in asked:
                    stage.method_settings[method][name] = value
        return stage

    def put_integration(self, function_id: str, *arguments: Any, **settings: Any) -> Integration:
        timeout = settings.get("timeout_in_millis")
        if timeout is not None:
            _check_timeout(int(timeout), self.get_rest_api(function_id))
        return super().put_integration(function_id, *arguments, **settings)

    def create_deployment(self, function_id: str, *arguments: Any, **settings: Any) -> Deployment:
        deployment = super().create_deployment(function_id, *arguments, **settings)
        self._deployed[function_id, deployment.id] = tuple(_methods(self.get_rest_api(function_id)))
        return deployment

    def delete_deployment(self, function_id: str, deployment_id: str) -> Deployment:
        api = self.get_rest_api(function_id)
        in_use = {stage.deployment_id for stage in api.stages.values()}
        if deployment_id in api.deployments and deployment_id not in in_use:
            api.deployments[deployment_id].stage_name = None  # moto asks for the stage it made, wherever that is now
        return super().delete_deployment(function_id, deployment_id)

    def deployed(self, api_id: str, deployment_id: str) -> tuple[Method, ...]:
        return self._deployed.get((api_id, deployment_id), ())


def _check_timeout(timeout: int, api: RestAPI) -> None:
    raisable = "EDGE" not in (api.endpoint_configuration.get("types") or ["EDGE"])
    if timeout < TIMEOUT.low or (timeout > TIMEOUT.high and not raisable):
        raise BadRequestException(f"Timeout should be between {TIMEOUT.low:g} ms and {TIMEOUT.high:g} ms")


def _methods(api: RestAPI) -> list[Method]:
    return [
        Method(
            http_method=name,
            path=resource.get_path(),
            resource=resource.id,
            integration=deepcopy(integration),
            authorization=method.authorization_type or "NONE",
            needs_key=str(method.api_key_required).lower() == "true",
        )
        for resource in api.resources.values()
        for name, method in resource.resource_methods.items()
        if (integration := method.method_integration) is not None
    ]
