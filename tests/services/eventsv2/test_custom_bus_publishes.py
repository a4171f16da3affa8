"""What a Custom Event Bus takes, and keeps. Actions are those of eventbridgev2."""

from __future__ import annotations

import json
from datetime import timedelta

import boto3
import pytest
from botocore.exceptions import ClientError
from orders_bus import ACCOUNT, OrdersBus

from waterline import Cloud
from waterline.cloud import REGION
from waterline.services.delivery import Sender, Targets


def code(error: pytest.ExceptionInfo[ClientError]) -> str:
    return str(error.value.response["Error"]["Code"])


def test_a_bus_is_made_in_the_background(orders: OrdersBus) -> None:
    """Source: CreateEventBus."""
    arn = orders.api.create_event_bus(Name="later")["EventBusArn"]
    assert orders.api.describe_event_bus(EventBusArn=arn)["State"] == "CREATING"
    with pytest.raises(ClientError) as refused:
        orders.api.put_events(EventBusArn=arn, Entries=[{"Source": "shop", "DetailType": "paid"}])
    assert code(refused) == "InvalidStateException"
    orders.cloud.advance(seconds=5)
    assert orders.api.describe_event_bus(EventBusArn=arn)["State"] == "ACTIVE"


def test_a_create_repeated_with_its_client_token_makes_one_bus(orders: OrdersBus) -> None:
    """Source: CreateEventBus; ``eventbridge.custom_bus_quota``."""
    first, again = (orders.api.create_event_bus(Name="twice", ClientToken="t")["EventBusArn"] for _ in range(2))
    assert first == again
    with pytest.raises(ClientError) as refused:
        orders.api.create_event_bus(Name="other", ClientToken="t")
    assert code(refused) == "IdempotentParameterMismatchException"
    for number in range(3):
        orders.api.create_event_bus(Name=f"more-{number}")
    with pytest.raises(ClientError) as refused:
        orders.api.create_event_bus(Name="too-many")
    assert code(refused) == "LimitExceededException"


def test_what_put_events_publishes_arrives_in_an_envelope(orders: OrdersBus) -> None:
    """Source: "Publishing events to a Custom Event Bus"."""
    orders.subscribe()
    [answer] = orders.put({"total": 30})
    orders.cloud.settle()
    [body] = orders.arrived()
    envelope = json.loads(body)
    assert answer["SuccessCode"] == "PUBLISHED"
    assert (envelope["id"], envelope["source"], envelope["detail-type"]) == (answer["EventId"], "shop", "paid")
    assert (envelope["detail"], envelope["account"]) == ({"total": 30}, ACCOUNT)


def test_what_put_raw_events_publishes_arrives_as_it_was_sent(orders: OrdersBus) -> None:
    """Source: "Publishing events to a Custom Event Bus"; PutRawEvents."""
    orders.subscribe()
    orders.put_raw(b'{"total":  30}')
    orders.put_raw(b"\x00\xff", content="application/octet-stream")
    orders.cloud.settle()
    assert orders.arrived() == ['{"total":  30}', "AP8="]


@pytest.mark.parametrize(
    ("entry", "sentence"),
    [
        ({"Source": "aws.shop", "DetailType": "paid"}, "aws."),
        ({"Source": "shop", "DetailType": "paid", "Detail": "{"}, "malformed"),
    ],
)
def test_a_wrong_entry_fails_alone(orders: OrdersBus, entry: dict[str, str], sentence: str) -> None:
    """Source: PutEvents."""
    good = {"Source": "shop", "DetailType": "paid", "Detail": "{}"}
    answer = orders.api.put_events(EventBusArn=orders.arn, Entries=[entry, good])
    assert answer["FailedEntryCount"] == 1
    assert sentence in answer["Entries"][0]["ErrorMessage"]
    assert answer["Entries"][1]["SuccessCode"] == "PUBLISHED"


def test_a_request_is_held_against_the_model(orders: OrdersBus) -> None:
    """Source: ``eventbridge.custom_bus_put_entries``; PutEvents."""
    entries = [{"Source": "shop", "DetailType": "paid"}] * 101
    with pytest.raises(ClientError, match="length less than or equal to 100") as refused:
        orders.api.put_events(EventBusArn=orders.arn, Entries=entries)
    assert code(refused) == "InvalidInputException"


@pytest.mark.parametrize(
    ("after", "again", "outcome"),
    [
        (299, {"token": "order-1"}, "DEDUPLICATED"),
        (300, {"token": "order-1"}, "PUBLISHED"),
        (1, {"token": "order-2"}, "PUBLISHED"),
        (1, {"token": "order-1", "group": "eu"}, "PUBLISHED"),
    ],
)
def test_a_duplicate_is_suppressed_for_five_minutes_in_its_event_group(
    orders: OrdersBus, after: int, again: dict[str, str], outcome: str
) -> None:
    """Source: "Ordering and deduplicating events on a Custom Event Bus"; ``eventbridge.custom_bus_dedup_window``."""
    orders.subscribe()
    [first] = orders.put({"n": 1}, token="order-1")
    orders.cloud.advance(seconds=after)
    [second] = orders.put({"n": 2}, **again)
    orders.cloud.settle()
    assert second["SuccessCode"] == outcome
    assert (second["EventId"] == first["EventId"]) == (outcome == "DEDUPLICATED")
    assert len(orders.arrived()) == (1 if outcome == "DEDUPLICATED" else 2)


def test_content_is_compared_when_the_request_asks_for_it(orders: OrdersBus) -> None:
    """Source: "Ordering and deduplicating events on a Custom Event Bus"."""
    by_content = {"DeduplicationConfiguration": {"DeduplicationType": "CONTENT_BASED"}}
    answers = orders.put({"n": 1}, {"n": 1}, {"n": 2}, **by_content)
    assert [answer["SuccessCode"] for answer in answers] == ["PUBLISHED", "DEDUPLICATED", "PUBLISHED"]
    assert [answer["SuccessCode"] for answer in orders.put({"n": 1})] == ["PUBLISHED"]


def test_an_event_is_kept_for_the_retention_period_and_no_longer(orders: OrdersBus) -> None:
    """Source: ``eventbridge.custom_bus_retention``; "Replaying retained events to a subscriber"."""
    orders.put({"n": 1})
    orders.cloud.advance(hours=12)
    orders.put({"n": 2})
    orders.cloud.advance(hours=12, seconds=1)
    horizon = {"StartingPosition": "POINT_IN_TIME", "PointInTimeConfiguration": {"PointType": "HORIZON"}}
    orders.subscribe(**horizon)
    orders.cloud.settle()
    assert orders.details() == [{"n": 2}]
    assert [event.kind for event in orders.cloud.journal.of("expired")] == ["expired"]


def test_a_young_bus_can_be_read_from_its_creation_on(orders: OrdersBus) -> None:
    """Source: "Replaying retained events to a subscriber"."""
    bus = orders.api.describe_event_bus(EventBusArn=orders.arn)
    assert bus["StorageConfiguration"]["RetentionWindowStartTime"] == bus["CreationTime"]
    point = {"PointType": "TIMESTAMP", "StartingPoint": bus["CreationTime"] - timedelta(seconds=1)}
    with pytest.raises(ClientError, match="retention window") as refused:
        orders.subscribe(StartingPosition="POINT_IN_TIME", PointInTimeConfiguration=point)
    assert code(refused) == "InvalidInputException"


def test_a_bus_with_a_subscriber_is_not_deleted(orders: OrdersBus) -> None:
    """Source: DeleteEventBus."""
    subscriber = orders.subscribe()
    with pytest.raises(ClientError, match="subscribers") as refused:
        orders.api.delete_event_bus(EventBusArn=orders.arn)
    assert code(refused) == "ResourceInUseException"
    orders.api.delete_subscriber(SubscriberArn=subscriber)
    orders.api.delete_event_bus(EventBusArn=orders.arn)
    orders.api.get_waiter("event_bus_deleted").wait(EventBusArn=orders.arn)
    assert orders.api.list_event_buses()["EventBuses"] == []


def test_an_explicit_deny_in_its_policy_holds_for_its_owner_too(orders: OrdersBus) -> None:
    """Source: PutResourcePolicy; "Sharing a Custom Event Bus with other accounts"."""
    policy = {
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
                "Action": "events:PutEvents",
                "Resource": orders.arn,
            },
            {
                "Effect": "Deny",
                "Principal": {"AWS": ACCOUNT},
                "Action": "events:PutEvents",
                "Resource": orders.arn,
                "Condition": {"StringEquals": {"events:source": "shop"}},
            },
        ]
    }
    orders.api.put_resource_policy(ResourceArn=orders.arn, PolicyDocument=json.dumps(policy))
    with pytest.raises(ClientError, match="explicit deny") as refused:
        orders.put({"n": 1})
    assert code(refused) == "AccessDeniedException"
    assert [event.place for event in orders.cloud.journal.of("denied")] == ["eventsv2:orders"]


def test_a_policy_is_written_in_the_revision_that_was_read(orders: OrdersBus) -> None:
    """Source: PutResourcePolicy; DeleteResourcePolicy."""
    document = json.dumps({"Statement": []})
    put = orders.api.put_resource_policy
    revision = put(ResourceArn=orders.arn, PolicyDocument=document, ExpectedRevisionId="NO_POLICY")["RevisionId"]
    with pytest.raises(ClientError) as refused:
        put(ResourceArn=orders.arn, PolicyDocument=document, ExpectedRevisionId="NO_POLICY")
    assert code(refused) == "ConflictException"
    assert orders.api.delete_resource_policy(ResourceArn=orders.arn)["RevisionId"] == revision
    assert "RevisionId" not in orders.api.delete_resource_policy(ResourceArn=orders.arn)


def test_a_policy_that_lets_everybody_in_is_not_attached(orders: OrdersBus) -> None:
    """Source: PutResourcePolicy."""
    everybody = {"Effect": "Allow", "Principal": "*", "Action": "events:PutEvents", "Resource": orders.arn}
    with pytest.raises(ClientError) as refused:
        orders.api.put_resource_policy(ResourceArn=orders.arn, PolicyDocument=json.dumps({"Statement": [everybody]}))
    assert code(refused) == "PublicPolicyException"
    assert orders.api.list_resource_policies(ResourceArn=orders.arn)["PolicySummaries"] == []


def test_an_event_source_is_kept_and_can_be_revoked(orders: OrdersBus) -> None:
    """Source: CreateEventSource; RevokeResource."""
    configuration = {"AwsServiceEventsConfiguration": {"AwsService": "aws.s3"}}
    made = orders.api.create_event_source(Name="uploads", EventBusArn=orders.arn, Configuration=configuration)
    arn = made["EventSourceArn"]
    orders.api.revoke_resource(Arn=arn)
    assert orders.api.describe_event_source(EventSourceArn=arn)["Revoked"] is True
    with pytest.raises(ClientError) as refused:
        orders.api.update_event_source(EventSourceArn=arn, Description="again")
    assert code(refused) == "InvalidStateException"
    orders.api.delete_event_source(EventSourceArn=arn)
    assert orders.api.list_event_sources()["EventSources"] == []


def upload(orders: OrdersBus, key: str) -> None:
    """What S3 puts on the account's default bus."""
    sender = Sender("s3.amazonaws.com", "arn:aws:s3:::uploads", ACCOUNT, by_role=True)
    entry = {"Source": "aws.s3", "DetailType": "Object Created", "Detail": json.dumps({"key": key})}
    bus = f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/default"
    Targets(orders.cloud._ground).bus(sender, bus, [entry])


def test_an_event_source_forwards_the_events_of_a_service_that_its_pattern_wants(orders: OrdersBus) -> None:
    """Source: CreateEventSource; "Event structure: data, metadata, and system metadata"."""
    pattern = json.dumps({"detail": {"key": [{"suffix": ".jpg"}]}})
    service = {"AwsService": "aws.s3", "Pattern": pattern}
    made = orders.api.create_event_source(
        Name="uploads", EventBusArn=orders.arn, Configuration={"AwsServiceEventsConfiguration": service}
    )
    orders.wanting(SYSTEM_METADATA={"aws:Source": ["aws.s3"]})
    upload(orders, "a.jpg")
    upload(orders, "b.txt")
    orders.cloud.settle()
    assert orders.details() == [{"key": "a.jpg"}]
    orders.api.revoke_resource(Arn=made["EventSourceArn"])
    upload(orders, "c.jpg")
    orders.cloud.settle()
    assert len(orders.arrived()) == 1


def test_a_bus_is_in_its_region(orders: OrdersBus) -> None:
    """Source: CreateEventBus."""
    there = boto3.client("eventbridgev2", region_name="eu-west-1")
    arn = there.create_event_bus(Name="orders")["EventBusArn"]
    assert arn.split(":")[3] == "eu-west-1"
    assert len(orders.api.list_event_buses()["EventBuses"]) == 1


def test_a_cloud_aside_takes_nothing_away(orders: OrdersBus) -> None:
    with Cloud.aside(seed=1):
        assert orders.api.list_event_buses()["EventBuses"] == []
    assert [bus["Name"] for bus in orders.api.list_event_buses()["EventBuses"]] == ["orders"]
    orders.put({"n": 1})


def test_a_fault_strikes_its_calls_as_any_other_service(orders: OrdersBus) -> None:
    orders.cloud.faults.errors("eventbridgev2", rate=1.0)
    with pytest.raises(ClientError) as refused:
        orders.put({"n": 1})
    assert code(refused) == "InternalFailure"


def test_tags_are_kept(orders: OrdersBus) -> None:
    """Source: TagResource; ListTagsForResource."""
    orders.api.tag_resource(ResourceArn=orders.arn, Tags={"team": "shop", "tier": "1"})
    orders.api.untag_resource(ResourceArn=orders.arn, TagKeys=["tier"])
    assert orders.api.list_tags_for_resource(ResourceArn=orders.arn)["Tags"] == {"team": "shop"}
