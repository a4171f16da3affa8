"""The rules of a Choice state in JSONPath: comparisons of a variable, joined by And, Or and Not.

A comparison of a value with the wrong type is false. A variable that is not there is an error, but for ``IsPresent``.

Source: AWS Step Functions Developer Guide, "Choice workflow state" (read 2026-11).
"""

from __future__ import annotations

import datetime as dt
import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

from waterline.services.states import paths, templates
from waterline.services.states.errors import RUNTIME, StateError
from waterline.services.states.intrinsics import text_of
from waterline.services.states.scope import View

_RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
_MISSING = object()


def timestamp(value: Any) -> dt.datetime | None:
    """A date in the profile of ISO 8601 that the language takes: capital T, and Z or an offset; else None."""
    if not isinstance(value, str) or _RFC3339.fullmatch(value) is None:
        return None
    try:
        return dt.datetime.fromisoformat(value)
    except ValueError:
        return None


def _number(value: Any) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _truth(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _matches(text: str, pattern: str) -> bool:
    """``*`` stands for any characters, ``\\\\*`` for itself."""
    parts = re.findall(r"\\\\|\\\*|\*|[^*\\]+|\\", pattern)
    expression = "".join(".*" if part == "*" else re.escape(part.replace("\\*", "*", 1)) for part in parts)
    return re.fullmatch(expression, text, re.DOTALL) is not None


_ORDERS: Mapping[str, Callable[[Any, Any], bool]] = {
    "Equals": operator.eq,
    "LessThan": operator.lt,
    "GreaterThan": operator.gt,
    "LessThanEquals": operator.le,
    "GreaterThanEquals": operator.ge,
}
_KINDS: Mapping[str, Callable[[Any], Any]] = {"String": _text, "Numeric": _number, "Timestamp": timestamp}
_COMPARED: dict[str, tuple[Callable[[Any], Any], Callable[[Any, Any], bool]]] = {
    f"{kind}{order}": (reading, compare) for kind, reading in _KINDS.items() for order, compare in _ORDERS.items()
}
_COMPARED["BooleanEquals"] = (_truth, operator.eq)
_IS: Mapping[str, Callable[[Any], bool]] = {
    "IsNull": lambda value: value is None,
    "IsNumeric": lambda value: _number(value) is not None,
    "IsString": lambda value: isinstance(value, str),
    "IsBoolean": lambda value: isinstance(value, bool),
    "IsTimestamp": lambda value: timestamp(value) is not None,
}
COMPARATORS = frozenset({*_COMPARED, *(f"{name}Path" for name in _COMPARED), *_IS, "IsPresent", "StringMatches"})
"""The names of all comparison operators."""


def holds(rule: Mapping[str, Any], view: View) -> bool:
    """Whether a rule matches."""
    if "Not" in rule:
        return not holds(rule["Not"], view)
    if "And" in rule:
        return all(holds(each, view) for each in rule["And"])
    if "Or" in rule:
        return any(holds(each, view) for each in rule["Or"])
    name = next(key for key in rule if key in COMPARATORS)
    expected: Any = rule[name]
    value = _read(rule["Variable"], view)
    if name == "IsPresent":
        return (value is not _MISSING) is bool(expected)
    if value is _MISSING:
        raise StateError(
            RUNTIME,
            f"Invalid path '{rule['Variable']}': The choice state's condition path references an invalid value.",
        )
    if name in _IS:
        return _IS[name](value) is bool(expected)
    if name == "StringMatches":
        return isinstance(value, str) and _matches(value, expected)
    reading, compare = _COMPARED[name.removesuffix("Path")]
    other = expected
    if name.endswith("Path"):
        other = _read(other, view)
        if reading(other) is None:
            raise StateError(RUNTIME, f"Invalid path '{expected}': {_found(other)} cannot be compared by {name}.")
    one, two = reading(value), reading(other)
    return one is not None and two is not None and compare(one, two)


def _read(path: str, view: View) -> Any:
    try:
        return templates.read(path, view)
    except paths.NothingThere:
        return _MISSING


def _found(value: Any) -> str:
    return "it finds nothing, which" if value is _MISSING else text_of(value)
