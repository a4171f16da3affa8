"""The Step Functions API on executions: started, described, stopped, redriven; tokens, activities, Map Runs.

Source: AWS Step Functions API Reference (read 2026-11).
"""

from __future__ import annotations

import json
from collections import defaultdict, deque
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, Final

from moto.stepfunctions import urls as moto_urls
from moto.stepfunctions.exceptions import (
    ActivityDoesNotExist,
    AWSError,
    ExecutionAlreadyExists,
    ExecutionDoesNotExist,
    InvalidExecutionInput,
    ResourceNotFound,
    ValidationException,
)

from waterline.clock import SECOND
from waterline.facts import facts
from waterline.services.hosts import SYNCHRONOUS_STATES
from waterline.services.states import one_state
from waterline.services.states.branch import PAYLOAD_MAX
from waterline.services.states.callbacks import Callback, Callbacks
from waterline.services.states.calls import Clients
from waterline.services.states.distributed import ChildRun, MapRun
from waterline.services.states.execution import Execution
from waterline.services.states.intrinsics import text_of
from waterline.services.states.machines import InvalidDefinition, MachineBackend
from waterline.services.states.program import Program
from waterline.services.states.responses import StatesResponse
from waterline.services.states.validation import state_findings
from waterline.waiting import Gate, Signal

POLL: Final = facts["sfn.activity_poll"].seconds


class StateMachineTypeNotSupported(AWSError):  # type: ignore[misc]
    """Not for this type of workflow."""

    TYPE = "StateMachineTypeNotSupported"


class StatesBackend(MachineBackend):
    """Step Functions of one account in one Region."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.callbacks = Callbacks(self.ground)
        self.clients = Clients(region_name)
        self._executions: dict[str, Execution] = {}
        self._of_machine: dict[str, list[Execution]] = defaultdict(list)
        self._map_runs: dict[str, MapRun] = {}
        self._offers: dict[str, deque[tuple[Callback, str, Gate]]] = defaultdict(deque)
        self._workers: dict[str, Signal] = {}

    @property
    def _url_module(self) -> SimpleNamespace:
        """moto's addresses, and the host of StartSyncExecution, answered by our responses."""
        paths = dict.fromkeys(moto_urls.url_paths, StatesResponse.dispatch)
        return SimpleNamespace(url_bases=[*moto_urls.url_bases, SYNCHRONOUS_STATES], url_paths=paths)

    # -- executions --------------------------------------------------------------------------------------------------

    def start_execution(self, state_machine_arn: str, name: str | None, execution_input: str) -> Execution:
        """Begin an execution. The same name with the same input answers with the one that runs already."""
        self.ground.clock.refuse_other_threads()
        program = self.program(state_machine_arn)
        text = self._checked(execution_input)
        if name:
            self._validate_name(name)
        named = name or self.ground.identifier("executions")
        known = self._executions.get(self._arn(program, named))
        if known is not None and program.kind == "STANDARD":
            if not known.is_over and known.execution_input == text:
                return known
            raise ExecutionAlreadyExists(f"Execution Already Exists: '{known.arn}'")
        return self._begin(program, self._arn(program, named), named, text)

    def start_sync_execution(self, arn: str, name: str | None, execution_input: str) -> Execution:
        """Play an Express workflow and wait for its end."""
        program = self.program(arn)
        if program.kind != "EXPRESS":
            raise StateMachineTypeNotSupported("This operation is not supported by this type of state machine")
        named = name or self.ground.identifier("executions")
        execution = self._begin(program, self._arn(program, named), named, self._checked(execution_input))
        execution.finished.wait()
        return execution

    def describe_execution(self, execution_arn: str) -> Execution:
        """Of a Standard workflow only."""
        execution = self.find_execution(execution_arn)
        if execution.kind == "EXPRESS" and execution.map_run is None:
            raise StateMachineTypeNotSupported("This operation is not supported by this type of state machine")
        return execution

    def find_execution(self, arn: str) -> Execution:
        if arn not in self._executions:
            raise ExecutionDoesNotExist(f"Execution Does Not Exist: '{arn}'")
        return self._executions[arn]

    def list_executions_of(self, arn: str | None, map_run: str | None, status: str | None) -> list[Execution]:
        """The newest first."""
        if map_run is not None:
            children = self.describe_map_run_at(map_run).children
            found = [child.execution for child in children if child.execution is not None]
        else:
            machine = self._machine(str(arn))
            if machine.type == "EXPRESS":
                raise StateMachineTypeNotSupported("This operation is not supported by this type of state machine")
            found = list(self._of_machine[machine.arn])
        return [each for each in reversed(found) if status in (None, each.status)]

    def test_state(self, definition: str, role: str, text: str, variables: str) -> dict[str, Any]:
        """Play one state by itself and wait for it."""
        state = one_state.state_of(definition)
        if found := state_findings(state):
            raise InvalidDefinition(f"Invalid State Machine Definition: '{', '.join(map(str, found))}'")
        machine = f"arn:{self.partition}:states:{self.region_name}:{self.account_id}:stateMachine:test"
        program = Program(machine, "test", {"StartAt": "State", "States": {"State": state}}, role, "STANDARD")
        named = self.ground.identifier("tests of states")
        execution = Execution(self, program, self._arn(program, named), named, self._checked(text))
        return one_state.tested(execution, "State", json.loads(variables))

    def stop(self, arn: str, error: str | None, cause: str | None) -> Execution:
        execution = self.describe_execution(arn)
        if execution.is_over:
            return execution
        execution.stop(error, cause)
        return execution

    def redrive(self, arn: str) -> Execution:
        execution = self.describe_execution(arn)
        execution.redrive()
        return execution

    def _begin(self, program: Program, arn: str, name: str, text: str, map_run: MapRun | None = None) -> Execution:
        execution = self._executions[arn] = Execution(self, program, arn, name, text, map_run)
        if map_run is None:
            self._of_machine[program.arn].append(execution)
        execution.start()
        return execution

    def _arn(self, program: Program, name: str) -> str:
        head = f"arn:{self.partition}:states:{self.region_name}:{self.account_id}"
        if program.kind == "EXPRESS":
            return f"{head}:express:{program.name}:{name}:{self.ground.identifier('express executions')}"
        return f"{head}:execution:{program.name}:{name}"

    def _checked(self, text: str) -> str:
        if len(text.encode()) > PAYLOAD_MAX:
            raise ValidationException(
                "1 validation error detected: Value at 'input' failed to satisfy constraint: Member must have length "
                f"less than or equal to {PAYLOAD_MAX}"
            )
        try:
            json.loads(text)
        except ValueError as error:
            raise InvalidExecutionInput(f"Invalid State Machine Execution Input: '{error}'") from error
        return text

    # -- tokens and activities ---------------------------------------------------------------------------------------

    def send_task_success(self, task_token: str, outcome: str) -> None:
        self.callbacks.succeed(task_token, outcome)

    def fail_task(self, token: str, error: str | None, cause: str | None) -> None:
        self.callbacks.fail(token, error, cause)

    def send_task_heartbeat(self, task_token: str) -> None:
        self.callbacks.beat(task_token)

    def offer(self, activity: str, callback: Callback, text: str) -> Gate:
        """Offer a task to the workers of an activity; the gate opens with the name of the one that takes it."""
        taken = self.ground.clock.gate()
        self._offers[activity].append((callback, text, taken))
        self._waiting(activity).notify()
        return taken

    def get_activity_task(self, arn: str, worker: str | None) -> dict[str, str]:
        """Wait for a task, at most a minute; an empty answer if there was none."""
        if arn not in self.activities:
            raise ActivityDoesNotExist(f"Activity Does Not Exist: '{arn}'")
        until = self.ground.clock.now + round(POLL * SECOND)
        while True:
            offers = self._offers[arn]
            while offers:
                callback, text, taken = offers.popleft()
                if self.callbacks.waits(callback):
                    taken.open(worker or "")
                    return {"taskToken": callback.token, "input": text}
            left = until - self.ground.clock.now
            if left <= 0 or not self._waiting(arn).wait(left):
                return {}

    def _waiting(self, activity: str) -> Signal:
        if activity not in self._workers:
            self._workers[activity] = self.ground.clock.signal()
        return self._workers[activity]

    # -- Map Runs ----------------------------------------------------------------------------------------------------

    def map_run(
        self,
        parent: Execution,
        label: str,
        processor: Mapping[str, Any],
        kind: str,
        most: int,
        count: int,
        percentage: float,
    ) -> MapRun:
        head = f"arn:{self.partition}:states:{self.region_name}:{self.account_id}"
        arn = f"{head}:mapRun:{parent.program.name}/{label}:{self.ground.identifier('map runs')}"
        run = self._map_runs[arn] = MapRun(arn, parent, label, processor, kind, most, count, percentage)
        return run

    def start_child(self, map_run: MapRun, child: ChildRun) -> Execution:
        """Start a child execution of a distributed Map."""
        parent = map_run.parent.program
        definition = {"QueryLanguage": map_run.parent.language, **map_run.processor}
        name = f"{parent.name}/{map_run.label}"
        program = Program(f"{parent.arn}/{map_run.label}", name, definition, parent.role, map_run.kind)
        named = self.ground.identifier("executions")
        return self._begin(program, self._arn(program, named), named, text_of(child.data), map_run)

    def describe_map_run_at(self, arn: str) -> MapRun:
        if arn not in self._map_runs:
            raise ResourceNotFound(arn)
        return self._map_runs[arn]

    def map_runs_of(self, execution_arn: str) -> list[MapRun]:
        self.describe_execution(execution_arn)
        return [run for run in self._map_runs.values() if run.parent.arn == execution_arn]
