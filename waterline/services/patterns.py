"""Event patterns: which JSON documents a filter or a rule wants.

Words
-----
pattern
    a JSON object of the shape of the documents that it wants; its leaves are lists of what a field may be. All fields
    must match, and of each list one entry.
match type
    an entry that is an object with one key, such as ``{"prefix": "eu-"}``. Which of them a service knows is the
    caller's to say: :data:`ALL` of EventBridge, or fewer.
field
    a leaf of a document, under the path of its keys joined with dots. Arrays add nothing to the path: their elements
    are values of the same field.

Sources: Amazon EventBridge User Guide, "Creating Amazon EventBridge event patterns" and "Comparison operators for use
in event patterns" (read 2026-11), and the README of Event Ruler (github.com/aws/event-ruler), AWS's own matcher: two
fields that stand in different elements of one array never match together; ``exists`` looks at leaves only; keys with
dots and nested keys are the same path; ``$or`` is a match type only over two or more objects none of which begins with
the name of a match type. As the guides say, a number in a list is compared as it is written (``300`` is not ``300.0``),
``numeric`` by value and with 15 digits.

No library does this on all the platforms that the lab runs on, and moto's matcher cannot be mended: it loses the
elements of arrays before it looks at them. More than a thousand combinations of ``$or`` are refused.
"""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeAlias

_MOST_ALTERNATIVES = 1_000
_LARGEST_NUMBER = Decimal("5e9")
_COMPARISONS: Mapping[str, Callable[[Decimal, Decimal], bool]] = {
    "=": lambda value, bound: value == bound,
    "<": lambda value, bound: value < bound,
    "<=": lambda value, bound: value <= bound,
    ">": lambda value, bound: value > bound,
    ">=": lambda value, bound: value >= bound,
}

Test: TypeAlias = Callable[[Any], bool]


class InvalidPattern(ValueError):
    """What is wrong with a pattern, in one sentence."""


@dataclass(frozen=True)
class Number:
    """A number as it was written."""

    text: str

    @property
    def value(self) -> Decimal:
        return Decimal(self.text)


def parsed(text: str | bytes) -> Any:
    """JSON with its numbers as they were written. Raises ValueError for what is no JSON."""
    return json.loads(text, parse_int=Number, parse_float=Number, parse_constant=_no_constant)


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


# -- a document --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Field:
    """A leaf. `elements`: of each array on the way to it, which element."""

    value: Any
    elements: Mapping[tuple[str, ...], int]


class Document:
    """A JSON document in the form in which patterns look at it. Numbers: as of :func:`parsed`, or Python's own."""

    def __init__(self, content: Mapping[str, Any]) -> None:
        self._fields: dict[str, list[_Field]] = {}
        self._add("", content, {}, ())

    def fields(self, path: str) -> list[_Field]:
        return self._fields.get(path, [])

    def _add(self, path: str, value: Any, elements: Mapping[tuple[str, ...], int], where: tuple[str, ...]) -> None:
        if isinstance(value, Mapping):
            for key, inner in value.items():
                self._add(f"{path}.{key}" if path else key, inner, elements, (*where, key))
        elif isinstance(value, list | tuple):
            for index, inner in enumerate(value):
                holds_more = isinstance(inner, Mapping | list | tuple)
                inside = {**elements, where: index} if holds_more else elements
                self._add(path, inner, inside, (*where, str(index)) if holds_more else where)
        else:
            if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
                value = Number(json.dumps(value) if isinstance(value, int | float) else str(value))
            self._fields.setdefault(path, []).append(_Field(value, elements))


# -- a pattern ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Condition:
    """What one field must be. `absent`: it may also not be there."""

    path: str
    tests: tuple[Test, ...]
    absent: bool = False


@dataclass(frozen=True)
class Alternative:
    """Conditions of which all must hold: a pattern without ``$or``."""

    conditions: tuple[_Condition, ...]

    @property
    def paths(self) -> frozenset[str]:
        return frozenset(condition.path for condition in self.conditions)

    def wants(self, document: Document) -> bool:
        return self._match(document, 0, {})

    def _match(self, document: Document, index: int, chosen: Mapping[tuple[str, ...], int]) -> bool:
        """Whether the conditions from `index` on hold of fields in the chosen elements of arrays."""
        if index == len(self.conditions):
            return True
        condition = self.conditions[index]
        fields = document.fields(condition.path)
        if condition.absent and not fields:
            return self._match(document, index + 1, chosen)
        return any(
            all(chosen.get(array, element) == element for array, element in field.elements.items())
            and any(test(field.value) for test in condition.tests)
            and self._match(document, index + 1, {**chosen, **field.elements})
            for field in fields
        )


@dataclass(frozen=True)
class Pattern:
    """A pattern that is known to be valid."""

    alternatives: tuple[Alternative, ...]

    def wants(self, document: Document | Mapping[str, Any]) -> bool:
        """Whether a document matches."""
        seen = document if isinstance(document, Document) else Document(document)
        return any(alternative.wants(seen) for alternative in self.alternatives)


def compiled(pattern: str | Mapping[str, Any], match_types: frozenset[str] | None = None) -> Pattern:
    """Make a pattern of JSON text, or of the object that it stands for.

    `match_types`: the only ones that may be used, of :data:`ALL`. Raises InvalidPattern.
    """
    try:
        content = parsed(pattern if isinstance(pattern, str) else json.dumps(pattern))
    except ValueError as error:
        raise InvalidPattern("it is no JSON") from error
    if not isinstance(content, dict):
        raise InvalidPattern("it must be an object")
    if not content:
        raise InvalidPattern("it is empty")
    known = ALL if match_types is None else match_types & ALL
    return Pattern(tuple(Alternative(tuple(conditions)) for conditions in _alternatives(content, "", known)))


def _alternatives(content: Mapping[str, Any], prefix: str, known: frozenset[str]) -> list[list[_Condition]]:
    """The combinations of what a pattern asks for, one for each choice of an entry of each ``$or``."""
    found: list[list[_Condition]] = [[]]
    for key, value in content.items():
        path = f"{prefix}.{key}" if prefix else key
        if key == "$or" and _is_or(value):
            choices = [choice for branch in value for choice in _alternatives(branch, prefix, known)]
        elif isinstance(value, dict):
            if not value:
                raise InvalidPattern(f"'{path}' is an empty object")
            choices = _alternatives(value, path, known)
        elif isinstance(value, list):
            choices = [[_condition(path, value, known)]]
        else:
            raise InvalidPattern(f"'{path}' must be an object or an array")
        if len(found) * len(choices) > _MOST_ALTERNATIVES:
            raise InvalidPattern(f"it has more than {_MOST_ALTERNATIVES:,} combinations of $or")
        found = [[*before, *choice] for before in found for choice in choices]
    return found


def _is_or(value: Any) -> bool:
    return (
        isinstance(value, list)
        and len(value) > 1
        and all(isinstance(branch, dict) and branch and not ALL & branch.keys() for branch in value)
    )


def _condition(path: str, entries: list[Any], known: frozenset[str]) -> _Condition:
    if not entries:
        raise InvalidPattern(f"'{path}' is an empty array")
    tests: list[Test] = []
    absent = False
    for entry in entries:
        if isinstance(entry, list):
            raise InvalidPattern(f"'{path}' has an array in its array")
        if not isinstance(entry, dict):
            tests.append(_is(entry))
            continue
        if len(entry) != 1:
            raise InvalidPattern(f"'{path}' must have one match type in each object")
        ((name, operand),) = entry.items()
        if name not in known:
            raise InvalidPattern(f"'{path}' has the unknown match type {name}")
        if name == "exists" and operand is False:
            absent = True
        else:
            tests.append(_MATCH_TYPES[name](path, operand))
    return _Condition(path, tuple(tests), absent)


# -- match types -------------------------------------------------------------------------------------------------------


def _is(wanted: Any) -> Test:
    return lambda value: type(value) is type(wanted) and bool(value == wanted)


def _text(path: str, name: str, operand: Any, *, empty: bool = True) -> str:
    if not isinstance(operand, str) or (not operand and not empty):
        raise InvalidPattern(f"'{path}': {name} takes a string")
    return operand


def _begins(path: str, operand: Any) -> Test:
    if isinstance(operand, dict) and operand.keys() == {"equals-ignore-case"}:
        start = _text(path, "prefix", operand["equals-ignore-case"]).casefold()
        return lambda value: isinstance(value, str) and value.casefold().startswith(start)
    start = _text(path, "prefix", operand)
    return lambda value: isinstance(value, str) and value.startswith(start)


def _ends(path: str, operand: Any) -> Test:
    if isinstance(operand, dict) and operand.keys() == {"equals-ignore-case"}:
        end = _text(path, "suffix", operand["equals-ignore-case"]).casefold()
        return lambda value: isinstance(value, str) and value.casefold().endswith(end)
    end = _text(path, "suffix", operand)
    return lambda value: isinstance(value, str) and value.endswith(end)


def _equals_ignore_case(path: str, operand: Any) -> Test:
    wanted = _text(path, "equals-ignore-case", operand).casefold()
    return lambda value: isinstance(value, str) and value.casefold() == wanted


def _wildcard(path: str, operand: Any) -> Test:
    text = _text(path, "wildcard", operand, empty=False)
    if re.search(r"(?<!\\)(?:\\\\)*\*\*", text):
        raise InvalidPattern(f"'{path}': wildcard has two asterisks in a row")
    if re.search(r"(?:^|[^\\])(?:\\\\)*\\(?![\\*])", text):
        raise InvalidPattern(f"'{path}': wildcard may escape only an asterisk or a backslash")
    parts = re.findall(r"\\[\\*]|\*|[^\\*]+", text)
    expression = "".join(".*" if part == "*" else re.escape(re.sub(r"^\\(.)$", r"\1", part)) for part in parts)
    form = re.compile(expression, re.DOTALL)
    return lambda value: isinstance(value, str) and form.fullmatch(value) is not None


def _numeric(path: str, operand: Any) -> Test:
    if not isinstance(operand, list) or not operand or len(operand) % 2:
        raise InvalidPattern(f"'{path}': numeric takes comparisons and numbers in turn")
    pairs = list(zip(operand[::2], operand[1::2], strict=True))
    for comparison, bound in pairs:
        if not isinstance(comparison, str) or comparison not in _COMPARISONS:
            raise InvalidPattern(f"'{path}': numeric has the unknown comparison {comparison}")
        if not isinstance(bound, Number) or abs(bound.value) > _LARGEST_NUMBER:
            raise InvalidPattern(f"'{path}': numeric takes numbers between -5.0e9 and 5.0e9")
    directions = "".join(comparison[0] for comparison, _ in pairs)
    if directions not in {"=", "<", ">", "<>", "><"}:
        raise InvalidPattern(f"'{path}': numeric takes one number, or a lower and an upper bound")
    if len(pairs) == 2:
        low, high = sorted(pairs, key=lambda pair: pair[0][0] == "<")
        if low[1].value >= high[1].value:
            raise InvalidPattern(f"'{path}': numeric has a lower bound that is not below the upper one")
    tests = [(_COMPARISONS[comparison], _rounded(bound.value)) for comparison, bound in pairs]
    return lambda value: (
        isinstance(value, Number)
        and abs(value.value) <= _LARGEST_NUMBER
        and all(holds(_rounded(value.value), bound) for holds, bound in tests)
    )


def _rounded(number: Decimal) -> Decimal:
    return number.quantize(Decimal("0.000001"))


def _anything_but(path: str, operand: Any) -> Test:
    if isinstance(operand, dict):
        if len(operand) != 1 or not operand.keys() <= _IN_ANYTHING_BUT:
            raise InvalidPattern(f"'{path}': anything-but takes no such match type")
        ((name, inner),) = operand.items()
        unwanted = [_MATCH_TYPES[name](path, one) for one in (inner if isinstance(inner, list) else [inner])]
    else:
        entries = operand if isinstance(operand, list) else [operand]
        kinds = {type(entry) for entry in entries}
        if not (entries and (kinds == {str} or kinds == {Number})):
            raise InvalidPattern(f"'{path}': anything-but takes strings, or numbers, and not both")
        unwanted = [_is(entry) for entry in entries]
    if not unwanted:
        raise InvalidPattern(f"'{path}': anything-but takes at least one value")
    return lambda value: not any(test(value) for test in unwanted)


def _exists(path: str, operand: Any) -> Test:
    if operand is not True:
        raise InvalidPattern(f"'{path}': exists takes true or false")
    return lambda _value: True


def _cidr(path: str, operand: Any) -> Test:
    try:
        network = ipaddress.ip_network(_text(path, "cidr", operand), strict=False)
    except ValueError as error:
        raise InvalidPattern(f"'{path}': cidr takes a block of addresses such as 10.0.0.0/24") from error

    def inside(value: Any) -> bool:
        try:
            return isinstance(value, str) and ipaddress.ip_address(value) in network
        except ValueError:
            return False

    return inside


_MATCH_TYPES: Mapping[str, Callable[[str, Any], Test]] = {
    "prefix": _begins,
    "suffix": _ends,
    "equals-ignore-case": _equals_ignore_case,
    "wildcard": _wildcard,
    "numeric": _numeric,
    "anything-but": _anything_but,
    "exists": _exists,
    "cidr": _cidr,
}
_IN_ANYTHING_BUT = frozenset({"prefix", "suffix", "equals-ignore-case", "wildcard"})
ALL = frozenset(_MATCH_TYPES)
