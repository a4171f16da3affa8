"""What the installed botocore says: service models as data, each read once. Only the checks import botocore.

A service model lists operations and shapes. A shape can have a least and a greatest value (`min`, `max`; for texts and
lists: of the length), an enumeration, members, and documentation in HTML, read here as plain text.
"""

import html
import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from waterline.facts.fact import Constraint

_TAG: Final = re.compile(r"<[^>]+>")


class Missing(LookupError):
    """The service, operation, shape or member is not in botocore. The message says which."""


@dataclass(frozen=True, slots=True)
class Place:
    """What stands at one place of a model: bounds, enumeration and documentation (of the member, then of its shape)."""

    least: float | None
    greatest: float | None
    enumeration: tuple[str, ...]
    documentation: str


class Models:
    """The service models of the installed botocore."""

    def __init__(self) -> None:
        self._models: dict[str, dict[str, Any]] = {}

    @cached_property
    def version(self) -> str:
        """The version of botocore, as `1.44.5`."""
        import botocore

        return str(botocore.__version__)

    @cached_property
    def _loader(self) -> Any:
        from botocore.loaders import Loader

        return Loader()

    def place(self, constraint: Constraint) -> Place:
        """What stands where a constraint points; `Missing` when nothing does."""
        model = self._model(constraint.service)
        if constraint.shape == "service":
            return _place(model)
        if constraint.shape.startswith("operation:"):
            return _place(_entry(model["operations"], constraint.shape.removeprefix("operation:"), "operation"))
        shape = _entry(model["shapes"], constraint.shape, "shape")
        if not constraint.member:
            return _place(shape)
        member = _entry(shape.get("members", {}), constraint.member, f"member of {constraint.shape}")
        return _place(model["shapes"][member["shape"]], member.get("documentation", ""))

    def _model(self, service: str) -> dict[str, Any]:
        if service not in self._models:
            from botocore.exceptions import DataNotFoundError, UnknownServiceError

            try:
                self._models[service] = self._loader.load_service_model(service, "service-2")
            except (DataNotFoundError, UnknownServiceError) as error:
                raise Missing(f"botocore has no service {service!r}") from error
        return self._models[service]


def _entry(table: dict[str, Any], name: str, kind: str) -> dict[str, Any]:
    if name not in table:
        raise Missing(f"botocore has no {kind} {name!r}")
    entry: dict[str, Any] = table[name]
    return entry


def _place(shape: dict[str, Any], documentation: str = "") -> Place:
    return Place(
        least=shape.get("min"),
        greatest=shape.get("max"),
        enumeration=tuple(shape.get("enum", ())),
        documentation=plain(f"{documentation} {shape.get('documentation', '')}"),
    )


def plain(text: str) -> str:
    """Documentation without its tags, in single spaces."""
    return " ".join(html.unescape(_TAG.sub("", text)).split())
