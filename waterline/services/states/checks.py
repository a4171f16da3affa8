"""What is wrong with parts of a state: paths, retriers, catchers, waits and choice rules.

Each check yields what it finds, with its location. Source: as ``validation``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from waterline.services.states import choice, jsonata, paths, templates
from waterline.services.states.retry import DELAY_MAX

SCHEMA, TARGET = "SCHEMA_VALIDATION_FAILED", "MISSING_TRANSITION_TARGET"
EXPRESSION = "INVALID_JSONATA_EXPRESSION"


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong."""

    code: str
    message: str
    location: str

    def __str__(self) -> str:
        return f"{self.code}: {self.message} at {self.location}"


def unknown(holder: Mapping[str, Any], allowed: frozenset[str], where: str) -> Iterator[Finding]:
    for field in holder:
        if field not in allowed:
            yield Finding(SCHEMA, f"Field '{field}' is not supported", where or "/")


def positive(holder: Mapping[str, Any], field: str, where: str) -> Iterator[Finding]:
    value = holder.get(field, 1)
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        yield Finding(SCHEMA, "Value is not a positive integer", f"{where}/{field}")


def targets(state: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if isinstance(state.get("Next"), str):
        yield "Next", state["Next"]
    if isinstance(state.get("Default"), str):
        yield "Default", state["Default"]
    for field in ("Choices", "Catch"):
        for number, each in enumerate(state.get(field, ())):
            if isinstance(each, dict) and isinstance(each.get("Next"), str):
                yield f"{field}[{number}]/Next", each["Next"]


def assigned(states: Mapping[str, Any]) -> frozenset[str]:
    names: set[str] = set()
    for state in states.values():
        if isinstance(state, dict):
            for holder in (state, *state.get("Choices", ()), *state.get("Catch", ())):
                names |= {name.removesuffix(".$") for name in holder.get("Assign", {})}
    return frozenset(names)


def path_or_call(text: Any, where: str) -> Iterator[Finding]:
    try:
        templates.check(text)
    except (ValueError, paths.NoPath) as error:
        yield Finding(SCHEMA, str(error), where)


def reference(path: str, where: str) -> Iterator[Finding]:
    if not path.startswith("$") or path.startswith("$$") or paths.steps(path) is None:
        yield Finding(SCHEMA, "Value is not a Reference Path", where)


def handlers(state: Mapping[str, Any], here: str, language: str) -> Iterator[Finding]:
    for field in ("Retry", "Catch"):
        handlers: Sequence[Mapping[str, Any]] = state.get(field, [])
        if not isinstance(handlers, list):
            yield Finding(SCHEMA, "Value is not an array", f"{here}/{field}")
            continue
        for number, handler in enumerate(handlers):
            where = f"{here}/{field}[{number}]"
            names = handler.get("ErrorEquals")
            if not isinstance(names, list) or not names:
                yield Finding(SCHEMA, "These fields are required: [ErrorEquals]", where)
                continue
            if "States.ALL" in names and len(names) > 1:
                yield Finding(SCHEMA, "States.ALL must appear alone", f"{where}/ErrorEquals")
            if "States.ALL" in names and number + 1 < len(handlers):
                yield Finding(SCHEMA, f"States.ALL must appear in the last {field.lower()}er", f"{where}/ErrorEquals")
            if field == "Catch":
                if "Next" not in handler:
                    yield Finding(SCHEMA, "These fields are required: [Next]", where)
                if language == "JSONPath" and isinstance(handler.get("ResultPath"), str):
                    yield from reference(handler["ResultPath"], f"{where}/ResultPath")
            else:
                yield from _retrier(handler, where)


def _retrier(retrier: Mapping[str, Any], where: str) -> Iterator[Finding]:
    yield from positive(retrier, "IntervalSeconds", where)
    attempts = retrier.get("MaxAttempts", 0)
    if not isinstance(attempts, int) or attempts < 0:
        yield Finding(SCHEMA, "Value is not a non-negative integer", f"{where}/MaxAttempts")
    backoff = retrier.get("BackoffRate", 1)
    if not isinstance(backoff, int | float) or backoff < 1:
        yield Finding(SCHEMA, "Value is less than 1.0", f"{where}/BackoffRate")
    delay = retrier.get("MaxDelaySeconds")
    if delay is not None and not (isinstance(delay, int) and retrier.get("IntervalSeconds", 1) < delay < DELAY_MAX):
        yield Finding(SCHEMA, "Value is not greater than IntervalSeconds, or too large", f"{where}/MaxDelaySeconds")
    if retrier.get("JitterStrategy", "NONE") not in ("FULL", "NONE"):
        yield Finding(SCHEMA, "Value is not one of [FULL, NONE]", f"{where}/JitterStrategy")


def wait(state: Mapping[str, Any], here: str) -> Iterator[Finding]:
    given = [field for field in ("Seconds", "SecondsPath", "Timestamp", "TimestampPath") if field in state]
    if len(given) != 1:
        yield Finding(SCHEMA, "Exactly one of [Seconds, SecondsPath, Timestamp, TimestampPath] is required", here)
    seconds = state.get("Seconds", 0)
    if not jsonata.is_expression(seconds) and (
        not isinstance(seconds, int) or isinstance(seconds, bool) or seconds < 0
    ):
        yield Finding(SCHEMA, "Value is not a non-negative integer", f"{here}/Seconds")
    moment = state.get("Timestamp")
    if moment is not None and not jsonata.is_expression(moment) and choice.timestamp(moment) is None:
        yield Finding(SCHEMA, "Value is not a valid timestamp", f"{here}/Timestamp")


def choices(state: Mapping[str, Any], here: str, language: str) -> Iterator[Finding]:
    if not isinstance(state["Choices"], list) or not state["Choices"]:
        yield Finding(SCHEMA, "Choices must be an array with at least one rule", f"{here}/Choices")
        return
    for number, rule in enumerate(state["Choices"]):
        where = f"{here}/Choices[{number}]"
        if "Next" not in rule:
            yield Finding(SCHEMA, "These fields are required: [Next]", where)
        if language == "JSONata":
            if "Condition" not in rule:
                yield Finding(SCHEMA, "These fields are required: [Condition]", where)
            for location, text in jsonata.expressions(rule, where):
                try:
                    jsonata.check(text[2:-2].strip())
                except ValueError as error:
                    yield Finding(EXPRESSION, str(error), location)
        else:
            yield from _rule(rule, where)


def _rule(rule: Mapping[str, Any], where: str) -> Iterator[Finding]:
    joined = [name for name in ("And", "Or", "Not") if name in rule]
    compared = [name for name in rule if name in choice.COMPARATORS]
    if len(joined) + len(compared) != 1:
        yield Finding(SCHEMA, "A choice rule has exactly one comparison, or And, Or or Not", where)
        return
    if compared:
        if "Variable" not in rule:
            yield Finding(SCHEMA, "These fields are required: [Variable]", where)
            return
        yield from path_or_call(rule["Variable"], f"{where}/Variable")
        if compared[0].endswith("Path"):
            yield from path_or_call(rule[compared[0]], f"{where}/{compared[0]}")
        return
    inner = rule[joined[0]]
    for number, each in enumerate(inner if isinstance(inner, list) else [inner]):
        yield from _rule(each, f"{where}/{joined[0]}[{number}]" if isinstance(inner, list) else f"{where}/{joined[0]}")
