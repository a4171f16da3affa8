"""A function's own URL.

AWS Lambda Developer Guide, "Invoking Lambda function URLs", "Control access to Lambda function URLs", "Creating and
managing Lambda function URLs", "Monitoring Lambda function URLs" (read 2026-11).
"""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from frontdoor import ACCOUNT, ECHO, REGION, permit_url, raising, returning, slow, url
from world import World

from waterline.compute.doors.client import NoSuchAddress
from waterline.services.delivery import NotTaken, Sender, Targets

SIGNATURE = (
    "AWS4-HMAC-SHA256 Credential=testing/20260101/us-east-1/lambda/aws4_request, SignedHeaders=host, Signature=00"
)


def test_a_request_is_an_event_of_format_2_and_the_answer_is_a_response(world: World) -> None:
    """ "Request payload format": every field, and those that the request has not are left out."""
    address = url(world)
    host = address.removeprefix("https://").rstrip("/")
    response = world.cloud.http.get(address)
    assert address.endswith("on.aws/")
    assert response.status == 200
    event = response.json()
    assert {key: event[key] for key in ("version", "routeKey", "rawPath", "rawQueryString", "isBase64Encoded")} == {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": "/",
        "rawQueryString": "",
        "isBase64Encoded": False,
    }
    assert event["requestContext"] == {
        "accountId": "123456789012",
        "apiId": host.partition(".")[0],
        "domainName": host,
        "domainPrefix": host.partition(".")[0],
        "http": {
            "method": "GET",
            "path": "/",
            "protocol": "HTTP/1.1",
            "sourceIp": "127.0.0.1",
            "userAgent": "waterline",
        },
        "requestId": response.request_id,
        "routeKey": "$default",
        "stage": "$default",
        "time": "01/Jan/2026:00:00:00 +0000",
        "timeEpoch": 1767225600000,
    }
    assert not {"body", "cookies", "queryStringParameters", "pathParameters", "stageVariables"} & event.keys()


def test_headers_parameters_and_cookies_that_come_twice_are_joined_with_commas(world: World) -> None:
    """ "Invoking Lambda function URLs": format 2.0 has no multi-value fields, and cookies have one of their own."""
    address = url(world)
    headers = [("X-Tag", "a"), ("x-tag", "b"), ("Cookie", "one=1; two=2")]
    event = world.cloud.http.get(f"{address}tickets/7?seat=1&seat=2&name=a%20b", headers=headers).json()
    assert event["rawPath"] == "/tickets/7"
    assert event["rawQueryString"] == "seat=1&seat=2&name=a%20b"
    assert event["queryStringParameters"] == {"seat": "1,2", "name": "a b"}
    assert event["headers"]["x-tag"] == "a,b"
    assert event["cookies"] == ["one=1", "two=2"]
    assert "cookie" not in event["headers"]


@pytest.mark.parametrize(
    ("content", "body", "encoded"),
    [
        ({"json": {"seat": 1}}, '{"seat": 1}', False),
        ({"body": "å"}, "å", False),
        ({"body": b"\x00\xff"}, base64.b64encode(b"\x00\xff").decode(), True),
        ({"body": "<a/>", "headers": {"content-type": "application/xml; charset=utf-8"}}, "<a/>", False),
        (
            {"body": "a=1", "headers": {"Content-Type": "application/x-www-form-urlencoded"}},
            base64.b64encode(b"a=1").decode(),
            True,
        ),
    ],
    ids=["json", "text", "bytes", "xml", "form"],
)
def test_a_body_that_is_no_text_comes_in_base64(world: World, content: Any, body: str, encoded: bool) -> None:
    """ "Request payload format", body and isBase64Encoded."""
    event = world.cloud.http.post(url(world), **content).json()
    assert (event["body"], event["isBase64Encoded"]) == (body, encoded)


@pytest.mark.parametrize(
    ("answer", "status", "content_type", "body"),
    [
        ("Hello", 200, "application/json", '"Hello"'),
        ({"message": "Hello"}, 200, "application/json", '{"message": "Hello"}'),
        ([1, 2], 200, "application/json", "[1, 2]"),
        (None, 200, "application/json", "null"),
        ({"statusCode": 201, "body": "made"}, 201, "application/json", "made"),
        ({"statusCode": 200, "body": {"a": 1}}, 200, "application/json", '{"a": 1}'),
        ({"statusCode": 418, "headers": {"Content-Type": "text/plain"}, "body": "tea"}, 418, "text/plain", "tea"),
        ({"statusCode": 200, "body": base64.b64encode(b"raw").decode(), "isBase64Encoded": True}, 200, None, "raw"),
        ({"statusCode": 204}, 204, None, ""),
    ],
)
def test_an_answer_becomes_a_response(
    world: World, answer: object, status: int, content_type: str | None, body: str
) -> None:
    """ "Response payload format": without statusCode the answer itself is the body of a 200 in JSON."""
    response = world.cloud.http.get(url(world, returning(answer)))
    assert (response.status, response.body) == (status, body)
    if content_type is not None:
        assert response.headers["content-type"] == content_type


def test_cookies_are_returned_as_cookies(world: World) -> None:
    """ "Cookies"."""
    response = world.cloud.http.get(url(world, returning({"statusCode": 200, "cookies": ["a=1; Max-Age=9", "b=2"]})))
    assert response.cookies == ("a=1; Max-Age=9", "b=2")


@pytest.mark.parametrize(
    ("permissions", "status"),
    [((), 403), (("url",), 403), (("via-url",), 403), (("url", "via-url"), 200)],
    ids=["none", "only InvokeFunctionUrl", "only InvokeFunction", "both"],
)
def test_a_public_url_needs_two_permissions(world: World, permissions: tuple[str, ...], status: int) -> None:
    """ "Control access to Lambda function URLs": both, since October 2025; without them 403, whatever the AuthType."""
    address = url(world)
    for name in {"url", "via-url"} - set(permissions):
        world.awslambda.remove_permission(FunctionName="issue", StatementId=name)
    response = world.cloud.http.get(address)
    assert response.status == status
    if status == 403:
        assert response.json() == {"Message": "Forbidden"}
        assert [event.kind for event in world.cloud.journal] == ["sent", "denied", "answered"]


def test_a_permission_for_the_other_auth_type_does_not_count(world: World) -> None:
    """ "Condition keys": lambda:FunctionUrlAuthType."""
    address = url(world)
    world.awslambda.remove_permission(FunctionName="issue", StatementId="url")
    world.awslambda.add_permission(
        FunctionName="issue",
        StatementId="url",
        Action="lambda:InvokeFunctionUrl",
        Principal="*",
        FunctionUrlAuthType="AWS_IAM",
    )
    assert world.cloud.http.get(address).status == 403


def test_the_policy_says_for_which_urls_its_statements_hold(world: World) -> None:
    """ "Control access to Lambda function URLs": the conditions of a public URL's two statements."""
    url(world)
    statements = json.loads(world.awslambda.get_policy(FunctionName="issue")["Policy"])["Statement"]
    assert [statement["Condition"] for statement in statements] == [
        {"StringEquals": {"lambda:FunctionUrlAuthType": "NONE"}},
        {"Bool": {"lambda:InvokedViaFunctionUrl": "true"}},
    ]


def test_a_permission_to_invoke_by_url_lets_no_other_service_in(world: World) -> None:
    """ "Control access to Lambda function URLs": lambda:InvokedViaFunctionUrl restricts the action to the URL."""
    url(world)
    arn = world.awslambda.get_function(FunctionName="issue")["Configuration"]["FunctionArn"]
    topic = Sender("sns.amazonaws.com", f"arn:aws:sns:{REGION}:{ACCOUNT}:orders", ACCOUNT)
    with pytest.raises(NotTaken, match="InvokedViaFunctionUrl is not known of the request"):
        Targets(world.cloud._ground).event(topic, arn, "{}")


def test_a_url_of_auth_type_aws_iam_wants_a_signature(world: World) -> None:
    """ "Function URL invocation basics"."""
    address = url(world, auth="AWS_IAM", permitted=False)
    assert world.cloud.http.get(address).status == 403
    assert world.whys("answered") == ["the URL's AuthType is AWS_IAM, and the request is not signed"]
    assert not world.cloud.journal.of("invoked")
    event = world.cloud.http.get(address, headers={"Authorization": SIGNATURE}).json()
    assert event["requestContext"]["authorizer"]["iam"]["accessKey"] == "testing"


def test_a_function_error_is_a_502_that_tells_nothing(world: World) -> None:
    """ "Monitoring Lambda function URLs": 5XX for function errors; awsdocs/aws-lambda-developer-guide, issue 430."""
    response = world.cloud.http.get(url(world, raising()))
    assert (response.status, response.body) == (502, "Internal Server Error")


@pytest.mark.parametrize("answer", [{"statusCode": "ok"}, {"statusCode": 200, "headers": []}, {"statusCode": True}])
def test_a_malformed_answer_is_a_502(world: World, answer: object) -> None:
    """awsdocs/aws-lambda-developer-guide, issue 430."""
    assert world.cloud.http.get(url(world, returning(answer))).status == 502
    assert len(world.cloud.journal.of("succeeded")) == 1


def test_a_url_waits_as_long_as_the_function_may_run(world: World) -> None:
    """ "Select a method to invoke your Lambda function using an HTTP request": no integration timeout."""
    response = world.cloud.http.get(url(world, slow(600), timeout=900))
    assert (response.status, world.cloud.clock.now) == (200, 600_000_000)


def test_a_function_that_times_out_is_a_502(world: World) -> None:
    """ "Monitoring Lambda function URLs": 5XX for timeouts."""
    response = world.cloud.http.get(url(world, slow(600), timeout=5))
    assert (response.status, world.cloud.clock.now) == (502, 5_000_000)


def test_reserved_concurrency_is_the_throttle_of_a_url_and_zero_closes_it(world: World) -> None:
    """ "Creating and managing Lambda function URLs", throttling: 429 beyond the reserved concurrency."""
    address = url(world, slow(10), timeout=60)
    world.awslambda.put_function_concurrency(FunctionName="issue", ReservedConcurrentExecutions=2)
    three = [world.cloud.http.later(delay, "GET", address) for delay in (0, 1, 2)]
    world.cloud.settle()
    assert [one.response.status for one in three] == [200, 200, 429]
    world.awslambda.put_function_concurrency(FunctionName="issue", ReservedConcurrentExecutions=0)
    assert world.cloud.http.get(address).status == 429


def test_requests_at_a_door_count_for_the_rate_of_requests(world: World) -> None:
    """ "Creating and managing Lambda function URLs", throttling: ten times the reserved concurrency in a second."""
    address = url(world, returning("ok"))
    world.awslambda.put_function_concurrency(FunctionName="issue", ReservedConcurrentExecutions=1)
    assert [world.cloud.http.get(address).status for _ in range(11)] == [200] * 10 + [429]


def test_an_outage_of_the_function_is_an_answer_of_the_door(world: World) -> None:
    address = url(world, returning("ok"))
    world.cloud.faults.outage("issue")
    response = world.cloud.http.get(address)
    assert response.status == 502
    told = [(event.kind, event.detail.get("fault")) for event in world.cloud.journal.of(message=response.request_id)]
    assert told == [("sent", None), ("refused", "outage"), ("answered", None)]


def test_a_body_larger_than_a_function_takes_is_a_413(world: World) -> None:
    """Lambda quotas, invocation payload (fact ``lambda.payload_sync_max``)."""
    address = url(world, returning("ok"))
    assert world.cloud.http.post(address, body="x" * 6_000_000).status == 200
    assert world.cloud.http.post(address, body="x" * 6_400_000).status == 413
    assert len(world.cloud.journal.of("invoked")) == 1


def test_the_request_is_one_message_from_the_door_to_the_answer(world: World) -> None:
    address = url(world, slow(2))
    response = world.cloud.http.get(address)
    assert response.headers["x-amzn-requestid"] == response.request_id
    trace = world.cloud.journal.trace(response.request_id)
    assert [(event.seconds, event.kind, event.place) for event in trace] == [
        (0.0, "sent", "url:issue"),
        (0.0, "started", "lambda:issue"),
        (0.0, "invoked", "lambda:issue"),
        (2.0, "succeeded", "lambda:issue"),
        (2.0, "answered", "url:issue"),
    ]
    assert trace[-1].detail["status"] == 200
    assert f"RequestId: {response.request_id}" in world.cloud.logs("issue")


def test_what_the_function_sends_comes_from_the_request(world: World) -> None:
    queue = world.queue()
    source = (
        "import boto3\n\ndef handler(event, context):\n"
        f"    boto3.client('sqs').send_message(QueueUrl={queue!r}, MessageBody='paid')\n"
    )
    response = world.cloud.http.get(url(world, source))
    [message] = world.cloud.journal.children(response.request_id)
    assert world.cloud.journal.of("sent", "sqs:tickets", message)


def test_a_deleted_url_is_gone(world: World) -> None:
    address = url(world, ECHO)
    world.awslambda.delete_function_url_config(FunctionName="issue")
    with pytest.raises(LookupError, match="Nothing in this cloud answers at"):
        world.cloud.http.get(address)


def test_the_same_seed_gives_the_same_url_and_the_same_journal() -> None:
    from world import opened

    def run() -> tuple[str, str]:
        with opened(3) as world:
            address = url(world)
            world.cloud.http.post(address, json=json.loads("{}"))
            return address, world.cloud.journal.digest()

    assert run() == run()


def with_alias(world: World) -> str:
    """A function with a URL of its own and one of its alias ``live``, which names version 1; returns the latter."""
    answer = "{'statusCode': 200, 'body': 'version ' + context.function_version}"
    url(world, f"def handler(event, context):\n    return {answer}\n")
    world.awslambda.publish_version(FunctionName="issue")
    world.awslambda.create_alias(FunctionName="issue", Name="live", FunctionVersion="1")
    answer = world.awslambda.create_function_url_config(FunctionName="issue", Qualifier="live", AuthType="NONE")
    return str(answer["FunctionUrl"])


def test_the_url_of_an_alias_reaches_what_the_alias_names(world: World) -> None:
    """ "Creating and managing Lambda function URLs": a URL is for an alias or for the unpublished version.

    Its permissions are for the alias's ARN: "Control access to Lambda function URLs".
    """
    address = with_alias(world)
    assert world.cloud.http.get(address).status == 403
    permit_url(world, Qualifier="live")
    assert world.cloud.http.get(address).body == "version 1"
    own = world.awslambda.get_function_url_config(FunctionName="issue")["FunctionUrl"]
    assert world.cloud.http.get(own).body == "version $LATEST"


def test_each_alias_has_one_url_and_a_version_has_none(world: World) -> None:
    """CreateFunctionUrlConfig: ResourceConflictException; the qualifier is the alias name."""
    with_alias(world)
    answer = world.awslambda.get_function_url_config(FunctionName="issue", Qualifier="live")
    assert answer["FunctionArn"].endswith(":function:issue:live")
    for qualifier, error in (("live", "FunctionUrlConfig exists"), ("1", "ValidationException")):
        with pytest.raises(ClientError, match=error):
            world.awslambda.create_function_url_config(FunctionName="issue", Qualifier=qualifier, AuthType="NONE")


def test_the_url_of_an_alias_ends_with_the_alias(world: World) -> None:
    address = with_alias(world)
    world.awslambda.delete_alias(FunctionName="issue", Name="live")
    with pytest.raises(NoSuchAddress):
        world.cloud.http.get(address)
    assert world.awslambda.get_function_url_config(FunctionName="issue")["AuthType"] == "NONE"
