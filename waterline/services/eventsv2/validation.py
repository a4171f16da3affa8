"""Holds a request against the model of the service: lengths, ranges, patterns and enumerations.

botocore sees to types and required members before a request leaves; AWS sees to the rest, and so does this. The form of
the sentence is that of the rejections which users have met (aws/agent-toolkit-for-aws, "target-contract", 2026-11);
where nobody has, it is ours.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from moto.core.utils import get_service_model

from waterline.services.eventsv2.errors import InvalidInput
from waterline.services.eventsv2.wire import SERVICE


def check(operation: str, request: Mapping[str, Any]) -> None:
    """Raise what is answered to a request that the model does not allow."""
    shape = get_service_model(SERVICE).operation_model(operation).input_shape
    for path, constraint in _broken(shape, request, ""):
        raise InvalidInput(f"1 validation error detected: Value at '{path}' failed to satisfy constraint: {constraint}")


def _broken(shape: Any, value: Any, path: str) -> Iterator[tuple[str, str]]:
    """Paths and the constraints that they do not satisfy."""
    if shape.type_name == "structure":
        for name, member in shape.members.items():
            if value.get(name) is not None:
                lower = name[:1].lower() + name[1:]
                yield from _broken(member, value[name], f"{path}.{lower}" if path else lower)
        return
    yield from ((path, constraint) for constraint in _constraints(shape, value))
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
