"""The stream of a DynamoDB table as an event source.

AWS Lambda Developer Guide, "Using AWS Lambda with Amazon DynamoDB"; Amazon DynamoDB Developer Guide, "Change data
capture for DynamoDB Streams" (read 2026-11).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError
from river import River
from world import client, sleeping

PRINT = "import json\ndef handler(event, context):\n    print(json.dumps(event))\n"


@dataclass
class Table:
    river: River
    view: str = "NEW_AND_OLD_IMAGES"

    def __post_init__(self) -> None:
        self.api = client("dynamodb")
        self.api.create_table(
            TableName="orders",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
            StreamSpecification={"StreamEnabled": True, "StreamViewType": self.view},
        )
        self.arn = self.api.describe_table(TableName="orders")["Table"]["LatestStreamArn"]

    def put(self, key: str, **values: str) -> None:
        self.api.put_item(TableName="orders", Item={"id": {"S": key}, **{k: {"S": v} for k, v in values.items()}})

    def update(self, key: str, value: str) -> None:
        self.api.update_item(
            TableName="orders",
            Key={"id": {"S": key}},
            UpdateExpression="SET stage = :s",
            ExpressionAttributeValues={":s": {"S": value}},
        )

    def delete(self, key: str) -> None:
        self.api.delete_item(TableName="orders", Key={"id": {"S": key}})

    def changes(self) -> list[str]:
        return [event.detail["change"] for event in self.river.journal.of("sent", "dynamodb:orders")]

    def events(self) -> list[dict[str, Any]]:
        lines = self.river.world.cloud.logs("issue").splitlines()
        return [record for line in lines if line.startswith("{") for record in json.loads(line)["Records"]]


@pytest.fixture
def table(river: River) -> Table:
    return Table(river)


def test_each_change_is_a_record(table: Table) -> None:
    """eventName: INSERT, MODIFY or REMOVE."""
    table.put("1")
    table.put("1", state="paid")
    table.delete("1")
    assert table.changes() == ["INSERT", "MODIFY", "REMOVE"]


def test_an_update_of_a_new_item_is_one_insert(table: Table) -> None:
    """moto writes two."""
    table.update("1", "new")
    table.update("1", "paid")
    assert table.changes() == ["INSERT", "MODIFY"]


def test_a_write_that_changes_nothing_writes_no_record(table: Table) -> None:
    """ "If you perform a PutItem or UpdateItem that does not change any data, no stream record is written"."""
    table.put("1", stage="new")
    table.put("1", stage="new")
    table.update("1", "new")
    table.delete("2")
    assert table.changes() == ["INSERT"]


def test_a_transaction_writes_all_its_records_or_none(table: Table) -> None:
    """TransactWriteItems is all or nothing, and so is its trace in the stream."""
    good = {"Put": {"TableName": "orders", "Item": {"id": {"S": "1"}}}}
    bad = {
        "Put": {"TableName": "orders", "Item": {"id": {"S": "2"}}, "ConditionExpression": "attribute_exists(id)"},
    }
    with pytest.raises(ClientError):
        table.api.transact_write_items(TransactItems=[good, bad])
    assert table.changes() == []
    table.api.transact_write_items(TransactItems=[good])
    assert table.changes() == ["INSERT"]
    table.put("3")
    assert table.changes() == ["INSERT", "INSERT"]


def test_the_event_is_that_of_aws(river: River, table: Table) -> None:
    """ "Example DynamoDB stream record event"."""
    river.world.deploy(PRINT)
    river.map(table.arn)
    table.put("1", state="new")
    river.settle()
    (record,) = table.events()
    (sent,) = river.journal.of("sent", "dynamodb:orders")
    assert record.pop("eventID") == sent.message
    assert record["dynamodb"].pop("SizeBytes") > 0
    assert int(record["dynamodb"].pop("SequenceNumber"))
    assert record == {
        "eventName": "INSERT",
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "us-east-1",
        "eventSourceARN": table.arn,
        "dynamodb": {
            "ApproximateCreationDateTime": 1767225600.0,
            "Keys": {"id": {"S": "1"}},
            "NewImage": {"id": {"S": "1"}, "state": {"S": "new"}},
            "StreamViewType": "NEW_AND_OLD_IMAGES",
        },
    }


@pytest.mark.parametrize(
    ("view", "images"),
    [
        ("KEYS_ONLY", set()),
        ("NEW_IMAGE", {"NewImage"}),
        ("OLD_IMAGE", {"OldImage"}),
        ("NEW_AND_OLD_IMAGES", {"NewImage", "OldImage"}),
    ],
)
def test_the_view_type_decides_what_a_record_shows(river: River, view: str, images: set[str]) -> None:
    """StreamViewType."""
    table = Table(river, view)
    river.world.deploy(PRINT)
    river.map(table.arn)
    table.put("1", state="new")
    table.put("1", state="paid")
    river.settle()
    assert {"NewImage", "OldImage"} & table.events()[1]["dynamodb"].keys() == images


def test_a_table_is_polled_four_times_a_second(river: River, table: Table) -> None:
    """ "Using AWS Lambda with Amazon DynamoDB": a base rate of four times per second (fact esm.ddb_poll_rate)."""
    river.world.deploy(PRINT)
    river.map(table.arn)
    river.advance(0.1)
    table.put("1")
    river.advance(0.1)
    table.put("2")
    river.advance(0.1)
    table.put("3")
    river.settle()
    assert [(second, len(words.split("} {"))) for second, words in river.batches()] == [(0.25, 2), (0.5, 1)]


def test_the_changes_of_one_item_stay_in_order_with_a_parallelization_factor(river: River, table: Table) -> None:
    """Order holds for the records of one item."""
    river.world.deploy(sleeping(5), timeout=10)
    river.map(table.arn, ParallelizationFactor=10, BatchSize=1)
    for value in ("a", "b", "c"):
        for key in "123":
            table.update(key, value)
    river.settle()
    per_key: dict[str, list[str]] = {}
    keys = {event.message: event.detail["key"] for event in river.journal.of("sent")}
    order = [event.message for event in river.journal.of("sent")]
    for event in river.journal.of("invoked"):
        per_key.setdefault(keys[event.message], []).append(event.message)
    assert all(messages == sorted(messages, key=order.index) for messages in per_key.values())
    assert river.batches()[-1][0] < 5 * 8


def test_a_bad_change_blocks_until_it_is_told_of(river: River, table: Table) -> None:
    """ "Retain discarded records for a DynamoDB event source in Lambda": DDBStreamBatchInfo."""
    queue, destination = river.on_failure()
    river.world.deploy("def handler(event, context):\n    raise ValueError('no')\n")
    river.map(table.arn, MaximumRetryAttempts=1, DestinationConfig=destination)
    table.put("1")
    river.settle()
    (found,) = river.told(queue)
    assert found["DDBStreamBatchInfo"]["streamArn"] == table.arn
    assert found["DDBStreamBatchInfo"]["batchSize"] == 1
    assert found["requestContext"]["condition"] == "RetryAttemptsExhausted"


def test_a_change_can_be_read_for_a_day(river: River, table: Table) -> None:
    """ "DynamoDB Streams: all data is subject to a 24-hour lifetime"."""
    table.put("1")
    river.world.cloud.advance(hours=25)
    assert [event.kind for event in river.journal] == ["written", "sent", "expired"]


def test_a_stream_that_is_switched_off_writes_nothing_more(river: River, table: Table) -> None:
    """UpdateTable, StreamEnabled false; what is there is still worked off. moto fails at the next write."""
    river.world.deploy(PRINT)
    river.map(table.arn)
    table.put("1")
    table.api.update_table(TableName="orders", StreamSpecification={"StreamEnabled": False})
    table.put("2")
    river.settle()
    assert table.changes() == ["INSERT"]
    assert len(table.events()) == 1


def test_a_handler_s_write_comes_from_what_it_worked_on(river: River, table: Table) -> None:
    """From a queue through a function into a table."""
    queue = river.world.queue()
    river.world.deploy(
        "import boto3\ndef handler(event, context):\n"
        "    boto3.client('dynamodb').put_item(TableName='orders', Item={'id': {'S': '1'}})\n"
    )
    river.world.map(queue)
    (message,) = river.world.send(queue, "order")
    river.settle()
    (change,) = river.journal.of("sent", "dynamodb:orders")
    assert change.parents == (message,)
    assert change in list(river.journal.trace(message))
