"""HTTP APIs: routes to functions (proxy integrations, events in format 2.0 or 1.0) and to AWS services (``subtypes``).

Changes are served at once, by the ``$default`` stage at the root and by any other under its name. The gateway waits as
long as the integration's ``TimeoutInMillis`` says, ``apigw.http_timeout`` at most, and then answers 503, where a REST
API answers 504. Every other trouble with the function is a 500. Source: API Gateway Developer Guide, "Create AWS Lambda
proxy integrations for HTTP APIs", "Create routes for HTTP APIs in API Gateway", "Troubleshooting issues with HTTP API
Lambda integrations", "Amazon API Gateway quotas" (read 2026-11); that the timeout is a 503 is reported, not documented
(cortexlabs/cortex, issue 1226).

Ours differs: a stage without ``AutoDeploy`` serves changes at once too, because moto has no deployments of HTTP APIs;
authorizers refuse every request; CORS settings and parameter mappings are not applied.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from moto.apigatewayv2.models import Api, Integration, Route

from waterline.clock import SECOND
from waterline.compute.doors import events, replies, routes, subtypes
from waterline.compute.doors.door import API_GATEWAY, INVOKE, Call, Errand, Manners, Refused
from waterline.compute.doors.http import Request, Response, refusal
from waterline.compute.doors.http_backend import TIMEOUT, HttpApis
from waterline.compute.doors.mapping import Parameters, Source
from waterline.compute.doors.rest_api import PAYLOAD, NoProxy
from waterline.compute.doors.throttling import limit_of
from waterline.facts import facts
from waterline.ground import Ground
from waterline.services.policy import Request as Asked
from waterline.services.policy import judged

from moto.apigateway.models import apigateway_backends  # isort: skip  (rest_api makes it importable)

_FUNCTION = re.compile(r"(?P<arn>arn:[^/]*:lambda:[^/]+:function:[^/]+)")
_ID_CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_ERROR = refusal(500, {"message": "Internal Server Error"})
_TOO_MANY = refusal(429, {"message": "Too Many Requests"})
_DEFAULT = "$default"

MANNERS = Manners(
    forbidden=_ERROR,
    rejected=_ERROR,
    throttled=_ERROR,
    failed=_ERROR,
    late=refusal(503, {"message": "Service Unavailable"}),
    too_large=refusal(413, {"message": "Request Entity Too Large"}),
    id_header="apigw-requestid",
)


class HttpApi:
    """One HTTP API as a door."""

    manners = MANNERS

    def __init__(self, ground: Ground, backend: HttpApis, api: Api) -> None:
        self._ground = ground
        self._backend = backend
        self._api = api
        self.place = f"apigateway:{api.name}"

    def new_request_id(self) -> str:
        numbers = self._ground.random("gateway request ids")
        return "".join(numbers.choice(_ID_CHARACTERS) for _ in range(15)) + "="

    def find(self, request: Request, request_id: str) -> Call | Errand:
        if len(request.body or b"") > PAYLOAD:
            raise Refused(MANNERS.too_large, f"the body is larger than {facts['apigw.payload_max'].text}")
        stage, segments = self._stage(request)
        route, parameters = _choose(list(self._api.routes.values()), request.method, segments)
        if (route.authorization_type or "NONE") != "NONE":
            raise Refused(refusal(401, {"message": "Unauthorized"}), "the lab has no authorizers: nobody passes one")
        integration = self._api.integrations.get((route.target or "").removeprefix("integrations/"))
        if integration is None:
            raise Refused(_ERROR, f"the route {route.route_key} has no integration")
        timeout = int(integration.timeout_in_millis or TIMEOUT.high) * SECOND // 1000
        self._let_in(stage, route)
        if integration.integration_subtype:
            return Errand(self._asking(integration, route, request, request_id, stage, parameters), timeout)
        function = _FUNCTION.search(integration.integration_uri or "")
        if integration.integration_type != "AWS_PROXY" or function is None:
            raise NoProxy(
                f"{route.route_key} of {self._api.name} has an integration of type {integration.integration_type} "
                "without a function's ARN: the lab's APIs lead to functions and, with a subtype, to services, with "
                "type AWS_PROXY."
            )
        old = integration.payload_format_version == "1.0"
        variables = dict(self._api.stages[stage].stage_variables or {})
        passage = events.Passage(
            request=request,
            request_id=request_id,
            account=self._backend.account_id,
            api=self._api.api_id,
            stage=stage,
            route=(route.route_key.partition(" ")[2] or route.route_key) if old else route.route_key,
            path=request.path or "/",
            at=self._ground.clock.date,
            path_parameters=parameters,
            stage_variables=variables,
            binary=request.body is not None and not events.is_text(request.media_type),
        )
        if old:
            event = {"version": "1.0", **events.format_1(passage, resource_id=None, requested=request.path or "/")}
        else:
            event = events.format_2(passage)
        return Call(
            function=function["arn"],
            account=self._backend.account_id,
            region=self._backend.region_name,
            event=event,
            allowed=lambda policy, arn: (
                bool(integration.credentials_arn)
                or any(
                    judged(policy, Asked(API_GATEWAY, INVOKE, arn, source)).allowed
                    for source in self._sources(stage, request.method, route.route_key)
                )
            ),
            timeout=timeout,
            reply=_reply_1 if old else _reply_2,
        )

    def _let_in(self, stage: str, route: Route) -> None:
        """Take one request from the limits of the route or the stage, and of the account. Raises Refused."""
        settings = self._api.stages[stage]
        own = (settings.route_settings or {}).get(route.route_key)
        limits = limit_of(
            own if own else settings.default_route_settings or {},
            f"the stage {stage}, for {route.route_key if own else 'each route'},",
            "throttlingRateLimit",
            "throttlingBurstLimit",
        )
        gate = apigateway_backends[self._backend.account_id][self._backend.region_name].throttles
        why = gate.refusal(limits)
        if why is not None:
            raise Refused(_TOO_MANY, why)

    def _asking(
        self,
        integration: Integration,
        route: Route,
        request: Request,
        request_id: str,
        stage: str,
        parameters: Mapping[str, str],
    ) -> Callable[[], Response]:
        """What asks the service of a first-class integration."""
        if not integration.credentials_arn:
            raise Refused(_ERROR, "its integration has no CredentialsArn: API Gateway asks a service with a role")
        source = Source(
            body=(request.body or b"").decode("utf-8", "replace"),
            parameters=Parameters(
                path=parameters,
                query={name: ",".join(values) for name, values in request.parameters.items()},
                header={name.lower(): value for name, value in request.headers},
            ),
            context={
                "accountId": self._backend.account_id,
                "apiId": self._api.api_id,
                "httpMethod": request.method,
                "requestId": request_id,
                "routeKey": route.route_key,
                "stage": stage,
            },
            variables=dict(self._api.stages[stage].stage_variables or {}),
        )
        subtype, given = str(integration.integration_subtype), dict(integration.request_parameters or {})
        return lambda: subtypes.asked(subtype, given, self._backend.region_name, source)

    def _stage(self, request: Request) -> tuple[str, list[str]]:
        """The stage that serves the request, and the path below it."""
        segments, stages = request.segments, self._api.stages
        if segments and segments[0] in stages:
            return segments[0], segments[1:]
        if _DEFAULT in stages:
            return _DEFAULT, segments
        raise Refused(_not_found(), "the API has no $default stage, and none of the path's first part")

    def _sources(self, stage: str, verb: str, route_key: str) -> list[Mapping[str, str]]:
        where = f"{self._backend.region_name}:{self._backend.account_id}:{self._api.api_id}"
        key, _, path = route_key.partition(" ")
        ends = [_DEFAULT] if route_key == _DEFAULT else [f"{verb}{path}", f"{key}{path}"]
        return [
            {
                "aws:sourcearn": f"arn:aws:execute-api:{where}/{stage}/{end}",
                "aws:sourceaccount": self._backend.account_id,
            }
            for end in ends
        ]


def _choose(all_routes: list[Route], verb: str, segments: list[str]) -> tuple[Route, Mapping[str, str]]:
    """The most specific path, there the method itself before ANY; ``$default`` takes what no route wants."""
    fitting = []
    for route in all_routes:
        key, _, path = route.route_key.partition(" ")
        values = routes.match(path, segments) if path and key in (verb, "ANY") else None
        if values is not None:
            fitting.append(((routes.specificity(path), key == "ANY"), route, values))
    if fitting:
        _, route, values = min(fitting, key=lambda one: one[0])
        return route, values
    for route in all_routes:
        if route.route_key == _DEFAULT:
            return route, {}
    raise Refused(_not_found(), f"no route takes {verb} for this path")


def _not_found() -> Response:
    return refusal(404, {"message": "Not Found"})


def _reply_1(payload: str) -> Response:
    return replies.format_1(payload, lambda: True)


def _reply_2(payload: str) -> Response:
    return replies.format_2(payload, content_type="text/plain; charset=utf-8", quotes=False, objects=False)
