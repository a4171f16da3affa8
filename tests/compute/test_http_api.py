"""HTTP APIs of API Gateway in front of a function.

API Gateway Developer Guide, "Create AWS Lambda proxy integrations for HTTP APIs", "Create routes for HTTP APIs in API
Gateway", "Troubleshooting issues with HTTP API Lambda integrations", "Amazon API Gateway quotas" (read 2026-11).
"""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError
from frontdoor import ECHO_1, Web, permit, raising, returning, slow
from world import World

from waterline.facts import facts

ERROR = {"message": "Internal Server Error"}


def test_a_request_is_an_event_of_format_2(world: World) -> None:
    """ "Create AWS Lambda proxy integrations for HTTP APIs", payload format version."""
    web = Web(world, "POST /orders/{id}", variables={"color": "blue"})
    response = world.cloud.http.post(f"{web.url}/orders/7?seat=1&seat=2", json={"n": 1})
    event = response.json()
    assert event["version"] == "2.0"
    assert event["routeKey"] == event["requestContext"]["routeKey"] == "POST /orders/{id}"
    assert event["rawPath"] == "/orders/7"
    assert event["queryStringParameters"] == {"seat": "1,2"}
    assert event["pathParameters"] == {"id": "7"}
    assert event["stageVariables"] == {"color": "blue"}
    assert event["body"] == '{"n": 1}'
    assert event["requestContext"]["requestId"] == response.request_id == response.headers["apigw-requestid"]
    assert event["requestContext"]["stage"] == "$default"


def test_an_integration_of_format_1_gets_the_older_event(world: World) -> None:
    """ "Create AWS Lambda proxy integrations for HTTP APIs", payload format version 1.0."""
    web = Web(world, "GET /orders/{id}", source=ECHO_1, PayloadFormatVersion="1.0")
    event = world.cloud.http.get(f"{web.url}/orders/7?seat=1&seat=2").json()
    assert (event["version"], event["resource"], event["httpMethod"]) == ("1.0", "/orders/{id}", "GET")
    assert event["multiValueQueryStringParameters"] == {"seat": ["1", "2"]}
    world.deploy(returning("ok"))
    assert world.cloud.http.get(f"{web.url}/orders/7").status == 500


@pytest.mark.parametrize(
    ("answer", "status", "content_type", "body"),
    [
        ("Hello", 200, "application/json", "Hello"),
        ({"message": "Hello"}, 200, "application/json", '{"message": "Hello"}'),
        ({"statusCode": 201, "body": "made"}, 201, "text/plain; charset=utf-8", "made"),
        ({"statusCode": 200, "body": {"a": 1}}, 500, "application/json", '{"message": "Internal Server Error"}'),
    ],
)
def test_an_answer_becomes_a_response(world: World, answer: object, status: int, content_type: str, body: str) -> None:
    """ "Lambda function response for format 2.0"."""
    response = world.cloud.http.get(Web(world, source=returning(answer)).url)
    assert (response.status, response.headers["content-type"], response.body) == (status, content_type, body)


@pytest.mark.parametrize(
    ("verb", "path", "route"),
    [
        ("GET", "/orders/7", "GET /orders/{id}"),
        ("GET", "/orders/new", "ANY /orders/new"),
        ("PUT", "/orders/7", "ANY /orders/{proxy+}"),
        ("GET", "/orders/7/8", "ANY /orders/{proxy+}"),
        ("GET", "/", "$default"),
        ("PATCH", "/what/ever", "$default"),
    ],
)
def test_the_most_specific_route_takes_the_request(world: World, verb: str, path: str, route: str) -> None:
    """ "Routing API requests": full match, then greedy variables, then $default."""
    web = Web(world, "$default", "ANY /orders/{proxy+}", "GET /orders/{id}", "ANY /orders/new")
    assert world.cloud.http.request(verb, web.url + path).json()["routeKey"] == route


def test_a_path_without_a_route_is_not_found(world: World) -> None:
    """ "Routing API requests": without a route that fits, 404."""
    response = world.cloud.http.get(Web(world, "GET /orders").url)
    assert (response.status, response.json()) == (404, {"message": "Not Found"})


def test_a_named_stage_is_the_first_part_of_the_path(world: World) -> None:
    """ "Stages for HTTP APIs in API Gateway"; rawPath holds the stage."""
    web = Web(world, "GET /orders", stage="test")
    event = world.cloud.http.get(f"{web.url}/test/orders").json()
    assert (event["rawPath"], event["requestContext"]["stage"]) == ("/test/orders", "test")
    assert world.cloud.http.get(f"{web.url}/orders").status == 404


def test_a_change_is_served_at_once(world: World) -> None:
    """ "Stages for HTTP APIs in API Gateway": automatic deployments."""
    web = Web(world, "GET /orders")
    web.gateway.create_route(ApiId=web.id, RouteKey="GET /seats", Target=f"integrations/{web.integration}")
    assert world.cloud.http.get(f"{web.url}/seats").status == 200


def test_the_gateway_gives_up_after_its_timeout_with_a_503(world: World) -> None:
    """ "Amazon API Gateway quotas" (fact ``apigw.http_timeout``); the status: cortexlabs/cortex, issue 1226."""
    response = world.cloud.http.get(Web(world, source=slow(45)).url)
    assert (response.status, response.json()) == (503, {"message": "Service Unavailable"})
    assert world.cloud.clock.now == facts["apigw.http_timeout"].high * 1000
    world.cloud.settle()
    assert [event.seconds for event in world.cloud.journal.of("succeeded")] == [45.0]


def test_an_integration_may_have_a_shorter_timeout_but_not_a_longer_one(world: World) -> None:
    """CreateIntegration, TimeoutInMillis."""
    web = Web(world, source=slow(1), TimeoutInMillis=200)
    assert world.cloud.http.get(web.url).status == 503
    assert world.cloud.clock.now == 200_000
    with pytest.raises(ClientError, match="Timeout should be between"):
        web.gateway.update_integration(ApiId=web.id, IntegrationId=web.integration, TimeoutInMillis=45_000)


def _unpermitted(world: World) -> Web:
    return Web(world, permitted=False)


def _throttled(world: World) -> Web:
    web = Web(world)
    world.awslambda.put_function_concurrency(FunctionName="issue", ReservedConcurrentExecutions=0)
    return web


def _failing(world: World) -> Web:
    return Web(world, source=raising())


@pytest.mark.parametrize(("make", "kind"), [(_unpermitted, "denied"), (_throttled, "throttled"), (_failing, "failed")])
def test_every_other_trouble_with_the_function_is_a_500(world: World, make: Any, kind: str) -> None:
    """ "Troubleshooting issues with HTTP API Lambda integrations"."""
    response = world.cloud.http.get(make(world).url)
    assert (response.status, response.json()) == (500, ERROR)
    assert len(world.cloud.journal.of(kind, "lambda:issue")) == 1


def test_the_source_arn_of_the_default_route_has_two_dollar_signs(world: World) -> None:
    """The same page: ``api-id/$default/$default``."""
    web = Web(world, permitted=False)
    permit(world, f"arn:aws:execute-api:us-east-1:123456789012:{web.id}/$default/$default")
    assert world.cloud.http.get(web.url).status == 200


def test_a_body_larger_than_the_gateway_takes_is_a_413(world: World) -> None:
    """ "Amazon API Gateway quotas" (fact ``apigw.payload_max``)."""
    web = Web(world, source=returning("ok"))
    assert world.cloud.http.post(web.url, body="x" * (facts["apigw.payload_max"].bytes + 1)).status == 413
    assert not world.cloud.journal.of("invoked")


def test_a_route_with_an_authorizer_lets_nobody_in(world: World) -> None:
    """The lab has no authorizers; a door that cannot check must stay shut."""
    web = Web(world, "GET /open")
    web.gateway.create_route(
        ApiId=web.id, RouteKey="GET /shut", AuthorizationType="JWT", Target=f"integrations/{web.integration}"
    )
    assert world.cloud.http.get(f"{web.url}/shut").status == 401
    assert world.cloud.http.get(f"{web.url}/open").status == 200
