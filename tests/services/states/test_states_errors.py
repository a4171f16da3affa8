"""Retriers, catchers, timeouts. AWS Step Functions Developer Guide, "Handling errors in Step Functions workflows"."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import boto3
import pytest
from workflows import REGION, Workflows, invoke, line

RAISE = "def handler(event, context):\n    raise {error}\n"
IN_TURN = """
names = ["ErrorA", "ErrorB", "ErrorC", "ErrorB", "ErrorB"]
def handler(event, context):
    raise type(names.pop(0), (Exception,), {})("no")
"""


def attempts(flows: Workflows, function: str = "work") -> list[float]:
    """When the function was invoked."""
    return [event.seconds for event in flows.cloud.journal.of("invoked", f"lambda:{function}")]


def test_a_retrier_waits_longer_each_time(flows: Workflows) -> None:
    """Source: "Handling errors in Step Functions workflows": 2 retries after waiting for 3 and 4.5 seconds."""
    flows.cloud.deploy("work", RAISE.format(error="ValueError('no')"))
    retry = [{"ErrorEquals": ["ValueError"], "IntervalSeconds": 3, "MaxAttempts": 2, "BackoffRate": 1.5}]
    assert flows.error(line({"T": invoke("work", Retry=retry)}))[0] == "ValueError"
    assert attempts(flows) == [0, 3, 7.5]


def test_a_retrier_has_defaults(flows: Workflows) -> None:
    """Source: ``sfn.retry_default_max``."""
    flows.cloud.deploy("work", RAISE.format(error="ValueError('no')"))
    flows.run(line({"T": invoke("work", Retry=[{"ErrorEquals": ["States.ALL"]}])}))
    assert attempts(flows) == [0, 1, 3, 7]


def test_each_retrier_counts_for_itself(flows: Workflows) -> None:
    """Source: "Handling errors in Step Functions workflows": the complex scenario with errors A, B, C, B, B."""
    flows.cloud.deploy("work", IN_TURN)
    retry = [
        {"ErrorEquals": ["ErrorA", "ErrorB"], "IntervalSeconds": 1, "BackoffRate": 2.0, "MaxAttempts": 2},
        {"ErrorEquals": ["ErrorC"], "IntervalSeconds": 5},
    ]
    catch = [{"ErrorEquals": ["States.ALL"], "Next": "Z"}]
    output = flows.output(
        line({"X": invoke("work", Retry=retry, Catch=catch, Next="Y"), "Y": {"Type": "Fail"}} | {"Z": {"Type": "Pass"}})
    )
    assert [later - before for before, later in pairwise(attempts(flows))] == [1, 2, 5]
    assert output["Error"] == "ErrorB"


def test_max_delay_seconds_bounds_the_waits(flows: Workflows) -> None:
    """Source: "Handling errors in Step Functions workflows": MaxDelaySeconds."""
    flows.cloud.deploy("work", RAISE.format(error="ValueError('no')"))
    retry = [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 3, "MaxDelaySeconds": 5, "MaxAttempts": 3}]
    flows.run(line({"T": invoke("work", Retry=retry)}))
    assert attempts(flows) == [0, 3, 8, 13]


def test_full_jitter_draws_each_wait_from_nothing_to_its_length(flows: Workflows) -> None:
    """Source: "Handling errors in Step Functions workflows": JitterStrategy."""
    flows.cloud.deploy("work", RAISE.format(error="ValueError('no')"))
    retry = [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 100, "MaxAttempts": 4, "JitterStrategy": "FULL"}]
    flows.run(line({"T": invoke("work", Retry=retry)}))
    waits = [later - before for before, later in pairwise(attempts(flows))]
    assert all(0 <= wait <= 100 * 2**n for n, wait in enumerate(waits))
    assert all(wait != 100 * 2**n for n, wait in enumerate(waits))


def test_no_attempts_means_no_retry(flows: Workflows) -> None:
    """Source: "Handling errors in Step Functions workflows": MaxAttempts 0 excludes an error from States.ALL."""
    flows.cloud.deploy("work", RAISE.format(error="TimeoutError('no')"))
    retry = [{"ErrorEquals": ["TimeoutError"], "MaxAttempts": 0}, {"ErrorEquals": ["States.ALL"]}]
    flows.run(line({"T": invoke("work", Retry=retry)}))
    assert attempts(flows) == [0]


def test_retries_come_before_catchers(flows: Workflows) -> None:
    """Source: "Handling errors in Step Functions workflows"."""
    flows.cloud.deploy("work", RAISE.format(error="ValueError('no')"))
    task = invoke(
        "work",
        Retry=[{"ErrorEquals": ["ValueError"], "MaxAttempts": 1}],
        Catch=[{"ErrorEquals": ["ValueError"], "ResultPath": "$.error", "Next": "Fallback"}],
    )
    output = flows.output(line({"T": task, "Fallback": {"Type": "Pass"}}), {"in": 1})
    assert attempts(flows) == [0, 1]
    assert output["in"] == 1
    assert output["error"]["Error"] == "ValueError"
    assert json.loads(output["error"]["Cause"])["errorMessage"] == "no"


def test_a_retry_knows_how_many_there_were(flows: Workflows) -> None:
    """Source: "Accessing execution data from the Context object in Step Functions": RetryCount."""
    flows.cloud.deploy("work", "def handler(e, c):\n    assert e['n'] == 2, 'again'\n    return e['n']\n")
    task = invoke("work", Parameters={"n.$": "$$.State.RetryCount"}, Retry=[{"ErrorEquals": ["States.ALL"]}])
    assert flows.output(line({"T": task})) == 2


TASK = "States.TaskFailed"
NAMES = [
    ("raise ValueError('x')", "ValueError", ["ValueError", TASK, "States.ALL"], ["States.Timeout", "KeyError"]),
    ("time.sleep(9)", "States.Timeout", ["States.Timeout", "States.ALL"], [TASK]),
    ("import nowhere", "Runtime.ImportModuleError", ["Runtime.ImportModuleError", TASK], ["States.Timeout"]),
]


@pytest.mark.parametrize(("code", "name", "caught", "missed"), NAMES, ids=[name for _, name, _, _ in NAMES])
def test_names_mean_errors(flows: Workflows, code: str, name: str, caught: list[str], missed: list[str]) -> None:
    """Source: "Handling errors in Step Functions workflows": the table of error names."""
    head, body = (code, "pass") if code.startswith("import") else ("", code)
    flows.cloud.deploy("work", f"import time\n{head}\ndef handler(e, c):\n    {body}\n", timeout=20)
    for number, listed in enumerate([*caught, *missed]):
        catch = [{"ErrorEquals": [listed], "Next": "C"}]
        states = {"T": invoke("work", TimeoutSeconds=5, Catch=catch, Next="C"), "C": {"Type": "Pass"}}
        found = flows.run(line(states), name=f"m{number}")
        if listed in caught:
            assert found["output"]["Error"] == name
        else:
            assert (found["status"], found["error"]) == ("FAILED", name)


def test_a_function_that_times_out_is_a_function_error(flows: Workflows) -> None:
    """Source: "Handling errors in Step Functions workflows": Sandbox.Timedout."""
    flows.cloud.deploy("work", "import time\ndef handler(e, c):\n    time.sleep(9)\n", timeout=3)
    assert flows.error(line({"T": invoke("work")}))[0] == "Sandbox.Timedout"


def test_a_function_that_is_not_there_is_an_error_of_lambda(flows: Workflows) -> None:
    """Source: "Handling errors in Step Functions workflows": names of Lambda exceptions."""
    assert flows.error(line({"T": invoke("nobody")}))[0] == "Lambda.ResourceNotFoundException"


def test_a_throttled_function_is_retried_by_the_state_machine_only(flows: Workflows) -> None:
    """Source: "Handling errors in Step Functions workflows": Lambda.TooManyRequestsException is for a retrier."""
    flows.cloud.deploy("work", "def handler(e, c):\n    return 1\n")
    boto3.client("lambda", region_name=REGION).put_function_concurrency(
        FunctionName="work", ReservedConcurrentExecutions=0
    )
    retry = [{"ErrorEquals": ["Lambda.TooManyRequestsException"], "MaxAttempts": 2}]
    assert flows.error(line({"T": invoke("work", Retry=retry)}))[0] == "Lambda.TooManyRequestsException"
    assert [event.seconds for event in flows.cloud.journal.of("throttled", "lambda:work")] == [0, 1, 3]


def test_an_outage_of_lambda_is_an_error_of_lambda(flows: Workflows) -> None:
    """Source: "Handling errors in Step Functions workflows": Lambda.ServiceException."""
    flows.cloud.deploy("work", "def handler(e, c):\n    return 1\n")
    flows.cloud.faults.outage("work", start=0, end=3)
    retry = [{"ErrorEquals": ["Lambda.ServiceException"], "IntervalSeconds": 2}]
    assert flows.output(line({"T": invoke("work", Retry=retry)})) == 1
    assert flows.cloud.clock.now >= 3_000_000


def test_a_task_that_takes_too_long_is_left_alone(flows: Workflows) -> None:
    """Source: "Task workflow state": TimeoutSeconds; the function that was invoked goes on."""
    flows.cloud.deploy("work", "import time\ndef handler(e, c):\n    time.sleep(30)\n    return 1\n", timeout=60)
    catch = [{"ErrorEquals": ["States.Timeout"], "Next": "C"}]
    execution = flows.start(
        flows.create(line({"T": invoke("work", TimeoutSeconds=5, Catch=catch), "C": {"Type": "Pass"}}))
    )
    flows.cloud.settle()
    assert flows.described(execution)["output"] == {"Error": "States.Timeout", "Cause": ""}
    assert flows.walk() == [(0, "T"), (5, "C")]
    assert flows.cloud.journal.of("succeeded", "lambda:work")[0].seconds == 30
    assert flows.types(execution).count("LambdaFunctionSucceeded") == 0


def test_a_timeout_can_come_from_the_input(flows: Workflows) -> None:
    """Source: "Task workflow state": TimeoutSecondsPath."""
    flows.cloud.deploy("work", "import time\ndef handler(e, c):\n    time.sleep(30)\n", timeout=60)
    assert flows.error(line({"T": invoke("work", TimeoutSecondsPath="$.limit")}), {"limit": 4})[0] == "States.Timeout"
    assert flows.journal("failed")[0].seconds == 4


def test_a_workflow_that_takes_too_long_times_out(flows: Workflows) -> None:
    """Source: StartExecution; TimeoutSeconds at the top level of the Amazon States Language."""
    found = flows.run(line({"W": {"Type": "Wait", "Seconds": 100}, "P": {"Type": "Pass"}}, TimeoutSeconds=60))
    assert (found["status"], flows.cloud.clock.now) == ("TIMED_OUT", 60_000_000)
    assert [state for _, state in flows.walk()] == ["W"]


def test_a_parallel_state_is_retried_as_a_whole(flows: Workflows) -> None:
    """Source: "Handling errors in Step Functions workflows": Parallel states can have retriers."""
    flows.cloud.deploy("work", "calls = []\ndef handler(e, c):\n    calls.append(1)\n    assert len(calls) > 1\n")
    branches = [line({"A": invoke("work")}), line({"B": {"Type": "Pass"}})]
    retry = [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 10}]
    flows.output(line({"P": {"Type": "Parallel", "Branches": branches, "Retry": retry}}))
    assert flows.walk() == [(0, "P"), (0, "A"), (0, "B"), (10, "A"), (10, "B")]


def test_a_map_state_is_retried_as_a_whole(flows: Workflows) -> None:
    """Source: "Handling errors in Step Functions workflows": Map states can have retriers."""
    flows.cloud.deploy(
        "work", "calls = []\ndef handler(e, c):\n    calls.append(e)\n    assert len(calls) > 2\n    return e\n"
    )
    state = {
        "Type": "Map",
        "MaxConcurrency": 1,
        "ItemProcessor": line({"A": invoke("work")}),
        "Retry": [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 10}],
    }
    assert flows.output(line({"M": state}), [1, 2]) == [1, 2]
    assert [at for at, name in flows.walk() if name == "A"] == [0, 10, 30, 30]


@pytest.mark.parametrize("field", ["ResultPath", "Assign"])
def test_a_catcher_keeps_the_input_and_sets_variables(flows: Workflows, field: str) -> None:
    """Source: "Handling errors in Step Functions workflows" and "Passing data between states with variables"."""
    flows.cloud.deploy("work", RAISE.format(error="ValueError('no')"))
    more: dict[str, Any] = {"ResultPath": "$.e"} if field == "ResultPath" else {"Assign": {"e.$": "$.Error"}}
    catch = [{"ErrorEquals": ["States.ALL"], "Next": "C", **more}]
    after = {"Type": "Pass", "Parameters": {"e.$": "$.e.Error" if field == "ResultPath" else "$e"}}
    assert flows.output(line({"T": invoke("work", Catch=catch, Next="C"), "C": after}), {"a": 1}) == {"e": "ValueError"}
