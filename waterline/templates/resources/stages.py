"""API Gateway: what a REST API is served by and to whom: deployments, stages, keys and usage plans.

Source: CloudFormation Template Reference Guide, "AWS::ApiGateway::Deployment", "AWS::ApiGateway::Stage",
"AWS::ApiGateway::UsagePlan", "AWS::ApiGateway::ApiKey", "AWS::ApiGateway::Account" (read 2026-11).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from waterline.templates.resources.kind import Kind, Made, Simple, Site, Wanted, only, shaped
from waterline.templates.resources.rest import lower


class Deployment(Kind):
    type = "AWS::ApiGateway::Deployment"
    takes = MappingProxyType(
        {
            **shaped("apigateway", "CreateDeployment", "restApiId", "stageName", "description"),
            "StageDescription": None,
        }
    )
    idle = frozenset({"StageDescription"})
    attributes = frozenset({"DeploymentId"})

    def create(self, wanted: Wanted, site: Site) -> Made:
        asked = {lower(name): value for name, value in wanted.properties.items() if name not in self.idle}
        deployment = site.call("apigateway", "CreateDeployment", asked)["id"]
        facts = {"restApiId": asked["restApiId"], "deploymentId": deployment, "stage": asked.get("stageName")}
        return Made(deployment, {"DeploymentId": deployment}, facts)

    def delete(self, made: Made, site: Site) -> None:
        where = {"restApiId": made.facts["restApiId"]}
        stages = site.call("apigateway", "GetStages", where)["item"]
        for stage in stages:
            if stage["stageName"] == made.facts["stage"] and stage.get("deploymentId") == made.physical_id:
                site.call("apigateway", "DeleteStage", {**where, "stageName": stage["stageName"]})
        site.call("apigateway", "DeleteDeployment", {**where, "deploymentId": made.physical_id})


class Stage(Kind):
    type = "AWS::ApiGateway::Stage"
    takes = MappingProxyType(
        {
            **shaped("apigateway", "CreateStage", "restApiId", "stageName", "deploymentId", "description", "variables"),
            **shaped("apigateway", "CreateStage", "tags"),
            **dict.fromkeys(("MethodSettings", "TracingEnabled", "AccessLogSetting", "ClientCertificateId")),
        }
    )
    idle = frozenset({"TracingEnabled", "AccessLogSetting", "ClientCertificateId"})
    _throttles = (("ThrottlingRateLimit", "rateLimit"), ("ThrottlingBurstLimit", "burstLimit"))

    def create(self, wanted: Wanted, site: Site) -> Made:
        given = wanted.properties
        own = only(given, "RestApiId", "StageName", "DeploymentId", "Description", "Variables", "Tags")
        site.call("apigateway", "CreateStage", {lower(name): value for name, value in own.items()})
        facts = {"restApiId": given["RestApiId"], "stageName": given["StageName"]}
        self._change(facts, self._throttling(given), site)
        return Made(given["StageName"], facts=facts)

    def update(self, wanted: Wanted, made: Made, changed: frozenset[str], site: Site) -> Made | None:
        if not changed <= {"DeploymentId", "MethodSettings"}:
            return None
        patches = self._throttling(wanted.properties)
        if "DeploymentId" in changed:
            patches.append({"op": "replace", "path": "/deploymentId", "value": wanted.properties["DeploymentId"]})
        self._change(made.facts, patches, site)
        return made

    def _throttling(self, given: Mapping[str, Any]) -> list[dict[str, str]]:
        return [
            {
                "op": "replace",
                "path": f"/{_escaped(one)}/{one.get('HttpMethod', '*')}/throttling/{end}",
                "value": str(one[name]),
            }
            for one in given.get("MethodSettings") or []
            for name, end in self._throttles
            if name in one
        ]

    @staticmethod
    def _change(where: Mapping[str, Any], patches: list[dict[str, str]], site: Site) -> None:
        if patches:
            site.call("apigateway", "UpdateStage", {**where, "patchOperations": patches})

    def delete(self, made: Made, site: Site) -> None:
        site.call("apigateway", "DeleteStage", made.facts)


def _escaped(setting: Mapping[str, Any]) -> str:
    path = str(setting.get("ResourcePath", "/*")).removeprefix("/")
    return path.replace("/", "~1") or "~1"


class Account(Kind):
    """The account's role for logs, which the lab has no use for."""

    type = "AWS::ApiGateway::Account"
    takes = dict.fromkeys(("CloudWatchRoleArn",))
    idle = frozenset({"CloudWatchRoleArn"})
    attributes = frozenset({"Id"})

    def create(self, wanted: Wanted, site: Site) -> Made:
        physical_id = site.generated(wanted.logical_id, 64)
        return Made(physical_id, {"Id": physical_id})

    def delete(self, made: Made, site: Site) -> None:
        """There is nothing to take away."""


KINDS: tuple[Kind, ...] = (
    Deployment(),
    Stage(),
    Account(),
    Simple(
        "AWS::ApiGateway::ApiKey",
        "apigateway",
        "CreateApiKey",
        delete="DeleteApiKey",
        name=("Name", 128),
        physical_id="id",
        attributes={"APIKeyId": "id"},
        delete_with={"apiKey": "id"},
    ),
    Simple(
        "AWS::ApiGateway::UsagePlan",
        "apigateway",
        "CreateUsagePlan",
        delete="DeleteUsagePlan",
        rename={"UsagePlanName": "name"},
        name=("UsagePlanName", 128),
        physical_id="id",
        attributes={"Id": "id"},
        delete_with={"usagePlanId": "id"},
    ),
    Simple(
        "AWS::ApiGateway::UsagePlanKey",
        "apigateway",
        "CreateUsagePlanKey",
        delete="DeleteUsagePlanKey",
        physical_id="join(':', [keyId, usagePlanId])",
        attributes={"Id": "join(':', [keyId, usagePlanId])"},
    ),
)
