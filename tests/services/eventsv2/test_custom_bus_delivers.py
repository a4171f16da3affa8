"""What a subscriber delivers, when, and what becomes of what its target does not take.

Actions are those of eventbridgev2.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError, ParamValidationError
from orders_bus import ACCOUNT, ROLE, OrdersBus, client

from waterline.clock import SECOND
from waterline.cloud import REGION
from waterline.web import Request, Response

RETRY_ONCE = {"RetryPolicy": {"MaxRetryAttempts": 1}}


# -- filters -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("patterns", "wanted"),
    [
        ({"DATA": {"detail": {"total": [{"numeric": [">", 20]}]}}}, [{"total": 30}]),
        ({"DATA": {"total": [{"numeric": [">", 20]}]}}, []),
        ({"SYSTEM_METADATA": {"aws:Source": ["shop"]}}, [{"total": 10}, {"total": 30}]),
        ({"SYSTEM_METADATA": {"ContentType": ["application/json"]}}, []),
        ({"METADATA": {"tenant": ["acme"]}}, []),
        ({"DATA": {"detail": {"total": [30]}}, "SYSTEM_METADATA": {"aws:DetailType": ["refunded"]}}, []),
    ],
)
def test_a_subscriber_gets_what_all_its_filters_want(
    orders: OrdersBus, patterns: dict[str, Any], wanted: list[Any]
) -> None:
    """Source: "Filtering events for a subscriber"; "Event structure: data, metadata, and system metadata"."""
    orders.wanting(**patterns)
    orders.put({"total": 10}, {"total": 30})
    orders.cloud.settle()
    assert orders.details() == wanted
    assert len(orders.cloud.journal.of("filtered")) == 2 - len(wanted)


def test_the_metadata_of_a_raw_event_are_filtered_by_their_exact_values(orders: OrdersBus) -> None:
    """Source: "Filtering events for a subscriber"."""
    orders.wanting(METADATA={"tenant": ["acme"]})
    orders.put_raw(b'{"n": 1}', {"tenant": "acme"})
    orders.put_raw(b'{"n": 2}', {"tenant": "else"})
    orders.cloud.settle()
    assert orders.arrived() == ['{"n": 1}']


@pytest.mark.parametrize(
    "filters",
    [
        [{"Scope": "DATA", "Pattern": '{"detail": {"name": [{"wildcard": "a*"}]}}'}],
        [{"Scope": "METADATA", "Pattern": '{"tenant": [{"prefix": "ac"}]}'}],
        [{"Scope": "DATA", "Pattern": '{"a": ["b"]}'}, {"Scope": "DATA", "Pattern": '{"c": ["d"]}'}],
        [],
    ],
)
def test_a_filter_that_cannot_be_used_is_refused(orders: OrdersBus, filters: list[dict[str, str]]) -> None:
    """Source: "Filtering events for a subscriber"; "Subscribing to events on a Custom Event Bus"."""
    with pytest.raises((ClientError, ParamValidationError)):
        orders.subscribe(FilterConfiguration={"Filters": filters})
    assert orders.api.list_subscribers()["Subscribers"] == []


# -- what the target gets ----------------------------------------------------------------------------------------------


def test_an_expression_makes_what_the_target_gets(orders: OrdersBus) -> None:
    """Source: "Transforming events with JSONata"."""
    expression = '{% { "order": $events.Data.detail.id, "kind": $events.SystemMetadata.`aws:DeliveryType` } %}'
    orders.subscribe(Transformer={"Type": "JSONATA", "JsonataConfiguration": {"Expression": expression}})
    orders.put({"id": "o-1"})
    orders.cloud.settle()
    assert [json.loads(body) for body in orders.arrived()] == [{"order": "o-1", "kind": "LIVE"}]


def test_with_metadata_the_target_gets_all_three_parts(orders: OrdersBus) -> None:
    """Source: "Transforming events with JSONata"; "Event structure: data, metadata, and system metadata"."""
    orders.subscribe(Transformer={"Type": "WITH_METADATA"})
    answer = orders.put_raw(b'{"n": 1}', {"tenant": "acme"})
    orders.cloud.settle()
    got = json.loads(orders.arrived()[0])
    assert (got["Data"], got["Metadata"]) == ({"n": 1}, {"tenant": "acme"})
    assert got["SystemMetadata"]["aws:EventId"] == answer["EventId"]


def test_parameters_of_the_target_may_be_expressions(orders: OrdersBus) -> None:
    """Source: "Amazon SQS queue target"."""
    attributes = {"tier": {"DataType": "String", "StringValue": "{% $events.Data.detail.tier %}"}}
    parameters = {"SqsParameters": {"DelaySeconds": "{% $events.Data.detail.wait %}", "MessageAttributes": attributes}}
    orders.subscribe(parameters=parameters)
    orders.put({"tier": "gold", "wait": 30})
    orders.cloud.advance(seconds=29)
    assert orders.received() == []
    orders.cloud.advance(seconds=2)
    assert orders.received()[0]["MessageAttributes"]["tier"]["StringValue"] == "gold"


def test_a_function_gets_an_array_unless_the_batch_size_is_one(orders: OrdersBus) -> None:
    """Source: "Lambda function target"."""
    source = "def handler(event, context):\n    print(type(event).__name__, len(event))\n"
    arn = orders.cloud.deploy("count", source)
    orders.subscribe(arn, "many")
    orders.subscribe(arn, "one", BatchConfiguration={"MaxBatchSize": 1})
    orders.put({"n": 1}, {"n": 2})
    orders.cloud.settle()
    log = orders.cloud.logs("count")
    assert log.count("list 2") == 1
    assert log.count("dict 9") == 2


def test_a_function_reports_the_events_that_it_failed_with(orders: OrdersBus) -> None:
    """Source: "Lambda function target"."""
    source = """
seen = []
def handler(events, context):
    bad = [e["id"] for e in events if e["detail"]["n"] == 2 and e["id"] not in seen]
    seen.extend(bad)
    print("batch of", len(events))
    return {"batchItemFailures": [{"itemIdentifier": name} for name in bad]}
"""
    arn = orders.cloud.deploy("judge", source)
    orders.subscribe(arn, parameters={"LambdaParameters": {"InvocationType": "REQUEST_RESPONSE"}})
    orders.put({"n": 1}, {"n": 2}, {"n": 3})
    orders.cloud.settle()
    assert [line for line in orders.cloud.logs("judge").splitlines() if "batch" in line] == ["batch of 3", "batch of 1"]
    assert [event.detail["count"] for event in orders.cloud.journal.of("delivered")] == [1, 1, 2]


def test_a_universal_target_is_called_with_the_request_that_input_makes(orders: OrdersBus) -> None:
    """Source: "Universal targets for a Custom Event Bus"."""
    client("dynamodb").create_table(
        TableName="totals",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    item = '{% { "TableName": "totals", "Item": { "id": { "S": $events.Data.detail.id } } } %}'
    orders.subscribe(
        "arn:aws:events:::aws-sdk:dynamodb:putItem",
        parameters={"UniversalTargetParameters": {"Input": item}},
        BatchConfiguration={"MaxBatchSize": 1},
    )
    orders.put({"id": "o-1"})
    orders.cloud.settle()
    assert client("dynamodb").scan(TableName="totals")["Items"] == [{"id": {"S": "o-1"}}]


def test_another_bus_gets_the_event_on(orders: OrdersBus) -> None:
    """Source: "Event bus target: bus to bus"."""
    arn = orders.api.create_event_bus(Name="finance")["EventBusArn"]
    orders.cloud.advance(seconds=2)
    orders.subscribe(arn, "onward", parameters={"EventBusV2Parameters": {"Metadata": {"by": "orders"}}})
    finance = OrdersBus(orders.cloud, arn)
    finance.wanting(METADATA={"by": ["orders"]})
    [answer] = orders.put({"n": 1})
    orders.cloud.settle()
    assert [json.loads(body)["id"] for body in orders.arrived()] == [answer["EventId"]]
    assert "eventsv2:finance" in {event.place for event in orders.cloud.journal.trace(answer["EventId"]).events}


def test_a_classic_bus_gets_the_event_with_its_source_and_detail_type(orders: OrdersBus) -> None:
    """Source: "Event bus target: bus to bus"; "Transforming events with JSONata"."""
    client("events").put_rule(Name="paid", EventPattern='{"source": ["shop"], "detail-type": ["paid"]}')
    everybody = {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*"}]}
    client("events").put_targets(Rule="paid", Targets=[{"Id": "1", "Arn": orders.queue(Policy=json.dumps(everybody))}])
    bus = f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/default"
    with pytest.raises(ClientError, match="must be RAW"):
        orders.subscribe(bus, Transformer={"Type": "WITH_METADATA"})
    orders.subscribe(bus)
    orders.put({"id": "o-1"})
    orders.cloud.settle()
    assert orders.details() == [{"id": "o-1"}]


@pytest.mark.parametrize(
    ("target", "settings", "sentence"),
    [
        ("arn:aws:sqs:eu-west-1:123456789012:q", {}, "TargetArn must be in region us-east-1"),
        ("arn:aws:sqs:us-east-1:999999999999:q", {}, "must match the subscriber account"),
        ("arn:aws:ec2:us-east-1:123456789012:instance/i-1", {}, "TargetArn is not a supported subscriber target"),
        ("arn:aws:firehose:us-east-1:123456789012:deliverystream:x", {}, "must be of the form deliverystream/"),
        (
            "arn:aws:sqs:us-east-1:123456789012:q",
            {"parameters": {"SnsParameters": {}}},
            "SnsParameters is not supported for target .* Expected SqsParameters",
        ),
        (
            "arn:aws:sqs:us-east-1:123456789012:q",
            {"parameters": {"SqsParameters": {"DelaySeconds": "{% $events. %}"}}},
            "cannot be parsed",
        ),
        (
            "arn:aws:events:::aws-sdk:dynamodb:PutItem",
            {"parameters": {"UniversalTargetParameters": {"Input": "{}"}}, "BatchConfiguration": {"MaxBatchSize": 1}},
            "The api PutItem is not valid for the service dynamodb",
        ),
        (
            "arn:aws:events:::aws-sdk:dynamodb:putItem",
            {"parameters": {"UniversalTargetParameters": {"Input": "{}"}}, "BatchConfiguration": {"MaxBatchSize": 1}},
            "is missing required field.* Item, TableName",
        ),
        ("arn:aws:sqs:us-east-1:123456789012:q", {"BatchConfiguration": {"MaxBatchSize": 11}}, "at most 10"),
        (
            "arn:aws:lambda:us-east-1:123456789012:function:f",
            {"parameters": {"LambdaParameters": {"InvocationType": "Event"}}},
            "enum value set",
        ),
    ],
)
def test_a_target_that_cannot_be_reached_is_refused(
    orders: OrdersBus, target: str, settings: dict[str, Any], sentence: str
) -> None:
    """Source: CreateSubscriber; ``eventbridge.custom_bus_batch_max``."""
    with pytest.raises(ClientError, match=sentence):
        orders.subscribe(target, **settings)


def test_a_target_that_is_not_there_is_found_out_at_delivery(orders: OrdersBus) -> None:
    """Source: "Targets for a Custom Event Bus subscriber"."""
    orders.subscribe(f"arn:aws:sqs:{REGION}:{ACCOUNT}:nowhere", **RETRY_ONCE)
    orders.put({"n": 1})
    orders.cloud.settle()
    assert "does not exist" in orders.cloud.journal.of("dropped")[0].detail["why"]


# -- batches -----------------------------------------------------------------------------------------------------------


def test_a_batch_waits_for_its_window_unless_it_is_full(orders: OrdersBus) -> None:
    """Source: "Batching deliveries to a target"; ``eventbridge.custom_bus_batch``."""
    orders.subscribe(BatchConfiguration={"MaxBatchSize": 2, "MaxBatchWindowInSeconds": 60})
    orders.put({"n": 1})
    orders.cloud.advance(seconds=30)
    orders.put({"n": 2}, {"n": 3})
    orders.cloud.settle()
    assert orders.seconds("delivered") == [30, 30, 90]


# -- retries -----------------------------------------------------------------------------------------------------------


def test_every_failure_is_tried_again_and_then_dead_lettered_without_the_event(orders: OrdersBus) -> None:
    """Source: "Retry policies and dead-letter queues"; ``eventbridge.custom_bus_retry_default``."""
    dead = orders.queue("dead")
    orders.subscribe(f"arn:aws:sqs:{REGION}:{ACCOUNT}:nowhere", OnFailureConfiguration={"Arn": dead})
    [answer] = orders.put({"secret": 1})
    orders.cloud.settle()
    record = json.loads(orders.arrived("dead")[0])
    assert orders.seconds("retried") == [0, 1, 3, 7, 15]
    assert (record["exhaustedRetryCondition"], record["retryAttempts"]) == ("MaximumRetryAttempts", 5)
    assert [failed["eventId"] for failed in record["failedMessages"]] == [answer["EventId"]]
    assert "secret" not in json.dumps(record)


def test_an_event_that_gets_too_old_is_given_up(orders: OrdersBus) -> None:
    """Source: "Retry policies and dead-letter queues"."""
    dead = orders.queue("dead")
    policy = {"MaxRetryAttempts": 185, "MaxEventAgeInSeconds": 60}
    target = f"arn:aws:sqs:{REGION}:{ACCOUNT}:nowhere"
    orders.subscribe(target, RetryPolicy=policy, OnFailureConfiguration={"Arn": dead})
    orders.put({"n": 1})
    orders.cloud.settle()
    assert json.loads(orders.arrived("dead")[0])["exhaustedRetryCondition"] == "MaximumEventAgeInSeconds"
    assert orders.seconds("dead-lettered")[0] <= 60


def test_an_expression_that_throws_is_a_failure_of_the_customer(orders: OrdersBus) -> None:
    """Source: "Transforming events with JSONata"."""
    dead = orders.queue("dead")
    transformer = {"Type": "JSONATA", "JsonataConfiguration": {"Expression": "{% $number($events.Data.detail.n) %}"}}
    orders.subscribe(Transformer=transformer, OnFailureConfiguration={"Arn": dead}, RetryPolicy={"MaxRetryAttempts": 0})
    orders.put({"n": "seven"})
    orders.cloud.settle()
    record = json.loads(orders.arrived("dead")[0])
    assert (record["errorCode"], record["retryAttempts"]) == ("CUSTOMER_VALIDATION", 0)


def test_a_queue_that_is_down_gets_its_events_when_it_is_back(orders: OrdersBus) -> None:
    """Source: "Retry policies and dead-letter queues"."""
    orders.subscribe()
    orders.cloud.faults.outage("sqs", end=orders.cloud.clock.now / SECOND + 5)
    orders.put({"n": 1})
    orders.cloud.settle()
    assert (orders.details(), orders.seconds("delivered")) == ([{"n": 1}], [7])


# -- order -------------------------------------------------------------------------------------------------------------

BLOCKS = """
import time
failed = set()
def handler(events, context):
    for event in events:
        n = event["detail"]["n"]
        if n == 1 and n not in failed:
            failed.add(n)
            raise RuntimeError("not yet")
        print("did", n)
"""


@pytest.mark.parametrize(("kind", "done"), [("FIFO", ["2", "1", "3"]), ("UNORDERED", ["2", "3", "1"])])
def test_an_event_that_fails_holds_up_its_group_and_no_other(orders: OrdersBus, kind: str, done: list[str]) -> None:
    """Source: "Ordering and deduplicating events on a Custom Event Bus"; ``eventbridge.custom_bus_ordering``."""
    arn = orders.cloud.deploy("do", BLOCKS)
    synchronous = {"LambdaParameters": {"InvocationType": "REQUEST_RESPONSE"}}
    orders.subscribe(arn, Type=kind, parameters=synchronous, BatchConfiguration={"MaxBatchSize": 2})
    orders.put({"n": 1}, group="a")
    orders.cloud.advance(seconds=0.1)
    orders.put({"n": 2}, group="b")
    orders.cloud.advance(seconds=0.1)
    orders.put({"n": 3}, group="a")
    orders.cloud.settle()
    log = orders.cloud.logs("do")
    assert [line.split()[-1] for line in log.splitlines() if line.startswith("did")] == done


def test_a_fifo_subscriber_keeps_the_order_of_a_fifo_queue(orders: OrdersBus) -> None:
    """Source: "Ordering and deduplicating events on a Custom Event Bus"; "Amazon SQS queue target"."""
    group = "{% $events.SystemMetadata.EventGroupId %}"
    token = "{% $events.SystemMetadata.`aws:EventId` %}"
    fifo = {"SqsParameters": {"MessageGroupId": group, "MessageDeduplicationId": token}}
    orders.subscribe(orders.queue("billing.fifo"), Type="FIFO", parameters=fifo)
    for number in range(25):
        orders.put({"n": number}, group=f"customer-{number % 2}")
    orders.cloud.settle()
    arrived = [detail["n"] for detail in orders.details("billing.fifo")]
    assert [n for n in arrived if n % 2 == 0] == list(range(0, 25, 2))
    assert [n for n in arrived if n % 2] == list(range(1, 25, 2))


# -- pause, resume, replay ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("resume", "arrived"), [({}, [1, 2, 3]), ({"ResumePosition": "LATEST"}, [1, 3])])
def test_a_stopped_subscriber_goes_on_where_it_stopped_or_at_the_latest(
    orders: OrdersBus, resume: dict[str, str], arrived: list[int]
) -> None:
    """Source: "Updating, pausing, and resuming a subscriber"."""
    arn = orders.subscribe()
    orders.put({"n": 1})
    orders.cloud.settle()
    orders.api.update_subscriber(SubscriberArn=arn, State="STOPPED")
    orders.put({"n": 2})
    orders.cloud.advance(hours=1)
    assert [detail["n"] for detail in orders.details()] == [1]
    orders.api.update_subscriber(SubscriberArn=arn, State="RUNNING", **resume)
    orders.put({"n": 3})
    orders.cloud.settle()
    assert [detail["n"] for detail in orders.details()] == arrived
    assert len(orders.cloud.journal.of("dropped")) == 3 - len(arrived)


def test_a_subscriber_that_is_stopped_for_too_long_misses_what_expires(orders: OrdersBus) -> None:
    """Source: "Updating, pausing, and resuming a subscriber"; ``eventbridge.custom_bus_retention``."""
    arn = orders.subscribe(State="STOPPED")
    orders.put({"n": 1})
    orders.cloud.advance(hours=25)
    orders.api.update_subscriber(SubscriberArn=arn, State="RUNNING")
    orders.cloud.settle()
    assert orders.arrived() == []
    assert [event.detail["by"] for event in orders.cloud.journal.of("expired")] == ["bill"]


def test_what_an_update_leaves_out_stays_and_what_it_gives_is_replaced_whole(orders: OrdersBus) -> None:
    """Source: "Updating, pausing, and resuming a subscriber"; UpdateSubscriber."""
    arn = orders.subscribe(Description="first", RetryPolicy={"MaxRetryAttempts": 9, "MaxEventAgeInSeconds": 600})
    orders.api.update_subscriber(SubscriberArn=arn, RetryPolicy={"MaxRetryAttempts": 2})
    now = orders.api.describe_subscriber(SubscriberArn=arn)
    assert now["Description"] == "first"
    assert now["RetryPolicy"] == {"MaxRetryAttempts": 2, "MaxEventAgeInSeconds": 300, "RetryStrategy": "ALL"}


@pytest.mark.parametrize(
    ("position", "arrived"),
    [
        ({"StartingPosition": "LATEST"}, [3]),
        ({"PointType": "HORIZON"}, [1, 2, 3]),
        ({"PointType": "TIMESTAMP", "StartingPoint": 30}, [2, 3]),
        ({"PointType": "HORIZON", "EndPoint": 30}, [1]),
    ],
)
def test_a_subscriber_begins_where_it_is_told_to(
    orders: OrdersBus, position: dict[str, Any], arrived: list[int]
) -> None:
    """Source: "Replaying retained events to a subscriber"."""
    orders.put({"n": 1})
    begun = orders.cloud.clock.date
    orders.cloud.advance(minutes=1)
    orders.put({"n": 2})
    if "PointType" in position:
        dates = {key: begun + timedelta(seconds=value) for key, value in position.items() if key != "PointType"}
        point = {"PointType": position["PointType"], **dates}
        position = {"StartingPosition": "POINT_IN_TIME", "PointInTimeConfiguration": point}
    orders.subscribe(**position)
    orders.cloud.advance(seconds=1)
    orders.put({"n": 3})
    orders.cloud.settle()
    assert [detail["n"] for detail in orders.details()] == arrived


def test_a_replayed_event_says_so(orders: OrdersBus) -> None:
    """Source: "Replaying retained events to a subscriber"; "Transforming events with JSONata"."""
    orders.put({"n": 1})
    horizon = {"StartingPosition": "POINT_IN_TIME", "PointInTimeConfiguration": {"PointType": "HORIZON"}}
    orders.subscribe(Transformer={"Type": "WITH_METADATA"}, **horizon)
    orders.put({"n": 2})
    orders.cloud.settle()
    kinds = [json.loads(body)["SystemMetadata"]["aws:DeliveryType"] for body in orders.arrived()]
    assert kinds == ["REPLAY", "LIVE"]


def test_a_revoked_subscriber_delivers_nothing_and_can_only_be_deleted(orders: OrdersBus) -> None:
    """Source: RevokeResource."""
    arn = orders.subscribe()
    orders.api.revoke_resource(Arn=arn)
    orders.put({"n": 1})
    orders.cloud.settle()
    now = orders.api.describe_subscriber(SubscriberArn=arn)
    assert (now["State"], now["Revoked"], orders.arrived()) == ("RUNNING", True, [])
    with pytest.raises(ClientError) as refused:
        orders.api.update_subscriber(SubscriberArn=arn, Description="again")
    assert refused.value.response["Error"]["Code"] == "InvalidStateException"
    orders.api.delete_subscriber(SubscriberArn=arn)


# -- over HTTP ---------------------------------------------------------------------------------------------------------


def test_an_api_destination_gets_a_request_for_each_event(orders: OrdersBus) -> None:
    """Source: "HTTP targets: API Gateway and API destinations"."""
    asked: list[Request] = []

    def answer(request: Request) -> Response:
        asked.append(request)
        return Response(200 if len(asked) > 1 else 503)

    orders.cloud.web.open("shop.example", answer)
    key = {"ApiKeyAuthParameters": {"ApiKeyName": "x-key", "ApiKeyValue": "secret"}}
    events = client("events")
    connection = events.create_connection(Name="shop", AuthorizationType="API_KEY", AuthParameters=key)
    arn = events.create_api_destination(
        Name="shop",
        ConnectionArn=connection["ConnectionArn"],
        InvocationEndpoint="https://shop.example/orders/*",
        HttpMethod="POST",
    )["ApiDestinationArn"]
    http = {"PathParameterValues": ["{% $events.Data.detail.id %}"], "HeaderParameters": {"x-by": "bus"}}
    orders.subscribe(arn, parameters={"HttpParameters": http})
    orders.put({"id": "o-1"})
    orders.cloud.settle()
    assert [(request.path, request.header("x-by"), request.header("x-key")) for request in asked] == [
        ("/orders/o-1", "bus", "secret")
    ] * 2
    assert orders.seconds("delivered") == [1]


def test_a_schedule_puts_events_on_a_custom_bus(orders: OrdersBus) -> None:
    """Source: "Using templated targets in EventBridge Scheduler"; "Publishing events to a Custom Event Bus"."""
    orders.subscribe()
    given = {"EventBridgePutEventsV2Parameters": {"Source": "clock", "DetailType": "tick"}}
    for name, parameters in (("enveloped", given), ("raw", {"EventBridgePutRawEventsParameters": {}})):
        client("scheduler").create_schedule(
            Name=name,
            ScheduleExpression="at(2026-01-01T01:00:00)",
            FlexibleTimeWindow={"Mode": "OFF"},
            Target={"Arn": orders.arn, "RoleArn": ROLE, "Input": '{"n": 1}', **parameters},
        )
    orders.cloud.faults.outage("eventbridgev2", end=3600.1)
    orders.cloud.settle()
    envelope, raw = sorted(orders.arrived(), key=len, reverse=True)
    assert (json.loads(envelope)["source"], json.loads(envelope)["detail"]) == ("clock", {"n": 1})
    assert raw == '{"n": 1}'
    assert len(orders.cloud.journal.of("retried")) == 2
