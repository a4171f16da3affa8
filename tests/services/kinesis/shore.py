"""A cloud with one Kinesis stream, and short words for what stories about it do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from waterline.cloud import REGION, Cloud
from waterline.journal import Event

FIRST = "shardId-000000000000"
HASH_KEYS = 2**128
MIB = 2**20


@cache
def client(service: str) -> Any:
    """A client that does not try again by itself: what is refused is seen."""
    session = boto3.Session(aws_access_key_id="testing", aws_secret_access_key="testing", region_name=REGION)
    return session.client(service, config=Config(retries={"total_max_attempts": 1}))


@dataclass
class Shore:
    """A cloud, and the stream ``clicks``."""

    cloud: Cloud
    arn: str = ""

    @property
    def kinesis(self) -> Any:
        return client("kinesis")

    @property
    def events(self) -> Any:
        return self.cloud.journal

    def stream(self, shards: int = 1, **settings: Any) -> str:
        if settings.get("StreamModeDetails") != {"StreamMode": "ON_DEMAND"}:
            settings["ShardCount"] = shards
        self.kinesis.create_stream(StreamName="clicks", **settings)
        self.arn = str(self.summary()["StreamARN"])
        return self.arn

    def summary(self) -> dict[str, Any]:
        answer = self.kinesis.describe_stream_summary(StreamName="clicks")
        return dict(answer["StreamDescriptionSummary"])

    def advance(self, seconds: float) -> None:
        self.cloud.advance(seconds=seconds)

    # -- writing -----------------------------------------------------------------------------------------------------

    def put(self, data: bytes | str = b"x", key: str = "k", **options: Any) -> str:
        """Put one record; its sequence number."""
        content = data.encode() if isinstance(data, str) else data
        answer = self.kinesis.put_record(StreamName="clicks", PartitionKey=key, Data=content, **options)
        return str(answer["SequenceNumber"])

    def batch(self, count: int, data: bytes = b"x", hash_key: int | None = None) -> list[dict[str, Any]]:
        """Put so many records with one call of PutRecords; the answers."""
        record: dict[str, Any] = {"Data": data, "PartitionKey": "k"}
        if hash_key is not None:
            record["ExplicitHashKey"] = str(hash_key)
        return list(self.kinesis.put_records(StreamName="clicks", Records=[record] * count)["Records"])

    def fill(self, records: int, data: bytes = b"x", hash_key: int | None = None) -> list[dict[str, Any]]:
        """As many calls of PutRecords as it takes, at one instant; all answers."""
        answers: list[dict[str, Any]] = []
        while records > 0:
            answers += self.batch(min(records, 500), data, hash_key)
            records -= 500
        return answers

    # -- reading -----------------------------------------------------------------------------------------------------

    def iterator(self, kind: str = "TRIM_HORIZON", shard: str = FIRST, **options: Any) -> str:
        answer = self.kinesis.get_shard_iterator(StreamName="clicks", ShardId=shard, ShardIteratorType=kind, **options)
        return str(answer["ShardIterator"])

    def read(self, iterator: str | None = None, **options: Any) -> dict[str, Any]:
        return dict(self.kinesis.get_records(ShardIterator=iterator or self.iterator(), **options))

    def bodies(self, iterator: str | None = None, **options: Any) -> list[str]:
        return [record["Data"].decode() for record in self.read(iterator, **options)["Records"]]

    # -- shards ------------------------------------------------------------------------------------------------------

    def shards(self, kind: str = "AT_LATEST", **filters: Any) -> list[int]:
        """The numbers of the shards that a filter shows."""
        shown = self.kinesis.list_shards(StreamName="clicks", ShardFilter={"Type": kind, **filters})["Shards"]
        return [int(shard["ShardId"][-12:]) for shard in shown]

    def split(self, shard: str = FIRST, at: int = HASH_KEYS // 2) -> None:
        self.kinesis.split_shard(StreamName="clicks", ShardToSplit=shard, NewStartingHashKey=str(at))

    def scale(self, count: int) -> None:
        self.kinesis.update_shard_count(StreamName="clicks", TargetShardCount=count, ScalingType="UNIFORM_SCALING")

    # -- enhanced fan-out --------------------------------------------------------------------------------------------

    def register(self, name: str = "dashboard") -> str:
        answer = self.kinesis.register_stream_consumer(StreamARN=self.arn, ConsumerName=name)
        return str(answer["Consumer"]["ConsumerARN"])

    def subscribe(
        self, consumer: str, kind: str = "TRIM_HORIZON", shard: str = FIRST, **position: Any
    ) -> Iterator[Any]:
        """The events of a subscription; each waits for its instant."""
        answer = self.kinesis.subscribe_to_shard(
            ConsumerARN=consumer, ShardId=shard, StartingPosition={"Type": kind, **position}
        )
        for event in answer["EventStream"]:
            yield event["SubscribeToShardEvent"]

    # -- what happened -----------------------------------------------------------------------------------------------

    def of(self, kind: str) -> list[Event]:
        return list(self.cloud.journal.of(kind, "kinesis:clicks"))


@contextmanager
def opened(seed: int = 7) -> Iterator[Shore]:
    with Cloud(seed=seed) as cloud:
        yield Shore(cloud)


@contextmanager
def refused(code: str, words: str = "") -> Iterator[None]:
    """The block ends with this error of AWS's."""
    with pytest.raises(ClientError, match=words or None) as caught:
        yield
    assert caught.value.response["Error"]["Code"] == code


def number(shard: int) -> str:
    return f"shardId-{shard:012}"
