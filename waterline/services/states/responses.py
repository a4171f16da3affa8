"""The answers of the Step Functions API, where moto has none or leaves something out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.core.responses import ActionResult, EmptyResult
from moto.stepfunctions.models import stepfunctions_backends
from moto.stepfunctions.responses import StepFunctionResponse

from waterline.services.states.intrinsics import text_of

if TYPE_CHECKING:
    from waterline.services.states.backend import StatesBackend
    from waterline.services.states.execution import Execution

_PAGE = 1000
_DATA = ("input", "output", "parameters")


class StatesResponse(StepFunctionResponse):  # type: ignore[misc]
    """One request, and its answer."""

    @property
    def states(self) -> StatesBackend:
        backend: StatesBackend = stepfunctions_backends[self.current_account][self.region]
        return backend

    # -- state machines ----------------------------------------------------------------------------------------------

    def validate_state_machine_definition(self) -> ActionResult:
        kind = self._get_param("type") or "STANDARD"
        return ActionResult(self.states.validate_definition(self._get_param("definition"), kind))

    def test_state(self) -> ActionResult:
        given = [self._get_param(name) for name in ("definition", "roleArn", "input", "variables")]
        definition, role, text, variables = given
        return ActionResult(self.states.test_state(definition, role or "", text or "{}", variables or "{}"))

    def publish_state_machine_version(self) -> ActionResult:
        version = self.states.publish_version(self._get_param("stateMachineArn"), self._get_param("description"))
        return ActionResult({"stateMachineVersionArn": version.arn, "creationDate": version.creation_date})

    def list_state_machine_versions(self) -> ActionResult:
        versions = self.states.list_versions(self._get_param("stateMachineArn"))
        told = [{"stateMachineVersionArn": each.arn, "creationDate": each.creation_date} for each in versions]
        return ActionResult({"stateMachineVersions": told})

    def delete_state_machine_version(self) -> EmptyResult:
        self.states.delete_version(self._get_param("stateMachineVersionArn"))
        return EmptyResult()

    # -- executions --------------------------------------------------------------------------------------------------

    def start_execution(self) -> ActionResult:
        arn, name = self._get_param("stateMachineArn"), self._get_param("name")
        execution = self.states.start_execution(arn, name, self._get_param("input") or "{}")
        return ActionResult({"executionArn": execution.arn, "startDate": execution.start_date})

    def start_sync_execution(self) -> ActionResult:
        arn, name = self._get_param("stateMachineArn"), self._get_param("name")
        execution = self.states.start_sync_execution(arn, name, self._get_param("input") or "{}")
        told = _described(execution)
        lasted = round((told["stopDate"] - told["startDate"]).total_seconds() * 1000)
        billed = -(-lasted // 100) * 100
        status = "FAILED" if execution.status == "ABORTED" else execution.status
        billing = {"billedMemoryUsedInMB": 64, "billedDurationInMilliseconds": billed}
        return ActionResult({**told, "status": status, "billingDetails": billing})

    def describe_execution(self) -> ActionResult:
        execution = self.states.describe_execution(self._get_param("executionArn"))
        why = execution.not_redrivable()
        more: dict[str, Any] = {"redriveStatus": "REDRIVABLE" if why is None else "NOT_REDRIVABLE"}
        if why is not None:
            more["redriveStatusReason"] = why
        if execution.map_run is not None:
            more["mapRunArn"] = execution.map_run.arn
        return ActionResult(_described(execution) | more)

    def list_executions(self) -> ActionResult:
        arn, map_run = self._get_param("stateMachineArn"), self._get_param("mapRunArn")
        found = self.states.list_executions_of(arn, map_run, self._get_param("statusFilter"))
        names = ("executionArn", "stateMachineArn", "name", "status", "startDate", "stopDate", "mapRunArn")
        told = [{key: value for key, value in _described(each).items() if key in names} for each in found]
        return ActionResult(self._page("executions", told))

    def stop_execution(self) -> ActionResult:
        arn, error, cause = (self._get_param(name) for name in ("executionArn", "error", "cause"))
        return ActionResult({"stopDate": self.states.stop(arn, error, cause).stop_date})

    def redrive_execution(self) -> ActionResult:
        return ActionResult({"redriveDate": self.states.redrive(self._get_param("executionArn")).redrive_date})

    def get_execution_history(self) -> ActionResult:
        events = list(self.states.describe_execution(self._get_param("executionArn")).history.events)
        if self._get_param("reverseOrder"):
            events.reverse()
        if self._get_param("includeExecutionData") is False:
            events = [
                {
                    key: {k: v for k, v in value.items() if k not in _DATA} if isinstance(value, dict) else value
                    for key, value in event.items()
                }
                for event in events
            ]
        return ActionResult(self._page("events", events))

    def describe_state_machine_for_execution(self) -> ActionResult:
        program = self.states.describe_execution(self._get_param("executionArn")).program
        return ActionResult(
            {
                "stateMachineArn": program.arn,
                "name": program.name,
                "definition": text_of(program.definition),
                "roleArn": program.role,
                "updateDate": self.states._machine(program.arn).update_date,
            }
        )

    def _page(self, name: str, items: list[dict[str, Any]]) -> dict[str, Any]:
        """One page of a list; the token of the next is where it begins."""
        begin = int(self._get_param("nextToken") or 0)
        size = int(self._get_param("maxResults") or 0) or (100 if name == "executions" else _PAGE)
        page: dict[str, Any] = {name: items[begin : begin + size]}
        if begin + size < len(items):
            page["nextToken"] = str(begin + size)
        return page

    # -- tokens, activities, Map Runs --------------------------------------------------------------------------------

    def send_task_failure(self) -> EmptyResult:
        token, error, cause = (self._get_param(name) for name in ("taskToken", "error", "cause"))
        self.states.fail_task(token, error, cause)
        return EmptyResult()

    def get_activity_task(self) -> ActionResult:
        return ActionResult(
            self.states.get_activity_task(self._get_param("activityArn"), self._get_param("workerName"))
        )

    def list_map_runs(self) -> ActionResult:
        runs = self.states.map_runs_of(self._get_param("executionArn"))
        return ActionResult(
            {
                "mapRuns": [
                    {
                        "executionArn": run.parent.arn,
                        "mapRunArn": run.arn,
                        "stateMachineArn": run.parent.program.arn,
                        "startDate": run.started_at,
                        "stopDate": run.stopped_at,
                    }
                    for run in runs
                ]
            }
        )

    def describe_map_run(self) -> ActionResult:
        return ActionResult(self.states.describe_map_run_at(self._get_param("mapRunArn")).description())

    def update_map_run(self) -> EmptyResult:
        run = self.states.describe_map_run_at(self._get_param("mapRunArn"))
        run.change(
            self._get_param("maxConcurrency"),
            self._get_param("toleratedFailureCount"),
            self._get_param("toleratedFailurePercentage"),
        )
        return EmptyResult()


def _described(execution: Execution) -> dict[str, Any]:
    told: dict[str, Any] = {
        "executionArn": execution.arn,
        "stateMachineArn": execution.program.arn,
        "name": execution.name,
        "status": execution.status,
        "startDate": execution.start_date,
        "input": execution.execution_input,
        "inputDetails": {"included": True},
        "redriveCount": execution.redrives,
    }
    more: dict[str, Any] = {
        "stopDate": execution.stop_date,
        "error": execution.error,
        "cause": execution.cause_text,
        "redriveDate": execution.redrive_date,
        "stateMachineVersionArn": execution.program.version,
        "stateMachineAliasArn": execution.program.alias,
        "mapRunArn": execution.map_run.arn if execution.map_run is not None else None,
    }
    if execution.status == "SUCCEEDED":
        more |= {"output": text_of(execution.output), "outputDetails": {"included": True}}
    return told | {key: value for key, value in more.items() if value is not None}
