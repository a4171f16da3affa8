"""Filter policies: which messages a subscription wants.

Words
-----
scope
    what the policy is about: ``MessageAttributes`` (the default) or ``MessageBody``.
combinations
    what a policy may ask for at once: the product of the number of values of each key, of a nested key times its depth;
    of ``$or`` the sum over its branches.
verdict
    whether the subscription wants the message, and if not, for which of the reasons that the metrics tell apart.

Patterns and match types are those of ``waterline.services.patterns``. Of the attributes SNS looks at those of types
``String``, ``Number`` and ``String.Array``; the elements of an array are values of the attribute. A body that is no
JSON object is not wanted by a policy on the body.

Sources: Amazon SNS Developer Guide, "Amazon SNS subscription filter policies", "Filter policy constraints", "String
value matching", "Numeric value matching", "Key matching", "AND/OR logic" (read 2026-11). The guide's examples disagree
on ``anything-but`` over an array that also holds an unwanted value: here such an array matches, as in Event Ruler. The
errors are those that AWS answers, as its API has been seen to; where none is known the sentence is the pattern's.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from waterline.services.patterns import Document, InvalidPattern, Number, Pattern, compiled, parsed
from waterline.services.sns import limits
from waterline.services.sns.errors import invalid_parameter

ATTRIBUTES, BODY = limits.FILTER_SCOPES
Attributes = Mapping[str, Mapping[str, Any]]

_NUMERIC = ("=", "<", "<=", ">", ">=")
_TEXTUAL = ("prefix", "suffix", "equals-ignore-case", "wildcard", "cidr")


@dataclass(frozen=True)
class Verdict:
    """Whether a message is wanted. `reason`: why not, in the words of the metric ``...FilteredOut-REASON``, or ""."""

    wanted: bool
    reason: str = ""


@dataclass(frozen=True)
class Filter:
    """A filter policy that is known to be valid."""

    scope: str
    pattern: Pattern

    def judge(self, body: str, attributes: Attributes) -> Verdict:
        if self.scope == BODY:
            return self._judge_body(body)
        try:
            document = Document(dict(_values(attributes)))
        except ValueError:
            return Verdict(False, "InvalidAttributes")
        if self.pattern.wants(document):
            return Verdict(True)
        return Verdict(False, "" if attributes else "NoMessageAttributes")

    def _judge_body(self, body: str) -> Verdict:
        try:
            content = parsed(body)
        except ValueError:
            return Verdict(False, "InvalidMessageBody")
        if not isinstance(content, dict):
            return Verdict(False, "InvalidMessageBody")
        return Verdict(self.pattern.wants(Document(content)))


def _values(attributes: Attributes) -> Iterator[tuple[str, Any]]:
    """What a policy sees of the attributes. Raises ValueError for an array that is no JSON."""
    for name, attribute in attributes.items():
        match attribute["Type"]:
            case "String":
                yield name, attribute["Value"]
            case "Number":
                yield name, Number(str(attribute["Value"]))
            case "String.Array":
                values = parsed(attribute["Value"])
                if not isinstance(values, list):
                    raise ValueError(f"{name} is no array")
                yield name, values


# -- is it valid -------------------------------------------------------------------------------------------------------


def valid(text: str, scope: str, where: str) -> Filter:
    """The filter that a policy (JSON text) asks for.

    `where`: what AWS puts before its sentence, ``Attributes Reason: `` in the answer to Subscribe. Raises
    InvalidParameter.
    """
    if len(text.encode()) > limits.FILTER_POLICY_SIZE:
        raise invalid_parameter(f"{where}FilterPolicy: Filter policy is too large")
    try:
        policy = json.loads(text)
    except ValueError as error:
        raise invalid_parameter(f"{where}FilterPolicy: failed to parse JSON. {error}") from error
    if not isinstance(policy, dict):
        raise invalid_parameter(f"{where}FilterPolicy: Filter is not an object")
    if len(policy) > limits.FILTER_KEYS:
        raise invalid_parameter(f"{where}FilterPolicy: Filter policy can not have more than {limits.FILTER_KEYS} keys")
    complaint = _complaint(policy, scope)
    if complaint is None and _combinations(policy, 1) > limits.FILTER_COMBINATIONS:
        complaint = "Filter policy is too complex"
    if complaint is not None:
        raise invalid_parameter(f"{where}FilterPolicy: {complaint}")
    try:
        return Filter(scope, compiled(text))
    except InvalidPattern as error:
        raise invalid_parameter(f"{where}FilterPolicy: {error}") from error


def _combinations(policy: Mapping[str, Any], depth: int) -> int:
    found = 1
    for key, value in policy.items():
        if isinstance(value, dict):
            found *= _combinations(value, depth + 1)
        elif _is_or(key, value):
            found *= sum(_combinations(branch, depth) for branch in value)
        else:
            found *= len(value) * depth
    return found


def _is_or(key: str, value: Any) -> bool:
    return key == "$or" and isinstance(value, list) and len(value) > 1 and all(isinstance(one, dict) for one in value)


def _complaint(policy: Mapping[str, Any], scope: str) -> str | None:
    """What is wrong with a policy, in AWS's words, or None."""
    for key, value in policy.items():
        found: str | None = None
        if isinstance(value, dict):
            found = _complaint(value, scope)
            if scope == ATTRIBUTES:
                found = "Filter policy scope MessageAttributes does not support nested filter policy"
        elif not isinstance(value, list):
            found = f'"{key}" must be an object or an array'
        elif not value:
            found = "Empty arrays are not allowed"
        elif _is_or(key, value):
            found = next(filter(None, (_complaint(branch, scope) for branch in value)), None)
        else:
            found = next(filter(None, map(_complaint_about, value)), None)
        if found is not None:
            return found
    return None


def _complaint_about(entry: Any) -> str | None:
    if isinstance(entry, list):
        return "Match value must be String, number, true, false, or null"
    if not isinstance(entry, dict):
        return None
    if len(entry) != 1:
        return "Only one key allowed in match expression"
    ((name, operand),) = entry.items()
    if name == "exists":
        return None if isinstance(operand, bool) else "exists match pattern must be either true or false."
    if name == "numeric":
        return _numeric_complaint(operand)
    if name in _TEXTUAL:
        return None if isinstance(operand, str) else f"{name} match pattern must be a string"
    if name != "anything-but":
        return f"Unrecognized match type {name}"
    return None


def _numeric_complaint(operand: Any) -> str | None:
    if not isinstance(operand, list):
        return "Value of numeric must be an array."
    if not operand:
        return "Invalid member in numeric match: ]"
    first, *rest = operand
    if not isinstance(first, str):
        return f"Invalid member in numeric match: {first}"
    if first not in _NUMERIC:
        return f"Unrecognized numeric range operator: {first}"
    if not rest or not _is_number(rest[0]):
        return f"Value of {first} must be numeric"
    if len(rest) == 1:
        return None
    low, second, *more = rest
    if first not in (">", ">="):
        return "Too many elements in numeric expression"
    if second not in ("<", "<="):
        return f"Bad numeric range operator: {second}"
    if not more or not _is_number(more[0]):
        return f"Value of {second} must be numeric"
    if len(more) > 1:
        return "Too many elements in numeric expression"
    return None if low < more[0] else "Bottom must be less than top"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
