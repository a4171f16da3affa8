"""What stands beside messaging in many templates: logs, alarms, and stores of settings, keys and secrets.

Source: CloudFormation Template Reference Guide, "AWS::Logs::LogGroup", "AWS::Logs::ResourcePolicy",
"AWS::CloudWatch::Alarm", "AWS::CloudWatch::Dashboard", "AWS::SSM::Parameter", "AWS::KMS::Key", "AWS::KMS::Alias",
"AWS::SecretsManager::Secret" (read 2026-11).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from waterline.templates.resources.kind import Kind, Made, Simple, Site, Wanted, only, shaped

_LONGEST_NAME = 255  # characters; the API references


class LogGroup(Kind):
    """A log group. One that Lambda has made before is taken over, as a deployment on AWS could not."""

    type = "AWS::Logs::LogGroup"
    named = "LogGroupName"
    takes = MappingProxyType(
        {
            **shaped("logs", "CreateLogGroup", "LogGroupName", "KmsKeyId", "LogGroupClass", "Tags"),
            **shaped("logs", "PutRetentionPolicy", "RetentionInDays"),
            "DataProtectionPolicy": None,
        }
    )
    idle = frozenset({"KmsKeyId", "LogGroupClass", "DataProtectionPolicy"})
    attributes = frozenset({"Arn"})

    def create(self, wanted: Wanted, site: Site) -> Made:
        given = wanted.properties
        name = given.get("LogGroupName") or site.generated(wanted.logical_id, _LONGEST_NAME)
        asked = {"logGroupName": name}
        site.call("logs", "CreateLogGroup", {**asked, "tags": given["Tags"]} if "Tags" in given else asked)
        made = Made(name, {"Arn": site.arn("logs", f"log-group:{name}:*")})
        self._keep(given, made, site)
        return made

    def update(self, wanted: Wanted, made: Made, changed: frozenset[str], site: Site) -> Made | None:
        if not changed <= {"RetentionInDays"}:
            return None
        self._keep(wanted.properties, made, site)
        return made

    @staticmethod
    def _keep(given: Mapping[str, Any], made: Made, site: Site) -> None:
        if "RetentionInDays" in given:
            asked = {"logGroupName": made.physical_id, "retentionInDays": given["RetentionInDays"]}
            site.call("logs", "PutRetentionPolicy", asked)

    def delete(self, made: Made, site: Site) -> None:
        site.call("logs", "DeleteLogGroup", {"logGroupName": made.physical_id})


class Dashboard(Kind):
    type = "AWS::CloudWatch::Dashboard"
    named = "DashboardName"
    takes = dict.fromkeys(("DashboardName", "DashboardBody"))

    def create(self, wanted: Wanted, site: Site) -> Made:
        given = wanted.properties
        name = given.get("DashboardName") or site.generated(wanted.logical_id, _LONGEST_NAME)
        body = given["DashboardBody"]
        text = body if isinstance(body, str) else json.dumps(body)
        site.call("cloudwatch", "PutDashboard", {"DashboardName": name, "DashboardBody": text})
        return Made(name)

    def delete(self, made: Made, site: Site) -> None:
        site.call("cloudwatch", "DeleteDashboards", {"DashboardNames": [made.physical_id]})


class Secret(Kind):
    type = "AWS::SecretsManager::Secret"
    named = "Name"
    takes = MappingProxyType(
        {
            **shaped("secretsmanager", "CreateSecret", "Name", "Description", "SecretString", "Tags", "KmsKeyId"),
            "GenerateSecretString": None,
        }
    )
    attributes = frozenset({"Id"})

    def create(self, wanted: Wanted, site: Site) -> Made:
        given = wanted.properties
        name = given.get("Name") or site.generated(wanted.logical_id, _LONGEST_NAME)
        asked = {"Name": name, **only(given, "Description", "SecretString", "Tags", "KmsKeyId")}
        recipe = given.get("GenerateSecretString")
        if recipe is not None:
            word = "".join(site.suffix() for _ in range(2))
            content = json.loads(recipe.get("SecretStringTemplate") or "{}")
            key = recipe.get("GenerateStringKey")
            asked["SecretString"] = json.dumps({**content, key: word}) if key else word
        arn = site.call("secretsmanager", "CreateSecret", asked)["ARN"]
        return Made(arn, {"Id": arn})

    def delete(self, made: Made, site: Site) -> None:
        site.call("secretsmanager", "DeleteSecret", {"SecretId": made.physical_id, "ForceDeleteWithoutRecovery": True})


class Key(Kind):
    type = "AWS::KMS::Key"
    takes = MappingProxyType(
        {
            **shaped("kms", "CreateKey", "Description", "KeySpec", "KeyUsage", "MultiRegion"),
            **dict.fromkeys(("EnableKeyRotation", "Enabled", "KeyPolicy", "PendingWindowInDays", "Tags")),
        }
    )
    idle = frozenset({"EnableKeyRotation", "Enabled", "KeyPolicy", "PendingWindowInDays", "Tags"})
    attributes = frozenset({"Arn", "KeyId"})

    def create(self, wanted: Wanted, site: Site) -> Made:
        asked = only(wanted.properties, "Description", "KeySpec", "KeyUsage", "MultiRegion")
        key = site.call("kms", "CreateKey", asked)["KeyMetadata"]
        return Made(key["KeyId"], {"Arn": key["Arn"], "KeyId": key["KeyId"]})

    def delete(self, made: Made, site: Site) -> None:
        site.call("kms", "ScheduleKeyDeletion", {"KeyId": made.physical_id})


KINDS: tuple[Kind, ...] = (
    LogGroup(),
    Dashboard(),
    Secret(),
    Key(),
    Simple(
        "AWS::KMS::Alias",
        "kms",
        "CreateAlias",
        delete="DeleteAlias",
        physical_id="AliasName",
    ),
    Simple(
        "AWS::SSM::Parameter",
        "ssm",
        "PutParameter",
        update="PutParameter",
        update_with={"Overwrite": True},
        delete="DeleteParameter",
        name=("Name", _LONGEST_NAME),
        less=("Overwrite", "KeyId"),
        physical_id="Name",
        attributes={"Type": "Type", "Value": "Value"},
    ),
    Simple(
        "AWS::CloudWatch::Alarm",
        "cloudwatch",
        "PutMetricAlarm",
        update="PutMetricAlarm",
        delete="DeleteAlarms",
        name=("AlarmName", _LONGEST_NAME),
        physical_id="AlarmName",
        look="DescribeAlarms",
        look_with={"AlarmNames": "[AlarmName]"},
        attributes={"Arn": "MetricAlarms[0].AlarmArn"},
        delete_with={"AlarmNames": "[AlarmName]"},
    ),
)
