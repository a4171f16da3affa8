"""IAM: roles and policies. The lab stores them; what they allow is asked of nobody.

A policy of AWS's own (``arn:aws:iam::aws:policy/...``) is there in every account; a role that names one has it without
further ado. Source: CloudFormation Template Reference Guide, "AWS::IAM::Role", "AWS::IAM::Policy",
"AWS::IAM::ManagedPolicy", "AWS::IAM::RolePolicy" (read 2026-11).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from waterline.templates.resources.kind import Kind, Made, Site, Wanted, only, shaped

_LONGEST_ROLE = 64  # characters; CreateRole of the API reference
_LONGEST_POLICY = 128  # characters; CreatePolicy of the API reference
_VERSION = "2012-10-17"
_OF_AWS = ":iam::aws:policy/"


class Role(Kind):
    type = "AWS::IAM::Role"
    named = "RoleName"
    takes = MappingProxyType(
        {
            **shaped("iam", "CreateRole", "RoleName", "Path", "Description", "MaxSessionDuration", "Tags"),
            **dict.fromkeys(("AssumeRolePolicyDocument", "ManagedPolicyArns", "PermissionsBoundary", "Policies")),
        }
    )
    idle = frozenset({"PermissionsBoundary"})
    attributes = frozenset({"Arn", "RoleId"})

    def create(self, wanted: Wanted, site: Site) -> Made:
        given = wanted.properties
        name = given.get("RoleName") or site.generated(wanted.logical_id, _LONGEST_ROLE)
        asked = {
            "RoleName": name,
            "AssumeRolePolicyDocument": _text(given["AssumeRolePolicyDocument"]),
            **only(given, "Path", "Description", "MaxSessionDuration", "Tags"),
        }
        role = site.call("iam", "CreateRole", asked)["Role"]
        made = Made(name, {"Arn": role["Arn"], "RoleId": role["RoleId"]})
        self._fill(given, made, site)
        return made

    def update(self, wanted: Wanted, made: Made, changed: frozenset[str], site: Site) -> Made | None:
        if not changed <= {"Policies", "ManagedPolicyArns", "AssumeRolePolicyDocument"}:
            return None
        self._empty(made, site)
        self._fill(wanted.properties, made, site)
        asked = {"RoleName": made.physical_id, "PolicyDocument": _text(wanted.properties["AssumeRolePolicyDocument"])}
        site.call("iam", "UpdateAssumeRolePolicy", asked)
        return made

    @staticmethod
    def _fill(given: Mapping[str, Any], made: Made, site: Site) -> None:
        role = {"RoleName": made.physical_id}
        for one in given.get("Policies") or []:
            document = _text(one["PolicyDocument"])
            site.call("iam", "PutRolePolicy", {**role, "PolicyName": one["PolicyName"], "PolicyDocument": document})
        for arn in _own(given.get("ManagedPolicyArns") or []):
            site.call("iam", "AttachRolePolicy", {**role, "PolicyArn": arn})

    @staticmethod
    def _empty(made: Made, site: Site) -> None:
        role = {"RoleName": made.physical_id}
        for name in site.call("iam", "ListRolePolicies", role)["PolicyNames"]:
            site.call("iam", "DeleteRolePolicy", {**role, "PolicyName": name})
        for policy in site.call("iam", "ListAttachedRolePolicies", role)["AttachedPolicies"]:
            site.call("iam", "DetachRolePolicy", {**role, "PolicyArn": policy["PolicyArn"]})

    def delete(self, made: Made, site: Site) -> None:
        self._empty(made, site)
        site.call("iam", "DeleteRole", {"RoleName": made.physical_id})


class Policy(Kind):
    """A policy that is written into roles."""

    type = "AWS::IAM::Policy"
    takes = dict.fromkeys(("PolicyName", "PolicyDocument", "Roles", "Users", "Groups"))
    attributes = frozenset({"Id"})

    def create(self, wanted: Wanted, site: Site) -> Made:
        given = wanted.properties
        text = _text(given["PolicyDocument"])
        for role in given.get("Roles") or []:
            asked = {"RoleName": role, "PolicyName": given["PolicyName"], "PolicyDocument": text}
            site.call("iam", "PutRolePolicy", asked)
        physical_id = site.generated(wanted.logical_id, _LONGEST_POLICY)
        return Made(physical_id, {"Id": physical_id}, {"name": given["PolicyName"], "roles": given.get("Roles") or []})

    def delete(self, made: Made, site: Site) -> None:
        for role in made.facts["roles"]:
            site.call("iam", "DeleteRolePolicy", {"RoleName": role, "PolicyName": made.facts["name"]})


class RolePolicy(Kind):
    type = "AWS::IAM::RolePolicy"
    takes = dict.fromkeys(("PolicyName", "PolicyDocument", "RoleName"))

    def create(self, wanted: Wanted, site: Site) -> Made:
        given = wanted.properties
        which = only(given, "RoleName", "PolicyName")
        site.call("iam", "PutRolePolicy", {**which, "PolicyDocument": _text(given["PolicyDocument"])})
        return Made(given["PolicyName"], facts=which)

    def delete(self, made: Made, site: Site) -> None:
        site.call("iam", "DeleteRolePolicy", made.facts)


class ManagedPolicy(Kind):
    type = "AWS::IAM::ManagedPolicy"
    named = "ManagedPolicyName"
    takes = MappingProxyType(
        {
            **shaped("iam", "CreatePolicy", "Path", "Description"),
            **dict.fromkeys(("ManagedPolicyName", "PolicyDocument", "Roles", "Users", "Groups")),
        }
    )
    attributes = frozenset({"PolicyArn", "PolicyId"})

    def create(self, wanted: Wanted, site: Site) -> Made:
        given = wanted.properties
        name = given.get("ManagedPolicyName") or site.generated(wanted.logical_id, _LONGEST_POLICY)
        asked = {
            "PolicyName": name,
            "PolicyDocument": _text(given["PolicyDocument"]),
            **only(given, "Path", "Description"),
        }
        policy = site.call("iam", "CreatePolicy", asked)["Policy"]
        arn, roles = policy["Arn"], given.get("Roles") or []
        for role in roles:
            site.call("iam", "AttachRolePolicy", {"RoleName": role, "PolicyArn": arn})
        return Made(arn, {"PolicyArn": arn, "PolicyId": policy["PolicyId"]}, {"roles": roles})

    def delete(self, made: Made, site: Site) -> None:
        for role in made.facts["roles"]:
            site.call("iam", "DetachRolePolicy", {"RoleName": role, "PolicyArn": made.physical_id})
        site.call("iam", "DeletePolicy", {"PolicyArn": made.physical_id})


def _text(document: Any) -> str:
    """The policy as text. One without a version is taken for today's, because moto takes no other."""
    return document if isinstance(document, str) else json.dumps({"Version": _VERSION, **document})


def _own(arns: Iterable[str]) -> list[str]:
    return [arn for arn in arns if _OF_AWS not in arn]


KINDS: tuple[Kind, ...] = (Role(), Policy(), RolePolicy(), ManagedPolicy())
