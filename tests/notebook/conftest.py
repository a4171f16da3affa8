"""One kernel per test file, with one cloud open in it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from kernel import Notebook, notebook

OPENED = """
import asyncio, datetime as dt, json, threading, time
import boto3
from waterline import Cloud
cloud = Cloud.start(seed=7)
sqs, awslambda = boto3.client("sqs"), boto3.client("lambda")

def connect(name, source, timeout=10):
    "A queue with a function behind it; returns the queue's URL."
    queue = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    cloud.deploy(name, source, timeout=timeout)
    awslambda.create_event_source_mapping(EventSourceArn=arn, FunctionName=name, BatchSize=1)
    return queue

def now():
    return dt.datetime.now(dt.UTC).isoformat()
"""


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Notebook]:
    """A kernel without a cloud."""
    with notebook(tmp_path_factory.mktemp("kernel")) as book:
        yield book


@pytest.fixture(scope="module")
def lesson(kernel: Notebook) -> Notebook:
    """A kernel in which the first cell has opened a cloud."""
    first = kernel.run(OPENED)
    assert not first.error, first.error
    return kernel
