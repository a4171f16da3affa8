"""Workflows as they are built: sagas, semaphores, approvals, with the services around them on the same clock."""

from __future__ import annotations

import json
from typing import Any

import boto3
from workflows import REGION, Workflows, invoke, line, service


def test_a_saga_undoes_what_was_done_in_the_opposite_order(flows: Workflows) -> None:
    """Source: "Handling errors in Step Functions workflows": Catch leads into the compensations."""
    for name in ("reserve", "book", "undo_book", "undo_reserve"):
        flows.cloud.deploy(name, "def handler(e, c):\n    return 'done'\n")
    flows.cloud.deploy("pay", "def handler(e, c):\n    raise RuntimeError('declined')\n")

    def step(name: str, following: str, undo: str) -> dict[str, Any]:
        catch = [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": undo}]
        retry = [{"ErrorEquals": ["Lambda.ServiceException"], "IntervalSeconds": 2}]
        return invoke(name, ResultPath=f"$.{name}", Next=following, Catch=catch, Retry=retry)

    definition = line(
        {
            "Reserve": step("reserve", "Book", "Undo reserve"),
            "Book": step("book", "Pay", "Undo book"),
            "Pay": step("pay", "Well", "Undo book"),
            "Well": {"Type": "Succeed"},
            "Undo book": invoke("undo_book", ResultPath=None, Next="Undo reserve"),
            "Undo reserve": invoke("undo_reserve", ResultPath=None, Next="Failed"),
            "Failed": {"Type": "Fail", "Error": "OrderFailed", "CausePath": "$.error.Error"},
        }
    )
    assert flows.error(definition, {"order": 1}) == ("OrderFailed", "RuntimeError")
    walked = [state for _, state in flows.walk()]
    assert walked == ["Reserve", "Book", "Pay", "Undo book", "Undo reserve", "Failed"]


SEMAPHORE = {
    "Acquire": service(
        "dynamodb:updateItem",
        {
            "TableName": "locks",
            "Key": {"id": {"S": "printer"}},
            "UpdateExpression": "SET held = held + :one",
            "ConditionExpression": "held < :limit",
            "ExpressionAttributeValues": {":one": {"N": "1"}, ":limit": {"N": "2"}},
        },
        ResultPath=None,
        Catch=[{"ErrorEquals": ["DynamoDB.ConditionalCheckFailedException"], "ResultPath": None, "Next": "Later"}],
        Next="Work",
    ),
    "Later": {"Type": "Wait", "Seconds": 3, "Next": "Acquire"},
    "Work": invoke("print", Next="Release"),
    "Release": service(
        "dynamodb:updateItem",
        {
            "TableName": "locks",
            "Key": {"id": {"S": "printer"}},
            "UpdateExpression": "SET held = held - :one",
            "ExpressionAttributeValues": {":one": {"N": "1"}},
        },
        End=True,
    ),
}


def test_a_semaphore_lets_so_many_executions_work_at_a_time(flows: Workflows) -> None:
    """Source: "Integrating services with Step Functions": conditional updates of DynamoDB as a semaphore."""
    dynamodb = boto3.client("dynamodb", region_name=REGION)
    dynamodb.create_table(
        TableName="locks",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    dynamodb.put_item(TableName="locks", Item={"id": {"S": "printer"}, "held": {"N": "0"}})
    flows.cloud.deploy("print", "import time\ndef handler(e, c):\n    time.sleep(10)\n", timeout=30)
    machine = flows.create(line(SEMAPHORE))
    for _ in range(7):
        flows.start(machine)
    flows.cloud.settle()
    running = most = 0
    for event in flows.cloud.journal:
        if event.place == "lambda:print" and event.kind in ("invoked", "succeeded"):
            running += 1 if event.kind == "invoked" else -1
            most = max(most, running)
    assert most == 2
    assert len(flows.journal("succeeded")) == 7
    assert dynamodb.get_item(TableName="locks", Key={"id": {"S": "printer"}})["Item"]["held"] == {"N": "0"}


def test_a_worker_behind_a_queue_answers_a_workflow(flows: Workflows) -> None:
    """Source: "Discover service integration patterns in Step Functions": the callback through SQS and Lambda."""
    sqs = boto3.client("sqs", region_name=REGION)
    url = sqs.create_queue(QueueName="work")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    flows.cloud.deploy(
        "worker",
        "import boto3, json, time\n"
        "def handler(event, context):\n"
        "    job = json.loads(event['Records'][0]['body'])\n"
        "    time.sleep(5)\n"
        "    boto3.client('stepfunctions').send_task_success(\n"
        "        taskToken=job['token'], output=json.dumps({'twice': job['n'] * 2}))\n",
        timeout=20,
    )
    boto3.client("lambda", region_name=REGION).create_event_source_mapping(
        EventSourceArn=arn, FunctionName="worker", BatchSize=1
    )
    body = {"token.$": "$$.Task.Token", "n.$": "$"}
    ask = service("sqs:sendMessage.waitForTaskToken", {"QueueUrl": url, "MessageBody": body}, TimeoutSeconds=60)
    state = {"Type": "Map", "ItemProcessor": line({"Ask": ask})}
    execution = flows.start(flows.create(line({"M": state})), [1, 2, 3])
    flows.cloud.settle()
    assert flows.described(execution)["output"] == [{"twice": 2}, {"twice": 4}, {"twice": 6}]
    # From the execution through the queue to the function, in one trace.
    trace = flows.cloud.journal.trace(execution)
    assert {event.place for event in trace} == {"states:order", "sqs:work", "lambda:worker"}


def test_a_poller_stops_by_itself_when_it_has_asked_often_enough(flows: Workflows) -> None:
    """Source: "Passing data between states with variables": a counter in a loop."""
    states = {
        "Start": {"Type": "Pass", "Assign": {"tries": 0}, "Next": "Wait"},
        "Wait": {"Type": "Wait", "Seconds": 10, "Assign": {"tries": "{% $tries + 1 %}"}, "Next": "Enough?"},
        "Enough?": {
            "Type": "Choice",
            "Choices": [{"Condition": "{% $tries >= 4 %}", "Next": "End"}],
            "Default": "Wait",
        },
        "End": {"Type": "Succeed", "Output": {"tries": "{% $tries %}"}},
    }
    assert flows.output(line(states, QueryLanguage="JSONata")) == {"tries": 4}
    assert json.dumps([at for at, state in flows.walk() if state == "Wait"]) == "[0.0, 10.0, 20.0, 30.0]"
