"""The keys of the objects that Firehose writes: an evaluated prefix, then a suffix that cannot be changed.

Words
-----
expression
    ``!{timestamp:yyyy/MM/dd}`` (a pattern of Java's DateTimeFormatter; what stands in single quotes is taken as it is),
    ``!{firehose:error-output-type}`` or ``!{firehose:random-string}`` (11 characters, new for each).
suffix
    ``<stream>-<version>-<yyyy-MM-dd-HH-mm-ss>-<uuid><extension>``.

All times are those of the oldest record in the object. A prefix without a timestamp gets, at its end,
``!{timestamp:yyyy/MM/dd/HH/}``. An error prefix may be left out only if the prefix has no expressions; then failed
records go under the prefix, the error's type and the time.

Sources: Amazon Data Firehose Developer Guide, "Understand custom prefixes for Amazon S3 objects", "Configure Amazon S3
object name format" (read 2026-11). Of Java's letters the lab knows y, M, d, H, m, s and D; it refuses others, and the
namespaces of dynamic partitioning.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass

from moto.firehose.exceptions import InvalidArgumentException

from waterline.services.firehose import limits

FAILED = "processing-failed"
_EXPRESSION = re.compile(r"!\{([A-Za-z]+):([^}]*)\}")
_PIECE = re.compile(r"'([^']*)'|([A-Za-z])\2*|[^A-Za-z']+")
_HOURLY = "!{timestamp:yyyy/MM/dd/HH/}"
_LETTERS: dict[str, Callable[[dt.datetime], int]] = {
    "y": lambda at: at.year,
    "M": lambda at: at.month,
    "d": lambda at: at.day,
    "H": lambda at: at.hour,
    "m": lambda at: at.minute,
    "s": lambda at: at.second,
    "D": lambda at: int(at.strftime("%j")),
}


@dataclass(frozen=True)
class Prefixes:
    """The prefix of what was delivered, and of what failed, with their expressions."""

    good: str
    bad: str

    @classmethod
    def of(cls, prefix: str | None, error_prefix: str | None) -> Prefixes:
        """What a configuration says; raises what AWS answers to one that breaks its rules."""
        good, bad = prefix or "", error_prefix or ""
        for text in (good, bad):
            _check(text)
        if "firehose:error-output-type" in good:
            raise InvalidArgumentException("Prefix cannot contain !{firehose:error-output-type}")
        if _EXPRESSION.search(good) and not bad:
            raise InvalidArgumentException("ErrorOutputPrefix cannot be null or empty when Prefix contains expressions")
        if _EXPRESSION.search(bad) and "!{firehose:error-output-type}" not in bad:
            raise InvalidArgumentException(
                "ErrorOutputPrefix must contain at least one instance of !{firehose:error-output-type}"
            )
        if not bad:
            bad = f"{good}!{{firehose:error-output-type}}/{_HOURLY}"
        return cls(good if "!{timestamp:" in good else good + _HOURLY, bad)

    def evaluated(self, at: dt.datetime, random_string: Callable[[], str], *, failed: bool) -> str:
        """The prefix of an object whose oldest record came at `at`."""

        def value(found: re.Match[str]) -> str:
            namespace, what = found.groups()
            if namespace == "timestamp":
                return formatted(what, at)
            return FAILED if what == "error-output-type" else random_string()

        return _EXPRESSION.sub(value, self.bad if failed else self.good)[: limits.PREFIX]


def formatted(pattern: str, at: dt.datetime) -> str:
    """A date in a pattern of Java's DateTimeFormatter; ValueError for a letter that the lab does not know."""
    parts, end = [], 0
    for piece in _PIECE.finditer(pattern):
        if piece.start() != end:
            raise ValueError(f"{pattern!r} has a quote that does not end")
        end = piece.end()
        text, letter = piece[0], piece[2]
        if letter is None:
            parts.append((piece[1] or "'") if piece[1] is not None else text)
        elif letter not in _LETTERS:
            raise ValueError(f"the lab does not know the letter {letter} of {pattern!r}")
        elif letter == "y" and len(text) == 2:
            parts.append(f"{at.year % 100:02}")
        else:
            parts.append(f"{_LETTERS[letter](at):0{len(text)}}")
    if end != len(pattern):
        raise ValueError(f"{pattern!r} has a quote that does not end")
    return "".join(parts)


def suffix(stream: str, version: str, at: dt.datetime, uuid: str, extension: str) -> str:
    """What follows the prefix."""
    return f"{stream}-{version}-{at:%Y-%m-%d-%H-%M-%S}-{uuid}{extension}"


def _check(text: str) -> None:
    for namespace, what in _EXPRESSION.findall(text):
        known = namespace == "timestamp" or (namespace == "firehose" and what in ("error-output-type", "random-string"))
        if not known:
            raise InvalidArgumentException(f"The lab cannot evaluate !{{{namespace}:{what}}} in a prefix.")
        if namespace == "timestamp":
            try:
                formatted(what, dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
            except ValueError as error:
                raise InvalidArgumentException(f"!{{timestamp:{what}}} cannot be evaluated: {error}.") from error
    if "!{" in _EXPRESSION.sub("", text):
        raise InvalidArgumentException(
            "The sequence !{ can only appear in an expression of the form !{namespace:value}"
        )
