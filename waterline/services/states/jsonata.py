"""JSONata states: expressions between ``{%`` and ``%}``, wherever a string may stand.

``$states`` holds input, result, errorOutput and context; variables are there by their names. Step Functions adds
``$partition``, ``$range``, ``$hash``, ``$random``, ``$uuid`` and ``$parse``, and takes ``$eval`` away. What is random
comes from the cloud's seed, and ``$now()`` is the cloud's date. An expression must give something: one that finds
nothing is an error, ``States.QueryEvaluationError``.

Source: AWS Step Functions Developer Guide, "Transforming data with JSONata in Step Functions" (read 2026-11).
"""

from __future__ import annotations

import json
import random
from functools import lru_cache
from typing import Any

from waterline.services.jsonata_library import JException, Jsonata, Utils, deep
from waterline.services.states import intrinsics
from waterline.services.states.errors import QUERY_EVALUATION, StateError
from waterline.services.states.scope import View

_DEEPEST = 250
_EXACT = 1 << 53


def is_expression(value: Any) -> bool:
    """Whether a string of a JSONata state is evaluated."""
    return isinstance(value, str) and value.startswith("{%") and value.endswith("%}") and len(value) >= 4


def check(text: str) -> None:
    """Raise ValueError, in one sentence, for what is no JSONata."""
    try:
        with deep():
            _compiled(text)
    except (JException, RecursionError) as error:
        raise ValueError(f"'{text}' is no valid JSONata: {' '.join(str(error).split())}") from error


def expressions(template: Any, location: str) -> list[tuple[str, str]]:
    """The expressions of a template, each with where it stands."""
    if is_expression(template):
        return [(location, template)]
    found: list[tuple[str, str]] = []
    if isinstance(template, dict):
        for key, item in template.items():
            found += expressions(item, f"{location}/{key}")
    elif isinstance(template, list):
        for number, item in enumerate(template):
            found += expressions(item, f"{location}[{number}]")
    return found


def filled(name: str, template: Any, view: View) -> Any:
    """The value of a template; `name` is the field's that holds it."""
    if is_expression(template):
        return _evaluated(name, template[2:-2].strip(), view)
    if isinstance(template, dict):
        return {key: filled(f"{name}/{key}", item, view) for key, item in template.items()}
    if isinstance(template, list):
        return [filled(f"{name}[{number}]", item, view) for number, item in enumerate(template)]
    return template


@lru_cache(maxsize=1024)
def _compiled(expression: str) -> Jsonata:
    compiled = Jsonata(expression)
    compiled.output_convert_nulls = False
    if compiled.errors:
        raise JException("S0500", 0)
    return compiled


def _evaluated(name: str, expression: str, view: View) -> Any:
    said = f"The JSONata expression '{expression}' specified for the field '{name}'"
    try:
        with deep():
            compiled = _compiled(expression)
        frame = compiled.create_frame()
        frame.set_runtime_bounds(None, _DEEPEST)
        for key, function in _functions(view).items():
            frame.bind(key, Jsonata.JLambda(function))
        for key, known in {**view.variables, "states": {**view.states, "context": view.context}}.items():
            frame.bind(key, Utils.NULL_VALUE if known is None else known)
        with deep():
            found = compiled.evaluate(None, frame)
    except (JException, ValueError, TypeError, ArithmeticError, RecursionError, IndexError, LookupError) as error:
        code = getattr(error, "error", None)
        told = f"{code}: {error}" if isinstance(code, str) and " " not in code else str(error)
        raise StateError(QUERY_EVALUATION, f"{said} threw an error during evaluation. {told}", location=name) from error
    if found is None:
        raise StateError(QUERY_EVALUATION, f"{said} returned nothing (undefined).", location=name)
    try:
        return plain(found)
    except TypeError as error:
        raise StateError(
            QUERY_EVALUATION, f"{said} returned an unsupported result type: {error}.", location=name
        ) from error


def plain(value: Any) -> Any:
    """JSON values only: JSONata's sequences become lists, and whole numbers integers, as JSON writes them."""
    if value is None or value is Utils.NULL_VALUE:
        return None
    if isinstance(value, bool | str | int):
        return value
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) < _EXACT else value
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | range):
        return [plain(item) for item in value]
    raise TypeError("a function")


def _functions(view: View) -> dict[str, Any]:
    ground = view.ground

    def drawn(seed: Any = None) -> float:
        return (ground.random("$random") if seed is None else random.Random(str(seed))).random()

    def refused(*_: Any) -> None:
        raise ValueError("$eval is not supported: use $parse")

    return {
        "partition": lambda array, size: intrinsics.FUNCTIONS["ArrayPartition"](plain(array), size),
        "range": intrinsics.arrange,
        "hash": lambda data, algorithm="SHA-256": intrinsics.hashed(plain(data), algorithm),
        "random": drawn,
        "uuid": lambda: ground.identifier("$uuid"),
        "parse": lambda text: json.loads(text),
        "eval": refused,
    }
