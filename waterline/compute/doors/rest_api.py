"""REST APIs: deployed methods in front of functions (proxy integrations, events in format 1.0) and of AWS services.

A stage serves what its *deployment* holds: methods and integrations as they were when ``create_deployment`` was called.
The gateway waits as long as the integration's timeout says, ``apigw.rest_timeout`` at most for an edge-optimized API,
and then answers 504. When Lambda rejects the invocation (no permission, throttled, no such function) it answers 500;
when the function fails, or its answer is malformed, 502. Source: API Gateway Developer Guide, "Gateway response types",
"Set up a deployment for a REST API", "Lambda proxy integrations", "Amazon API Gateway quotas"; AWS Lambda Developer
Guide, "Handling Lambda errors with an API Gateway API" (read 2026-11).

Ours differs: an integration timeout above the default maximum is accepted for Regional and private APIs without asking
for the quota; authorizers refuse every request; caches and validators are not applied; HTTP integrations are refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from waterline.clock import SECOND
from waterline.compute.doors import events, integrations, replies, routes, usage_plans
from waterline.compute.doors.door import API_GATEWAY, INVOKE, Allowed, Call, Errand, Manners, Refused
from waterline.compute.doors.http import Request, refusal
from waterline.compute.doors.mapping import Parameters, Source
from waterline.compute.doors.rest_backend import Method, RestApis
from waterline.errors import LabMistake
from waterline.facts import facts
from waterline.ground import Ground
from waterline.services.policy import Request as Asked
from waterline.services.policy import judged

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


class RestApi:
    """One REST API as a door."""

    manners = MANNERS

    def __init__(self, ground: Ground, backend: RestApis, api: Any, functions: Any) -> None:
        self._ground = ground
        self._backend = backend
        self._api = api
        self._functions = functions
        self.place = f"apigateway:{api.name}"

    def new_request_id(self) -> str:
        return str(self._functions.new_request_id())

    def find(self, request: Request, request_id: str) -> Call | Errand:
        if len(request.body or b"") > PAYLOAD:
            raise Refused(MANNERS.too_large, f"the body is larger than {facts['apigw.payload_max'].text}")
        api, backend = self._api, self._backend
        name, _, _ = request.path.removeprefix("/").partition("/")
        stage = api.stages.get(name)
        if stage is None:
            raise Refused(_FORBIDDEN, f"the API has no stage {name!r}")
        path = request.path.removeprefix(f"/{name}") or "/"
        method, parameters = _choose(backend.deployed(api.id, stage.deployment_id), request, request.segments[1:])
        variables = dict(stage.variables)
        self._authorize(method, request)
        usage_plans.admit(backend, api.id, stage, method, request)
        if method.integration.integration_type in ("AWS", "MOCK"):
            return self._errand(method, request, request_id, stage, path, parameters)
        if method.integration.integration_type != "AWS_PROXY":
            raise NoProxy(
                f"{method.http_method} {method.path} of {api.name} has an integration of type "
                f"{method.integration.integration_type}: the lab's APIs lead to functions and services, with types "
                "AWS_PROXY and AWS, and to MOCK."
            )
        uri = method.integration.uri or ""
        function = _FUNCTION.search(_STAGE_VARIABLE.sub(lambda found: variables.get(found[1], ""), uri))
        if function is None or method.integration.http_method != "POST":
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
            allowed=self._allowed(name, method, request),
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

    def _errand(
        self, method: Method, request: Request, request_id: str, stage: Any, path: str, parameters: Mapping[str, str]
    ) -> Errand:
        """The way to a service that is asked in its own words."""
        source = Source(
            body=(request.body or b"").decode("utf-8", "replace"),
            parameters=Parameters(
                path=parameters,
                query={name: values[-1] for name, values in request.parameters.items()},
                header={name.lower(): value for name, value in request.headers},
            ),
            context={
                "accountId": self._backend.account_id,
                "apiId": self._api.id,
                "httpMethod": request.method,
                "identity": {"sourceIp": events.SOURCE_IP, "userAgent": request.header("user-agent") or ""},
                "path": f"/{stage.name}{path}",
                "requestId": request_id,
                "requestTimeEpoch": int(self._ground.clock.date.timestamp() * 1000),
                "resourcePath": method.path,
                "stage": stage.name,
            },
            variables=dict(stage.variables),
        )
        return Errand(
            lambda: integrations.answered(
                method.integration, request, source, self._allowed(stage.name, method, request)
            ),
            method.timeout * SECOND // 1000,
        )

    def _allowed(self, stage: str, method: Method, request: Request) -> Allowed:
        """Whether a function's policy lets this method invoke it, unless a role of the integration does."""
        return lambda policy, arn: (
            bool(method.integration.credentials)
            or any(
                judged(policy, Asked(API_GATEWAY, INVOKE, arn, self._source(stage, verb, method))).allowed
                for verb in (request.method, method.http_method)
            )
        )


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
