"""API destinations: requests over HTTP to sites that the test opens in the cloud."""

from __future__ import annotations

import base64
import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ParamValidationError
from eventlab import ROLE, Lab, arn_of, client

from waterline.facts import facts
from waterline.web import Request, Response

URL = "https://api.bank.example/transfers"
KEY = {"ApiKeyAuthParameters": {"ApiKeyName": "X-Api-Key", "ApiKeyValue": "secret"}}


class Bank:
    """A site that remembers what it was asked, and answers as it is told."""

    def __init__(self, lab: Lab, *statuses: int | Response, host: str = "api.bank.example", slow: float = 0) -> None:
        self.asked: list[Request] = []
        self.times: list[float] = []
        self._lab = lab
        self._statuses = list(statuses)
        self._slow = slow
        lab.cloud.web.open(host, self._answer)

    def _answer(self, request: Request) -> Response:
        self.asked.append(request)
        self.times.append(self._lab.cloud.clock.now / 1_000_000)
        if self._slow:
            self._lab.cloud.clock.sleep(self._slow)
        status = self._statuses.pop(0) if len(self._statuses) > 1 else (self._statuses or [200])[0]
        return status if isinstance(status, Response) else Response(status)


def connection(kind: str = "API_KEY", parameters: Any = None) -> str:
    answer = client("events").create_connection(Name="bank", AuthorizationType=kind, AuthParameters=parameters or KEY)
    return str(answer["ConnectionArn"])


def destination(parameters: Any = None, kind: str = "API_KEY", url: str = URL, **settings: Any) -> dict[str, Any]:
    """A target, with the connection and the destination behind it."""
    answer = client("events").create_api_destination(
        Name="bank",
        ConnectionArn=connection(kind, parameters),
        InvocationEndpoint=url,
        HttpMethod=settings.pop("HttpMethod", "POST"),
        **settings,
    )
    return {"Arn": answer["ApiDestinationArn"], "RoleArn": ROLE}


def test_an_event_becomes_a_request(lab: Lab) -> None:
    """Source: "API destinations as targets in Amazon EventBridge"."""
    bank = Bank(lab)
    lab.rule(destination() | {"InputPath": "$.detail"})
    lab.put({"amount": 7})
    lab.cloud.settle()
    (request,) = bank.asked
    assert (request.method, request.host, request.path) == ("POST", "api.bank.example", "/transfers")
    assert json.loads(request.body or b"") == {"amount": 7}
    expected = {
        "user-agent": "Amazon/EventBridge/ApiDestinations",
        "content-type": "application/json; charset=utf-8",
        "range": "bytes=0-1048575",
        "accept-encoding": "gzip,deflate",
        "connection": "close",
        "content-length": "12",
        "x-api-key": "secret",
    }
    assert {name: request.header(name) for name in expected} == expected
    assert lab.kinds() == ["sent", "routed", "delivered"]
    assert lab.of("routed")[0].detail["to"] == "http:api.bank.example"


def test_a_connection_may_be_basic(lab: Lab) -> None:
    """Source: "API destinations as targets in Amazon EventBridge"."""
    bank = Bank(lab)
    lab.rule(destination({"BasicAuthParameters": {"Username": "me", "Password": "pass"}}, "BASIC"))
    lab.put()
    lab.cloud.settle()
    assert bank.asked[0].header("authorization") == "Basic " + base64.b64encode(b"me:pass").decode()


OAUTH = {
    "OAuthParameters": {
        "ClientParameters": {"ClientID": "me", "ClientSecret": "s"},
        "AuthorizationEndpoint": "https://login.example/token",
        "HttpMethod": "POST",
        "OAuthHttpParameters": {"BodyParameters": [{"Key": "scope", "Value": "pay"}]},
    }
}


def test_a_token_is_fetched_once_and_again_after_401(lab: Lab) -> None:
    """Source: "API destinations as targets in Amazon EventBridge"."""
    tokens = [Response(200, {}, json.dumps({"access_token": f"t{n}"}).encode()) for n in range(3)]
    login, bank = Bank(lab, *tokens, host="login.example"), Bank(lab, 200, 401, 200)
    lab.rule(destination(OAUTH, "OAUTH_CLIENT_CREDENTIALS"))
    for _ in range(2):
        lab.put()
        lab.cloud.settle()
    assert [request.header("authorization") for request in bank.asked] == ["Bearer t0", "Bearer t0", "Bearer t1"]
    assert login.asked[0].body == b"grant_type=client_credentials&client_id=me&client_secret=s&scope=pay"
    assert len(login.asked) == 2


def test_without_a_token_there_is_no_request(lab: Lab) -> None:
    """Source: "API destinations as targets in Amazon EventBridge"."""
    Bank(lab, 403, host="login.example")
    bank = Bank(lab)
    lab.rule(destination(OAUTH, "OAUTH_CLIENT_CREDENTIALS") | {"DeadLetterConfig": {"Arn": lab.queue("dead")}})
    lab.put()
    lab.cloud.settle()
    assert bank.asked == []
    assert [letter["ERROR_CODE"] for letter in lab.letters()] == ["SDK_CLIENT_ERROR"]


def test_parameters_of_the_connection_and_the_target_go_along(lab: Lab) -> None:
    """Source: "API destinations as targets in Amazon EventBridge"; "Event bus targets in Amazon EventBridge"."""
    bank = Bank(lab)
    also = {
        "HeaderParameters": [{"Key": "X-Shop", "Value": "7"}],
        "QueryStringParameters": [{"Key": "v", "Value": "2"}],
        "BodyParameters": [{"Key": "shop", "Value": "seven"}],
    }
    own = {
        "PathParameterValues": ["$.detail.account"],
        "HeaderParameters": {"X-Kind": "$.detail-type"},
        "QueryStringParameters": {"dry": "yes"},
    }
    target = destination({**KEY, "InvocationHttpParameters": also}, url="https://api.bank.example/a/*/transfers")
    lab.rule(target | {"HttpParameters": own, "InputPath": "$.detail"})
    lab.put({"account": "x/1"})
    lab.cloud.settle()
    (request,) = bank.asked
    assert (request.path, request.query) == ("/a/x%2F1/transfers", "dry=yes&v=2")
    assert (request.header("x-shop"), request.header("x-kind")) == ("7", "Order")
    assert json.loads(request.body or b"") == {"account": "x/1", "shop": "seven"}


@pytest.mark.parametrize("status", [401, 407, 409, 429, 500, 503])
def test_some_statuses_are_tried_again(lab: Lab, status: int) -> None:
    """Source: "API destinations as targets in Amazon EventBridge"."""
    bank = Bank(lab, status, status, 200)
    lab.rule(destination())
    lab.put()
    lab.cloud.settle()
    assert len(bank.asked) == 3
    assert lab.kinds()[-1] == "delivered"


@pytest.mark.parametrize("status", [301, 400, 403, 404, 422])
def test_other_statuses_are_not(lab: Lab, status: int) -> None:
    """Source: "API destinations as targets in Amazon EventBridge"."""
    bank = Bank(lab, status)
    lab.rule(destination() | {"DeadLetterConfig": {"Arn": lab.queue("dead")}})
    lab.put()
    lab.cloud.settle()
    assert len(bank.asked) == 1
    (letter,) = lab.letters()
    assert (letter["ERROR_CODE"], letter["RETRY_ATTEMPTS"]) == ("SDK_CLIENT_ERROR", "0")
    assert letter["ERROR_MESSAGE"] == f"bank answered {status}"


def test_an_answer_after_five_seconds_comes_too_late_and_may_be_done_twice(lab: Lab) -> None:
    """Source: fact ``eventbridge.api_destination_timeout``; "API destinations as targets in Amazon EventBridge"."""
    limit = facts["eventbridge.api_destination_timeout"].seconds
    bank = Bank(lab, slow=limit + 1)
    lab.rule(
        destination() | {"RetryPolicy": {"MaximumRetryAttempts": 1}, "DeadLetterConfig": {"Arn": lab.queue("dead")}}
    )
    lab.put()
    lab.cloud.settle()
    assert len(bank.asked) == 2
    (letter,) = lab.letters()
    assert (letter["ERROR_CODE"], letter["EXHAUSTED_RETRY_CONDITION"]) == ("TIMEOUT", "MaximumRetryAttempts")


def test_an_answer_in_time_is_waited_for(lab: Lab) -> None:
    """Source: fact ``eventbridge.api_destination_timeout``."""
    Bank(lab, slow=facts["eventbridge.api_destination_timeout"].seconds - 1)
    lab.rule(destination())
    lab.put()
    lab.cloud.settle()
    assert [(event.kind, event.seconds) for event in lab.of("delivered")] == [("delivered", 4)]


def test_retry_after_puts_the_next_attempt_off(lab: Lab) -> None:
    """Source: "API destinations as targets in Amazon EventBridge"."""
    bank = Bank(lab, Response(429, {"retry-after": "120"}), 200)
    lab.rule(destination())
    lab.put()
    lab.cloud.settle()
    assert bank.times == [0, 120]


def test_a_negative_retry_after_ends_the_attempts(lab: Lab) -> None:
    """Source: "API destinations as targets in Amazon EventBridge"."""
    bank = Bank(lab, Response(503, {"retry-after": "-1"}), 200)
    lab.rule(destination())
    lab.put()
    lab.cloud.settle()
    assert len(bank.asked) == 1
    assert lab.kinds()[-1] == "dropped"


def test_a_rate_limit_holds_requests_back(lab: Lab) -> None:
    """Source: "API destinations as targets in Amazon EventBridge"; fact ``eventbridge.api_destination_rate_min``."""
    bank = Bank(lab)
    lab.rule(destination(InvocationRateLimitPerSecond=2))
    for _ in range(9):
        lab.put()
    lab.cloud.settle()
    assert len(bank.asked) == 9
    assert max(Counter(int(time) for time in bank.times[2:]).values()) <= 2
    assert 3 <= bank.times[-1] <= 4.5


def test_what_the_rate_leaves_no_turn_goes_to_the_dead_letter_queue(lab: Lab) -> None:
    """Source: "API destinations as targets in Amazon EventBridge"."""
    bank = Bank(lab)
    policy = {"MaximumEventAgeInSeconds": 60}
    target = destination(InvocationRateLimitPerSecond=1)
    lab.rule(target | {"RetryPolicy": policy, "DeadLetterConfig": {"Arn": lab.queue("dead")}})
    for _ in range(100):
        lab.put()
    lab.cloud.settle()
    assert len(bank.asked) == 61
    letters = lab.letters()
    assert len(letters) == 39
    assert {letter["EXHAUSTED_RETRY_CONDITION"] for letter in letters} == {"MaximumEventAgeInSeconds"}


@pytest.mark.parametrize(
    ("broken", "code", "again"),
    [
        (lambda lab: None, "CONNECTION_FAILURE", False),
        (lambda lab: (Bank(lab), lab.cloud.faults.outage("api.bank.example")), "CONNECTION_FAILURE", True),
        (lambda lab: client("events").delete_connection(Name="bank"), "NO_RESOURCE", False),
        (lambda lab: client("events").delete_api_destination(Name="bank"), "NO_RESOURCE", False),
    ],
    ids=["no such host", "refused", "no connection", "no destination"],
)
def test_what_cannot_be_reached(lab: Lab, broken: Callable[[Lab], object], code: str, again: bool) -> None:
    """Source: "Using dead-letter queues to process undelivered events in EventBridge"."""
    policy = {"MaximumRetryAttempts": 2}
    lab.rule(destination() | {"RetryPolicy": policy, "DeadLetterConfig": {"Arn": lab.queue("dead")}})
    broken(lab)
    lab.put()
    lab.cloud.settle()
    (letter,) = lab.letters()
    assert (letter["ERROR_CODE"], letter["RETRY_ATTEMPTS"]) == (code, "2" if again else "0")


API = "a1b2c3.execute-api.us-east-1.amazonaws.com"


def test_an_api_of_api_gateway_is_asked_as_the_arn_says(lab: Lab) -> None:
    """Source: "Event bus targets in Amazon EventBridge"."""
    api = Bank(lab, 503, 200, host=API)
    parameters = {
        "PathParameterValues": ["$.detail.order"],
        "HeaderParameters": {"X-Kind": "$.detail-type"},
        "QueryStringParameters": {"dry": "yes"},
    }
    arn = arn_of("execute-api", "a1b2c3/prod/PUT/orders/*")
    lab.rule({"Arn": arn, "HttpParameters": parameters, "InputPath": "$.detail"})
    lab.put({"order": "o 7"})
    lab.cloud.settle()
    assert [(one.method, one.path, one.query) for one in api.asked] == [("PUT", "/prod/orders/o%207", "dry=yes")] * 2
    assert (api.asked[1].header("x-kind"), api.asked[1].body) == ("Order", b'{"order":"o 7"}')
    assert lab.kinds() == ["sent", "routed", "retried", "delivered"]
    assert lab.of("delivered")[0].detail["to"] == "apigateway:a1b2c3"


@pytest.mark.parametrize(
    ("resource", "code"), [("a1b2c3/prod/PUT", "SDK_CLIENT_ERROR"), ("a1b2c3", "INVALID_PARAMETER")]
)
def test_an_api_that_refuses_is_not_asked_again(lab: Lab, resource: str, code: str) -> None:
    """Source: "Event bus targets in Amazon EventBridge"."""
    Bank(lab, 400, host=API)
    lab.rule({"Arn": arn_of("execute-api", resource), "DeadLetterConfig": {"Arn": lab.queue("dead")}})
    lab.put()
    lab.cloud.settle()
    assert [(letter["ERROR_CODE"], letter["RETRY_ATTEMPTS"]) for letter in lab.letters()] == [(code, "0")]


def test_a_destination_needs_a_rate_of_one_or_more(lab: Lab) -> None:
    """Source: fact ``eventbridge.api_destination_rate_min``."""
    with pytest.raises(ParamValidationError, match="InvocationRateLimitPerSecond"):
        destination(InvocationRateLimitPerSecond=0)
