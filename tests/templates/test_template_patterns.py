"""Patterns of the public collection: each deploys and a message flows, or what the lab lacks is named to the letter."""

from __future__ import annotations

import json
import tomllib
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from deployed import (
    PATTERNS,
    PRINTS,
    bodies,
    client,
    ear_of_bus,
    ear_of_topic,
    happened,
    put_event,
    ran,
    records,
)

from waterline import Cloud
from waterline.templates.document import read
from waterline.templates.mistakes import NotSupported
from waterline.templates.stack import Stack

Flow = Callable[[Cloud, Stack], None]
INDEX: dict[str, Any] = tomllib.loads((PATTERNS / "patterns.toml").read_text(encoding="utf-8"))

SENDS = """
import os, boto3
def handler(event, context):
    boto3.client("sqs").send_message(QueueUrl=os.environ["QUEUE"], MessageBody=event["order"])
"""
PUBLISHES = """
import os, boto3
def handler(event, context):
    boto3.client("sns").publish(TopicArn=os.environ["TOPIC"], Message=event["order"])
"""
REPORTS = """
import json, boto3
def handler(event, context):
    boto3.client("events").put_events(Entries=[{"Source": "desk", "DetailType": "note", "Detail": json.dumps(event)}])
"""
STARTS = """
import os, json, boto3
def handler(event, context):
    answer = boto3.client("stepfunctions").start_sync_execution(stateMachineArn=os.environ["MACHINE"], input="{}")
    return json.loads(answer["output"])
"""
NUMBERS = """
def handler(event, context):
    return {"number": 7}
"""
ANSWERS = """
def handler(event, context):
    return {"statusCode": 200, "body": "welcome aboard"}
"""


@dataclass(frozen=True)
class Pattern:
    """`code` for the functions that are in JavaScript; `lacks` what is named as not supported."""

    flow: Flow | None = None
    code: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)
    lacks: tuple[str, ...] = ()


# -- flows: what is sent in, and what comes out ------------------------------------------------------------------------


def topic_to_queue(cloud: Cloud, stack: Stack) -> None:
    client("sns").publish(TopicArn=stack.outputs["TopicArn"], Message="cabin 7")
    cloud.settle()
    [body] = bodies(stack.outputs["QueueUrl"])
    assert json.loads(body)["Message"] == "cabin 7"
    assert stack.outputs["TopicArn"].endswith(stack.outputs["TopicName"])


def topic_to_function(cloud: Cloud, stack: Stack) -> None:
    client("sns").publish(TopicArn=stack.outputs["TopicArn"], Message="cabin 7")
    cloud.settle()
    assert ran(cloud, stack.resources["Confirm"]) == 1


def rule_to_queue(cloud: Cloud, stack: Stack) -> None:
    put_event("bookings", {"cabin": 7})
    put_event("weather", {"wind": 9})
    cloud.settle()
    [body] = bodies(stack.outputs["QueueUrl"])
    assert json.loads(body)["detail"] == {"cabin": 7}


def rule_to_topic(cloud: Cloud, stack: Stack) -> None:
    ear = ear_of_topic(stack.outputs["TopicArn"])
    put_event("bookings", {"cabin": 7})
    cloud.settle()
    [body] = bodies(ear)
    assert json.loads(body)["detail"] == {"cabin": 7}


def queue_to_function(cloud: Cloud, stack: Stack) -> None:
    client("sqs").send_message(QueueUrl=stack.outputs["QueueUrl"], MessageBody="cabin 7")
    cloud.settle()
    assert ran(cloud, stack.resources["Assign"]) == 1
    assert bodies(stack.outputs["QueueUrl"]) == []


def upload_to_function(cloud: Cloud, stack: Stack) -> None:
    client("s3").put_object(Bucket=stack.outputs["Bucket"], Key="passport.png", Body=b"...")
    cloud.settle()
    assert ran(cloud, stack.resources["Stamp"]) == 1


def upload_to_queue(cloud: Cloud, stack: Stack) -> None:
    client("s3").put_object(Bucket="passports", Key="passport.png", Body=b"...")
    cloud.settle()
    assert any("passport.png" in body for body in bodies(stack.resources["Scans"]))


def upload_to_topic(cloud: Cloud, stack: Stack) -> None:
    ear = ear_of_topic(stack.resources["Scans"])
    client("s3").put_object(Bucket="passports", Key="passport.png", Body=b"...")
    cloud.settle()
    assert any("passport.png" in body for body in bodies(ear))


def stream_to_function(cloud: Cloud, stack: Stack) -> None:
    client("kinesis").put_record(StreamName=stack.outputs["Stream"], Data=b"60N 20E", PartitionKey="ship")
    cloud.settle()
    assert ran(cloud, stack.resources["Plot"]) == 1


def table_to_function(cloud: Cloud, stack: Stack) -> None:
    client("dynamodb").put_item(TableName=stack.resources["LogBook"], Item={"id": {"S": "day 1"}})
    cloud.settle()
    assert ran(cloud, stack.resources["Copy"]) == 1


def rule_to_function(cloud: Cloud, stack: Stack) -> None:
    put_event("bookings", {"cabin": "A-7"}, "paid")
    put_event("bookings", {"cabin": "B-7"}, "paid")
    cloud.settle()
    assert ran(cloud, stack.outputs["Function"]) == 1


def bus_to_stream(cloud: Cloud, stack: Stack) -> None:
    put_event("radar", {"at": "60N 20E"}, bus="harbor")
    cloud.settle()
    [record] = records("positions")
    assert json.loads(record)["detail"] == {"at": "60N 20E"}


def rule_to_workflow(cloud: Cloud, stack: Stack) -> None:
    put_event("ships", {"state": "moored"})
    put_event("ships", {"state": "lost"})
    cloud.settle()
    [run] = client("stepfunctions").list_executions(stateMachineArn=stack.outputs["Machine"])["executions"]
    assert run["status"] == "SUCCEEDED"


def schedule_to_function(cloud: Cloud, stack: Stack) -> None:
    cloud.advance(minutes=11)
    assert ran(cloud, stack.resources["Round"]) == 3  # at once, after five minutes, after ten


def function_to_queue(cloud: Cloud, stack: Stack) -> None:
    client("lambda").invoke(FunctionName=stack.outputs["Function"], Payload='{"order": "cabin 7"}')
    cloud.settle()
    assert bodies(stack.outputs["QueueUrl"]) == ["cabin 7"]


def function_to_topic(cloud: Cloud, stack: Stack) -> None:
    ear = ear_of_topic(stack.outputs["TopicArn"])
    client("lambda").invoke(FunctionName=stack.outputs["Function"], Payload='{"order": "cabin 7"}')
    cloud.settle()
    assert bodies(ear) == ["cabin 7"]


def function_to_bus(cloud: Cloud, stack: Stack) -> None:
    ear = ear_of_bus("default", "desk")
    client("lambda").invoke(FunctionName=stack.outputs["Function"], Payload='{"order": "cabin 7"}')
    cloud.settle()
    [body] = bodies(ear)
    assert json.loads(body)["detail"] == {"order": "cabin 7"}


def workflow_to_queue(cloud: Cloud, stack: Stack) -> None:
    client("stepfunctions").start_execution(stateMachineArn=stack.outputs["Machine"], input='{"message": "cabin 7"}')
    cloud.settle()
    assert bodies(stack.outputs["QueueUrl"]) == ["cabin 7"]


def pipe_to_workflow(cloud: Cloud, stack: Stack) -> None:
    client("sqs").send_message(QueueUrl=stack.outputs["QueueUrl"], MessageBody='{"cabin": 7}')
    cloud.settle()
    assert bodies(stack.outputs["QueueUrl"]) == []
    machine = stack.resources["Quote"].rpartition(":")[2]
    assert len(happened(cloud, "succeeded", f"states:{machine}")) == 1


def pipes_to_bus(cloud: Cloud, stack: Stack) -> None:
    ear, table = ear_of_bus("lab-harbor", "log-book"), "lab-log-book"
    cloud.advance(minutes=1)
    client("dynamodb").put_item(TableName=table, Item={"id": {"S": "day 1"}})
    client("dynamodb").put_item(TableName=table, Item={"id": {"S": "day 1"}, "wind": {"N": "9"}})
    client("dynamodb").delete_item(TableName=table, Key={"id": {"S": "day 1"}})
    cloud.settle()
    assert sorted(json.loads(body)["detail-type"] for body in bodies(ear)) == ["changed", "removed", "written"]


def function_to_workflow(cloud: Cloud, stack: Stack) -> None:
    answer = client("lambda").invoke(FunctionName=stack.outputs["Function"], Payload="{}")
    assert json.load(answer["Payload"]) == {"price": 120}


def workflow_to_function(cloud: Cloud, stack: Stack) -> None:
    answer = client("stepfunctions").start_sync_execution(stateMachineArn=stack.outputs["Machine"], input="{}")
    assert json.loads(answer["output"]) == {"number": 7}


def request_to_table(cloud: Cloud, stack: Stack) -> None:
    assert cloud.http.post(stack.outputs["Endpoint"], json={"id": "day 1"}).status == 201
    items = client("dynamodb").scan(TableName=stack.resources["LogBook"])["Items"]
    assert items == [{"id": {"S": "day 1"}}]


def request_is_answered(cloud: Cloud, stack: Stack) -> None:
    endpoint = stack.outputs["Endpoint"]
    url = endpoint if "://" in endpoint else f"https://{endpoint}.execute-api.us-east-1.amazonaws.com/"
    assert cloud.http.get(url).body == "welcome aboard"


def request_for_a_ship(cloud: Cloud, stack: Stack) -> None:
    assert cloud.http.post(f"{stack.outputs['Endpoint']}ship", json={"name": "Vasa", "year": 1628}).status == 200


def request_to_topic(cloud: Cloud, stack: Stack) -> None:
    ear = ear_of_topic(stack.outputs["TopicArn"])
    assert cloud.http.get(stack.outputs["Endpoint"]).body == "told"
    cloud.settle()
    assert bodies(ear) == ["a booking"]


def request_to_queue_to_function(cloud: Cloud, stack: Stack) -> None:
    assert cloud.http.post(f"{stack.outputs['Endpoint']}/send", json={"MessageBody": "cabin 7"}).status == 200
    cloud.settle()
    assert ran(cloud, "Assign") == 1


def request_to_fifo_to_topic(cloud: Cloud, stack: Stack) -> None:
    ear = ear_of_topic(stack.outputs["TopicArn"])
    body = {"MessageBody": "cabin 7", "MessageGroupId": "deck A"}
    assert cloud.http.post(f"{stack.outputs['Endpoint']}send", json=body).status == 200
    cloud.settle()
    assert bodies(ear) == ["a booking"]


def request_to_stream(cloud: Cloud, stack: Stack) -> None:
    stream = stack.outputs["Stream"]
    url = f"{stack.outputs['Root']}/streams/{stream}/record"
    assert cloud.http.put(url, json={"Data": "60N 20E", "PartitionKey": "ship"}).status == 200
    assert len(records(stream)) == 1


def request_to_stream_to_function(cloud: Cloud, stack: Stack) -> None:
    request_to_stream(cloud, stack)
    cloud.settle()
    assert ran(cloud, "plot") == 1


def request_to_table_to_function(cloud: Cloud, stack: Stack) -> None:
    request_to_table(cloud, stack)
    cloud.settle()
    assert ran(cloud, "copy") == 1


def request_needs_a_key(cloud: Cloud, stack: Stack) -> None:
    endpoint = stack.outputs["Endpoint"]
    assert cloud.http.get(endpoint).status == 403
    key = client("apigateway").get_api_key(apiKey=stack.resources["Key"], includeValue=True)["value"]
    assert cloud.http.get(endpoint, headers={"x-api-key": key}).body == "welcome aboard"


def nobody_passes_the_doorman(cloud: Cloud, stack: Stack) -> None:
    assert cloud.http.get(stack.outputs["Endpoint"]).status == 401


def request_to_bus_to_function(cloud: Cloud, stack: Stack) -> None:
    assert cloud.http.post(f"{stack.outputs['Endpoint']}/", json={"Detail": '{"cabin": 7}'}).status == 200
    cloud.settle()
    assert ran(cloud, stack.resources["OnRequest"]) == 1


def request_to_workflow(cloud: Cloud, stack: Stack) -> None:
    answer = cloud.http.post(f"{stack.outputs['Endpoint']}/", json={})
    assert answer.status == 200 and "120" in answer.body


JS = {name: {name: PRINTS} for name in ("Confirm", "Assign", "Stamp", "Plot", "Copy", "Watch", "Round", "OnRequest")}
LAYER = "arn:aws:lambda:us-east-1:111122223333:layer:pictures:2"
BUCKET = {"BucketName": "passports"}
NETWORK = {"Vpc": "vpc-1", "Subnets": "a,b", "Wall": "sg-1"}
DATABASE = {"ProxyEndpoint": "db.internal", "SecretName": "db", "ProxyId": "prx-1"}

PATTERN: dict[str, Pattern] = {
    "sns-sqs": Pattern(topic_to_queue),
    "sns-lambda": Pattern(topic_to_function, JS["Confirm"]),
    "eventbridge-sqs": Pattern(rule_to_queue),
    "eventbridge-sns": Pattern(rule_to_topic),
    "sqs-lambda": Pattern(queue_to_function, JS["Assign"]),
    "s3-lambda": Pattern(upload_to_function, JS["Stamp"]),
    "s3-sqs": Pattern(upload_to_queue, parameters=BUCKET),
    "s3-sns": Pattern(upload_to_topic, parameters=BUCKET),
    "kinesis-lambda": Pattern(stream_to_function, JS["Plot"]),
    "dynamodb-lambda": Pattern(table_to_function, JS["Copy"]),
    "eventbridge-lambda": Pattern(rule_to_function, JS["Watch"]),
    "eventbridge-kinesis": Pattern(bus_to_stream),
    "eventbridge-sfn": Pattern(rule_to_workflow),
    "eventbridge-schedule-to-lambda": Pattern(schedule_to_function, JS["Round"]),
    "lambda-sqs": Pattern(function_to_queue, {"Sell": SENDS}),
    "lambda-sns": Pattern(function_to_topic, {"Tell": PUBLISHES}),
    "lambda-eventbridge": Pattern(function_to_bus, {"Report": REPORTS}),
    "lambda-sfn": Pattern(function_to_workflow, {"Ask": STARTS}),
    "sfn-sqs": Pattern(workflow_to_queue),
    "sfn-lambda": Pattern(workflow_to_function, {"Number": NUMBERS}),
    "eventbridge-pipes-sqs-to-stepfunctions": Pattern(pipe_to_workflow),
    "eventbridge-pipes-ddbstream-with-filters-to-eventbridge": Pattern(pipes_to_bus),
    "apigw-lambda-dynamodb": Pattern(request_to_table),
    "apigw-http-api-lambda-python": Pattern(request_is_answered),
    "apigw-cloudwatch": Pattern(request_is_answered),
    "apigw-data-validation": Pattern(request_for_a_ship),
    "apigw-http-api-lambda-rds-proxy": Pattern(request_is_answered, parameters=NETWORK | DATABASE),
    "apigw-lambda-sns": Pattern(request_to_topic),
    "apigw-sqs-lambda": Pattern(request_to_queue_to_function, JS["Assign"]),
    "apigw-http-api-fifo-sqs-lambda-sns-sam": Pattern(request_to_fifo_to_topic),
    "apigw-kinesis": Pattern(request_to_stream),
    "apigw-kinesis-lambda": Pattern(request_to_stream_to_function),
    "apigw-lambda-dynamodb-stream-lambda": Pattern(request_to_table_to_function),
    "apigw-api-key": Pattern(request_needs_a_key, {"Answer": ANSWERS}),
    "apigw-lambda-authorizer": Pattern(nobody_passes_the_doorman, {"Answer": ANSWERS, "Decide": PRINTS}),
    "cognito-restapi": Pattern(
        nobody_passes_the_doorman,
        {"Answer": ANSWERS},
        {"Pool": "arn:aws:cognito-idp:::userpool/x"},
    ),
    "apigw-http-api-eventbridge": Pattern(request_to_bus_to_function, JS["OnRequest"]),
    "apigw-sfn": Pattern(request_to_workflow),
    "s3-sqs-lambda": Pattern(
        code={"Shrink": PRINTS},
        parameters={"Uploads": "uploads", "Work": "work", "Small": "small"},
        lacks=(f"Shrink: the layer {LAYER}, which is of another account",),
    ),
    "s3-eventbridge": Pattern(
        parameters={"Pictures": "pictures", "TrailLogs": "trail-logs"}, lacks=("AWS::CloudTrail::Trail (Trail)",)
    ),
    "activemq-lambda": Pattern(lacks=("AWS::EC2::SecurityGroup (Wall)", "AWS::AmazonMQ::Broker (Broker)")),
    "apigw-appsync-dynamodb-sam": Pattern(
        lacks=(
            "AWS::AppSync::GraphQLApi (Graph)",
            "AWS::AppSync::ApiKey (GraphKey)",
            "AWS::AppSync::GraphQLSchema (GraphSchema)",
            "AWS::AppSync::DataSource (TableSource)",
            "AWS::AppSync::Resolver (OneResolver, AllResolver, AddResolver, DropResolver, ChangeResolver)",
        )
    ),
}


def test_each_of_more_than_forty_patterns_is_in_the_table() -> None:
    templates = {path.stem for path in PATTERNS.glob("*.yaml")}
    assert templates == set(PATTERN) == set(INDEX)
    assert len(templates) > 40


@pytest.mark.parametrize("name", sorted(PATTERN))
def test_the_template_has_the_resources_of_the_public_one(name: str) -> None:
    types = Counter(resource["Type"] for resource in read(PATTERNS / f"{name}.yaml").resources.values())
    assert dict(types) == INDEX[name]["resources"]


@pytest.mark.parametrize("name", sorted(name for name, pattern in PATTERN.items() if pattern.flow))
def test_a_message_flows_through(cloud: Cloud, name: str) -> None:
    pattern = PATTERN[name]
    assert pattern.flow is not None
    client("secretsmanager").create_secret(Name="db", SecretString='{"username": "purser"}')
    stack = cloud.deploy_template(PATTERNS / f"{name}.yaml", parameters=pattern.parameters, code=pattern.code)
    assert set(read(PATTERNS / f"{name}.yaml").resources) <= set(stack.resources)
    pattern.flow(cloud, stack)


@pytest.mark.parametrize("name", sorted(name for name, pattern in PATTERN.items() if pattern.lacks))
def test_what_the_lab_lacks_is_named_before_anything_is_made(cloud: Cloud, name: str) -> None:
    pattern = PATTERN[name]
    with pytest.raises(NotSupported) as refused:
        cloud.deploy_template(PATTERNS / f"{name}.yaml", parameters=pattern.parameters, code=pattern.code)
    assert refused.value.what == pattern.lacks
    assert [role["RoleName"] for role in client("iam").list_roles()["Roles"]] == ["lab"]
    assert client("s3").list_buckets()["Buckets"] == []


@pytest.mark.parametrize("name", sorted(name for name, pattern in PATTERN.items() if pattern.lacks))
def test_the_rest_is_deployed_when_asked_for(cloud: Cloud, name: str) -> None:
    pattern, template = PATTERN[name], PATTERNS / f"{name}.yaml"
    stack = cloud.deploy_template(template, parameters=pattern.parameters, code=pattern.code, allow_unsupported=True)
    assert stack.left_out[: len(pattern.lacks)] == pattern.lacks
    assert stack.resources
    cloud.delete_stack()
