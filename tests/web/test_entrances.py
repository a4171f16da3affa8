"""Function URLs and APIs of this cloud, reached by the clients of Python and by services that deliver over HTTP."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

import boto3
import pytest

from waterline import Cloud
from waterline.guard import OutsideTheLab
from waterline.services.delivery import NotTaken, Sender, Targets

SENDER = Sender("events.amazonaws.com", "arn:aws:events:us-east-1:123456789012:rule/r", "123456789012", by_role=True)
TEXT = {"content-type": "text/plain"}
ECHO = """
import json
import time

def handler(event, context):
    time.sleep(2)
    return {"statusCode": 202, "body": json.dumps([event["rawPath"], event.get("body")])}
"""
CALLER = """
import os
import urllib.request

def handler(event, context):
    return urllib.request.urlopen(os.environ["OTHER"] + "orders", b"from a handler").read().decode()
"""


def url(cloud: Cloud) -> str:
    cloud.deploy("echo", ECHO, timeout=10)
    client: Any = boto3.client("lambda")
    client.add_permission(
        FunctionName="echo",
        StatementId="anybody",
        Action="lambda:InvokeFunctionUrl",
        Principal="*",
        FunctionUrlAuthType="NONE",
    )
    client.add_permission(
        FunctionName="echo",
        StatementId="by-url",
        Action="lambda:InvokeFunction",
        Principal="*",
        InvokedViaFunctionUrl=True,
    )
    return str(client.create_function_url_config(FunctionName="echo", AuthType="NONE")["FunctionUrl"])


def test_a_function_url_is_reached_by_urllib_in_virtual_time(cloud: Cloud) -> None:
    address = url(cloud)
    request = urllib.request.Request(f"{address}orders", b"hello", {"content-type": "text/plain"})
    with urllib.request.urlopen(request) as answer:
        assert (answer.status, json.loads(answer.read())) == (202, ["/orders", "hello"])
    assert cloud.clock.now == 2_000_000
    [answered] = cloud.journal.of("answered")
    assert answered.detail["status"] == 202
    assert cloud.journal.of("requested") == []


def test_a_client_that_has_no_patience_gives_up_and_the_function_goes_on(cloud: Cloud) -> None:
    address = url(cloud)
    with pytest.raises(OSError, match="timed out"):
        urllib.request.urlopen(address, timeout=1)
    assert cloud.clock.now == 1_000_000
    cloud.settle()
    assert len(cloud.journal.of("succeeded", "lambda:echo")) == 1


def test_one_function_calls_another_by_its_url_and_the_trace_holds_both(cloud: Cloud) -> None:
    cloud.deploy("caller", CALLER, timeout=10, environment={"OTHER": url(cloud)})
    boto3.client("lambda").invoke(FunctionName="caller", InvocationType="Event", Payload=b"{}")
    cloud.settle()
    [call] = [event.message for event in cloud.journal.of("sent", "lambda:caller")]
    assert call is not None
    places = {event.place for event in cloud.journal.trace(call).events}
    assert {"lambda:caller", "lambda:echo"} <= places


def test_a_service_delivers_to_a_function_url(cloud: Cloud) -> None:
    address, found = url(cloud), []

    def deliver() -> None:
        try:
            response = Targets(cloud._ground).http(SENDER, "POST", address, TEXT, b"hi", timeout=5_000_000)
            found.append((response.status, json.loads(response.content)))
        except NotTaken as trouble:
            found.append((0, trouble.code))

    cloud.clock.spawn("delivery", deliver)
    cloud.settle()
    assert found == [(202, ["/", "hi"])]


def test_an_address_of_no_function_stays_outside(cloud: Cloud) -> None:
    url(cloud)
    with pytest.raises(OutsideTheLab, match=r"cloud\.http"):
        urllib.request.urlopen("https://nobody.lambda-url.us-east-1.on.aws/")
