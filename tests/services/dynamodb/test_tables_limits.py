"""Throughput, time to live, and how long a stream can be read.

Amazon DynamoDB Developer Guide, "DynamoDB provisioned capacity mode", "DynamoDB burst and adaptive capacity", "Using
time to live (TTL) in DynamoDB", "Working with expired items and time to live (TTL)" (read 2026-11).
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st
from warehouse import Warehouse, client, item, opened, printed, reasons, refused

from waterline.clock import EPOCH

EXCEEDED = (
    "ProvisionedThroughputExceededException",
    (
        "The level of configured provisioned throughput for the table was exceeded. "
        "Consider increasing your provisioning level with the UpdateTable API."
    ),
)
MOMENT = int(EPOCH.timestamp())
BURST = 300


def written(warehouse: Warehouse, count: int, size: int = 10, **options: Any) -> int:
    """How many of so many puts are taken, each of a new key."""
    taken = 0
    for number in range(count):
        try:
            warehouse.put(f"{warehouse.cloud.clock.now}/{number}", text="x" * size, **options)
            taken += 1
        except ClientError as error:
            assert refused(error) == EXCEEDED
    return taken


# -- throughput --------------------------------------------------------------------------------------------------------


def test_a_provisioned_table_takes_its_units_and_the_burst_of_five_minutes(warehouse: Warehouse) -> None:
    """Source: "DynamoDB burst and adaptive capacity", ``dynamodb.burst``: 300 seconds of unused capacity."""
    warehouse.table(units=(1, 1))
    assert written(warehouse, BURST + 5) == BURST
    warehouse.cloud.advance(seconds=3)
    assert written(warehouse, 5) == 3
    warehouse.cloud.advance(hours=1)
    assert written(warehouse, BURST + 5) == BURST


def test_a_write_takes_a_unit_for_each_kilobyte(warehouse: Warehouse) -> None:
    """Source: "DynamoDB provisioned capacity mode", PutItem: item sizes are rounded up to the next 1 KB."""
    warehouse.table(units=(1, 1))
    assert written(warehouse, 200, size=1100) == BURST // 2


def test_a_transaction_takes_twice_the_units(warehouse: Warehouse) -> None:
    """Source: "DynamoDB provisioned capacity mode", TransactWriteItems: two units for one write."""
    warehouse.table(units=(1, 1))
    done = 0
    with pytest.raises(ClientError) as error:
        for number in range(BURST):
            one = {"Put": {"TableName": "orders", "Item": item(str(number))}}
            warehouse.api.transact_write_items(TransactItems=[one])
            done += 1
    assert done == BURST // 2
    assert reasons(error.value) == ["ProvisionedThroughputExceeded"]
    assert len(warehouse.keys()) == done


@pytest.mark.parametrize(
    ("consistent", "size", "reads"), [(True, 10, BURST), (False, 10, BURST * 2), (True, 5000, 150)]
)
def test_a_read_takes_a_unit_for_each_four_kilobytes_or_half_of_it(
    warehouse: Warehouse, consistent: bool, size: int, reads: int
) -> None:
    """Source: "DynamoDB provisioned capacity mode", GetItem: half a unit when it is eventually consistent."""
    warehouse.table(units=(1, 10))
    warehouse.put("a", text="x" * size)
    done = 0
    with pytest.raises(ClientError) as error:
        for _ in range(2 * BURST + 1):
            warehouse.get("a", ConsistentRead=consistent)
            done += 1
    assert done == reads
    assert refused(error.value) == EXCEEDED


def test_a_query_pays_for_what_it_reads_and_not_for_what_it_returns(warehouse: Warehouse) -> None:
    """Source: Query: the filter is applied after the items are read, and takes the same capacity."""
    warehouse.table(units=(1, 100))
    warehouse.put("a", text="x" * 40_000)
    done = 0
    with pytest.raises(ClientError):
        for _ in range(2 * BURST):
            answer = warehouse.api.query(
                TableName="orders",
                KeyConditionExpression="id = :a",
                FilterExpression="attribute_exists(nothing)",
                ExpressionAttributeValues={":a": {"S": "a"}},
            )
            assert answer["Count"] == 0
            done += 1
    assert done == BURST * 2 // 10


def test_a_failed_condition_takes_a_unit_too(warehouse: Warehouse) -> None:
    """Source: "DynamoDB provisioned capacity mode", PutItem: a conditional write that fails consumes write units."""
    warehouse.table(units=(10, 1))
    warehouse.put("a")
    codes = []
    for _ in range(BURST + 1):
        try:
            warehouse.api.put_item(
                TableName="orders", Item=item("a", n=1), ConditionExpression="attribute_not_exists(id)"
            )
        except ClientError as error:
            codes.append(refused(error)[0])
    assert Counter(codes) == {"ConditionalCheckFailedException": BURST + 1}
    with pytest.raises(ClientError, match="ProvisionedThroughputExceeded"):
        warehouse.put("b")


def test_a_batch_returns_what_it_has_not_processed_and_fails_when_it_has_processed_nothing(
    warehouse: Warehouse,
) -> None:
    """Source: BatchWriteItem, UnprocessedItems."""
    warehouse.table(units=(1, 1))
    assert written(warehouse, BURST - 3) == BURST - 3
    requests = [{"PutRequest": {"Item": item(f"new-{number}")}} for number in range(5)]
    answer = warehouse.api.batch_write_item(RequestItems={"orders": requests})
    assert answer["UnprocessedItems"] == {"orders": requests[3:]}
    with pytest.raises(ClientError) as error:
        warehouse.api.batch_write_item(RequestItems=answer["UnprocessedItems"])
    assert refused(error.value) == EXCEEDED
    warehouse.cloud.advance(seconds=2)
    assert warehouse.api.batch_write_item(RequestItems={"orders": requests[3:]})["UnprocessedItems"] == {}


def test_a_batch_of_reads_returns_the_keys_that_it_has_not_read(warehouse: Warehouse) -> None:
    """Source: BatchGetItem, UnprocessedKeys."""
    warehouse.table(units=(1, 1))
    warehouse.put("a")
    for _ in range(2 * BURST - 1):
        warehouse.get("a")
    keys = [item("a"), item("b")]
    answer = warehouse.api.batch_get_item(RequestItems={"orders": {"Keys": keys}})
    assert (len(answer["Responses"]["orders"]), answer["UnprocessedKeys"]["orders"]["Keys"]) == (1, [item("b")])


def test_a_batch_holds_25_requests(warehouse: Warehouse) -> None:
    """Source: BatchWriteItem, ``dynamodb.batch_write_max``."""
    warehouse.table()
    requests = [{"PutRequest": {"Item": item(str(number))}} for number in range(26)]
    with pytest.raises(ClientError) as error:
        warehouse.api.batch_write_item(RequestItems={"orders": requests})
    assert refused(error.value) == ("ValidationException", "Too many items requested for the BatchWriteItem call")
    warehouse.api.batch_write_item(RequestItems={"orders": requests[1:]})
    assert len(warehouse.keys()) == 25


@pytest.mark.parametrize("units", [None, (100, 100)])
@pytest.mark.parametrize(
    ("ask", "consumed"),
    [
        (lambda w, **o: w.put_sized("new", 2500, **o), 3.0),
        (lambda w, **o: w.put_sized("old", 10, **o), 5.0),
        (lambda w, **o: w.api.delete_item(TableName="orders", Key=item("old"), **o), 5.0),
        (lambda w, **o: w.api.delete_item(TableName="orders", Key=item("nothing"), **o), 1.0),
        (lambda w, **o: w.add("old", **o), 5.0),
        (lambda w, **o: w.api.get_item(TableName="orders", Key=item("old"), **o), 1.0),
        (lambda w, **o: w.api.get_item(TableName="orders", Key=item("old"), ConsistentRead=True, **o), 2.0),
        (lambda w, **o: w.api.get_item(TableName="orders", Key=item("nothing"), **o), 0.5),
        (lambda w, **o: w.api.scan(TableName="orders", FilterExpression="attribute_exists(x)", **o), 1.0),
    ],
    ids=["put", "put over", "delete", "delete nothing", "update", "get", "get consistently", "get nothing", "scan"],
)
def test_an_answer_says_what_was_consumed(
    warehouse: Warehouse, ask: Any, consumed: float, units: tuple[int, int] | None
) -> None:
    """Source: PutItem, UpdateItem, DeleteItem, GetItem, Scan, ``ReturnConsumedCapacity``."""
    warehouse.table(units=units)
    warehouse.put("old", text="x" * 4500)
    answer = ask(warehouse, ReturnConsumedCapacity="TOTAL")
    assert answer["ConsumedCapacity"] == {"TableName": "orders", "CapacityUnits": consumed}
    assert "ConsumedCapacity" not in ask(warehouse)


def test_a_transaction_and_a_batch_say_what_they_consumed_of_each_table(warehouse: Warehouse) -> None:
    """Source: TransactWriteItems, BatchWriteItem, ``ReturnConsumedCapacity``."""
    warehouse.table()
    warehouse.table("stock")
    put = {name: {"Put": {"TableName": name, "Item": item("1")}} for name in ("orders", "stock")}
    answer = warehouse.api.transact_write_items(TransactItems=[*put.values()], ReturnConsumedCapacity="TOTAL")
    assert {each["TableName"]: each["CapacityUnits"] for each in answer["ConsumedCapacity"]} == {
        "orders": 2,
        "stock": 2,
    }
    requests = {"orders": [{"PutRequest": {"Item": item(key)}} for key in "abc"]}
    answer = warehouse.api.batch_write_item(RequestItems=requests, ReturnConsumedCapacity="INDEXES")
    [capacity] = answer["ConsumedCapacity"]
    assert (capacity["CapacityUnits"], capacity["Table"]) == (3, {"CapacityUnits": 3})


def test_what_was_throttled_changed_nothing_and_is_in_the_journal(warehouse: Warehouse) -> None:
    """Source: "DynamoDB provisioned capacity mode": a throttled request fails."""
    warehouse.table(units=(1, 1), stream=True)
    warehouse.put("same", n=1)
    written(warehouse, BURST)
    before = len(warehouse.told())
    with pytest.raises(ClientError):
        warehouse.put("same", n=2)
    assert warehouse.get("same") == {"id": "same", "n": "1"}
    assert warehouse.told()[before:] == [("throttled", "")]


def test_more_provisioned_throughput_holds_at_once(warehouse: Warehouse) -> None:
    """Source: UpdateTable, ``ProvisionedThroughput``."""
    warehouse.table(units=(1, 1))
    assert written(warehouse, BURST + 1) == BURST
    warehouse.api.update_table(
        TableName="orders", ProvisionedThroughput={"ReadCapacityUnits": 1, "WriteCapacityUnits": 5}
    )
    assert written(warehouse, 100) == 100


def test_one_partition_key_takes_a_thousand_writes_a_second_also_on_demand(warehouse: Warehouse) -> None:
    """Source: "Best practices for designing and using partition keys effectively in DynamoDB",
    ``dynamodb.partition_throughput``."""
    warehouse.table()
    warehouse.put("hot", text="x" * 399_000)
    warehouse.put("cold", text="x" * 399_000)
    warehouse.put("hot", text="y" * 399_000)
    with pytest.raises(ClientError) as error:
        warehouse.put("hot", text="z" * 399_000)
    code, sentence = refused(error.value)
    assert code == "ThrottlingException"
    assert sentence.startswith("Throughput exceeds the current capacity of your table or index.")
    warehouse.put("cold", text="y" * 399_000)
    warehouse.cloud.advance(seconds=1)
    warehouse.put("hot", text="z" * 399_000)


def test_on_demand_takes_what_a_course_sends(warehouse: Warehouse) -> None:
    warehouse.table()
    assert written(warehouse, 500) == 500


def test_a_client_that_tries_again_gets_through_on_the_clock(warehouse: Warehouse) -> None:
    """Source: "DynamoDB provisioned capacity mode": SDKs retry a throttled request."""
    warehouse.table(units=(1, 1))
    written(warehouse, BURST)
    patient = boto3.client("dynamodb", region_name="us-east-1", config=Config(retries={"total_max_attempts": 9}))
    patient.put_item(TableName="orders", Item=item("late"))
    assert warehouse.cloud.clock.now >= 1_000_000
    assert warehouse.get("late") == {"id": "late"}


# -- time to live ------------------------------------------------------------------------------------------------------


def alive(warehouse: Warehouse, stream: bool = False) -> str:
    """A table whose items live until the second in their attribute ``until``."""
    arn = warehouse.table(stream=stream)
    live(warehouse, True)
    return arn


def live(warehouse: Warehouse, enabled: bool) -> None:
    warehouse.api.update_time_to_live(
        TableName="orders", TimeToLiveSpecification={"Enabled": enabled, "AttributeName": "until"}
    )


def test_an_expired_item_is_deleted_some_time_within_two_days_and_read_until_then(warehouse: Warehouse) -> None:
    """Source: "Working with expired items and time to live (TTL)", UpdateTimeToLive, ``dynamodb.ttl_delay``."""
    alive(warehouse)
    for number in range(20):
        warehouse.put(str(number), until=MOMENT + 3600)
    warehouse.cloud.advance(hours=1)
    assert len(warehouse.keys()) == 20
    left = []
    for _ in range(4):
        warehouse.cloud.advance(hours=12)
        left.append(len(warehouse.keys()))
    assert left == sorted(left, reverse=True)
    assert 0 < left[1] < 20
    assert left[-1] == 0
    deleted = [event.seconds for event in warehouse.cloud.journal.of("written") if event.detail["change"] == "REMOVE"]
    assert len(set(deleted)) == 20
    assert min(deleted) > 3600
    assert max(deleted) <= 3600 + 2 * 86_400


def test_the_record_of_an_expired_item_names_the_service(warehouse: Warehouse) -> None:
    """Source: "DynamoDB Streams and Time to Live": userIdentity of a deletion by time to live."""
    arn = alive(warehouse, stream=True)
    warehouse.cloud.deploy("archive", "import json\ndef handler(event, context):\n    print(json.dumps(event))\n")
    client("lambda").create_event_source_mapping(
        EventSourceArn=arn,
        FunctionName="archive",
        StartingPosition="TRIM_HORIZON",
        FilterCriteria={
            "Filters": [{"Pattern": '{"userIdentity": {"principalId": ["dynamodb.amazonaws.com"]}}'}],
        },
    )
    warehouse.put("a", until=MOMENT + 60)
    warehouse.put("b")
    warehouse.api.delete_item(TableName="orders", Key=item("b"))
    warehouse.cloud.advance(days=3)
    [event] = printed(warehouse.cloud, "archive")
    [record] = event["Records"]
    assert record["eventName"] == "REMOVE"
    assert record["userIdentity"] == {"type": "Service", "principalId": "dynamodb.amazonaws.com"}
    assert record["dynamodb"]["OldImage"] == item("a", until=MOMENT + 60)


@pytest.mark.parametrize(
    ("until", "lives"),
    [
        (MOMENT + 60, False),
        (MOMENT - 86_400, False),
        (MOMENT - 6 * 365 * 86_400, True),
        (str(MOMENT), True),
        (MOMENT + 30 * 86_400, True),
    ],
    ids=["in a minute", "yesterday", "six years ago", "text", "in a month"],
)
def test_only_a_number_of_seconds_not_too_far_back_expires(warehouse: Warehouse, until: Any, lives: bool) -> None:
    """Source: "Using time to live (TTL) in DynamoDB", ``dynamodb.ttl_oldest``."""
    alive(warehouse)
    warehouse.put("a", until=until)
    warehouse.cloud.advance(days=3)
    assert warehouse.keys() == (["a"] if lives else [])


def test_an_item_that_gets_a_later_time_lives_on(warehouse: Warehouse) -> None:
    """Source: "Working with expired items and time to live (TTL)": an update of an expired item is honored."""
    alive(warehouse)
    warehouse.put("a", until=MOMENT + 60)
    warehouse.put("b", until=MOMENT + 60)
    warehouse.cloud.advance(seconds=61)
    warehouse.put("a", until=MOMENT + 10 * 86_400)
    warehouse.cloud.advance(days=3)
    assert warehouse.keys() == ["a"]


def test_items_that_were_there_expire_too_and_none_after_it_is_switched_off(warehouse: Warehouse) -> None:
    """Source: UpdateTimeToLive: enabled and disabled for a table; not twice within an hour."""
    warehouse.table()
    warehouse.put("a", until=MOMENT)
    live(warehouse, True)
    with pytest.raises(ClientError) as error:
        live(warehouse, False)
    assert refused(error.value) == (
        "ValidationException",
        "Time to live has been modified multiple times within a fixed interval",
    )
    with pytest.raises(ClientError, match="TimeToLive is already enabled"):
        live(warehouse, True)
    warehouse.cloud.advance(days=2)
    assert warehouse.keys() == []
    warehouse.put("b", until=MOMENT)
    live(warehouse, False)
    warehouse.cloud.advance(days=3)
    assert warehouse.keys() == ["b"]


def test_time_to_live_keeps_nobody_waiting(warehouse: Warehouse) -> None:
    """Housekeeping is in the background: settle does not play it."""
    alive(warehouse)
    warehouse.put("a", until=MOMENT)
    warehouse.cloud.settle()
    assert warehouse.cloud.clock.now == 0
    assert warehouse.keys() == ["a"]


# -- the API of streams ------------------------------------------------------------------------------------------------


def test_a_record_is_gone_from_the_api_after_a_day(warehouse: Warehouse) -> None:
    """Source: GetRecords, ``ddbstreams.retention``: a record lives for 24 hours."""
    arn = warehouse.table(stream=True)
    warehouse.put("a")
    warehouse.cloud.advance(hours=23)
    warehouse.put("b")
    assert [record["dynamodb"]["Keys"]["id"]["S"] for record in warehouse.records(arn)] == ["a", "b"]
    warehouse.cloud.advance(hours=1)
    assert [record["dynamodb"]["Keys"]["id"]["S"] for record in warehouse.records(arn)] == ["b"]
    warehouse.put("c")
    numbers = [int(record["dynamodb"]["SequenceNumber"]) for record in warehouse.records(arn)]
    assert numbers[1] == numbers[0] + 1


def test_to_read_from_a_record_that_is_gone_is_told(warehouse: Warehouse) -> None:
    """Source: GetShardIterator: TrimmedDataAccessException."""
    arn = warehouse.table(stream=True)
    warehouse.put("a")
    [record] = warehouse.records(arn)
    number = record["dynamodb"]["SequenceNumber"]
    assert len(warehouse.records(arn, "AT_SEQUENCE_NUMBER", SequenceNumber=number)) == 1
    warehouse.cloud.advance(hours=24)
    with pytest.raises(ClientError) as error:
        warehouse.records(arn, "AT_SEQUENCE_NUMBER", SequenceNumber=number)
    assert refused(error.value)[0] == "TrimmedDataAccessException"


def test_an_iterator_lives_fifteen_minutes(warehouse: Warehouse) -> None:
    """Source: GetShardIterator, ``ddbstreams.iterator_expiry``."""
    arn = warehouse.table(stream=True)
    streams = client("dynamodbstreams")
    shard = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"][0]["ShardId"]
    iterator = streams.get_shard_iterator(StreamArn=arn, ShardId=shard, ShardIteratorType="LATEST")["ShardIterator"]
    warehouse.put("a")
    warehouse.cloud.advance(seconds=899)
    assert len(streams.get_records(ShardIterator=iterator)["Records"]) == 1
    warehouse.cloud.advance(seconds=1)
    with pytest.raises(ClientError) as error:
        streams.get_records(ShardIterator=iterator)
    assert refused(error.value)[0] == "ExpiredIteratorException"


# -- nothing is lost ---------------------------------------------------------------------------------------------------

_STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.sampled_from("abc"), st.integers(0, 2)),
        st.tuples(st.just("add"), st.sampled_from("abc"), st.just(0)),
        st.tuples(st.just("delete"), st.sampled_from("abc"), st.just(0)),
        st.tuples(st.just("cancel"), st.sampled_from("abc"), st.just(0)),
        st.tuples(st.just("wait"), st.just(""), st.integers(1, 40)),
    ),
    max_size=12,
)


def step(warehouse: Warehouse, verb: str, key: str, number: int) -> None:
    if verb == "put":
        warehouse.put(key, until=MOMENT + number * 3600, times=number)
    elif verb == "add":
        warehouse.add(key)
    elif verb == "delete":
        warehouse.api.delete_item(TableName="orders", Key=item(key))
    elif verb == "wait":
        warehouse.cloud.advance(hours=number)
    else:
        never = {"TableName": "orders", "Key": item("z"), "ConditionExpression": "attribute_exists(id)"}
        with pytest.raises(ClientError):
            warehouse.api.transact_write_items(
                TransactItems=[{"Delete": {"TableName": "orders", "Key": item(key)}}, {"ConditionCheck": never}]
            )


@settings(max_examples=25, deadline=None)
@given(_STEPS)
def test_the_journal_alone_says_at_every_instant_what_is_in_the_table(steps: list[tuple[str, str, int]]) -> None:
    """Every change is there once: whoever replays the journal has the table."""
    with opened() as warehouse:
        alive(warehouse, stream=True)
        for verb, key, number in steps:
            step(warehouse, verb, key, number)
            there: dict[str, str] = {}
            for event in warehouse.cloud.journal.of("written", "dynamodb:orders"):
                if event.detail["change"] == "REMOVE":
                    del there[event.detail["key"]]
                else:
                    assert (event.detail["key"] in there) == (event.detail["change"] == "MODIFY")
                    there[event.detail["key"]] = event.detail["body"]
            assert len(there) == len(warehouse.keys())
        assert warehouse.told("written") == [("written", change) for _, change in warehouse.told("sent")]
