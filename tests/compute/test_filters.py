"""Filters of an event source mapping: what they reject never reaches the function, and is gone.

AWS Lambda Developer Guide, "Control which events Lambda sends to your function", "Using event filtering with an Amazon
SQS event source", "... with a Kinesis event source", "... with a DynamoDB event source" (read 2026-11). Misconception
16: "Messages my filter rejects stay for someone else."
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from world import COUNT, World, client


def criteria(*patterns: Any) -> dict[str, Any]:
    filters = [{"Pattern": one if isinstance(one, str) else json.dumps(one)} for one in patterns]
    return {"FilterCriteria": {"Filters": filters}}


WANTS_TYRE = {"body": {"kind": ["tyre"]}}


def test_a_message_that_no_filter_wants_is_deleted(world: World) -> None:
    """M16: "Lambda automatically removes the message from the queue"."""
    queue = world.queue()
    world.deploy(COUNT)
    world.map(queue, **criteria(WANTS_TYRE))
    wanted, unwanted = world.send(queue, '{"kind": "tyre"}', '{"kind": "wheel"}')
    world.cloud.settle()
    assert [kind for _, kind in world.story(unwanted)] == ["sent", "received", "filtered", "deleted"]
    assert "invoked" in [kind for _, kind in world.story(wanted)]
    assert world.counts(queue) == (0, 0)
    assert world.whys("filtered") == ["no filter of issue wants it"]


def test_a_queue_full_of_unwanted_messages_is_emptied_without_an_invocation(world: World) -> None:
    """Nothing is invoked, nothing is left."""
    queue = world.queue()
    world.deploy(COUNT)
    world.send(queue, *['{"kind": "wheel"}'] * 35)
    world.map(queue, **criteria(WANTS_TYRE))
    world.cloud.settle()
    assert world.counts(queue) == (0, 0)
    assert not world.cloud.journal.of("invoked")


def test_a_batch_is_filled_with_wanted_messages(world: World) -> None:
    """ "Lambda applies your filter criteria to each new event to determine whether to add it to the current batch"."""
    queue = world.queue()
    world.deploy(COUNT)
    world.send(queue, *['{"kind": "wheel"}', '{"kind": "tyre"}'] * 10)
    world.map(queue, MaximumBatchingWindowInSeconds=5, BatchSize=10, **criteria(WANTS_TYRE))
    world.cloud.settle()
    assert world.batches()[0][1] == 10


def test_a_fifo_queue_filters_too(world: World) -> None:
    """What is filtered out of a group does not hold the group up."""
    queue = world.queue("orders.fifo")
    world.deploy(COUNT)
    world.map(queue, **criteria(WANTS_TYRE))
    first, second = world.send(queue, '{"kind": "wheel"}', '{"kind": "tyre"}', group="g")
    world.cloud.settle()
    assert [kind for _, kind in world.story(first)][-2:] == ["filtered", "deleted"]
    assert [kind for _, kind in world.story(second)][-2:] == ["succeeded", "deleted"]


# "Properly filtering Amazon SQS messages": the body, the pattern, whether the message is kept.
FORMATS = [
    ("text, text", "hello", {"body": ["hello"]}, True),
    ("text, other text", "hello", {"body": ["goodbye"]}, False),
    ("text, prefix of a text", "hello", {"body": [{"prefix": "he"}]}, True),
    ("text, JSON", "hello", {"body": {"a": ["x"]}}, False),
    ("text, absence in JSON", "hello", {"body": {"a": [{"exists": False}]}}, False),
    ("text, other keys", "hello", {"eventSource": ["aws:sqs"]}, True),
    ("text, other keys, unlike", "hello", {"eventSource": ["aws:kinesis"]}, False),
    ("JSON, JSON", '{"a": "x"}', {"body": {"a": ["x"]}}, True),
    ("JSON, other JSON", '{"a": "y"}', {"body": {"a": ["x"]}}, False),
    ("JSON, absence", '{"a": "y"}', {"body": {"b": [{"exists": False}]}}, True),
    ("JSON, text", '{"a": "x"}', {"body": ['{"a": "x"}']}, False),
    ("JSON, anything but a text", '{"a": "x"}', {"body": [{"anything-but": "y"}]}, False),
    ("JSON, other keys", '{"a": "x"}', {"eventSource": ["aws:sqs"]}, True),
    ("JSON array, JSON", '[{"a": "x"}]', {"body": {"a": ["x"]}}, True),
    ("a number is text", "42", {"body": ["42"]}, True),
    ("either form, text", "hello", {"$or": [{"body": ["hello"]}, {"body": {"a": ["x"]}}]}, True),
    ("either form, JSON", '{"a": "x"}', {"$or": [{"body": ["hello"]}, {"body": {"a": ["x"]}}]}, True),
]


@pytest.mark.parametrize(("body", "pattern", "kept"), [case[1:] for case in FORMATS], ids=[c[0] for c in FORMATS])
def test_body_and_pattern_must_have_the_same_form(world: World, body: str, pattern: Any, kept: bool) -> None:
    """ "If there is a mismatch, Lambda drops the message"."""
    queue = world.queue()
    world.deploy(COUNT)
    world.map(queue, **criteria(pattern))
    world.send(queue, body)
    world.cloud.settle()
    assert bool(world.cloud.journal.of("invoked")) is kept
    assert bool(world.cloud.journal.of("filtered")) is not kept


def test_filters_are_an_or(world: World) -> None:
    """ "Your filters are logically ORed together"."""
    queue = world.queue()
    world.deploy(COUNT)
    world.map(queue, **criteria({"body": {"kind": ["a"]}}, {"body": {"kind": ["b"]}}))
    world.send(queue, '{"kind": "a"}', '{"kind": "b"}', '{"kind": "c"}')
    world.cloud.settle()
    assert len(world.cloud.journal.of("filtered")) == 1


def test_filters_can_be_changed_and_taken_away(world: World) -> None:
    """UpdateEventSourceMapping, with an empty FilterCriteria to remove them."""
    queue = world.queue()
    world.deploy(COUNT)
    mapping = world.map(queue, **criteria({"body": {"kind": ["a"]}}))
    world.awslambda.update_event_source_mapping(UUID=mapping, **criteria({"body": {"kind": ["b"]}}))
    world.send(queue, '{"kind": "a"}')
    world.cloud.settle()
    world.awslambda.update_event_source_mapping(UUID=mapping, FilterCriteria={})
    world.send(queue, '{"kind": "a"}')
    world.cloud.settle()
    assert len(world.cloud.journal.of("filtered")) == len(world.cloud.journal.of("invoked")) == 1


# -- streams -----------------------------------------------------------------------------------------------------------


def stream(world: World, pattern: Any, **settings: Any) -> None:
    client("kinesis").create_stream(StreamName="clicks", ShardCount=1)
    arn = client("kinesis").describe_stream(StreamName="clicks")["StreamDescription"]["StreamARN"]
    world.deploy(COUNT)
    world.awslambda.create_event_source_mapping(
        EventSourceArn=arn, FunctionName="issue", StartingPosition="TRIM_HORIZON", **criteria(pattern), **settings
    )


@pytest.mark.parametrize(
    ("data", "pattern", "kept"),
    [
        (b'{"kind": "a"}', {"data": {"kind": ["a"]}}, True),
        (b'{"kind": "b"}', {"data": {"kind": ["a"]}}, False),
        (b"plain", {"data": {"kind": ["a"]}}, False),
        (b"\xff\xfe", {"data": {"kind": ["a"]}}, False),
        (b"plain", {"partitionKey": ["k"]}, True),
        (b"plain", {"partitionKey": ["other"]}, False),
        (b'{"kind": "a"}', {"partitionKey": ["k"], "data": {"kind": ["a"]}}, True),
        (b'{"t": 55}', {"data": {"t": [{"numeric": [">", 50, "<=", 60]}]}}, True),
    ],
    ids=["JSON", "other JSON", "text", "bytes", "key", "other key", "both", "numeric"],
)
def test_kinesis_data_are_decoded_before_they_are_compared(world: World, data: bytes, pattern: Any, kept: bool) -> None:
    """ "Properly filtering Kinesis and DynamoDB messages"."""
    stream(world, pattern)
    client("kinesis").put_record(StreamName="clicks", PartitionKey="k", Data=data)
    world.cloud.settle()
    assert bool(world.cloud.journal.of("invoked")) is kept
    assert bool(world.cloud.journal.of("filtered", "kinesis:clicks")) is not kept


def test_a_streams_reader_passes_by_what_it_does_not_want(world: World) -> None:
    """ "The streams iterator advances past this record"; the record stays in the stream."""
    stream(world, {"data": {"kind": ["a"]}}, BatchSize=2)
    for number in range(10):
        data = json.dumps({"kind": "ab"[number % 2]})
        client("kinesis").put_record(StreamName="clicks", PartitionKey="k", Data=data.encode())
    world.cloud.settle()
    assert [size for _, size in world.batches()] == [2, 2, 1]
    assert len(world.cloud.journal.of("filtered")) == 5


@pytest.mark.parametrize(
    ("pattern", "kept"),
    [
        ({"eventName": ["INSERT"]}, 1),
        ({"dynamodb": {"NewImage": {"stage": {"S": ["paid"]}}}}, 1),
        ({"dynamodb": {"Keys": {"id": {"S": ["1"]}}}}, 2),
        ({"dynamodb": {"OldImage": {"stage": {"S": [{"exists": True}]}}}}, 1),
        ({"userIdentity": {"type": ["Service"]}}, 0),
    ],
    ids=["event name", "new image", "keys", "old image", "time to live"],
)
def test_changes_of_a_table_are_filtered(world: World, pattern: Any, kept: int) -> None:
    """ "Using event filtering with a DynamoDB event source"."""
    table = client("dynamodb")
    table.create_table(
        TableName="orders",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )
    world.deploy(COUNT)
    world.awslambda.create_event_source_mapping(
        EventSourceArn=table.describe_table(TableName="orders")["Table"]["LatestStreamArn"],
        FunctionName="issue",
        StartingPosition="TRIM_HORIZON",
        **criteria(pattern),
    )
    table.put_item(TableName="orders", Item={"id": {"S": "1"}, "stage": {"S": "new"}})
    table.put_item(TableName="orders", Item={"id": {"S": "1"}, "stage": {"S": "paid"}})
    world.cloud.settle()
    assert len(world.cloud.journal.of("invoked")) == kept
    assert len(world.cloud.journal.of("filtered")) == 2 - kept


# -- what is refused ---------------------------------------------------------------------------------------------------

BAD = [
    "{",
    "null",
    "[]",
    "{}",
    '{"body": "x"}',
    '{"body": []}',
    '{"body": [{"begins": "x"}]}',
    '{"body": [{"wildcard": "x*"}]}',
]


@pytest.mark.parametrize("pattern", BAD)
def test_a_pattern_that_is_none_is_refused_when_the_mapping_is_made_or_changed(world: World, pattern: str) -> None:
    """InvalidParameterValueException, with AWS's sentence."""
    queue = world.queue()
    world.deploy(COUNT)
    with pytest.raises(ClientError, match=r"Invalid filter pattern definition\.") as refused:
        world.map(queue, **criteria(pattern))
    assert refused.value.response["Error"]["Code"] == "InvalidParameterValueException"
    assert world.awslambda.list_event_source_mappings()["EventSourceMappings"] == []
    mapping = world.map(queue)
    with pytest.raises(ClientError, match="Invalid filter pattern definition"):
        world.awslambda.update_event_source_mapping(UUID=mapping, **criteria(pattern))


def test_a_streams_pattern_for_plain_text_is_refused(world: World) -> None:
    """ "The filter pattern for data properties must be in a valid JSON format"."""
    with pytest.raises(ClientError, match="Invalid filter pattern definition"):
        stream(world, {"data": ["plain"]})


def test_five_filters_are_the_quota(world: World) -> None:
    """ "By default, you can define up to five different filters" (fact esm.filters_default_quota)."""
    queue = world.queue()
    world.deploy(COUNT)
    world.map(queue, **criteria(*[WANTS_TYRE] * 5))
    world.deploy(COUNT, "other")
    with pytest.raises(ClientError, match="quota is 5"):
        world.map(queue, "other", **criteria(*[WANTS_TYRE] * 6))


def test_a_pattern_is_at_most_4096_characters(world: World) -> None:
    """Filter, Pattern: maximum length 4096."""
    queue = world.queue()
    world.deploy(COUNT)
    with pytest.raises(ClientError, match="length less than or equal to 4096"):
        world.map(queue, **criteria({"body": {"kind": ["x" * 4096]}}))
