"""The first cloud: from a fresh process to the first queue."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from measure import Ratio, Work, race

TITLE = "The first cloud (a fresh process, to the first queue)"
FULL, TINY = 1, 1
"""How many processes, one after the other."""

_ROOT = Path(__file__).parents[2]

_LAB = """
import boto3
from waterline import Cloud
with Cloud(seed=7):
    boto3.client("sqs").create_queue(QueueName="tickets")
"""
_MOTO = """
import os
os.environ.update(AWS_ACCESS_KEY_ID="testing", AWS_SECRET_ACCESS_KEY="testing", AWS_DEFAULT_REGION="us-east-1")
import boto3, moto
with moto.mock_aws():
    boto3.client("sqs").create_queue(QueueName="tickets")
"""
_NOTHING = ""


@contextmanager
def process(program: str, times: int) -> Iterator[Work]:
    def work() -> None:
        for _ in range(times):
            subprocess.run([sys.executable, "-c", program], check=True, cwd=_ROOT)

    yield work


def run(times: int, rounds: int) -> list[Ratio]:
    lab, moto, nothing = "import waterline, open a cloud, one queue", "import boto3, moto, one queue", "bare Python"
    contenders = {
        lab: lambda: process(_LAB, times),
        moto: lambda: process(_MOTO, times),
        nothing: lambda: process(_NOTHING, times),
    }
    return race(contenders, [(lab, moto), (moto, nothing)], rounds)
