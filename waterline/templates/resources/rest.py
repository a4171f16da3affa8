"""API Gateway: REST APIs, method by method or from an OpenAPI document.

An API's ``Body`` is an OpenAPI document (AWS SAM makes one of ``Type: Api`` events): its paths become resources, its
operations methods, and their ``x-amazon-apigateway-integration`` integrations, through the same calls as resources
that a template writes one by one. Source: CloudFormation Template Reference Guide, "AWS::ApiGateway::RestApi",
"AWS::ApiGateway::Method", "AWS::ApiGateway::Stage"; API Gateway Developer Guide, "OpenAPI extensions for API Gateway"
(read 2026-11).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from waterline.templates.resources.kind import Kind, Made, Simple, Site, Wanted, only, shaped
from waterline.templates.resources.openapi import Operation, lacking, operations, title
from waterline.templates.shapes import Problem, fitted, parameters

_METHOD = (
    "ApiKeyRequired",
    "AuthorizationScopes",
    "AuthorizationType",
    "AuthorizerId",
    "OperationName",
    "RequestModels",
    "RequestParameters",
    "RequestValidatorId",
)
_CALLERS = "arn:aws:iam::*:user/*"
_INTEGRATION = {
    name[:1].upper() + name[1:]: shape
    for name, shape in parameters("apigateway", "PutIntegration").items()
    if name not in ("restApiId", "resourceId", "httpMethod", "connectionId", "tlsConfig")
}


class RestApi(Kind):
    type = "AWS::ApiGateway::RestApi"
    _own = ("Name", "Description", "BinaryMediaTypes", "EndpointConfiguration", "Policy", "ApiKeySourceType")
    idle = frozenset({"FailOnWarnings", "MinimumCompressionSize", "Mode", "Parameters", "DisableExecuteApiEndpoint"})
    takes = MappingProxyType(
        {
            **shaped("apigateway", "CreateRestApi", "name", "description", "binaryMediaTypes", "endpointConfiguration"),
            **shaped("apigateway", "CreateRestApi", "tags"),
            **dict.fromkeys(("Policy", "ApiKeySourceType", "Body", *idle)),
        }
    )
    attributes = frozenset({"RestApiId", "RootResourceId"})

    def parts(self, properties: Mapping[str, Any], site: Site) -> Iterator[str]:
        yield from lacking(properties.get("Body") or {})

    def create(self, wanted: Wanted, site: Site) -> Made:
        given = wanted.properties
        body = given.get("Body") or {}
        asked = {
            "name": str(given.get("Name") or title(body) or wanted.logical_id),
            **{lower(name): value for name, value in only(given, "Description", "Tags").items()},
            **{lower(name): given[name] for name in ("BinaryMediaTypes", "EndpointConfiguration") if name in given},
            **({"apiKeySource": given["ApiKeySourceType"]} if "ApiKeySourceType" in given else {}),
        }
        types = body.get("x-amazon-apigateway-binary-media-types")
        if types:
            asked.setdefault("binaryMediaTypes", types)
        if "Policy" in given:
            asked["policy"] = given["Policy"] if isinstance(given["Policy"], str) else json.dumps(given["Policy"])
        api = site.call("apigateway", "CreateRestApi", asked)["id"]
        [root] = site.call("apigateway", "GetResources", {"restApiId": api})["items"]
        made = Made(api, {"RestApiId": api, "RootResourceId": root["id"]})
        self._fill(body, made, site)
        return made

    def update(self, wanted: Wanted, made: Made, changed: frozenset[str], site: Site) -> Made | None:
        if not changed <= {"Body"}:
            return None
        where = {"restApiId": made.physical_id}
        for item in site.call("apigateway", "GetResources", where)["items"]:
            resource = {**where, "resourceId": item["id"]}
            if item["path"] == "/":
                for verb in item.get("resourceMethods") or {}:
                    site.call("apigateway", "DeleteMethod", {**resource, "httpMethod": verb})
            elif item["path"].count("/") == 1:  # what is below goes with it
                site.call("apigateway", "DeleteResource", resource)
        self._fill(wanted.properties.get("Body") or {}, made, site)
        return made

    @staticmethod
    def _fill(body: Mapping[str, Any], made: Made, site: Site) -> None:
        api, there = made.physical_id, {"/": made.attributes["RootResourceId"]}
        authorizers: dict[str, str] = {}
        for operation in operations(body):
            settings: dict[str, Any] = {"AuthorizationType": "NONE", "ApiKeyRequired": operation.needs_key}
            if operation.authorizer is not None:
                settings |= _authorizer(api, operation, authorizers, site)
            _put_method(api, _resource(api, operation.path, there, site), operation.verb, settings, site)
            if operation.integration is not None:
                _put_integration(api, there[operation.path], operation.verb, operation.integration, site)

    def delete(self, made: Made, site: Site) -> None:
        site.call("apigateway", "DeleteRestApi", {"restApiId": made.physical_id})


def _resource(api: str, path: str, there: dict[str, str], site: Site) -> str:
    """The resource of a path, made with all that is above it."""
    if path not in there:
        above, _, part = path.rpartition("/")
        parent = _resource(api, above or "/", there, site)
        asked = {"restApiId": api, "parentId": parent, "pathPart": part}
        there[path] = site.call("apigateway", "CreateResource", asked)["id"]
    return there[path]


def _authorizer(api: str, operation: Operation, known: dict[str, str], site: Site) -> dict[str, Any]:
    assert operation.authorizer is not None
    name, kind, settings = operation.authorizer
    if kind == "AWS_IAM":
        return {"AuthorizationType": "AWS_IAM"}
    if name not in known:
        asked = {"restApiId": api, "name": name, "type": kind, **settings}
        known[name] = site.call("apigateway", "CreateAuthorizer", asked)["id"]
    authorization = "COGNITO_USER_POOLS" if kind == "COGNITO_USER_POOLS" else "CUSTOM"
    return {"AuthorizationType": authorization, "AuthorizerId": known[name]}


def _put_method(api: str, resource: str, verb: str, settings: Mapping[str, Any], site: Site) -> None:
    asked = {lower(name): settings[name] for name in _METHOD if settings.get(name) is not None}
    site.call("apigateway", "PutMethod", {"restApiId": api, "resourceId": resource, "httpMethod": verb, **asked})


def _put_integration(api: str, resource: str, verb: str, written: Mapping[str, Any], site: Site) -> None:
    """An integration as a template writes it (``Type``, ``Uri`` ...), with its responses."""
    where = {"restApiId": api, "resourceId": resource, "httpMethod": verb}
    problems: list[Problem] = []
    asked = {
        lower(name): fitted(value, _INTEGRATION[name], name, problems)
        for name, value in written.items()
        if name in _INTEGRATION
    }
    asked["type"] = str(asked["type"]).upper()
    if asked.get("credentials") == _CALLERS:  # of which moto thinks that it is a role of another account
        del asked["credentials"]
    site.call("apigateway", "PutIntegration", {**where, **asked})
    shapes = parameters("apigateway", "PutIntegrationResponse")
    for one in written.get("IntegrationResponses") or []:
        answer = {lower(name): fitted(value, shapes[lower(name)], name, problems) for name, value in one.items()}
        site.call("apigateway", "PutIntegrationResponse", {**where, **answer})


class Method(Kind):
    type = "AWS::ApiGateway::Method"
    takes = MappingProxyType(
        {
            **shaped("apigateway", "PutMethod", "restApiId", "resourceId", "httpMethod"),
            **shaped("apigateway", "PutMethod", *(name[0].lower() + name[1:] for name in _METHOD)),
            "Integration": None,
            "MethodResponses": None,
        }
    )

    def parts(self, properties: Mapping[str, Any], site: Site) -> Iterator[str]:
        for name in properties.get("Integration") or {}:
            if name not in _INTEGRATION and name != "IntegrationResponses":
                yield f"Integration.{name}"

    def create(self, wanted: Wanted, site: Site) -> Made:
        given = wanted.properties
        api, resource, verb = given["RestApiId"], given["ResourceId"], given["HttpMethod"]
        where = {"restApiId": api, "resourceId": resource, "httpMethod": verb}
        _put_method(api, resource, verb, {"AuthorizationType": "NONE", **given}, site)
        problems: list[Problem] = []
        shapes = parameters("apigateway", "PutMethodResponse")
        for one in given.get("MethodResponses") or []:
            answer = {lower(name): fitted(value, shapes[lower(name)], name, problems) for name, value in one.items()}
            site.call("apigateway", "PutMethodResponse", {**where, **answer})
        if given.get("Integration"):
            _put_integration(api, resource, verb, given["Integration"], site)
        return Made(f"{api}|{resource}|{verb}", facts=where)

    def update(self, wanted: Wanted, made: Made, changed: frozenset[str], site: Site) -> Made | None:
        if changed & {"RestApiId", "ResourceId", "HttpMethod"}:
            return None
        self.delete(made, site)
        return self.create(wanted, site)

    def delete(self, made: Made, site: Site) -> None:
        site.call("apigateway", "DeleteMethod", made.facts)


class Model(Simple):
    """A model; its schema is JSON in a template and text in the API."""

    def parameters(self, wanted: Wanted, site: Site) -> dict[str, Any]:
        asked = super().parameters(wanted, site)
        asked.setdefault("contentType", "application/json")
        asked.setdefault("name", "".join(one for one in wanted.logical_id if one.isalnum()))
        if isinstance(asked.get("schema"), dict):
            asked["schema"] = json.dumps(asked["schema"])
        return asked


def lower(name: str) -> str:
    return name[:1].lower() + name[1:]


KINDS: tuple[Kind, ...] = (
    RestApi(),
    Method(),
    Simple(
        "AWS::ApiGateway::Resource",
        "apigateway",
        "CreateResource",
        delete="DeleteResource",
        physical_id="id",
        attributes={"ResourceId": "id"},
        delete_with={"resourceId": "id"},
    ),
    Model(
        "AWS::ApiGateway::Model",
        "apigateway",
        "CreateModel",
        delete="DeleteModel",
        more={"Schema": None},
        physical_id="name",
        delete_with={"modelName": "name"},
    ),
    Simple(
        "AWS::ApiGateway::RequestValidator",
        "apigateway",
        "CreateRequestValidator",
        delete="DeleteRequestValidator",
        name=("Name", 128),
        physical_id="id",
        attributes={"RequestValidatorId": "id"},
        delete_with={"requestValidatorId": "id"},
    ),
    Simple(
        "AWS::ApiGateway::GatewayResponse",
        "apigateway",
        "PutGatewayResponse",
        delete="DeleteGatewayResponse",
        physical_id="join('|', [restApiId, responseType])",
        attributes={"Id": "join('|', [restApiId, responseType])"},
    ),
    Simple(
        "AWS::ApiGateway::Authorizer",
        "apigateway",
        "CreateAuthorizer",
        delete="DeleteAuthorizer",
        rename={"ProviderARNs": "providerARNs"},
        physical_id="id",
        attributes={"AuthorizerId": "id"},
        delete_with={"authorizerId": "id"},
    ),
)
