"""What is wrong with a definition, and where: what CreateStateMachine refuses and ValidateStateMachineDefinition lists.

Words
-----
finding
    a code, a sentence and a location, as ``/States/Charge/Next``.

Source: AWS Step Functions API Reference, "ValidateStateMachineDefinition" and "CreateStateMachine"; Amazon States
Language (read 2026-11). AWS does not document its sentences: those that are known are here, the others say the same.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from waterline.facts import facts
from waterline.services.states import choice, fields, item_source, jsonata, paths, templates
from waterline.services.states.resources import SYNC, SYNC_2, TOKEN, resource
from waterline.services.states.retry import DELAY_MAX

NAME_MAX: Final = facts["sfn.state_name_max"].count
SCHEMA, TARGET = "SCHEMA_VALIDATION_FAILED", "MISSING_TRANSITION_TARGET"


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong."""

    code: str
    message: str
    location: str

    def __str__(self) -> str:
        return f"{self.code}: {self.message} at {self.location}"


def findings(text: str, kind: str = "STANDARD") -> tuple[Mapping[str, Any], list[Finding]]:
    """The definition that a JSON text holds, and what is wrong with it as a workflow of a kind."""
    try:
        definition = json.loads(text)
        if not isinstance(definition, dict):
            raise ValueError("it is no object")
    except ValueError as error:
        return {}, [Finding("INVALID_JSON_DESCRIPTION", f"The definition is no valid JSON: {error}", "/")]
    try:
        return definition, list(_Check(kind).machine(definition))
    except (AttributeError, TypeError, KeyError, ValueError) as error:
        return definition, [Finding(SCHEMA, f"A value is of the wrong type: {error}", "/")]


def state_findings(state: Mapping[str, Any], language: str = "JSONPath") -> list[Finding]:
    """What is wrong with one state by itself; where it leads to is not looked at."""
    check = _Check("STANDARD")
    check._language = language
    try:
        return list(check._state("State", state, "", frozenset()))
    except (AttributeError, TypeError, KeyError, ValueError) as error:
        return [Finding(SCHEMA, f"A value is of the wrong type: {error}", "/")]


class _Check:
    def __init__(self, kind: str) -> None:
        self._express = kind == "EXPRESS"
        self._names: set[str] = set()
        self._language = "JSONPath"

    def machine(self, definition: Mapping[str, Any]) -> Iterator[Finding]:
        self._language = definition.get("QueryLanguage", "JSONPath")
        if self._language not in fields.ALLOWED:
            yield Finding(SCHEMA, "Value is not one of [JSONPath, JSONata]", "/QueryLanguage")
            return
        yield from _unknown(definition, fields.TOP, "")
        if "TimeoutSeconds" in definition:
            yield from _positive(definition, "TimeoutSeconds", "")
        yield from self._line(definition, "", frozenset())

    def _line(self, holder: Mapping[str, Any], where: str, outer: frozenset[str]) -> Iterator[Finding]:
        """A line of states: of a machine, a branch or a processor."""
        missing = [name for name in ("StartAt", "States") if name not in holder]
        if missing:
            yield Finding(SCHEMA, f"These fields are required: [{', '.join(missing)}]", where or "/")
            return
        states = holder["States"]
        if not isinstance(states, dict) or not states:
            yield Finding(SCHEMA, "States must be an object with at least one state", f"{where}/States")
            return
        if holder["StartAt"] not in states:
            yield Finding(TARGET, f"Missing 'StartAt' target: {holder['StartAt']}", f"{where}/StartAt")
        reached = {holder["StartAt"]}
        assigned = _assigned(states)
        for name in sorted(assigned & outer):
            yield Finding(SCHEMA, f"The variable '{name}' of an outer scope cannot be assigned here", f"{where}/States")
        for name, state in states.items():
            here = f"{where}/States/{name}"
            if name in self._names:
                yield Finding("DUPLICATE_STATE_NAME", f"Duplicate state name: {name}", here)
            self._names.add(name)
            if len(name) > NAME_MAX:
                yield Finding(SCHEMA, f"A state's name has at most {NAME_MAX} characters", here)
            if not isinstance(state, dict):
                yield Finding(SCHEMA, "Value is not an object", here)
                continue
            yield from self._state(name, state, here, outer | assigned)
            for field, target in _targets(state):
                reached.add(target)
                if target not in states:
                    yield Finding(TARGET, f"Missing '{field.rpartition('/')[2]}' target: {target}", f"{here}/{field}")
        for name in states:
            if name not in reached:
                yield Finding(TARGET, f'State "{name}" is not reachable.', f"{where}/States/{name}")

    def _state(self, name: str, state: Mapping[str, Any], here: str, known: frozenset[str]) -> Iterator[Finding]:
        language = state.get("QueryLanguage", self._language)
        kind = state.get("Type")
        if self._language == "JSONata" and language == "JSONPath":
            yield Finding(SCHEMA, "A JSONata state machine holds no JSONPath states", f"{here}/QueryLanguage")
            return
        allowed = fields.ALLOWED.get(language, {}).get(str(kind))
        if allowed is None:
            what = ", ".join(fields.ALLOWED["JSONPath"])
            yield Finding(SCHEMA, f"Value is not one of [{what}]", f"{here}/Type")
            return
        other = fields.ALLOWED["JSONata" if language == "JSONPath" else "JSONPath"][str(kind)]
        for field in state:
            if field not in allowed:
                why = f"when QueryLanguage is {language}" if field in other else "by Step Functions"
                yield Finding(SCHEMA, f'The field "{field}" is not supported {why}', f"{here}/{field}")
        missing = [field for field in fields.REQUIRED.get(str(kind), ()) if field not in state]
        if missing:
            yield Finding(SCHEMA, f"These fields are required: [{', '.join(missing)}]", here)
            return
        if "Next" in allowed and ("Next" in state) == bool(state.get("End")):
            yield Finding(SCHEMA, "Exactly one of the fields [Next, End] is required", here)
        yield from self._values(state, here, language)
        yield from _handlers(state, here, language)
        if kind == "Task":
            yield from self._task(state, here)
        elif kind == "Wait":
            yield from _wait(state, here)
        elif kind == "Choice":
            yield from _choices(state, here, language)
        elif kind == "Fail":
            for field in ("Error", "Cause"):
                if field in state and f"{field}Path" in state:
                    yield Finding(SCHEMA, f"Only one of the fields [{field}, {field}Path] is allowed", here)
        elif kind == "Parallel":
            if not isinstance(state["Branches"], list) or not state["Branches"]:
                yield Finding(SCHEMA, "Branches must be an array with at least one branch", f"{here}/Branches")
                return
            for number, branch in enumerate(state["Branches"]):
                yield from self._line(branch, f"{here}/Branches[{number}]", known)
        elif kind == "Map":
            yield from self._map(state, here, known)

    def _values(self, state: Mapping[str, Any], here: str, language: str) -> Iterator[Finding]:
        """Paths, templates and expressions."""
        if language == "JSONata":
            for field in fields.EXPRESSIONS:
                for location, text in jsonata.expressions(state.get(field), f"{here}/{field}"):
                    try:
                        jsonata.check(text[2:-2].strip())
                    except ValueError as error:
                        yield Finding(SCHEMA, str(error), location)
        else:
            for field in fields.PATHS:
                if state.get(field) is not None:
                    yield from _found(state[field], f"{here}/{field}")
            if isinstance(state.get("ResultPath"), str):
                yield from _reference(state["ResultPath"], f"{here}/ResultPath")
            for field in fields.TEMPLATES:
                for location, text in templates.expressions(state.get(field), f"{here}/{field}"):
                    yield from _found(text, location)
        for variable in state.get("Assign", {}):
            plain = variable.removesuffix(".$")
            if plain == "states" or not plain.isidentifier():
                yield Finding(SCHEMA, f"'{plain}' is no name of a variable", f"{here}/Assign/{variable}")
        for field in ("TimeoutSeconds", "HeartbeatSeconds"):
            if not jsonata.is_expression(state.get(field, 1)):
                yield from _positive(state, field, here)
            if field in state and f"{field}Path" in state:
                yield Finding(SCHEMA, f"Only one of the fields [{field}, {field}Path] is allowed", here)

    def _task(self, state: Mapping[str, Any], here: str) -> Iterator[Finding]:
        found = resource(str(state["Resource"]))
        where = f"{here}/Resource"
        if found is None:
            yield Finding(
                SCHEMA,
                f"The resource provided {state['Resource']} is not recognized. The value is not a valid resource ARN, "
                "or the resource is not available in this region.",
                where,
            )
        elif self._express and (found.pattern in (SYNC, SYNC_2, TOKEN) or found.kind == "activity"):
            what = "activities" if found.kind == "activity" else f"'.{found.pattern}' service integrations"
            yield Finding(SCHEMA, f"Express state machine does not support {what}", where)
        timeout, heartbeat = state.get("TimeoutSeconds"), state.get("HeartbeatSeconds")
        if isinstance(timeout, int) and isinstance(heartbeat, int) and heartbeat >= timeout:
            yield Finding(SCHEMA, "HeartbeatSeconds must be smaller than TimeoutSeconds", f"{here}/HeartbeatSeconds")

    def _map(self, state: Mapping[str, Any], here: str, known: frozenset[str]) -> Iterator[Finding]:
        field = "ItemProcessor" if "ItemProcessor" in state else "Iterator"
        if field not in state:
            yield Finding(SCHEMA, "These fields are required: [ItemProcessor]", here)
            return
        processor = state[field]
        config = processor.get("ProcessorConfig", {})
        distributed = config.get("Mode") == "DISTRIBUTED"
        yield from _unknown(processor, fields.PROCESSOR, f"{here}/{field}")
        if not distributed:
            for only in ("ItemReader", "ItemBatcher", "ResultWriter", "Label", "ToleratedFailureCount"):
                if only in state:
                    yield Finding(SCHEMA, f"{only} is for Mode DISTRIBUTED only", f"{here}/{only}")
        elif config.get("ExecutionType") not in ("STANDARD", "EXPRESS"):
            yield Finding(SCHEMA, "Value is not one of [STANDARD, EXPRESS]", f"{here}/{field}/ProcessorConfig")
        if distributed and self._express:
            yield Finding(SCHEMA, "Express state machine does not support distributed Map states", here)
        reader = state.get("ItemReader")
        if reader is not None:
            if reader.get("Resource") not in (item_source.GET, item_source.LIST):
                yield Finding(SCHEMA, "Value is not the ARN of a reader", f"{here}/ItemReader/Resource")
            kind = reader.get("ReaderConfig", {}).get("InputType", "JSON")
            if kind not in item_source.INPUT_TYPES:
                known_types = ", ".join(item_source.INPUT_TYPES)
                yield Finding(
                    SCHEMA, f"Value is not one of [{known_types}]", f"{here}/ItemReader/ReaderConfig/InputType"
                )
        inner = _Check(str(config.get("ExecutionType", "STANDARD")) if distributed else "EXPRESS" * self._express)
        inner._language, inner._names = self._language, self._names
        yield from inner._line(processor, f"{here}/{field}", frozenset() if distributed else known)


def _unknown(holder: Mapping[str, Any], allowed: frozenset[str], where: str) -> Iterator[Finding]:
    for field in holder:
        if field not in allowed:
            yield Finding(SCHEMA, f'The field "{field}" is not supported by Step Functions', f"{where}/{field}")


def _positive(holder: Mapping[str, Any], field: str, where: str) -> Iterator[Finding]:
    value = holder.get(field, 1)
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        yield Finding(SCHEMA, "Value is not a positive integer", f"{where}/{field}")


def _targets(state: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if isinstance(state.get("Next"), str):
        yield "Next", state["Next"]
    if isinstance(state.get("Default"), str):
        yield "Default", state["Default"]
    for field in ("Choices", "Catch"):
        for number, each in enumerate(state.get(field, ())):
            if isinstance(each, dict) and isinstance(each.get("Next"), str):
                yield f"{field}[{number}]/Next", each["Next"]


def _assigned(states: Mapping[str, Any]) -> frozenset[str]:
    names: set[str] = set()
    for state in states.values():
        if isinstance(state, dict):
            for holder in (state, *state.get("Choices", ()), *state.get("Catch", ())):
                names |= {name.removesuffix(".$") for name in holder.get("Assign", {})}
    return frozenset(names)


def _found(text: Any, where: str) -> Iterator[Finding]:
    try:
        templates.check(text)
    except (ValueError, paths.NoPath) as error:
        yield Finding(SCHEMA, str(error), where)


def _reference(path: str, where: str) -> Iterator[Finding]:
    if not path.startswith("$") or path.startswith("$$") or paths.steps(path) is None:
        yield Finding(SCHEMA, "Value is not a Reference Path", where)


def _handlers(state: Mapping[str, Any], here: str, language: str) -> Iterator[Finding]:
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
                    yield from _reference(handler["ResultPath"], f"{where}/ResultPath")
            else:
                yield from _retrier(handler, where)


def _retrier(retrier: Mapping[str, Any], where: str) -> Iterator[Finding]:
    yield from _positive(retrier, "IntervalSeconds", where)
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


def _wait(state: Mapping[str, Any], here: str) -> Iterator[Finding]:
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


def _choices(state: Mapping[str, Any], here: str, language: str) -> Iterator[Finding]:
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
                    yield Finding(SCHEMA, str(error), location)
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
        yield from _found(rule["Variable"], f"{where}/Variable")
        if compared[0].endswith("Path"):
            yield from _found(rule[compared[0]], f"{where}/{compared[0]}")
        return
    inner = rule[joined[0]]
    for number, each in enumerate(inner if isinstance(inner, list) else [inner]):
        yield from _rule(each, f"{where}/{joined[0]}[{number}]" if isinstance(inner, list) else f"{where}/{joined[0]}")
