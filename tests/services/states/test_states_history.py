"""Histories to the event, in the shapes that were read off the service: which events there are, what they follow."""

from __future__ import annotations

from typing import Any

import pytest
from workflows import Workflows, invoke, line

LOST = {"Lost": {"Type": "Pass", "Parameters": {"m.$": "$.nope"}}}
BOOM = {"Boom": {"Type": "Fail", "Error": "MyError", "Cause": "my cause"}}


def parallel(*branches: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"Type": "Parallel", "Branches": [line(branch) for branch in branches], **more}


def story(flows: Workflows, definition: dict[str, Any], data: Any = None) -> tuple[list[str], list[int]]:
    """The types of the events, and what each follows."""
    execution = flows.start(flows.create(definition), {"x": "a"} if data is None else data)
    flows.cloud.settle()
    events = flows.history(execution)
    return [event["type"] for event in events], [event["previousEventId"] for event in events]


BEGIN = ["ExecutionStarted", "ParallelStateEntered", "ParallelStateStarted"]
PASSED = ["PassStateEntered", "PassStateExited"]
UNDEFINED = {"U": {"Type": "Pass", "QueryLanguage": "JSONata", "Output": {"v": "{% $states.input.missing %}"}}}
CAUGHT = {"Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Handled"}], "Next": "Handled"}

SHAPES = [
    (
        line({"P": parallel({"A": {"Type": "Pass"}}), "After": {"Type": "Pass"}}),
        [*BEGIN, *PASSED, "ParallelStateSucceeded", "ParallelStateExited", *PASSED, "ExecutionSucceeded"],
        [0, 0, 2, 3, 4, 5, 5, 7, 8, 9],
    ),
    (line({"P": parallel(LOST)}), [*BEGIN, "PassStateEntered", "ExecutionFailed"], [0, 0, 2, 3, 4]),
    (
        line({"P": parallel(BOOM)}),
        [*BEGIN, "FailStateEntered", "ParallelStateFailed", "ExecutionFailed"],
        [0, 0, 2, 3, 4, 5],
    ),
    (
        line({"P": parallel(BOOM, Retry=[{"ErrorEquals": ["States.ALL"], "MaxAttempts": 1}])}),
        [
            *BEGIN,
            "FailStateEntered",
            "ParallelStateStarted",
            "FailStateEntered",
            "ParallelStateFailed",
            "ExecutionFailed",
        ],
        [0, 0, 2, 3, 4, 5, 6, 7],
    ),
    (
        line({"P": parallel({"A": {"Type": "Pass"}}, ResultSelector={"m.$": "$.nope"})}),
        [*BEGIN, *PASSED, "ParallelStateSucceeded", "ExecutionFailed"],
        [0, 0, 2, 3, 4, 5, 5],
    ),
    (
        line({"P": parallel(UNDEFINED, **CAUGHT), "Handled": {"Type": "Pass"}}),
        [
            *BEGIN,
            "PassStateEntered",
            "EvaluationFailed",
            "ParallelStateFailed",
            "ParallelStateExited",
            *PASSED,
            "ExecutionSucceeded",
        ],
        [0, 0, 2, 3, 4, 5, 6, 7, 8, 9],
    ),
    (
        line({"P": parallel({"T": invoke("missing")}, **CAUGHT), "Handled": {"Type": "Pass"}}),
        [
            *BEGIN,
            "TaskStateEntered",
            "LambdaFunctionScheduled",
            "LambdaFunctionStarted",
            "LambdaFunctionFailed",
            "TaskStateAborted",
            "ParallelStateFailed",
            "ParallelStateExited",
            *PASSED,
            "ExecutionSucceeded",
        ],
        [0, 0, 2, 3, 4, 5, 6, 7, 7, 9, 10, 11, 12],
    ),
]
NAMES = ["ends well", "lost path", "fails", "retried", "own failure", "undefined", "task fails"]


@pytest.mark.parametrize(("definition", "types", "follows"), SHAPES, ids=NAMES)
def test_a_parallel_state_has_this_history(
    flows: Workflows, definition: dict[str, Any], types: list[str], follows: list[int]
) -> None:
    """Source: GetExecutionHistory."""
    assert story(flows, definition) == (types, follows)


def test_an_evaluation_that_failed_says_where(flows: Workflows) -> None:
    """Source: GetExecutionHistory: EvaluationFailed, with state, error, cause and location."""
    execution = flows.start(flows.create(line(UNDEFINED)), {"x": 1})
    flows.cloud.settle()
    failed = next(event for event in flows.history(execution) if event["type"] == "EvaluationFailed")
    details = failed["evaluationFailedEventDetails"]
    assert (details["state"], details["location"], details["error"]) == (
        "U",
        "Output/v",
        "States.QueryEvaluationError",
    )
    assert details["cause"] == (
        "An error occurred while executing the state 'U' (entered at the event id #2). The JSONata expression "
        "'$states.input.missing' specified for the field 'Output/v' returned nothing (undefined)."
    )


@pytest.mark.parametrize("how", ["stopped", "timed out"])
def test_the_end_from_outside_follows_nothing(flows: Workflows, how: str) -> None:
    """Source: StopExecution; GetExecutionHistory: ExecutionAborted and ExecutionTimedOut."""
    execution = flows.start(flows.create(line({"W": {"Type": "Wait", "Seconds": 60}}, TimeoutSeconds=30)))
    flows.cloud.advance(seconds=10)
    if how == "stopped":
        flows.client.stop_execution(executionArn=execution)
    flows.cloud.settle()
    last = flows.history(execution)[-1]
    assert (last["previousEventId"], last["id"]) == (0, 3)
    found = flows.described(execution)
    assert "error" not in found and "cause" not in found
    if how == "timed out":
        assert last["executionTimedOutEventDetails"] == {"error": "States.Timeout"}
