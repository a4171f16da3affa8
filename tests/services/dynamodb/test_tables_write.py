"""Writes to a table: whole or not at all, once in the journal, once in the stream.

Amazon DynamoDB Developer Guide, "Change data capture for DynamoDB Streams" (read 2026-11).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from warehouse import Warehouse, client, item, opened, printed, reasons, refused

from waterline.errors import LabMistake


def batch(warehouse: Warehouse) -> None:
    warehouse.put("old")
    warehouse.api.batch_write_item(
        RequestItems={
            "orders": [{"PutRequest": {"Item": item("new")}}, {"DeleteRequest": {"Key": item("old")}}],
        }
    )


def transaction(warehouse: Warehouse) -> None:
    warehouse.put("old")
    warehouse.put("same")
    warehouse.api.transact_write_items(
        TransactItems=[
            {"Put": {"TableName": "orders", "Item": item("new")}},
            {"Delete": {"TableName": "orders", "Key": item("old")}},
            {
                "Update": {
                    "TableName": "orders",
                    "Key": item("same"),
                    "UpdateExpression": "SET stage = :s",
                    "ExpressionAttributeValues": {":s": {"S": "paid"}},
                }
            },
        ]
    )


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize(
    ("write", "changes"),
    [
        (lambda w: w.put("a"), ["INSERT"]),
        (lambda w: (w.put("a", n=1), w.put("a", n=2)), ["INSERT", "MODIFY"]),
        (lambda w: (w.put("a", n=1), w.put("a", n=1)), ["INSERT"]),
        (lambda w: w.add("a"), ["INSERT"]),
        (lambda w: (w.add("a"), w.add("a")), ["INSERT", "MODIFY"]),
        (lambda w: (w.put("a"), w.api.delete_item(TableName="orders", Key=item("a"))), ["INSERT", "REMOVE"]),
        (lambda w: w.api.delete_item(TableName="orders", Key=item("a")), []),
        (batch, ["INSERT", "INSERT", "REMOVE"]),
        (transaction, ["INSERT", "INSERT", "INSERT", "REMOVE", "MODIFY"]),
    ],
    ids=[
        "put",
        "put over",
        "put the same",
        "update a new key",
        "update twice",
        "delete",
        "delete nothing",
        "batch",
        "transaction",
    ],
)
def test_each_real_change_is_written_once(
    warehouse: Warehouse, write: Callable[[Warehouse], object], changes: list[str], stream: bool
) -> None:
    """Source: "Change data capture for DynamoDB Streams", ``ddbstreams.exactly_once``: each change is one record."""
    arn = warehouse.table(stream=stream)
    write(warehouse)
    assert [change for _, change in warehouse.told("written")] == changes
    assert [change for _, change in warehouse.told("sent")] == (changes if stream else [])
    if stream:
        assert [record["eventName"] for record in warehouse.records(arn)] == changes


def test_one_order_can_be_followed_from_the_call_to_the_table_and_on(warehouse: Warehouse) -> None:
    """Source: "Change data capture for DynamoDB Streams": the stream's record comes of the change."""
    arn = warehouse.table(stream=True)
    warehouse.cloud.deploy("ship", "import json\ndef handler(event, context):\n    print(json.dumps(event))\n")
    warehouse.cloud.deploy(
        "take",
        "import boto3\n\ndef handler(event, context):\n"
        "    boto3.client('dynamodb').put_item(TableName='orders', Item={'id': {'S': event['id']}})\n",
    )
    client("lambda").create_event_source_mapping(
        EventSourceArn=arn, FunctionName="ship", StartingPosition="TRIM_HORIZON"
    )
    client("lambda").invoke(FunctionName="take", InvocationType="Event", Payload=b'{"id": "42"}')
    warehouse.cloud.advance(seconds=5)
    [call] = [event.message for event in warehouse.cloud.journal.of("sent", "lambda:take")]
    assert call is not None
    lived = [(event.kind, event.place) for event in warehouse.cloud.journal.trace(call).events]
    for step in [("written", "dynamodb:orders"), ("sent", "dynamodb:orders"), ("succeeded", "lambda:ship")]:
        assert step in lived
    assert '+0.0 s   written     orders   INSERT {"id": "42"}' in str(warehouse.cloud.journal.trace(call))
    [event] = printed(warehouse.cloud, "ship")
    assert event["Records"][0]["dynamodb"]["Keys"] == {"id": {"S": "42"}}


def test_a_change_is_in_the_journal_with_its_key_and_what_it_has_become(warehouse: Warehouse) -> None:
    warehouse.table()
    warehouse.put("a", stage="new", price=12.5)
    [written] = warehouse.cloud.journal.of("written")
    assert json.loads(written.detail["key"]) == {"id": "a"}
    assert json.loads(written.detail["body"]) == {"id": "a", "stage": "new", "price": 12.5}


def test_partiql_is_told_in_one_sentence(warehouse: Warehouse) -> None:
    warehouse.table()
    with pytest.raises(LabMistake, match=r"^The lab does not read PartiQL: use put_item"):
        warehouse.api.execute_statement(Statement="SELECT * FROM orders")


# -- conditions --------------------------------------------------------------------------------------------------------

UNLESS_THERE = {"ConditionExpression": "attribute_not_exists(id)"}


@pytest.mark.parametrize(
    "write",
    [
        lambda w, **o: w.api.put_item(TableName="orders", Item=item("a", stage="second"), **UNLESS_THERE, **o),
        lambda w, **o: w.add("a", **UNLESS_THERE, **o),
        lambda w, **o: w.api.delete_item(TableName="orders", Key=item("a"), **UNLESS_THERE, **o),
    ],
    ids=["PutItem", "UpdateItem", "DeleteItem"],
)
def test_a_condition_that_does_not_hold_writes_nothing_and_shows_the_item_if_asked(
    warehouse: Warehouse, write: Callable[..., object]
) -> None:
    """Source: PutItem, UpdateItem, DeleteItem, ``ReturnValuesOnConditionCheckFailure``."""
    warehouse.table(stream=True)
    warehouse.put("a", stage="first")
    with pytest.raises(ClientError) as error:
        write(warehouse)
    assert refused(error.value) == ("ConditionalCheckFailedException", "The conditional request failed")
    assert "Item" not in error.value.response
    with pytest.raises(ClientError) as error:
        write(warehouse, ReturnValuesOnConditionCheckFailure="ALL_OLD")
    assert error.value.response["Item"] == item("a", stage="first")
    assert warehouse.told() == [("written", "INSERT"), ("sent", "INSERT"), ("rejected", ""), ("rejected", "")]
    assert warehouse.get("a") == {"id": "a", "stage": "first"}


def test_of_two_that_create_the_same_item_on_condition_one_wins(warehouse: Warehouse) -> None:
    """Source: PutItem, ``ConditionExpression``: the way to do a thing once."""
    warehouse.table()
    outcomes = []
    for _ in range(2):
        try:
            warehouse.api.put_item(TableName="orders", Item=item("a"), **UNLESS_THERE)
            outcomes.append("written")
        except ClientError as error:
            outcomes.append(refused(error)[0])
    assert outcomes == ["written", "ConditionalCheckFailedException"]


@pytest.mark.parametrize(
    ("expression", "before", "after"),
    [
        ("SET stage = :new", {"stage": "old"}, {"stage": "new"}),
        ("SET stage = :same", {"stage": "old"}, {"stage": "old"}),
        ("SET #d.town = :new", {"to": {"town": "old"}}, {"to": {"town": "new"}}),
        ("SET #d.town = :new REMOVE #d.street", {"to": {"town": "old", "street": "x"}}, {"to": {"town": "new"}}),
        ("SET parts[1] = :new", {"parts": ["b"]}, {"parts": ["new"]}),
        ("SET fresh = :new", None, {"fresh": "new"}),
        ("REMOVE stage", {"stage": "old"}, None),
        ("ADD n :one", {"n": 1}, {"n": 2}),
    ],
)
def test_an_update_returns_what_its_expression_names(
    warehouse: Warehouse, expression: str, before: Any, after: Any
) -> None:
    """Source: UpdateItem, ``ReturnValues``: UPDATED_OLD, UPDATED_NEW."""
    warehouse.table()
    table = boto3.resource("dynamodb", region_name="us-east-1").Table("orders")
    values = {":new": "new", ":same": "old", ":one": 1}
    whole = {"id": "a", "stage": "old", "to": {"town": "old", "street": "x"}, "parts": ["a", "b"], "n": 1}
    found = []
    for asked in ("UPDATED_OLD", "UPDATED_NEW"):
        table.put_item(Item=whole)
        named = {name: value for name, value in values.items() if name in expression}
        more = {"ExpressionAttributeNames": {"#d": "to"}} if "#d" in expression else {}
        more |= {"ExpressionAttributeValues": named} if named else {}
        answer = table.update_item(Key={"id": "a"}, UpdateExpression=expression, ReturnValues=asked, **more)
        found.append(answer.get("Attributes"))
    assert found == [before, after]


def test_an_update_that_cannot_be_leaves_no_item_behind(warehouse: Warehouse) -> None:
    """Source: UpdateItem: a call that fails has written nothing."""
    warehouse.table(stream=True)
    with pytest.raises(ClientError):
        warehouse.api.update_item(
            TableName="orders",
            Key=item("a"),
            UpdateExpression="SET total = missing + :one",
            ExpressionAttributeValues={":one": {"N": "1"}},
        )
    assert warehouse.keys() == []
    assert warehouse.told() == []


# -- transactions ------------------------------------------------------------------------------------------------------


def transfer(warehouse: Warehouse, condition: str = "attribute_exists(id)", **options: Any) -> Any:
    """Count one more for a, if there is a b."""
    check = {"TableName": "orders", "Key": item("b"), "ConditionExpression": condition}
    update = {
        "TableName": "orders",
        "Key": item("a"),
        "UpdateExpression": "ADD times :one",
        "ExpressionAttributeValues": {":one": {"N": "1"}},
    }
    return warehouse.api.transact_write_items(TransactItems=[{"Update": update}, {"ConditionCheck": check}], **options)


def test_a_canceled_transaction_gives_its_reasons_in_order_and_changes_nothing(warehouse: Warehouse) -> None:
    """Source: TransactWriteItems: one condition fails, all of it is canceled."""
    warehouse.table(stream=True)
    warehouse.put("a", times=1)
    with pytest.raises(ClientError) as error:
        transfer(warehouse)
    assert refused(error.value)[0] == "TransactionCanceledException"
    assert reasons(error.value) == ["None", "ConditionalCheckFailed"]
    assert warehouse.get("a") == {"id": "a", "times": "1"}
    assert warehouse.told() == [("written", "INSERT"), ("sent", "INSERT"), ("rejected", "")]
    warehouse.add("a")
    assert warehouse.get("a") == {"id": "a", "times": "2"}


def test_a_canceled_transaction_shows_the_item_if_asked(warehouse: Warehouse) -> None:
    """Source: TransactWriteItems, ``ReturnValuesOnConditionCheckFailure``: the item is in the reason."""
    warehouse.table()
    warehouse.put("a", stage="first")
    put = {"TableName": "orders", "Item": item("a", stage="second"), "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
    with pytest.raises(ClientError) as error:
        warehouse.api.transact_write_items(TransactItems=[{"Put": {**put, **UNLESS_THERE}}])
    [reason] = error.value.response["CancellationReasons"]
    assert (reason["Code"], reason["Item"]) == ("ConditionalCheckFailed", item("a", stage="first"))


def test_a_canceled_transaction_over_two_tables_is_undone_in_both(warehouse: Warehouse) -> None:
    """Source: TransactWriteItems: all or nothing, across tables."""
    warehouse.table()
    warehouse.table("stock")
    warehouse.put("a", "stock", left=1)
    with pytest.raises(ClientError):
        warehouse.api.transact_write_items(
            TransactItems=[
                {"Put": {"TableName": "orders", "Item": item("1")}},
                {"Delete": {"TableName": "stock", "Key": item("a")}},
                {"Put": {"TableName": "orders", "Item": item("2"), "ConditionExpression": "attribute_exists(id)"}},
            ]
        )
    assert (warehouse.keys(), warehouse.keys("stock")) == ([], ["a"])


def test_two_operations_on_one_item_are_refused(warehouse: Warehouse) -> None:
    """Source: TransactWriteItems: no two actions target the same item."""
    warehouse.table()
    one = {"Put": {"TableName": "orders", "Item": item("a")}}
    with pytest.raises(ClientError) as error:
        warehouse.api.transact_write_items(TransactItems=[one, one])
    assert refused(error.value) == (
        "ValidationException",
        "Transaction request cannot include multiple operations on one item",
    )
    assert warehouse.keys() == []


def test_the_same_token_within_ten_minutes_has_no_second_effect(warehouse: Warehouse) -> None:
    """Source: TransactWriteItems, ``dynamodb.transact_token``: idempotent for ten minutes."""
    warehouse.table()
    warehouse.put("b")
    seen = []
    for wait in (0, 599, 1):
        warehouse.cloud.advance(seconds=wait)
        transfer(warehouse, ClientRequestToken="t-1")
        seen.append((warehouse.get("a") or {})["times"])
    assert seen == ["1", "1", "2"]


def test_the_same_token_with_other_parameters_is_a_mismatch_until_it_is_forgotten(warehouse: Warehouse) -> None:
    """Source: TransactWriteItems, ``dynamodb.transact_token``: IdempotentParameterMismatchException."""
    warehouse.table()
    warehouse.put("b")
    transfer(warehouse, ClientRequestToken="t-1")
    other = "attribute_exists(id) AND attribute_not_exists(gone)"
    with pytest.raises(ClientError) as error:
        transfer(warehouse, other, ClientRequestToken="t-1")
    assert refused(error.value)[0] == "IdempotentParameterMismatchException"
    warehouse.cloud.advance(minutes=10)
    transfer(warehouse, other, ClientRequestToken="t-1")
    assert (warehouse.get("a") or {})["times"] == "2"


def test_a_canceled_transaction_can_be_tried_again_with_its_token(warehouse: Warehouse) -> None:
    """Source: TransactWriteItems: the token is of a request that was completed."""
    warehouse.table()
    with pytest.raises(ClientError):
        transfer(warehouse, ClientRequestToken="t-1")
    warehouse.put("b")
    transfer(warehouse, ClientRequestToken="t-1")
    assert (warehouse.get("a") or {})["times"] == "1"


def test_two_clouds_of_one_seed_write_the_same_journal() -> None:
    def told(seed: int) -> str:
        with opened(seed) as warehouse:
            warehouse.table(stream=True)
            warehouse.api.update_time_to_live(
                TableName="orders", TimeToLiveSpecification={"Enabled": True, "AttributeName": "until"}
            )
            for number in range(5):
                warehouse.put(str(number), until=1767225600 + number)
            batch(warehouse)
            warehouse.cloud.advance(days=3)
            return warehouse.cloud.journal.digest()

    assert told(3) == told(3) != told(4)
