"""PutEvents: what is taken, what is refused entry by entry, and what an event is made of."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from eventlab import ACCOUNT, Lab, arn_of, client

from waterline.facts import facts

GOOD = {"Source": "shop", "DetailType": "Order", "Detail": "{}"}
LIMIT = facts["eventbridge.event_size_max"].bytes


def put(*entries: dict[str, Any]) -> Any:
    return client("events").put_events(Entries=list(entries))


def test_an_event_has_an_account_a_region_a_time_and_what_was_put(lab: Lab) -> None:
    """Source: PutEvents."""
    lab.rule(lab.queue())
    lab.cloud.advance(seconds=90)
    identifier = lab.put({"order": 7}, Resources=["arn:aws:s3:::pictures"])
    lab.cloud.settle()
    assert lab.events() == [
        {
            "version": "0",
            "id": identifier,
            "detail-type": "Order",
            "source": "shop",
            "account": ACCOUNT,
            "time": "2026-01-01T00:01:30Z",
            "region": "us-east-1",
            "resources": ["arn:aws:s3:::pictures"],
            "detail": {"order": 7},
        }
    ]


def test_an_entry_may_say_its_own_time(lab: Lab) -> None:
    """Source: PutEvents."""
    lab.rule(lab.queue())
    lab.put(Time=dt.datetime(2025, 5, 4, 3, 2, 1, 999, tzinfo=dt.UTC))
    lab.cloud.settle()
    assert [event["time"] for event in lab.events()] == ["2025-05-04T03:02:01Z"]


@pytest.mark.parametrize(
    ("change", "code", "message"),
    [
        ({"Source": ""}, "InvalidArgument", "Parameter Source is not valid. Reason: Source is a required argument."),
        ({"DetailType": ""}, "InvalidArgument", "DetailType is a required argument."),
        ({"Detail": ""}, "InvalidArgument", "Parameter Detail is not valid. Reason: Detail is a required argument."),
        ({"Detail": "{'a': 1}"}, "MalformedDetail", "Detail is malformed."),
        ({"Detail": "[1]"}, "MalformedDetail", "Detail is malformed."),
        ({"Detail": '"text"'}, "MalformedDetail", "Detail is malformed."),
        ({"Detail": '{"a":' * 5000 + "1" + "}" * 5000}, "MalformedDetail", "Detail is malformed."),
        ({"DetailType": "x" * 129}, "InvalidArgument", "128 characters"),
        ({"Source": "aws.s3"}, "NotAuthorizedForSourceException", "Not authorized for the source."),
    ],
)
def test_one_bad_entry_fails_alone(lab: Lab, change: dict[str, str], code: str, message: str) -> None:
    """Source: PutEvents."""
    lab.rule(lab.queue())
    answer = put(GOOD, {**GOOD, **change}, GOOD)
    assert answer["FailedEntryCount"] == 1
    first, bad, last = answer["Entries"]
    assert bad["ErrorCode"] == code
    assert message in bad["ErrorMessage"]
    lab.cloud.settle()
    assert {event["id"] for event in lab.events()} == {first["EventId"], last["EventId"]}


def test_a_request_takes_ten_entries_and_not_eleven(lab: Lab) -> None:
    """Source: fact ``eventbridge.put_events_entries``; PutEvents."""
    most = int(facts["eventbridge.put_events_entries"].high)
    assert put(*[GOOD] * most)["FailedEntryCount"] == 0
    with pytest.raises(ClientError, match="Member must have length less than or equal to 10"):
        put(*[GOOD] * (most + 1))
    assert len(lab.of("sent")) == most


@pytest.mark.parametrize(
    ("entry", "size"),
    [
        ({"Source": "shop", "DetailType": "Order", "Detail": "{}"}, 4 + 5 + 2),
        ({"Source": "shöp", "DetailType": "Order", "Detail": '{"a":"€"}'}, 5 + 5 + 11),
        ({**GOOD, "Time": dt.datetime(2026, 1, 1, tzinfo=dt.UTC)}, 11 + 14),
        ({**GOOD, "Resources": ["arn:1", "arn:22"]}, 11 + 5 + 6),
        ({**GOOD, "EventBusName": "default", "TraceHeader": "Root=1"}, 11),
    ],
)
def test_the_size_of_an_entry_is_counted_in_bytes(lab: Lab, entry: dict[str, Any], size: int) -> None:
    """Source: "Calculating Amazon EventBridge PutEvents event entry size"; fact ``eventbridge.event_size_max``."""
    filler = {"Source": "s", "DetailType": "d", "Detail": json.dumps({"f": ""})}
    room = LIMIT - size - 2 - len(filler["Detail"])
    fits = {**filler, "Detail": json.dumps({"f": "x" * (room - 1)})}
    assert put(entry, fits)["FailedEntryCount"] == 0
    too_large = {**filler, "Detail": json.dumps({"f": "x" * room})}
    with pytest.raises(ClientError, match=r"Total size of the entries in the request is over the limit\."):
        put(entry, too_large)


def test_the_entries_of_a_request_share_the_limit(lab: Lab) -> None:
    """Source: fact ``eventbridge.event_size_max``; PutEvents."""
    half = {**GOOD, "Detail": json.dumps({"f": "x" * (LIMIT // 2)})}
    assert put(half)["FailedEntryCount"] == 0
    with pytest.raises(ClientError, match="over the limit"):
        put(half, half)


def test_an_event_that_no_rule_wants_is_gone(lab: Lab) -> None:
    """Source: "Creating Amazon EventBridge event patterns"."""
    lab.rule(lab.queue(), pattern={"source": ["bank"]})
    lab.put()
    lab.cloud.settle()
    assert lab.kinds() == ["sent", "filtered"]
    assert lab.bodies() == []


def test_the_producer_hears_nothing_of_what_goes_wrong_later(lab: Lab) -> None:
    """Source: PutEvents."""
    lab.rule(arn_of("sqs", "nobody"), arn_of("lambda", "function:nobody"))
    assert put(GOOD)["FailedEntryCount"] == 0
    lab.cloud.settle()
    assert lab.kinds() == ["sent", "routed", "routed", "dropped", "dropped"]


def test_an_event_for_a_bus_that_is_not_there_is_answered_and_lost(lab: Lab) -> None:
    answer = put({**GOOD, "EventBusName": "nowhere"})
    assert answer["FailedEntryCount"] == 0
    assert [event.kind for event in lab.cloud.journal.of(message=answer["Entries"][0]["EventId"])] == [
        "sent",
        "dropped",
    ]


def test_a_bus_has_a_name_of_its_own_and_events_stay_on_it(lab: Lab) -> None:
    """Source: PutEvents; PutRule."""
    arn = lab.bus("orders")
    lab.rule(lab.queue("mine"), bus="orders")
    lab.rule(lab.queue("default-queue"))
    lab.put({"to": 1}, EventBusName="orders")
    lab.put({"to": 2}, EventBusName=arn)
    lab.put({"to": 3})
    lab.cloud.settle()
    assert lab.details("mine") == [{"to": 1}, {"to": 2}]
    assert lab.details("default-queue") == [{"to": 3}]


def test_a_statement_of_the_bus_may_deny_the_account_itself(lab: Lab) -> None:
    """Source: "Permissions for event buses in Amazon EventBridge"."""
    lab.bus("orders")
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "no-tests",
                "Effect": "Deny",
                "Principal": "*",
                "Action": "events:PutEvents",
                "Resource": arn_of("events", "event-bus/orders"),
                "Condition": {"StringEquals": {"events:source": "test"}},
            }
        ],
    }
    client("events").put_permission(EventBusName="orders", Policy=json.dumps(policy))
    answer = put({**GOOD, "EventBusName": "orders"}, {**GOOD, "EventBusName": "orders", "Source": "test"})
    assert [entry.get("ErrorCode") for entry in answer["Entries"]] == [None, "AccessDeniedException"]
    assert [event.detail["by"] for event in lab.of("denied", "events:orders")] == [f"arn:aws:iam::{ACCOUNT}:root"]


def policy_of(bus: str = "default") -> list[dict[str, Any]]:
    described = client("events").describe_event_bus(Name=bus)
    return list(json.loads(described.get("Policy", '{"Statement": []}'))["Statement"])


def test_statements_of_a_bus_are_kept_by_their_identifier(lab: Lab) -> None:
    """Source: PutPermission; RemovePermission."""
    for identifier, principal in (("one", ACCOUNT), ("two", ACCOUNT), ("all", "*"), ("one", "222222222222")):
        client("events").put_permission(Action="events:PutEvents", Principal=principal, StatementId=identifier)
    root = "arn:aws:iam::{}:root".format
    principals = {statement["Sid"]: statement["Principal"] for statement in policy_of()}
    assert principals == {"one": {"AWS": root("222222222222")}, "two": {"AWS": root(ACCOUNT)}, "all": "*"}
    client("events").remove_permission(StatementId="two")
    assert [statement["Sid"] for statement in policy_of()] == ["one", "all"]


def test_a_whole_policy_replaces_the_statements_of_a_bus(lab: Lab) -> None:
    """Source: PutPermission; fact ``eventbridge.bus_policy_max``."""
    client("events").put_permission(Action="events:PutEvents", Principal=ACCOUNT, StatementId="one")
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "scheduler.amazonaws.com"},
        "Action": "events:PutEvents",
        "Resource": arn_of("events", "event-bus/default"),
    }
    client("events").put_permission(Policy=json.dumps({"Version": "2012-10-17", "Statement": statement}))
    assert policy_of() == [{"Sid": "statement-1", **statement}]
    with pytest.raises(ClientError, match="invalid Json"):
        client("events").put_permission(Policy="{")
    room = facts["eventbridge.bus_policy_max"].bytes
    with pytest.raises(ClientError, match="PolicyLengthExceededException"):
        client("events").put_permission(Policy=json.dumps({"Statement": [{**statement, "Sid": "x" * room}]}))
    assert policy_of() == [{"Sid": "statement-1", **statement}]


def test_the_default_bus_is_always_there(lab: Lab) -> None:
    """Source: DeleteEventBus; CreateEventBus."""
    assert [bus["Name"] for bus in client("events").list_event_buses()["EventBuses"]] == ["default"]
    with pytest.raises(ClientError, match="Cannot delete event bus default"):
        client("events").delete_event_bus(Name="default")


def test_an_account_has_so_many_buses(lab: Lab) -> None:
    """Source: fact ``eventbridge.buses``."""
    for number in range(facts["eventbridge.buses"].count - 1):
        lab.bus(f"bus-{number}")
    with pytest.raises(ClientError, match="LimitExceededException"):
        lab.bus("one-more")
