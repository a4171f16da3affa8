"""JSONata in a subscriber: the transformer, and the parameters of the target.

An expression stands between ``{%`` and ``%}`` and sees the event as ``$events``. It is parsed when the subscriber is
made and evaluated for every event that is delivered; one that throws, or a transformer's that comes to nothing, fails
the delivery.

Source: Amazon EventBridge User Guide, "Transforming events with JSONata" (read 2026-11). jsonata-python evaluates;
``$random()`` draws from the cloud's seed.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Mapping
from typing import Any

from waterline.services.delivery import NotTaken
from waterline.services.eventsv2.errors import InvalidInput
from waterline.services.jsonata_library import JException, Jsonata, deep

CUSTOMER_FAULT = "CUSTOMER_VALIDATION"
_EXPRESSION = re.compile(r"\s*\{%(.*)%\}\s*", re.DOTALL)


def is_expression(text: Any) -> bool:
    return isinstance(text, str) and _EXPRESSION.fullmatch(text) is not None


def check_expressions(value: Any, where: str) -> None:
    """Raise what is answered to an expression, somewhere in a value, that does not parse."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            check_expressions(key, where)
            check_expressions(inner, f"{where}.{key}")
    elif isinstance(value, list):
        for inner in value:
            check_expressions(inner, where)
    elif is_expression(value):
        try:
            with deep():
                Jsonata(_inside(value))
        except JException as error:
            raise InvalidInput(f"{where}: the JSONata expression cannot be parsed: {_said(error)}") from error


class Expressions:
    """Evaluates, for one subscriber."""

    def __init__(self, numbers: random.Random) -> None:
        self._numbers = numbers
        self._parsed: dict[str, Jsonata] = {}

    def value(self, template: Any, events: Mapping[str, Any]) -> Any:
        """A value, its expressions evaluated; None for what comes to nothing. Raises NotTaken for one that throws."""
        if isinstance(template, Mapping):
            return {str(self.value(key, events)): self.value(inner, events) for key, inner in template.items()}
        if isinstance(template, list):
            return [self.value(inner, events) for inner in template]
        return self._evaluated(template, events) if is_expression(template) else template

    def text(self, template: Any, events: Mapping[str, Any]) -> str | None:
        """A parameter that is a string."""
        value = self.value(template, events)
        return value if value is None or isinstance(value, str) else as_text(value)

    def _evaluated(self, text: str, events: Mapping[str, Any]) -> Any:
        expression = self._parsed.get(text)
        try:
            if expression is None:
                with deep():
                    expression = self._parsed[text] = Jsonata(_inside(text))
                draw: Callable[[], float] = self._numbers.random
                expression.register_lambda("random", draw)
            frame = expression.create_frame()
            frame.bind("events", events)
            with deep():
                return _plain(expression.evaluate(None, frame))
        except (JException, ArithmeticError, TypeError, ValueError) as error:
            raise NotTaken(CUSTOMER_FAULT, f"the expression {text} failed: {_said(error)}", retryable=True) from error


def as_text(value: Any) -> str:
    """JSON, as short as it can be written."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _plain(value: Any) -> Any:
    """What JSON can hold: JSONata's own kinds of lists become lists, whole numbers whole."""
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _inside(text: str) -> str:
    match = _EXPRESSION.fullmatch(text)
    assert match is not None
    return match[1]


def _said(error: BaseException) -> str:
    return " ".join(str(error).split())
