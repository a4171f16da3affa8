"""Stacks: what was made of a template, by name; deployed, deployed again, and taken away.

A stack's deployment is in ``deployment``; here is what comes before it: the parameters, the code, the translation of
AWS SAM, and the look at all of it. Source: AWS CloudFormation User Guide, "Template anatomy" (read 2026-11).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import boto3

from waterline.ground import Ground
from waterline.templates.code import Files, Source, with_files
from waterline.templates.deployment import REFUSED, Deployment, Resource, delete, why
from waterline.templates.document import Document
from waterline.templates.intrinsics import Scope
from waterline.templates.mistakes import DeploymentFailed, NoSuchStack, NotSupported, TemplateRefused
from waterline.templates.parameters import parameter_values
from waterline.templates.plan import plan
from waterline.templates.resources.kind import Site
from waterline.templates.sam import EXTENSIONS, TRANSFORM, transforms, translated

_NAME = re.compile(r"[A-Za-z][-A-Za-z0-9]*")


@dataclass(frozen=True)
class Stack:
    """What a deployment made.

    `resources` has the physical ID of each logical ID, `outputs` the values of the template's outputs. `left_out` names
    what the lab does not have (with ``allow_unsupported=True``), `without_effect` the properties that change nothing in
    the lab, such as ``Orders.KmsMasterKeyId``, and `left_behind` what the template no longer has but its service did
    not let go.
    """

    name: str
    resources: Mapping[str, str]
    outputs: Mapping[str, Any]
    left_out: tuple[str, ...] = ()
    without_effect: tuple[str, ...] = ()
    left_behind: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Deployed:
    """A stack, and what is needed to change it."""

    stack: Stack
    site: Site
    resources: Mapping[str, Resource]
    exports: Mapping[str, str]


class Stacks:
    """The stacks of one account and region."""

    def __init__(self, ground: Ground, account: str, region: str) -> None:
        self._ground = ground
        self._account = account
        self._region = region
        self._stacks: dict[str, _Deployed] = {}

    def __getitem__(self, name: str) -> Stack:
        return self._deployed(name).stack

    def _deployed(self, name: str) -> _Deployed:
        if name not in self._stacks:
            there = ", ".join(self._stacks) or "none"
            raise NoSuchStack(f"There is no stack {name}; the stacks of this cloud: {there}.")
        return self._stacks[name]

    def deploy(
        self,
        document: Document,
        name: str,
        parameters: Mapping[str, Any],
        code: Mapping[str, Source],
        allow_unsupported: bool,
    ) -> Stack:
        """Make the stack, or change it. Raises TemplateRefused, NotSupported or DeploymentFailed, one sentence each."""
        if not _NAME.fullmatch(name):
            raise TemplateRefused(
                f"A stack cannot be called {name!r}: its name begins with a letter and has letters, digits and hyphens."
            )
        values = parameter_values(document, parameters, self._stored)
        body, files = with_files(document, code)
        body = translated(body, values, document.name, self._region)
        before = self._stacks.get(name)
        site = self._site(name, files, before)

        def scope_of(resource: Callable[[str, str | None, str], Any]) -> Scope:
            return Scope(
                parameters=values,
                pseudo=self._pseudo(name),
                mappings=body.get("Mappings") or {},
                conditions=body.get("Conditions") or {},
                resource=resource,
                imported=self._imported,
            )

        found = plan(body, document.name, scope_of, site)
        unsupported = (*_sections(document), *found.unsupported)
        if unsupported and not allow_unsupported:
            raise NotSupported(document.name, unsupported)
        deployment = Deployment(document.name, body, scope_of, site, found, before.resources if before else {})
        try:
            resources = deployment.run()
        except DeploymentFailed:
            if before is not None:
                self._stacks[name] = replace(before, resources=deployment.restored)
            raise
        stack = Stack(
            name,
            {logical_id: one.made.physical_id for logical_id, one in resources.items()},
            deployment.outputs(),
            (*unsupported, *deployment.left_out),
            found.without_effect,
            tuple(deployment.left_behind),
        )
        self._stacks[name] = _Deployed(stack, site, resources, deployment.exports())
        return stack

    def delete(self, name: str) -> None:
        """Take away what the stack made, the last first, but what its template retains."""
        deployed = self._deployed(name)
        left = dict(deployed.resources)
        for logical_id in reversed(list(deployed.resources)):
            one = left[logical_id]
            if not one.retained:
                try:
                    delete(one, deployed.site)
                except REFUSED as error:
                    self._stacks[name] = replace(deployed, resources=left)
                    what = f"{logical_id} ({one.wanted.type}) of {name}"
                    raise DeploymentFailed(f"{what} cannot be deleted: {why(error)}") from error
            del left[logical_id]
        del self._stacks[name]

    def _site(self, name: str, files: Files, before: _Deployed | None) -> Site:
        site = Site(name, self._region, self._account, self._ground.random("names of stacks"), files)
        if before is not None:
            site.layers |= before.site.layers
        return site

    def _pseudo(self, name: str) -> dict[str, Any]:
        return {
            "AWS::AccountId": self._account,
            "AWS::NotificationARNs": [],
            "AWS::Partition": "aws",
            "AWS::Region": self._region,
            "AWS::StackId": f"arn:aws:cloudformation:{self._region}:{self._account}:stack/{name}",
            "AWS::StackName": name,
            "AWS::URLSuffix": "amazonaws.com",
        }

    def _imported(self, name: str) -> str | None:
        return next((one.exports[name] for one in self._stacks.values() if name in one.exports), None)

    def _stored(self, name: str) -> str | None:
        client = boto3.client("ssm", region_name=self._region)
        try:
            return str(client.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"])
        except client.exceptions.ParameterNotFound:
            return None


def _sections(document: Document) -> list[str]:
    """What the lab does not have of the template's sections."""
    lacking = [f"the transform {name}" for name in transforms(document.body) if name not in (TRANSFORM, EXTENSIONS)]
    return [*lacking, *(["the section Rules"] if document.body.get("Rules") else [])]
