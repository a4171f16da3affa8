"""The operations of an OpenAPI document, as API Gateway reads them.

Words
-----
operation
    a path and a verb, with an integration and with what a caller has to bring.
security scheme
    how a caller shows who they are: an API key, a signature (``AWS_IAM``), or an authorizer.

Source: API Gateway Developer Guide, "OpenAPI extensions for API Gateway" (read 2026-11).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_VERBS = ("get", "put", "post", "delete", "options", "head", "patch")
_ANY = "x-amazon-apigateway-any-method"
_INTEGRATION = "x-amazon-apigateway-integration"
_AUTHORIZER = "x-amazon-apigateway-authorizer"
_AUTHTYPE = "x-amazon-apigateway-authtype"


@dataclass(frozen=True)
class Operation:
    """One operation. `integration` as a template writes it; `authorizer`: name, type, and the API's own settings."""

    path: str
    verb: str
    integration: Mapping[str, Any] | None
    needs_key: bool
    authorizer: tuple[str, str, Mapping[str, Any]] | None
    unsupported: tuple[str, ...]


def title(document: Mapping[str, Any]) -> str | None:
    """The name that the document gives its API."""
    name = (document.get("info") or {}).get("title")
    return None if name is None else str(name)


def lacking(document: Mapping[str, Any]) -> Iterator[str]:
    """What of the document the lab does not have."""
    for operation in operations(document):
        yield from operation.unsupported


def operations(document: Mapping[str, Any]) -> Iterator[Operation]:
    """All operations, in the document's order."""
    schemes = dict(
        document.get("securityDefinitions") or (document.get("components") or {}).get("securitySchemes") or {}
    )
    for path, item in (document.get("paths") or {}).items():
        for name, written in (item or {}).items():
            if name == _ANY or name.lower() in _VERBS:
                security = written.get("security", document.get("security")) or []
                yield _operation(path, name, written, security, schemes)


def _operation(
    path: str, name: str, written: Mapping[str, Any], security: list[Mapping[str, Any]], schemes: Mapping[str, Any]
) -> Operation:
    verb = "ANY" if name == _ANY else name.upper()
    needs_key, authorizer = False, None
    for scheme in (one for requirement in security for one in requirement):
        declared = schemes.get(scheme) or {}
        if _AUTHORIZER in declared or declared.get(_AUTHTYPE):
            authorizer = _authorizer(scheme, declared)
        elif declared.get("type") == "apiKey" or scheme == "api_key":
            needs_key = True
    integration = written.get(_INTEGRATION)
    unsupported: tuple[str, ...] = ()
    if integration and "connectionId" in integration:
        unsupported = (f"connectionId of {verb} {path}",)
    return Operation(path, verb, _as_written(integration) if integration else None, needs_key, authorizer, unsupported)


def _authorizer(name: str, declared: Mapping[str, Any]) -> tuple[str, str, Mapping[str, Any]]:
    if str(declared.get(_AUTHTYPE, "")).lower() == "awssigv4":
        return name, "AWS_IAM", {}
    settings = declared.get(_AUTHORIZER) or {}
    kind = str(settings.get("type", "request")).upper()
    source = settings.get("identitySource", f"method.request.header.{declared.get('name', 'Authorization')}")
    taken: dict[str, Any] = {"identitySource": source}
    for name_of_it in ("authorizerUri", "providerARNs", "jwtConfiguration"):
        if name_of_it in settings:
            taken[name_of_it] = settings[name_of_it]
    return name, kind, taken


def _as_written(integration: Mapping[str, Any]) -> dict[str, Any]:
    """The integration in the words of ``AWS::ApiGateway::Method``."""
    found: dict[str, Any] = {}
    for name, value in integration.items():
        if name == "httpMethod":
            found["IntegrationHttpMethod"] = value
        elif name == "responses":
            found["IntegrationResponses"] = [_response(pattern, one) for pattern, one in value.items()]
        else:
            found[name[:1].upper() + name[1:]] = value
    return found


def _response(pattern: str, written: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"StatusCode": str(written["statusCode"])}
    if pattern != "default":
        found["SelectionPattern"] = str(pattern)
    for name in ("responseParameters", "responseTemplates", "contentHandling"):
        if name in written:
            found[name[:1].upper() + name[1:]] = written[name]
    return found
