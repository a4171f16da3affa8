"""From a property as a template writes it to a parameter as boto3 takes it, by the shapes that botocore knows.

CloudFormation and the service APIs name the same things alike but for the first letter, and differ in how they write
them: a template may say ``"30"`` or ``true`` in text, and writes tags as a list where an API wants a mapping. The model
of the API in botocore says what is wanted, so nothing is written down here that it knows.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import botocore.session
from botocore.model import Shape

from waterline.templates.intrinsics import is_marked, readable

_INTEGERS, _FLOATS = ("integer", "long"), ("float", "double")


@dataclass(frozen=True)
class Problem:
    """What cannot be handed on. `path` is where (``Target.RoleArn``), `why` what is the matter."""

    path: str
    why: str


@cache
def _service(name: str) -> Any:
    return botocore.session.get_session().get_service_model(name)


def parameters(service: str, operation: str) -> dict[str, Shape]:
    """The parameters of an operation, by name."""
    return dict(_service(service).operation_model(operation).input_shape.members)


def required(service: str, operation: str) -> list[str]:
    """The parameters that an operation cannot do without."""
    return list(_service(service).operation_model(operation).input_shape.required_members)


def shape(service: str, name: str) -> Shape:
    """A shape of a service's model, by name."""
    found: Shape = _service(service).shape_for(name)
    return found


def fitted(value: Any, wanted: Shape | None, path: str, problems: list[Problem]) -> Any:
    """The value as the shape wants it; what does not fit is added to `problems`. No shape: the value as it is."""
    if wanted is None or value is None or is_marked(value):
        return value
    kind = wanted.type_name
    if kind == "structure":
        return _structure(value, wanted, path, problems)
    if kind == "list":
        items = value if isinstance(value, list) else [value]
        return [fitted(item, wanted.member, f"{path}[{at}]", problems) for at, item in enumerate(items)]
    if kind == "map":
        return _map(value, wanted, path, problems)
    try:
        return _scalar(value, kind)
    except ValueError:
        problems.append(Problem(path, f"is {readable(str(value))!r}, and must be of the type {kind}"))
        return value


def _structure(value: Any, wanted: Any, path: str, problems: list[Problem]) -> Any:
    if isinstance(value, str) and value.lstrip().startswith("{"):
        value = json.loads(value)
    if not isinstance(value, Mapping):
        problems.append(Problem(path, "must be a mapping"))
        return value
    if getattr(wanted, "is_document_type", False):
        return value
    found = {}
    for key, inner in value.items():
        member = next((name for name in _spellings(str(key)) if name in wanted.members), None)
        if member is None:
            problems.append(Problem(f"{path}.{key}", "is not known"))
        else:
            found[member] = fitted(inner, wanted.members[member], f"{path}.{key}", problems)
    return found


def _spellings(key: str) -> Iterator[str]:
    yield key
    yield key[:1].lower() + key[1:]
    yield key[:1].upper() + key[1:]


def _map(value: Any, wanted: Any, path: str, problems: list[Problem]) -> Any:
    if isinstance(value, list) and all(isinstance(one, Mapping) and "Key" in one for one in value):
        value = {one["Key"]: one.get("Value", "") for one in value}
    if not isinstance(value, Mapping):
        problems.append(Problem(path, "must be a mapping"))
        return value
    return {_scalar(key, "string"): fitted(one, wanted.value, f"{path}.{key}", problems) for key, one in value.items()}


def _scalar(value: Any, kind: str) -> Any:
    if kind == "string":
        if isinstance(value, bool):
            return "true" if value else "false"
        return value if isinstance(value, str) else json.dumps(value)
    if kind == "boolean":
        return _boolean(value)
    if isinstance(value, bool | Mapping | list):
        raise ValueError
    if kind in _INTEGERS:
        return int(value)
    if kind in _FLOATS:
        return float(value)
    return value


def _boolean(value: Any) -> bool:
    text = str(value).lower()
    if text not in ("true", "false"):
        raise ValueError
    return text == "true"
