"""Hosts that answer inside the cloud: what a client of Python sees, and what the journal says."""

from __future__ import annotations

import http.client
import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from types import MappingProxyType
from typing import Any

import boto3
import pytest
import requests
import urllib3

from waterline import Cloud
from waterline.errors import LabMistake
from waterline.guard import OutsideTheLab
from waterline.journal import Event
from waterline.services.delivery import NotTaken, Sender, Targets
from waterline.web import Request, Response

HOST = "api.bank.example"
URL = f"https://{HOST}/charges?dry=no"
SENDER = Sender("sns.amazonaws.com", "arn:aws:sns:us-east-1:123456789012:orders", "123456789012")


def echo(request: Request) -> Response:
    said = {"method": request.method, "path": request.path, "query": request.query, "host": request.header("host")}
    body = None if request.body is None else request.body.decode()
    kind = MappingProxyType({"content-type": "application/json"})
    return Response(201, kind, json.dumps({**said, "body": body}).encode(), ("a=1", "b=2"))


def by_urllib(url: str, body: bytes | None) -> tuple[int, bytes, list[str]]:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body), timeout=3) as answer:
            return answer.status, answer.read(), answer.headers.get_all("set-cookie", [])
    except urllib.error.HTTPError as error:
        return error.code, error.read(), []


def by_http_client(url: str, body: bytes | None) -> tuple[int, bytes, list[str]]:
    connection = http.client.HTTPSConnection(HOST, timeout=3)
    connection.request("GET" if body is None else "POST", url.partition(HOST)[2], body)
    answer = connection.getresponse()
    return answer.status, answer.read(), answer.headers.get_all("set-cookie", [])


def by_urllib3(url: str, body: bytes | None) -> tuple[int, bytes, list[str]]:
    pool = urllib3.PoolManager(retries=False, timeout=3)
    answer = pool.request("GET" if body is None else "POST", url, body=body)
    return answer.status, answer.data, answer.headers.getlist("set-cookie")


def by_requests(url: str, body: bytes | None) -> tuple[int, bytes, list[str]]:
    answer = requests.request("GET" if body is None else "POST", url, data=body, timeout=3)
    return answer.status_code, answer.content, [f"{name}={value}" for name, value in answer.cookies.items()]


CLIENTS: list[Callable[[str, bytes | None], tuple[int, bytes, list[str]]]] = [
    by_urllib,
    by_http_client,
    by_urllib3,
    by_requests,
]


def story(cloud: Cloud) -> list[tuple[float, str]]:
    return [(event.seconds, event.kind) for event in cloud.journal if event.place == f"http:{HOST}"]


@pytest.mark.parametrize("ask", CLIENTS)
@pytest.mark.parametrize("body", [None, b"", b"ten euros"])
@pytest.mark.filterwarnings("error")
def test_a_client_of_python_reaches_a_site_as_it_reaches_a_server(cloud: Cloud, ask: Any, body: bytes | None) -> None:
    cloud.web.open(HOST, echo)
    status, content, cookies = ask(URL, body)
    assert (status, cookies) == (201, ["a=1", "b=2"])
    said = json.loads(content)
    assert said["body"] == (None if body is None else body.decode())
    assert (said["path"], said["query"], said["host"]) == ("/charges", "dry=no", HOST)


@pytest.mark.parametrize("ask", CLIENTS)
def test_a_client_waits_on_the_clock_and_gives_up_at_its_timeout_but_the_site_goes_on(cloud: Cloud, ask: Any) -> None:
    def slow(request: Request) -> Response:
        time.sleep(10)
        return Response(200)

    cloud.web.open(HOST, slow)
    with pytest.raises((OSError, urllib3.exceptions.TimeoutError), match=r"timed out"):
        ask(URL, b"x")
    assert cloud.clock.now == 3_000_000
    cloud.settle()
    assert story(cloud) == [(0.0, "requested"), (10.0, "written"), (10.0, "answered")]
    [answered] = cloud.journal.of("answered")
    assert answered.detail["why"] == "the client had stopped waiting"


@pytest.mark.parametrize("ask", CLIENTS)
def test_an_outage_refuses_connections_and_ends(cloud: Cloud, ask: Any) -> None:
    cloud.web.open(HOST, echo, name="bank")
    cloud.faults.outage("bank", end=60)
    with pytest.raises((OSError, urllib3.exceptions.HTTPError), match="Connection refused"):
        ask(URL, b"x")
    assert story(cloud) == [(0.0, "refused")]
    cloud.advance(seconds=60)
    assert ask(URL, b"x")[0] == 201


@pytest.mark.parametrize("ask", CLIENTS)
def test_errors_and_throttles_are_answers(cloud: Cloud, ask: Any) -> None:
    cloud.web.open(HOST, echo, name="bank")
    error = cloud.faults.errors("bank", when="euros")
    assert [ask(URL, b"ten euros")[0], ask(URL, b"a yen")[0]] == [500, 201]
    error.stop()
    throttle = cloud.faults.throttles("bank")
    assert ask(URL, b"x")[0] == 429
    throttle.stop()
    cloud.faults.slow("bank", seconds=2)
    assert ask(URL, b"x")[0] == 201
    assert cloud.clock.now == 2_000_000
    kinds = [kind for _, kind in story(cloud)]
    assert [kinds.count(kind) for kind in ("refused", "throttled", "slowed", "written")] == [1, 1, 1, 2]


def test_a_throttled_client_is_told_when_to_come_back(cloud: Cloud) -> None:
    cloud.web.open(HOST, echo)
    cloud.faults.throttles(HOST)
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(URL, b"x")
    assert (refused.value.code, refused.value.headers["retry-after"]) == (429, "1")


def test_an_error_after_the_work_leaves_its_effect(cloud: Cloud) -> None:
    cloud.web.open(HOST, echo)
    cloud.faults.errors(HOST, after_work=True)
    assert by_urllib(URL, b"x")[0] == 500
    assert [kind for _, kind in story(cloud)] == ["requested", "written", "refused", "answered"]


def test_reading_writes_nothing(cloud: Cloud) -> None:
    cloud.web.open(HOST, echo)
    assert by_urllib(URL, None)[0] == 201
    assert [kind for _, kind in story(cloud)] == ["requested", "answered"]


def test_a_body_in_chunks_arrives_whole(cloud: Cloud) -> None:
    cloud.web.open(HOST, echo)
    connection = http.client.HTTPConnection(HOST)
    connection.request("PUT", "/x", iter([b"ten ", b"euros"]), encode_chunked=True)
    assert json.loads(connection.getresponse().read())["body"] == "ten euros"


def test_a_client_that_tries_again_reaches_the_site_again(cloud: Cloud) -> None:
    answers = iter([503, 503, 200])
    cloud.web.open(HOST, lambda request: Response(next(answers)))
    retries = urllib3.Retry(total=3, status_forcelist=[503], backoff_factor=0.5, allowed_methods=None)
    assert urllib3.PoolManager(retries=retries).request("POST", URL).status == 200
    assert [event.detail["status"] for event in cloud.journal.of("answered")] == [503, 503, 200]
    assert cloud.clock.now == 1_000_000


def test_a_handler_reaches_a_site_and_its_order_can_be_followed_there(cloud: Cloud) -> None:
    cloud.web.open(HOST, echo)
    source = f"""
import json
import urllib.request

def handler(event, context):
    request = urllib.request.Request({URL!r}, json.dumps(event).encode(), method="POST")
    return json.loads(urllib.request.urlopen(request).read())
"""
    cloud.deploy("charge", source)
    answer = boto3.client("lambda").invoke(FunctionName="charge", Payload=b'{"order": 1}')
    assert json.loads(json.loads(answer["Payload"].read())["body"]) == {"order": 1}
    [invoked] = cloud.journal.of("invoked")
    assert invoked.message is not None
    assert "written" in [event.kind for event in events(cloud, invoked.message)]


def events(cloud: Cloud, message: str) -> list[Event]:
    return [event for event in cloud.journal if event.message in {message, *cloud.journal.children(message)}]


def test_a_host_that_nobody_opened_stays_outside(cloud: Cloud) -> None:
    cloud.web.open(HOST, echo)
    with pytest.raises(OutsideTheLab):
        urllib.request.urlopen("https://api.other.example/")
    cloud.web.close(HOST)
    with pytest.raises(OutsideTheLab):
        urllib.request.urlopen(URL)


def test_after_the_cloud_nothing_is_reached() -> None:
    with Cloud(seed=1) as cloud:
        cloud.web.open(HOST, echo)
    with pytest.raises(OutsideTheLab):
        urllib.request.urlopen(URL)


def test_two_sites_cannot_share_a_host_or_a_name(cloud: Cloud) -> None:
    cloud.web.open(HOST, echo, name="bank")
    for host, name in ((HOST.upper(), "other"), ("api.other.example", "bank")):
        with pytest.raises(LabMistake, match="already"):
            cloud.web.open(host, echo, name=name)


def test_a_site_whose_code_raises_answers_500_and_tells_the_cell(cloud: Cloud) -> None:
    def broken(request: Request) -> Response:
        raise KeyError("amount")

    cloud.web.open(HOST, broken)
    with pytest.raises(LabMistake, match=r"answers at api\.bank\.example raised KeyError: 'amount', for POST /charges"):
        by_urllib(URL, b"x")


# -- a service that delivers -------------------------------------------------------------------------------------------


def delivered(cloud: Cloud, url: str, timeout: int | None = None) -> list[Response | NotTaken]:
    """What a delivery in a task of its own came to."""
    ends: list[Response | NotTaken] = []

    def deliver() -> None:
        try:
            ends.append(Targets(cloud._ground).http(SENDER, "POST", url, {"x": "1"}, b"hello", timeout=timeout))
        except NotTaken as trouble:
            ends.append(trouble)

    cloud.clock.spawn("delivery", deliver, cause=("m-1",))
    cloud.settle()
    return ends


def test_a_service_gets_the_status_to_judge(cloud: Cloud) -> None:
    cloud.web.open(HOST, lambda request: Response(404, content=request.body or b""))
    [response] = delivered(cloud, URL)
    assert isinstance(response, Response)
    assert (response.status, response.body) == (404, "hello")
    [requested] = cloud.journal.of("requested")
    assert (requested.parents, requested.detail["by"], requested.detail["body"]) == (("m-1",), SENDER.arn, "hello")


def test_a_service_hears_why_no_answer_came(cloud: Cloud) -> None:
    def slow(request: Request) -> Response:
        time.sleep(20)
        return Response(200)

    cloud.web.open(HOST, slow, name="slow")
    cloud.web.open("down.example", echo, name="down")
    cloud.faults.outage("down")
    troubles = [
        *delivered(cloud, URL, 15_000_000),
        *delivered(cloud, "http://down.example"),
        *delivered(cloud, "http://no.example"),
    ]
    assert [(one.code, one.retryable) for one in troubles if isinstance(one, NotTaken)] == [
        ("Timeout", True),
        ("ConnectionRefused", True),
        ("UnknownHost", True),
    ]


def test_the_same_seed_tells_the_same_story() -> None:
    def told() -> str:
        with Cloud(seed=3) as cloud:
            cloud.web.open(HOST, echo, name="bank")
            cloud.faults.errors("bank", rate=0.5)
            for _ in range(20):
                by_urllib(URL, b"x")
            return cloud.journal.digest()

    assert told() == told()
