"""A stream: a hundred thousand records over ten shards, through a mapping."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
from cases import TRIVIAL, bare_simpy
from measure import Ratio, Work, race
from moto import mock_aws

from waterline.cloud import Cloud

TITLE = "Records through a stream (ten shards at their limit of 1,000 records a second, a mapping with batch size 100)"
FULL, TINY = 100_000, 1_000
"""How many records."""

_SHARDS = 10
_AT_ONCE = 500
_A_SECOND = 10_000
_MOTOS_SHARE = 10
"""Bare moto gets a tenth: its cost grows with what is in the stream."""


def _records(first: int) -> list[dict[str, Any]]:
    width = 2**128 // _SHARDS
    return [
        {"Data": str(number).encode(), "PartitionKey": "k", "ExplicitHashKey": str(width * (number % _SHARDS))}
        for number in range(first, first + _AT_ONCE)
    ]


def _fill(cloud: Cloud, kinesis: Any, records: int) -> None:
    for first in range(0, records, _AT_ONCE):
        kinesis.put_records(StreamName="clicks", Records=_records(first))
        if (first + _AT_ONCE) % _A_SECOND == 0:
            cloud.advance(seconds=1)
    cloud.settle()


@contextmanager
def the_lab(records: int) -> Iterator[Work]:
    with Cloud(seed=7) as cloud:
        kinesis, awslambda = boto3.client("kinesis"), boto3.client("lambda")
        kinesis.create_stream(StreamName="clicks", ShardCount=_SHARDS)
        arn = kinesis.describe_stream_summary(StreamName="clicks")["StreamDescriptionSummary"]["StreamARN"]
        cloud.deploy("count", TRIVIAL)
        awslambda.create_event_source_mapping(
            EventSourceArn=arn, FunctionName="count", StartingPosition="TRIM_HORIZON", BatchSize=100
        )
        yield lambda: _fill(cloud, kinesis, records)
        assert len(cloud.journal.of("succeeded")) == records
        assert not cloud.journal.of("throttled")


@contextmanager
def bare_moto(records: int) -> Iterator[Work]:
    """By hand: put, and read every shard to its end."""
    with mock_aws():
        kinesis = boto3.client("kinesis")
        kinesis.create_stream(StreamName="clicks", ShardCount=_SHARDS)
        found: list[int] = []

        def work() -> None:
            for first in range(0, records, _AT_ONCE):
                kinesis.put_records(StreamName="clicks", Records=_records(first))
            for number in range(_SHARDS):
                iterator = kinesis.get_shard_iterator(
                    StreamName="clicks", ShardId=f"shardId-{number:012}", ShardIteratorType="TRIM_HORIZON"
                )["ShardIterator"]
                found.append(len(kinesis.get_records(ShardIterator=iterator)["Records"]))

        yield work
        assert sum(found) == records


def run(records: int, rounds: int) -> list[Ratio]:
    fewer = max(records // _MOTOS_SHARE, _AT_ONCE)
    lab, moto = f"the lab, {records:,} records", f"bare moto, put and read by hand, {fewer:,}"
    simpy = f"a SimPy process with an event for each record ({records:,})"
    contenders = {
        lab: lambda: the_lab(records),
        moto: lambda: bare_moto(fewer),
        simpy: lambda: bare_simpy(records),
    }
    return race(contenders, [(lab, moto), (lab, simpy)], rounds)
