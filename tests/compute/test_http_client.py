"""``cloud.http``: requests that take virtual time, that can overlap, and whose mistakes are told in one sentence."""

from __future__ import annotations

import threading

import pytest
from frontdoor import ECHO, Web, slow, url
from world import World, opened

from waterline.errors import CloudMisused, LabMistake


def test_a_request_takes_the_time_that_its_answer_takes(world: World) -> None:
    address = url(world, slow(2), timeout=10)
    for seconds in (2, 4):
        assert world.cloud.http.get(address).status == 200
        assert world.cloud.clock.now == seconds * 1_000_000


def test_requests_that_were_put_on_the_clock_overlap(world: World) -> None:
    address = url(world, slow(10), timeout=30)
    pending = [world.cloud.http.later(second, "GET", address) for second in (0, 3, 6)]
    assert world.cloud.clock.now == 0
    assert not any(one.done for one in pending)
    world.cloud.advance(seconds=14)
    assert [one.done for one in pending] == [True, True, False]
    world.cloud.settle()
    assert [one.response.status for one in pending] == [200, 200, 200]
    assert world.story(None, "started", "answered") == [
        *((at, "started") for at in (0.0, 3.0, 6.0)),
        *((at, "answered") for at in (10.0, 13.0, 16.0)),
    ]


def test_an_answer_that_is_asked_for_too_early_is_told_in_one_sentence(world: World) -> None:
    pending = world.cloud.http.later(5, "GET", url(world))
    with pytest.raises(LabMistake, match=r"is not answered yet: let time pass with cloud\.advance or cloud\.settle\.$"):
        _ = pending.response


def test_a_cell_can_wait_while_others_are_under_way(world: World) -> None:
    address = url(world, slow(10), timeout=30)
    early = world.cloud.http.later(1, "GET", address)
    assert world.cloud.http.get(address).status == 200
    assert not early.done
    assert len(world.cloud.journal.of("started")) == 2


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("https://example.com/", "Nothing in this cloud answers at 'example.com'"),
        ("https://abc.lambda-url.us-east-1.on.aws/", "Nothing in this cloud answers at 'abc.lambda-url"),
        ("/orders", "'/orders' is not a whole URL"),
        ("http://abc.lambda-url.us-east-1.on.aws/", "is not a whole URL"),
    ],
)
def test_a_wrong_url_is_told_in_one_sentence(world: World, address: str, said: str) -> None:
    for ask in (world.cloud.http.get, lambda it: world.cloud.http.later(1, "GET", it)):
        with pytest.raises(LabMistake, match=said) as caught:
            ask(address)
        assert str(caught.value).count(". ") == 0
    assert len(world.cloud.journal) == 0


def test_a_wrong_method_is_told_in_one_sentence(world: World) -> None:
    with pytest.raises(LabMistake, match="'FETCH' is no HTTP method"):
        world.cloud.http.request("FETCH", url(world))


def test_a_closed_cloud_answers_nothing() -> None:
    with opened() as world:
        cloud = world.cloud
    with pytest.raises(CloudMisused, match="This cloud is closed, so http has nothing to work on"):
        _ = cloud.http


def test_another_thread_is_refused(world: World) -> None:
    address, errors = url(world), []

    def ask() -> None:
        try:
            world.cloud.http.get(address)
        except CloudMisused as error:
            errors.append(str(error))

    thread = threading.Thread(target=ask)
    thread.start()
    thread.join()
    assert len(errors) == 1
    assert "thread" in errors[0]


def test_parameters_and_headers_are_sent_as_given(world: World) -> None:
    event = world.cloud.http.get(
        f"{url(world)}a?x=1", params={"y": [2, 3], "z": "ä &"}, headers={"user-agent": "mine"}
    ).json()
    assert event["rawQueryString"] == "x=1&y=2&y=3&z=%C3%A4+%26"
    assert event["queryStringParameters"] == {"x": "1", "y": "2,3", "z": "ä &"}
    assert event["requestContext"]["http"]["userAgent"] == "mine"
    assert [event["headers"][name] for name in ("accept", "x-forwarded-proto")] == ["*/*", "https"]


@pytest.mark.parametrize("verb", ["put", "patch", "delete", "post", "get"])
def test_every_method_has_its_word(world: World, verb: str) -> None:
    event = getattr(world.cloud.http, verb)(url(world, ECHO)).json()
    assert event["requestContext"]["http"]["method"] == verb.upper()


def test_two_doors_of_one_function_are_two_places(world: World) -> None:
    web = Web(world)
    world.cloud.http.get(web.url)
    world.awslambda.create_function_url_config(FunctionName="issue", AuthType="NONE")
    address = world.awslambda.get_function_url_config(FunctionName="issue")["FunctionUrl"]
    assert world.cloud.http.get(address).status == 403
    assert [event.place for event in world.cloud.journal.of("answered")] == ["apigateway:web", "url:issue"]


def test_a_response_reads_as_its_status_and_body(world: World) -> None:
    response = world.cloud.http.get(Web(world, "GET /orders").url)
    assert repr(response) == '<404 {"message": "Not Found"}>'
    trace = str(world.cloud.journal.trace(response.request_id))
    assert trace.splitlines()[0].endswith("GET /")
    assert "404: no route takes GET for this path" in trace
