"""What a story about tables needs: a cloud, a table, and short words for what happened to it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from waterline import Cloud

REGION = "us-east-1"


@cache
def client(service: str) -> Any:
    """One client for all tests, which tries nothing again: a story counts calls."""
    session = boto3.Session(aws_access_key_id="testing", aws_secret_access_key="testing", region_name=REGION)
    return session.client(service, config=Config(retries={"total_max_attempts": 1}))


def item(key: str, **values: Any) -> dict[str, Any]:
    """An item: texts, numbers."""
    return {"id": {"S": key}, **{name: _typed(value) for name, value in values.items()}}


def _typed(value: Any) -> dict[str, str]:
    return {"N": str(value)} if isinstance(value, int | float) else {"S": str(value)}


@dataclass
class Warehouse:
    """A cloud, and the table ``orders`` in it."""

    cloud: Cloud

    @property
    def api(self) -> Any:
        return client("dynamodb")

    def table(self, name: str = "orders", *, stream: bool = False, units: tuple[int, int] | None = None) -> str:
        """Create a table, provisioned if `units` (read, write) are given. Returns its stream's ARN, or nothing."""
        options: dict[str, Any] = {"BillingMode": "PAY_PER_REQUEST"}
        if units is not None:
            given = {"ReadCapacityUnits": units[0], "WriteCapacityUnits": units[1]}
            options = {"BillingMode": "PROVISIONED", "ProvisionedThroughput": given}
        if stream:
            options["StreamSpecification"] = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
        self.api.create_table(
            TableName=name,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            **options,
        )
        return str(self.api.describe_table(TableName=name)["Table"].get("LatestStreamArn", ""))

    def put(self, key: str, table: str = "orders", **values: Any) -> Any:
        return self.api.put_item(TableName=table, Item=item(key, **values))

    def put_sized(self, key: str, size: int, **options: Any) -> Any:
        """Put an item of about so many bytes."""
        return self.api.put_item(TableName="orders", Item=item(key, text="x" * size), **options)

    def add(self, key: str, table: str = "orders", **options: Any) -> Any:
        """Count one more."""
        return self.api.update_item(
            TableName=table,
            Key=item(key),
            UpdateExpression="ADD times :one",
            ExpressionAttributeValues={":one": {"N": "1"}},
            **options,
        )

    def get(self, key: str, table: str = "orders", **options: Any) -> dict[str, Any] | None:
        """The item's values, or None."""
        found = self.api.get_item(TableName=table, Key=item(key), **options).get("Item")
        return None if found is None else {name: next(iter(value.values())) for name, value in found.items()}

    def keys(self, table: str = "orders") -> list[str]:
        return sorted(one["id"]["S"] for one in self.api.scan(TableName=table)["Items"])

    def told(self, *kinds: str, place: str = "dynamodb:orders") -> list[tuple[str, str]]:
        """Kind and change of what the journal says of a table."""
        return [
            (event.kind, event.detail.get("change", ""))
            for event in self.cloud.journal.of(place=place)
            if not kinds or event.kind in kinds
        ]

    def records(self, arn: str, kind: str = "TRIM_HORIZON", **options: Any) -> list[dict[str, Any]]:
        """What the API reads of a stream."""
        streams = client("dynamodbstreams")
        shard = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"][0]["ShardId"]
        iterator = streams.get_shard_iterator(StreamArn=arn, ShardId=shard, ShardIteratorType=kind, **options)
        answer = streams.get_records(ShardIterator=iterator["ShardIterator"])
        return list(answer["Records"])


def refused(error: ClientError) -> tuple[str, str]:
    """Code and sentence."""
    return str(error.response["Error"]["Code"]), str(error.response["Error"]["Message"])


def reasons(error: ClientError) -> list[str]:
    """The codes of a canceled transaction."""
    return [reason["Code"] for reason in error.response["CancellationReasons"]]


@contextmanager
def opened(seed: int = 7) -> Iterator[Warehouse]:
    with Cloud(seed=seed) as cloud:
        yield Warehouse(cloud)


def printed(cloud: Cloud, function: str) -> list[Any]:
    """The lines of JSON that a function printed."""
    return [json.loads(line) for line in cloud.logs(function).splitlines() if line.startswith(("{", "["))]
