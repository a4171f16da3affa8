"""Handlers that sleep at the same time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import boto3
import simpy
from measure import Ratio, Work, race
from moto import mock_aws

from waterline.cloud import Cloud
from waterline.compute.source import zipped

TITLE = "Handlers that sleep ten seconds at the same time (asynchronous invocations)"
FULL, TINY = 1_000, 20
"""How many."""

_SECONDS = 10
_SLEEPING = f"import time\n\ndef handler(event, context):\n    time.sleep({_SECONDS})\n"


@contextmanager
def the_lab(handlers: int) -> Iterator[Work]:
    with Cloud(seed=7) as cloud:
        cloud.deploy("sleeps", _SLEEPING, timeout=2 * _SECONDS)
        client = boto3.client("lambda")

        def work() -> None:
            for _ in range(handlers):
                client.invoke(FunctionName="sleeps", InvocationType="Event")
            cloud.settle()

        yield work
        assert [event.seconds for event in cloud.journal.of("succeeded")] == [_SECONDS] * handlers


@contextmanager
def bare_moto(handlers: int) -> Iterator[Work]:
    """The same calls; moto answers them and runs nothing."""
    with mock_aws(config={"lambda": {"use_docker": False}}):
        document = '{"Version": "2012-10-17", "Statement": []}'
        role = boto3.client("iam").create_role(RoleName="execution", AssumeRolePolicyDocument=document)["Role"]["Arn"]
        client = boto3.client("lambda")
        client.create_function(
            FunctionName="sleeps",
            Runtime="python3.13",
            Role=role,
            Handler="lambda_function.handler",
            Code={"ZipFile": zipped({"lambda_function.py": _SLEEPING})},
        )

        def work() -> None:
            for _ in range(handlers):
                client.invoke(FunctionName="sleeps", InvocationType="Event")

        yield work


@contextmanager
def simpy_processes(handlers: int) -> Iterator[Work]:
    environment = simpy.Environment()

    def process() -> Iterator[simpy.Event]:
        yield environment.timeout(_SECONDS)

    def work() -> None:
        for _ in range(handlers):
            environment.process(process())
        environment.run()

    yield work
    assert environment.now == _SECONDS


def run(handlers: int, rounds: int) -> list[Ratio]:
    lab, moto = f"the lab, {handlers:,} handlers", "bare moto, the calls only"
    simpy_runs = f"{handlers:,} SimPy processes"
    contenders = {
        lab: lambda: the_lab(handlers),
        moto: lambda: bare_moto(handlers),
        simpy_runs: lambda: simpy_processes(handlers),
    }
    return race(contenders, [(lab, moto), (lab, simpy_runs)], rounds)
