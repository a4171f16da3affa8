"""What each type of state does: Pass, Wait, Choice, Succeed, Fail and Parallel here, Task and Map in their modules.

Source: AWS Step Functions Developer Guide, "Discovering workflow states to use in Step Functions" (read 2026-11).
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any, Final

from waterline.clock import microseconds
from waterline.facts import facts
from waterline.services.states import choice, jsonata, maps, tasks, templates
from waterline.services.states.branch import Branch
from waterline.services.states.children import play
from waterline.services.states.errors import NO_CHOICE_MATCHED, QUERY_EVALUATION, RUNTIME, Answered, StateError
from waterline.services.states.visit import Outcome, Visit


def _pass(visit: Visit) -> Outcome:
    if visit.jsonata:
        return visit.passed(visit.data, visit.state.get("Next"))
    effective = visit.effective()
    return visit.finished(copy.deepcopy(visit.state["Result"]) if "Result" in visit.state else effective)


def _succeed(visit: Visit) -> Outcome:
    return visit.passed(_filtered(visit), None)


LONGEST: Final = 2 * facts["sfn.standard_duration_max"].seconds
"""No workflow lives so long."""


def _wait(visit: Visit) -> Outcome:
    data = _filtered(visit)
    clock = visit.branch.execution.ground.clock
    moment = visit.given("Timestamp", data, str)
    if moment is None:
        clock.rest(microseconds(min(visit.number("Seconds", data), LONGEST)))
    else:
        until = choice.timestamp(moment)
        if until is None:
            code = QUERY_EVALUATION if visit.jsonata else RUNTIME
            raise StateError(code, f"The Timestamp of the state '{visit.name}' is no valid timestamp: {moment}")
        clock.rest(microseconds(min(max(0, (until - clock.date).total_seconds()), LONGEST)))
    return visit.passed(data, visit.state.get("Next"))


def _choice(visit: Visit) -> Outcome:
    data = _filtered(visit)
    view = visit.view(data)
    for number, rule in enumerate(visit.state["Choices"]):
        if visit.jsonata:
            where = f"Choices[{number}]/Condition"
            holds = jsonata.filled(where, rule["Condition"], view)
            if not isinstance(holds, bool):
                told = f"The JSONata expression of the field '{where}' must give a boolean value."
                raise StateError(QUERY_EVALUATION, told, location=where)
        else:
            holds = choice.holds(rule, view)
        if holds:
            return visit.passed(data, rule["Next"], rule)
    if "Default" not in visit.state:
        raise StateError(
            NO_CHOICE_MATCHED, f"No choice rule of the state '{visit.name}' matched, and it has no Default."
        )
    return visit.passed(data, visit.state["Default"], visit.state)


def _fail(visit: Visit) -> Outcome:
    view = visit.view(visit.data)

    def said(name: str) -> Any:
        if f"{name}Path" in visit.state:
            return templates.field(f"{name}Path", visit.state[f"{name}Path"], view)
        value = visit.state.get(name)
        return jsonata.filled(name, value, view) if visit.jsonata else value

    raise Answered(said("Error") or "", said("Cause"))


def _parallel(visit: Visit) -> Outcome:
    branch, data = visit.branch, visit.effective()
    begun = visit.branch.add("ParallelStateStarted")
    if branch.children is None:
        branch.children = [
            Branch(branch.execution, each, copy.deepcopy(data), branch.scope.inner(), parent=branch, item=branch.item)
            for each in visit.state["Branches"]
        ]
    for child in branch.children:
        child.previous = begun
    error = play(branch.execution.ground.clock, branch.execution.cause, branch.children, len(branch.children))
    if error is not None:
        branch.previous = branch.failed_at or branch.previous
        raise error
    branch.previous = max(child.previous for child in branch.children)
    branch.pass_by("ParallelStateSucceeded")
    return visit.finished([child.data for child in branch.children])


def _map(visit: Visit) -> Outcome:
    return visit.finished(maps.work(visit))


def _task(visit: Visit) -> Outcome:
    return visit.finished(tasks.work(visit))


def _filtered(visit: Visit) -> Any:
    return visit.data if visit.jsonata else visit.path("InputPath", visit.data)


WORK: Mapping[str, Callable[[Visit], Outcome]] = {
    "Pass": _pass,
    "Succeed": _succeed,
    "Fail": _fail,
    "Wait": _wait,
    "Choice": _choice,
    "Parallel": _parallel,
    "Map": _map,
    "Task": _task,
}
