"""Tables and their streams. Sources: Amazon DynamoDB Developer Guide and API Reference (read 2026-11)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError
from stage import Stage, refusal
from telling import Stories

STORIES = Stories("DynamoDB")


def _table(stage: Stage, name: str = "t", stream: str = "", ttl: str = "") -> str:
    """An active table's name; its key is the text `id`. `stream` is a view type, `ttl` an attribute's name."""
    table = f"{stage.name}-{name}"
    options = {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": stream}} if stream else {}
    stage.dynamodb.create_table(
        TableName=table,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        **options,
    )
    describe = stage.dynamodb.describe_table
    stage.until(lambda: describe(TableName=table)["Table"]["TableStatus"] == "ACTIVE", 60)
    if ttl:
        specification = {"Enabled": True, "AttributeName": ttl}
        stage.dynamodb.update_time_to_live(TableName=table, TimeToLiveSpecification=specification)
    return table


def _item(name: str, n: int = 0) -> dict[str, dict[str, str]]:
    return {"id": {"S": name}, "n": {"N": str(n)}}


def _put(stage: Stage, table: str, name: str, n: int = 0, **options: Any) -> Any:
    return stage.dynamodb.put_item(TableName=table, Item=_item(name, n), **options)


def _get(stage: Stage, table: str, name: str) -> Any:
    """The item's n, or None."""
    answer = stage.dynamodb.get_item(TableName=table, Key={"id": {"S": name}}, ConsistentRead=True)
    return int(answer["Item"]["n"]["N"]) if "Item" in answer else None


def _reasons(call: Callable[..., object], **options: Any) -> Any:
    """The reasons for which a transaction is canceled, or the code of another error, or "accepted"."""
    try:
        call(**options)
    except ClientError as error:
        reasons = error.response.get("CancellationReasons")
        return [reason["Code"] for reason in reasons] if reasons else error.response["Error"]["Code"]
    return "accepted"


def _records(stage: Stage, table: str) -> list[dict[str, Any]]:
    """What the table's stream has from its beginning on."""
    stage.quiet(0.5)
    arn = stage.dynamodb.describe_table(TableName=table)["Table"]["LatestStreamArn"]
    streams = stage.clients["dynamodbstreams"]
    found: list[dict[str, Any]] = []
    for shard in streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]:
        iterator = streams.get_shard_iterator(StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON")
        found += streams.get_records(ShardIterator=iterator["ShardIterator"])["Records"]
    return found


# -- conditions --------------------------------------------------------------------------------------------------------


@STORIES.tell(
    "Of two that create an item on condition one wins, and its item stays.",
    "PutItem",
    ["accepted", "ConditionalCheckFailedException", 1],
)
def condition_to_create(stage: Stage) -> Any:
    table, new = _table(stage), "attribute_not_exists(id)"
    told = [refusal(_put, stage, table, "a", n, ConditionExpression=new) for n in (1, 2)]
    return [*told, _get(stage, table, "a")]


@STORIES.tell("A condition that fails shows the item, where it is asked to.", "PutItem", [None, {"N": "1"}])
def condition_that_shows_the_item(stage: Stage) -> Any:
    table, shown = _table(stage), []
    _put(stage, table, "a", 1)
    for asked in ("NONE", "ALL_OLD"):
        try:
            _put(
                stage,
                table,
                "a",
                ConditionExpression="attribute_not_exists(id)",
                ReturnValuesOnConditionCheckFailure=asked,
            )
        except ClientError as error:
            shown.append(error.response.get("Item", {}).get("n"))
    return shown


@STORIES.tell(
    "A version in a condition keeps a second writer from overwriting the first.",
    "UpdateItem",
    ["accepted", "ConditionalCheckFailedException", 2],
)
def condition_on_a_version(stage: Stage) -> Any:
    table = _table(stage)
    _put(stage, table, "a", 1)
    told = [
        refusal(
            stage.dynamodb.update_item,
            TableName=table,
            Key={"id": {"S": "a"}},
            UpdateExpression="SET n = n + :one",
            ConditionExpression="n = :seen",
            ExpressionAttributeValues={":one": {"N": "1"}, ":seen": {"N": "1"}},
        )
        for _ in range(2)
    ]
    return [*told, _get(stage, table, "a")]


@STORIES.tell("A counter counts from nothing.", "UpdateItem", [1, 2])
def counter(stage: Stage) -> Any:
    table, found = _table(stage), []
    for _ in range(2):
        stage.dynamodb.update_item(
            TableName=table,
            Key={"id": {"S": "a"}},
            UpdateExpression="ADD n :one",
            ExpressionAttributeValues={":one": {"N": "1"}},
        )
        found.append(_get(stage, table, "a"))
    return found


@STORIES.tell(
    "An update that computes with an attribute that is not there is refused and leaves no item behind.",
    "UpdateItem",
    ["ValidationException", None],
)
def update_of_nothing(stage: Stage) -> Any:
    table = _table(stage)
    code = refusal(
        stage.dynamodb.update_item,
        TableName=table,
        Key={"id": {"S": "a"}},
        UpdateExpression="SET n = n + :one",
        ExpressionAttributeValues={":one": {"N": "1"}},
    )
    return [code, _get(stage, table, "a")]


@STORIES.tell("An update returns what it is asked for.", "UpdateItem", [{"n": {"N": "1"}}, {"n": {"N": "2"}}])
def update_returns(stage: Stage) -> Any:
    table, found = _table(stage), []
    _put(stage, table, "a", 1)
    for n, asked in ((2, "UPDATED_OLD"), (2, "UPDATED_NEW")):
        answer = stage.dynamodb.update_item(
            TableName=table,
            Key={"id": {"S": "a"}},
            UpdateExpression="SET n = :n",
            ExpressionAttributeValues={":n": {"N": str(n)}},
            ReturnValues=asked,
        )
        found.append(answer["Attributes"])
    return found


@STORIES.tell("A delete of what is not there is no error.", "DeleteItem", "accepted")
def delete_of_nothing(stage: Stage) -> Any:
    return refusal(stage.dynamodb.delete_item, TableName=_table(stage), Key={"id": {"S": "a"}})


@STORIES.tell(
    "A batch holds 25 writes, and no item twice.",
    "BatchWriteItem",
    ["accepted", "ValidationException", "ValidationException"],
)
def batch_of_writes(stage: Stage) -> Any:
    table = _table(stage)
    batches = [[f"k{n}" for n in range(25)], [f"k{n}" for n in range(26)], ["same", "same"]]
    return [
        refusal(
            stage.dynamodb.batch_write_item,
            RequestItems={table: [{"PutRequest": {"Item": _item(name)}} for name in batch]},
        )
        for batch in batches
    ]


# -- transactions ------------------------------------------------------------------------------------------------------


@STORIES.tell(
    "A canceled transaction gives its reasons in order and changes nothing.",
    "TransactWriteItems",
    [["None", "ConditionalCheckFailed"], None],
)
def transaction_canceled(stage: Stage) -> Any:
    table = _table(stage)
    _put(stage, table, "b")
    new = {"ConditionExpression": "attribute_not_exists(id)"}
    items = [{"Put": {"TableName": table, "Item": _item(name, 1), **new}} for name in "ab"]
    reasons = _reasons(stage.dynamodb.transact_write_items, TransactItems=items)
    return [reasons, _get(stage, table, "a")]


@STORIES.tell("A transaction writes in several tables or in none.", "TransactWriteItems", [[1, 1], [1, 1]])
def transaction_over_two_tables(stage: Stage) -> Any:
    tables, found = [_table(stage, name) for name in ("t", "u")], []
    for n in (1, 2):
        new = {"ConditionExpression": "attribute_not_exists(id)"} if n == 2 else {}
        first, second = ({"Put": {"TableName": table, "Item": _item("a", n)}} for table in tables)
        second["Put"] |= new
        _reasons(stage.dynamodb.transact_write_items, TransactItems=[first, second])
        found.append([_get(stage, table, "a") for table in tables])
    return found


@STORIES.tell("A transaction has one action for an item.", "TransactWriteItems", "ValidationException")
def transaction_twice_on_one_item(stage: Stage) -> Any:
    put = {"Put": {"TableName": _table(stage), "Item": _item("a")}}
    return _reasons(stage.dynamodb.transact_write_items, TransactItems=[put, put])


@STORIES.tell(
    "A transaction with the token of an earlier one has no second effect; with other parameters it is refused.",
    "TransactWriteItems",
    ["accepted", "accepted", 1, "IdempotentParameterMismatchException"],
)
def transaction_token(stage: Stage) -> Any:
    table = _table(stage)
    _put(stage, table, "a")

    def add(n: int) -> Any:
        update = {
            "TableName": table,
            "Key": {"id": {"S": "a"}},
            "UpdateExpression": "ADD n :n",
            "ExpressionAttributeValues": {":n": {"N": str(n)}},
        }
        return _reasons(
            stage.dynamodb.transact_write_items, TransactItems=[{"Update": update}], ClientRequestToken=stage.name
        )

    return [add(1), add(1), _get(stage, table, "a"), add(2)]


@STORIES.tell(
    "A transaction may check an item that it does not write.",
    "TransactWriteItems",
    [["ConditionalCheckFailed", "None"], "accepted", 1],
)
def transaction_condition_check(stage: Stage) -> Any:
    table = _table(stage)
    check = {"TableName": table, "Key": {"id": {"S": "b"}}, "ConditionExpression": "attribute_exists(id)"}
    items = [{"ConditionCheck": check}, {"Put": {"TableName": table, "Item": _item("a", 1)}}]
    without = _reasons(stage.dynamodb.transact_write_items, TransactItems=items)
    _put(stage, table, "b")
    return [without, _reasons(stage.dynamodb.transact_write_items, TransactItems=items), _get(stage, table, "a")]


# -- streams -----------------------------------------------------------------------------------------------------------


@STORIES.tell(
    "A stream has one record per change, in order: new, changed, removed.",
    "Change data capture for DynamoDB Streams",
    [["INSERT", None, "1"], ["MODIFY", "1", "2"], ["REMOVE", "2", None]],
)
def stream_of_changes(stage: Stage) -> Any:
    table = _table(stage, stream="NEW_AND_OLD_IMAGES")
    _put(stage, table, "a", 1)
    _put(stage, table, "a", 2)
    stage.dynamodb.delete_item(TableName=table, Key={"id": {"S": "a"}})
    return [
        [record["eventName"], *(record["dynamodb"].get(image, {}).get("n", {}).get("N") for image in _IMAGES)]
        for record in _records(stage, table)
    ]


_IMAGES = ("OldImage", "NewImage")


@STORIES.tell("What changes nothing has no record.", "Change data capture for DynamoDB Streams", ["INSERT"])
def stream_of_no_change(stage: Stage) -> Any:
    table = _table(stage, stream="NEW_AND_OLD_IMAGES")
    for _ in range(2):
        _put(stage, table, "a", 1)
    stage.dynamodb.delete_item(TableName=table, Key={"id": {"S": "b"}})
    refusal(_put, stage, table, "a", 2, ConditionExpression="attribute_not_exists(id)")
    return [record["eventName"] for record in _records(stage, table)]


@STORIES.tell(
    "A canceled transaction has no record, one that goes through has one per item.",
    "Change data capture for DynamoDB Streams",
    [["INSERT", "b"], ["INSERT", "c"]],
)
def stream_of_a_transaction(stage: Stage) -> Any:
    table, new = _table(stage, stream="NEW_IMAGE"), {"ConditionExpression": "attribute_not_exists(id)"}
    for names in ("bc", "ab"):
        items = [{"Put": {"TableName": table, "Item": _item(name), **new}} for name in names]
        _reasons(stage.dynamodb.transact_write_items, TransactItems=items)
    return sorted([record["eventName"], record["dynamodb"]["Keys"]["id"]["S"]] for record in _records(stage, table))


@STORIES.tell(
    "The view type says what of an item a record shows.",
    "Change data capture for DynamoDB Streams",
    {"KEYS_ONLY": [], "NEW_IMAGE": ["NewImage"], "OLD_IMAGE": ["OldImage"]},
)
def stream_views(stage: Stage) -> Any:
    told = {}
    for view in ("KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE"):
        table = _table(stage, view, stream=view)
        for n in (1, 2):
            _put(stage, table, "a", n)
        changed = _records(stage, table)[-1]["dynamodb"]
        told[view] = [image for image in _IMAGES if image in changed]
    return told


@STORIES.tell(
    "An item that has expired is read until it is deleted.",
    "Working with expired items and time to live (TTL)",
    1,
)
def expired_item(stage: Stage) -> Any:
    table = _table(stage, ttl="until")
    item = {**_item("a", 1), "until": {"N": str(1_790_000_000)}}
    stage.dynamodb.put_item(TableName=table, Item=item)
    return _get(stage, table, "a")


@STORIES.tell("Time to live is switched on for one attribute.", "UpdateTimeToLive", "ENABLED until")
def time_to_live(stage: Stage) -> Any:
    table = _table(stage, ttl="until")

    def description() -> Any:
        return stage.dynamodb.describe_time_to_live(TableName=table)["TimeToLiveDescription"]

    stage.until(lambda: description()["TimeToLiveStatus"] == "ENABLED", 5)
    return "{TimeToLiveStatus} {AttributeName}".format(**description())
