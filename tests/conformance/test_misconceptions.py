"""What many believe about serverless messaging and is not so: a story for each belief, which fails if it were true.

The numbers are those of the course's list of misconceptions; a docstring begins with its number and the belief. A
misconception that is not in `TOLD` has no story here yet; one in `HALF_TOLD` waits for a service that does not deliver.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import boto3
import pytest

from waterline.clock import SECOND
from waterline.cloud import REGION, Cloud
from waterline.facts import facts

TOLD = {*range(1, 11), 13, 16, 17, 18, 21, 22, 23}
HALF_TOLD: dict[int, str] = {}

FAIL = "def handler(event, context):\n    raise RuntimeError('no')\n"
CHARGE = """
import boto3, time

def handler(event, context):
    for record in event["Records"]:
        boto3.client("sqs").send_message(QueueUrl="{charges}", MessageBody=record["body"])
        {then}
"""
FAIL_ON_BAD = """
def handler(event, context):
    if "bad" in [record["body"] for record in event["Records"]]:
        raise ValueError("bad order")
"""
REPORT_BAD = """
def handler(event, context):
    bad = [{"itemIdentifier": r["messageId"]} for r in event["Records"] if r["body"] == "bad"]
    return {"batchItemFailures": bad}
"""
REPORT = {"FunctionResponseTypes": ["ReportBatchItemFailures"]}


def sleeping(seconds: float) -> str:
    """A handler that succeeds after so long."""
    return f"import time\ndef handler(event, context):\n    time.sleep({seconds})\n"


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    with Cloud(seed=7) as cloud:
        yield cloud


@cache
def client(service: str) -> Any:
    session = boto3.Session(aws_access_key_id="testing", aws_secret_access_key="testing", region_name=REGION)
    return session.client(service)


def queue(name: str = "tickets", dead_after: int | None = None, **attributes: Any) -> str:
    """Its URL; `dead_after`: with a dead-letter queue behind it, and this maxReceiveCount."""
    fifo = ".fifo" if name.endswith(".fifo") else ""
    if fifo:
        attributes |= {"FifoQueue": "true", "ContentBasedDeduplication": "true"}
    if dead_after is not None:
        dead = arn(queue(f"{name.removesuffix('.fifo')}-dead{fifo}"))
        attributes["RedrivePolicy"] = json.dumps({"deadLetterTargetArn": dead, "maxReceiveCount": dead_after})
    values = {key: str(value) for key, value in attributes.items()}
    return str(client("sqs").create_queue(QueueName=name, Attributes=values)["QueueUrl"])


def arn(url: str) -> str:
    answer = client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    return str(answer["Attributes"]["QueueArn"])


def held(url: str) -> int:
    """How many messages can be received now."""
    name = "ApproximateNumberOfMessages"
    return int(client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=[name])["Attributes"][name])


def send(url: str, *bodies: str, **options: str) -> list[str]:
    return [client("sqs").send_message(QueueUrl=url, MessageBody=body, **options)["MessageId"] for body in bodies]


def connect(source: str, function: str = "issue", **settings: Any) -> None:
    """An event source mapping from a queue's URL or a stream's ARN."""
    source = arn(source) if source.startswith("http") else source
    client("lambda").create_event_source_mapping(EventSourceArn=source, FunctionName=function, **settings)


def reserve(count: int, function: str = "issue") -> None:
    client("lambda").put_function_concurrency(FunctionName=function, ReservedConcurrentExecutions=count)


def invoke(function: str = "issue", kind: str = "Event", **event: Any) -> int:
    """The status code of the answer."""
    answer = client("lambda").invoke(FunctionName=function, InvocationType=kind, Payload=json.dumps(event))
    return int(answer["StatusCode"])


def times(cloud: Cloud, kind: str, message: str | None = None, place: str | None = None) -> list[float]:
    """The seconds at which it happened."""
    return [event.seconds for event in cloud.journal.of(kind, place, message)]


def who(cloud: Cloud, kind: str) -> list[str | None]:
    """The messages that it happened to, in order."""
    return [event.message for event in cloud.journal.of(kind)]


# -- a queue and its function ------------------------------------------------------------------------------------------


def test_a_visibility_timeout_must_leave_room_for_throttled_attempts(cloud: Cloud) -> None:
    """M1: a visibility timeout as long as the function's timeout keeps a message from being run twice.

    Source: "Creating and configuring an Amazon SQS event source mapping"; fact ``esm.sqs_visibility_recommended``.
    """
    timeout = 10
    for name, visibility in (("tight", timeout), ("roomy", 6 * timeout)):
        tickets = queue(name, VisibilityTimeout=visibility)
        cloud.deploy(name, sleeping(5), timeout=timeout)
        reserve(1, name)
        send(tickets, "a", "b")
        connect(tickets, name, BatchSize=1)
    cloud.settle()
    assert not cloud.journal.of("failed")
    assert len(times(cloud, "invoked", place="lambda:tight")) > 2
    assert len(times(cloud, "invoked", place="lambda:roomy")) == 2


def test_a_slow_function_that_succeeds_does_its_work_twice(cloud: Cloud) -> None:
    """M2: a function that is merely slow, and raises no error, handles each message once.

    Source: "Amazon SQS visibility timeout".
    """
    tickets, charges = queue(VisibilityTimeout=20), queue("charges")
    cloud.deploy("issue", CHARGE.format(charges=charges, then="time.sleep(8)"), timeout=15)
    connect(tickets)
    client("sqs").set_queue_attributes(QueueUrl=tickets, Attributes={"VisibilityTimeout": "5"})
    (order,) = send(tickets, "order")
    cloud.advance(seconds=1)
    client("sqs").set_queue_attributes(QueueUrl=tickets, Attributes={"VisibilityTimeout": "20"})
    cloud.settle()
    assert times(cloud, "succeeded", order) == [8, 13]
    assert not cloud.journal.of("failed")
    assert [event.parents for event in cloud.journal.of("sent", "sqs:charges")] == [(order,), (order,)]


def test_reserved_concurrency_throttles_healthy_messages_into_the_dead_letter_queue(cloud: Cloud) -> None:
    """M3: a mapping reads no faster than the function's reserved concurrency allows.

    Source: "Configuring scaling behavior for SQS event source mappings".
    """
    for name, settings in (("reserved", {}), ("capped", {"ScalingConfig": {"MaximumConcurrency": 2}})):
        tickets = queue(name, dead_after=2)
        cloud.deploy(name, sleeping(20), timeout=30)
        send(tickets, *"abcde")
        connect(tickets, name, BatchSize=1, **settings)
        if name == "reserved":
            reserve(1, name)
    cloud.settle()
    assert not cloud.journal.of("failed")
    assert len(times(cloud, "dead-lettered", place="sqs:reserved")) > 0
    assert not set(who(cloud, "dead-lettered")) & set(who(cloud, "invoked")), "no one has ever tried them"
    assert not cloud.journal.of("dead-lettered", "sqs:capped")
    assert not cloud.journal.of("throttled", "lambda:capped")


def test_the_receive_count_counts_receives_whoever_received(cloud: Cloud) -> None:
    """M4: the receive count that a redrive policy compares is a count of the function's failures.

    Source: "Using dead-letter queues in Amazon SQS".
    """
    tickets = queue(dead_after=2)
    cloud.deploy("issue", sleeping(0))
    (order,) = send(tickets, "healthy")
    for _ in range(2):
        assert client("sqs").receive_message(QueueUrl=tickets)["Messages"], "someone looks, and does nothing"
        cloud.advance(seconds=30)
    connect(tickets)
    cloud.settle()
    assert len(times(cloud, "dead-lettered", order)) == 1
    assert not cloud.journal.of("invoked")


def test_messages_of_a_queue_that_fail_go_to_the_dead_letter_queue_of_the_queue(cloud: Cloud) -> None:
    """M5: a dead-letter queue on the function catches the messages that it fails to handle from a queue.

    Source: fact ``esm.sqs_dlq_on_queue``; "Handling errors for an SQS event source in Lambda".
    """
    tickets, caught = queue(dead_after=2), queue("caught")
    cloud.deploy("issue", FAIL)
    client("lambda").update_function_configuration(FunctionName="issue", DeadLetterConfig={"TargetArn": arn(caught)})
    connect(tickets)
    (order,) = send(tickets, "order")
    cloud.settle()
    assert held(caught) == 0
    assert [event.detail["to"] for event in cloud.journal.of("dead-lettered", message=order)] == ["tickets-dead"]
    invoke()
    cloud.settle()
    assert held(caught) == 1, "it serves asynchronous invocations"


# -- batches -----------------------------------------------------------------------------------------------------------


def test_one_bad_message_takes_its_whole_batch_along(cloud: Cloud) -> None:
    """M7: when one message of a batch fails, that one alone is tried again.

    Source: "Handling errors for an SQS event source in Lambda".
    """
    tickets = queue(dead_after=2)
    cloud.deploy("issue", FAIL_ON_BAD)
    good, bad = send(tickets, "good", "bad")
    connect(tickets)
    cloud.settle()
    assert times(cloud, "invoked", good) == times(cloud, "invoked", bad) == [0, 30]
    assert set(who(cloud, "dead-lettered")) == {good, bad}


def test_a_report_of_failed_messages_counts_only_where_the_mapping_asks_for_it(cloud: Cloud) -> None:
    """M8: to answer with the failed messages is all that a partial batch response takes.

    Source: "Handling errors for an SQS event source in Lambda"; CreateEventSourceMapping.
    """
    bad = {}
    for name, settings in (("silent", {}), ("asked", REPORT)):
        tickets = queue(name, dead_after=2)
        cloud.deploy(name, REPORT_BAD)
        (bad[name],) = send(tickets, "bad")
        connect(tickets, name, **settings)
    cloud.settle()
    assert bad["silent"] in who(cloud, "deleted"), "it failed, and it is gone"
    assert who(cloud, "dead-lettered") == [bad["asked"]]


@pytest.mark.parametrize(
    ("answer", "dead"),
    [
        ({"batchItemFailures": [{"itemIdentifier": "BAD"}]}, {"bad"}),
        ({"batchItemFailures": [{"itemIdentifier": ""}]}, {"good", "bad"}),
        ({"batchItemFailures": [{"messageId": "BAD"}]}, {"good", "bad"}),
        ({"batchItemFailures": [{"itemIdentifier": "unknown"}]}, {"good", "bad"}),
        ({"BatchItemFailures": [{"itemIdentifier": "BAD"}]}, set()),
        ({"failures": [{"itemIdentifier": "BAD"}]}, set()),
    ],
    ids=["right", "empty", "wrong inner key", "unknown", "wrong case", "wrong outer key"],
)
def test_a_slightly_wrong_report_fails_the_whole_batch_or_loses_what_failed(
    cloud: Cloud, answer: dict[str, Any], dead: set[str]
) -> None:
    """M9: a partial batch response that is not quite right costs a few retries, and no more.

    Source: "Handling errors for an SQS event source in Lambda".
    """
    tickets = queue(dead_after=1)
    cloud.deploy(
        "issue",
        f"import json\nANSWER = {json.dumps(answer)!r}\n"
        "def handler(event, context):\n"
        "    (bad,) = [r['messageId'] for r in event['Records'] if r['body'] == 'bad']\n"
        "    return json.loads(ANSWER.replace('BAD', bad))\n",
    )
    ids = dict(zip(send(tickets, "good", "bad"), ("good", "bad"), strict=True))
    connect(tickets, **REPORT)
    cloud.settle()
    assert {ids[str(message)] for message in who(cloud, "dead-lettered")} == dead
    assert {ids[str(message)] for message in who(cloud, "deleted")} == {"good", "bad"} - dead


# -- order -------------------------------------------------------------------------------------------------------------


def test_a_fifo_queue_drops_what_is_sent_twice_and_not_what_is_done_twice(cloud: Cloud) -> None:
    """M10: with a FIFO queue everything happens exactly once, from the sender to the effect.

    Source: "Exactly-once processing in Amazon SQS"; "Using Lambda with Amazon SQS".
    """
    tickets, charges = queue("tickets.fifo"), queue("charges")
    fail_at_first = "if record['attributes']['ApproximateReceiveCount'] == '1': raise RuntimeError('after the charge')"
    cloud.deploy("issue", CHARGE.format(charges=charges, then=fail_at_first))
    connect(tickets)
    same = {"MessageGroupId": "g", "MessageDeduplicationId": "order 7"}
    (order,) = send(tickets, "order", **same)
    cloud.advance(minutes=4)
    assert who(cloud, "deleted") == [order]
    assert send(tickets, "order", **same) == [order], "the identifier outlives the message"
    assert [event.parents for event in cloud.journal.of("sent", "sqs:charges")] == [(order,), (order,)]
    cloud.advance(minutes=1)
    (again,) = send(tickets, "order", **same)
    cloud.settle()
    assert again != order
    assert times(cloud, "invoked", again)


def test_a_group_keeps_its_order_if_its_batch_stops_at_the_first_failure(cloud: Cloud) -> None:
    """M13: with a FIFO queue too it is enough to report the message that failed.

    Source: "Handling errors for an SQS event source in Lambda".
    """
    order = {}
    for name, failed in (("only", "event['Records'][:1]"), ("stopping", "event['Records']")):
        tickets = queue(f"{name}.fifo")
        cloud.deploy(
            name,
            "def handler(event, context):\n"
            "    first = event['Records'][0]\n"
            "    fails = first['body'] == 'one' and first['attributes']['ApproximateReceiveCount'] == '1'\n"
            f"    failed = {failed} if fails else []\n"
            "    return {'batchItemFailures': [{'itemIdentifier': r['messageId']} for r in failed]}\n",
        )
        order[name] = send(tickets, "one", "two", MessageGroupId="g")
        connect(tickets, name, **REPORT)
    cloud.settle()
    done = who(cloud, "deleted")
    assert [message for message in done if message in order["only"]] == order["only"][::-1]
    assert [message for message in done if message in order["stopping"]] == order["stopping"]


# -- filters and streams -----------------------------------------------------------------------------------------------


def test_what_the_filter_of_a_mapping_rejects_is_deleted(cloud: Cloud) -> None:
    """M16: messages that the filter of a mapping rejects stay in the queue for another reader.

    Source: "Using event filtering with an Amazon SQS event source".
    """
    tickets = queue()
    cloud.deploy("issue", sleeping(0))
    connect(tickets, FilterCriteria={"Filters": [{"Pattern": json.dumps({"body": {"kind": ["tyre"]}})}]})
    (unwanted,) = send(tickets, json.dumps({"kind": "wheel"}))
    cloud.settle()
    assert [event.kind for event in cloud.journal.of(message=unwanted)] == ["sent", "received", "filtered", "deleted"]
    assert "Messages" not in client("sqs").receive_message(QueueUrl=tickets), "another reader comes in vain"


def test_a_bad_record_blocks_its_shard_unless_the_mapping_bounds_the_retries(cloud: Cloud) -> None:
    """M17: a stream sets a record aside that fails again and again, as a queue does with its dead letters.

    Source: "Lambda parameters for Amazon Kinesis Data Streams event source mappings"; "Retain discarded batch records
    for a Kinesis Data Streams event source in Lambda".
    """
    kinesis, caught, discarded = client("kinesis"), queue("caught"), queue("discarded")
    kinesis.create_stream(StreamName="clicks", ShardCount=1)
    stream = kinesis.describe_stream(StreamName="clicks")["StreamDescription"]["StreamARN"]
    bounds = {
        "MaximumRetryAttempts": 1,
        "DestinationConfig": {"OnFailure": {"Destination": arn(discarded)}},
    }
    source = (
        "import base64\ndef handler(event, context):\n"
        "    if base64.b64decode(event['Records'][0]['kinesis']['data']) == b'bad':\n        raise ValueError('bad')\n"
    )
    for name, settings in (("default", {}), ("bounded", bounds)):
        cloud.deploy(name, source)
        client("lambda").update_function_configuration(FunctionName=name, DeadLetterConfig={"TargetArn": arn(caught)})
        connect(stream, name, StartingPosition="TRIM_HORIZON", BatchSize=1, **settings)
    for body in (b"bad", b"good"):
        kinesis.put_record(StreamName="clicks", PartitionKey="k", Data=body)
    cloud.advance(hours=23)
    assert times(cloud, "succeeded", place="lambda:default") == []
    assert len(times(cloud, "invoked", place="lambda:default")) > 100
    assert len(times(cloud, "succeeded", place="lambda:bounded")) == 1
    assert (held(caught), held(discarded)) == (0, 1)


def test_more_shards_help_keys_that_are_spread_and_no_single_key(cloud: Cloud) -> None:
    """M18: more shards always spread the load.

    Source: PutRecord; fact ``kinesis.shard_write``. The MD5 of the key decides: ten shards take no more of one key than
    one does, and of six keys all go to one of two shards.
    """
    kinesis = client("kinesis")

    def refused(stream: str, keys: list[str]) -> int:
        records = [{"Data": b"x", "PartitionKey": key} for key in keys]
        calls = [records[first : first + 500] for first in range(0, len(records), 500)]
        return sum(int(kinesis.put_records(StreamName=stream, Records=call)["FailedRecordCount"]) for call in calls)

    for shards in (1, 10):
        kinesis.create_stream(StreamName=f"hot-{shards}", ShardCount=shards)
        assert refused(f"hot-{shards}", ["one customer"] * 3000) == 2000
    kinesis.create_stream(StreamName="spread", ShardCount=10)
    assert refused("spread", [f"customer {number}" for number in range(3000)]) == 0
    kinesis.create_stream(StreamName="two", ShardCount=2)
    answers = [kinesis.put_record(StreamName="two", PartitionKey=str(key), Data=b"x") for key in range(6)]
    assert {answer["ShardId"] for answer in answers} == {"shardId-000000000001"}


# -- asynchronous invocations ------------------------------------------------------------------------------------------


def test_an_accepted_event_is_dropped_after_three_attempts_if_nothing_catches_it(cloud: Cloud) -> None:
    """M21: status 202 for an asynchronous invocation promises that the event will be processed.

    Source: "How Lambda handles errors and retries with asynchronous invocation".
    """
    cloud.deploy("issue", FAIL)
    assert invoke() == 202
    cloud.settle()
    (event,) = who(cloud, "sent")
    assert times(cloud, "invoked", event) == [0, 60, 180]
    assert cloud.journal.of(message=event)[-1].kind == "dropped"


def test_the_dead_letter_queue_of_a_rule_gets_what_was_not_delivered_and_not_what_failed(cloud: Cloud) -> None:
    """M6: the dead-letter queue of a rule gets the events that the rule's function fails on.

    To deliver is to have an event accepted: what a function does with it afterwards comes to the function's own target.
    The rule's queue is for what could not be handed over.
    Source: "Using dead-letter queues to process undelivered events in EventBridge"; fact
    ``eventbridge.lambda_invocation``; "Capturing records of Lambda asynchronous invocations"; "How Lambda handles
    errors and retries with asynchronous invocation".
    """
    failures, undelivered = queue("failures"), queue("undelivered")
    let_in = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": arn(undelivered)}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [let_in]})
    client("sqs").set_queue_attributes(QueueUrl=undelivered, Attributes={"Policy": policy})
    functions = {name: cloud.deploy(name, FAIL) for name in ("alone", "watched", "closed")}
    client("lambda").put_function_event_invoke_config(
        FunctionName="watched", DestinationConfig={"OnFailure": {"Destination": arn(failures)}}
    )
    for name in ("alone", "watched"):
        client("lambda").add_permission(
            FunctionName=name,
            StatementId="rule",
            Action="lambda:InvokeFunction",
            Principal="events.amazonaws.com",
        )
    client("events").put_rule(Name="orders", EventPattern=json.dumps({"source": ["shop"]}))
    targets = [
        {"Id": name, "Arn": function, "DeadLetterConfig": {"Arn": arn(undelivered)}}
        for name, function in functions.items()
    ]
    client("events").put_targets(Rule="orders", Targets=targets)
    client("events").put_events(Entries=[{"Source": "shop", "DetailType": "Order", "Detail": "{}"}])
    cloud.settle()
    assert len(cloud.journal.of("failed")) == 6, "two of them got the event, and failed on it three times"
    assert len(cloud.journal.of("delivered", "events:default")) == 2
    (letter,) = client("sqs").receive_message(
        QueueUrl=undelivered, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
    )["Messages"]
    assert letter["MessageAttributes"]["TARGET_ARN"]["StringValue"] == functions["closed"]
    assert letter["MessageAttributes"]["ERROR_CODE"]["StringValue"] == "NO_PERMISSIONS"
    (record,) = client("sqs").receive_message(QueueUrl=failures, MaxNumberOfMessages=10)["Messages"]
    assert ":watched" in json.loads(record["Body"])["requestContext"]["functionArn"]


# -- concurrency -------------------------------------------------------------------------------------------------------


def test_concurrency_is_rate_times_duration_and_a_reservation_warms_nothing(cloud: Cloud) -> None:
    """M22: concurrency is the number of requests in a second, and what is reserved is kept warm.

    Source: "Understanding Lambda function scaling"; "Configuring reserved concurrency for a function".
    """
    cloud.deploy(
        "issue",
        "import time\ntime.sleep(4)\ndef handler(event, context):\n    time.sleep(event['seconds'])\n",
        timeout=30,
    )
    reserve(1)
    cloud.advance(minutes=10)
    begun = cloud.clock.date
    invoke(kind="RequestResponse", seconds=0.2)
    assert (cloud.clock.date - begun).total_seconds() == 4.2, "the reserved environment was not there"
    for _ in range(4):
        invoke(kind="RequestResponse", seconds=0.2)
    assert (cloud.clock.date - begun).total_seconds() == 5
    assert not cloud.journal.of("throttled"), "five in a second, one after the other, are a concurrency of one"
    invoke(seconds=10)
    cloud.advance(seconds=5)
    invoke(seconds=10)
    cloud.advance(seconds=1)
    assert cloud.journal.of("throttled"), "two in ten seconds, and they overlap"


def test_a_backlog_is_taken_up_step_by_step(cloud: Cloud) -> None:
    """M23: a mapping takes up a backlog of any length at once, and goes on so when the function fails.

    Source: facts ``esm.sqs_initial_concurrency``, ``esm.sqs_scale_up_rate``; "Configuring scaling behavior for SQS
    event source mappings"; "Handling errors for an SQS event source in Lambda".
    """
    tickets = queue(VisibilityTimeout=900)
    cloud.deploy("issue", sleeping(600), timeout=900)
    send(tickets, *map(str, range(60)))
    connect(tickets, BatchSize=1)
    cloud.advance(seconds=0.1)
    assert len(cloud.journal.of("invoked")) == facts["esm.sqs_initial_concurrency"].value
    cloud.advance(seconds=6)
    assert facts["esm.sqs_initial_concurrency"].value < len(cloud.journal.of("invoked")) < 60
    cloud.advance(seconds=60)
    assert len(cloud.journal.of("invoked")) == 60
    backlog = queue("backlog", VisibilityTimeout=60)
    cloud.deploy("charge", sleeping(0.2), timeout=10)
    send(backlog, *map(str, range(1500)))
    begun = cloud.clock.now / SECOND
    cloud.faults.errors("charge", rate=0.2, start=begun + 6)
    connect(backlog, "charge", BatchSize=1)
    cloud.advance(seconds=12)
    seconds = [event.seconds - begun for event in cloud.journal.of("succeeded")]
    assert sum(10 < at <= 12 for at in seconds) < 0.6 * sum(4 < at <= 6 for at in seconds)
    assert cloud.journal.of("received")[-1].detail["count"] == 1, "there was a backlog to the end"


# -- the list ----------------------------------------------------------------------------------------------------------


def test_each_misconception_of_the_list_has_its_story() -> None:
    stories = [str(story.__doc__) for name, story in globals().items() if name.startswith("test_") and story.__doc__]
    found = {int(match[1]): text for text in stories if (match := re.match(r"M(\d+): ", text))}
    assert len(found) == len(stories), "a docstring begins with the number and the belief"
    assert set(found) == TOLD
    assert {number for number, text in found.items() if "Half of the story" in text} == set(HALF_TOLD)
