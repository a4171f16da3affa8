"""The combinations that the course teaches, as templates: what goes in comes out, is filtered, waits, or is denied."""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys

import pytest
from deployed import HERE, bodies, client, happened, put_event, ran
from hypothesis import given, settings
from hypothesis import strategies as st

from waterline import Cloud

SHAPES = HERE / "shapes"


@pytest.mark.parametrize(
    ("filtered", "arrives"), [("no", ["on time", "delayed", "cancelled"]), ("yes", ["delayed", "cancelled"])]
)
def test_a_topic_feeds_a_queue_with_what_its_filter_lets_through(
    cloud: Cloud, filtered: str, arrives: list[str]
) -> None:
    """Source: "AWS::SNS::Topic", Subscribe."""
    stack = cloud.deploy_template(SHAPES / "topic-to-queue.yaml", parameters={"Filtered": filtered})
    for kind in ("on time", "delayed", "cancelled"):
        attributes = {"kind": {"DataType": "String", "StringValue": kind}}
        client("sns").publish(TopicArn=stack.outputs["Topic"], Message=kind, MessageAttributes=attributes)
    cloud.settle()
    assert bodies(stack.outputs["Queue"]) == arrives


def test_a_topic_that_the_queue_does_not_know_is_denied(cloud: Cloud) -> None:
    """Source: "AWS::SQS::Queue", SetQueueAttributes."""
    stack = cloud.deploy_template(SHAPES / "topic-to-queue.yaml")
    other = client("sns").create_topic(Name="other")["TopicArn"]
    queue = client("sqs").get_queue_attributes(QueueUrl=stack.outputs["Queue"], AttributeNames=["QueueArn"])
    client("sns").subscribe(TopicArn=other, Protocol="sqs", Endpoint=queue["Attributes"]["QueueArn"])
    client("sns").publish(TopicArn=other, Message="stowaway")
    cloud.settle()
    assert bodies(stack.outputs["Queue"]) == []


def test_a_rule_tells_a_topic_in_words_of_its_own(cloud: Cloud) -> None:
    """Source: "AWS::Events::Rule", PutRule, PutTargets."""
    stack = cloud.deploy_template(SHAPES / "rule-to-topic.yaml")
    put_event("harbor", {"ship": "Vasa", "minutes": 45})
    put_event("harbor", {"ship": "Mars", "minutes": 5})
    cloud.settle()
    assert [body.strip('"') for body in bodies(stack.outputs["Queue"])] == ["Vasa is 45 minutes late"]


@pytest.mark.parametrize(("allowed", "queue"), [("yes", "Queue"), ("no", "Lost")])
def test_a_rule_keeps_events_in_a_queue_if_it_may(cloud: Cloud, allowed: str, queue: str) -> None:
    """Source: "AWS::Events::Rule", PutTargets."""
    stack = cloud.deploy_template(SHAPES / "rule-to-queue.yaml", parameters={"Allowed": allowed})
    put_event("harbor", {"ship": "Vasa"})
    cloud.settle()
    [body] = bodies(stack.outputs[queue])
    assert json.loads(body)["detail"] == {"ship": "Vasa"}
    assert bodies(stack.outputs["Lost" if allowed == "yes" else "Queue"]) == []


def test_an_upload_reaches_a_queue_over_the_bus(cloud: Cloud) -> None:
    """Source: "AWS::S3::Bucket", "AWS::Events::Rule", PutBucketNotificationConfiguration."""
    stack = cloud.deploy_template(SHAPES / "upload-to-rule.yaml")
    for key in ("ships/vasa.png", "ports/turku.png"):
        client("s3").put_object(Bucket=stack.outputs["Bucket"], Key=key, Body=b"...")
    cloud.settle()
    assert bodies(stack.outputs["Queue"]) == ['"ships/vasa.png"']


def test_what_fails_waits_in_a_queue_and_is_tried_again_until_it_is_done(cloud: Cloud) -> None:
    """Source: "AWS::Serverless::Function", "Generated CloudFormation resources"."""
    stack = cloud.deploy_template(SHAPES / "retry-queue.yaml")
    up_at = dt.datetime.now(dt.UTC) + dt.timedelta(minutes=4)
    event = json.dumps({"port": "Turku", "up_at": up_at.isoformat()})
    client("lambda").invoke(FunctionName=stack.outputs["Weather"], InvocationType="Event", Payload=event)
    cloud.settle()
    assert bodies(stack.outputs["Forecasts"]) == ["Turku"]
    assert ran(cloud, stack.outputs["Weather"]) == ran(cloud, stack.outputs["Again"]) == 1
    # Two attempts of the event a minute apart, a minute's delay, then every minute until the service answers.
    failures = happened(cloud, "failed", f"lambda:{stack.outputs['Weather']}")
    assert [round(event.at / 1e6) for event in failures] == [0, 60, 120, 180]
    assert happened(cloud, "deleted", f"sqs:{stack.outputs['Later'].rpartition('/')[2]}")


@settings(max_examples=8, deadline=None)
@given(kinds=st.lists(st.sampled_from(["on time", "delayed", "cancelled"]), max_size=8), seed=st.integers(0, 3))
def test_at_every_instant_every_message_is_in_the_queue_or_filtered_out(kinds: list[str], seed: int) -> None:
    with Cloud(seed) as cloud:
        stack = cloud.deploy_template(SHAPES / "topic-to-queue.yaml", parameters={"Filtered": "yes"})
        wanted, found = [], list[str]()
        for kind in kinds:
            attributes = {"kind": {"DataType": "String", "StringValue": kind}}
            client("sns").publish(TopicArn=stack.outputs["Topic"], Message=kind, MessageAttributes=attributes)
            wanted += [] if kind == "on time" else [kind]
            cloud.advance(seconds=1)
            found += bodies(stack.outputs["Queue"])
            assert found == wanted


RUN = f"""
import json, sys
sys.path.append({str(HERE)!r})
from deployed import client
from waterline import Cloud
with Cloud(seed=3) as cloud:
    stack = cloud.deploy_template({str(SHAPES / "retry-queue.yaml")!r})
    event = json.dumps({{"port": "Turku", "up_at": "2030-01-01T00:00:00+00:00"}})
    client("lambda").invoke(FunctionName=stack.outputs["Weather"], InvocationType="Event", Payload=event)
    cloud.advance(minutes=20)
    print(json.dumps(dict(stack.resources)), cloud.journal.digest())
"""


def test_the_same_template_gives_the_same_names_and_the_same_run_in_every_process(
    capsys: pytest.CaptureFixture[str],
) -> None:
    environment = {**os.environ, "PYTHONHASHSEED": "2", "PYTHONPATH": str(HERE.parents[1])}
    done = subprocess.run([sys.executable, "-c", RUN], capture_output=True, text=True, check=True, env=environment)
    exec(compile(RUN, "run", "exec"), {})
    here = capsys.readouterr().out
    assert here == done.stdout
    assert "lab-Weather-" in here
