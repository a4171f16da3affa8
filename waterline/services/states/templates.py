"""JSONPath states: what a path, a field or a payload template gives.

A template is any JSON value; a member whose name ends with ``.$`` has a path or an intrinsic function as its value.
``$`` is the data at hand, ``$$`` the context object, ``$name`` a variable.

Source: AWS Step Functions Developer Guide, "Manipulate parameters in Step Functions workflows" (read 2026-11).
"""

from __future__ import annotations

import re
from typing import Any

from waterline.services.states import intrinsics, paths
from waterline.services.states.errors import INTRINSIC_FAILURE, RUNTIME, StateError
from waterline.services.states.intrinsics import text_of
from waterline.services.states.scope import View

_VARIABLE = re.compile(r"\$([A-Za-z_][A-Za-z0-9_]*)")


def read(path: str, view: View) -> Any:
    """What a path finds. Raises NothingThere."""
    if path.startswith("$$"):
        return paths.find(path[1:], view.context)
    variable = _VARIABLE.match(path)
    if variable is None:
        return paths.find(path, view.data)
    if variable[1] not in view.variables:
        raise paths.NothingThere(path)
    return paths.find("$" + path[variable.end() :], view.variables[variable[1]])


def field(name: str, path: str, view: View) -> Any:
    """What a state's field that holds a path (``InputPath``, ``SecondsPath``) finds; it must find something."""
    try:
        return value(path, view)
    except paths.NothingThere as error:
        raise StateError(RUNTIME, _not_found(path, name, view.data)) from error
    except paths.NoPath as error:
        raise StateError(RUNTIME, str(error)) from error


def value(text: str, view: View) -> Any:
    """A path's or an intrinsic function's value."""
    if not text.startswith("States."):
        return read(text, view)
    try:
        node = intrinsics.parsed(text)
    except intrinsics.BadIntrinsic as error:
        raise StateError(INTRINSIC_FAILURE, str(error)) from error

    def argument(path: str) -> Any:
        try:
            return read(path, view)
        except paths.NothingThere as error:
            missing = f"The JsonPath argument for the field '{path}' could not be found in the input"
            raise StateError(
                RUNTIME, f"The function '{text}' had the following error: {missing} '{text_of(view.data)}'"
            ) from error

    return intrinsics.evaluate(node, view.ground, argument)


def filled(name: str, template: Any, view: View) -> Any:
    """The value of a payload template; `name` is the field's that holds it."""
    if isinstance(template, list):
        return [filled(name, item, view) for item in template]
    if not isinstance(template, dict):
        return template
    made: dict[str, Any] = {}
    for key, item in template.items():
        if key.endswith(".$"):
            made[key.removesuffix(".$")] = _parameter(key, item, view)
        else:
            made[key] = filled(name, item, view)
    return made


def _parameter(key: str, text: Any, view: View) -> Any:
    try:
        return value(str(text), view)
    except paths.OutOfRange:
        return None
    except paths.NothingThere as error:
        raise StateError(RUNTIME, _not_found(str(error), key, view.data)) from error
    except paths.NoPath as error:
        raise StateError(RUNTIME, str(error)) from error


def _not_found(path: str, name: str, data: Any) -> str:
    return f"The JSONPath '{path}' specified for the field '{name}' could not be found in the input '{text_of(data)}'"


def expressions(template: Any, location: str) -> list[tuple[str, str]]:
    """The paths and calls of a template, each with where it stands."""
    found: list[tuple[str, str]] = []
    if isinstance(template, dict):
        for key, item in template.items():
            if key.endswith(".$"):
                found.append((f"{location}/{key}", item))
            else:
                found += expressions(item, f"{location}/{key}")
    elif isinstance(template, list):
        for number, item in enumerate(template):
            found += expressions(item, f"{location}[{number}]")
    return found


def check(text: Any) -> None:
    """Raise ValueError, in one sentence, for what is neither a path nor a call."""
    if not isinstance(text, str):
        raise ValueError("The value must be a string: a JSONPath or an intrinsic function")
    if text.startswith("States."):
        _check_node(intrinsics.parsed(text))
    elif text.startswith("$"):
        check_path(text)
    else:
        raise ValueError("The value must be a valid JSONPath or a valid intrinsic function call")


def check_path(path: Any) -> None:
    """Raise ValueError for what is no path."""
    if not isinstance(path, str) or not path.startswith("$"):
        raise ValueError("Value is not a valid JSONPath")
    variable = _VARIABLE.match(path)
    paths.check("$" + path[variable.end() :] if variable else path[1:] if path.startswith("$$") else path)


def _check_node(node: Any) -> None:
    if node[0] == "path":
        check_path(node[1])
    elif node[0] == "call":
        for argument in node[2]:
            _check_node(argument)
