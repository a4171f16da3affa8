"""A cloud with a bucket and Firehose streams, and short words for what stories about them do."""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from waterline.cloud import REGION, Cloud

TIDY = """
import base64, json, time

def handler(event, context):
    answers = []
    for record in event["records"]:
        body = base64.b64decode(record["data"]).decode()
        data = base64.b64encode((body.upper() + "\\n").encode()).decode()
        answer = {"recordId": record["recordId"], "result": "Ok", "data": data}
        if body == "drop":
            answer["result"] = "Dropped"
        if body == "bad":
            answer["result"] = "ProcessingFailed"
        if body == "odd":
            answer["result"] = "Perhaps"
        if body == "garbled":
            answer["data"] = "?"
        if body == "stranger":
            answer["recordId"] = "nobody"
        if body != "lost":
            answers += [answer] * (1 + (body == "twice"))
    return {"records": answers}
"""
FAIL = "def handler(event, context):\n    raise RuntimeError('no')\n"
FAIL_TWICE = """
import base64
calls = []
def handler(event, context):
    calls.append(1)
    if len(calls) < 3:
        raise RuntimeError("not yet")
    return {"records": [{"recordId": r["recordId"], "result": "Ok", "data": r["data"]} for r in event["records"]]}
"""


@cache
def client(service: str, region: str = REGION) -> Any:
    session = boto3.Session(aws_access_key_id="testing", aws_secret_access_key="testing", region_name=region)
    return session.client(service, config=Config(retries={"total_max_attempts": 1}))


@dataclass
class Reservoir:
    """A cloud with the bucket ``lake``."""

    cloud: Cloud

    def __post_init__(self) -> None:
        self.s3.create_bucket(Bucket="lake")

    @property
    def firehose(self) -> Any:
        return client("firehose")

    @property
    def s3(self) -> Any:
        return client("s3")

    def create(self, name: str = "logs", source: str | None = None, firehose: Any = None, **settings: Any) -> None:
        """A stream to the bucket; settings by their names in ExtendedS3DestinationConfiguration."""
        destination = {"RoleARN": self.cloud.role, "BucketARN": "arn:aws:s3:::lake", **settings}
        options: dict[str, Any] = {}
        if source is not None:
            options["DeliveryStreamType"] = "KinesisStreamAsSource"
            options["KinesisStreamSourceConfiguration"] = {"KinesisStreamARN": source, "RoleARN": self.cloud.role}
        (firehose or self.firehose).create_delivery_stream(
            DeliveryStreamName=name, ExtendedS3DestinationConfiguration=destination, **options
        )

    def through(self, source: str, **parameters: str) -> dict[str, Any]:
        """The setting for a transformation by a function with this source."""
        arn = self.cloud.deploy("tidy", source, timeout=60)
        chosen = {"LambdaArn": arn, **parameters}
        listed = [{"ParameterName": name, "ParameterValue": value} for name, value in chosen.items()]
        return {"ProcessingConfiguration": {"Enabled": True, "Processors": [{"Type": "Lambda", "Parameters": listed}]}}

    def put(self, *bodies: str | bytes, name: str = "logs") -> list[str]:
        """Put records with one call; their identifiers."""
        records = [{"Data": body.encode() if isinstance(body, str) else body} for body in bodies]
        answer = self.firehose.put_record_batch(DeliveryStreamName=name, Records=records)
        return [entry.get("RecordId", entry.get("ErrorCode")) for entry in answer["RequestResponses"]]

    def stream(self, shards: int = 1) -> str:
        """The Kinesis stream ``clicks``; its ARN."""
        client("kinesis").create_stream(StreamName="clicks", ShardCount=shards)
        summary = client("kinesis").describe_stream_summary(StreamName="clicks")["StreamDescriptionSummary"]
        return str(summary["StreamARN"])

    def click(self, *bodies: str, key: str = "k") -> None:
        for body in bodies:
            client("kinesis").put_record(StreamName="clicks", PartitionKey=key, Data=body.encode())

    def advance(self, seconds: float) -> None:
        self.cloud.advance(seconds=seconds)

    # -- what happened -----------------------------------------------------------------------------------------------

    @property
    def keys(self) -> list[str]:
        return [entry["Key"] for entry in self.s3.list_objects_v2(Bucket="lake").get("Contents", [])]

    def content(self, key: str) -> bytes:
        body: bytes = self.s3.get_object(Bucket="lake", Key=key)["Body"].read()
        return gzip.decompress(body) if key.endswith(".gz") else body

    @property
    def objects(self) -> list[bytes]:
        """What the objects hold that were delivered, in the order of their keys."""
        return [self.content(key) for key in self.keys]

    def instants(self, kind: str = "delivered") -> list[float]:
        """When objects (or other things) happened, each instant once."""
        return list(dict.fromkeys(event.seconds for event in self.cloud.journal.of(kind, "firehose:logs")))

    def of(self, kind: str, place: str = "firehose:logs") -> Sequence[Any]:
        return self.cloud.journal.of(kind, place)


@contextmanager
def opened(seed: int = 7) -> Iterator[Reservoir]:
    with Cloud(seed=seed) as cloud:
        yield Reservoir(cloud)


@contextmanager
def refused(code: str, words: str | None = None) -> Iterator[None]:
    """The block ends with this error of AWS's."""
    with pytest.raises(ClientError, match=words) as caught:
        yield
    assert caught.value.response["Error"]["Code"] == code
