"""What a type of resource is: which properties it takes, and how one is made, changed and taken away.

Words
-----
kind
    a type of resource that the lab has, ``AWS::SQS::Queue``.
wanted, made
    a resource as the template wants it, all functions resolved, and as it is, with its *physical ID* (what ``Ref``
    gives) and its *attributes* (what ``Fn::GetAtt`` gives).
site
    where resources are made: the open cloud, through plain boto3, so that every rule of the lab holds for them.
without effect
    a property that is accepted, and that nothing in the lab depends on.

Source: CloudFormation Template Reference Guide, "Resource attribute reference", "AWS resource and property types
reference" (read 2026-11).
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import boto3
import jmespath
from botocore import xform_name
from botocore.model import Shape

from waterline.templates import shapes
from waterline.templates.code import Files

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_SUFFIX = 12  # random characters that CloudFormation ends a generated name with


@dataclass(frozen=True)
class Wanted:
    """A resource as the template wants it: `properties` resolved and fitted to the API."""

    logical_id: str
    type: str
    properties: Mapping[str, Any]


@dataclass(frozen=True)
class Made:
    """A resource that is there. `facts` is what is needed to change and to delete it."""

    physical_id: str
    attributes: Mapping[str, Any] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)


class Site:
    """Where the resources of one stack are made."""

    def __init__(self, stack: str, region: str, account: str, numbers: random.Random, files: Files) -> None:
        self.layers: dict[str, bytes] = {}
        """The content of the template's own layers, by the ARN of the version."""
        self.stack = stack
        self.region = region
        self.account = account
        self.files = files
        self._numbers = numbers
        self._clients: dict[str, Any] = {}

    def client(self, service: str) -> Any:
        if service not in self._clients:
            self._clients[service] = boto3.client(service, region_name=self.region)
        return self._clients[service]

    def call(self, service: str, operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """The answer to an operation (``CreateQueue``). Raises botocore's ClientError."""
        answer = getattr(self.client(service), xform_name(operation))(**parameters)
        return {key: value for key, value in answer.items() if key != "ResponseMetadata"}

    def suffix(self) -> str:
        return "".join(self._numbers.choice(_LETTERS) for _ in range(_SUFFIX))

    def generated(self, logical_id: str, limit: int, ending: str = "") -> str:
        """A name such as CloudFormation generates: stack, logical ID and random characters."""
        room = limit - _SUFFIX - len(ending) - 2
        stem = f"{self.stack[: max(room - len(logical_id), room // 2)]}-{logical_id}"[: room + 1]
        return f"{stem}-{self.suffix()}{ending}"

    def arn(self, service: str, resource: str) -> str:
        return f"arn:aws:{service}:{self.region}:{self.account}:{resource}"


class Kind:
    """A type of resource.

    `takes` are its properties with their shapes; those in `idle` are without effect. `named` is the property that names
    a resource, if its type has one: without it the name is generated.
    """

    type: str
    takes: Mapping[str, Shape | None]
    idle: frozenset[str] = frozenset()
    attributes: frozenset[str] = frozenset()
    named: str | None = None

    def lacks(self, properties: Mapping[str, Any], site: Site) -> Iterator[str]:
        """Why the lab cannot have a resource with these properties; marks stand for what is not there yet."""
        yield from ()

    def parts(self, properties: Mapping[str, Any], site: Site) -> Iterator[str]:
        """Which parts of the properties the lab does not have; a resource can be made without them."""
        yield from ()

    def create(self, wanted: Wanted, site: Site) -> Made:
        raise NotImplementedError

    def update(self, wanted: Wanted, made: Made, changed: frozenset[str], site: Site) -> Made | None:
        """The resource with its changes, or None where it has to be replaced by a new one."""
        return None

    def delete(self, made: Made, site: Site) -> None:
        raise NotImplementedError


class Written(Kind):
    """A kind that is written into other resources, as a policy into a queue: a change is written anew."""

    def update(self, wanted: Wanted, made: Made, changed: frozenset[str], site: Site) -> Made | None:
        self.delete(made, site)
        return Made(made.physical_id, facts=self.create(wanted, site).facts)


class Simple(Kind):
    """A kind whose API has one operation to create, one to update and one to delete.

    Parameters
    ----------
    create, update, delete: operations of `service`; without `update` every change is a replacement.
    name: the property that is generated when the template leaves it out, and its longest length.
    takes: the properties, where they are not the parameters of `create`; `more` are further ones, `less` are not taken.
    rename: property to parameter, where they are not the same.
    physical_id, attributes: JMESPath over the parameters and the answers.
    look: an operation that is asked after the creation.
    look_with: its parameters as JMESPath, where they are not found by their names; update_with: what `update` is told
        besides.
    delete_with: parameters of `delete` as JMESPath, where they are not found by their names.
    """

    def __init__(
        self,
        type: str,
        service: str,
        create: str,
        *,
        physical_id: str,
        delete: str | None,
        update: str | None = None,
        name: tuple[str, int] | None = None,
        takes: Iterable[str] | None = None,
        more: Mapping[str, Shape | None] | None = None,
        less: Iterable[str] = (),
        idle: Iterable[str] = (),
        rename: Mapping[str, str] | None = None,
        attributes: Mapping[str, str] | None = None,
        look: str | None = None,
        look_with: Mapping[str, str] | None = None,
        update_with: Mapping[str, Any] | None = None,
        delete_with: Mapping[str, str] | None = None,
    ) -> None:
        self.type = type
        self.service = service
        self._create, self._update, self._delete, self._look = create, update, delete, look
        self._name = name
        self.named = None if name is None else name[0]
        self._rename = dict(rename or {})
        self._physical_id = physical_id
        self._attributes = dict(attributes or {})
        self._delete_with = dict(delete_with or {})
        self._look_with = dict(look_with or {})
        self._update_with = dict(update_with or {})
        members = shapes.parameters(service, create)
        own = {_upper(member): shape for member, shape in members.items() if _upper(member) not in set(less)}
        if takes is not None:
            own = {one: own[one] for one in takes}
        for told, asked in self._rename.items():
            own.setdefault(told, members[asked])
            own.pop(_upper(asked), None) if _upper(asked) != told else None
        self._parameters = {_upper(member): member for member in members} | self._rename
        self.idle = frozenset(idle)
        self.takes = own | dict(more or {}) | dict.fromkeys(self.idle)
        self.attributes = frozenset(self._attributes)

    def parameters(self, wanted: Wanted, site: Site) -> dict[str, Any]:
        """What `create` is called with."""
        given = {
            self._parameters[one]: value
            for one, value in wanted.properties.items()
            if one in self._parameters and one not in self.idle
        }
        if self._name is not None:
            given.setdefault(self._parameters[self._name[0]], site.generated(wanted.logical_id, self._name[1]))
        return given

    def create(self, wanted: Wanted, site: Site) -> Made:
        asked = self.parameters(wanted, site)
        facts = {**asked, **site.call(self.service, self._create, asked)}
        if self._look is not None:
            facts |= site.call(self.service, self._look, self._found(self._look, facts, self._look_with))
        return self.made(facts)

    def made(self, facts: Mapping[str, Any]) -> Made:
        attributes = {name: jmespath.search(path, facts) for name, path in self._attributes.items()}
        return Made(str(jmespath.search(self._physical_id, facts)), attributes, facts)

    def update(self, wanted: Wanted, made: Made, changed: frozenset[str], site: Site) -> Made | None:
        if self._update is None:
            return None
        takes = shapes.parameters(self.service, self._update)
        names = {self._parameters.get(one, one) for one in changed - self.idle}
        if not names <= set(takes):
            return None
        asked = self.parameters(wanted, site)
        if self._name is not None and self._name[0] not in wanted.properties:
            own = self._parameters[self._name[0]]
            asked[own] = made.facts[own]
        told = {one: value for one, value in {**made.facts, **asked}.items() if one in takes and one in asked}
        told |= {one: made.facts[one] for one in shapes.required(self.service, self._update) if one not in told}
        return self.made({**made.facts, **asked, **site.call(self.service, self._update, told | self._update_with)})

    def delete(self, made: Made, site: Site) -> None:
        if self._delete is not None:
            site.call(self.service, self._delete, self._found(self._delete, made.facts, self._delete_with))

    def _found(self, operation: str, facts: Mapping[str, Any], paths: Mapping[str, str]) -> dict[str, Any]:
        found = {name: jmespath.search(path, facts) for name, path in paths.items()}
        return found | {name: facts[name] for name in shapes.required(self.service, operation) if name not in found}


def _upper(member: str) -> str:
    return member[:1].upper() + member[1:]


def shaped(service: str, operation: str, *names: str) -> dict[str, Shape | None]:
    """Properties that are parameters of an operation, with their shapes."""
    members = {_upper(name): shape for name, shape in shapes.parameters(service, operation).items()}
    return {_upper(name): members[_upper(name)] for name in names}


def only(properties: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """Those of the properties that are given."""
    return {name: properties[name] for name in names if properties.get(name) is not None}
