"""Notifications of a bucket: which, to whom, saying what, and what is refused.

Amazon S3 User Guide, "Amazon S3 Event Notifications", "Event notification types and destinations" (read 2026-11).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from attic import ACCOUNT, ANYTHING, BUCKET, CREATED, REGION, Attic, client, letting, opened, rule
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st

DELETED = ("s3:ObjectRemoved:Delete",)


def copy(attic: Attic) -> None:
    attic.put()
    attic.api.copy_object(Bucket=BUCKET, Key="b.txt", CopySource={"Bucket": BUCKET, "Key": "a.txt"})


def multipart(attic: Attic) -> None:
    upload = attic.api.create_multipart_upload(Bucket=BUCKET, Key="big", Tagging="a=1")["UploadId"]
    part = attic.api.upload_part(Bucket=BUCKET, Key="big", UploadId=upload, PartNumber=1, Body=b"x")
    attic.api.complete_multipart_upload(
        Bucket=BUCKET,
        Key="big",
        UploadId=upload,
        MultipartUpload={"Parts": [{"ETag": part["ETag"], "PartNumber": 1}]},
    )


def delete(attic: Attic) -> None:
    attic.put()
    attic.api.delete_object(Bucket=BUCKET, Key="a.txt")


def delete_many(attic: Attic) -> None:
    attic.put("a")
    attic.put("b")
    attic.api.delete_objects(Bucket=BUCKET, Delete={"Objects": [{"Key": "a"}, {"Key": "b"}]})


def tag(attic: Attic) -> None:
    attic.put(Tagging="a=1")
    attic.api.put_object_tagging(Bucket=BUCKET, Key="a.txt", Tagging={"TagSet": [{"Key": "b", "Value": "2"}]})
    attic.api.delete_object_tagging(Bucket=BUCKET, Key="a.txt")


@pytest.mark.parametrize(
    ("act", "events"),
    [
        (lambda attic: attic.put(), ["ObjectCreated:Put"]),
        (lambda attic: attic.put(Tagging="a=1"), ["ObjectCreated:Put"]),
        (copy, ["ObjectCreated:Put", "ObjectCreated:Copy"]),
        (multipart, ["ObjectCreated:CompleteMultipartUpload"]),
        (delete, ["ObjectCreated:Put", "ObjectRemoved:Delete"]),
        (delete_many, ["ObjectCreated:Put"] * 2 + ["ObjectRemoved:Delete"] * 2),
        (lambda attic: attic.api.delete_object(Bucket=BUCKET, Key="nothing"), []),
        (tag, ["ObjectCreated:Put", "ObjectTagging:Put", "ObjectTagging:Delete"]),
    ],
    ids=["put", "put with tags", "copy", "multipart", "delete", "delete many", "delete nothing", "tag"],
)
def test_each_change_is_told_once_and_under_its_own_name(
    attic: Attic, act: Callable[[Attic], object], events: list[str]
) -> None:
    """Source: "Event notification types and destinations": the event types."""
    attic.watched(ANYTHING)
    act(attic)
    assert [name for name, _ in attic.came()] == events
    written = [event.detail["change"] for event in attic.cloud.journal.of("written", f"s3:{BUCKET}")]
    assert [name.removeprefix("s3:") for name in written] == events


def test_a_versioned_bucket_tells_of_delete_markers_and_of_versions_that_go(attic: Attic) -> None:
    """Source: "Event notification types and destinations": DeleteMarkerCreated, and Delete for a version."""
    attic.watched(ANYTHING, versioned=True)
    first = attic.put()["VersionId"]
    attic.put()
    attic.api.delete_object(Bucket=BUCKET, Key="a.txt")
    attic.api.delete_object(Bucket=BUCKET, Key="a.txt", VersionId=first)
    names = [name for name, _ in attic.came()]
    assert names == [
        "ObjectCreated:Put",
        "ObjectCreated:Put",
        "ObjectRemoved:DeleteMarkerCreated",
        "ObjectRemoved:Delete",
    ]


def test_only_the_event_types_of_a_rule_are_told(attic: Attic) -> None:
    """Source: PutBucketNotificationConfiguration: events that were not named are not sent."""
    attic.watched(DELETED)
    delete(attic)
    copy(attic)
    assert [name for name, _ in attic.came()] == ["ObjectRemoved:Delete"]


@pytest.mark.parametrize(
    ("prefix", "suffix", "keys"),
    [
        ("images/", None, ["images/a.jpg", "images/b.png"]),
        (None, ".jpg", ["images/a.jpg", "c.jpg"]),
        ("images/", ".jpg", ["images/a.jpg"]),
    ],
)
def test_a_rule_wants_the_keys_of_its_prefix_and_suffix(
    attic: Attic, prefix: str | None, suffix: str | None, keys: list[str]
) -> None:
    """Source: "Configuring event notifications using object key name filtering"."""
    attic.watched(prefix=prefix, suffix=suffix)
    for key in ("images/a.jpg", "images/b.png", "c.jpg", "d"):
        attic.put(key)
    assert sorted(key for _, key in attic.came()) == sorted(keys)


def test_the_names_of_a_filter_may_be_written_with_a_capital(attic: Attic) -> None:
    """Source: PutBucketNotificationConfiguration: FilterRule's name is prefix or suffix."""
    attic.bucket()
    kind, wanted = rule(attic.queue(), prefix="images/")
    wanted["Filter"]["Key"]["FilterRules"][0]["Name"] = "Prefix"
    attic.notify(more=[(kind, wanted)])
    attic.put("images/a")
    attic.put("b")
    assert attic.came() == [("ObjectCreated:Put", "images/a")]


@pytest.mark.parametrize(
    ("key", "encoded"),
    [("red flower.jpg", "red+flower.jpg"), ("2026/11/a+b.txt", "2026/11/a%2Bb.txt"), ("grün", "gr%C3%BCn")],
)
def test_the_key_in_a_record_is_url_encoded_and_its_slashes_are_not(attic: Attic, key: str, encoded: str) -> None:
    """Source: "Event message structure": the key is URL-encoded, red flower.jpg becomes red+flower.jpg."""
    attic.watched()
    attic.put(key)
    assert attic.came() == [("ObjectCreated:Put", encoded)]


def test_a_record_says_what_and_where_and_when(attic: Attic) -> None:
    """Source: "Event message structure": the fields of a record."""
    attic.watched(ANYTHING)
    attic.cloud.advance(seconds=90)
    etag = attic.put("a.txt", "hello")["ETag"]
    attic.api.delete_object(Bucket=BUCKET, Key="a.txt")
    attic.cloud.settle()
    (created,), (removed,) = (body["Records"] for body in attic.read())
    assert created["eventSource"] == "aws:s3"
    assert (created["awsRegion"], created["eventTime"]) == (REGION, "2026-01-01T00:01:30.000Z")
    assert created["s3"]["bucket"]["arn"] == f"arn:aws:s3:::{BUCKET}"
    thing = created["s3"]["object"]
    assert (thing["key"], thing["size"], thing["eTag"]) == ("a.txt", 5, etag.strip('"'))
    assert removed["s3"]["object"].keys() == {"key", "sequencer"}
    assert removed["s3"]["object"]["sequencer"] > thing["sequencer"]
    assert removed["responseElements"] != created["responseElements"]


def test_an_object_of_a_versioned_bucket_has_its_version_in_the_record(attic: Attic) -> None:
    """Source: "Event message structure": versionId only for a versioned bucket."""
    attic.watched(versioned=True)
    version = attic.put()["VersionId"]
    attic.cloud.settle()
    [body] = attic.read()
    assert body["Records"][0]["s3"]["object"]["versionId"] == version


# -- who is told -------------------------------------------------------------------------------------------------------


def test_the_call_is_answered_before_anybody_is_told(attic: Attic) -> None:
    """Source: "Amazon S3 Event Notifications": notifications are delivered after the fact, in seconds."""
    attic.watched()
    attic.put()
    assert attic.read() == []
    assert len(attic.came()) == 1


def function(attic: Attic, name: str, source: str, *, allowed: bool = True) -> str:
    arn = attic.cloud.deploy(name, source)
    if allowed:
        client("lambda").add_permission(
            FunctionName=name,
            StatementId="s3",
            Action="lambda:InvokeFunction",
            Principal="s3.amazonaws.com",
            SourceArn=f"arn:aws:s3:::{BUCKET}",
            SourceAccount=ACCOUNT,
        )
    return arn


def test_a_function_is_invoked_asynchronously_and_tried_again(attic: Attic) -> None:
    """Source: "Event notification types and destinations": a function gets an asynchronous event."""
    attic.bucket()
    attic.notify(function(attic, "index", "def handler(event, context):\n    raise ValueError(event)\n"))
    attic.put()
    assert attic.cloud.journal.of("invoked") == []
    attic.cloud.settle()
    assert [event.seconds for event in attic.cloud.journal.of("failed", "lambda:index")] == [0.0, 60.0, 180.0]


def topic(name: str = "posts", *, allowed: bool = True) -> str:
    arn = str(client("sns").create_topic(Name=name)["TopicArn"])
    if allowed:
        policy = letting("s3.amazonaws.com", "sns:Publish", arn)
        client("sns").set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=policy)
    return arn


def test_a_topic_passes_the_notification_on(attic: Attic) -> None:
    """Source: "Event notification types and destinations": an SNS topic as destination."""
    attic.bucket()
    arn = topic()
    client("sns").subscribe(
        TopicArn=arn, Protocol="sqs", Endpoint=attic.queue(service="sns.amazonaws.com", ArnLike={"aws:SourceArn": arn})
    )
    attic.notify(arn)
    attic.put("a.txt")
    attic.cloud.settle()
    letters = attic.read()
    assert {letter["Subject"] for letter in letters} == {"Amazon S3 Notification"}
    messages = [json.loads(letter["Message"]) for letter in letters]
    assert [message.get("Event") for message in messages] == ["s3:TestEvent", None]
    assert messages[1]["Records"][0]["s3"]["object"]["key"] == "a.txt"


def bridged(attic: Attic, pattern: dict[str, Any]) -> None:
    """A bucket that tells EventBridge, and a rule that sends what matches to the queue ``news``."""
    attic.bucket()
    queue = attic.queue(
        service="events.amazonaws.com", ArnLike={"aws:SourceArn": f"arn:aws:events:{REGION}:{ACCOUNT}:rule/*"}
    )
    client("events").put_rule(Name="r", EventPattern=json.dumps(pattern))
    client("events").put_targets(Rule="r", Targets=[{"Id": "1", "Arn": queue}])
    attic.notify(bridge=True)


def test_eventbridge_gets_every_change_with_the_key_as_it_is(attic: Attic) -> None:
    """Source: "EventBridge event message structure": the fields, and detail-type Object Created."""
    bridged(attic, {"source": ["aws.s3"], "detail-type": ["Object Created"]})
    etag = attic.put("red flower.jpg", "hello")["ETag"]
    attic.put("b")
    attic.cloud.settle()
    first, second = attic.read()
    assert first["resources"] == [f"arn:aws:s3:::{BUCKET}"]
    assert first["id"] != second["id"]
    detail = first["detail"]
    assert (detail["reason"], detail["bucket"]) == ("PutObject", {"name": BUCKET})
    thing = detail["object"]
    assert (thing["key"], thing["size"], thing["etag"]) == ("red flower.jpg", 5, etag.strip('"'))
    assert thing["sequencer"] < second["detail"]["object"]["sequencer"]


def test_eventbridge_hears_how_an_object_was_deleted(attic: Attic) -> None:
    """Source: "EventBridge event message structure": Object Deleted and its deletion-type."""
    bridged(attic, {"detail-type": ["Object Deleted"]})
    attic.api.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    version = attic.put()["VersionId"]
    attic.api.delete_object(Bucket=BUCKET, Key="a.txt")
    attic.api.delete_object(Bucket=BUCKET, Key="a.txt", VersionId=version)
    attic.cloud.settle()
    assert [event["detail"]["deletion-type"] for event in attic.read()] == [
        "Delete Marker Created",
        "Permanently Deleted",
    ]


def test_eventbridge_stands_in_the_configuration_that_is_read_back(attic: Attic) -> None:
    """Source: GetBucketNotificationConfiguration."""
    attic.bucket()
    queue = attic.queue()
    attic.notify(queue, prefix="a/", bridge=True)
    answer = attic.api.get_bucket_notification_configuration(Bucket=BUCKET)
    assert answer["EventBridgeConfiguration"] == {}
    [found] = answer["QueueConfigurations"]
    assert (found["QueueArn"], found["Events"]) == (queue, list(CREATED))


# -- the configuration -------------------------------------------------------------------------------------------------


def test_a_queue_gets_a_test_event_when_it_becomes_a_destination(attic: Attic) -> None:
    """Source: "Event notification types and destinations", PutBucketNotificationConfiguration: s3:TestEvent."""
    attic.bucket()
    attic.notify(attic.queue())
    assert attic.read() == []
    attic.cloud.settle()
    [test] = attic.read()
    assert test.keys() == {"Service", "Event", "Time", "Bucket", "RequestId", "HostId"}
    assert (test["Service"], test["Event"], test["Bucket"]) == ("Amazon S3", "s3:TestEvent", BUCKET)


def test_a_function_gets_no_test_event(attic: Attic) -> None:
    """Source: PutBucketNotificationConfiguration: a topic and a queue are sent one."""
    attic.bucket()
    attic.notify(function(attic, "index", "def handler(event, context):\n    print(event)\n"))
    attic.cloud.settle()
    assert attic.cloud.journal.of("invoked") == []


@pytest.mark.parametrize(
    "destination",
    [
        lambda attic: attic.queue(service=None),
        lambda attic: attic.queue(service="sns.amazonaws.com"),
        lambda attic: attic.queue(ArnLike={"aws:SourceArn": "arn:aws:s3:::another"}),
        lambda attic: attic.queue(StringEquals={"aws:SourceAccount": "999999999999"}),
        lambda attic: attic.queue("news.fifo"),
        lambda attic: topic(allowed=False),
        lambda attic: function(attic, "index", "def handler(event, context): ...\n", allowed=False),
        lambda attic: f"arn:aws:sqs:{REGION}:{ACCOUNT}:missing",
        lambda attic: f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:missing",
    ],
    ids=[
        "queue without a policy",
        "queue for SNS",
        "queue for another bucket",
        "queue for another account",
        "FIFO queue",
        "topic",
        "function",
        "missing queue",
        "missing function",
    ],
)
def test_a_destination_that_s3_cannot_reach_is_refused_when_it_is_configured(
    attic: Attic, destination: Callable[[Attic], str]
) -> None:
    """Source: PutBucketNotificationConfiguration: it is validated that S3 may publish to the destination."""
    attic.bucket()
    with pytest.raises(ClientError) as error:
        attic.notify(destination(attic))
    assert error.value.response["Error"]["Code"] == "InvalidArgument"
    said = error.value.response["Error"]["Message"]
    assert said == "Unable to validate the following destination configurations"
    answer = attic.api.get_bucket_notification_configuration(Bucket=BUCKET)
    assert not {"QueueConfigurations", "TopicConfigurations", "LambdaFunctionConfigurations"} & answer.keys()


def test_who_skips_the_validation_loses_the_notifications(attic: Attic) -> None:
    """Source: PutBucketNotificationConfiguration, SkipDestinationValidation."""
    attic.bucket()
    attic.notify(attic.queue(service=None), validate=False)
    attic.put()
    attic.cloud.settle()
    assert attic.read() == []
    assert {event.place for event in attic.cloud.journal.of("denied")} == {"sqs:news"}
    assert len(attic.cloud.journal.of("dropped")) == 2


AMBIGUOUS = "Configuration is ambiguously defined"


@pytest.mark.parametrize(
    ("one", "other", "refused"),
    [
        ({}, {}, True),
        ({"prefix": "images"}, {"prefix": "images/", "suffix": ".jpg"}, True),
        ({"prefix": "images/"}, {"prefix": "logs/"}, False),
        ({"suffix": ".jpg"}, {"suffix": ".png"}, False),
        ({"suffix": ".jpg"}, {"suffix": "x.jpg"}, True),
        ({"prefix": "images/", "suffix": ".jpg"}, {"prefix": "images/", "suffix": ".png"}, False),
        ({"prefix": "images/"}, {"suffix": ".jpg"}, True),
        ({"events": CREATED}, {"events": DELETED}, False),
        ({"events": CREATED}, {"events": ("s3:ObjectCreated:Put",)}, True),
        ({"events": ("s3:ObjectCreated:Copy",)}, {"events": ("s3:ObjectCreated:Put",)}, False),
    ],
)
def test_rules_that_overlap_are_refused(
    attic: Attic, one: dict[str, Any], other: dict[str, Any], refused: bool
) -> None:
    """Source: "Configuring event notifications using object key name filtering": which rules overlap."""
    attic.bucket()
    more = [rule(attic.queue("other"), **other)]
    if not refused:
        attic.notify(attic.queue(), more=more, **one)
        return
    with pytest.raises(ClientError, match=AMBIGUOUS) as error:
        attic.notify(attic.queue(), more=more, **one)
    assert error.value.response["Error"]["Code"] == "InvalidArgument"


def test_a_new_configuration_replaces_the_old_one(attic: Attic) -> None:
    """Source: PutBucketNotificationConfiguration: it replaces; an empty one turns notifications off."""
    attic.watched(prefix="a/")
    attic.notify(attic.queue("other"))
    attic.put("a/1")
    assert (attic.came(), attic.came("other")) == ([], [("ObjectCreated:Put", "a/1")])
    attic.notify()
    attic.put("a/2")
    assert attic.came("other") == []


# -- what can go wrong -------------------------------------------------------------------------------------------------


def test_a_queue_that_is_down_for_a_while_is_told_later(attic: Attic) -> None:
    """Source: "Amazon S3 Event Notifications": at least once."""
    attic.watched()
    attic.cloud.faults.outage("sqs", end=100)
    attic.put()
    attic.cloud.advance(seconds=200)
    assert attic.came() == [("ObjectCreated:Put", "a.txt")]
    assert attic.cloud.journal.of("delivered")[-1].seconds >= 100


def test_a_queue_that_is_gone_loses_the_notification_and_the_producer_hears_nothing(attic: Attic) -> None:
    """Source: "Amazon S3 Event Notifications": the call does not wait for the notification."""
    attic.watched()
    client("sqs").delete_queue(QueueUrl=f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/news")
    assert attic.put()["ResponseMetadata"]["HTTPStatusCode"] == 200
    attic.cloud.settle()
    assert [event.detail["to"] for event in attic.cloud.journal.of("dropped")] == ["sqs:news"]


def test_duplicates_come_by_faults_only(attic: Attic) -> None:
    """Source: "Amazon S3 Event Notifications": designed to be delivered at least once."""
    attic.watched()
    attic.put("a")
    assert attic.came() == [("ObjectCreated:Put", "a")]
    attic.cloud.faults.duplicates(BUCKET, rate=0.5)
    keys = [f"k{number}" for number in range(20)]
    for key in keys:
        attic.put(key)
    counts = Counter(key for _, key in attic.came())
    assert set(counts) == set(keys)
    assert set(counts.values()) == {1, 2}


COPYCAT = """
import boto3

def handler(event, context):
    boto3.client("s3").put_object(Bucket="receipts", Key="again", Body=b"")
"""


def test_a_function_that_writes_into_its_own_bucket_is_stopped(attic: Attic) -> None:
    """Source: ``lambda.recursion_stop_after``: loops through S3 are detected."""
    attic.bucket()
    attic.notify(function(attic, "copycat", COPYCAT))
    attic.put()
    attic.cloud.settle()
    assert len(attic.cloud.journal.of("invoked", "lambda:copycat")) == 16


def test_one_upload_can_be_followed_from_the_call_to_the_consumer(attic: Attic) -> None:
    attic.watched()
    attic.put("orders/1")
    attic.cloud.settle()
    [written] = attic.cloud.journal.of("written")
    assert written.message is not None
    lived = [(event.kind, event.place) for event in attic.cloud.journal.trace(written.message).events]
    place = f"s3:{BUCKET}"
    assert lived == [("written", place), ("routed", place), ("sent", "sqs:news"), ("delivered", place)]


def test_a_bucket_is_new_in_every_cloud() -> None:
    for _ in range(2):
        with opened() as attic:
            attic.bucket()
            assert "Contents" not in attic.api.list_objects_v2(Bucket=BUCKET)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.sampled_from(["put", "copy", "delete", "multipart", "outage", "wait"]), max_size=8))
def test_every_notification_is_accounted_for_at_every_instant(steps: list[str]) -> None:
    """Each change that a rule wants is routed once; each copy is delivered, or dropped, or under way."""
    with opened() as attic:
        attic.watched(ANYTHING)
        for step in steps:
            if step == "wait":
                attic.cloud.advance(seconds=30)
            elif step == "outage":
                attic.cloud.faults.outage("sqs", end=attic.cloud.clock.now / 1e6 + 50)
            else:
                {"put": lambda a: a.put(), "copy": copy, "delete": delete, "multipart": multipart}[step](attic)
            counts = Counter(event.kind for event in attic.cloud.journal.of(place=f"s3:{BUCKET}"))
            assert counts["routed"] == counts["written"] + counts["sent"]
            assert counts["delivered"] + counts["dropped"] <= counts["routed"]
        attic.cloud.advance(minutes=10)
        counts = Counter(event.kind for event in attic.cloud.journal.of(place=f"s3:{BUCKET}"))
        assert counts["delivered"] == counts["routed"] == len(attic.cloud.journal.of("sent", "sqs:news"))


def test_the_same_seed_makes_the_same_journal() -> None:
    def told(seed: int) -> str:
        with opened(seed) as attic:
            attic.watched(ANYTHING)
            attic.cloud.faults.duplicates(BUCKET, rate=0.5)
            for act in (copy, delete, multipart):
                act(attic)
            attic.cloud.settle()
            return attic.cloud.journal.digest()

    assert told(3) == told(3) != told(4)
