"""REST APIs: deployed methods with Lambda proxy integrations, events in format 1.0.

A stage serves what its *deployment* holds: methods and integrations as they were when ``create_deployment`` was called.
The gateway waits as long as the integration's timeout says, ``apigw.rest_timeout`` at most for an edge-optimized API,
and then answers 504. When Lambda rejects the invocation (no permission, throttled, no such function) it answers 500;
when the function fails, or its answer is malformed, 502. Source: API Gateway Developer Guide, "Gateway response types",
"Set up a deployment for a REST API", "Lambda proxy integrations", "Amazon API Gateway quotas"; AWS Lambda Developer
Guide, "Handling Lambda errors with an API Gateway API" (read 2026-11).

Ours differs: an integration timeout above the default maximum is accepted for Regional and private APIs without asking
for the quota; authorizers refuse every request; usage plans, caches and validators are not applied.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, ClassVar

from waterline.clock import SECOND
from waterline.compute.doors import events, openapi, replies, routes
from waterline.compute.doors.door import API_GATEWAY, INVOKE, Call, Manners, Refused
from waterline.compute.doors.http import Request, refusal
from waterline.errors import LabMistake
from waterline.facts import facts
from waterline.ground import Ground
from waterline.services.policy import Request as Asked
from waterline.services.policy import judged

openapi.stand_in()

from moto.apigateway import urls as moto_urls  # noqa: E402
from moto.apigateway.exceptions import BadRequestException  # noqa: E402
from moto.apigateway.models import APIGatewayBackend, Deployment, Integration, RestAPI  # noqa: E402
from moto.apigateway.responses import APIGatewayResponse  # noqa: E402

_TIMEOUT = facts["apigw.rest_timeout"]
PAYLOAD = facts["apigw.payload_max"].bytes
_FUNCTION = re.compile(r"(?P<arn>arn:[^/]*:lambda:[^/]+:function:[^/]+)")
_STAGE_VARIABLE = re.compile(r"\$\{stageVariables\.(\w+)\}")
_ERROR = {"message": "Internal server error"}
_REJECTED = refusal(500, _ERROR)
_NO_TOKEN = refusal(403, {"message": "Missing Authentication Token"})
_FORBIDDEN = refusal(403, {"message": "Forbidden"})

MANNERS = Manners(
    forbidden=_REJECTED,
    rejected=_REJECTED,
    throttled=_REJECTED,
    failed=refusal(502, _ERROR),
    late=refusal(504, {"message": "Endpoint request timed out"}),
    too_large=refusal(413, {"message": "Request Too Long"}),
    id_header="x-amzn-requestid",
)


class NoProxy(LabMistake):
    """The route leads to something that is no function."""


@dataclass(frozen=True)
class Method:
    """One method of a deployment. `timeout` in milliseconds."""

    http_method: str
    path: str
    resource: str
    kind: str
    uri: str
    integration_method: str | None
    timeout: int
    has_credentials: bool
    authorization: str
    needs_key: bool


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


class RestApis(APIGatewayBackend):  # type: ignore[misc]
    """The REST APIs of one account and region; what moto does not keep is what a deployment holds."""

    ground: ClassVar[Ground]

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self._deployed: dict[tuple[str, str], tuple[Method, ...]] = {}

    @property
    def _url_module(self) -> SimpleNamespace:
        """moto's addresses, REST's answered by our responses."""
        paths = {
            path: RestResponse.dispatch if getattr(answer, "__self__", None) is APIGatewayResponse else answer
            for path, answer in moto_urls.url_paths.items()
        }
        return SimpleNamespace(url_bases=moto_urls.url_bases, url_paths=paths)

    def update_rest_api(self, function_id: str, patch_operations: list[dict[str, Any]]) -> RestAPI:
        for operation in patch_operations:
            _, found, media_type = operation["path"].partition("/binaryMediaTypes/")
            if found:  # a type stands in the path, where moto does not look for it
                operation["value"] = media_type.replace("~1", "/")
        return super().update_rest_api(function_id, patch_operations)

    def put_integration(self, function_id: str, *arguments: Any, **settings: Any) -> Integration:
        timeout = settings.get("timeout_in_millis")
        if timeout is not None:
            _check_timeout(int(timeout), self.get_rest_api(function_id))
        return super().put_integration(function_id, *arguments, **settings)

    def create_deployment(self, function_id: str, *arguments: Any, **settings: Any) -> Deployment:
        deployment = super().create_deployment(function_id, *arguments, **settings)
        self._deployed[function_id, deployment.id] = tuple(_methods(self.get_rest_api(function_id)))
        return deployment

    def deployed(self, api_id: str, deployment_id: str) -> tuple[Method, ...]:
        return self._deployed.get((api_id, deployment_id), ())


class RestApi:
    """One REST API as a door."""

    manners = MANNERS

    def __init__(self, ground: Ground, backend: RestApis, api: RestAPI, functions: Any) -> None:
        self._ground = ground
        self._backend = backend
        self._api = api
        self._functions = functions
        self.place = f"apigateway:{api.name}"

    def new_request_id(self) -> str:
        return str(self._functions.new_request_id())

    def find(self, request: Request, request_id: str) -> Call:
        if len(request.body or b"") > PAYLOAD:
            raise Refused(MANNERS.too_large, f"the body is larger than {facts['apigw.payload_max'].text}")
        api, backend = self._api, self._backend
        name, _, _ = request.path.removeprefix("/").partition("/")
        stage = api.stages.get(name)
        if stage is None:
            raise Refused(_FORBIDDEN, f"the API has no stage {name!r}")
        path = request.path.removeprefix(f"/{name}") or "/"
        method, parameters = _choose(backend.deployed(api.id, stage.deployment_id), request, request.segments[1:])
        self._authorize(method, request)
        if method.kind != "AWS_PROXY":
            raise NoProxy(
                f"{method.http_method} {method.path} of {api.name} has an integration of type {method.kind}: "
                "the lab's APIs lead to functions only, with type AWS_PROXY."
            )
        variables = dict(stage.variables)
        function = _FUNCTION.search(_STAGE_VARIABLE.sub(lambda found: variables.get(found[1], ""), method.uri))
        if function is None or method.integration_method != "POST":
            why = "a function is invoked with integrationHttpMethod POST, and by its ARN in the integration's uri"
            raise Refused(_REJECTED, why)
        binary = request.body is not None and _matches(api.binaryMediaTypes, request.media_type)
        passage = events.Passage(
            request=request,
            request_id=request_id,
            account=backend.account_id,
            api=api.id,
            stage=name,
            route=method.path,
            path=path,
            at=self._ground.clock.date,
            path_parameters=parameters,
            stage_variables=variables,
            binary=binary,
        )
        accepts = (request.header("accept") or "").split(",")[0].partition(";")[0].strip().lower()
        return Call(
            function=function["arn"],
            account=backend.account_id,
            region=backend.region_name,
            event=events.format_1(passage, resource_id=method.resource, requested=request.path),
            allowed=lambda policy, arn: (
                method.has_credentials
                or any(
                    judged(policy, Asked(API_GATEWAY, INVOKE, arn, self._source(name, verb, method))).allowed
                    for verb in (request.method, method.http_method)
                )
            ),
            timeout=method.timeout * SECOND // 1000,
            reply=lambda payload: replies.format_1(payload, lambda: _matches(api.binaryMediaTypes, accepts)),
        )

    def _source(self, stage: str, verb: str, method: Method) -> Mapping[str, str]:
        where = f"{self._backend.region_name}:{self._backend.account_id}:{self._api.id}"
        return {
            "aws:sourcearn": f"arn:aws:execute-api:{where}/{stage}/{verb}{method.path}",
            "aws:sourceaccount": self._backend.account_id,
        }

    def _authorize(self, method: Method, request: Request) -> None:
        if method.authorization == "AWS_IAM" and request.header("authorization") is None:
            raise Refused(_NO_TOKEN, "the method's authorizationType is AWS_IAM, and the request is not signed")
        if method.authorization not in ("NONE", "AWS_IAM"):
            raise Refused(refusal(401, {"message": "Unauthorized"}), "the lab has no authorizers: nobody passes one")
        keys = {key.value for key in self._backend.keys.values() if key.enabled}
        if method.needs_key and request.header("x-api-key") not in keys:
            raise Refused(_FORBIDDEN, "the method needs an API key, and the request has none that is valid")


def _check_timeout(timeout: int, api: RestAPI) -> None:
    raisable = "EDGE" not in (api.endpoint_configuration.get("types") or ["EDGE"])
    if timeout < _TIMEOUT.low or (timeout > _TIMEOUT.high and not raisable):
        raise BadRequestException(f"Timeout should be between {_TIMEOUT.low:g} ms and {_TIMEOUT.high:g} ms")


def _methods(api: RestAPI) -> list[Method]:
    return [
        Method(
            http_method=name,
            path=resource.get_path(),
            resource=resource.id,
            kind=integration.integration_type,
            uri=integration.uri or "",
            integration_method=integration.http_method,
            timeout=int(integration.timeout_in_millis or _TIMEOUT.high),
            has_credentials=bool(integration.credentials),
            authorization=method.authorization_type or "NONE",
            needs_key=str(method.api_key_required).lower() == "true",
        )
        for resource in api.resources.values()
        for name, method in resource.resource_methods.items()
        if (integration := method.method_integration) is not None
    ]


def _choose(methods: tuple[Method, ...], request: Request, segments: list[str]) -> tuple[Method, Mapping[str, str]]:
    """The resource that is most specific, and there the method itself before ANY."""
    taken = [(method, routes.match(method.path, segments)) for method in methods]
    fitting = [(method, values) for method, values in taken if values is not None]
    best = min((routes.specificity(method.path) for method, _ in fitting), default=None)
    for verb in (request.method, "ANY"):
        for method, values in fitting:
            if routes.specificity(method.path) == best and method.http_method == verb:
                return method, values
    raise Refused(_NO_TOKEN, f"the stage's deployment has no method {request.method} for this path")


def _matches(types: list[str], media_type: str) -> bool:
    kind = media_type.partition("/")[0]
    return any(wanted in ("*/*", media_type, f"{kind}/*") for wanted in types) if media_type else "*/*" in types
