"""API Gateway in front of a service without a function: storage first.

API Gateway Developer Guide, "Choose an API Gateway API integration type", "Variables for data transformations for API
Gateway", "Parameter mapping source for REST APIs in API Gateway", "Set up an integration response in API Gateway",
"Integration passthrough behaviors", "Set up mock integrations for REST APIs in API Gateway", "Create AWS service
integrations for HTTP APIs in API Gateway", "Integration subtype reference", "Override your API's request and response
parameters and status codes for REST APIs in API Gateway" (read 2026-11).
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from frontdoor import ACCOUNT, ECHO_1, Rest, Web, permit
from world import World, client

from waterline.cloud import REGION

ROLE = f"arn:aws:iam::{ACCOUNT}:role/lab"
FORM = {"integration.request.header.Content-Type": "'application/x-www-form-urlencoded'"}
TO_QUEUE = f"arn:aws:apigateway:{REGION}:sqs:path/{ACCOUNT}/tickets"
SEND = {"application/json": "Action=SendMessage&MessageBody=$util.urlEncode($input.body)"}


class Storage(Rest):
    """A REST API named ``shop``, one of whose methods leads to a service."""

    def leads(self, method: str, *, responses: list[dict[str, Any]] | None = None, **integration: Any) -> None:
        verb, _, path = method.partition(" ")
        settings = {"type": "AWS", "credentials": ROLE, **integration}
        self.method(method, **{name: value for name, value in settings.items() if value is not None})
        where = {"restApiId": self.id, "resourceId": self.resources[path], "httpMethod": verb}
        for response in [{"statusCode": "200"}] if responses is None else responses:
            self.gateway.put_method_response(**where, statusCode=response["statusCode"])
            self.gateway.put_integration_response(**where, **response)
        self.deploy()


def to_queue(world: World, **integration: Any) -> Storage:
    world.queue()
    storage = Storage(world)
    storage.leads("POST /orders", uri=TO_QUEUE, **{"requestParameters": FORM, "requestTemplates": SEND, **integration})
    return storage


def test_a_request_is_stored_in_a_queue_and_no_function_runs(world: World) -> None:
    """ "Choose an API Gateway API integration type": AWS."""
    storage = to_queue(world)
    answer = world.cloud.http.post(f"{storage.url}/orders", json={"cabin": "a & b"})
    assert answer.status == 200
    (message,) = world.cloud.journal.of("sent", place="sqs:tickets")
    assert message.detail["body"] == '{"cabin": "a & b"}'
    assert message.parents == (answer.request_id,)
    assert message.message is not None and message.message in answer.body
    assert not world.cloud.journal.of("invoked")


def test_an_error_of_the_service_is_chosen_by_its_status(world: World) -> None:
    """ "Set up an integration response in API Gateway": the pattern is matched with the status."""
    responses = [
        {"statusCode": "202", "responseTemplates": {"application/json": '{"taken": true}'}},
        {"statusCode": "503", "selectionPattern": "5\\d{2}", "responseTemplates": {"application/json": "later"}},
    ]
    storage = to_queue(world, responses=responses)
    fine = world.cloud.http.post(f"{storage.url}/orders", json={})
    world.cloud.faults.outage("sqs")
    down = world.cloud.http.post(f"{storage.url}/orders", json={})
    assert [(one.status, one.body) for one in (fine, down)] == [(202, '{"taken": true}'), (503, "later")]


def test_an_answer_that_no_integration_response_wants_is_an_error(world: World) -> None:
    """ "Set up an integration response in API Gateway": one without a pattern is the default."""
    storage = to_queue(world, responses=[{"statusCode": "200", "selectionPattern": "2.."}])
    assert world.cloud.http.post(f"{storage.url}/orders", json={}).status == 200
    world.cloud.faults.outage("sqs")
    assert world.cloud.http.post(f"{storage.url}/orders", json={}).status == 500


def test_without_a_role_the_service_is_not_asked(world: World) -> None:
    """ "Choose an API Gateway API integration type": an AWS integration has an execution role."""
    storage = to_queue(world, credentials=None)
    assert world.cloud.http.post(f"{storage.url}/orders", json={}).status == 500
    assert not world.cloud.journal.of("sent", place="sqs:tickets")
    assert "credentials" in world.cloud.journal.of("answered")[-1].detail["why"]


def test_a_body_without_a_template_passes_or_does_not(world: World) -> None:
    """ "Integration passthrough behaviors": NEVER refuses, WHEN_NO_MATCH passes on."""
    storage = to_queue(world, passthroughBehavior="NEVER")
    refused = world.cloud.http.post(f"{storage.url}/orders", body="x", headers={"Content-Type": "text/plain"})
    assert (refused.status, refused.json()) == (415, {"message": "Unsupported Media Type"})
    storage.leads("POST /raw", uri=TO_QUEUE, requestParameters=FORM, passthroughBehavior="WHEN_NO_MATCH")
    passed = world.cloud.http.post(f"{storage.url}/raw", body="Action=SendMessage&MessageBody=raw")
    assert passed.status == 200
    assert world.cloud.journal.of("sent", place="sqs:tickets")[-1].detail["body"] == "raw"


@pytest.mark.parametrize(
    ("template", "body"),
    [
        ("$input.json('$.order.id')", '"7"'),
        ("$input.path('$.order').id", "7"),
        ("$util.escapeJavaScript($input.json('$.order'))", '{\\"id\\": \\"7\\"}'),
        ("$input.params('id') $input.params().querystring.seat", "seven 12A"),
        ("$util.base64Decode($util.base64Encode($input.path('$.order.id')))", "7"),
        ("$context.httpMethod $context.stage $stageVariables.color", "POST prod blue"),
        ("#if($input.path('$.order.id') == '7')yes#{else}no#end", "yes"),
        ("#set($all = $input.path('$.all'))#foreach($n in $all)$n#if($foreach.hasNext),#end#end", "1,2,3"),
        ("$util.parseJson($input.body).order.id", "7"),
    ],
)
def test_a_template_makes_the_message(world: World, template: str, body: str) -> None:
    """ "Variables for data transformations for API Gateway"."""
    world.queue()
    storage = Storage(world)
    templates = {"application/json": f"Action=SendMessage&MessageBody={template}"}
    storage.leads("POST /orders/{id}", uri=TO_QUEUE, requestParameters=FORM, requestTemplates=templates)
    storage.deploy(variables={"color": "blue"})
    content = {"order": {"id": "7"}, "all": [1, 2, 3]}
    world.cloud.http.post(f"{storage.url}/orders/seven?seat=12A", json=content)
    assert world.cloud.journal.of("sent", place="sqs:tickets")[-1].detail["body"] == body


def test_parameters_are_mapped_from_the_request(world: World) -> None:
    """ "Parameter mapping source for REST APIs in API Gateway"."""
    world.queue()
    storage = Storage(world)
    parameters = {
        **FORM,
        "integration.request.querystring.Action": "'SendMessage'",
        "integration.request.querystring.MessageBody": "method.request.body.order.id",
        "integration.request.path.queue": "method.request.header.X-Queue",
    }
    uri = f"arn:aws:apigateway:{REGION}:sqs:path/{ACCOUNT}/{{queue}}"
    none = {"application/json": "#set($nothing = 1)"}
    storage.leads("POST /orders", uri=uri, requestParameters=parameters, requestTemplates=none)
    world.cloud.http.post(f"{storage.url}/orders", json={"order": {"id": "7"}}, headers={"x-queue": "tickets"})
    assert [event.detail["body"] for event in world.cloud.journal.of("sent", place="sqs:tickets")] == ["7"]


def test_a_template_overrides_header_and_status(world: World) -> None:
    """ "Override your API's request and response parameters and status codes for REST APIs in API Gateway"."""
    response = '#set($context.responseOverride.status = 201)#set($context.responseOverride.header.X-Kept = "yes"){}'
    storage = to_queue(world, responses=[{"statusCode": "200", "responseTemplates": {"application/json": response}}])
    answer = world.cloud.http.post(f"{storage.url}/orders", json={})
    assert (answer.status, answer.headers["x-kept"]) == (201, "yes")


def test_a_topic_takes_the_request(world: World) -> None:
    """Publish, as a form."""
    topic = client("sns").create_topic(Name="orders")["TopicArn"]
    storage = Storage(world)
    template = f"Action=Publish&TopicArn=$util.urlEncode('{topic}')&Message=$util.urlEncode($input.body)"
    storage.leads(
        "POST /orders",
        uri=f"arn:aws:apigateway:{REGION}:sns:path//",
        requestParameters=FORM,
        requestTemplates={"application/json": template},
    )
    assert "MessageId" in world.cloud.http.post(f"{storage.url}/orders", json={"id": 7}).body


def test_a_bus_takes_the_request_by_its_action(world: World) -> None:
    """PutEvents, as JSON with a target."""
    storage = Storage(world)
    entry = '{"Entries": [{"Source": "shop", "DetailType": "order", "Detail": "$util.escapeJavaScript($input.body)"}]}'
    storage.leads(
        "POST /orders",
        uri=f"arn:aws:apigateway:{REGION}:events:action/PutEvents",
        requestTemplates={"application/json": entry},
    )
    answer = world.cloud.http.post(f"{storage.url}/orders", json={"id": 7})
    assert (answer.status, answer.json()["FailedEntryCount"]) == (200, 0)


def test_a_function_behind_an_aws_integration_gets_what_the_template_says(world: World) -> None:
    """ "Choose an API Gateway API integration type": a Lambda custom integration."""
    storage = Storage(world, source="def handler(event, context):\n    return {'got': event['id']}\n")
    storage.leads("POST /orders", credentials=None, requestTemplates={"application/json": '{"id": $input.json("$.n")}'})
    assert world.cloud.http.post(f"{storage.url}/orders", json={"n": 7}).json() == {"got": 7}


def test_a_function_error_behind_an_aws_integration_is_a_success_unless_a_pattern_says_so(world: World) -> None:
    """ "Set up an integration response in API Gateway": the pattern is matched with the error message."""
    storage = Storage(world, source="def handler(event, context):\n    raise ValueError('no such cabin')\n")
    storage.leads("POST /plain", credentials=None)
    storage.leads(
        "POST /careful",
        credentials=None,
        responses=[{"statusCode": "200"}, {"statusCode": "404", "selectionPattern": "no such.*"}],
    )
    statuses = [world.cloud.http.post(f"{storage.url}{path}", json={}).status for path in ("/plain", "/careful")]
    assert statuses == [200, 404]


def test_a_mock_answers_by_itself(world: World) -> None:
    """ "Set up mock integrations for REST APIs in API Gateway"."""
    storage = Storage(world)
    template = '{"statusCode": #if($input.params("ill") == "yes")500#{else}200#end}'
    storage.leads(
        "GET /health",
        type="MOCK",
        credentials=None,
        requestTemplates={"application/json": template},
        responses=[
            {"statusCode": "200", "responseTemplates": {"application/json": "fine"}},
            {"statusCode": "500", "selectionPattern": "500", "responseTemplates": {"application/json": "ill"}},
        ],
    )
    answers = [world.cloud.http.get(f"{storage.url}/health{query}") for query in ("", "?ill=yes")]
    assert [(one.status, one.body) for one in answers] == [(200, "fine"), (500, "ill")]


def test_a_template_that_cannot_be_read_is_an_error_with_its_reason(world: World) -> None:
    """ "Gateway response types": API_CONFIGURATION_ERROR."""
    storage = to_queue(world, requestTemplates={"application/json": "#if($input.body"})
    assert world.cloud.http.post(f"{storage.url}/orders", json={}).status == 500
    assert "template cannot be read" in world.cloud.journal.of("answered")[-1].detail["why"]


# -- HTTP APIs ---------------------------------------------------------------------------------------------------------


def first_class(world: World, subtype: str, parameters: dict[str, str], **settings: Any) -> Web:
    options = {
        "IntegrationSubtype": subtype,
        "RequestParameters": parameters,
        "CredentialsArn": ROLE,
        "PayloadFormatVersion": "1.0",
        "IntegrationUri": "",
        **settings,
    }
    return Web(world, "POST /orders/{id}", **options)


def test_a_route_leads_to_a_queue(world: World) -> None:
    """ "Integration subtype reference": SQS-SendMessage."""
    url = world.queue()
    web = first_class(
        world, "SQS-SendMessage", {"QueueUrl": url, "MessageBody": "$request.body.order", "DelaySeconds": "5"}
    )
    answer = world.cloud.http.post(f"{web.url}/orders/7", json={"order": {"cabin": 3}})
    (message,) = world.cloud.journal.of("sent", place="sqs:tickets")
    assert (answer.json()["MessageId"], message.detail["body"]) == (message.message, '{"cabin": 3}')
    assert world.cloud.journal.of("delayed", place="sqs:tickets")
    assert message.parents == (answer.request_id,)


@pytest.mark.parametrize(
    ("expression", "body"),
    [
        ("$request.body", '{"order": {"cabin": 3}}'),
        ("$request.body.order.cabin", "3"),
        ("$request.path.id", "7"),
        ("$request.querystring.seat", "12A"),
        ("$request.header.x-tag", "blue"),
        ("order ${request.path.id} by $context.stage", "order 7 by $default"),
        ("fixed", "fixed"),
    ],
)
def test_parameters_come_from_the_request_or_are_fixed(world: World, expression: str, body: str) -> None:
    """ "Create AWS service integrations for HTTP APIs in API Gateway"."""
    web = first_class(world, "SQS-SendMessage", {"QueueUrl": world.queue(), "MessageBody": expression})
    headers = {"X-Tag": "blue"}
    world.cloud.http.post(f"{web.url}/orders/7?seat=12A", json={"order": {"cabin": 3}}, headers=headers)
    assert world.cloud.journal.of("sent", place="sqs:tickets")[-1].detail["body"] == body


def workflow(kind: str) -> str:
    """The ARN of a state machine that gives its input back, under another name."""
    states = {"Taken": {"Type": "Pass", "Parameters": {"taken.$": "$.order"}, "End": True}}
    definition = json.dumps({"StartAt": "Taken", "States": states})
    made = client("stepfunctions").create_state_machine(name="take", definition=definition, roleArn=ROLE, type=kind)
    return str(made["stateMachineArn"])


def test_a_route_starts_a_workflow(world: World) -> None:
    """ "Integration subtype reference": StepFunctions-StartExecution, StepFunctions-StartSyncExecution."""
    started = first_class(
        world, "StepFunctions-StartExecution", {"StateMachineArn": workflow("STANDARD"), "Input": "$request.body"}
    )
    answer = world.cloud.http.post(f"{started.url}/orders/7", json={"order": 7})
    (sent,) = world.cloud.journal.of("sent", place="states:take")
    assert (answer.status, answer.json()["executionArn"]) == (200, sent.message)
    assert sent.parents == (answer.request_id,)
    world.cloud.settle()
    found = client("stepfunctions").describe_execution(executionArn=sent.message)
    assert json.loads(found["output"]) == {"taken": 7}


def test_a_route_waits_for_an_express_workflow(world: World) -> None:
    """ "Integration subtype reference": StepFunctions-StartSyncExecution."""
    waited = first_class(
        world,
        "StepFunctions-StartSyncExecution",
        {"StateMachineArn": workflow("EXPRESS"), "Input": "$request.body"},
    )
    answer = world.cloud.http.post(f"{waited.url}/orders/7", json={"order": 7})
    assert (answer.status, answer.json()["status"]) == (200, "SUCCEEDED")
    assert json.loads(answer.json()["output"]) == {"taken": 7}


@pytest.mark.parametrize(("action", "kind"), [("StartExecution", "STANDARD"), ("StartSyncExecution", "EXPRESS")])
def test_a_method_starts_a_workflow(world: World, action: str, kind: str) -> None:
    """ "Choose an API Gateway API integration type": AWS, with an action of Step Functions."""
    template = {"stateMachineArn": workflow(kind), "input": "$util.escapeJavaScript($input.body)"}
    storage = Storage(world)
    storage.leads(
        "POST /orders",
        uri=f"arn:aws:apigateway:{REGION}:states:action/{action}",
        requestTemplates={"application/json": json.dumps(template)},
    )
    answer = world.cloud.http.post(f"{storage.url}/orders", json={"order": 7})
    assert answer.status == 200
    world.cloud.settle()
    assert len(world.cloud.journal.of("succeeded", place="states:take")) == 1
    if action == "StartSyncExecution":
        assert json.loads(answer.json()["output"]) == {"taken": 7}


def test_a_route_leads_to_a_bus_and_to_a_stream(world: World) -> None:
    """ "Integration subtype reference": EventBridge-PutEvents, Kinesis-PutRecord."""
    bus = first_class(
        world,
        "EventBridge-PutEvents",
        {"Detail": "$request.body", "DetailType": "order", "Source": "shop", "Resources": '["cabin"]'},
    )
    assert world.cloud.http.post(f"{bus.url}/orders/7", json={"id": 7}).json()["FailedEntryCount"] == 0
    client("kinesis").create_stream(StreamName="clicks", ShardCount=1)
    given = {"StreamName": "clicks", "Data": "$request.body", "PartitionKey": "$request.path.id"}
    stream = first_class(world, "Kinesis-PutRecord", given, permitted=False)
    assert "SequenceNumber" in world.cloud.http.post(f"{stream.url}/orders/7", json={"id": 7}).json()


@pytest.mark.parametrize(
    ("subtype", "parameters", "sentence"),
    [
        ("SQS-SendMessage", {"QueueUrl": "q"}, "Missing required parameters .* MessageBody"),
        ("SQS-SendMessage", {"QueueUrl": "q", "MessageBody": "b", "Color": "c"}, "Unknown parameters .* Color"),
        ("SQS-Paint", {}, "Unknown integration subtype"),
    ],
)
def test_a_wrong_integration_is_refused_when_it_is_made(
    world: World, subtype: str, parameters: dict[str, str], sentence: str
) -> None:
    """CreateIntegration: all required parameters must be configured."""
    with pytest.raises(ClientError, match=sentence):
        first_class(world, subtype, parameters)


def test_what_the_service_refuses_reaches_the_client(world: World) -> None:
    """ "Create AWS service integrations for HTTP APIs in API Gateway"."""
    url = world.queue()
    web = first_class(world, "SQS-SendMessage", {"QueueUrl": f"{url}-gone", "MessageBody": "b"})
    answer = world.cloud.http.post(f"{web.url}/orders/7", json={})
    assert answer.status == 400
    assert "NonExistentQueue" in answer.json()["__type"] or "QueueDoesNotExist" in answer.json()["__type"]


def test_a_first_class_integration_without_a_role_does_not_ask(world: World) -> None:
    """ "Create AWS service integrations for HTTP APIs in API Gateway": it has a role."""
    given = {"QueueUrl": world.queue(), "MessageBody": "b"}
    web = first_class(world, "SQS-SendMessage", given, CredentialsArn="")
    assert world.cloud.http.post(f"{web.url}/orders/7", json={}).status == 500


def test_the_same_seed_gives_the_same_journal(world: World) -> None:
    storage = to_queue(world)
    for number in range(3):
        world.cloud.http.post(f"{storage.url}/orders", json={"n": number})
    assert len(set(world.cloud.journal.messages)) == len(world.cloud.journal.messages) == 6
    assert json.loads(world.cloud.journal.of("sent", place="sqs:tickets")[0].detail["body"]) == {"n": 0}


def test_a_slow_service_meets_the_gateway_s_patience(world: World) -> None:
    """ "Amazon API Gateway quotas" (``apigw.rest_timeout``)."""
    storage = to_queue(world, timeoutInMillis=1_000)
    world.cloud.faults.slow("sqs", seconds=5)
    answer = world.cloud.http.post(f"{storage.url}/orders", json={})
    assert answer.status == 504
    world.cloud.settle()
    assert len(world.cloud.journal.of("sent", place="sqs:tickets")) == 1, "the message is stored all the same"


def test_permission_of_the_function_is_asked_behind_an_aws_integration(world: World) -> None:
    """ "Choose an API Gateway API integration type": without a role the function's policy decides."""
    storage = Storage(world, source=ECHO_1, permitted=False)
    storage.leads("POST /orders", credentials=None)
    assert world.cloud.http.post(f"{storage.url}/orders", json={}).status == 500
    permit(world)
    assert world.cloud.http.post(f"{storage.url}/orders", json={}).status == 200
