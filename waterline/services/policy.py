"""Resource policies: who may do what to a queue, a topic, a function or a bus.

Words
-----
principal
    who asks. Services that deliver to one another ask as themselves: ``sns.amazonaws.com``.
context
    what is known of a request besides: ``aws:SourceArn``, ``aws:SourceAccount``. Its keys are in lower case here.
verdict
    a statement that denies decides; else one that allows; else nobody has allowed it.

Source: AWS Identity and Access Management User Guide, "Policy evaluation logic", "IAM JSON policy elements: Condition
operators", "AWS JSON policy elements: Principal" (read 2026-11). Policy variables, date and binary operators and the
set operators ``ForAllValues`` and ``ForAnyValue`` are not understood: a condition with one of them never holds, and
the verdict says so.
"""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

EVERYBODY = "*"
_IF_EXISTS = "IfExists"
_Statement = Mapping[str, Any]


@dataclass(frozen=True)
class Request:
    """What somebody asks to do. `action` as ``sqs:SendMessage``; `resource`: an ARN."""

    principal: str
    action: str
    resource: str
    context: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Verdict:
    """Whether a request is allowed, and in half a sentence why not. `denied`: by a statement."""

    allowed: bool
    why: str = ""
    denied: bool = False


def judged(policy: str | Mapping[str, Any] | Iterable[_Statement] | None, request: Request) -> Verdict:
    """What a policy says to a request: JSON text, a document, or its statements; None: there is no policy."""
    statements = statements_of(policy)
    near: str | None = None
    allowed = False
    for number, statement in enumerate(statements, start=1):
        if not (_names(statement, request) and _is_for(statement, request.principal)):
            continue
        failing = _failing(statement.get("Condition") or {}, request.context)
        called = f"statement {statement.get('Sid') or number}"
        if failing is None and statement.get("Effect", "Allow") == "Deny":
            return Verdict(False, f"{called} of its policy denies it", denied=True)
        if failing is None:
            allowed = True
        elif statement.get("Effect", "Allow") == "Allow":
            near = f"{called} of its policy would, but {failing}"
    if allowed:
        return Verdict(True)
    return Verdict(False, f"nothing allows {request.principal} to {request.action}" + (f": {near}" if near else ""))


def statements_of(policy: Any) -> list[_Statement]:
    """The statements of a policy: of JSON text, of a document; a list of statements is one already."""
    if isinstance(policy, str):
        policy = json.loads(policy) if policy.strip() else None
    if isinstance(policy, Mapping):
        policy = policy.get("Statement", [])
    return [policy] if isinstance(policy, Mapping) else list(policy or [])


def _names(statement: _Statement, request: Request) -> bool:
    """Whether a statement is about this action on this resource."""
    if "NotAction" in statement:
        acts = not _any_like(statement["NotAction"], request.action, fold=True)
    else:
        acts = _any_like(statement.get("Action", []), request.action, fold=True)
    if "NotResource" in statement:
        return acts and not _any_like(statement["NotResource"], request.resource)
    return acts and _any_like(statement.get("Resource", EVERYBODY), request.resource)


def _is_for(statement: _Statement, principal: str) -> bool:
    if "NotPrincipal" in statement:
        return principal not in _principals(statement["NotPrincipal"])
    named = _principals(statement.get("Principal"))
    return EVERYBODY in named or principal in named


def _principals(named: Any) -> list[str]:
    """Who is named; an account's number stands for the account."""
    values = (
        [value for each in named.values() for value in _listed(each)] if isinstance(named, Mapping) else _listed(named)
    )
    return [f"arn:aws:iam::{value}:root" if re.fullmatch(r"\d{12}", str(value)) else value for value in values]


def _failing(conditions: Mapping[str, Any], context: Mapping[str, str]) -> str | None:
    """The first condition that does not hold, in half a sentence, or None."""
    for operator, tests in conditions.items():
        name = operator.removesuffix(_IF_EXISTS)
        for key, wanted in tests.items():
            value = context.get(key.lower())
            if name == "Null":
                if (value is None) != (str(_listed(wanted)[0]).lower() == "true"):
                    return f"{key} is {'not ' if value is None else ''}there"
            elif value is None:
                if name != operator or "Not" in name:
                    continue
                return f"{key} is not known of the request"
            elif name not in _OPERATORS:
                return f"the lab does not know the operator {operator}"
            elif not _OPERATORS[name](value, [str(one) for one in _listed(wanted)]):
                return f"{key} is {value}"
    return None


def _listed(values: Any) -> list[Any]:
    return [] if values is None else values if isinstance(values, list) else [values]


def like(pattern: str, text: str, *, fold: bool = False) -> bool:
    """IAM's wildcards: any characters for a star, one for a question mark. `fold`: capitals do not matter."""
    return _form(pattern, fold).fullmatch(text) is not None


@lru_cache(maxsize=4096)
def _form(pattern: str, fold: bool) -> re.Pattern[str]:
    expression = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.compile(expression, re.DOTALL | (re.IGNORECASE if fold else 0))


def _any_like(patterns: Any, text: str, *, fold: bool = False) -> bool:
    return any(like(str(pattern), text, fold=fold) for pattern in _listed(patterns))


def _one_like(value: str, patterns: list[str]) -> bool:
    return _any_like(patterns, value)


def _arn_like(value: str, patterns: list[str]) -> bool:
    """Part by part: a wildcard does not reach over a colon but in the last of the six parts."""
    parts = value.split(":", 5)
    return any(
        len(pattern.split(":", 5)) == len(parts)
        and all(like(wanted, part) for wanted, part in zip(pattern.split(":", 5), parts, strict=True))
        for pattern in patterns
    )


def _number(compare: Callable[[float, float], bool]) -> Callable[[str, list[str]], bool]:
    return lambda value, wanted: any(compare(float(value), float(one)) for one in wanted)


def _within(value: str, networks: list[str]) -> bool:
    return any(ipaddress.ip_address(value) in ipaddress.ip_network(network, strict=False) for network in networks)


def _same(value: str, wanted: list[str]) -> bool:
    return value in wanted


def _same_folded(value: str, wanted: list[str]) -> bool:
    return value.casefold() in [one.casefold() for one in wanted]


def _not(test: Callable[[str, list[str]], bool]) -> Callable[[str, list[str]], bool]:
    return lambda value, wanted: not test(value, wanted)


_OPERATORS: Mapping[str, Callable[[str, list[str]], bool]] = {
    "StringEquals": _same,
    "StringNotEquals": _not(_same),
    "StringEqualsIgnoreCase": _same_folded,
    "StringNotEqualsIgnoreCase": _not(_same_folded),
    "StringLike": _one_like,
    "StringNotLike": _not(_one_like),
    "ArnEquals": _arn_like,
    "ArnLike": _arn_like,
    "ArnNotEquals": _not(_arn_like),
    "ArnNotLike": _not(_arn_like),
    "Bool": _same_folded,
    "NumericEquals": _number(lambda value, wanted: value == wanted),
    "NumericNotEquals": _not(_number(lambda value, wanted: value == wanted)),
    "NumericLessThan": _number(lambda value, wanted: value < wanted),
    "NumericLessThanEquals": _number(lambda value, wanted: value <= wanted),
    "NumericGreaterThan": _number(lambda value, wanted: value > wanted),
    "NumericGreaterThanEquals": _number(lambda value, wanted: value >= wanted),
    "IpAddress": _within,
    "NotIpAddress": _not(_within),
}
