"""What goes through a pipe: filter, templates, enrichment, and what each target gets."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from plumbing import ACCOUNT, ROLE, Plumbing, client, queue_arn, wanting

from waterline.cloud import REGION

ECHO = "import json\ndef handler(events, context):\n    print(json.dumps(events))\n"


# -- sources and filters -----------------------------------------------------------------------------------------------


def test_a_message_of_a_queue_goes_on_as_the_poller_has_it(pipes: Plumbing) -> None:
    """Source: "Amazon EventBridge Pipes sources"; CreatePipe."""
    pipes.make(pipes.queue(), pipes.queue("out"))
    [message] = pipes.send({"total": 30})
    pipes.cloud.settle()
    event = json.loads(pipes.arrived()[0])
    assert (event["messageId"], event["body"], event["eventSource"]) == (message, '{"total": 30}', "aws:sqs")
    assert [each.kind for each in pipes.cloud.journal.of(message=message)] == ["sent", "received", "deleted"]


def test_a_record_of_a_stream_is_flat(pipes: Plumbing) -> None:
    """Source: "Amazon EventBridge Pipes sources"."""
    pipes.from_stream(pipes.queue("out"))
    pipes.put({"page": "/"})
    pipes.cloud.settle()
    event = json.loads(pipes.arrived()[0])
    assert (event["partitionKey"], base64.b64decode(event["data"])) == ("k", b'{"page": "/"}')
    assert "kinesis" not in event


def test_a_change_of_a_table_goes_through(pipes: Plumbing) -> None:
    """Source: "Amazon EventBridge Pipes sources"."""
    pipes.from_stream(pipes.queue("out"), pipes.table())
    client("dynamodb").put_item(TableName="orders", Item={"id": {"S": "o-1"}})
    pipes.cloud.settle()
    event = json.loads(pipes.arrived()[0])
    assert (event["eventName"], event["dynamodb"]["Keys"]) == ("INSERT", {"id": {"S": "o-1"}})


def test_what_no_filter_wants_is_deleted_from_a_queue(pipes: Plumbing) -> None:
    """Source: "Event filtering in Amazon EventBridge Pipes"; ``pipes.filters_max``."""
    criteria = {"FilterCriteria": wanting({"body": {"total": [{"numeric": [">", 20]}]}})}
    pipes.make(pipes.queue(), pipes.queue("out"), SourceParameters=criteria)
    small, large = pipes.send({"total": 10}, {"total": 30})
    pipes.cloud.settle()
    assert [json.loads(body)["messageId"] for body in pipes.arrived()] == [large]
    assert [event.message for event in pipes.cloud.journal.of("filtered")] == [small]


def test_the_data_of_a_stream_are_filtered_decoded(pipes: Plumbing) -> None:
    """Source: "Event filtering in Amazon EventBridge Pipes"."""
    pipes.from_stream(pipes.queue("out"), filters=wanting({"data": {"page": [{"prefix": "/buy"}]}}))
    pipes.put({"page": "/"}, {"page": "/buy/1"})
    pipes.cloud.settle()
    assert len(pipes.arrived()) == 1


# -- templates ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("template", "body", "text"),
    [
        ('"Hello, sender"', {}, "Hello, sender"),
        ("<$.body>", {"total": 30}, '{"total":30}'),
        ("<$.body>", "plain", "plain"),
        ('{"sum": <$.body.total>}', {"total": 30}, '{"sum":30}'),
        ('{"who": "<$.body.name>", "at": <$.body.tags[1]>}', {"name": "Ada", "tags": [1, 2]}, '{"who":"Ada","at":2}'),
        ('{"pipe": "<aws.pipes.pipe-name>"}', {}, '{"pipe":"flow"}'),
        ('{"to": "<aws.pipes.target-arn>"}', {}, f'{{"to":"{queue_arn("out")}"}}'),
        ('{"none": "<$.body.nothing>"}', {}, '{"none":""}'),
    ],
)
def test_a_template_makes_what_the_target_gets(pipes: Plumbing, template: str, body: Any, text: str) -> None:
    """Source: "Amazon EventBridge Pipes input transformation"."""
    pipes.make(pipes.queue(), pipes.queue("out"), TargetParameters={"InputTemplate": template})
    pipes.send(body)
    pipes.cloud.settle()
    assert pipes.arrived() == [text]


def test_a_template_looks_into_the_data_of_a_record(pipes: Plumbing) -> None:
    """Source: "Amazon EventBridge Pipes input transformation" (implicit body data parsing)."""
    pipes.from_stream(pipes.queue("out"), TargetParameters={"InputTemplate": '{"page": "<$.data.page>"}'})
    pipes.put({"page": "/"})
    pipes.cloud.settle()
    assert pipes.arrived() == ['{"page":"/"}']


# -- targets -----------------------------------------------------------------------------------------------------------


def test_a_function_gets_an_array_and_each_item_its_own_template(pipes: Plumbing) -> None:
    """Source: "Amazon EventBridge Pipes batching and concurrency"."""
    arn = pipes.cloud.deploy("take", ECHO)
    window = {"SqsQueueParameters": {"BatchSize": 10, "MaximumBatchingWindowInSeconds": 5}}
    pipes.make(pipes.queue(), arn, SourceParameters=window, TargetParameters={"InputTemplate": "<$.body.n>"})
    pipes.send({"n": 1}, {"n": 2})
    pipes.cloud.advance(minutes=1)
    pipes.send({"n": 3})
    pipes.cloud.settle()
    assert pipes.log("take") == ["[1, 2]", "[3]"]


@pytest.mark.parametrize(("how", "after"), [("REQUEST_RESPONSE", 1), ("FIRE_AND_FORGET", 0)])
def test_a_function_that_fails_is_waited_for_or_not(pipes: Plumbing, how: str, after: int) -> None:
    """Source: ``pipes.invocation_types``; "Amazon EventBridge Pipes error handling and troubleshooting"."""
    arn = pipes.cloud.deploy("take", "def handler(events, context):\n    raise RuntimeError('no')\n")
    source = pipes.queue(dead_after=1)
    pipes.make(source, arn, TargetParameters={"LambdaFunctionParameters": {"InvocationType": how}})
    pipes.send("a")
    pipes.cloud.settle()
    assert len(pipes.cloud.journal.of("dead-lettered", "sqs:orders")) == after


def test_a_stream_gets_a_partition_key_out_of_the_event(pipes: Plumbing) -> None:
    """Source: "Amazon EventBridge Pipes targets" (dynamic path parameters)."""
    key = {"KinesisStreamParameters": {"PartitionKey": "$.body.customer"}, "InputTemplate": "<$.body.n>"}
    pipes.make(pipes.queue(), pipes.stream(), TargetParameters=key)
    pipes.send({"customer": "c-1", "n": 1}, {"customer": "c-2", "n": 2})
    pipes.cloud.settle()
    records = pipes.cloud.journal.of("sent", "kinesis:clicks")
    assert [(record.detail["key"], record.detail["body"]) for record in records] == [("c-1", "1"), ("c-2", "2")]


def test_a_bus_gets_an_event_with_a_source_and_a_detail_type(pipes: Plumbing) -> None:
    """Source: "Amazon EventBridge Pipes targets"; CreatePipe."""
    bus = f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/default"
    parameters = {
        "EventBridgeEventBusParameters": {"Source": "shop", "DetailType": "$.body.kind"},
        "InputTemplate": '{"total": <$.body.total>}',
    }
    events = client("events")
    events.put_rule(Name="all", EventPattern='{"source": ["shop"]}')
    out = pipes.queue("out", Policy=json.dumps({"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*"}]}))
    events.put_targets(Rule="all", Targets=[{"Id": "1", "Arn": out}])
    pipes.make(pipes.queue(), bus, TargetParameters=parameters)
    [message] = pipes.send({"kind": "paid", "total": 30})
    pipes.cloud.settle()
    event = json.loads(pipes.arrived()[0])
    assert (event["source"], event["detail-type"], event["detail"]) == ("shop", "paid", {"total": 30})
    assert "sqs:out" in {each.place for each in pipes.cloud.journal.trace(message).events}


def test_a_fifo_queue_keeps_the_order_of_a_fifo_queue(pipes: Plumbing) -> None:
    """Source: "Amazon EventBridge Pipes batching and concurrency"; CreatePipe."""
    group = {"MessageGroupId": "$.attributes.MessageGroupId", "MessageDeduplicationId": "$.messageId"}
    parameters = {"SqsQueueParameters": group, "InputTemplate": "<$.body>"}
    pipes.make(pipes.queue("orders.fifo"), pipes.queue("out.fifo"), TargetParameters=parameters)
    for number in range(24):
        pipes.send(str(number), to="orders.fifo", group=f"g-{number % 2}")
    pipes.cloud.settle()
    arrived = [int(body) for body in pipes.arrived("sqs:out.fifo")]
    assert [n for n in arrived if n % 2] == list(range(1, 24, 2))
    assert [n for n in arrived if n % 2 == 0] == list(range(0, 24, 2))


def test_a_topic_gets_a_message_for_each_event(pipes: Plumbing) -> None:
    """Source: "Amazon EventBridge Pipes targets"."""
    topic = client("sns").create_topic(Name="news")["TopicArn"]
    pipes.make(pipes.queue(), topic, TargetParameters={"InputTemplate": "<$.body>"})
    pipes.send("a", "b")
    pipes.cloud.settle()
    assert [event.detail["to"] for event in pipes.cloud.journal.of("delivered", "pipes:flow")] == ["sns:news"] * 2


# -- enrichment --------------------------------------------------------------------------------------------------------


def test_an_enrichment_answers_what_goes_on(pipes: Plumbing) -> None:
    """Source: "Event enrichment in Amazon EventBridge Pipes"."""
    source = "def handler(events, context):\n    return [{'order': event['id'], 'name': 'Ada'} for event in events]\n"
    pipes.make(
        pipes.queue(),
        pipes.queue("out"),
        Enrichment=pipes.cloud.deploy("enrich", source),
        EnrichmentParameters={"InputTemplate": '{"id": <$.body.id>}'},
        TargetParameters={"InputTemplate": '{"text": "<$.order> for <$.name>"}'},
    )
    pipes.send({"id": 7})
    pipes.cloud.settle()
    assert pipes.arrived() == ['{"text":"7 for Ada"}']


@pytest.mark.parametrize(("answer", "arrives"), [("[]", []), ("{}", []), ("''", []), ("[{}]", ["{}"])])
def test_an_empty_answer_ends_the_batch(pipes: Plumbing, answer: str, arrives: list[str]) -> None:
    """Source: "Event enrichment in Amazon EventBridge Pipes" (filtering events using enrichment)."""
    enrich = pipes.cloud.deploy("enrich", f"def handler(events, context):\n    return {answer}\n")
    pipes.make(pipes.queue(), pipes.queue("out"), Enrichment=enrich)
    [message] = pipes.send("a")
    pipes.cloud.settle()
    assert pipes.arrived() == arrives
    assert pipes.cloud.journal.of(message=message)[-1].kind == "deleted"
    assert len(pipes.cloud.journal.of("filtered", "pipes:flow")) == 1 - len(arrives)


def test_an_enrichment_that_fails_fails_the_whole_batch(pipes: Plumbing) -> None:
    """Source: "Amazon EventBridge Pipes batching and concurrency" (partial batch failure)."""
    enrich = pipes.cloud.deploy("enrich", "def handler(events, context):\n    raise RuntimeError('no')\n")
    pipes.make(pipes.queue(dead_after=2), pipes.queue("out"), Enrichment=enrich)
    pipes.send("a", "b")
    pipes.cloud.settle()
    assert pipes.arrived() == []
    assert len(pipes.arrived("sqs:orders-dead")) == 0
    assert len(pipes.cloud.journal.of("dead-lettered", "sqs:orders")) == 2


# -- what is refused ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "target", "settings", "sentence"),
    [
        ("queue", queue_arn("out"), {"SourceParameters": {"SqsQueueParameters": {"BatchSize": 11}}}, "at most 10"),
        ("queue", f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/s", {}, "PartitionKey is required"),
        ("queue", f"arn:aws:sns:{REGION}:{ACCOUNT}:t.fifo", {}, "FIFO topics are not supported"),
        ("queue", f"arn:aws:ec2:{REGION}:{ACCOUNT}:instance/i", {}, "no target of this kind"),
        ("stream", queue_arn("out"), {}, "StartingPosition is required"),
        ("missing", queue_arn("out"), {}, "does not exist"),
        (
            "queue",
            queue_arn("out"),
            {"SourceParameters": {"FilterCriteria": wanting(*({"body": [str(n)]} for n in range(6)))}},
            "length less than or equal to 5",
        ),
        (
            "queue",
            queue_arn("out"),
            {"SourceParameters": {"KinesisStreamParameters": {"StartingPosition": "LATEST"}}},
            "KinesisStreamParameters is not for a source of sqs",
        ),
    ],
)
def test_a_pipe_that_cannot_be_is_refused(
    pipes: Plumbing, source: str, target: str, settings: dict[str, Any], sentence: str
) -> None:
    """Source: CreatePipe; ``pipes.target_batch``; ``pipes.batch_range``."""
    arn = {"queue": pipes.queue, "stream": pipes.stream}.get(source, lambda: queue_arn("missing"))()
    with pytest.raises(ClientError, match=sentence) as refused:
        pipes.api.create_pipe(Name="flow", Source=arn, Target=target, RoleArn=ROLE, **settings)
    assert refused.value.response["Error"]["Code"] == "ValidationException"
    assert pipes.api.list_pipes()["Pipes"] == []
