"""The intrinsic functions of a template: ``Ref``, ``Fn::GetAtt``, ``Fn::Sub``, ``Fn::If`` and the others.

Words
-----
scope
    all that a function may name: parameters, pseudo parameters, mappings, conditions, and the resources.
mark
    the text that stands for a resource's identifier or attribute as long as the resource is not there. With marks a
    whole template can be looked at before anything is made; what is made of a mark can not be known yet.

Source: CloudFormation Template Reference Guide, "Intrinsic function reference", "Condition functions"; AWS
CloudFormation User Guide, "Get AWS values using pseudo parameters" (read 2026-11).
"""

from __future__ import annotations

import base64
import ipaddress
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from waterline.templates.mistakes import TemplateRefused

_NO_VALUE = object()
_VARIABLE = re.compile(r"\$\{(!?)([^${}]*)\}")
_BEGIN, _END = "\ue000", "\ue001"  # private characters: no template has them
_MARK = re.compile(f"{_BEGIN}([^{_END}]*){_END}")
CONDITIONS = ("Fn::And", "Fn::Or", "Fn::Not", "Fn::Equals", "Condition")


class NotAFunction(TemplateRefused):
    """The template uses a function that the lab does not have; `what` names it."""

    def __init__(self, what: str, where: str) -> None:
        super().__init__(f"{where} uses {what}, which the lab does not have.")
        self.what = what


def mark(logical_id: str, attribute: str | None) -> str:
    """What stands for a resource's identifier, or for its attribute, until it is there."""
    return f"{_BEGIN}{logical_id}{'.' + attribute if attribute else ''}{_END}"


def is_marked(value: Any) -> bool:
    """Whether a value depends on a resource that is not there yet."""
    return _BEGIN in value if isinstance(value, str) else False


def readable(value: str) -> str:
    """A text for a sentence: marks are shown as ``${Queue.Arn}``."""
    return _MARK.sub(r"${\1}", value)


@dataclass(frozen=True)
class Scope:
    """What the functions of one template may name.

    `resource` gives the identifier (attribute None) or an attribute of a resource; `imported` what another stack
    exports. `pseudo` has ``AWS::Region`` and the like.
    """

    parameters: Mapping[str, Any]
    pseudo: Mapping[str, str]
    mappings: Mapping[str, Any]
    conditions: Mapping[str, Any]
    resource: Callable[[str, str | None, str], Any]
    imported: Callable[[str], str | None]
    _known: dict[str, bool] = field(default_factory=dict)

    def resolve(self, value: Any, where: str) -> Any:
        """The value without functions; what is ``AWS::NoValue`` is left out. Raises TemplateRefused with `where`."""
        found = self._resolve(value, where)
        return None if found is _NO_VALUE else found

    def holds(self, name: str, where: str) -> bool:
        """Whether a condition holds."""
        if name not in self.conditions:
            raise TemplateRefused(f"{where} names the condition {name}, which the template does not have.")
        if name not in self._known:
            self._known[name] = self._truth(self.conditions[name], f"The condition {name}")
        return self._known[name]

    def _resolve(self, value: Any, where: str) -> Any:
        if isinstance(value, list):
            items = [self._resolve(item, where) for item in value]
            return [item for item in items if item is not _NO_VALUE]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            [(name, argument)] = value.items()
            if name == "Ref":
                return self._ref(argument, where)
            if name in CONDITIONS and (name != "Condition" or argument in self.conditions):
                return self._truth(value, where)
            if name.startswith("Fn::"):
                return self._function(name, argument, where)
        found = {key: self._resolve(inner, where) for key, inner in value.items()}
        return {key: inner for key, inner in found.items() if inner is not _NO_VALUE}

    def _ref(self, name: Any, where: str) -> Any:
        if name == "AWS::NoValue":
            return _NO_VALUE
        if name in self.parameters:
            return self.parameters[name]
        if name in self.pseudo:
            return self.pseudo[name]
        return self.resource(str(name), None, where)

    def _function(self, name: str, argument: Any, where: str) -> Any:
        handler = _FUNCTIONS.get(name)
        if handler is None:
            raise NotAFunction(name, where)
        try:
            return handler(self, argument, where)
        except (TypeError, ValueError, KeyError, IndexError, AttributeError) as error:
            if isinstance(error, TemplateRefused):
                raise
            written = json.dumps(argument, default=str)
            raise TemplateRefused(f"{where} has a {name} that cannot be resolved: {readable(written)}.") from error

    def _truth(self, value: Any, where: str) -> bool:
        if isinstance(value, dict) and len(value) == 1:
            [(name, argument)] = value.items()
            if name == "Condition":
                return self.holds(argument, where)
            if name == "Fn::Not":
                return not self._truth(argument[0], where)
            if name == "Fn::And":
                return all(self._truth(one, where) for one in argument)
            if name == "Fn::Or":
                return any(self._truth(one, where) for one in argument)
            if name == "Fn::Equals":
                left, right = (self._resolve(one, where) for one in argument)
                return _text(left) == _text(right)
        found = self._resolve(value, where)
        return found is True or found == "true"


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else json.dumps(value) if isinstance(value, dict | list) else str(value)


def _get_att(scope: Scope, argument: Any, where: str) -> Any:
    logical_id, attribute = argument.split(".", 1) if isinstance(argument, str) else (argument[0], argument[1])
    return scope.resource(logical_id, str(scope.resolve(attribute, where)), where)


def _sub(scope: Scope, argument: Any, where: str) -> str:
    text, local = (argument, {}) if isinstance(argument, str) else argument
    values = {name: scope.resolve(value, where) for name, value in local.items()}

    def variable(found: re.Match[str]) -> str:
        literal, name = found[1], found[2].strip()
        if literal:
            return "${" + name + "}"
        if name in values:
            return _text(values[name])
        if "." in name:
            return _text(_get_att(scope, name, where))
        return _text(scope._ref(name, where))

    return _VARIABLE.sub(variable, text)


def _if(scope: Scope, argument: Any, where: str) -> Any:
    name, then, otherwise = argument
    return scope._resolve(then if scope.holds(name, where) else otherwise, where)


def _join(scope: Scope, argument: Any, where: str) -> str:
    separator, parts = argument
    return str(separator).join(_text(part) for part in scope.resolve(parts, where))


def _split(scope: Scope, argument: Any, where: str) -> list[str]:
    separator, text = argument
    return [*_halves(str(scope.resolve(text, where)), separator)]


def _halves(text: str, separator: str) -> list[str]:
    # A mark is split only with its neighbors: what it will hold is not known.
    return [text] if is_marked(text) else text.split(separator)


def _select(scope: Scope, argument: Any, where: str) -> Any:
    position, items = argument
    chosen, found = int(scope.resolve(position, where)), scope.resolve(items, where)
    if len(found) == 1 and is_marked(found[0]):
        return found[0]
    return found[chosen]


def _find_in_map(scope: Scope, argument: Any, where: str) -> Any:
    name, top, second = (scope.resolve(one, where) for one in argument[:3])
    default = argument[3] if len(argument) > 3 else {}
    try:
        return scope.mappings[name][top][second]
    except KeyError:
        if "DefaultValue" in default:
            return scope.resolve(default["DefaultValue"], where)
        raise


def _base64(scope: Scope, argument: Any, where: str) -> str:
    return base64.b64encode(_text(scope.resolve(argument, where)).encode()).decode()


def _import_value(scope: Scope, argument: Any, where: str) -> str:
    name = str(scope.resolve(argument, where))
    found = scope.imported(name)
    if found is None:
        raise TemplateRefused(f"{where} imports {name}, which no stack of this cloud exports.")
    return found


def _zones(scope: Scope, argument: Any, where: str) -> list[str]:
    region = scope.resolve(argument, where) or scope.pseudo["AWS::Region"]
    return [f"{region}{letter}" for letter in "abc"]


def _cidr(scope: Scope, argument: Any, where: str) -> list[str]:
    block, count, *bits = (scope.resolve(one, where) for one in argument)
    network = ipaddress.ip_network(block)
    prefix = network.max_prefixlen - int(bits[0]) if bits else network.prefixlen
    return [str(one) for _, one in zip(range(int(count)), network.subnets(new_prefix=prefix), strict=False)]


_FUNCTIONS: dict[str, Callable[[Scope, Any, str], Any]] = {
    "Fn::GetAtt": _get_att,
    "Fn::Sub": _sub,
    "Fn::If": _if,
    "Fn::Join": _join,
    "Fn::Split": _split,
    "Fn::Select": _select,
    "Fn::FindInMap": _find_in_map,
    "Fn::Base64": _base64,
    "Fn::ImportValue": _import_value,
    "Fn::GetAZs": _zones,
    "Fn::Cidr": _cidr,
    "Fn::Length": lambda scope, argument, where: len(scope.resolve(argument, where)),
    "Fn::ToJsonString": lambda scope, argument, where: json.dumps(scope.resolve(argument, where)),
}
