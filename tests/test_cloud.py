"""The cloud: how it opens and closes, what it leaves as it was, and whose time it takes."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from functools import cache
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, WaiterError
from moto.moto_api._internal import mock_random

from waterline.clock import SECOND
from waterline.cloud import Cloud, CloudAlreadyOpen, current

SLEEPS = "import time\n\ndef handler(event, context):\n    time.sleep({})\n    print('done')\n"


@cache
def client(service: str) -> Any:
    return boto3.client(service, region_name="us-east-1")


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    with Cloud(seed=7) as cloud:
        yield cloud


def _queue(name: str = "tickets", **attributes: str) -> str:
    return str(client("sqs").create_queue(QueueName=name, Attributes=attributes)["QueueUrl"])


def _real() -> bool:
    return time.time() > 1_780_000_000


# -- one at a time -----------------------------------------------------------------------------------------------------


def test_a_second_cloud_is_refused_in_one_sentence(cloud: Cloud) -> None:
    with pytest.raises(CloudAlreadyOpen, match=r"^A cloud is open already \(seed 7\): close it with close\(\) before"):
        Cloud(seed=8).__enter__()
    with pytest.raises(CloudAlreadyOpen):
        Cloud.start(seed=8)
    assert current() is cloud
    _queue()


def test_a_cloud_opens_once(cloud: Cloud) -> None:
    cloud.close()
    with pytest.raises(RuntimeError, match="has been open before: make a new one"), cloud:
        pass


def test_closing_twice_changes_nothing(cloud: Cloud) -> None:
    cloud.close()
    cloud.close()
    assert current() is None


@pytest.mark.parametrize("verb", ["advance", "settle", "deploy", "logs"])
def test_a_closed_cloud_says_in_one_sentence_that_it_is_closed(cloud: Cloud, verb: str) -> None:
    arguments = {"deploy": ("f", "x"), "logs": ("f",)}.get(verb, ())
    cloud.close()
    with pytest.raises(
        RuntimeError, match=rf"^This cloud is closed, so {verb} has nothing to work on: open a new one\.$"
    ):
        getattr(cloud, verb)(*arguments)


def test_the_journal_of_a_closed_cloud_can_still_be_read(cloud: Cloud) -> None:
    message = client("sqs").send_message(QueueUrl=_queue(), MessageBody="x")["MessageId"]
    cloud.close()
    assert cloud.journal.trace(message).kinds == ["sent"]
    assert repr(cloud) == "<cloud, seed 7, closed, 1 events>"


def test_a_call_after_the_cloud_is_closed_never_leaves_the_machine(cloud: Cloud) -> None:
    queue = _queue()
    cloud.close()
    with pytest.raises(Exception, match="cloud") as caught:
        client("sqs").send_message(QueueUrl=queue, MessageBody="x")
    assert "\n" not in str(caught.value)


def test_start_opens_a_cloud_that_stays_open() -> None:
    cloud = Cloud.start(seed=3)
    try:
        assert current() is cloud and cloud.is_open
        assert time.time() == cloud.clock.start.timestamp()
    finally:
        cloud.close()
    assert _real()


def test_the_same_cell_again_makes_no_second_cloud_outside_a_notebook() -> None:
    def cell() -> Cloud:
        return Cloud.start(seed=1)

    cloud = cell()
    try:
        with pytest.raises(CloudAlreadyOpen):
            cell()
        assert current() is cloud
    finally:
        cloud.close()


# -- what it leaves as it was ------------------------------------------------------------------------------------------


def test_an_exception_in_the_block_closes_the_cloud_and_is_not_hidden() -> None:
    with pytest.raises(KeyError, match="cabin"), Cloud():
        raise KeyError("cabin")
    assert current() is None and _real()


def test_closing_ends_running_handlers_whose_finally_blocks_run_and_real_time_is_back(
    cloud: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    source = (
        "import time\ndef handler(event, context):\n    try:\n        time.sleep(600)\n    finally:\n        ENDED()\n"
    )
    ended: list[float] = []
    environment = {name: value for name, value in os.environ.items() if name != "TZ"}
    cloud.deploy("f", "import builtins\nENDED = builtins.ENDED_FOR_THE_TEST\n" + source, timeout=900)
    import builtins

    builtins.ENDED_FOR_THE_TEST = lambda: ended.append(time.time())  # type: ignore[attr-defined]
    try:
        client("lambda").invoke(FunctionName="f", InvocationType="Event")
        cloud.advance(seconds=5)
        cloud.close()
    finally:
        del builtins.ENDED_FOR_THE_TEST  # type: ignore[attr-defined]
    assert ended == [cloud.clock.start.timestamp() + 5]
    assert _real()
    assert {name: value for name, value in os.environ.items() if name != "TZ"} == environment
    print("here")
    assert capsys.readouterr().out == "here\n"


def test_an_early_client_works_in_two_clouds_in_a_row_and_each_begins_with_nothing() -> None:
    sqs = client("sqs")
    for _ in range(2):
        with Cloud(seed=7):
            assert sqs.list_queues().get("QueueUrls", []) == []
            _queue()
            assert len(sqs.list_queues()["QueueUrls"]) == 1


def test_a_cloud_aside_leaves_the_outer_one_as_it_was(cloud: Cloud) -> None:
    """Queues, messages, functions, roles, instants, and the random streams from which identifiers come."""
    sqs, queue = client("sqs"), _queue()
    cloud.deploy("f", SLEEPS.format(1))
    sqs.send_message(QueueUrl=queue, MessageBody="one")
    cloud.advance(seconds=12)
    roles = [role["RoleName"] for role in client("iam").list_roles()["Roles"]]
    before = cloud.journal.digest(), cloud.clock.now, mock_random.getstate(), time.time()
    with Cloud.aside(seed=9) as inner:
        assert current() is inner
        assert time.time() == inner.clock.start.timestamp()
        assert sqs.list_queues().get("QueueUrls", []) == []
        inner.deploy("g", SLEEPS.format(2))
        client("lambda").invoke(FunctionName="g", InvocationType="Event")
        client("iam").create_role(RoleName="another", AssumeRolePolicyDocument="{}")
        inner.advance(days=2)
        assert len(inner.journal.of("succeeded")) == 1
    assert current() is cloud
    assert (cloud.journal.digest(), cloud.clock.now, mock_random.getstate(), time.time()) == before
    assert [role["RoleName"] for role in client("iam").list_roles()["Roles"]] == roles
    assert [f["FunctionName"] for f in client("lambda").list_functions()["Functions"]] == ["f"]
    received = sqs.receive_message(QueueUrl=queue)["Messages"]
    assert [message["Body"] for message in received] == ["one"]


def test_an_outer_run_is_the_same_with_and_without_a_cloud_aside() -> None:
    def run(aside: bool) -> str:
        with Cloud(seed=7) as cloud:
            queue = _queue()
            client("sqs").send_message(QueueUrl=queue, MessageBody="one")
            if aside:
                with Cloud.aside(seed=7) as inner:
                    client("sqs").send_message(QueueUrl=_queue("other"), MessageBody="x")
                    inner.settle()
            client("sqs").send_message(QueueUrl=queue, MessageBody="two")
            return cloud.journal.digest()

    assert run(True) == run(False)


def test_an_error_in_a_cloud_aside_gives_the_outer_one_back(cloud: Cloud) -> None:
    with pytest.raises(ValueError, match="inner"), Cloud.aside():
        raise ValueError("inner")
    assert current() is cloud
    _queue()


@pytest.mark.parametrize(
    ("service", "call", "read"),
    [
        ("s3", ("create_bucket", {"Bucket": "orders"}), lambda c: [b["Name"] for b in c.list_buckets()["Buckets"]]),
        (
            "sns",
            ("create_topic", {"Name": "orders"}),
            lambda c: [c.list_topics()["Topics"][0]["TopicArn"].split(":")[-1]],
        ),
        (
            "dynamodb",
            (
                "create_table",
                {
                    "TableName": "orders",
                    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
                    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
                    "BillingMode": "PAY_PER_REQUEST",
                },
            ),
            lambda c: c.list_tables()["TableNames"],
        ),
    ],
)
def test_the_other_services_are_motos(cloud: Cloud, service: str, call: tuple[str, dict[str, Any]], read: Any) -> None:
    getattr(client(service), call[0])(**call[1])
    assert read(client(service)) == ["orders"]


# -- time --------------------------------------------------------------------------------------------------------------


def test_advance_takes_every_unit_and_refuses_to_go_back(cloud: Cloud) -> None:
    cloud.advance(days=1, hours=2, minutes=3, seconds=4.5)
    assert cloud.clock.now == round((86_400 + 7_200 + 180 + 4.5) * SECOND)
    with pytest.raises(ValueError, match=r"^The clock cannot go back: advance takes a positive time\.$"):
        cloud.advance(seconds=-1)
    cloud.advance()


def test_a_handler_that_uses_the_cloud_itself_is_told_that_it_only_sleeps(cloud: Cloud) -> None:
    cloud.deploy(
        "f", "from waterline.cloud import current\ndef handler(event, context):\n    current().advance(seconds=1)\n"
    )
    answer = json.loads(client("lambda").invoke(FunctionName="f")["Payload"].read())
    assert answer["errorMessage"] == "A handler only sleeps; advance belongs to the notebook cell."


def test_a_waiter_takes_virtual_time(cloud: Cloud) -> None:
    begun = time.perf_counter()
    cloud.deploy("f", SLEEPS.format(1))
    client("lambda").get_waiter("function_active_v2").wait(FunctionName="f")
    with pytest.raises(WaiterError):
        client("dynamodb").get_waiter("table_exists").wait(
            TableName="none", WaiterConfig={"Delay": 20, "MaxAttempts": 5}
        )
    assert cloud.clock.now >= 80 * SECOND
    assert time.perf_counter() - begun < 5, "80 virtual seconds are no real ones"


def test_a_long_poll_in_the_cell_lets_handlers_go_on(cloud: Cloud) -> None:
    queue = _queue()
    cloud.deploy(
        "f",
        "import boto3, time\ndef handler(event, context):\n    time.sleep(2)\n"
        f"    boto3.client('sqs').send_message(QueueUrl={queue!r}, MessageBody='reply')\n",
        timeout=10,
    )
    client("lambda").invoke(FunctionName="f", InvocationType="Event")
    reply = client("sqs").receive_message(QueueUrl=queue, WaitTimeSeconds=20)["Messages"][0]
    assert (reply["Body"], cloud.clock.now) == ("reply", 2 * SECOND)


def test_settle_plays_until_only_idle_pollers_are_left(cloud: Cloud) -> None:
    queue = _queue()
    arn = client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    cloud.deploy("f", SLEEPS.format(2))
    client("lambda").create_event_source_mapping(EventSourceArn=arn, FunctionName="f")
    client("sqs").send_message(QueueUrl=queue, MessageBody="x", DelaySeconds=60)
    cloud.settle()
    assert cloud.clock.now == 62 * SECOND
    cloud.settle()
    assert cloud.clock.now == 62 * SECOND


# -- deploy and logs ---------------------------------------------------------------------------------------------------


def test_deploying_twice_updates_and_what_is_left_out_is_awss_default(cloud: Cloud) -> None:
    first = cloud.deploy("f", SLEEPS.format(1), timeout=30, memory=512, environment={"A": "1"})
    assert cloud.deploy("f", "def handler(event, context):\n    return 2\n") == first
    configuration = client("lambda").get_function_configuration(FunctionName="f")
    assert (configuration["Timeout"], configuration["MemorySize"]) == (3, 128)
    assert configuration.get("Environment", {}).get("Variables", {}) == {}
    assert client("lambda").invoke(FunctionName="f")["Payload"].read() == b"2"


def test_a_name_that_aws_refuses_is_refused(cloud: Cloud) -> None:
    with pytest.raises(ClientError):
        client("lambda").create_function(
            FunctionName="f", Runtime="python3.13", Role="arn:aws:iam::123456789012:role/none", Code={"ZipFile": b"x"}
        )


def test_logs_are_in_the_order_in_which_things_were_printed(cloud: Cloud) -> None:
    cloud.deploy(
        "f", "import time\ndef handler(event, context):\n    time.sleep(event['n'])\n    print('slept', event['n'])\n"
    )
    for n in (2, 1):
        client("lambda").invoke(FunctionName="f", InvocationType="Event", Payload=json.dumps({"n": n}))
    cloud.settle()
    assert [line for line in cloud.logs("f").splitlines() if line.startswith("slept")] == ["slept 1", "slept 2"]
