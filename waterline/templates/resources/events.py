"""EventBridge: rules, buses, archives, connections, API destinations; Scheduler and Pipes.

A rule's physical ID is its name, behind the bus's name and a bar when the bus is not the default one. Source:
CloudFormation Template Reference Guide, "AWS::Events::Rule", "AWS::Events::EventBus", "AWS::Events::EventBusPolicy",
"AWS::Events::Archive", "AWS::Events::Connection", "AWS::Events::ApiDestination", "AWS::Scheduler::Schedule",
"AWS::Scheduler::ScheduleGroup", "AWS::Pipes::Pipe" (read 2026-11).
"""

from __future__ import annotations

import json
from types import MappingProxyType
from typing import Any

from waterline.templates.resources.kind import Kind, Made, Simple, Site, Wanted, only, shaped

_LONGEST_RULE = 64  # characters; PutRule of the API reference
_DEFAULT = "default"


class Rule(Kind):
    type = "AWS::Events::Rule"
    named = "Name"
    takes = MappingProxyType(
        {
            **shaped("events", "PutRule", "Name", "ScheduleExpression", "State", "Description", "RoleArn", "Tags"),
            **shaped("events", "PutRule", "EventBusName"),
            **shaped("events", "PutTargets", "Targets"),
            "EventPattern": None,
        }
    )
    attributes = frozenset({"Arn"})

    def create(self, wanted: Wanted, site: Site) -> Made:
        given = wanted.properties
        name = given.get("Name") or site.generated(wanted.logical_id, _LONGEST_RULE)
        bus = given.get("EventBusName") or _DEFAULT
        return self._put(wanted, name, bus, site)

    def _put(self, wanted: Wanted, name: str, bus: str, site: Site) -> Made:
        given = wanted.properties
        asked = only(given, "ScheduleExpression", "State", "Description", "RoleArn", "Tags")
        if given.get("EventPattern") is not None:
            pattern = given["EventPattern"]
            asked["EventPattern"] = pattern if isinstance(pattern, str) else json.dumps(pattern)
        arn = site.call("events", "PutRule", {"Name": name, "EventBusName": bus, **asked})["RuleArn"]
        where = {"Rule": name, "EventBusName": bus}
        targets = given.get("Targets") or []
        if targets:
            answer = site.call("events", "PutTargets", {**where, "Targets": targets})
            for failed in answer.get("FailedEntries") or []:
                raise ValueError(f"target {failed['TargetId']}: {failed.get('ErrorMessage')}")
        short = bus.rpartition("/")[2]
        physical_id = name if short == _DEFAULT else f"{short}|{name}"
        return Made(physical_id, {"Arn": arn}, {"where": where, "ids": [target["Id"] for target in targets]})

    def update(self, wanted: Wanted, made: Made, changed: frozenset[str], site: Site) -> Made | None:
        if changed & {"Name", "EventBusName"}:
            return None
        where = made.facts["where"]
        kept = {target["Id"] for target in wanted.properties.get("Targets") or []}
        gone = [target for target in made.facts["ids"] if target not in kept]
        if gone:
            site.call("events", "RemoveTargets", {**where, "Ids": gone})
        return self._put(wanted, where["Rule"], where["EventBusName"], site)

    def delete(self, made: Made, site: Site) -> None:
        where = made.facts["where"]
        if made.facts["ids"]:
            site.call("events", "RemoveTargets", {**where, "Ids": made.facts["ids"]})
        site.call("events", "DeleteRule", {"Name": where["Rule"], "EventBusName": where["EventBusName"]})


class EventBusPolicy(Kind):
    type = "AWS::Events::EventBusPolicy"
    takes = MappingProxyType(
        {
            **shaped("events", "PutPermission", "EventBusName", "StatementId", "Action", "Principal", "Condition"),
            "Statement": None,
        }
    )

    def create(self, wanted: Wanted, site: Site) -> Made:
        given = wanted.properties
        bus = given.get("EventBusName") or _DEFAULT
        if "Statement" in given:
            statements: list[Any] = []
            policy = site.call("events", "DescribeEventBus", {"Name": bus}).get("Policy")
            if policy:
                statements = [one for one in json.loads(policy)["Statement"] if one.get("Sid") != given["StatementId"]]
            statements.append({"Sid": given["StatementId"], **given["Statement"]})
            document = {"Version": "2012-10-17", "Statement": statements}
            site.call("events", "PutPermission", {"EventBusName": bus, "Policy": json.dumps(document)})
        else:
            asked = only(given, "StatementId", "Action", "Principal", "Condition")
            site.call("events", "PutPermission", {"EventBusName": bus, **asked})
        physical_id = f"{bus}|{given['StatementId']}"
        return Made(physical_id, facts={"EventBusName": bus, "StatementId": given["StatementId"]})

    def delete(self, made: Made, site: Site) -> None:
        site.call("events", "RemovePermission", made.facts)


class EventBus(Simple):
    """A bus, and its policy where the template writes it into the bus."""

    def create(self, wanted: Wanted, site: Site) -> Made:
        made = super().create(wanted, site)
        self._allow(wanted, made, site)
        return made

    def update(self, wanted: Wanted, made: Made, changed: frozenset[str], site: Site) -> Made | None:
        if not changed <= {"Policy"}:
            return None
        self._allow(wanted, made, site)
        return made

    @staticmethod
    def _allow(wanted: Wanted, made: Made, site: Site) -> None:
        policy = wanted.properties.get("Policy")
        if policy is not None:
            text = policy if isinstance(policy, str) else json.dumps(policy)
            site.call("events", "PutPermission", {"EventBusName": made.physical_id, "Policy": text})


class Archive(Simple):
    """An archive; its pattern is JSON in a template and text in the API."""

    def parameters(self, wanted: Wanted, site: Site) -> dict[str, Any]:
        asked = super().parameters(wanted, site)
        if isinstance(asked.get("EventPattern"), dict):
            asked["EventPattern"] = json.dumps(asked["EventPattern"])
        return asked


KINDS: tuple[Kind, ...] = (
    Rule(),
    EventBusPolicy(),
    EventBus(
        "AWS::Events::EventBus",
        "events",
        "CreateEventBus",
        delete="DeleteEventBus",
        name=("Name", 256),
        physical_id="Name",
        attributes={"Arn": "EventBusArn", "Name": "Name"},
        more={"Policy": None},
        idle=("Description",),
    ),
    Archive(
        "AWS::Events::Archive",
        "events",
        "CreateArchive",
        update="UpdateArchive",
        delete="DeleteArchive",
        name=("ArchiveName", 48),
        rename={"SourceArn": "EventSourceArn"},
        physical_id="ArchiveName",
        attributes={"Arn": "ArchiveArn", "ArchiveName": "ArchiveName"},
        more={"EventPattern": None},
    ),
    Simple(
        "AWS::Events::Connection",
        "events",
        "CreateConnection",
        update="UpdateConnection",
        delete="DeleteConnection",
        name=("Name", 64),
        physical_id="Name",
        look="DescribeConnection",
        attributes={"Arn": "ConnectionArn", "SecretArn": "SecretArn"},
    ),
    Simple(
        "AWS::Events::ApiDestination",
        "events",
        "CreateApiDestination",
        update="UpdateApiDestination",
        delete="DeleteApiDestination",
        name=("Name", 64),
        physical_id="Name",
        attributes={"Arn": "ApiDestinationArn", "ArnForPolicy": "ApiDestinationArn"},
    ),
    Simple(
        "AWS::Scheduler::Schedule",
        "scheduler",
        "CreateSchedule",
        update="UpdateSchedule",
        delete="DeleteSchedule",
        less=("ClientToken", "ActionAfterCompletion"),
        name=("Name", 64),
        physical_id="Name",
        attributes={"Arn": "ScheduleArn"},
        delete_with={"GroupName": "GroupName || 'default'"},
    ),
    Simple(
        "AWS::Scheduler::ScheduleGroup",
        "scheduler",
        "CreateScheduleGroup",
        delete="DeleteScheduleGroup",
        less=("ClientToken",),
        name=("Name", 64),
        physical_id="Name",
        look="GetScheduleGroup",
        attributes={"Arn": "Arn", "State": "State"},
    ),
    Simple(
        "AWS::Pipes::Pipe",
        "pipes",
        "CreatePipe",
        update="UpdatePipe",
        delete="DeletePipe",
        name=("Name", 64),
        physical_id="Name",
        attributes={"Arn": "Arn", "CurrentState": "CurrentState", "StateReason": "StateReason"},
    ),
)
