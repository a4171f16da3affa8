"""JSONPath: what a path finds, and where a reference path writes.

Words
-----
definite
    a path that can name one place only. It gives what is there, and finding nothing is an error. Any other path (with
    ``..``, ``*``, a slice, a filter) gives a list, which may be empty.
reference path
    a definite path to write to (``ResultPath``).

Definite paths are walked here; the others are left to jsonpath-ng. Source: AWS Step Functions Developer Guide,
"Processing input and output in Step Functions" (read 2026-11); Amazon States Language, "Paths".
"""

from __future__ import annotations

import copy
import re
from functools import lru_cache
from typing import Any

from jsonpath_ng.exceptions import JSONPathError
from jsonpath_ng.ext import parse

from waterline.services.states.errors import RESULT_PATH, StateError

_STEP = re.compile(
    r"""\.(?P<name>[^\s.\[\]()*?@,:'"]+)|\.?\[(?P<index>-?\d+)\]"""
    r"""|\.?\['(?P<quoted>(?:[^'\\]|\\.)*)'\]|\.?\["(?P<double>(?:[^"\\]|\\.)*)"\]"""
)
_LENGTH = ".length()"
Step = str | int


class NothingThere(LookupError):
    """A definite path leads nowhere."""


class OutOfRange(NothingThere):
    """A definite path leads past the end of an array; a template takes it for null."""


class NoPath(ValueError):
    """The text is no JSONPath."""


@lru_cache(maxsize=4096)
def steps(path: str) -> tuple[Step, ...] | None:
    """The steps of a definite path that begins with ``$``; None for a path that is not definite."""
    found: list[Step] = []
    at = 1
    while at < len(path):
        step = _STEP.match(path, at)
        if step is None:
            return None
        if step["index"] is not None:
            found.append(int(step["index"]))
        else:
            quoted = step["quoted"] if step["quoted"] is not None else step["double"]
            found.append(step["name"] if quoted is None else re.sub(r"\\(.)", r"\1", quoted))
        at = step.end()
    return tuple(found)


@lru_cache(maxsize=4096)
def _compiled(path: str) -> Any:
    # AWS writes && and ==, jsonpath-ng & and =.
    try:
        return parse(path.replace("&&", "&").replace("||", "|"))
    except (JSONPathError, AttributeError, TypeError, ValueError) as error:
        raise NoPath(f"{path} is no JSONPath: {' '.join(str(error).split())}") from error


def check(path: str) -> None:
    """Raise NoPath for what is no JSONPath; the path begins with ``$``."""
    if path.endswith(_LENGTH):
        path = path.removesuffix(_LENGTH)
    if steps(path) is None:
        _compiled(path)


def find(path: str, data: Any) -> Any:
    """What a path (beginning with ``$``) finds in `data`. Raises NothingThere, and NoPath for a path that is none."""
    if path.endswith(_LENGTH):
        found = find(path.removesuffix(_LENGTH), data)
        if not isinstance(found, list | dict | str):
            raise NothingThere(path)
        return len(found)
    walk = steps(path)
    if walk is None:
        try:
            return [match.value for match in _compiled(path).find(data)]
        except (JSONPathError, TypeError, ValueError, LookupError, AttributeError, re.error) as error:
            raise NoPath(f"{path} cannot be applied: {error}") from error
    for step in walk:
        try:
            if isinstance(step, int) != isinstance(data, list):
                raise NothingThere(path)
            data = data[step]
        except IndexError as error:
            raise OutOfRange(path) from error
        except (KeyError, TypeError) as error:
            raise NothingThere(path) from error
    return data


def put(path: str, data: Any, value: Any) -> Any:
    """A copy of `data` with `value` where a reference path points to; objects on the way are made.

    Raises StateError ``States.ResultPathMatchFailure`` where the path cannot be applied.
    """
    walk = steps(path)
    assert walk is not None, "the definition was checked"
    if not walk:
        return value
    whole = copy.deepcopy(data)
    here = whole
    for number, step in enumerate(walk):
        last = number + 1 == len(walk)
        fits = isinstance(here, list) and step < len(here) if isinstance(step, int) else isinstance(here, dict)
        if not fits:
            raise StateError(RESULT_PATH, f"Unable to apply step \"{step}\" to input of the path '{path}'")
        if last:
            here[step] = value
        else:
            if isinstance(step, str) and not isinstance(here.get(step), dict | list):
                here[step] = {}
            here = here[step]
    return whole
