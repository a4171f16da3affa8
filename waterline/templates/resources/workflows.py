"""Step Functions: state machines and activities.

Source: CloudFormation Template Reference Guide, "AWS::StepFunctions::StateMachine", "AWS::StepFunctions::Activity"
(read 2026-11).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from waterline.templates.code import BUCKET
from waterline.templates.document import parse
from waterline.templates.resources.kind import Kind, Made, Simple, Site, Wanted, only, shaped

_LONGEST_NAME = 80  # characters; CreateStateMachine of the API reference
_PLACEHOLDER = re.compile(r"\$\{(\w+)\}")


class StateMachine(Kind):
    type = "AWS::StepFunctions::StateMachine"
    named = "StateMachineName"
    takes = MappingProxyType(
        {
            **dict.fromkeys(("Definition", "DefinitionString", "DefinitionS3Location", "DefinitionSubstitutions")),
            **shaped("stepfunctions", "CreateStateMachine", "RoleArn", "Tags", "LoggingConfiguration"),
            "StateMachineName": None,
            "StateMachineType": None,
            "TracingConfiguration": None,
            "EncryptionConfiguration": None,
        }
    )
    idle = frozenset({"TracingConfiguration", "EncryptionConfiguration"})
    attributes = frozenset({"Arn", "Name", "StateMachineRevisionId"})

    def create(self, wanted: Wanted, site: Site) -> Made:
        given = wanted.properties
        name = given.get("StateMachineName") or site.generated(wanted.logical_id, _LONGEST_NAME)
        asked = {"name": name, "definition": _definition(given, site), "roleArn": given["RoleArn"]}
        if "StateMachineType" in given:
            asked["type"] = given["StateMachineType"]
        for parameter, value in only(given, "LoggingConfiguration", "Tags").items():
            asked[parameter[0].lower() + parameter[1:]] = value
        arn = site.call("stepfunctions", "CreateStateMachine", asked)["stateMachineArn"]
        return Made(arn, {"Arn": arn, "Name": name, "StateMachineRevisionId": "INITIAL"})

    def update(self, wanted: Wanted, made: Made, changed: frozenset[str], site: Site) -> Made | None:
        if changed & {"StateMachineName", "StateMachineType"}:
            return None
        given = wanted.properties
        asked = {
            "stateMachineArn": made.physical_id,
            "definition": _definition(given, site),
            "roleArn": given["RoleArn"],
        }
        site.call("stepfunctions", "UpdateStateMachine", asked)
        return made

    def delete(self, made: Made, site: Site) -> None:
        site.call("stepfunctions", "DeleteStateMachine", {"stateMachineArn": made.physical_id})


def _definition(given: Mapping[str, Any], site: Site) -> str:
    """The definition as text, with ``DefinitionSubstitutions`` put in."""
    if "Definition" in given:
        text = json.dumps(given["Definition"])
    elif "DefinitionString" in given:
        written = given["DefinitionString"]
        text = written if isinstance(written, str) else json.dumps(written)
    else:
        where = given["DefinitionS3Location"]
        if where["Bucket"] == BUCKET:
            text = site.files.texts[where["Key"]]
        else:
            answer = site.call("s3", "GetObject", {"Bucket": where["Bucket"], "Key": where["Key"]})
            text = answer["Body"].read().decode()
        if not text.lstrip().startswith("{"):
            text = json.dumps(parse(text, "The definition"))
    values = given.get("DefinitionSubstitutions") or {}
    return _PLACEHOLDER.sub(lambda found: _written(values[found[1]]) if found[1] in values else found[0], text)


def _written(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


KINDS: tuple[Kind, ...] = (
    StateMachine(),
    Simple(
        "AWS::StepFunctions::Activity",
        "stepfunctions",
        "CreateActivity",
        delete="DeleteActivity",
        name=("Name", _LONGEST_NAME),
        physical_id="activityArn",
        attributes={"Arn": "activityArn", "Name": "name"},
    ),
)
