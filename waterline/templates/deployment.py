"""One deployment of a template: what is new is made, what has changed is changed, what is gone is taken away.

In this order. A change that the service's API cannot make is a replacement: the new resource is made, those that refer
to it follow, the old one goes. When a service refuses a resource, everything that this deployment did is undone.
Source: AWS CloudFormation User Guide, "Update behaviors of stack resources", "Choose how to handle failures when
provisioning resources"; CloudFormation Template Reference Guide, "DeletionPolicy attribute", "UpdateReplacePolicy
attribute" (read 2026-11).

Ours differs: which changes are replacements follows from the APIs, not from the table of each type; and a deployment
takes no virtual time, unless a service has to be waited for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from waterline.templates.dynamic import looked_up
from waterline.templates.intrinsics import NotAFunction, Scope
from waterline.templates.mistakes import DeploymentFailed, TemplateRefused
from waterline.templates.plan import Plan, active, fit
from waterline.templates.resources import KINDS
from waterline.templates.resources.kind import Kind, Made, Site, Wanted

REFUSED = (ClientError, BotoCoreError, KeyError, TypeError, ValueError)
"""What a service, or its model, says no with."""

_GONE = ("NotFound", "NonExistent", "NoSuch", "DoesNotExist")


@dataclass(frozen=True)
class Resource:
    """A resource of a stack."""

    kind: Kind
    wanted: Wanted
    made: Made
    retained: bool


class Deployment:
    """One deployment; `before` are the resources that the stack has."""

    def __init__(
        self,
        template: str,
        body: Mapping[str, Any],
        scope_of: Callable[[Callable[[str, str | None, str], Any]], Scope],
        site: Site,
        found: Plan,
        before: Mapping[str, Resource],
    ) -> None:
        self._template = template
        self._body = body
        self._scope = scope_of(self._refer)
        self._site = site
        self._plan = found
        self._before = before
        self._now: dict[str, Resource] = {}
        self._missing = set(found.left_out)
        self._undo: list[tuple[str, Callable[[], Made | None]]] = []
        self._replaced: list[Resource] = []
        self.left_out: list[str] = []
        self.left_behind: list[str] = []
        self.restored: dict[str, Resource] = dict(before)

    def run(self) -> dict[str, Resource]:
        """Do it; returns the stack's resources. Raises DeploymentFailed; then `restored` are the stack's resources."""
        for logical_id in self._plan.order:
            resource = self._body["Resources"][logical_id]
            kind = KINDS[resource["Type"]]
            try:
                wanted = Wanted(logical_id, kind.type, self._properties(logical_id, kind, resource))
                made = self._make(kind, wanted)
            except REFUSED as error:
                if self._plan.needs[logical_id] & self._missing:
                    self._missing.add(logical_id)
                    self.left_out.append(f"{logical_id} ({kind.type}), which needs what is left out: {why(error)}")
                    continue
                self._roll_back()
                raise DeploymentFailed(
                    f"{logical_id} ({kind.type}) of {self._template} was refused, and the deployment was undone: "
                    f"{why(error)}"
                ) from error
            self._now[logical_id] = Resource(kind, wanted, made, resource.get("DeletionPolicy") == "Retain")
        self._clear()
        return self._now

    def _properties(self, logical_id: str, kind: Kind, resource: Mapping[str, Any]) -> dict[str, Any]:
        where = f"{logical_id} of {self._template}"
        resolved = {}
        for name, value in (resource.get("Properties") or {}).items():
            if name not in kind.idle:
                with suppress(NotAFunction):  # the plan has named it
                    resolved[name] = self._scope.resolve(value, where)
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
            self._undo.append((wanted.logical_id, lambda: kind.update(old.wanted, made, changed, self._site)))
            return made
        return self._replace(kind, wanted, old)

    def _replace(self, kind: Kind, wanted: Wanted, old: Resource) -> Made:
        """A new resource in the place of the old one, which goes at the end, when nobody refers to it any more."""
        if self._body["Resources"][wanted.logical_id].get("UpdateReplacePolicy") == "Retain":
            return self._create(kind, wanted)
        if kind.named is None:  # there cannot be two of them, so the old one goes first
            delete(old, self._site)
            self._undo.append((wanted.logical_id, lambda: kind.create(old.wanted, self._site)))
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
        self._undo.append((wanted.logical_id, lambda: kind.delete(made, self._site)))
        return made

    def _roll_back(self) -> None:
        for logical_id, step in reversed(self._undo):
            try:
                made = step()
            except REFUSED:  # what cannot be undone stays; the first refusal is the one to be told
                continue
            if made is not None:
                self.restored[logical_id] = replace(self._before[logical_id], made=made)

    def _clear(self) -> None:
        """Take away what was replaced, and what the template no longer has, the last first."""
        gone = [
            old
            for logical_id, old in self._before.items()
            if not old.retained
            and (logical_id not in self._now or self._now[logical_id].wanted.type != old.wanted.type)
        ]
        for old in (*reversed(self._replaced), *reversed(gone)):
            try:
                delete(old, self._site)
            except REFUSED as error:
                self.left_behind.append(f"{old.made.physical_id} ({old.wanted.type}): {why(error)}")

    def outputs(self) -> dict[str, Any]:
        outputs = {}
        for name, one in active(self._body, "Outputs", self._scope).items():
            with suppress(_LeftOut, NotAFunction):
                outputs[name] = self._scope.resolve(one.get("Value"), f"The output {name}")
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


def delete(one: Resource, site: Site) -> None:
    """Delete a resource, if it is still there."""
    try:
        one.kind.delete(one.made, site)
    except ClientError as error:
        if not any(word in error.response["Error"]["Code"] for word in _GONE):
            raise


def why(error: Exception) -> str:
    """What a service says, in one sentence."""
    if isinstance(error, ClientError):
        told = error.response["Error"]
        return f"{told['Code']}: {told['Message']}"
    if isinstance(error, KeyError):
        return f"it has no {error.args[0]}"
    return " ".join(str(error).split())
