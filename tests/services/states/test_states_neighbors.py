"""Workflows and the services around them: who starts executions, events that tasks put, APIs that tasks call."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from workflows import REGION, Workflows, line, service

from waterline.services.delivery import NotTaken, Sender, Targets
from waterline.web import Request, Response

RULE = Sender("events.amazonaws.com", f"arn:aws:events:{REGION}:123456789012:rule/r", "123456789012", by_role=True)


def targets(flows: Workflows) -> Targets:
    return Targets(flows.cloud._ground)


def test_a_service_starts_an_execution(flows: Workflows) -> None:
    """Source: StartExecution, which is what a rule, a schedule or a pipe calls."""
    machine = flows.create(line({"P": {"Type": "Pass"}}))
    execution = targets(flows).state_machine(RULE, machine, '{"n": 1}')
    flows.cloud.settle()
    assert flows.described(execution)["output"] == {"n": 1}
    named = targets(flows).state_machine(RULE, machine, "{}", "by-name")
    assert named.endswith(":by-name")


def test_a_service_waits_for_an_express_workflow(flows: Workflows) -> None:
    """Source: StartSyncExecution."""
    good = flows.create(line({"W": {"Type": "Wait", "Seconds": 3}}), "good", kind="EXPRESS")
    bad = flows.create(line({"F": {"Type": "Fail", "Error": "E", "Cause": "c"}}), "bad", kind="EXPRESS")
    assert targets(flows).workflow(RULE, good, '{"n": 1}') == ("SUCCEEDED", '{"n": 1}', None)
    assert targets(flows).workflow(RULE, bad, "{}") == ("FAILED", "E", "c")


def test_a_state_machine_that_is_not_there_takes_nothing(flows: Workflows) -> None:
    """Source: StartExecution: StateMachineDoesNotExist."""
    arn = f"arn:aws:states:{REGION}:123456789012:stateMachine:none"
    with pytest.raises(NotTaken) as refusal:
        targets(flows).state_machine(RULE, arn, "{}")
    assert (refusal.value.code, refusal.value.retryable) == ("StateMachineDoesNotExist", False)
    with pytest.raises(NotTaken) as refusal:
        targets(flows).state_machine(RULE, "none", "{}")
    assert refusal.value.code == "InvalidArn"
    flows.cloud.faults.outage("stepfunctions")
    with pytest.raises(NotTaken) as refusal:
        targets(flows).state_machine(RULE, arn, "{}")
    assert refusal.value.retryable


def test_events_that_a_task_puts_name_the_workflow_and_the_execution(flows: Workflows) -> None:
    """Source: "Integrating services with Step Functions": both ARNs are appended to Resources."""
    url = boto3.client("sqs", region_name=REGION).create_queue(QueueName="events")["QueueUrl"]
    events = boto3.client("events", region_name=REGION)
    events.put_rule(Name="all", EventPattern='{"source": ["mine"]}')
    statement = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": "*"}
    boto3.client("sqs", region_name=REGION).set_queue_attributes(
        QueueUrl=url, Attributes={"Policy": json.dumps({"Version": "2012-10-17", "Statement": [statement]})}
    )
    events.put_targets(Rule="all", Targets=[{"Id": "q", "Arn": f"arn:aws:sqs:{REGION}:123456789012:events"}])
    entries = [{"Source": "mine", "DetailType": "t", "Detail": {"n.$": "$.n"}}]
    machine = flows.create(line({"E": service("events:putEvents", {"Entries": entries})}))
    execution = flows.start(machine, {"n": 1})
    flows.cloud.settle()
    assert flows.described(execution)["output"]["FailedEntryCount"] == 0
    received = boto3.client("sqs", region_name=REGION).receive_message(QueueUrl=url)["Messages"]
    event = json.loads(received[0]["Body"])
    assert (event["detail"], event["resources"]) == ({"n": 1}, [machine, execution])


def api(request: Request) -> Response:
    if request.path == "/missing":
        return Response(404, content=b"no such order")
    told = {"method": request.method, "query": request.parameters, "body": (request.body or b"").decode()}
    return Response(200, {"content-type": "application/json"}, json.dumps(told).encode())


def call(path: str, **more: Any) -> dict[str, Any]:
    connection = {"ConnectionArn": f"arn:aws:events:{REGION}:123456789012:connection/c"}
    return service(
        "http:invoke", {"ApiEndpoint": f"https://api.example.com{path}", "Authentication": connection} | more
    )


def test_a_task_calls_an_api(flows: Workflows) -> None:
    """Source: "Call HTTPS APIs in Step Functions workflows"."""
    flows.cloud._ground.web.open("api.example.com", api)
    task = call("/orders", Method="POST", RequestBody={"a": 1}, QueryParameters={"q": ["x", "y"]})
    output = flows.output(line({"H": task}))
    assert (output["StatusCode"], output["StatusText"]) == (200, "OK")
    assert output["ResponseBody"] == {"method": "POST", "query": {"q": ["x", "y"]}, "body": '{"a":1}'}


def test_a_status_of_an_api_is_the_name_of_an_error(flows: Workflows) -> None:
    """Source: "Call HTTPS APIs in Step Functions workflows"."""
    flows.cloud._ground.web.open("api.example.com", api)
    assert flows.error(line({"H": call("/missing", Method="GET")})) == ("States.Http.StatusCode.404", "no such order")


def test_an_api_that_cannot_be_reached_is_an_error_too(flows: Workflows) -> None:
    """Source: "Call HTTPS APIs in Step Functions workflows": States.Http.Socket."""
    assert flows.error(line({"H": call("/", Method="GET")}))[0] == "States.Http.Socket"


def test_a_rule_hears_of_executions_that_fail(flows: Workflows) -> None:
    """Source: "Automating Step Functions event delivery with EventBridge"."""
    sqs, events = (boto3.client(name, region_name=REGION) for name in ("sqs", "events"))
    url = sqs.create_queue(QueueName="failures")["QueueUrl"]
    statement = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    pattern = {"source": ["aws.states"], "detail": {"status": ["FAILED", "TIMED_OUT"]}}
    events.put_rule(Name="failures", EventPattern=json.dumps(pattern))
    target = {"Id": "q", "Arn": f"arn:aws:sqs:{REGION}:123456789012:failures"}
    events.put_targets(Rule="failures", Targets=[target])
    flows.start(flows.create(line({"P": {"Type": "Pass"}}), "good"))
    failed = flows.start(flows.create(line({"F": {"Type": "Fail", "Error": "E"}}), "bad"), {"n": 1})
    flows.cloud.settle()
    messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    [event] = [json.loads(message["Body"]) for message in messages]
    assert event["detail-type"] == "Step Functions Execution Status Change"
    assert event["resources"] == [failed]
    detail = event["detail"]
    assert (detail["status"], detail["error"], json.loads(detail["input"])) == ("FAILED", "E", {"n": 1})
    assert detail["startDate"] == 1_767_225_600_000
