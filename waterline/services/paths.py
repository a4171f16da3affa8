"""JSON paths as EventBridge has them: where in an event a value stands.

    $.detail.order-id     $.resources[0]     $.detail.items[*].sku     $.detail['order id']

Found is one value: what the path leads to; or, if the path has a wildcard, the list of all that it leads to. The path
``$`` is the whole document.

Source: Amazon EventBridge User Guide, "Amazon EventBridge input transformation" (read 2026-11): dots, dashes,
underscores, letters and digits, slashes, array indexes and wildcards; other syntax of JSONPath is not supported.
Brackets with a name are from botocore, events ``Target.InputPath``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

_STEP = re.compile(r"\.([\w\-/]+)|\.(\*)|\[(\d+)\]|\[(\*)\]|\['([^']*)'\]|\[\"([^\"]*)\"\]")


class InvalidPath(ValueError):
    """What is no path, in one sentence."""


@dataclass(frozen=True)
class Path:
    """Steps from the whole document: a key, an index, or None for a wildcard."""

    steps: tuple[str | int | None, ...]

    def found(self, document: Any) -> tuple[bool, Any]:
        """Whether the path leads anywhere, and the value there."""
        values = list(_reached(document, self.steps))
        if None in self.steps:
            return bool(values), values
        return (True, values[0]) if values else (False, None)


@lru_cache(maxsize=1024)
def compiled(text: str) -> Path:
    """Make a path of text. Raises InvalidPath."""
    if not text.startswith("$"):
        raise InvalidPath(f"{text} is no JSON path: it begins with $")
    steps: list[str | int | None] = []
    at = 1
    while at < len(text):
        match = _STEP.match(text, at)
        if match is None:
            raise InvalidPath(f"{text} is no JSON path that EventBridge knows: look at {text[at:]}")
        name, any_key, index, any_index, single, double = match.groups()
        if any_key or any_index:
            steps.append(None)
        elif index is not None:
            steps.append(int(index))
        else:
            steps.append(next(given for given in (name, single, double) if given is not None))
        at = match.end()
    return Path(tuple(steps))


def _reached(value: Any, steps: tuple[str | int | None, ...]) -> Iterator[Any]:
    if not steps:
        yield value
        return
    step, rest = steps[0], steps[1:]
    if step is None:
        inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
        for one in inner:
            yield from _reached(one, rest)
    elif isinstance(step, int):
        if isinstance(value, list) and step < len(value):
            yield from _reached(value[step], rest)
    elif isinstance(value, Mapping) and step in value:
        yield from _reached(value[step], rest)
