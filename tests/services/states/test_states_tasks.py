"""What tasks call, and how they wait for it. AWS Step Functions Developer Guide, unless a test says otherwise."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from workflows import REGION, Workflows, invoke, line, service

ECHO = "def handler(event, context):\n    return {'got': event}\n"


def aws(name: str) -> Any:
    return boto3.client(name, region_name=REGION)


def queue(name: str = "jobs") -> str:
    return str(aws("sqs").create_queue(QueueName=name)["QueueUrl"])


def bodies(url: str) -> list[Any]:
    answer = aws("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10)
    return [json.loads(message["Body"]) for message in answer.get("Messages", [])]


def test_a_function_by_its_arn_gives_its_payload(flows: Workflows) -> None:
    """Source: "Task workflow state"."""
    flows.cloud.deploy("echo", ECHO)
    assert flows.output(line({"T": invoke("echo")}), {"n": 1}) == {"got": {"n": 1}}


def test_lambda_invoke_gives_the_answer_of_the_api(flows: Workflows) -> None:
    """Source: "Integrating services with Step Functions": the optimized integration of Lambda."""
    flows.cloud.deploy("echo", ECHO)
    task = service("lambda:invoke", {"FunctionName": "echo", "Payload": {"n.$": "$.n"}})
    output = flows.output(line({"T": task}), {"n": "text"})
    assert output["Payload"] == {"got": {"n": "text"}}
    assert (output["StatusCode"], output["ExecutedVersion"]) == (200, "$LATEST")


def test_what_a_task_sends_has_the_execution_as_its_parent(flows: Workflows) -> None:
    url = queue()
    flows.cloud.deploy("echo", ECHO)
    states = {
        "S": service("sqs:sendMessage", {"QueueUrl": url, "MessageBody": "hello"}),
        "L": invoke("echo"),
    }
    execution = flows.start(flows.create(line(states)))
    flows.cloud.settle()
    journal = flows.cloud.journal
    assert journal.of("sent", "sqs:jobs")[0].parents == (execution,)
    assert journal.of("invoked", "lambda:echo")[0].parents == (execution,)
    assert [event.kind for event in journal.trace(execution)][:3] == ["sent", "entered", "sent"]


def test_sqs_sends_an_object_as_json(flows: Workflows) -> None:
    """Source: "Integrating services with Step Functions": the optimized integration of SQS."""
    url = queue()
    parameters = {"QueueUrl": url, "MessageBody": {"order.$": "$.id"}, "DelaySeconds": 5}
    output = flows.output(line({"S": service("sqs:sendMessage", parameters)}), {"id": 7})
    assert len(output["MessageId"]) == 36
    assert bodies(url) == [{"order": 7}]


def test_sns_publishes_an_object_as_json(flows: Workflows) -> None:
    """Source: "Integrating services with Step Functions": the optimized integration of SNS."""
    topic = aws("sns").create_topic(Name="news")["TopicArn"]
    output = flows.output(line({"P": service("sns:publish", {"TopicArn": topic, "Message": {"a": 1}})}))
    assert "MessageId" in output


def test_dynamodb_updates_an_item(flows: Workflows) -> None:
    """Source: "Integrating services with Step Functions": the optimized integration of DynamoDB."""
    key = [{"AttributeName": "id", "KeyType": "HASH"}]
    kinds = [{"AttributeName": "id", "AttributeType": "S"}]
    aws("dynamodb").create_table(
        TableName="orders", KeySchema=key, AttributeDefinitions=kinds, BillingMode="PAY_PER_REQUEST"
    )
    put = {"TableName": "orders", "Item": {"id": {"S.$": "$.id"}, "n": {"N": "1"}}}
    get = {"TableName": "orders", "Key": {"id": {"S.$": "$.id"}}}
    states = {
        "Put": service("dynamodb:putItem", put, ResultPath=None),
        "Again": service(
            "dynamodb:putItem",
            {**put, "ConditionExpression": "attribute_not_exists(id)"},
            Catch=[{"ErrorEquals": ["DynamoDB.ConditionalCheckFailedException"], "ResultPath": None, "Next": "Get"}],
        ),
        "Get": service("dynamodb:getItem", get),
    }
    assert flows.output(line(states), {"id": "o1"})["Item"] == {"id": {"S": "o1"}, "n": {"N": "1"}}


def test_an_sdk_integration_calls_any_action(flows: Workflows) -> None:
    """Source: "Learning to use AWS service SDK integrations in Step Functions": names begin with a capital letter."""
    aws("s3").create_bucket(Bucket="files")
    states = {
        "Put": service(
            "aws-sdk:s3:putObject", {"Bucket": "files", "Key": "a", "Body": {"n.$": "$.n"}}, ResultPath=None
        ),
        "Get": service("aws-sdk:s3:getObject", {"Bucket": "files", "Key": "a"}, ResultSelector={"body.$": "$.Body"}),
        "Machines": service("aws-sdk:sfn:listStateMachines", {}, ResultPath="$.machines"),
    }
    output = flows.output(line(states), {"n": 1})
    assert output["body"] == '{"n":1}'
    assert output["machines"]["StateMachines"][0]["Name"] == "order"
    assert output["machines"]["StateMachines"][0]["CreationDate"] == "2026-01-01T00:00:00.000Z"


@pytest.mark.parametrize(
    ("action", "parameters", "error"),
    [
        ("aws-sdk:s3:getObject", {"Bucket": "files", "Key": "none"}, "S3.NoSuchKeyException"),
        ("aws-sdk:dynamodb:getItem", {"TableName": "t", "Key": {}}, "DynamoDb.ResourceNotFoundException"),
        ("aws-sdk:sfn:describeExecution", {"ExecutionArn": "arn:x"}, "Sfn.ExecutionDoesNotExistException"),
        ("sqs:sendMessage", {"QueueUrl": "https://sqs.us-east-1.amazonaws.com/123456789012/none", "MessageBody": "x"},
         "SQS.QueueDoesNotExistException"),
        ("states:startExecution", {"StateMachineArn": f"arn:aws:states:{REGION}:123456789012:stateMachine:none"},
         "StepFunctions.StateMachineDoesNotExistException"),
        ("lambda:invoke", {"FunctionName": "none"}, "Lambda.ResourceNotFoundException"),
    ],
)  # fmt: skip
def test_errors_have_the_name_of_their_service(
    flows: Workflows, action: str, parameters: dict[str, Any], error: str
) -> None:
    """Source: "Handling errors in Step Functions workflows"."""
    aws("s3").create_bucket(Bucket="files")
    assert flows.error(line({"T": service(action, parameters)}))[0] == error


def test_parameters_that_the_service_does_not_take_fail_the_execution(flows: Workflows) -> None:
    """Source: "Handling errors in Step Functions workflows": States.Runtime."""
    assert flows.error(line({"T": service("sqs:sendMessage", {"MessageBody": "no queue"})}))[0] == "States.Runtime"


def test_a_faulty_service_fails_the_task_and_a_retrier_mends_it(flows: Workflows) -> None:
    """Source: "Handling errors in Step Functions workflows"."""
    url = queue()
    flows.cloud.faults.outage("sqs", start=0, end=2)
    retry = [{"ErrorEquals": ["SQS.AmazonSQSException"], "IntervalSeconds": 1, "BackoffRate": 1.0}]
    flows.output(line({"S": service("sqs:sendMessage", {"QueueUrl": url, "MessageBody": "{}"}, Retry=retry)}))
    assert [event.seconds for event in flows.journal("retried")] == [0, 1]


# -- tokens ----------------------------------------------------------------------------------------------------------


def waiting(flows: Workflows, **more: Any) -> tuple[str, str]:
    """An execution that waits for the answer of whoever receives its message; its ARN and the token."""
    url = queue()
    body = {"token.$": "$$.Task.Token", "id.$": "$.id"}
    task = service("sqs:sendMessage.waitForTaskToken", {"QueueUrl": url, "MessageBody": body}, **more)
    execution = flows.start(flows.create(line({"Approve": task, "Done": {"Type": "Pass"}})), {"id": 1})
    flows.cloud.advance(seconds=1)
    return execution, bodies(url)[0]["token"]


def test_a_task_waits_for_its_token(flows: Workflows) -> None:
    """Source: "Discover service integration patterns in Step Functions": wait for a callback with a task token."""
    execution, token = waiting(flows)
    flows.cloud.advance(days=100)
    assert flows.described(execution)["status"] == "RUNNING"
    flows.client.send_task_success(taskToken=token, output='{"approved": true}')
    flows.cloud.settle()
    assert flows.described(execution)["output"] == {"approved": True}
    assert "TaskSubmitted" in flows.types(execution)


def test_a_token_can_bring_a_failure(flows: Workflows) -> None:
    """Source: SendTaskFailure."""
    execution, token = waiting(flows)
    flows.client.send_task_failure(taskToken=token, error="Rejected", cause="too dear")
    flows.cloud.settle()
    found = flows.described(execution)
    assert (found["error"], found["cause"]) == ("Rejected", "too dear")


def test_without_a_heartbeat_the_task_fails(flows: Workflows) -> None:
    """Source: SendTaskHeartbeat; "Handling errors in Step Functions workflows": States.HeartbeatTimeout."""
    execution, token = waiting(flows, HeartbeatSeconds=60)
    for _ in range(3):
        flows.cloud.advance(seconds=50)
        flows.client.send_task_heartbeat(taskToken=token)
    flows.cloud.settle()
    assert flows.described(execution)["error"] == "States.Timeout"
    assert flows.journal("failed")[0].seconds == 151 + 60


@pytest.mark.parametrize(
    ("name", "status"),
    [("States.Timeout", "SUCCEEDED"), ("States.HeartbeatTimeout", "SUCCEEDED"), ("States.TaskFailed", "FAILED")],
)
def test_a_missing_heartbeat_has_two_names(flows: Workflows, name: str, status: str) -> None:
    """Source: "Handling errors in Step Functions workflows": States.Timeout, States.HeartbeatTimeout."""
    catch = [{"ErrorEquals": [name], "Next": "Done"}]
    execution, _token = waiting(flows, HeartbeatSeconds=60, Catch=catch)
    flows.cloud.settle()
    assert flows.described(execution)["status"] == status
    assert "TaskTimedOut" in flows.types(execution)


def test_a_token_of_a_task_that_is_over_is_refused(flows: Workflows) -> None:
    """Source: SendTaskSuccess: TaskTimedOut, InvalidToken, InvalidOutput."""
    _execution, token = waiting(flows, TimeoutSeconds=10)
    client = flows.client
    with pytest.raises(client.exceptions.InvalidOutput):
        client.send_task_success(taskToken=token, output="{")
    flows.cloud.settle()
    with pytest.raises(client.exceptions.TaskTimedOut):
        client.send_task_success(taskToken=token, output="{}")
    with pytest.raises(client.exceptions.InvalidToken):
        client.send_task_heartbeat(taskToken="made up")


def test_a_function_can_answer_the_token_before_it_returns(flows: Workflows) -> None:
    """Source: "Discover service integration patterns in Step Functions"."""
    flows.cloud.deploy(
        "work",
        "import boto3\ndef handler(e, c):\n"
        "    boto3.client('stepfunctions').send_task_success(taskToken=e['token'], output='[1]')\n",
    )
    payload = {"FunctionName": "work", "Payload": {"token.$": "$$.Task.Token"}}
    assert flows.output(line({"T": service("lambda:invoke.waitForTaskToken", payload)})) == [1]


# -- nested executions -----------------------------------------------------------------------------------------------


def nested(flows: Workflows, pattern: str, child: dict[str, Any], **more: Any) -> dict[str, Any]:
    machine = flows.create(line(child), "child")
    return service(f"states:startExecution{pattern}", {"StateMachineArn": machine, "Input": {"n.$": "$.n"}}, **more)


def test_a_nested_execution_is_started_and_left(flows: Workflows) -> None:
    """Source: "Discover service integration patterns in Step Functions": request response."""
    task = nested(flows, "", {"W": {"Type": "Wait", "Seconds": 60}})
    output = flows.output(line({"N": task, "P": {"Type": "Pass"}}), {"n": 1})
    assert output["ExecutionArn"].startswith(f"arn:aws:states:{REGION}:123456789012:execution:child:")
    assert (0, "P") in flows.walk()
    assert flows.journal("sent")[1].parents == (flows.journal("sent")[0].message,)


@pytest.mark.parametrize(("pattern", "output"), [(".sync", '{"n":1}'), (".sync:2", {"n": 1})])
def test_a_nested_execution_is_waited_for(flows: Workflows, pattern: str, output: Any) -> None:
    """Source: "Discover service integration patterns in Step Functions": run a job; .sync:2 gives JSON."""
    task = nested(flows, pattern, {"W": {"Type": "Wait", "Seconds": 60}})
    found = flows.output(line({"N": task, "P": {"Type": "Pass"}}), {"n": 1})
    assert (found["Status"], found["Output"]) == ("SUCCEEDED", output)
    assert flows.walk()[-1] == (60, "P")


def test_a_nested_execution_that_fails_fails_the_task(flows: Workflows) -> None:
    """Source: "Discover service integration patterns in Step Functions"; States.TaskFailed."""
    name, cause = flows.error(line({"N": nested(flows, ".sync", {"F": {"Type": "Fail", "Error": "E"}})}), {"n": 1})
    assert name == "States.TaskFailed"
    assert (json.loads(cause)["Status"], json.loads(cause)["Error"]) == ("FAILED", "E")


def test_a_stopped_workflow_stops_what_it_waits_for(flows: Workflows) -> None:
    """Source: "Discover service integration patterns in Step Functions": .sync tasks are stopped with it."""
    task = nested(flows, ".sync", {"W": {"Type": "Wait", "Seconds": 60}, "Never": {"Type": "Pass"}})
    execution = flows.start(flows.create(line({"N": task})), {"n": 1})
    flows.cloud.advance(seconds=5)
    flows.client.stop_execution(executionArn=execution)
    flows.cloud.settle()
    assert [event.detail["status"] for event in flows.journal("failed")] == ["ABORTED", "ABORTED"]
    assert flows.cloud.clock.now < 60_000_000


# -- activities ------------------------------------------------------------------------------------------------------


def test_a_worker_fetches_and_answers_an_activity(flows: Workflows) -> None:
    """Source: "Learn about Activities in Step Functions" and GetActivityTask."""
    activity = flows.client.create_activity(name="pick")["activityArn"]
    task = {"Type": "Task", "Resource": activity, "TimeoutSeconds": 300, "HeartbeatSeconds": 60}
    execution = flows.start(flows.create(line({"A": task})), {"item": 5})
    flows.cloud.advance(seconds=100)
    fetched = flows.client.get_activity_task(activityArn=activity, workerName="robot")
    assert json.loads(fetched["input"]) == {"item": 5}
    flows.cloud.advance(seconds=50)
    flows.client.send_task_success(taskToken=fetched["taskToken"], output='"picked"')
    flows.cloud.settle()
    assert flows.described(execution)["output"] == "picked"
    started = next(event for event in flows.history(execution) if event["type"] == "ActivityStarted")
    assert started["activityStartedEventDetails"]["workerName"] == "robot"


def test_a_worker_waits_a_minute_for_a_task(flows: Workflows) -> None:
    """Source: ``sfn.activity_poll`` and GetActivityTask: a null task token when there is none."""
    activity = flows.client.create_activity(name="pick")["activityArn"]
    assert "taskToken" not in flows.client.get_activity_task(activityArn=activity)
    assert flows.cloud.clock.now == 60_000_000


def test_the_time_of_an_activity_counts_from_when_a_worker_has_it(flows: Workflows) -> None:
    """Source: "Learn about Activities in Step Functions": the count begins when ActivityStarted is recorded."""
    activity = flows.client.create_activity(name="pick")["activityArn"]
    task = {"Type": "Task", "Resource": activity, "TimeoutSeconds": 300}
    execution = flows.start(flows.create(line({"A": task})))
    flows.cloud.advance(seconds=1000)
    assert flows.described(execution)["status"] == "RUNNING"
    flows.client.get_activity_task(activityArn=activity)
    flows.cloud.settle()
    assert flows.described(execution)["error"] == "States.Timeout"
    assert flows.journal("failed")[0].seconds == 1300
    with pytest.raises(ClientError, match="ActivityDoesNotExist"):
        flows.client.get_activity_task(activityArn=f"{activity}2")
