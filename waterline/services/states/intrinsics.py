"""Intrinsic functions: ``States.Format('Order {}', $.id)``, their grammar and what each of them does.

Source: AWS Step Functions Developer Guide, "Intrinsic functions for JSONPath states in Step Functions" (read 2026-11),
with its limits: 10,000 characters for Base64 and hashes, 1,000 items for a range. Random numbers and UUIDs come from
the cloud's seed.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import math
import random
import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, Final, TypeAlias

from waterline.facts import facts
from waterline.ground import Ground
from waterline.services.states.errors import INTRINSIC_FAILURE, StateError

RANGE_MAX: Final = facts["sfn.intrinsic_range_max"].count
TEXT_MAX: Final = facts["sfn.intrinsic_text_max"].count
_HASHES = {"MD5": "md5", "SHA-1": "sha1", "SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512"}
_NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d+)?")
_NAME = re.compile(r"States\.([A-Za-z0-9]+)\(")
_MASK = (1 << 31) - 1

Node: TypeAlias = tuple[str, Any] | tuple[str, Any, tuple[Any, ...]]
"""``("value", v)``, ``("path", text)`` or ``("call", name, arguments)``."""


class BadIntrinsic(ValueError):
    """The text is no call of an intrinsic function."""


@lru_cache(maxsize=1024)
def parsed(text: str) -> Node:
    """The tree of a call. Raises BadIntrinsic."""
    node, end = _call(text, 0)
    if text[end:].strip():
        raise BadIntrinsic(f"{text}: there is more after the call")
    return node


def evaluate(node: Node, ground: Ground, read: Callable[[str], Any]) -> Any:
    """The value of a call; `read` finds what a path means. Raises StateError ``States.IntrinsicFailure``."""
    if node[0] == "value":
        return node[1]
    if node[0] == "path":
        return read(node[1])
    name, arguments = node[1], [evaluate(argument, ground, read) for argument in node[2]]  # type: ignore[misc]
    if name == "UUID":
        _expect(name, arguments, 0)
        return ground.identifier("States.UUID")
    if name == "MathRandom":
        return _math_random(arguments, ground)
    try:
        return FUNCTIONS[name](*arguments)
    except (TypeError, ValueError, IndexError, binascii.Error, UnicodeDecodeError) as error:
        raise StateError(INTRINSIC_FAILURE, f"States.{name} failed: {error}") from error


# -- the grammar -----------------------------------------------------------------------------------------------------


def _call(text: str, at: int) -> tuple[Node, int]:
    begin = _NAME.match(text, at)
    if begin is None or (begin[1] not in FUNCTIONS and begin[1] not in ("UUID", "MathRandom")):
        raise BadIntrinsic(f"{text[at:]} is no intrinsic function")
    at, arguments = _spaces(text, begin.end()), []
    while not text.startswith(")", at):
        argument, at = _argument(text, at)
        arguments.append(argument)
        at = _spaces(text, at)
        if text.startswith(",", at):
            at = _spaces(text, at + 1)
            if text.startswith(")", at):
                raise BadIntrinsic(f"{text}: an argument is missing")
        elif not text.startswith(")", at):
            raise BadIntrinsic(f"{text}: a comma or a closing parenthesis is missing")
    return ("call", begin[1], tuple(arguments)), at + 1


def _argument(text: str, at: int) -> tuple[Node, int]:
    if text.startswith("States.", at):
        return _call(text, at)
    if text.startswith("$", at):
        end = _end_of_path(text, at)
        return ("path", text[at:end].strip()), end
    if text.startswith("'", at):
        return _string(text, at + 1)
    for word, value in (("true", True), ("false", False), ("null", None)):
        if text.startswith(word, at):
            return ("value", value), at + len(word)
    number = _NUMBER.match(text, at)
    if number is None:
        raise BadIntrinsic(f"{text}: {text[at:]} is no argument")
    return ("value", json.loads(number[0])), number.end()


def _string(text: str, at: int) -> tuple[Node, int]:
    """A string keeps ``\\{`` and ``\\}``, which are for Format."""
    found = []
    while at < len(text) and text[at] != "'":
        if text[at] == "\\":
            if at + 1 >= len(text):
                break
            found.append(text[at + 1] if text[at + 1] in "'\\" else text[at : at + 2])
            at += 2
        else:
            found.append(text[at])
            at += 1
    if at >= len(text):
        raise BadIntrinsic(f"{text}: a string does not end")
    return ("value", "".join(found)), at + 1


def _end_of_path(text: str, at: int) -> int:
    depth, quote = 0, ""
    while at < len(text):
        sign = text[at]
        if quote:
            quote = "" if sign == quote else quote
        elif sign in "'\"":
            quote = sign
        elif sign in "([":
            depth += 1
        elif depth and sign in ")]":
            depth -= 1
        elif sign in ",)" and not depth:
            return at
        at += 1
    raise BadIntrinsic(f"{text}: the call does not end")


def _spaces(text: str, at: int) -> int:
    while text[at : at + 1].isspace():
        at += 1
    return at


# -- the functions ---------------------------------------------------------------------------------------------------


def _expect(name: str, arguments: Sequence[Any], *counts: int) -> None:
    if len(arguments) not in counts:
        raise StateError(INTRINSIC_FAILURE, f"States.{name} does not take {len(arguments)} arguments")


def _typed(value: Any, *kinds: type) -> Any:
    if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
        raise TypeError(f"{json.dumps(value)} is of the wrong type")
    return value


def _short(text: Any) -> str:
    if len(_typed(text, str)) > TEXT_MAX:
        raise ValueError(f"the text is longer than {TEXT_MAX:,} characters")
    return str(text)


def text_of(value: Any) -> str:
    """A value as JSON text without spaces."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _format(template: Any, *values: Any) -> str:
    found, left = [], list(values)
    parts = re.split(r"(\\.|\{\})", _typed(template, str))
    for part in parts:
        if part == "{}":
            if not left:
                raise ValueError("there are more places than arguments")
            value = left.pop(0)
            found.append(value if isinstance(value, str) else text_of(value))
        else:
            found.append(part[1:] if part.startswith("\\") and part[1:] in "{}'\\" else part)
    if left:
        raise ValueError("there are more arguments than places")
    return "".join(found)


def _partition(array: Any, size: Any) -> list[Any]:
    if _typed(size, int) < 1:
        raise ValueError("a part has at least one item")
    return [array[at : at + size] for at in range(0, len(_typed(array, list)), size)]


def arrange(first: Any, last: Any, step: Any) -> list[int]:
    """``States.ArrayRange``: from `first` to `last`, both among them."""
    first, last, step = (round(_typed(number, int, float)) for number in (first, last, step))
    if step == 0:
        raise ValueError("the step is zero")
    numbers = range(first, last + (1 if step > 0 else -1), step)
    if len(numbers) > RANGE_MAX:
        raise ValueError(f"a range has at most {RANGE_MAX:,} items")
    return list(numbers)


def _item(array: Any, index: Any) -> Any:
    if not 0 <= _typed(index, int) < len(_typed(array, list)):
        raise IndexError("the index is out of range")
    return array[index]


def _unique(array: Any) -> list[Any]:
    first: dict[str, Any] = {}
    for item in _typed(array, list):
        first.setdefault(json.dumps(item, sort_keys=True), item)
    return list(first.values())


def hashed(data: Any, algorithm: Any) -> str:
    """``States.Hash``, in hexadecimal."""
    if algorithm not in _HASHES:
        raise ValueError(f"{algorithm} is none of {', '.join(_HASHES)}")
    text = data if isinstance(data, str) else text_of(data)
    return hashlib.new(_HASHES[algorithm], _short(text).encode()).hexdigest()


def _merge(one: Any, other: Any, deep: Any) -> dict[str, Any]:
    if deep is not False:
        raise ValueError("only the shallow merging is supported, so the third argument is false")
    return {**_typed(one, dict), **_typed(other, dict)}


def _add(one: Any, other: Any) -> int:
    return sum(math.floor(_typed(number, int, float) + 0.5) for number in (one, other))


def _math_random(arguments: Sequence[Any], ground: Ground) -> int:
    _expect("MathRandom", arguments, 2, 3)
    try:
        first, last = (round(_typed(number, int, float)) for number in arguments[:2])
        if last <= first:
            raise ValueError("the end is not after the start")
        if len(arguments) == 3:
            return random.Random(int(_typed(arguments[2], int)) & _MASK).randrange(first, last)
    except (TypeError, ValueError) as error:
        raise StateError(INTRINSIC_FAILURE, f"States.MathRandom failed: {error}") from error
    return ground.random("States.MathRandom").randrange(first, last)


def _length(array: Any) -> int:
    return len(_typed(array, list))


def _contains(array: Any, value: Any) -> bool:
    key = json.dumps(value, sort_keys=True)
    return any(json.dumps(item, sort_keys=True) == key for item in _typed(array, list))


def _split(text: Any, delimiters: Any) -> list[str]:
    parts = re.split("|".join(map(re.escape, _typed(delimiters, str))) or "$^", _typed(text, str))
    return [part for part in parts if part]


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "Format": _format,
    "StringToJson": lambda text: json.loads(_typed(text, str)),
    "JsonToString": lambda value: text_of(value),
    "Array": lambda *values: list(values),
    "ArrayPartition": _partition,
    "ArrayContains": _contains,
    "ArrayRange": arrange,
    "ArrayGetItem": _item,
    "ArrayLength": _length,
    "ArrayUnique": _unique,
    "Base64Encode": lambda text: base64.b64encode(_short(text).encode()).decode(),
    "Base64Decode": lambda text: base64.b64decode(_short(text), validate=True).decode(),
    "Hash": hashed,
    "JsonMerge": _merge,
    "MathAdd": _add,
    "StringSplit": _split,
}
