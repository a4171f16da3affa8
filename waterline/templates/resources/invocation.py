"""Lambda: who may invoke a function, what invokes it, and under which names: versions, aliases, URLs.

Source: CloudFormation Template Reference Guide, "AWS::Lambda::Permission", "AWS::Lambda::EventSourceMapping",
"AWS::Lambda::EventInvokeConfig", "AWS::Lambda::Url", "AWS::Lambda::Version", "AWS::Lambda::Alias" (read 2026-11).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from waterline.templates.resources.kind import Kind, Made, Simple, Site, Wanted, only, shaped

_QUALIFIED = 8  # parts of the ARN of an alias or a version


class Permission(Kind):
    type = "AWS::Lambda::Permission"
    _parameters = (
        "Action",
        "EventSourceToken",
        "FunctionName",
        "FunctionUrlAuthType",
        "InvokedViaFunctionUrl",
        "Principal",
        "PrincipalOrgID",
        "SourceAccount",
        "SourceArn",
    )
    takes = shaped("lambda", "AddPermission", *_parameters)

    def create(self, wanted: Wanted, site: Site) -> Made:
        statement = site.generated(wanted.logical_id, 100)
        site.call("lambda", "AddPermission", {**wanted.properties, "StatementId": statement})
        return Made(statement, {"Id": statement}, {"FunctionName": wanted.properties["FunctionName"]})

    def delete(self, made: Made, site: Site) -> None:
        site.call("lambda", "RemovePermission", {**made.facts, "StatementId": made.physical_id})


class EventSourceMapping(Simple):
    """A mapping; what a queue, a stream or a table may say of it the API itself checks."""

    def update(self, wanted: Wanted, made: Made, changed: frozenset[str], site: Site) -> Made | None:
        if changed & {"EventSourceArn", "StartingPosition", "StartingPositionTimestamp"}:
            return None
        return super().update(wanted, made, changed, site)


class Url(Simple):
    """A function URL; a target that is an alias is told apart from its function, as the API wants it."""

    def parameters(self, wanted: Wanted, site: Site) -> dict[str, Any]:
        asked = super().parameters(wanted, site)
        parts = asked["FunctionName"].split(":")
        if len(parts) == _QUALIFIED:
            asked |= {"FunctionName": ":".join(parts[:-1]), "Qualifier": parts[-1]}
        return asked


class Version(Kind):
    type = "AWS::Lambda::Version"
    takes = MappingProxyType(
        {
            **shaped("lambda", "PublishVersion", "FunctionName", "CodeSha256", "Description"),
            "ProvisionedConcurrencyConfig": None,
            "RuntimePolicy": None,
        }
    )
    idle = frozenset({"RuntimePolicy", "CodeSha256"})
    attributes = frozenset({"Version", "FunctionArn"})

    def create(self, wanted: Wanted, site: Site) -> Made:
        answer = site.call("lambda", "PublishVersion", only(wanted.properties, "FunctionName", "Description"))
        name, version = answer["FunctionName"], answer["Version"]
        _provision(name, version, wanted.properties.get("ProvisionedConcurrencyConfig"), site)
        arn = site.arn("lambda", f"function:{name}:{version}")
        return Made(arn, {"Version": version, "FunctionArn": arn}, {"FunctionName": name, "Qualifier": version})

    def delete(self, made: Made, site: Site) -> None:
        site.call("lambda", "DeleteFunction", made.facts)


class Alias(Kind):
    type = "AWS::Lambda::Alias"
    takes = MappingProxyType(
        {
            **shaped("lambda", "CreateAlias", "FunctionName", "FunctionVersion", "Name", "Description"),
            "RoutingConfig": None,
            "ProvisionedConcurrencyConfig": None,
        }
    )
    attributes = frozenset({"AliasArn"})

    def create(self, wanted: Wanted, site: Site) -> Made:
        return self._done(wanted, site.call("lambda", "CreateAlias", _alias(wanted.properties))["AliasArn"], site)

    def update(self, wanted: Wanted, made: Made, changed: frozenset[str], site: Site) -> Made | None:
        if changed & {"FunctionName", "Name"}:
            return None
        return self._done(wanted, site.call("lambda", "UpdateAlias", _alias(wanted.properties))["AliasArn"], site)

    @staticmethod
    def _done(wanted: Wanted, arn: str, site: Site) -> Made:
        given = wanted.properties
        _provision(given["FunctionName"], given["Name"], given.get("ProvisionedConcurrencyConfig"), site)
        return Made(arn, {"AliasArn": arn}, only(given, "FunctionName", "Name"))

    def delete(self, made: Made, site: Site) -> None:
        site.call("lambda", "DeleteAlias", made.facts)


def _alias(given: Mapping[str, Any]) -> dict[str, Any]:
    asked = only(given, "FunctionName", "Name", "FunctionVersion", "Description")
    weights = (given.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or []
    if weights:
        shares = {str(one["FunctionVersion"]): float(one["FunctionWeight"]) for one in weights}
        asked["RoutingConfig"] = {"AdditionalVersionWeights": shares}
    return asked


def _provision(function: str, qualifier: str, config: Any, site: Site) -> None:
    if config:
        count = int(config["ProvisionedConcurrentExecutions"])
        asked = {"FunctionName": function, "Qualifier": qualifier, "ProvisionedConcurrentExecutions": count}
        site.call("lambda", "PutProvisionedConcurrencyConfig", asked)


KINDS: tuple[Kind, ...] = (
    Permission(),
    Version(),
    Alias(),
    EventSourceMapping(
        "AWS::Lambda::EventSourceMapping",
        "lambda",
        "CreateEventSourceMapping",
        update="UpdateEventSourceMapping",
        delete="DeleteEventSourceMapping",
        less=("KMSKeyArn",),
        physical_id="UUID",
        attributes={"Id": "UUID", "EventSourceMappingArn": "EventSourceMappingArn"},
    ),
    Simple(
        "AWS::Lambda::EventInvokeConfig",
        "lambda",
        "PutFunctionEventInvokeConfig",
        update="PutFunctionEventInvokeConfig",
        delete="DeleteFunctionEventInvokeConfig",
        physical_id="FunctionArn",
        delete_with={"Qualifier": "Qualifier || '$LATEST'"},
    ),
    Url(
        "AWS::Lambda::Url",
        "lambda",
        "CreateFunctionUrlConfig",
        update="UpdateFunctionUrlConfig",
        delete="DeleteFunctionUrlConfig",
        rename={"TargetFunctionArn": "FunctionName"},
        physical_id="FunctionArn",
        attributes={"FunctionUrl": "FunctionUrl", "FunctionArn": "FunctionArn"},
    ),
)
