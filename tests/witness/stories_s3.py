"""Buckets that notify. Sources: Amazon S3 User Guide and API Reference (read 2026-11)."""

from __future__ import annotations

import json
from typing import Any

from stage import Stage, refusal
from telling import Stories

STORIES = Stories("S3")


def _bucket(stage: Stage, **configuration: Any) -> str:
    """A bucket's name; its notification configuration."""
    bucket = f"{stage.name}-bucket"
    stage.s3.create_bucket(Bucket=bucket)
    if configuration:
        stage.s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=configuration)
    return bucket


def _to_queue(stage: Stage, queue: str, *events: str, **rules: str) -> dict[str, Any]:
    """A configuration of one queue; `rules`: Prefix, Suffix."""
    one: dict[str, Any] = {"QueueArn": stage.arn(queue), "Events": list(events or ["s3:ObjectCreated:*"])}
    if rules:
        one["Filter"] = {"Key": {"FilterRules": [{"Name": name, "Value": value} for name, value in rules.items()]}}
    return {"QueueConfigurations": [one]}


def _put(stage: Stage, bucket: str, key: str) -> None:
    stage.s3.put_object(Bucket=bucket, Key=key, Body=b"hello")


def _noticed(stage: Stage, queue: str) -> list[list[str]]:
    """The events and keys that arrived in a queue, sorted."""
    stage.quiet()
    bodies = [json.loads(body) for body in stage.bodies(queue)]
    records = [record for body in bodies for record in body.get("Records", [])]
    return sorted([record["eventName"], record["s3"]["object"]["key"]] for record in records)


@STORIES.tell("An object that is put is noticed.", "Event message structure", [["ObjectCreated:Put", "a.txt"]])
def object_put(stage: Stage) -> Any:
    queue = stage.open_queue()
    _put(stage, _bucket(stage, **_to_queue(stage, queue)), "a.txt")
    return _noticed(stage, queue)


@STORIES.tell(
    "A notification says which bucket, key, size and hash.",
    "Event message structure",
    [True, "a.txt", 5, "5d41402abc4b2a76b9719d911017c592", "aws:s3"],
)
def notification_structure(stage: Stage) -> Any:
    queue = stage.open_queue()
    bucket = _bucket(stage, **_to_queue(stage, queue))
    _put(stage, bucket, "a.txt")
    stage.quiet()
    (record,) = next(found for body in stage.bodies(queue) if (found := json.loads(body).get("Records")))
    thing = record["s3"]["object"]
    return [record["s3"]["bucket"]["name"] == bucket, thing["key"], thing["size"], thing["eTag"], record["eventSource"]]


@STORIES.tell("A queue that is named gets a test event first.", "Amazon S3 Event Notifications", ["s3:TestEvent"])
def test_event(stage: Stage) -> Any:
    queue = stage.open_queue()
    _bucket(stage, **_to_queue(stage, queue))
    return [json.loads(body).get("Event") for body in stage.arrived(queue, 1, within=3)]


@STORIES.tell(
    "A key's prefix and suffix decide, both of them.",
    "Configuring event notifications using object key name filtering",
    [["ObjectCreated:Put", "in/a.png"]],
)
def notification_filter(stage: Stage) -> Any:
    queue = stage.open_queue()
    bucket = _bucket(stage, **_to_queue(stage, queue, Prefix="in/", Suffix=".png"))
    for key in ("in/a.png", "in/a.jpg", "out/a.png"):
        _put(stage, bucket, key)
    return _noticed(stage, queue)


@STORIES.tell(
    "Keys in a notification are encoded as in a URL, a space as a plus sign.",
    "Event message structure",
    [["ObjectCreated:Put", "a+b/%C3%A9.txt"]],
)
def notification_key_is_encoded(stage: Stage) -> Any:
    queue = stage.open_queue()
    _put(stage, _bucket(stage, **_to_queue(stage, queue)), "a b/é.txt")
    return _noticed(stage, queue)


@STORIES.tell(
    "Only events of the configured types are noticed; a copy and a removal have names of their own.",
    "Event notification types and destinations",
    [["ObjectCreated:Copy", "b.txt"], ["ObjectRemoved:Delete", "a.txt"]],
)
def notification_types(stage: Stage) -> Any:
    queue = stage.open_queue()
    bucket = _bucket(stage, **_to_queue(stage, queue, "s3:ObjectCreated:Copy", "s3:ObjectRemoved:*"))
    _put(stage, bucket, "a.txt")
    stage.s3.copy_object(Bucket=bucket, Key="b.txt", CopySource={"Bucket": bucket, "Key": "a.txt"})
    stage.s3.delete_object(Bucket=bucket, Key="a.txt")
    return _noticed(stage, queue)


@STORIES.tell(
    "Configurations whose filters overlap for one type of event are refused.",
    "Configuring event notifications using object key name filtering",
    "InvalidArgument",
)
def notifications_that_overlap(stage: Stage) -> Any:
    queue = stage.open_queue()
    (first,) = _to_queue(stage, queue, Prefix="in/")["QueueConfigurations"]
    (second,) = _to_queue(stage, queue, Prefix="in/deep")["QueueConfigurations"]
    return refusal(_bucket, stage, QueueConfigurations=[first, second])


@STORIES.tell(
    "A queue that is FIFO, or is not there, is refused as a destination.",
    "Event notification types and destinations",
    ["InvalidArgument", "InvalidArgument"],
)
def notification_destinations_that_are_wrong(stage: Stage) -> Any:
    fifo, gone = stage.open_queue("q.fifo"), stage.open_queue()
    wrong = [_to_queue(stage, queue) for queue in (fifo, gone)]
    stage.sqs.delete_queue(QueueUrl=gone)
    bucket, put = _bucket(stage), stage.s3.put_bucket_notification_configuration
    return [refusal(put, Bucket=bucket, NotificationConfiguration=configuration) for configuration in wrong]


@STORIES.tell("A topic hands a notification on.", "Event notification types and destinations", ["ObjectCreated:Put"])
def notification_through_a_topic(stage: Stage) -> Any:
    queue = stage.open_queue()
    topic = stage.sns.create_topic(Name=f"{stage.name}-t")["TopicArn"]
    statement = {"Effect": "Allow", "Principal": "*", "Action": "sns:Publish", "Resource": topic}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    stage.sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=policy)
    stage.sns.subscribe(
        TopicArn=topic, Protocol="sqs", Endpoint=stage.arn(queue), Attributes={"RawMessageDelivery": "true"}
    )
    bucket = _bucket(stage, TopicConfigurations=[{"TopicArn": topic, "Events": ["s3:ObjectCreated:*"]}])
    _put(stage, bucket, "a.txt")
    return [name for name, _ in _noticed(stage, queue)]


@STORIES.tell(
    "With EventBridge switched on every event goes to the default bus.",
    "EventBridge event message structure",
    ["Object Created", "aws.s3", "a.txt"],
)
def notification_through_a_bus(stage: Stage) -> Any:
    queue = stage.open_queue()
    bucket, rule = _bucket(stage, EventBridgeConfiguration={}), f"{stage.name}-r"
    pattern = {"source": ["aws.s3"], "detail": {"bucket": {"name": [bucket]}}}
    stage.events.put_rule(Name=rule, EventPattern=json.dumps(pattern))
    stage.events.put_targets(Rule=rule, Targets=[{"Id": "1", "Arn": stage.arn(queue)}])
    _put(stage, bucket, "a.txt")
    event = json.loads(stage.arrived(queue, 1)[0])
    return [event["detail-type"], event["source"], event["detail"]["object"]["key"]]
