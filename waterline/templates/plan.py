"""What a deployment would do: which resources, in which order, and what of it the lab does not have.

Everything is looked at before anything is made: conditions, references, attributes, types, properties and the shapes of
their values. A resource comes after those that it refers to and those that its ``DependsOn`` names; otherwise the
template's own order is kept. Source: CloudFormation Template Reference Guide, "DependsOn attribute", "Resource
attribute reference" (read 2026-11).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from waterline.templates.intrinsics import NotAFunction, Scope, is_marked, mark
from waterline.templates.mistakes import TemplateRefused
from waterline.templates.resources import KINDS
from waterline.templates.resources.kind import Kind, Site
from waterline.templates.shapes import Problem, fitted

_ATTRIBUTES = (
    "Type",
    "Properties",
    "DependsOn",
    "Condition",
    "Metadata",
    "DeletionPolicy",
    "UpdateReplacePolicy",
    "Description",
)
_UNKNOWN = "is not known"


@dataclass(frozen=True)
class Plan:
    """What would be done.

    `order` are the logical IDs of what can be made, and `needs` what each refers to; `unsupported` is what cannot be
    made, a phrase each, and `left_out` the resources that would be missing; `without_effect` are properties that are
    accepted and change nothing (``Queue.KmsMasterKeyId``).
    """

    order: tuple[str, ...]
    unsupported: tuple[str, ...]
    left_out: frozenset[str]
    needs: Mapping[str, frozenset[str]]
    without_effect: tuple[str, ...]


def plan(body: Mapping[str, Any], name: str, scope_of: Callable[[Any], Scope], site: Site) -> Plan:
    """Look at a whole template (`name` in sentences). Raises TemplateRefused for what is wrong with it."""
    return _Planner(body, name, scope_of, site).plan()


def active(body: Mapping[str, Any], section: str, scope: Scope) -> dict[str, dict[str, Any]]:
    """The resources or outputs whose condition holds."""
    entries = body.get(section) or {}
    return {
        name: one
        for name, one in entries.items()
        if "Condition" not in one or scope.holds(one["Condition"], f"{section[:-1]} {name}")
    }


def fit(kind: Kind, properties: Mapping[str, Any], problems: list[Problem]) -> dict[str, Any]:
    """The resolved properties as the API wants them; those without effect, and unknown ones, are left out."""
    return {
        name: fitted(value, kind.takes[name], name, problems)
        for name, value in properties.items()
        if name in kind.takes and name not in kind.idle and value is not None
    }


class _Planner:
    def __init__(self, body: Mapping[str, Any], name: str, scope_of: Callable[[Any], Scope], site: Site) -> None:
        self._body, self._name, self._site = body, name, site
        self._scope = scope_of(self._refer)
        self._resources = active(body, "Resources", self._scope)
        self._needs: dict[str, list[str]] = {}
        self._looking_at: str | None = None
        self._unsupported: list[str] = []
        self._types: dict[str, list[str]] = {}
        self._left_out: set[str] = set()
        self._without_effect: list[str] = []
        self._wrong: list[str] = []

    def plan(self) -> Plan:
        for logical_id, resource in self._resources.items():
            self._looking_at = logical_id
            self._needs[logical_id] = []
            self._look_at(logical_id, resource)
        self._looking_at = None
        for name, output in active(self._body, "Outputs", self._scope).items():
            self._resolved(output.get("Value"), f"The output {name} of {self._name}")
        if self._wrong:
            raise TemplateRefused(f"{self._name} is wrong, and nothing was created: {'; '.join(self._wrong)}.")
        by_type = [f"{kind} ({', '.join(names)})" for kind, names in self._types.items()]
        order = [one for one in self._ordered() if one not in self._left_out]
        return Plan(
            tuple(order),
            (*by_type, *dict.fromkeys(self._unsupported)),
            frozenset(self._left_out),
            {one: frozenset(self._needs[one]) for one in order},
            tuple(self._without_effect),
        )

    def _look_at(self, logical_id: str, resource: Mapping[str, Any]) -> None:
        type_, where = resource["Type"], f"{logical_id} of {self._name}"
        self._depends(logical_id, resource)
        for attribute in resource:
            if attribute not in _ATTRIBUTES:
                self._unsupported.append(f"{logical_id}: the attribute {attribute}")
        written = resource.get("Properties") or {}
        properties = {name: self._resolved(value, where) for name, value in written.items()}
        kind = KINDS.get(type_)
        if kind is None:
            self._types.setdefault(type_, []).append(logical_id)
            self._left_out.add(logical_id)
            return
        for name in properties:
            if name not in kind.takes:
                self._unsupported.append(f"{logical_id}: the property {name} of {type_}")
            elif name in kind.idle:
                self._without_effect.append(f"{logical_id}.{name}")
        problems: list[Problem] = []
        fit(kind, properties, problems)
        for problem in problems:
            if problem.why == _UNKNOWN:
                self._unsupported.append(f"{logical_id}: the property {problem.path} of {type_}")
            else:
                self._wrong.append(f"{logical_id}.{problem.path} {problem.why}")
        if any(problem.why != _UNKNOWN for problem in problems):
            return
        lacking = list(kind.lacks(properties, self._site))
        self._unsupported += [f"{logical_id}: {what}" for what in (*lacking, *kind.parts(properties, self._site))]
        if lacking:
            self._left_out.add(logical_id)

    def _depends(self, logical_id: str, resource: Mapping[str, Any]) -> None:
        named = resource.get("DependsOn") or []
        for other in [named] if isinstance(named, str) else named:
            if other not in (self._body.get("Resources") or {}):
                raise TemplateRefused(f"{logical_id} of {self._name} depends on {other}, which is no resource.")
            if other in self._resources:
                self._needs[logical_id].append(other)

    def _resolved(self, value: Any, where: str) -> Any:
        try:
            return self._scope.resolve(value, where)
        except NotAFunction as error:
            self._unsupported.append(f"{where.partition(' of ')[0]}: {error.what}")
            return None

    def _refer(self, logical_id: str, attribute: str | None, where: str) -> str:
        """What a reference to a resource gives before there is one: a mark."""
        if logical_id not in self._resources:
            if logical_id in (self._body.get("Resources") or {}):
                why = "which is not there, because its condition does not hold"
            else:
                why = "which the template has neither as a parameter nor as a resource"
            raise TemplateRefused(f"{where} refers to {logical_id}, {why}.")
        if self._looking_at is not None:
            self._needs[self._looking_at].append(logical_id)
        type_ = self._resources[logical_id]["Type"]
        kind = KINDS.get(type_)
        if attribute is not None and kind is not None and not is_marked(attribute) and attribute not in kind.attributes:
            self._unsupported.append(f"the attribute {attribute} of {type_} ({logical_id})")
        return mark(logical_id, attribute)

    def _ordered(self) -> list[str]:
        order: list[str] = []
        waiting = dict(self._needs)
        while waiting:
            ready = next((one for one, needs in waiting.items() if all(need not in waiting for need in needs)), None)
            if ready is None:
                circle = _circle(waiting)
                need = f"{circle[0]} needs itself" if len(circle) == 1 else f"{' and '.join(circle)} need each other"
                raise TemplateRefused(f"{self._name} cannot be deployed in any order: {need}.")
            order.append(ready)
            del waiting[ready]
        return order


def _circle(needs: Mapping[str, list[str]]) -> list[str]:
    """Resources that need each other, one after the other."""
    path = [next(iter(needs))]
    while True:
        follower = next(need for need in needs[path[-1]] if need in needs)
        if follower in path:
            return path[path.index(follower) :]
        path.append(follower)
