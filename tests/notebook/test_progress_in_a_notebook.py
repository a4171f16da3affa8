"""The progress bar: there for what takes longer than a second, gone when it is done, never there when switched off."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from kernel import Message, notebook

WORK = """
import boto3, time
from waterline import Cloud
cloud = Cloud.start(seed=7)
cloud.deploy("slow", "import os\\ndef handler(event, context):\\n    sum(range(200_000))", timeout=10)
sqs, awslambda = boto3.client("sqs"), boto3.client("lambda")
queue = sqs.create_queue(QueueName="slow")["QueueUrl"]
arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
awslambda.create_event_source_mapping(EventSourceArn=arn, FunctionName="slow", BatchSize=1)
def play(messages, **time):
    for number in range(messages):
        sqs.send_message(QueueUrl=queue, MessageBody=str(number))
    cloud.advance(**time) if time else cloud.settle()
"""
QUICK = "play(1)"
LONG = {"advance": "play(600, hours=1)", "settle": "play(600)"}


@pytest.mark.parametrize("verb", LONG)
def test_what_takes_longer_than_a_second_shows_progress_and_leaves_nothing_behind(tmp_path: Path, verb: str) -> None:
    with notebook(tmp_path, WATERLINE_PROGRESS="") as book:
        assert not book.run(WORK).error
        assert book.run(QUICK).shown == []
        ran = book.run(LONG[verb])
        assert not ran.error, ran.error
        assert ran.shown, "no progress was shown"
        said = json.dumps([message["content"] for message in ran.messages], ensure_ascii=False, default=str)
        assert "virtual day" in said.replace("\u2007", " ")  # tqdm puts figure spaces
        assert left_on_screen(ran.messages) == ""


def test_it_can_be_switched_off(tmp_path: Path) -> None:
    with notebook(tmp_path, WATERLINE_PROGRESS="off") as book:
        assert not book.run(WORK).error
        assert book.run(LONG["settle"]).shown == []


def left_on_screen(messages: list[Message]) -> str:
    """What is stored under the cell when it has ended, as nbformat and JupyterLab keep it."""
    outputs: dict[Any, Any] = {}
    for number, message in enumerate(messages):
        content = message["content"]
        if message["msg_type"] in ("display_data", "update_display_data"):
            outputs[content.get("transient", {}).get("display_id", number)] = content["data"]
        elif message["msg_type"] == "stream":
            outputs[number] = {"text/plain": content["text"]}
    assert all(set(data) == {"text/plain"} for data in outputs.values()), outputs
    return "".join(data["text/plain"] for data in outputs.values())
