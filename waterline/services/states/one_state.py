"""TestState: one state, played by itself, without a state machine.

The state is attempted once. Its retriers and catchers say what would follow: RETRIABLE, CAUGHT_ERROR or FAILED. What a
task calls is really called.

Source: AWS Step Functions API Reference, "TestState" (read 2026-11). Of the levels of inspection there is INFO only;
mocks and states that need a state machine around them (Parallel, Map) are refused.
"""

from __future__ import annotations

import json
from typing import Any

from moto.stepfunctions.exceptions import ValidationException

from waterline.services.states.branch import Branch
from waterline.services.states.errors import StateError
from waterline.services.states.execution import Execution
from waterline.services.states.intrinsics import text_of
from waterline.services.states.retry import Retriers
from waterline.services.states.scope import Scope
from waterline.services.states.visit import Visit
from waterline.waiting import TaskEnded

_ALONE = ("Task", "Pass", "Wait", "Choice", "Succeed", "Fail")


def state_of(definition: str) -> dict[str, Any]:
    """The state that a JSON text holds. Raises ValidationException for what cannot be tested by itself."""
    try:
        state: Any = json.loads(definition)
    except ValueError as error:
        raise ValidationException(f"The definition is no valid JSON: {error}") from error
    if not isinstance(state, dict) or state.get("Type") not in _ALONE:
        raise ValidationException(f"The lab tests states of these types: {', '.join(_ALONE)}")
    return state


def tested(execution: Execution, name: str, variables: dict[str, Any]) -> dict[str, Any]:
    """Play the one state of an execution that is in no history; returns the answer of TestState."""
    branch = Branch(execution, execution.program.definition, json.loads(execution.execution_input), Scope(variables))
    visit = Visit(branch, name)
    over = execution.ground.clock.gate()
    task = execution.ground.clock.spawn("test of a state", lambda: over.open(_attempt(visit)))
    try:
        over.wait()
    finally:
        if not over.opened:
            task.end(TaskEnded("Nobody waits for the test of this state."))
    answer: dict[str, Any] = over.value
    return answer


def _attempt(visit: Visit) -> dict[str, Any]:
    try:
        outcome = visit.branch.execution.work(visit)
    except StateError as error:
        told = {"error": error.name, "cause": error.cause or ""}
        retriers = Retriers(visit.state.get("Retry", ()), visit.branch.execution.ground.random("tests of states"))
        if retriers.wait(error) is not None:
            return {"status": "RETRIABLE", **told}
        try:
            caught = visit.caught(error)
        except StateError as last:
            return {"status": "FAILED", "error": last.name, "cause": last.cause or ""}
        return {"status": "CAUGHT_ERROR", "output": text_of(caught.output), "nextState": caught.next, **told}
    following = {} if outcome.next is None else {"nextState": outcome.next}
    return {"status": "SUCCEEDED", "output": text_of(outcome.output), **following}
