"""Holds a request against botocore's model of its service: lengths, ranges, patterns and enumerations.

botocore sees to types and required members before a request leaves; AWS sees to the rest, and for services whose
requests moto takes as they come, so does this.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from moto.core.utils import get_service_model


@dataclass(frozen=True)
class Violation:
    """What a request does not satisfy. `path` as AWS writes it: ``target.retryPolicy.maximumRetryAttempts``."""

    path: str
    value: Any
    constraint: str

    def sentence(self, *, with_value: bool) -> str:
        """In AWS's words; some services leave the value out."""
        value = f"Value '{self.value}'" if with_value else "Value"
        return f"1 validation error detected: {value} at '{self.path}' failed to satisfy constraint: {self.constraint}"


def violation(service: str, operation: str, request: Mapping[str, Any]) -> Violation | None:
    """The first thing in a request that the model does not allow. `service` as boto3 names it."""
    shape = get_service_model(service).operation_model(operation).input_shape
    return next(_broken(shape, request, ""), None)


def _broken(shape: Any, value: Any, path: str) -> Iterator[Violation]:
    if shape.type_name == "structure":
        for name, member in shape.members.items():
            if value.get(name) is not None:
                lower = name[:1].lower() + name[1:]
                yield from _broken(member, value[name], f"{path}.{lower}" if path else lower)
        return
    yield from (Violation(path, value, constraint) for constraint in _constraints(shape, value))
    if shape.type_name == "list":
        for number, inner in enumerate(value, 1):
            yield from _broken(shape.member, inner, f"{path}.{number}.member")
    elif shape.type_name == "map":
        for key, inner in value.items():
            yield from _broken(shape.key, key, f"{path}.key")
            yield from _broken(shape.value, inner, f"{path}.{key}")


def _constraints(shape: Any, value: Any) -> Iterator[str]:
    metadata = shape.metadata
    what, size = ("value", value) if isinstance(value, int | float) else ("length", _length(value))
    if size is not None and "min" in metadata and size < metadata["min"]:
        yield f"Member must have {what} greater than or equal to {metadata['min']}"
    if size is not None and "max" in metadata and size > metadata["max"]:
        yield f"Member must have {what} less than or equal to {metadata['max']}"
    if "enum" in metadata and value not in metadata["enum"]:
        yield f"Member must satisfy enum value set: [{', '.join(metadata['enum'])}]"
    if "pattern" in metadata and re.fullmatch(metadata["pattern"], value) is None:
        yield f"Member must satisfy regular expression pattern: {metadata['pattern']}"


def _length(value: Any) -> int | None:
    return len(value) if isinstance(value, str | bytes | list | dict) else None
