"""Executions through the API. AWS Step Functions API Reference, unless a test says otherwise."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from workflows import REGION, ROLE, Workflows, invoke, line, service

PASS = line({"P": {"Type": "Pass"}})
ROUND = {
    "A": {"Type": "Pass", "Next": "B"},
    "B": {
        "Type": "Choice",
        "Choices": [{"Variable": "$.stop", "IsPresent": True, "Next": "C"}],
        "Default": "A",
    },
    "C": {"Type": "Succeed"},
}
WAIT = line({"W": {"Type": "Wait", "Seconds": 60}, "Then": {"Type": "Pass"}})


def refused(code: str) -> Any:
    return pytest.raises(ClientError, match=rf"\({code}\)")


def test_nothing_happens_before_the_clock_goes_on(flows: Workflows) -> None:
    """Source: StartExecution: it answers before the execution has run."""
    execution = flows.start(flows.create(PASS))
    assert flows.described(execution)["status"] == "RUNNING"
    flows.cloud.settle()
    assert flows.described(execution)["status"] == "SUCCEEDED"


def test_starting_twice_by_one_name_is_once(flows: Workflows) -> None:
    """Source: StartExecution: idempotent for Standard workflows with the same name and input while it runs."""
    machine = flows.create(WAIT)
    first = flows.start(machine, {"n": 1}, name="same")
    assert flows.start(machine, {"n": 1}, name="same") == first
    with refused("ExecutionAlreadyExists"):
        flows.start(machine, {"n": 2}, name="same")
    flows.cloud.settle()
    with refused("ExecutionAlreadyExists"):
        flows.start(machine, {"n": 1}, name="same")
    assert len(flows.journal("sent")) == 1


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"input": "{"}, "InvalidExecutionInput"),
        ({"input": json.dumps("x" * 262_143)}, "ValidationException"),
        ({"name": "a b"}, "InvalidName"),
        ({"stateMachineArn": f"arn:aws:states:{REGION}:123456789012:stateMachine:none"}, "StateMachineDoesNotExist"),
    ],
)
def test_an_execution_is_refused(flows: Workflows, arguments: dict[str, Any], code: str) -> None:
    """Source: StartExecution and ``sfn.payload_max``."""
    given = {"stateMachineArn": flows.create(PASS), **arguments}
    with refused(code):
        flows.client.start_execution(**given)
    assert not flows.journal("sent")


def test_the_history_has_every_event_of_a_task(flows: Workflows) -> None:
    """Source: GetExecutionHistory."""
    flows.cloud.deploy("work", "def handler(e, c):\n    return {'n': e['n'] + 1}\n")
    task = service("lambda:invoke", {"FunctionName": "work", "Payload.$": "$"}, OutputPath="$.Payload")
    execution = flows.start(flows.create(line({"T": task})), {"n": 1})
    flows.cloud.settle()
    events = flows.history(execution)
    assert [(event["id"], event["previousEventId"], event["type"]) for event in events] == [
        (1, 0, "ExecutionStarted"),
        (2, 0, "TaskStateEntered"),
        (3, 2, "TaskScheduled"),
        (4, 3, "TaskStarted"),
        (5, 4, "TaskSucceeded"),
        (6, 5, "TaskStateExited"),
        (7, 6, "ExecutionSucceeded"),
    ]
    assert events[0]["executionStartedEventDetails"]["roleArn"] == ROLE
    assert events[1]["stateEnteredEventDetails"] == {"name": "T", "input": '{"n":1}'}
    assert events[2]["taskScheduledEventDetails"]["resource"] == "invoke"
    assert events[6]["executionSucceededEventDetails"]["output"] == '{"n":2}'


def test_the_history_can_be_read_backwards_in_pages_and_without_data(flows: Workflows) -> None:
    """Source: GetExecutionHistory: reverseOrder, maxResults, nextToken, includeExecutionData."""
    execution = flows.start(flows.create(PASS))
    flows.cloud.settle()
    read = flows.client.get_execution_history
    page = read(executionArn=execution, reverseOrder=True, maxResults=3, includeExecutionData=False)
    assert [event["id"] for event in page["events"]] == [4, 3, 2]
    assert "output" not in page["events"][0]["executionSucceededEventDetails"]
    rest = read(executionArn=execution, reverseOrder=True, maxResults=3, nextToken=page["nextToken"])
    assert [event["id"] for event in rest["events"]] == [1]


def test_the_iterations_of_a_map_are_in_the_history(flows: Workflows) -> None:
    """Source: GetExecutionHistory: MapIterationStarted has the iteration's index."""
    state = {"Type": "Map", "ItemProcessor": PASS}
    execution = flows.start(flows.create(line({"M": state})), [1, 2])
    flows.cloud.settle()
    events = flows.history(execution)
    begun = [event["mapIterationStartedEventDetails"] for event in events if event["type"] == "MapIterationStarted"]
    assert begun == [{"name": "M", "index": 0}, {"name": "M", "index": 1}]
    assert flows.types(execution)[1:4] == ["MapStateEntered", "MapStateStarted", "MapIterationStarted"]
    assert flows.types(execution)[-3:] == ["MapStateSucceeded", "MapStateExited", "ExecutionSucceeded"]


def test_a_history_that_is_full_fails_the_execution(flows: Workflows) -> None:
    """Source: ``sfn.history_events_max``: a loop without an end comes to one."""
    execution = flows.start(flows.create(line(ROUND)))
    flows.cloud.settle()
    found = flows.described(execution)
    assert (found["status"], found["error"]) == ("FAILED", "States.Runtime")
    newest = flows.client.get_execution_history(executionArn=execution, reverseOrder=True, maxResults=1)["events"][0]
    assert (newest["id"], newest["type"]) == (25_000, "ExecutionFailed")


def test_a_stopped_execution_is_over_at_once(flows: Workflows) -> None:
    """Source: StopExecution."""
    execution = flows.start(flows.create(WAIT))
    flows.cloud.advance(seconds=10)
    flows.client.stop_execution(executionArn=execution, error="Mine", cause="enough")
    found = flows.described(execution)
    assert (found["status"], found["error"], found["cause"]) == ("ABORTED", "Mine", "enough")
    flows.cloud.settle()
    assert flows.cloud.clock.now == 10_000_000
    assert flows.types(execution)[-1] == "ExecutionAborted"
    assert [state for _, state in flows.walk()] == ["W"]


def test_a_stop_does_not_wait_for_a_retry(flows: Workflows) -> None:
    """Source: StopExecution."""
    retry = [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 500}]
    execution = flows.start(flows.create(line({"T": invoke("nobody", Retry=retry)})))
    flows.cloud.advance(seconds=1)
    flows.client.stop_execution(executionArn=execution)
    flows.cloud.settle()
    assert flows.cloud.clock.now == 1_000_000
    assert flows.journal("failed")[0].detail["status"] == "ABORTED"


def test_executions_are_listed_newest_first_and_by_status(flows: Workflows) -> None:
    """Source: ListExecutions."""
    machine = flows.create(WAIT)
    first = flows.start(machine)
    flows.cloud.settle()
    second = flows.start(machine)
    flows.cloud.advance(seconds=1)
    listed = flows.client.list_executions(stateMachineArn=machine)["executions"]
    assert [each["executionArn"] for each in listed] == [second, first]
    running = flows.client.list_executions(stateMachineArn=machine, statusFilter="RUNNING")["executions"]
    assert [each["executionArn"] for each in running] == [second]


# -- redrive ---------------------------------------------------------------------------------------------------------


def test_a_redriven_execution_goes_on_where_it_failed(flows: Workflows) -> None:
    """Source: "Restarting state machine executions with redrive in Step Functions"."""
    flows.cloud.deploy("first", "def handler(e, c):\n    return 'first'\n")
    execution = flows.start(flows.create(line({"First": invoke("first"), "Second": invoke("second")})))
    flows.cloud.settle()
    assert flows.described(execution)["redriveStatus"] == "REDRIVABLE"
    flows.cloud.deploy("second", "def handler(e, c):\n    return [e, 'second']\n")
    flows.client.redrive_execution(executionArn=execution)
    flows.cloud.settle()
    found = flows.described(execution)
    assert (found["status"], found["output"], found["redriveCount"]) == ("SUCCEEDED", ["first", "second"], 1)
    assert len(flows.cloud.journal.of("invoked", "lambda:first")) == 1
    assert "ExecutionRedriven" in flows.types(execution)


def test_a_redrive_runs_only_those_branches_again_that_failed(flows: Workflows) -> None:
    """Source: RedriveExecution: it reschedules and redrives only the branches that failed or aborted."""
    flows.cloud.deploy("good", "def handler(e, c):\n    return 'good'\n")
    branches = [
        line({"Good": invoke("good")}),
        line({"Wait": {"Type": "Wait", "Seconds": 5}, "Late": invoke("late")}),
        line({"Long": {"Type": "Wait", "Seconds": 9}, "L": {"Type": "Pass", "Result": "long"}}),
    ]
    execution = flows.start(flows.create(line({"P": {"Type": "Parallel", "Branches": branches}})))
    flows.cloud.settle()
    flows.cloud.deploy("late", "def handler(e, c):\n    return 'late'\n")
    flows.client.redrive_execution(executionArn=execution)
    flows.cloud.settle()
    assert flows.described(execution)["output"] == ["good", "late", "long"]
    assert len(flows.cloud.journal.of("invoked", "lambda:good")) == 1
    assert [state for _, state in flows.walk()].count("Wait") == 1


def test_a_redriven_map_runs_only_those_iterations_again_that_failed(flows: Workflows) -> None:
    """Source: RedriveExecution."""
    code = (
        "calls = []\ndef handler(e, c):\n    calls.append(e)\n    assert e != 2 or calls.count(2) > 1\n    return e\n"
    )
    flows.cloud.deploy("work", code)
    state = {"Type": "Map", "MaxConcurrency": 1, "ItemProcessor": line({"T": invoke("work")})}
    execution = flows.start(flows.create(line({"M": state})), [1, 2, 3])
    flows.cloud.settle()
    flows.client.redrive_execution(executionArn=execution)
    flows.cloud.settle()
    assert flows.described(execution)["output"] == [1, 2, 3]
    assert len(flows.cloud.journal.of("invoked", "lambda:work")) == 4


def test_what_cannot_be_redriven_says_why(flows: Workflows) -> None:
    """Source: RedriveExecution and ``sfn.redrive_window``."""
    execution = flows.start(flows.create(PASS))
    flows.cloud.settle()
    with refused("ExecutionNotRedrivable"):
        flows.client.redrive_execution(executionArn=execution)
    failed = flows.start(flows.create(line({"F": {"Type": "Fail"}}), "fails"))
    flows.cloud.advance(days=15)
    assert "redrivable period" in flows.described(failed)["redriveStatusReason"]
    with refused("ExecutionNotRedrivable"):
        flows.client.redrive_execution(executionArn=failed)


# -- Express ---------------------------------------------------------------------------------------------------------


def test_a_synchronous_express_execution_answers_with_its_output(flows: Workflows) -> None:
    """Source: StartSyncExecution."""
    machine = flows.create(WAIT, kind="EXPRESS")
    found = flows.client.start_sync_execution(stateMachineArn=machine, input='{"n": 1}')
    assert (found["status"], json.loads(found["output"])) == ("SUCCEEDED", {"n": 1})
    assert found["billingDetails"] == {"billedMemoryUsedInMB": 64, "billedDurationInMilliseconds": 60_000}
    assert flows.cloud.clock.now == 60_000_000


def test_a_synchronous_express_execution_answers_with_its_error(flows: Workflows) -> None:
    """Source: StartSyncExecution."""
    machine = flows.create(line({"F": {"Type": "Fail", "Error": "E", "Cause": "c"}}), kind="EXPRESS")
    found = flows.client.start_sync_execution(stateMachineArn=machine)
    assert (found["status"], found["error"], found["cause"]) == ("FAILED", "E", "c")


def test_a_standard_workflow_cannot_be_run_synchronously(flows: Workflows) -> None:
    """Source: StartSyncExecution: StateMachineTypeNotSupported."""
    with refused("StateMachineTypeNotSupported"):
        flows.client.start_sync_execution(stateMachineArn=flows.create(PASS))


def test_an_express_workflow_runs_five_minutes_at_most(flows: Workflows) -> None:
    """Source: ``sfn.express_duration_max``."""
    machine = flows.create(line({"W": {"Type": "Wait", "Seconds": 400}}), kind="EXPRESS")
    found = flows.client.start_sync_execution(stateMachineArn=machine)
    assert (found["status"], flows.cloud.clock.now) == ("TIMED_OUT", 300_000_000)


def test_an_express_workflow_that_goes_round_comes_to_an_end(flows: Workflows) -> None:
    machine = flows.create(line(ROUND), kind="EXPRESS")
    assert flows.client.start_sync_execution(stateMachineArn=machine)["status"] == "TIMED_OUT"


def test_an_express_execution_cannot_be_asked_for(flows: Workflows) -> None:
    """Source: DescribeExecution and StopExecution: not supported by EXPRESS state machines."""
    machine = flows.create(PASS, kind="EXPRESS")
    execution = flows.start(machine, name="again")
    assert flows.start(machine, name="again") != execution
    for call in (flows.client.describe_execution, flows.client.get_execution_history, flows.client.stop_execution):
        with refused("StateMachineTypeNotSupported"):
            call(executionArn=execution)
    flows.cloud.settle()
    assert len(flows.journal("succeeded")) == 2


@pytest.mark.parametrize(
    ("level", "types"),
    [
        ("ALL", ["ExecutionStarted", "FailStateEntered", "ExecutionFailed"]),
        ("ERROR", ["FailStateEntered", "ExecutionFailed"]),
        ("FATAL", ["ExecutionFailed"]),
        ("OFF", []),
    ],
)
def test_an_express_workflow_writes_its_log_group(flows: Workflows, level: str, types: list[str]) -> None:
    """Source: "Using CloudWatch Logs to log execution history in Step Functions"."""
    logs = boto3.client("logs", region_name=REGION)
    logs.create_log_group(logGroupName="flows")
    group = f"arn:aws:logs:{REGION}:123456789012:log-group:flows:*"
    destinations = [{"cloudWatchLogsLogGroup": {"logGroupArn": group}}]
    config = {"level": level, "includeExecutionData": True, "destinations": destinations}
    machine = flows.create(line({"F": {"Type": "Fail"}}), kind="EXPRESS", loggingConfiguration=config)
    execution = flows.start(machine, {"n": 1})
    flows.cloud.settle()
    entries = [json.loads(event["message"]) for event in logs.filter_log_events(logGroupName="flows")["events"]]
    assert [entry["type"] for entry in entries] == types
    assert {entry["execution_arn"] for entry in entries} <= {execution}
    if level == "ALL":
        assert entries[0]["details"]["input"] == '{"n": 1}'


# -- versions and aliases --------------------------------------------------------------------------------------------


def test_a_version_keeps_its_definition(flows: Workflows) -> None:
    """Source: "State machine versions in Step Functions workflows" and PublishStateMachineVersion."""
    machine = flows.create(line({"P": {"Type": "Pass", "Result": 1}}))
    first = flows.client.publish_state_machine_version(stateMachineArn=machine)["stateMachineVersionArn"]
    second = line({"P": {"Type": "Pass", "Result": 2}})
    flows.client.update_state_machine(stateMachineArn=machine, definition=json.dumps(second))
    executions = [flows.start(arn) for arn in (first, machine)]
    flows.cloud.settle()
    assert [flows.described(execution)["output"] for execution in executions] == [1, 2]
    assert first == f"{machine}:1"


def test_an_alias_shares_executions_out_by_weight(flows: Workflows) -> None:
    """Source: CreateStateMachineAlias."""
    machine = flows.create(line({"P": {"Type": "Pass", "Result": 1}}), publish=True)
    definition = json.dumps(line({"P": {"Type": "Pass", "Result": 2}}))
    flows.client.update_state_machine(stateMachineArn=machine, definition=definition, publish=True)
    routes = [{"stateMachineVersionArn": f"{machine}:{n}", "weight": weight} for n, weight in ((1, 80), (2, 20))]
    alias = flows.client.create_state_machine_alias(name="live", routingConfiguration=routes)["stateMachineAliasArn"]
    executions = [flows.start(alias) for _ in range(50)]
    flows.cloud.settle()
    outputs = [flows.described(execution)["output"] for execution in executions]
    assert 30 <= outputs.count(1) <= 48
    assert set(outputs) == {1, 2}


def test_a_stopped_execution_can_be_redriven_at_once(flows: Workflows) -> None:
    """Source: RedriveExecution: aborted executions too."""
    inner = line({"Q": {"Type": "Parallel", "Branches": [line({"V": {"Type": "Wait", "Seconds": 60}})]}})
    execution = flows.start(flows.create(line({"P": {"Type": "Parallel", "Branches": [inner]}})), 5)
    flows.cloud.advance(seconds=10)
    flows.client.stop_execution(executionArn=execution)
    flows.client.redrive_execution(executionArn=execution)
    flows.cloud.settle()
    assert flows.described(execution)["output"] == [[5]]
    assert flows.types(execution).count("WaitStateExited") == 1


@pytest.mark.parametrize(
    "state",
    [
        {"Type": "Wait", "Timestamp": "9999-12-31T23:59:59Z"},
        {"Type": "Wait", "Seconds": 10**15},
        invoke("nobody", Retry=[{"ErrorEquals": ["States.ALL"], "MaxAttempts": 99_999_999, "BackoffRate": 1e9}]),
    ],
    ids=["a date", "seconds", "retries"],
)
def test_nothing_outlasts_the_year_of_an_execution(flows: Workflows, state: dict[str, Any]) -> None:
    """Source: ``sfn.standard_duration_max``."""
    execution = flows.start(flows.create(line({"S": state})))
    flows.cloud.advance(days=366)
    assert flows.described(execution)["status"] == "TIMED_OUT"


def test_retries_without_end_do_not_overflow(flows: Workflows) -> None:
    retry = [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 400, "BackoffRate": 100, "MaxDelaySeconds": 2}]
    found = flows.run(line({"S": invoke("nobody", Retry=retry)}))
    assert (found["status"], len(flows.journal("retried"))) == ("FAILED", 400)
