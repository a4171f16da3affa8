"""What is no state machine, and what may be created, changed and deleted."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from workflows import REGION, Workflows, invoke, line, service

P = {"Type": "Pass", "End": True}
WRONG: list[tuple[Any, str, str]] = [
    ({"States": {"A": P}}, "SCHEMA_VALIDATION_FAILED", "/"),
    ({"StartAt": "A"}, "SCHEMA_VALIDATION_FAILED", "/"),
    ({"StartAt": "B", "States": {"A": P}}, "MISSING_TRANSITION_TARGET", "/StartAt"),
    ({"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}}}, "MISSING_TRANSITION_TARGET", "/States/A/Next"),
    ({"StartAt": "A", "States": {"A": P, "B": P}}, "MISSING_TRANSITION_TARGET", "/States/B"),
    ({"StartAt": "A", "States": {"A": {"Type": "Pass"}}}, "SCHEMA_VALIDATION_FAILED", "/States/A"),
    ({"StartAt": "A", "States": {"A": {**P, "Next": "A"}}}, "SCHEMA_VALIDATION_FAILED", "/States/A"),
    ({"StartAt": "A", "States": {"A": {"Type": "Job", "End": True}}}, "SCHEMA_VALIDATION_FAILED", "/States/A/Type"),
    ({"StartAt": "A", "States": {"A": {**P, "Seconds": 1}}}, "SCHEMA_VALIDATION_FAILED", "/States/A"),
    (line({"A" * 81: P}), "SCHEMA_VALIDATION_FAILED", f"/States/{'A' * 81}"),
    (line({"A": {**P, "InputPath": "a.b"}}), "SCHEMA_VALIDATION_FAILED", "/States/A/InputPath"),
    (line({"A": {**P, "ResultPath": "$.a[*]"}}), "SCHEMA_VALIDATION_FAILED", "/States/A/ResultPath"),
    (line({"A": {**P, "Parameters": {"x.$": "y"}}}), "SCHEMA_VALIDATION_FAILED", "/States/A/Parameters/x.$"),
    (line({"A": {**P, "Parameters": {"x.$": "States.No()"}}}), "SCHEMA_VALIDATION_FAILED", "/States/A/Parameters/x.$"),
    (line({"A": {**P, "Output": 1}}), "SCHEMA_VALIDATION_FAILED", "/States/A"),
    (line({"A": {**P, "InputPath": "$"}}, QueryLanguage="JSONata"), "SCHEMA_VALIDATION_FAILED", "/States/A"),
    (line({"A": {**P, "Output": "{% 1 + %}"}}, QueryLanguage="JSONata"),
     "INVALID_JSONATA_EXPRESSION", "/States/A/Output"),
    (line({"A": {**P, "Assign": {"states": 1}}}), "SCHEMA_VALIDATION_FAILED", "/States/A/Assign/states"),
    (line({"A": {"Type": "Wait"}}), "SCHEMA_VALIDATION_FAILED", "/States/A"),
    (line({"A": {"Type": "Wait", "Seconds": -1}}), "SCHEMA_VALIDATION_FAILED", "/States/A/Seconds"),
    (line({"A": {"Type": "Wait", "Timestamp": "soon"}}), "SCHEMA_VALIDATION_FAILED", "/States/A/Timestamp"),
    (line({"A": {"Type": "Choice", "Choices": []}}), "SCHEMA_VALIDATION_FAILED", "/States/A/Choices"),
    (line({"A": {"Type": "Choice", "Choices": [{"Variable": "$.a", "Next": "B"}]}, "B": P}),
     "SCHEMA_VALIDATION_FAILED", "/States/A/Choices[0]"),
    (line({"A": invoke("f", Resource="arn:aws:states:::sqs:explode")}),
     "SCHEMA_VALIDATION_FAILED", "/States/A/Resource"),
    (line({"A": service("aws-sdk:s3:putNothing", {})}), "SCHEMA_VALIDATION_FAILED", "/States/A/Resource"),
    (line({"A": invoke("f", TimeoutSeconds=5, HeartbeatSeconds=5)}), "SCHEMA_VALIDATION_FAILED",
     "/States/A/HeartbeatSeconds"),
    (line({"A": invoke("f", Retry=[{"ErrorEquals": []}])}), "SCHEMA_VALIDATION_FAILED", "/States/A/Retry[0]"),
    (line({"A": invoke("f", Retry=[{"ErrorEquals": ["States.ALL"]}, {"ErrorEquals": ["E"]}])}),
     "SCHEMA_VALIDATION_FAILED", "/States/A/Retry[0]/ErrorEquals"),
    (line({"A": invoke("f", Retry=[{"ErrorEquals": ["E"], "BackoffRate": 0.5}])}),
     "SCHEMA_VALIDATION_FAILED", "/States/A/Retry[0]/BackoffRate"),
    (line({"A": invoke("f", Retry=[{"ErrorEquals": ["E"], "IntervalSeconds": 9, "MaxDelaySeconds": 9}])}),
     "SCHEMA_VALIDATION_FAILED", "/States/A/Retry[0]/MaxDelaySeconds"),
    (line({"A": invoke("f", Catch=[{"ErrorEquals": ["E"], "Next": "Z"}])}),
     "MISSING_TRANSITION_TARGET", "/States/A/Catch[0]/Next"),
    (line({"A": {"Type": "Parallel", "Branches": [{"StartAt": "X", "States": {"X": {"Type": "Pass", "Next": "A"}}}]}}),
     "MISSING_TRANSITION_TARGET", "/States/A/Branches[0]/States/X/Next"),
    (line({"A": {"Type": "Parallel", "Branches": [line({"A": P})]}}), "DUPLICATE_STATE_NAME",
     "/States/A/Branches[0]/States/A"),
    (line({"A": {"Type": "Map"}}), "SCHEMA_VALIDATION_FAILED", "/States/A"),
    (line({"A": {"Type": "Map", "ItemBatcher": {"MaxItemsPerBatch": 2}, "ItemProcessor": line({"B": P})}}),
     "SCHEMA_VALIDATION_FAILED", "/States/A/ItemBatcher"),
    ({"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "A"}}}, "MISSING_END_STATE", "/States"),
    (line({"A": {**P, "QueryLanguage": "JSONPath"}}, QueryLanguage="JSONata"), "SCHEMA_VALIDATION_FAILED", "/States/A"),
    ([], "INVALID_JSON_DESCRIPTION", "/"),
]  # fmt: skip


@pytest.mark.parametrize(("definition", "code", "where"), WRONG, ids=[f"{code} {where}" for _, code, where in WRONG])
def test_a_definition_is_refused_with_the_place(flows: Workflows, definition: Any, code: str, where: str) -> None:
    """Source: ValidateStateMachineDefinition and CreateStateMachine (InvalidDefinition)."""
    text = json.dumps(definition)
    found = flows.client.validate_state_machine_definition(definition=text)
    assert found["result"] == "FAIL"
    assert (code, where) in [(each["code"], each["location"]) for each in found["diagnostics"]]
    with pytest.raises(flows.client.exceptions.InvalidDefinition, match=code):
        flows.create(definition)
    assert flows.client.list_state_machines()["stateMachines"] == []


def test_a_definition_of_wrong_types_is_refused_too(flows: Workflows) -> None:
    for wrong in ({"Retry": 5}, {"Retry": [5]}, {"Catch": {}}, {"Assign": [1]}):
        found = flows.client.validate_state_machine_definition(definition=json.dumps(line({"A": invoke("f", **wrong)})))
        assert found["result"] == "FAIL", wrong


def test_a_sound_definition_is_found_sound(flows: Workflows) -> None:
    """Source: ValidateStateMachineDefinition."""
    found = flows.client.validate_state_machine_definition(definition=json.dumps(line({"A": P})))
    assert (found["result"], found["diagnostics"]) == ("OK", [])


@pytest.mark.parametrize("resource", ["states:startExecution.sync", "sqs:sendMessage.waitForTaskToken"])
def test_an_express_workflow_does_not_wait_for_jobs_or_tokens(flows: Workflows, resource: str) -> None:
    """Source: "Discover service integration patterns in Step Functions": Express supports request response only."""
    definition = line({"A": service(resource, {})})
    flows.create(definition, "standard")
    with pytest.raises(flows.client.exceptions.InvalidDefinition, match="Express state machine does not support"):
        flows.create(definition, "express", kind="EXPRESS")


def test_creating_again_is_idempotent_for_the_same_definition_only(flows: Workflows) -> None:
    """Source: CreateStateMachine."""
    machine = flows.create(line({"A": P}))
    assert flows.create(line({"A": P})) == machine
    with pytest.raises(flows.client.exceptions.StateMachineAlreadyExists):
        flows.create(line({"B": P}))


def test_an_update_is_for_executions_that_begin_after_it(flows: Workflows) -> None:
    """Source: UpdateStateMachine: running executions go on with the previous definition."""
    machine = flows.create(line({"W": {"Type": "Wait", "Seconds": 9}, "A": {**P, "Result": "old"}}))
    before = flows.start(machine)
    flows.cloud.advance(seconds=1)
    flows.client.update_state_machine(
        stateMachineArn=machine, definition=json.dumps(line({"A": {**P, "Result": "new"}}))
    )
    after = flows.start(machine)
    flows.cloud.settle()
    assert [flows.described(each)["output"] for each in (before, after)] == ["old", "new"]
    with pytest.raises(flows.client.exceptions.InvalidDefinition):
        flows.client.update_state_machine(stateMachineArn=machine, definition="{}")


def test_a_version_that_an_alias_needs_is_not_deleted(flows: Workflows) -> None:
    """Source: DeleteStateMachineVersion."""
    machine = flows.create(line({"A": P}), publish=True)
    routes = [{"stateMachineVersionArn": f"{machine}:1", "weight": 100}]
    alias = flows.client.create_state_machine_alias(name="live", routingConfiguration=routes)["stateMachineAliasArn"]
    with pytest.raises(ClientError, match="ConflictException"):
        flows.client.delete_state_machine_version(stateMachineVersionArn=f"{machine}:1")
    flows.client.delete_state_machine_alias(stateMachineAliasArn=alias)
    flows.client.delete_state_machine_version(stateMachineVersionArn=f"{machine}:1")
    assert flows.client.list_state_machine_versions(stateMachineArn=machine)["stateMachineVersions"] == []
    assert machine == f"arn:aws:states:{REGION}:123456789012:stateMachine:order"


TESTED: list[tuple[dict[str, Any], dict[str, Any]]] = [
    (
        {"Type": "Pass", "Parameters": {"v.$": "$.n"}, "Next": "B"},
        {"status": "SUCCEEDED", "output": '{"v":1}', "nextState": "B"},
    ),
    (
        {"Type": "Choice", "Choices": [{"Variable": "$.n", "NumericEquals": 1, "Next": "One"}]},
        {"status": "SUCCEEDED", "output": '{"n":1}', "nextState": "One"},
    ),
    ({"Type": "Fail", "Error": "E", "Cause": "c"}, {"status": "FAILED", "error": "E", "cause": "c"}),
    ({"Type": "Pass", "Parameters": {"v.$": "$known"}, "End": True}, {"status": "SUCCEEDED", "output": '{"v":[2]}'}),
    (
        invoke("none", Retry=[{"ErrorEquals": ["States.ALL"]}], End=True),
        {"status": "RETRIABLE", "error": "Lambda.ResourceNotFoundException"},
    ),
    (
        invoke("none", Catch=[{"ErrorEquals": ["States.ALL"], "Next": "C"}], End=True),
        {"status": "CAUGHT_ERROR", "error": "Lambda.ResourceNotFoundException", "nextState": "C"},
    ),
]


@pytest.mark.parametrize(("state", "expected"), TESTED, ids=[expected["status"] for _, expected in TESTED])
def test_one_state_is_tested_by_itself(flows: Workflows, state: dict[str, Any], expected: dict[str, Any]) -> None:
    """Source: TestState."""
    found = flows.client.test_state(definition=json.dumps(state), input='{"n": 1}', variables='{"known": [2]}')
    assert {key: found.get(key) for key in expected} == expected
    assert not flows.journal()


def test_a_state_that_is_none_is_not_tested(flows: Workflows) -> None:
    """Source: TestState: InvalidDefinition, ValidationException."""
    with pytest.raises(ClientError, match="ValidationException"):
        flows.client.test_state(definition=json.dumps({"Type": "Map"}))
    with pytest.raises(flows.client.exceptions.InvalidDefinition):
        flows.client.test_state(definition=json.dumps({"Type": "Pass", "Seconds": 1, "End": True}))
