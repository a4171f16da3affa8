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
from collections.abc import Iterator, Mapping
from typing import Any, Final

from waterline.facts import facts
from waterline.services.states import checks, fields, item_source, jsonata, templates
from waterline.services.states.checks import EXPRESSION, SCHEMA, TARGET, Finding
from waterline.services.states.resources import SYNC, SYNC_2, TOKEN, resource

_LANGUAGES = "[JSONPath, JSONata]"
NAME_MAX: Final = facts["sfn.state_name_max"].count


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
            yield Finding(SCHEMA, f"Value should be one of the following: {_LANGUAGES}", "/QueryLanguage")
            return
        yield from checks.unknown(definition, fields.TOP, "")
        if "TimeoutSeconds" in definition:
            yield from checks.positive(definition, "TimeoutSeconds", "")
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
        assigned = checks.assigned(states)
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
            for field, target in checks.targets(state):
                reached.add(target)
                if target not in states:
                    yield Finding(TARGET, f"Missing '{field.rpartition('/')[2]}' target: {target}", f"{here}/{field}")
        if not any(_is_last(state) for state in states.values()):
            yield Finding("MISSING_END_STATE", "No state ends the workflow.", f"{where}/States")
        for name in states:
            if name not in reached:
                yield Finding(TARGET, f'State "{name}" is not reachable.', f"{where}/States/{name}")

    def _state(self, name: str, state: Mapping[str, Any], here: str, known: frozenset[str]) -> Iterator[Finding]:
        language = state.get("QueryLanguage", self._language)
        kind = state.get("Type")
        if self._language == "JSONata" and language == "JSONPath":
            told = "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine"
            yield Finding(SCHEMA, told, here)
            return
        if language not in fields.ALLOWED:
            yield Finding(SCHEMA, f"Value should be one of the following: {_LANGUAGES}", f"{here}/QueryLanguage")
            return
        allowed = fields.ALLOWED.get(language, {}).get(str(kind))
        if allowed is None:
            what = ", ".join(fields.ALLOWED["JSONPath"])
            yield Finding(SCHEMA, f"Value is not one of [{what}]", f"{here}/Type")
            return
        rival = "JSONata" if language == "JSONPath" else "JSONPath"
        for field in state:
            if field in allowed:
                continue
            if field in fields.ALLOWED[rival][str(kind)]:
                told = f"The QueryLanguage is set to '{language}', but field '{field}' is only supported for the "
                yield Finding(SCHEMA, f"{told}'{rival}' QueryLanguage", here)
            else:
                yield Finding(SCHEMA, f"Field '{field}' is not supported", here)
        missing = [field for field in fields.REQUIRED.get(str(kind), ()) if field not in state]
        if missing:
            yield Finding(SCHEMA, f"These fields are required: [{', '.join(missing)}]", here)
            return
        if "Next" in allowed and ("Next" in state) == bool(state.get("End")):
            yield Finding(SCHEMA, "Exactly one of the fields [Next, End] is required", here)
        yield from self._values(state, here, language)
        yield from checks.handlers(state, here, language)
        if kind == "Task":
            yield from self._task(state, here)
        elif kind == "Wait":
            yield from checks.wait(state, here)
        elif kind == "Choice":
            yield from checks.choices(state, here, language)
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
                        yield Finding(EXPRESSION, str(error), location)
        else:
            for field in fields.PATHS:
                if state.get(field) is not None:
                    yield from checks.path_or_call(state[field], f"{here}/{field}")
            if isinstance(state.get("ResultPath"), str):
                yield from checks.reference(state["ResultPath"], f"{here}/ResultPath")
            for field in fields.TEMPLATES:
                for location, text in templates.expressions(state.get(field), f"{here}/{field}"):
                    yield from checks.path_or_call(text, location)
        for variable in state.get("Assign", {}):
            plain = variable.removesuffix(".$")
            if plain == "states" or not plain.isidentifier():
                yield Finding(SCHEMA, f"'{plain}' is no name of a variable", f"{here}/Assign/{variable}")
        for field in ("TimeoutSeconds", "HeartbeatSeconds"):
            if not jsonata.is_expression(state.get(field, 1)):
                yield from checks.positive(state, field, here)
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
        yield from checks.unknown(processor, fields.PROCESSOR, f"{here}/{field}")
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


def _is_last(state: Any) -> bool:
    return isinstance(state, dict) and (state.get("Type") in ("Succeed", "Fail") or bool(state.get("End")))
