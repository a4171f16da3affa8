"""What stands behind a method of a REST API when it is no function with a proxy integration: a service, or nothing.

Words
-----
AWS integration
    the request, put into another form by a mapping template, is sent to an AWS service; what the service answers is put
    into the form of a response. No code runs: *storage first* is this with a queue behind it.
MOCK integration
    the template's ``statusCode`` is the answer.
integration response
    chosen by a pattern on the status (for a function: on its error message); it says with which status, headers and
    template the client is answered.

Source: API Gateway Developer Guide, "Choose an API Gateway API integration type", "Set up an integration response in
API Gateway", "Integration passthrough behaviors", "Set up mock integrations for REST APIs in API Gateway" (read
2026-11). What the integration's role may do is not checked; without a role a service other than Lambda is not asked.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from moto.awslambda.models import lambda_backends

from waterline.compute.doors import aws, mapping
from waterline.compute.doors.door import Allowed, Refused
from waterline.compute.doors.http import Request, Response, refusal
from waterline.compute.doors.mapping import Source

_SERVICE = re.compile(
    r"arn:[^:]+:apigateway:(?P<region>[^:]+):(?P<name>[^:]+):(?P<kind>path|action)/(?P<rest>.+)", re.S
)
_BROKEN = refusal(500, {"message": "Internal server error"})
_UNSUPPORTED = refusal(415, {"message": "Unsupported Media Type"})
_JSON = "application/json"
Template = Mapping[str, Any]


def answered(integration: Any, request: Request, source: Source, allowed: Allowed) -> Response:
    """Ask what stands behind the method, and wait. `allowed` reads a function's policy.

    Raises Refused for an integration that cannot work.
    """
    try:
        body = _request_body(integration, request, source)
        if integration.integration_type == "MOCK":
            status = mapping.parsed(body)
            asked = Response(int(status.get("statusCode", 500)) if isinstance(status, dict) else 500)
            return _response(integration, source.answered(""), asked, str(asked.status))
        return _from_service(integration, request, source, body, allowed)
    except (ValueError, LookupError) as error:
        raise Refused(_BROKEN, str(error)) from error


def _from_service(integration: Any, request: Request, source: Source, body: str, allowed: Allowed) -> Response:
    variables = dict(source.variables)
    uri = re.sub(r"\$\{stageVariables\.(\w+)\}", lambda found: variables.get(found[1], ""), integration.uri or "")
    named = _SERVICE.fullmatch(uri)
    if named is None:
        raise ValueError(
            "its integration's uri names no service and action, as arn:aws:apigateway:REGION:SERVICE:path/..."
        )
    region, name = named["region"], named["name"]
    if not integration.credentials and name != "lambda":
        raise ValueError(
            "its integration has no credentials: API Gateway asks a service with a role that it may assume"
        )
    if name == "lambda":
        _check_function(named["rest"], region, allowed)
    headers, query, path = _parameters(integration, source)
    if named["kind"] == "action":
        headers = {**aws.target_of(name, named["rest"]), **headers}
        if "x-amz-target" not in {key.lower() for key in headers} and "Action=" not in body:
            query = {"Action": named["rest"], **query}
    where = _placed(named["rest"], path) if named["kind"] == "path" else ""
    headers.setdefault("Content-Type", request.media_type or _JSON)
    form = "&".join(part for part in (body, mapping.form(query)) if part) if query else body
    answer = aws.send(region, name, where, headers, form)
    subject = str(answer.status)
    if name == "lambda":
        error = (
            mapping.at(mapping.parsed(answer.body), "$.errorMessage")
            if "x-amz-function-error" in answer.headers
            else None
        )
        subject = str(error or "")
    return _response(integration, source.answered(answer.body), answer, subject)


def _check_function(path: str, region: str, allowed: Allowed) -> None:
    arn = path.partition("/functions/")[2].partition("/invocations")[0]
    account = arn.split(":")[4:5]
    backend = lambda_backends[account[0]][region] if account else None
    if backend is None:
        raise ValueError("its integration's uri has no function's ARN")
    if not allowed(backend.get_function(arn).policy.statements, arn):
        raise ValueError("the function's policy does not let apigateway invoke it (see add_permission)")


def _request_body(integration: Any, request: Request, source: Source) -> str:
    templates: Template = integration.request_templates or {}
    template = templates.get(request.media_type or _JSON)
    if template is not None:
        return mapping.filled(template, source)
    how = integration.passthrough_behaviour or "WHEN_NO_MATCH"
    if how == "NEVER" or (how == "WHEN_NO_TEMPLATES" and templates):
        raise Refused(_UNSUPPORTED, f"no template for {request.media_type or _JSON}, and passthroughBehavior is {how}")
    return source.body


def _parameters(integration: Any, source: Source) -> tuple[dict[str, str], dict[str, str], dict[str, str]]:
    """Headers, query string and path parameters of the integration request."""
    found: dict[str, dict[str, str]] = {"header": {}, "querystring": {}, "path": {}}
    for target, expression in (integration.request_parameters or {}).items():
        kind, _, name = target.removeprefix("integration.request.").partition(".")
        value = mapping.parameter(expression, source)
        if kind in found and value is not None:
            found[kind][name] = value
    for kind, values in source.overrides.get("requestOverride", {}).items():
        found[kind].update({name: str(value) for name, value in values.items()})
    return found["header"], found["querystring"], found["path"]


def _placed(path: str, values: Mapping[str, str]) -> str:
    return re.sub(r"\{(\w+)\}", lambda found: values.get(found[1], found[0]), path)


def _response(integration: Any, source: Source, answer: Response, subject: str) -> Response:
    chosen = _chosen(integration.integration_responses or {}, subject)
    if chosen is None:
        raise ValueError(f"no integration response is for {subject or 'success'}, and none is the default")
    body = answer.body
    template = (chosen.response_templates or {}).get(_JSON)
    if template:
        body = mapping.filled(template, source)
    headers = {"content-type": _JSON}
    for target, expression in (chosen.response_parameters or {}).items():
        name = target.removeprefix("method.response.header.").lower()
        value = _answered_parameter(str(expression), source, answer)
        if value is not None:
            headers[name] = value
    override = source.overrides.get("responseOverride", {})
    headers.update({name.lower(): str(value) for name, value in override.get("header", {}).items()})
    status = int(override.get("status", chosen.status_code))
    return Response(status, MappingProxyType(headers), body.encode())


def _answered_parameter(expression: str, source: Source, answer: Response) -> str | None:
    if expression.startswith("integration.response.header."):
        return answer.headers.get(expression.rpartition(".")[2].lower())
    return mapping.parameter(expression.replace("integration.response.", "integration.", 1), source)


def _chosen(responses: Mapping[str, Any], subject: str) -> Any:
    """The first whose pattern fits, or the one without a pattern."""
    for response in responses.values():
        if response.selection_pattern and re.fullmatch(response.selection_pattern, subject, re.DOTALL):
            return response
    return next((response for response in responses.values() if not response.selection_pattern), None)
