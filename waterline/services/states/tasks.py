"""The Task state: a call, a worker's activity, a job that is waited for, or a token that somebody answers.

The call is made in a task of the clock, so that TimeoutSeconds can end the waiting; what was called goes on. Heartbeats
are asked of those who hold a token. Without TimeoutSeconds a task may take as long as its execution; an activity's time
counts from when a worker has fetched it.

Source: AWS Step Functions Developer Guide, "Task workflow state" and "Discover service integration patterns in Step
Functions" (read 2026-11).
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

from waterline.clock import SECOND
from waterline.services.states.calls import called, not_answered
from waterline.services.states.errors import TIMEOUT, Answered, StateError
from waterline.services.states.http_call import invoked
from waterline.services.states.intrinsics import text_of
from waterline.services.states.resources import SYNC_2, TOKEN, Resource, resource
from waterline.services.states.visit import Visit
from waterline.waiting import TaskEnded

_INVOKE = Resource("function", "", "lambda", "invoke")


def work(visit: Visit) -> Any:
    """Do the task once; returns its result. Raises StateError."""
    target = resource(visit.state["Resource"])
    assert target is not None, "the definition was checked"
    return _Attempt(visit, target).run()


class _Attempt:
    """One attempt of a task. `family`: how its events are called."""

    def __init__(self, visit: Visit, target: Resource) -> None:
        self.visit, self.target = visit, target
        self.execution = visit.branch.execution
        self.clock = self.execution.ground.clock
        self.family = {"function": "LambdaFunction", "activity": "Activity"}.get(target.kind, "Task")
        self.names: dict[str, Any] = {}
        if self.family == "Task":
            self.names = {"resourceType": target.type, "resource": target.name}
        self.timeout: float | None = None
        self.deadline: int | None = None
        self.heartbeat: float | None = None

    def run(self) -> Any:
        visit, callbacks = self.visit, self.execution.service.callbacks
        callback = callbacks.make() if self.target.pattern == TOKEN or self.target.kind == "activity" else None
        visit.token = callback.token if callback is not None and self.target.pattern == TOKEN else None
        try:
            parameters = visit.effective()
            self.timeout = visit.number("TimeoutSeconds", visit.data, 0)
            self.heartbeat = visit.number("HeartbeatSeconds", visit.data, 0)
            if self.timeout is not None and self.target.kind != "activity":
                self.deadline = self.clock.now + round(self.timeout * SECOND)
            self._scheduled(parameters, self.timeout)
            try:
                result = self._result(parameters, callback)
            except Answered as error:
                self._failed(error)
                raise
        finally:
            visit.token = None
            if callback is not None:
                callbacks.close(callback)
        detail = {} if self.family != "Task" else self.names
        visit.branch.add(f"{self.family}Succeeded", **detail, output=text_of(result))
        return copy.deepcopy(result)

    def _result(self, parameters: Any, callback: Any) -> Any:
        ground = self.execution.ground
        if self.target.kind == "activity":
            worker = self.execution.service.offer(self.target.arn, callback, text_of(parameters))
            worker.wait()
            self.visit.branch.add("ActivityStarted", workerName=worker.value)
            callback.heard = self.clock.now
            if self.timeout is not None:
                self.deadline = self.clock.now + round(self.timeout * SECOND)
            return callback.wait(ground, self.deadline, self.heartbeat)
        self.visit.branch.add(f"{self.family}Started", **self.names)
        if self.target.kind == "function":
            return self._answer(lambda: self._invoke(parameters))
        if self.target.service == "http":
            return self._answer(lambda: invoked(self.execution, parameters))
        if self.target.boto3 == "events" and self.target.kind == "optimized":
            parameters = _signed(parameters, [self.execution.program.arn, self.execution.arn])
        answer = self._answer(lambda: called(self.execution.service.clients, self.target, parameters))
        if self.target.pattern is None:
            return answer
        self.visit.branch.add("TaskSubmitted", **self.names, output=text_of(answer))
        if callback is not None:
            return callback.wait(ground, self.deadline, self.heartbeat)
        return self._nested(answer["ExecutionArn"])

    def _invoke(self, payload: Any) -> Any:
        parameters = {"FunctionName": self.target.arn, "Payload": text_of(payload)}
        return called(self.execution.service.clients, _INVOKE, parameters)["Payload"]

    def _answer(self, call: Callable[[], Any]) -> Any:
        """What a call answers, if it does so in time."""
        answered = self.clock.gate()

        def make() -> None:
            try:
                answered.open(call())
            except StateError as error:
                answered.open(error)

        task = self.clock.spawn("task of a workflow", make, cause=self.execution.cause)
        try:
            if not answered.wait(self._left()):
                raise Answered(TIMEOUT)
        finally:
            if not answered.opened:
                task.end(TaskEnded("The workflow no longer waits for this call."))
        if isinstance(answered.value, StateError):
            raise answered.value
        return answered.value

    def _nested(self, arn: str) -> Any:
        """Wait for the execution that was started; if this one ends before, so does that one."""
        child = self.execution.service.find_execution(arn)
        try:
            if not child.finished.wait(self._left()):
                raise Answered(TIMEOUT)
        finally:
            if not child.is_over:
                child.stop(None, None)
        found = child.description()
        if self.target.pattern == SYNC_2:
            found |= {key: json.loads(found[key]) for key in ("Input", "Output") if key in found}
        if child.status != "SUCCEEDED":
            raise not_answered(text_of(found))
        return found

    def _left(self) -> int | None:
        return None if self.deadline is None else max(0, self.deadline - self.clock.now)

    # -- the history -------------------------------------------------------------------------------------------------

    def _scheduled(self, parameters: Any, timeout: float | None) -> None:
        limits = {"timeoutInSeconds": timeout, "heartbeatInSeconds": self.heartbeat}
        text = text_of(parameters)
        add = self.visit.branch.add
        if self.family == "Task":
            region = self.execution.service.region_name
            add("TaskScheduled", **self.names, region=region, parameters=text, **limits)
        elif self.family == "LambdaFunction":
            add("LambdaFunctionScheduled", resource=self.target.arn, input=text, timeoutInSeconds=timeout)
        else:
            add("ActivityScheduled", resource=self.target.arn, input=text, **limits)

    def _failed(self, error: StateError) -> None:
        kind = f"{self.family}{'TimedOut' if error.name == TIMEOUT else 'Failed'}"
        self.visit.branch.add(kind, **self.names, error=error.name, cause=error.cause)


def _signed(parameters: Any, arns: list[str]) -> Any:
    """Entries of PutEvents, whose resources are the workflow and its execution too."""
    if not isinstance(parameters, dict) or not isinstance(parameters.get("Entries"), list):
        return parameters
    entries = [{**entry, "Resources": [*entry.get("Resources", ()), *arns]} for entry in parameters["Entries"]]
    return {**parameters, "Entries": entries}
