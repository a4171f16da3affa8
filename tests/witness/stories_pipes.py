"""Pipes from a table's stream to a topic. Sources: Amazon EventBridge User Guide, Pipes API (read 2026-11)."""

from __future__ import annotations

import json
from typing import Any

from stage import Stage, refusal
from telling import Stories

STORIES = Stories("Pipes")


def _table(stage: Stage) -> tuple[str, str]:
    """A table's name and its stream's ARN."""
    table = stage.dynamodb.create_table(
        TableName=f"{stage.name}-t",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    )["TableDescription"]
    return table["TableName"], table["LatestStreamArn"]


def _topic(stage: Stage) -> tuple[str, str]:
    """A topic's ARN, and the URL of the queue where its messages arrive."""
    queue, topic = stage.open_queue(), stage.sns.create_topic(Name=f"{stage.name}-t")["TopicArn"]
    raw = {"RawMessageDelivery": "true"}
    stage.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=stage.arn(queue), Attributes=raw)
    return topic, queue


def _pipe(stage: Stage, source: str, target: str, start: str = "TRIM_HORIZON", **settings: Any) -> str:
    """A pipe's name, once it is in the state that it was made for."""
    pipes, name = stage.clients["pipes"], f"{stage.name}-p"
    reads = {"DynamoDBStreamParameters": {"StartingPosition": start, "BatchSize": 1}, **settings.pop("reads", {})}
    pipes.create_pipe(Name=name, Source=source, Target=target, RoleArn=stage.role, SourceParameters=reads, **settings)
    stage.until(lambda: pipes.describe_pipe(Name=name)["CurrentState"] in ("RUNNING", "STOPPED"), 60)
    return name


def _changed(stage: Stage, table: str, *names: str) -> None:
    for name in names:
        stage.dynamodb.put_item(TableName=table, Item={"id": {"S": name}})


def _keys(bodies: list[str]) -> list[str]:
    """The keys of the records, in order."""
    return [json.loads(body)["dynamodb"]["Keys"]["id"]["S"] for body in bodies]


@STORIES.tell("A pipe brings what a stream gets, in order, each record by itself.", "CreatePipe", ["a", "b"])
def piped(stage: Stage) -> Any:
    (table, stream), (topic, queue) = _table(stage), _topic(stage)
    _pipe(stage, stream, topic)
    _changed(stage, table, "a", "b")
    return _keys(stage.arrived(queue, 2, within=15))


@STORIES.tell(
    "From the trim horizon a pipe brings what was there before it.",
    "Amazon EventBridge Pipes sources",
    ["before", "after"],
)
def piped_from_the_horizon(stage: Stage) -> Any:
    (table, stream), (topic, queue) = _table(stage), _topic(stage)
    _changed(stage, table, "before")
    _pipe(stage, stream, topic)
    _changed(stage, table, "after")
    return _keys(stage.arrived(queue, 2, within=15))


@STORIES.tell("A pipe that is stopped brings nothing; once started it goes on where it was.", "StopPipe", [[], ["a"]])
def piped_after_a_stop(stage: Stage) -> Any:
    (table, stream), (topic, queue) = _table(stage), _topic(stage)
    name = _pipe(stage, stream, topic, DesiredState="STOPPED")
    _changed(stage, table, "a")
    stage.quiet(6)
    before = stage.bodies(queue)
    stage.clients["pipes"].start_pipe(Name=name)
    return [before, _keys(stage.arrived(queue, 1, within=90))]


@STORIES.tell(
    "A filter of a pipe lets through what it wants.", "Event filtering in Amazon EventBridge Pipes", ["wanted"]
)
def piped_through_a_filter(stage: Stage) -> Any:
    (table, stream), (topic, queue) = _table(stage), _topic(stage)
    pattern = json.dumps({"dynamodb": {"Keys": {"id": {"S": ["wanted"]}}}})
    _pipe(stage, stream, topic, reads={"FilterCriteria": {"Filters": [{"Pattern": pattern}]}})
    _changed(stage, table, "other", "wanted")
    return _keys(stage.arrived(queue, 2, within=15))


@STORIES.tell(
    "A template shapes what the target gets.", "Amazon EventBridge Pipes input transformation", [{"changed": "a"}]
)
def piped_through_a_template(stage: Stage) -> Any:
    (table, stream), (topic, queue) = _table(stage), _topic(stage)
    template = {"InputTemplate": '{"changed": <$.dynamodb.Keys.id.S>}'}
    _pipe(stage, stream, topic, TargetParameters=template)
    _changed(stage, table, "a")
    told = [json.loads(body) for body in stage.arrived(queue, 1, within=15)]
    return ["the whole record" if "eventID" in one else one for one in told]


@STORIES.tell("A region has one pipe of a name.", "CreatePipe", "ConflictException")
def piped_twice(stage: Stage) -> Any:
    (_, stream), (topic, _) = _table(stage), _topic(stage)
    _pipe(stage, stream, topic)
    return refusal(_pipe, stage, stream, topic)
