"""REST APIs of API Gateway in front of a function.

API Gateway Developer Guide, "Lambda proxy integrations in API Gateway", "Gateway response types", "Set up a deployment
for a REST API", "Return binary media from a Lambda proxy integration in API Gateway", "Amazon API Gateway quotas"; AWS
Lambda Developer Guide, "Handling Lambda errors with an API Gateway API" and "Invoking a Lambda function using an Amazon
API Gateway endpoint" (read 2026-11).
"""

from __future__ import annotations

import base64
from typing import Any

import pytest
from botocore.exceptions import ClientError
from frontdoor import ECHO, ECHO_1, Rest, permit, raising, returning, slow
from world import World

from waterline.facts import facts

ERROR = {"message": "Internal server error"}


def test_a_request_is_an_event_of_format_1(world: World) -> None:
    """ "Input format of a Lambda function for proxy integration"."""
    rest = Rest(world, "POST /orders/{id}")
    rest.deploy(variables={"color": "blue"})
    url = f"{rest.url}/orders/7?seat=1&seat=2"
    headers = [("X-Tag", "a"), ("X-Tag", "b")]
    event = world.cloud.http.post(url, json={"n": 1}, headers=headers).json()
    context = event.pop("requestContext")
    assert event.pop("headers")["X-Tag"] == "b"
    assert event.pop("multiValueHeaders")["X-Tag"] == ["a", "b"]
    assert event == {
        "resource": "/orders/{id}",
        "path": "/orders/7",
        "httpMethod": "POST",
        "queryStringParameters": {"seat": "2"},
        "multiValueQueryStringParameters": {"seat": ["1", "2"]},
        "pathParameters": {"id": "7"},
        "stageVariables": {"color": "blue"},
        "body": '{"n": 1}',
        "isBase64Encoded": False,
    }
    assert context.pop("identity")["sourceIp"] == "127.0.0.1"
    assert context.pop("requestId") == context.pop("extendedRequestId") == world.cloud.journal.messages[0]
    assert context == {
        "accountId": "123456789012",
        "apiId": rest.id,
        "domainName": f"{rest.id}.execute-api.us-east-1.amazonaws.com",
        "domainPrefix": rest.id,
        "httpMethod": "POST",
        "path": "/prod/orders/7",
        "protocol": "HTTP/1.1",
        "requestTime": "01/Jan/2026:00:00:00 +0000",
        "requestTimeEpoch": 1767225600000,
        "resourceId": rest.resources["/orders/{id}"],
        "resourcePath": "/orders/{id}",
        "stage": "prod",
    }


def test_what_the_request_has_not_is_null(world: World) -> None:
    """ "Input format of a Lambda function for proxy integration"."""
    event = world.cloud.http.get(Rest(world).url).json()
    absent = ("queryStringParameters", "multiValueQueryStringParameters", "pathParameters", "stageVariables", "body")
    assert {event[name] for name in absent} == {None}
    assert event["path"] == "/"


@pytest.mark.parametrize(
    ("verb", "path", "resource", "parameters"),
    [
        ("GET", "/orders", "/orders", None),
        ("GET", "/orders/7", "/orders/{id}", {"id": "7"}),
        ("GET", "/orders/new", "/orders/new", None),
        ("DELETE", "/orders/7/lines/2", "/{proxy+}", {"proxy": "orders/7/lines/2"}),
        ("GET", "/a%20b", "/{proxy+}", {"proxy": "a b"}),
    ],
)
def test_the_most_specific_resource_takes_the_request(
    world: World, verb: str, path: str, resource: str, parameters: Any
) -> None:
    """ "Set up a proxy integration with a proxy resource": a greedy variable takes what no other resource takes."""
    rest = Rest(world, "GET /orders", "GET /orders/{id}", "GET /orders/new", "ANY /{proxy+}")
    event = world.cloud.http.request(verb, rest.url + path).json()
    assert (event["resource"], event["pathParameters"]) == (resource, parameters)


@pytest.mark.parametrize(("verb", "path"), [("POST", "/orders"), ("GET", "/other"), ("GET", "/orders/7/8")])
def test_an_unknown_route_is_a_403_that_speaks_of_a_token(world: World, verb: str, path: str) -> None:
    """ "Gateway response types": MISSING_AUTHENTICATION_TOKEN, also for an unsupported method or resource."""
    response = world.cloud.http.request(verb, Rest(world, "GET /orders", "GET /orders/{id}").url + path)
    assert (response.status, response.json()) == (403, {"message": "Missing Authentication Token"})


def test_an_unknown_stage_is_forbidden(world: World) -> None:
    response = world.cloud.http.get(Rest(world).url.replace("/prod", "/test"))
    assert (response.status, response.json()) == (403, {"message": "Forbidden"})


def test_a_change_is_served_after_the_next_deployment_only(world: World) -> None:
    """ "Set up a deployment for a REST API": every change needs a deployment."""
    rest = Rest(world)
    rest.method("GET /orders")
    assert world.cloud.http.get(f"{rest.url}/orders").status == 403
    rest.deploy()
    assert world.cloud.http.get(f"{rest.url}/orders").status == 200


@pytest.mark.parametrize(
    "answer",
    [
        "ok",
        None,
        {"message": "ok"},
        {"statusCode": 200, "body": {"a": 1}},
        {"statusCode": 200, "body": 7},
        {"statusCode": "fine"},
        {"statusCode": 200, "message": "ok"},
        {"statusCode": 200, "headers": ["a"]},
        {"statusCode": 200, "multiValueHeaders": {"a": "b"}},
    ],
)
def test_a_malformed_answer_is_a_502_although_the_function_succeeded(world: World, answer: object) -> None:
    """ "Output format of a Lambda function for proxy integration"; "Handling Lambda errors with an API Gateway API"."""
    response = world.cloud.http.get(Rest(world, source=returning(answer)).url)
    assert (response.status, response.json()) == (502, ERROR)
    assert len(world.cloud.journal.of("succeeded")) == 1
    assert world.whys("answered")[0].startswith(
        ("the function's answer", "body in", "statusCode in", "headers in", "a ")
    )


def test_a_well_formed_answer_is_passed_on(world: World) -> None:
    """ "Output format of a Lambda function for proxy integration"."""
    answer = {
        "statusCode": "201",
        "headers": {"Location": "/orders/7", "X-N": 1},
        "multiValueHeaders": {"X-Tag": ["a", "b"]},
        "body": "made",
        "isBase64Encoded": False,
    }
    response = world.cloud.http.get(Rest(world, source=returning(answer)).url)
    assert (response.status, response.body) == (201, "made")
    assert response.headers["location"] == "/orders/7"
    assert (response.headers["x-n"], response.headers["x-tag"]) == ("1", "a, b")
    assert response.headers["content-type"] == "application/json"


def test_a_function_error_is_a_502_that_tells_nothing(world: World) -> None:
    """ "Handling Lambda errors with an API Gateway API"."""
    response = world.cloud.http.get(Rest(world, source=raising()).url)
    assert (response.status, response.json()) == (502, ERROR)


def test_an_integration_with_a_weighted_alias_reaches_both_versions(world: World) -> None:
    """ "Implement Lambda canary deployments using a weighted alias"; the permission is the alias's own."""
    told = "{'statusCode': 200, 'body': context.function_version + ' ' + context.invoked_function_arn}"
    rest = Rest(world, source=f"def handler(event, context):\n    return {told}\n", permitted=False)
    world.awslambda.publish_version(FunctionName="issue")
    world.deploy(f"def handler(event, context):\n    return {told}\n# the second\n")
    world.awslambda.publish_version(FunctionName="issue")
    weights = {"AdditionalVersionWeights": {"2": 0.5}}
    world.awslambda.create_alias(FunctionName="issue", Name="live", FunctionVersion="1", RoutingConfig=weights)
    world.awslambda.add_permission(
        FunctionName="issue",
        Qualifier="live",
        StatementId="gateway",
        Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
    )
    rest.method("GET /canary", function=f"{rest.function}:live")
    rest.deploy()
    answers = [world.cloud.http.get(f"{rest.url}/canary").body.split() for _ in range(20)]
    assert {version for version, _ in answers} == {"1", "2"}
    assert all(arn.endswith(":function:issue:live") for _, arn in answers)


def test_a_permission_for_the_function_is_none_for_its_alias(world: World) -> None:
    """ "Viewing resource-based IAM policies in Lambda": a statement is for one ARN, with its qualifier or without."""
    rest = Rest(world)
    world.awslambda.publish_version(FunctionName="issue")
    world.awslambda.create_alias(FunctionName="issue", Name="live", FunctionVersion="1")
    rest.method("GET /live", function=f"{rest.function}:live")
    rest.deploy()
    assert world.cloud.http.get(f"{rest.url}/live").status == 500
    assert [event.place for event in world.cloud.journal.of("denied")] == ["lambda:issue"]


def test_a_throttled_function_is_a_500_and_not_a_429(world: World) -> None:
    """ "Handling Lambda errors with an API Gateway API": what Lambda rejects is a 500."""
    rest = Rest(world)
    world.awslambda.put_function_concurrency(FunctionName="issue", ReservedConcurrentExecutions=0)
    response = world.cloud.http.get(rest.url)
    assert (response.status, response.json()) == (500, ERROR)
    assert [event.kind for event in world.cloud.journal] == ["sent", "throttled", "answered"]


def test_the_gateway_gives_up_after_its_timeout_and_the_function_goes_on(world: World) -> None:
    """ "Amazon API Gateway quotas" (fact ``apigw.rest_timeout``); INTEGRATION_TIMEOUT is a 504."""
    rest = Rest(world, source=slow(45))
    limit = facts["apigw.rest_timeout"].high / 1000
    response = world.cloud.http.get(rest.url)
    assert (response.status, response.json()) == (504, {"message": "Endpoint request timed out"})
    assert world.cloud.clock.now == limit * 1_000_000
    assert not world.cloud.journal.of("succeeded")
    world.cloud.settle()
    assert world.story(response.request_id, "invoked", "answered", "succeeded") == [
        (0.0, "invoked"),
        (limit, "answered"),
        (45.0, "succeeded"),
    ]


def test_a_client_that_tries_again_after_a_504_has_the_work_done_twice(world: World) -> None:
    """The same: nothing tells the function that nobody waits any more."""
    rest = Rest(world, source=slow(40))
    assert [world.cloud.http.get(rest.url).status for _ in range(2)] == [504, 504]
    world.cloud.settle()
    assert len(world.cloud.journal.of("succeeded")) == 2


def test_an_integration_may_have_a_shorter_timeout(world: World) -> None:
    """PutIntegration, timeoutInMillis."""
    rest = Rest(world, source=slow(1))
    rest.method("GET /quick", timeoutInMillis=250)
    rest.deploy()
    assert world.cloud.http.get(f"{rest.url}/quick").status == 504
    assert world.cloud.clock.now == 250_000
    assert world.cloud.http.get(rest.url).status == 200


@pytest.mark.parametrize(
    ("timeout", "types", "accepted"), [(49, "REGIONAL", 0), (60_000, "EDGE", 0), (60_000, "REGIONAL", 1)]
)
def test_only_regional_and_private_apis_wait_longer(world: World, timeout: int, types: str, accepted: int) -> None:
    """PutIntegration, timeoutInMillis; "Amazon API Gateway quotas": raisable for Regional and private APIs."""
    rest = Rest(world, source=slow(45), endpointConfiguration={"types": [types]})
    if not accepted:
        with pytest.raises(ClientError, match="Timeout should be between"):
            rest.method("GET /long", timeoutInMillis=timeout)
        return
    rest.method("GET /long", timeoutInMillis=timeout)
    rest.deploy()
    assert world.cloud.http.get(f"{rest.url}/long").status == 200


def test_without_permission_the_gateway_answers_500_and_the_function_never_runs(world: World) -> None:
    """ "Invoking a Lambda function using an Amazon API Gateway endpoint", permissions."""
    rest = Rest(world, permitted=False)
    response = world.cloud.http.get(rest.url)
    assert (response.status, response.json()) == (500, ERROR)
    assert [event.kind for event in world.cloud.journal] == ["sent", "denied", "answered"]


@pytest.mark.parametrize(
    ("pattern", "status"),
    [
        ("{id}/*/*/*", 200),
        ("{id}/prod/GET/orders", 200),
        ("{id}/*/GET/*", 200),
        ("{id}/*/POST/*", 500),
        ("{id}/test/*/*", 500),
        ("other/*/*/*", 500),
    ],
)
def test_the_source_arn_says_which_method_may_invoke(world: World, pattern: str, status: int) -> None:
    """The same: an API, a stage, a method and a resource."""
    rest = Rest(world, "GET /orders", permitted=False)
    permit(world, f"arn:aws:execute-api:us-east-1:123456789012:{pattern.format(id=rest.id)}")
    assert world.cloud.http.get(f"{rest.url}/orders").status == status


def test_lambda_is_invoked_with_post_whatever_the_method(world: World) -> None:
    """ "Set up Lambda proxy integration": the integration's method must be POST."""
    rest = Rest(world)
    rest.method("GET /wrong", integrationHttpMethod="GET")
    rest.deploy()
    assert world.cloud.http.get(f"{rest.url}/wrong").status == 500


def test_a_function_that_is_gone_is_a_500(world: World) -> None:
    """ "Handling Lambda errors with an API Gateway API"."""
    rest = Rest(world)
    world.awslambda.delete_function(FunctionName="issue")
    assert world.cloud.http.get(rest.url).status == 500


def test_a_body_is_decoded_and_encoded_for_binary_media_types(world: World) -> None:
    """Content-Type going in, Accept coming out.

    Source: "Return binary media from a Lambda proxy integration in API Gateway".
    """
    answer = {"statusCode": 200, "body": base64.b64encode(b"\x00\xff").decode(), "isBase64Encoded": True}
    rest = Rest(world, "POST /", source=returning(answer), binaryMediaTypes=["image/png"])
    assert world.cloud.http.post(rest.url, headers={"Accept": "image/png"}).content == b"\x00\xff"
    assert world.cloud.http.post(rest.url).body == answer["body"]
    changes = [{"op": "add", "path": "/binaryMediaTypes/image~1gif"}]
    changed = rest.gateway.update_rest_api(restApiId=rest.id, patchOperations=changes)
    assert changed["binaryMediaTypes"] == ["image/png", "image/gif"]
    world.deploy(ECHO_1)
    for media_type, encoded in (("image/png", True), ("application/pdf", False)):
        event = world.cloud.http.post(rest.url, body=b"abc", headers={"Content-Type": media_type}).json()
        assert event["isBase64Encoded"] is encoded
        assert event["body"] == (base64.b64encode(b"abc").decode() if encoded else "abc")


def test_a_body_larger_than_the_gateway_takes_is_a_413(world: World) -> None:
    """ "Amazon API Gateway quotas" (fact ``apigw.payload_max``); REQUEST_TOO_LARGE."""
    rest = Rest(world, "POST /", source=returning({"statusCode": 200}))
    too_large = "x" * (facts["apigw.payload_max"].bytes + 1)
    assert world.cloud.http.post(rest.url, body=too_large).status == 413
    assert world.cloud.http.post(rest.url, body="x" * 1000).status == 200


def test_a_method_that_wants_a_signature_or_a_key_refuses_who_has_none(world: World) -> None:
    """ "Gateway response types": MISSING_AUTHENTICATION_TOKEN, INVALID_API_KEY."""
    rest = Rest(world)
    rest.method("GET /signed", authorization="AWS_IAM")
    rest.method("GET /keyed", needs_key=True)
    rest.deploy()
    key = rest.gateway.create_api_key(name="a-client", enabled=True)["value"]
    assert world.cloud.http.get(f"{rest.url}/keyed").json() == {"message": "Forbidden"}
    assert world.cloud.http.get(f"{rest.url}/keyed", headers={"x-api-key": key}).status == 403, "in no usage plan yet"
    assert world.cloud.http.get(f"{rest.url}/signed").status == 403
    assert world.cloud.http.get(f"{rest.url}/signed", headers={"Authorization": "AWS4-HMAC-SHA256 ..."}).status == 200


def test_an_integration_that_the_lab_does_not_have_is_told_in_one_sentence(world: World) -> None:
    rest = Rest(world)
    rest.method("GET /far", type="HTTP_PROXY", uri="https://far.example/")
    rest.deploy()
    with pytest.raises(Exception, match=r"GET /far of shop has an integration of type HTTP_PROXY: .* MOCK\.$"):
        world.cloud.http.get(f"{rest.url}/far")


def test_the_function_of_format_2_does_not_work_behind_a_rest_api(world: World) -> None:
    """A plain return value is fine for a function URL and malformed here."""
    assert world.cloud.http.get(Rest(world, source=ECHO).url).status == 502
