"""Somebody else's API: how long it takes, how much it takes, and how it fails."""

from __future__ import annotations

import json
import statistics
import urllib.error
import urllib.request
from collections import Counter
from typing import Any

import boto3
import pytest

from waterline import Cloud
from waterline.errors import LabMistake
from waterline.invariants import no_effect_twice
from waterline.web import Request, Response

CHARGE = """
import json
import os
import urllib.request

def handler(event, context):
    for record in event["Records"]:
        request = urllib.request.Request(os.environ["BANK"] + "/charges", record["body"].encode(), method="POST")
        urllib.request.urlopen(request, timeout=float(os.environ.get("PATIENCE", "30"))).read()
"""


def ask(url: str, body: str | None = "x") -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url, None if body is None else body.encode()) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.headers.get("retry-after", "")


def consumer(cloud: Cloud, bank: str, **options: Any) -> str:
    """A queue whose messages a function charges; the queue's URL."""
    url = str(boto3.client("sqs").create_queue(QueueName="orders", Attributes={"VisibilityTimeout": "60"})["QueueUrl"])
    variables = {"BANK": bank, **options.pop("environment", {})}
    cloud.deploy("charge", CHARGE, timeout=30, environment=variables)
    boto3.client("lambda").create_event_source_mapping(
        EventSourceArn="arn:aws:sqs:us-east-1:123456789012:orders", FunctionName="charge", **options
    )
    return url


def test_it_answers_at_its_address_after_its_latency(cloud: Cloud) -> None:
    bank = cloud.third_party("bank", latency=0.25)
    assert bank.url == "https://api.bank.example"
    assert ask(f"{bank.url}/accounts", None) == (200, "{}")
    assert cloud.clock.now == 250_000
    assert [request.path for request in bank.requests] == ["/accounts"]


@pytest.mark.parametrize(
    ("said", "heard"),
    [
        ({"paid": True}, (200, '{"paid": true}')),
        ("thanks", (200, "thanks")),
        (404, (404, "")),
        (Response(202, content=b"later"), (202, "later")),
        (None, (200, "{}")),
    ],
)
def test_what_it_answers_is_the_learners_to_say(cloud: Cloud, said: Any, heard: tuple[int, str]) -> None:
    bank = cloud.third_party("bank", answer=lambda request: said)
    assert ask(bank.url) == heard


def test_its_answer_can_look_at_the_request(cloud: Cloud) -> None:
    def answer(request: Request) -> dict[str, str]:
        return {"charged": (request.body or b"").decode()}

    assert ask(cloud.third_party("bank", answer=answer).url, "ten") == (200, '{"charged": "ten"}')


def test_latencies_vary_around_their_median_as_the_seed_says() -> None:
    def latencies(seed: int) -> list[float]:
        found = []
        with Cloud(seed=seed) as cloud:
            bank = cloud.third_party("bank", latency=0.2, spread=0.5)
            for _ in range(200):
                before = cloud.clock.now
                ask(bank.url)
                found.append((cloud.clock.now - before) / 1e6)
        return found

    first = latencies(1)
    assert first == latencies(1) != latencies(2)
    assert statistics.median(first) == pytest.approx(0.2, rel=0.2)
    assert max(first) > 0.4
    assert min(first) < 0.1


def test_who_comes_too_often_is_told_when_to_come_back(cloud: Cloud) -> None:
    bank = cloud.third_party("bank", rate=0.5, burst=2)
    assert [ask(bank.url)[0] for _ in range(3)] == [200, 200, 429]
    assert ask(bank.url) == (429, "2")
    cloud.advance(seconds=2)
    assert [ask(bank.url)[0] for _ in range(2)] == [200, 429]
    assert len(bank.requests) == 3
    kinds = Counter(event.kind for event in cloud.journal)
    assert kinds == {"requested": 6, "answered": 6, "throttled": 3, "written": 3}


def test_a_fleet_overruns_it_and_a_limited_one_does_not() -> None:
    def throttled(**scaling: Any) -> int:
        with Cloud(seed=5) as cloud:
            bank = cloud.third_party("bank", rate=4, burst=4, latency=1)
            url = consumer(cloud, bank.url, BatchSize=1, **scaling)
            for number in range(40):
                boto3.client("sqs").send_message(QueueUrl=url, MessageBody=f"order {number}")
            cloud.advance(minutes=20)
            assert len({request.body for request in bank.requests}) == 40
            return len(cloud.journal.of("throttled", "http:api.bank.example"))

    assert throttled(ScalingConfig={"MaximumConcurrency": 2}) == 0
    assert throttled() > 0


def test_a_timeout_does_not_say_that_nothing_was_done(cloud: Cloud) -> None:
    bank = cloud.third_party("bank", latency=5)
    url = consumer(cloud, bank.url, environment={"PATIENCE": "2"})
    boto3.client("sqs").send_message(QueueUrl=url, MessageBody="order 1: 50 euros")
    cloud.advance(seconds=100)
    broken = no_effect_twice(cloud.journal, "http:api.bank.example")
    assert broken is not None
    assert "order 1: 50 euros was written to api.bank.example at +5.0 s and again at +65.0 s." in str(broken)


def test_an_error_after_the_work_is_an_effect_that_the_client_does_not_know_of(cloud: Cloud) -> None:
    bank = cloud.third_party("bank")
    fault = cloud.faults.errors("bank", after_work=True)
    assert ask(bank.url, "ten")[0] == 500
    fault.stop()
    assert ask(bank.url, "ten")[0] == 200
    assert no_effect_twice(cloud.journal, "http:api.bank.example") is not None
    assert [request.body for request in bank.requests] == [b"ten", b"ten"]


def test_an_outage_ends_and_what_waited_gets_through(cloud: Cloud) -> None:
    bank = cloud.third_party("bank")
    cloud.faults.outage("bank", start=0, end=90)
    url = consumer(cloud, bank.url)
    order = boto3.client("sqs").send_message(QueueUrl=url, MessageBody="order 1")["MessageId"]
    cloud.advance(seconds=200)
    lived = [(event.seconds, event.kind) for event in cloud.journal.trace(order).events if event.service == "http"]
    assert lived == [
        (0.0, "refused"),
        (60.0, "refused"),
        (120.0, "requested"),
        (120.0, "written"),
        (120.0, "answered"),
    ]


def test_it_can_go_away(cloud: Cloud) -> None:
    bank = cloud.third_party("bank")
    bank.close()
    with pytest.raises(LabMistake):
        ask(bank.url)


@pytest.mark.parametrize("settings", [{"rate": 0}, {"latency": -1}, {"spread": float("nan")}, {"burst": 0}])
def test_what_cannot_be_is_told_in_one_sentence(cloud: Cloud, settings: dict[str, float]) -> None:
    with pytest.raises(LabMistake, match=r"of bank cannot be: give a number from [\w.e-]+ up\.$"):
        cloud.third_party("bank", **settings)


def test_a_function_can_send_json_and_read_it(cloud: Cloud) -> None:
    bank = cloud.third_party("bank", answer=lambda request: json.loads(request.body or b"{}"))
    assert ask(bank.url, '{"a": [1]}') == (200, '{"a": [1]}')
