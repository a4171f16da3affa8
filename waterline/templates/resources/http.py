"""API Gateway: HTTP APIs, route by route or from an OpenAPI document.

Source: CloudFormation Template Reference Guide, "AWS::ApiGatewayV2::Api", "AWS::ApiGatewayV2::Integration",
"AWS::ApiGatewayV2::Route", "AWS::ApiGatewayV2::Stage"; API Gateway Developer Guide, "OpenAPI extensions for API
Gateway" (read 2026-11).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from waterline.templates.resources.kind import Kind, Made, Simple, Site, Wanted, only, shaped
from waterline.templates.resources.openapi import Operation, lacking, operations, title
from waterline.templates.shapes import Problem, fitted, parameters

_QUICK = frozenset({"RouteKey", "Target", "CredentialsArn"})
_DEFAULT = "$default"


class HttpApi(Kind):
    type = "AWS::ApiGatewayV2::Api"
    takes = MappingProxyType(
        {
            **shaped("apigatewayv2", "CreateApi", "Name", "ProtocolType", "Description", "CorsConfiguration", "Tags"),
            **shaped("apigatewayv2", "CreateApi", "DisableExecuteApiEndpoint", "Version", *_QUICK),
            **dict.fromkeys(("Body", "FailOnWarnings", "BasePath", "RouteSelectionExpression")),
        }
    )
    idle = frozenset({"FailOnWarnings", "BasePath", "RouteSelectionExpression"})
    attributes = frozenset({"ApiId", "ApiEndpoint"})

    def lacks(self, properties: Mapping[str, Any], site: Site) -> Iterator[str]:
        if properties.get("ProtocolType") == "WEBSOCKET":
            yield "ProtocolType WEBSOCKET"

    def parts(self, properties: Mapping[str, Any], site: Site) -> Iterator[str]:
        yield from lacking(properties.get("Body") or {})

    def create(self, wanted: Wanted, site: Site) -> Made:
        given = wanted.properties
        body = given.get("Body") or {}
        own = ("Description", "CorsConfiguration", "Tags", "DisableExecuteApiEndpoint", "Version", *sorted(_QUICK))
        asked = {
            "Name": str(given.get("Name") or title(body) or wanted.logical_id),
            "ProtocolType": given.get("ProtocolType", "HTTP"),
            **only(given, *own),
        }
        api = site.call("apigatewayv2", "CreateApi", asked)
        made = Made(api["ApiId"], {"ApiId": api["ApiId"], "ApiEndpoint": api["ApiEndpoint"]})
        self._fill(body, made, site)
        return made

    def update(self, wanted: Wanted, made: Made, changed: frozenset[str], site: Site) -> Made | None:
        if not changed <= {"Body"}:
            return None
        where = {"ApiId": made.physical_id}
        for route in site.call("apigatewayv2", "GetRoutes", where)["Items"]:
            site.call("apigatewayv2", "DeleteRoute", {**where, "RouteId": route["RouteId"]})
        for integration in site.call("apigatewayv2", "GetIntegrations", where)["Items"]:
            asked = {**where, "IntegrationId": integration["IntegrationId"]}
            site.call("apigatewayv2", "DeleteIntegration", asked)
        self._fill(wanted.properties.get("Body") or {}, made, site)
        return made

    @staticmethod
    def _fill(body: Mapping[str, Any], made: Made, site: Site) -> None:
        where, authorizers = {"ApiId": made.physical_id}, dict[str, str]()
        for operation in operations(body):
            if operation.integration is None:
                continue
            integration = site.call("apigatewayv2", "CreateIntegration", {**where, **_integration(operation)})
            path = operation.path
            key = _DEFAULT if path.strip("/") == _DEFAULT else f"{operation.verb} {path}"
            target = f"integrations/{integration['IntegrationId']}"
            route = {**where, "RouteKey": key, "Target": target, **_authorization(where, operation, authorizers, site)}
            site.call("apigatewayv2", "CreateRoute", route)

    def delete(self, made: Made, site: Site) -> None:
        site.call("apigatewayv2", "DeleteApi", {"ApiId": made.physical_id})


def _integration(operation: Operation) -> dict[str, Any]:
    """The integration of an operation in the words of ``CreateIntegration``."""
    assert operation.integration is not None
    members = parameters("apigatewayv2", "CreateIntegration")
    renamed = {
        "Type": "IntegrationType",
        "Uri": "IntegrationUri",
        "Subtype": "IntegrationSubtype",
        "IntegrationHttpMethod": "IntegrationMethod",
        "Credentials": "CredentialsArn",
    }
    problems: list[Problem] = []
    asked = {}
    for name, value in operation.integration.items():
        parameter = renamed.get(name, name)
        if parameter in members:
            asked[parameter] = fitted(value, members[parameter], name, problems)
    asked["IntegrationType"] = str(asked["IntegrationType"]).upper()
    return asked


def _authorization(where: Mapping[str, str], operation: Operation, known: dict[str, str], site: Site) -> dict[str, Any]:
    if operation.authorizer is None:
        return {}
    name, kind, settings = operation.authorizer
    if kind == "AWS_IAM":
        return {"AuthorizationType": "AWS_IAM"}
    if name not in known:
        type_ = "REQUEST" if kind == "REQUEST" else "JWT"
        sources = settings["identitySource"]
        asked: dict[str, Any] = {
            **where,
            "Name": name,
            "AuthorizerType": type_,
            "IdentitySource": sources if isinstance(sources, list) else [sources],
        }
        if "jwtConfiguration" in settings:
            jwt = settings["jwtConfiguration"]
            asked["JwtConfiguration"] = {"Issuer": jwt.get("issuer"), "Audience": jwt.get("audience") or []}
        if "authorizerUri" in settings:
            asked["AuthorizerUri"] = settings["authorizerUri"]
        known[name] = site.call("apigatewayv2", "CreateAuthorizer", asked)["AuthorizerId"]
    return {"AuthorizationType": "CUSTOM" if kind == "REQUEST" else "JWT", "AuthorizerId": known[name]}


class Stage(Kind):
    type = "AWS::ApiGatewayV2::Stage"
    takes = MappingProxyType(
        {
            **shaped(
                "apigatewayv2", "CreateStage", "ApiId", "StageName", "AutoDeploy", "Description", "StageVariables"
            ),
            **shaped("apigatewayv2", "CreateStage", "DefaultRouteSettings", "RouteSettings", "Tags"),
            **dict.fromkeys(("AccessLogSettings", "DeploymentId", "ClientCertificateId")),
        }
    )
    idle = frozenset({"AccessLogSettings", "DeploymentId", "ClientCertificateId"})

    def create(self, wanted: Wanted, site: Site) -> Made:
        asked = {name: value for name, value in wanted.properties.items() if name not in self.idle}
        site.call("apigatewayv2", "CreateStage", asked)
        return Made(asked["StageName"], facts=only(asked, "ApiId", "StageName"))

    def delete(self, made: Made, site: Site) -> None:
        site.call("apigatewayv2", "DeleteStage", made.facts)


class Deployment(Kind):
    """A deployment; the lab's HTTP APIs serve their changes at once."""

    type = "AWS::ApiGatewayV2::Deployment"
    takes = dict.fromkeys(("ApiId", "StageName", "Description"))
    idle = frozenset({"StageName", "Description"})
    attributes = frozenset({"DeploymentId"})

    def create(self, wanted: Wanted, site: Site) -> Made:
        physical_id = site.suffix().lower()
        return Made(physical_id, {"DeploymentId": physical_id})

    def delete(self, made: Made, site: Site) -> None:
        """There is nothing to take away."""


KINDS: tuple[Kind, ...] = (
    HttpApi(),
    Stage(),
    Deployment(),
    Simple(
        "AWS::ApiGatewayV2::Integration",
        "apigatewayv2",
        "CreateIntegration",
        update="UpdateIntegration",
        delete="DeleteIntegration",
        less=("ConnectionId", "TlsConfig"),
        physical_id="IntegrationId",
        attributes={"IntegrationId": "IntegrationId"},
    ),
    Simple(
        "AWS::ApiGatewayV2::Route",
        "apigatewayv2",
        "CreateRoute",
        update="UpdateRoute",
        delete="DeleteRoute",
        physical_id="RouteId",
        attributes={"RouteId": "RouteId"},
    ),
    Simple(
        "AWS::ApiGatewayV2::Authorizer",
        "apigatewayv2",
        "CreateAuthorizer",
        delete="DeleteAuthorizer",
        physical_id="AuthorizerId",
        attributes={"AuthorizerId": "AuthorizerId"},
    ),
)
