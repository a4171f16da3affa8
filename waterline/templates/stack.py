"""Stacks: what was made of a template, and what becomes of it when the template is deployed again or taken away.

A deployment makes what is new, changes what has changed and takes away what is gone, in this order. A change that the
service's API cannot make is a replacement: the new resource is made, those that refer to it follow, the old one goes.
When a service refuses a resource, everything that this deployment did is undone. Source: AWS CloudFormation User Guide,
"Update behaviors of stack resources", "Choose how to handle failures when provisioning resources"; CloudFormation
Template Reference Guide, "DeletionPolicy attribute", "UpdateReplacePolicy attribute" (read 2026-11).

Ours differs: which changes are replacements follows from the APIs, not from the table of each type; and a deployment
takes no virtual time, unless a service has to be waited for.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from waterline.ground import Ground
from waterline.templates.code import Files, Source, with_files
from waterline.templates.document import Document
from waterline.templates.dynamic import looked_up
from waterline.templates.intrinsics import Scope
from waterline.templates.mistakes import DeploymentFailed, NoSuchStack, NotSupported, TemplateRefused
from waterline.templates.parameters import parameter_values
from waterline.templates.plan import Plan, active, fit, plan
from waterline.templates.resources import KINDS
from waterline.templates.resources.kind import Kind, Made, Site, Wanted
from waterline.templates.sam import EXTENSIONS, TRANSFORM, transforms, translated

_REFUSED = (ClientError, BotoCoreError, KeyError, TypeError, ValueError)
_NAME = re.compile(r"[A-Za-z][-A-Za-z0-9]*")
_GONE = ("NotFound", "NonExistent", "NoSuch", "DoesNotExist")


@dataclass(frozen=True)
class Stack:
    """What a deployment made.

    `resources` has the physical ID of each logical ID, `outputs` the values of the template's outputs. `left_out` names
    what the lab does not have (with ``allow_unsupported=True``), `without_effect` the properties that change nothing in
    the lab, such as ``Orders.KmsMasterKeyId``.
    """

    name: str
    resources: Mapping[str, str]
    outputs: Mapping[str, Any]
    left_out: tuple[str, ...] = ()
    without_effect: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Resource:
    """A resource of a stack."""

    kind: Kind
    wanted: Wanted
    made: Made
    retained: bool


@dataclass(frozen=True)
class _Deployed:
    """A stack, and what is needed to change it."""

    stack: Stack
    site: Site
    resources: Mapping[str, _Resource]
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
        deployment = _Deployment(document.name, body, scope_of, site, found, before.resources if before else {})
        resources = deployment.run()
        stack = Stack(
            name,
            {logical_id: one.made.physical_id for logical_id, one in resources.items()},
            deployment.outputs(),
            (*unsupported, *deployment.left_out),
            found.without_effect,
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
                    _delete(one, deployed.site)
                except _REFUSED as error:
                    self._stacks[name] = replace(deployed, resources=left)
                    kind = one.wanted.type
                    why = _why(error)
                    raise DeploymentFailed(f"{logical_id} ({kind}) of {name} cannot be deleted: {why}") from error
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


class _Deployment:
    """One deployment; `before` are the resources that the stack has."""

    def __init__(
        self,
        template: str,
        body: Mapping[str, Any],
        scope_of: Callable[[Callable[[str, str | None, str], Any]], Scope],
        site: Site,
        found: Plan,
        before: Mapping[str, _Resource],
    ) -> None:
        self._template = template
        self._body = body
        self._scope = scope_of(self._refer)
        self._site = site
        self._plan = found
        self._before = before
        self._now: dict[str, _Resource] = {}
        self._missing = set(found.left_out)
        self._undo: list[Callable[[], object]] = []
        self._replaced: list[_Resource] = []
        self.left_out: list[str] = []

    def run(self) -> dict[str, _Resource]:
        for logical_id in self._plan.order:
            resource = self._body["Resources"][logical_id]
            kind = KINDS[resource["Type"]]
            try:
                wanted = Wanted(logical_id, kind.type, self._properties(logical_id, kind, resource))
                made = self._make(kind, wanted)
            except _REFUSED as error:
                if self._plan.needs[logical_id] & self._missing:
                    self._missing.add(logical_id)
                    self.left_out.append(f"{logical_id} ({kind.type}), which needs what is left out: {_why(error)}")
                    continue
                self._roll_back()
                raise DeploymentFailed(
                    f"{logical_id} ({kind.type}) of {self._template} was refused, and the deployment was undone: "
                    f"{_why(error)}"
                ) from error
            self._now[logical_id] = _Resource(kind, wanted, made, resource.get("DeletionPolicy") == "Retain")
        self._clear()
        return self._now

    def _properties(self, logical_id: str, kind: Kind, resource: Mapping[str, Any]) -> dict[str, Any]:
        where = f"{logical_id} of {self._template}"
        written = {name: value for name, value in (resource.get("Properties") or {}).items() if name not in kind.idle}
        resolved = {name: self._scope.resolve(value, where) for name, value in written.items()}
        return fit(kind, looked_up(resolved, self._site), [])

    def _make(self, kind: Kind, wanted: Wanted) -> Made:
        """The resource: as it was, changed, replaced or new."""
        old = self._before.get(wanted.logical_id)
        if old is None or old.wanted.type != wanted.type:
            return self._create(kind, wanted)
        names = {*old.wanted.properties, *wanted.properties}
        changed = frozenset(name for name in names if old.wanted.properties.get(name) != wanted.properties.get(name))
        if not changed:
            return old.made
        made = kind.update(wanted, old.made, changed, self._site)
        if made is not None:
            self._undo.append(lambda: kind.update(old.wanted, made, changed, self._site))
            return made
        return self._replace(kind, wanted, old)

    def _replace(self, kind: Kind, wanted: Wanted, old: _Resource) -> Made:
        """A new resource in the place of the old one, which goes at the end, when nobody refers to it any more."""
        if self._body["Resources"][wanted.logical_id].get("UpdateReplacePolicy") == "Retain":
            return self._create(kind, wanted)
        if kind.named is None:  # there cannot be two of them, so the old one goes first
            _delete(old, self._site)
            self._undo.append(lambda: kind.create(old.wanted, self._site))
            return self._create(kind, wanted)
        name = wanted.properties.get(kind.named)
        if name is not None and name == old.wanted.properties.get(kind.named):
            raise ValueError(
                "CloudFormation cannot update a stack when a custom-named resource requires replacing. "
                f"Rename {name} and update the stack again."
            )
        made = self._create(kind, wanted)
        self._replaced.append(old)
        return made

    def _create(self, kind: Kind, wanted: Wanted) -> Made:
        made = kind.create(wanted, self._site)
        self._undo.append(lambda: kind.delete(made, self._site))
        return made

    def _roll_back(self) -> None:
        for step in reversed(self._undo):
            try:
                step()
            except _REFUSED:  # what cannot be undone stays; the first refusal is the one to be told
                continue

    def _clear(self) -> None:
        """Take away what was replaced, and what the template no longer has, the last first."""
        for old in reversed(self._replaced):
            _delete(old, self._site)
        for logical_id, old in reversed(list(self._before.items())):
            new = self._now.get(logical_id)
            if (new is None or new.wanted.type != old.wanted.type) and not old.retained:
                _delete(old, self._site)

    def outputs(self) -> dict[str, Any]:
        outputs = {}
        for name, one in active(self._body, "Outputs", self._scope).items():
            try:
                outputs[name] = self._scope.resolve(one.get("Value"), f"The output {name}")
            except _LeftOut:
                continue
        return outputs

    def exports(self) -> dict[str, str]:
        outputs, exports = self.outputs(), {}
        for name, one in active(self._body, "Outputs", self._scope).items():
            if "Export" in one and name in outputs:
                exports[str(self._scope.resolve(one["Export"]["Name"], f"The output {name}"))] = str(outputs[name])
        return exports

    def _refer(self, logical_id: str, attribute: str | None, where: str) -> Any:
        if logical_id not in self._now:
            if where.startswith("The output "):
                raise _LeftOut(logical_id)
            nobody = f"{logical_id}-is-left-out"
            return self._site.arn("left-out", nobody) if attribute is not None and attribute.endswith("Arn") else nobody
        made = self._now[logical_id].made
        return made.physical_id if attribute is None else made.attributes.get(attribute)


class _LeftOut(TemplateRefused):
    """An output names a resource that is left out."""


def _sections(document: Document) -> list[str]:
    """What the lab does not have of the template's sections."""
    lacking = [f"the transform {name}" for name in transforms(document.body) if name not in (TRANSFORM, EXTENSIONS)]
    return [*lacking, *(["the section Rules"] if document.body.get("Rules") else [])]


def _delete(one: _Resource, site: Site) -> None:
    """Delete a resource, if it is still there."""
    try:
        one.kind.delete(one.made, site)
    except ClientError as error:
        if not any(word in error.response["Error"]["Code"] for word in _GONE):
            raise


def _why(error: Exception) -> str:
    """What a service says, in one sentence."""
    if isinstance(error, ClientError):
        told = error.response["Error"]
        return f"{told['Code']}: {told['Message']}"
    if isinstance(error, KeyError):
        return f"it has no {error.args[0]}"
    return " ".join(str(error).split())
