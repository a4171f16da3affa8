"""Numbers as a person would say them: spans of virtual time, counts, enumerations.

A caption states a finding, so its numbers must be true as written: a span that is an upper bound is rounded up
(``longest``), any other to the nearest (``span``).
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

_SECOND = 1_000_000
_BEFORE_A_UNIT = re.compile(r"(?<=\d) (?=(?:ms|s|min|h|d)\b)")  # explore.js has the same
_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"))


def span(microseconds: int) -> str:
    """A span of virtual time in at most two units: ``0.3 s``, ``90 s``, ``15 min``, ``2 h 5 min``, ``3 d 4 h``."""
    return _in_units(microseconds / _SECOND, up=False)


def longest(microseconds: int) -> str:
    """A span of virtual time as an upper bound: rounded up, so that "within 3.2 s" is true."""
    return _in_units(microseconds / _SECOND, up=True)


def _in_units(seconds: float, up: bool) -> str:
    if seconds == 0:
        return "0 s"
    if seconds < 0.01:
        return "0.01 s" if up else f"{seconds * 1000:.1f} ms"
    if seconds < 120:
        digits = 2 if seconds < 1 else 1 if seconds < 10 else 0
        return f"{_whole(seconds * 10**digits, up) / 10**digits:g} s"
    number = next((n for n, (size, _) in enumerate(_UNITS) if seconds >= 2 * size), len(_UNITS) - 1)
    size, unit = _UNITS[number]
    smaller, small_unit = (*_UNITS, (1, "s"))[number + 1]
    large, small = divmod(_whole(seconds / smaller, up), size // smaller)
    return f"{large} {unit} {small} {small_unit}" if small else f"{large} {unit}"


def _whole(number: float, up: bool) -> int:
    # Rounded first: 3.2 s is a little more than 3.2 in binary, and must not become 3.3.
    return math.ceil(round(number, 4)) if up else round(number)


def unbroken(text: str) -> str:
    """The text with spaces that do not break between a number and its unit of time, for a page."""
    return _BEFORE_A_UNIT.sub("\u00a0", text)


def stamp(microseconds: int) -> str:
    """An instant on the time axis, exact and short: ``0 s``, ``0.5 s``, ``3 min 2 s``, ``1 d 2 h``."""
    seconds, rest = divmod(microseconds, _SECOND)
    parts = []
    for size, unit in _UNITS:
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count} {unit}")
    if seconds or rest or not parts:
        parts.append(f"{seconds + rest / _SECOND:.6f}".rstrip("0").rstrip(".") + " s")
    return " ".join(parts)


def plural(noun: str) -> str:
    """The plural of a regular English noun: message, batch, query."""
    if noun.endswith(("s", "x", "ch", "sh")):
        return noun + "es"
    if noun.endswith("y") and noun[-2:-1] not in "aeiou":
        return noun[:-1] + "ies"
    return noun + "s"


def count(number: int, noun: str) -> str:
    """``1 message``, ``2 messages``, ``1,200 messages``."""
    return f"{number:,} {noun if number == 1 else plural(noun)}"


def times(number: int) -> str:
    """``once``, ``twice``, ``3 times``."""
    return {1: "once", 2: "twice"}.get(number, f"{number:,} times")


def listed(items: Sequence[str], conjunction: str = "and") -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} {conjunction} {items[-1]}"
