"""The parameters of a template: what was given, what is the default, and what is refused.

Every parameter has a value before anything else is looked at. ``Ref`` gives text, and a list for ``CommaDelimitedList``
and ``List<...>``. A parameter of a type ``AWS::SSM::Parameter::Value<...>`` names a parameter of Systems Manager in
this cloud. Source: AWS CloudFormation User Guide, "CloudFormation template Parameters syntax" (read 2026-11).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from waterline.templates.document import Document
from waterline.templates.mistakes import TemplateRefused

_SSM = re.compile(r"AWS::SSM::Parameter::Value<(.+)>")


def parameter_values(
    document: Document, given: Mapping[str, Any], stored: Callable[[str], str | None]
) -> dict[str, str | list[str]]:
    """The value of each parameter. `stored` looks a parameter of Systems Manager up. Raises TemplateRefused."""
    declared: dict[str, dict[str, Any]] = document.body.get("Parameters") or {}
    unknown = [name for name in given if name not in declared]
    if unknown:
        there = ", ".join(declared) or "none"
        raise TemplateRefused(f"{document.name} has no parameter {unknown[0]}; its parameters: {there}.")
    missing = [name for name, one in declared.items() if name not in given and "Default" not in one]
    if missing:
        example = "{" + ", ".join(f"{name!r}: ..." for name in missing) + "}"
        raise TemplateRefused(
            f"{document.name} needs a value for {' and '.join(missing)}: deploy_template(..., parameters={example})."
        )
    return {name: _value(name, one, given.get(name, one.get("Default")), stored) for name, one in declared.items()}


def _value(name: str, declared: dict[str, Any], given: Any, stored: Callable[[str], str | None]) -> str | list[str]:
    kind = str(declared.get("Type", "String"))
    text = _text(given)
    from_store = _SSM.fullmatch(kind)
    if from_store:
        kind, found = from_store[1], stored(text)
        if found is None:
            raise TemplateRefused(
                f"The parameter {name} names {text} in Systems Manager, and this cloud has no such parameter: "
                "put it there with put_parameter first."
            )
        text = found
    is_list = kind == "CommaDelimitedList" or kind.startswith("List<")
    parts = [part.strip() for part in text.split(",")] if is_list else [text]
    for part in parts:
        _check(name, declared, "Number" if kind in ("Number", "List<Number>") else "String", part)
    return parts if is_list else text


def _check(name: str, declared: dict[str, Any], kind: str, value: str) -> None:
    allowed = declared.get("AllowedValues")
    if allowed is not None and value not in [_text(one) for one in allowed]:
        choices = ", ".join(_text(one) for one in allowed)
        raise TemplateRefused(f"The parameter {name} is {value!r}, and must be one of: {choices}.")
    pattern = declared.get("AllowedPattern")
    if pattern is not None and not re.fullmatch(pattern, value):
        hint = f" ({declared['ConstraintDescription']})" if "ConstraintDescription" in declared else ""
        raise TemplateRefused(f"The parameter {name} is {value!r}, and must match {pattern}{hint}.")
    if kind == "Number":
        try:
            size, unit = float(value), ""
        except ValueError as error:
            raise TemplateRefused(f"The parameter {name} is {value!r}, and must be a number.") from error
        low, high = declared.get("MinValue"), declared.get("MaxValue")
    else:
        size, unit = len(value), " characters"
        low, high = declared.get("MinLength"), declared.get("MaxLength")
    if (low is not None and size < float(low)) or (high is not None and size > float(high)):
        bounds = " and ".join(
            f"{word} {bound}{unit}" for word, bound in (("at least", low), ("at most", high)) if bound is not None
        )
        raise TemplateRefused(f"The parameter {name} is {value!r}, and must have {bounds}.")


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return ",".join(_text(one) for one in value)
    return str(value)
