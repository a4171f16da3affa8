"""One line of states, from its first to its last: a workflow, a branch of a Parallel, an iteration of a Map.

Words
-----
branch
    where a line of states is, what comes in there, and its variables. It outlives the task that plays it, so that a
    redrive can go on where it failed, and in a Parallel or a Map with those children only that did not end well.
visit
    one stay in one state, with all its attempts (``visit``).

Source: Amazon States Language; AWS Step Functions Developer Guide, "Discovering workflow states to use in Step
Functions" (read 2026-11).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from waterline.facts import facts
from waterline.services.states.errors import DATA_LIMIT, QUERY_EVALUATION, RUNTIME, Answered, StateError, placed
from waterline.services.states.intrinsics import text_of
from waterline.services.states.retry import Retriers
from waterline.services.states.scope import Scope
from waterline.services.states.visit import Outcome, Visit
from waterline.waiting import TaskEnded

if TYPE_CHECKING:
    from waterline.services.states.execution import Execution

PAYLOAD_MAX: Final = facts["sfn.payload_max"].bytes


class Branch:
    """A line of states of an execution.

    `item`: what the context object says of the Map's item; `index`: the iteration's, with the Map's name in `map_name`.
    """

    def __init__(
        self,
        execution: Execution,
        processor: Mapping[str, Any],
        data: Any,
        scope: Scope,
        *,
        parent: Branch | None = None,
        item: Mapping[str, Any] | None = None,
        map_name: str | None = None,
        index: int = 0,
    ) -> None:
        self.execution = execution
        self.states: Mapping[str, Any] = processor["States"]
        self.language: str = processor.get("QueryLanguage", execution.language)
        self.data = data
        self.scope = scope
        self.parent = parent
        self.item = item
        self.map_name = map_name
        self.index = index
        self.at: str = processor["StartAt"]
        self.entered = False
        self.done = False
        self.aborted = False
        self.previous = 0
        self.children: list[Any] | None = None
        self.failed_at = 0
        """The last event of the child that made this branch's Parallel or Map fail."""
        self._entered_at = 0

    def add(self, kind: str, **details: Any) -> int:
        """Write an event of the history that follows this branch's last one."""
        self.must_go_on()
        self.previous = self.execution.history.add(kind, self.previous, **details)
        return self.previous

    def pass_by(self, kind: str) -> None:
        """Write an event that the next one does not follow."""
        before = self.previous
        self.add(kind)
        self.previous = before

    def must_go_on(self) -> None:
        """Refuse to do anything more in a branch that was aborted."""
        if self.aborted or self.execution.is_over:
            raise TaskEnded("The execution, or this branch of it, is over.")

    def run(self) -> Any:
        """Play until the last state is left; returns its output. Raises StateError when a state fails."""
        self.aborted = False
        if self.map_name is not None:
            self.add("MapIterationStarted", name=self.map_name, index=self.index)
        try:
            while not self.done:
                self._visit(self.at)
        except StateError as error:
            if error.name != RUNTIME and self.parent is not None:
                if self.states[self.at]["Type"] == "Task":
                    self.pass_by("TaskStateAborted")
                if self.map_name is not None:
                    self.add("MapIterationFailed", name=self.map_name, index=self.index)
            if self.parent is not None:
                self.parent.failed_at = self.previous
            raise
        if self.map_name is not None:
            self.add("MapIterationSucceeded", name=self.map_name, index=self.index)
        return self.data

    def abort(self) -> None:
        """A sibling has failed: this branch does nothing any more."""
        if self.done or self.aborted or self.execution.is_over:
            return
        self.aborted = True
        for child in self.children or ():
            child.abort()
        add = self.execution.history.add
        kind = self.states[self.at]["Type"]
        if self.entered and kind in ("Map", "Parallel", "Task", "Wait"):
            self.previous = add(f"{kind}StateAborted", self.previous)
        if self.map_name is not None:
            self.previous = add("MapIterationAborted", self.previous, name=self.map_name, index=self.index)

    def _visit(self, name: str) -> None:
        visit = Visit(self, name)
        if not self.entered:
            self.execution.entered(self, name)
            self._entered_at = self.add(f"{visit.kind}StateEntered", name=name, input=text_of(self.data))
            self.entered = True
        outcome = self._outcome(visit)
        self.must_go_on()
        if visit.kind != "Fail":
            self.add(f"{visit.kind}StateExited", name=name, output=text_of(outcome.output), **_assigned(outcome))
        self.scope.variables.update(outcome.variables)
        self.data, self.entered, self.children = outcome.output, False, None
        if outcome.next is None:
            self.done = True
        else:
            self.at = outcome.next

    def _outcome(self, visit: Visit) -> Outcome:
        """What a state comes to, after as many attempts as its retriers grant."""
        ground = self.execution.ground
        retriers = Retriers(visit.state.get("Retry", ()), ground.random("retries of workflows"))
        while True:
            try:
                outcome = self.execution.work(visit)
                if len(text_of(outcome.output).encode()) > PAYLOAD_MAX:
                    raise Answered(
                        DATA_LIMIT,
                        f"The state/task '{visit.name}' returned a result with a size exceeding the maximum number of "
                        "bytes service limit.",
                    )
                return outcome
            except StateError as problem:
                self.must_go_on()
                error = self._placed(visit, problem)
                wait = retriers.wait(error)
                if wait is None:
                    self._failed(visit, error)
                    return visit.caught(error)
                self.children = None
                visit.retries += 1
                self.execution.retried(visit, error, wait)
                ground.clock.rest(wait)

    def _placed(self, visit: Visit, problem: StateError) -> StateError:
        """The error with its place; the history has what could not be evaluated, once for each attempt."""
        error = placed(problem, visit.name, self._entered_at)
        if error is not problem and error.name == QUERY_EVALUATION:
            details = {"error": error.name, "cause": error.cause, "location": problem.location or None}
            self.add("EvaluationFailed", **details, state=visit.name)
        return error

    def _failed(self, visit: Visit, error: StateError) -> None:
        """A Parallel or a Map has failed for good. An error that nobody can catch ends the execution at once."""
        if visit.kind in ("Map", "Parallel") and error.name != RUNTIME:
            self.add(f"{visit.kind}StateFailed")


def _assigned(outcome: Outcome) -> dict[str, Any]:
    if not outcome.variables:
        return {}
    return {"assignedVariables": {name: text_of(value) for name, value in outcome.variables.items()}}
