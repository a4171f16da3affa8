"""One execution of a state machine: from its start to its end, and again when it is redriven.

Words
-----
cause
    the execution's ARN: the journal's name for it, and the parent of whatever its tasks send.
transition
    a state that was entered, or a retry: what a Standard workflow is charged for.

In the journal an execution is ``sent`` when it is started, ``entered`` at each state, ``retried``, and at last
``succeeded`` or ``failed`` (with its `status`); ``redriven`` begins it again.

Source: AWS Step Functions Developer Guide, "Starting state machine executions in Step Functions", "Restarting state
machine executions with redrive in Step Functions" and "Choosing workflow type in Step Functions" (read 2026-11).
"""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any, Final

from moto.stepfunctions.exceptions import AWSError

from waterline.clock import SECOND
from waterline.facts import facts
from waterline.services.states import calls, logs, status_events
from waterline.services.states.branch import Branch
from waterline.services.states.errors import RUNTIME, TIMEOUT, StateError
from waterline.services.states.history import EVENTS_MAX, History
from waterline.services.states.intrinsics import text_of
from waterline.services.states.kinds import WORK
from waterline.services.states.paths import NoPath
from waterline.services.states.program import Program, Service
from waterline.services.states.scope import Scope
from waterline.services.states.visit import Outcome, Visit
from waterline.waiting import Gate, Task, TaskEnded, Timer

if TYPE_CHECKING:
    from waterline.services.states.distributed import MapRun

EXPRESS_MAX: Final = facts["sfn.express_duration_max"].seconds
REDRIVE_DAYS: Final = facts["sfn.redrive_window"].seconds
_YEAR: Final = facts["sfn.standard_duration_max"].seconds


class ExecutionNotRedrivable(AWSError):  # type: ignore[misc]
    """It cannot be redriven; the message says why."""

    TYPE = "ExecutionNotRedrivable"


class Execution:
    """An execution. `text` is its input, as JSON text; `map_run` is set for a child of a distributed Map."""

    def __init__(
        self,
        service: Service,
        program: Program,
        arn: str,
        name: str,
        text: str,
        map_run: MapRun | None = None,
    ) -> None:
        self.service, self.program, self.arn, self.name, self.execution_input = service, program, arn, name, text
        self.map_run = map_run
        self.ground = service.ground
        self.kind = program.kind
        self.place = f"states:{program.name}"
        self.cause = (arn,)
        self.language: str = program.definition.get("QueryLanguage", "JSONPath")
        self.start_date = self.ground.clock.date
        self.stop_date: dt.datetime | None = None
        self.status = "RUNNING"
        self.output: Any = None
        self.error: str | None = None
        self.cause_text: str | None = None
        self.redrives = 0
        self.redrive_date: dt.datetime | None = None
        self.finished: Gate = self.ground.clock.gate()
        self.history = History(self.ground.clock, self.kind == "STANDARD", self._log)
        self._input: Any = json.loads(text)
        self.root = Branch(self, program.definition, json.loads(text), Scope())
        self._begun = self.ground.clock.now
        self._task: Task | None = None
        self._timer: Timer | None = None
        self._idle_steps = (-1, 0)
        self._stopped_at = -1

    # -- what others ask ---------------------------------------------------------------------------------------------

    @property
    def is_over(self) -> bool:
        return self.status != "RUNNING"

    @property
    def context(self) -> dict[str, Any]:
        """The parts of the context object that all states have in common."""
        described = {
            "Id": self.arn,
            "Input": self._input,
            "Name": self.name,
            "RoleArn": self.program.role,
            "StartTime": self.iso(self.start_date),
            "RedriveCount": self.redrives,
        }
        if self.redrive_date is not None:
            described["RedriveTime"] = self.iso(self.redrive_date)
        return {"Execution": described, "StateMachine": {"Id": self.program.arn, "Name": self.program.name}}

    def iso(self, date: dt.datetime) -> str:
        return calls.iso(date)

    def description(self) -> dict[str, Any]:
        """The answer of DescribeExecution as a task gets it that waited for this execution."""
        found: dict[str, Any] = {
            "ExecutionArn": self.arn,
            "Input": self.execution_input,
            "InputDetails": {"Included": True},
            "Name": self.name,
            "RedriveCount": self.redrives,
            "StartDate": self.iso(self.start_date),
            "StateMachineArn": self.program.arn,
            "Status": self.status,
        }
        if self.stop_date is not None:
            found["StopDate"] = self.iso(self.stop_date)
        if self.status == "SUCCEEDED":
            found |= {"Output": text_of(self.output), "OutputDetails": {"Included": True}}
        more = {"Error": self.error, "Cause": self.cause_text}
        return found | {key: value for key, value in more.items() if value is not None}

    # -- what the interpreter tells ----------------------------------------------------------------------------------

    def work(self, visit: Visit) -> Outcome:
        try:
            return WORK[visit.kind](visit)
        except NoPath as error:
            raise StateError(RUNTIME, str(error)) from error
        except RecursionError as error:
            raise StateError(RUNTIME, "The data, or an expression, is nested too deep.") from error

    def entered(self, branch: Branch, state: str) -> None:
        """A state is entered. Raises TaskEnded in a branch that was stopped before it got there."""
        branch.must_go_on()
        self._record("entered", state=state)
        if self.kind == "EXPRESS":
            self._must_take_time()

    def retried(self, visit: Visit, error: StateError, wait: int) -> None:
        """A state's attempt has failed and will be made again after `wait` microseconds."""
        why = f"{visit.name} in {wait / SECOND:g} s: {error.name}"
        self._record("retried", why=why, count=visit.retries, until=self.ground.clock.now + wait, state=visit.name)

    # -- its life ----------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin: the first state is entered when the clock goes on."""
        journal, parents = self.ground.journal, self.ground.clock.cause
        journal.record("sent", self.place, self.arn, parents, body=self.execution_input, workflow=self.kind)
        role = {"roleArn": self.program.role}
        versions = {"stateMachineVersionArn": self.program.version, "stateMachineAliasArn": self.program.alias}
        self.root.previous = self.history.add("ExecutionStarted", 0, input=self.execution_input, **role, **versions)
        self.root.previous = 0
        self._go()

    def stop(self, error: str | None, cause: str | None) -> None:
        """End it now, as StopExecution does."""
        if not self.is_over:
            self._abort_children()
            self._close("ABORTED", "ExecutionAborted", error, cause)
            self._end_task()

    def redrive(self) -> None:
        """Go on where it failed. Raises ExecutionNotRedrivable."""
        why = self.not_redrivable()
        if why is not None:
            raise ExecutionNotRedrivable(why)
        self.redrives += 1
        self.redrive_date = self.ground.clock.date
        self.status, self.stop_date, self.error, self.cause_text = "RUNNING", None, None, None
        self.finished = self.ground.clock.gate()
        self.root.aborted = False
        self._record("redriven", to=self.program.name)
        if self._stopped_at == self.ground.clock.now:
            # What was ended at this instant is still on its way out.
            self.ground.clock.rest(1)
        self.root.previous = self.history.add("ExecutionRedriven", len(self.history.events), redriveCount=self.redrives)
        self._go()

    def not_redrivable(self) -> str | None:
        """Why it cannot be redriven, or None."""
        if self.kind == "EXPRESS":
            return f"Execution {self.arn} is of an EXPRESS workflow, which cannot be redriven"
        if not self.is_over or self.status == "SUCCEEDED":
            return f"Execution is {self.status} and cannot be redriven"
        assert self.stop_date is not None
        now = self.ground.clock.date
        if (now - self.stop_date).total_seconds() > REDRIVE_DAYS:
            return "Execution is past its redrivable period and cannot be redriven"
        if (now - self.start_date).total_seconds() > _YEAR:
            return "Execution has exceeded the maximum open time of one year"
        if len(self.history.events) >= EVENTS_MAX - 1:
            return "Execution has too many events in its history and cannot be redriven"
        return None

    def _go(self) -> None:
        clock = self.ground.clock
        limit = self.program.definition.get("TimeoutSeconds")
        longest = EXPRESS_MAX if self.kind == "EXPRESS" else _YEAR
        # What the service sets by itself is housekeeping: it is nothing that one would wait for.
        seconds, own = (limit, True) if limit is not None and limit <= longest else (longest, False)
        self._begun = clock.now
        self._timer = clock.after(round(seconds * SECOND), self._time_out, background=not own)
        status_events.tell(self)
        self._task = clock.spawn(f"execution of {self.program.name}", self._play, cause=self.cause)

    def _play(self) -> None:
        try:
            self.output = self.root.run()
        except StateError as error:
            if not self.is_over:
                if error.cause is not None and error.cause.endswith(_LOOP):
                    self._time_out()
                else:
                    self._close("FAILED", "ExecutionFailed", error.name, error.cause)
        else:
            if not self.is_over:
                self._close("SUCCEEDED", "ExecutionSucceeded", None, None)

    def _time_out(self) -> None:
        if not self.is_over:
            self._abort_children()
            self._close("TIMED_OUT", "ExecutionTimedOut", None, None)
            self._end_task()

    def _abort_children(self) -> None:
        for child in self.root.children or ():
            child.abort()

    def _end_task(self) -> None:
        if self._task is not None:
            self._task.end(TaskEnded("The execution is over."))

    def _close(self, status: str, event: str, error: str | None, cause: str | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self.error, self.cause_text = error, cause
        if status == "SUCCEEDED":
            self.history.add(event, self.root.previous, output=text_of(self.output))
        else:
            follows = self.root.previous if status == "FAILED" else 0
            named = TIMEOUT if status == "TIMED_OUT" else error
            self.history.add(event, follows, error=named, cause=cause)
        self.status, self.stop_date = status, self.ground.clock.date
        self._stopped_at = self.ground.clock.now
        duration = self.ground.clock.now - self._begun
        if status == "SUCCEEDED":
            self._record("succeeded", workflow=self.kind, duration=duration)
        else:
            why = {"TIMED_OUT": "timed out", "ABORTED": "stopped"}.get(status, error or "failed")
            self._record("failed", workflow=self.kind, duration=duration, status=status, why=_sentence(why, cause))
        self.finished.open(status)
        status_events.tell(self)

    # -- inside ------------------------------------------------------------------------------------------------------

    def _must_take_time(self) -> None:
        """End an Express workflow that goes round without ever waiting: on AWS its five minutes would be over."""
        instant, steps = self._idle_steps
        steps = steps + 1 if instant == self.ground.clock.now else 1
        self._idle_steps = self.ground.clock.now, steps
        if steps > EVENTS_MAX:
            raise StateError(RUNTIME, _LOOP)

    def _record(self, kind: str, **detail: Any) -> None:
        self.ground.journal.record(kind, self.place, self.arn, **detail)

    def _log(self, event: dict[str, Any]) -> None:
        if self.program.logging:
            logs.write(self, event)


_LOOP = "The workflow goes round without ever waiting."


def _sentence(why: str, cause: str | None) -> str:
    return f"{why}: {' '.join(cause.split())}" if cause else why
