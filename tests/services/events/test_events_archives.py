"""Archives keep events, replays put them on their bus again."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from botocore.exceptions import ClientError
from eventlab import Lab, arn_of, client

from waterline.facts import facts

START = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
DEFAULT = arn_of("events", "event-bus/default")
ARCHIVE = arn_of("events", "archive/all")


def archive(name: str = "all", bus: str = DEFAULT, **settings: Any) -> None:
    client("events").create_archive(ArchiveName=name, EventSourceArn=bus, **settings)


def replay(lab: Lab, name: str = "again", first: float = 0, last: float = 60, only: list[str] | None = None) -> None:
    """Replay from minute `first` to minute `last`."""
    client("events").start_replay(
        ReplayName=name,
        EventSourceArn=ARCHIVE,
        EventStartTime=START + dt.timedelta(minutes=first),
        EventEndTime=START + dt.timedelta(minutes=last),
        Destination={"Arn": DEFAULT, **({"FilterArns": only} if only else {})},
    )


def state(name: str = "again") -> Any:
    return client("events").describe_replay(ReplayName=name)["State"]


def minutely(lab: Lab, count: int) -> None:
    """An event in each minute."""
    for n in range(count):
        lab.put({"n": n})
        lab.cloud.advance(minutes=1)


def numbers(lab: Lab, queue: str = "orders") -> list[int]:
    return [detail["n"] for detail in lab.details(queue)]


def test_a_replay_brings_the_events_of_a_window(lab: Lab) -> None:
    """Source: "Archiving and replaying events in Amazon EventBridge"; StartReplay."""
    lab.rule(lab.queue())
    archive()
    minutely(lab, 6)
    assert numbers(lab) == [0, 1, 2, 3, 4, 5]
    replay(lab, first=2, last=4)
    lab.cloud.settle()
    assert numbers(lab) == [2, 3, 4]


def test_a_replayed_event_says_so_and_is_the_same_otherwise(lab: Lab) -> None:
    """Source: "Archiving and replaying events in Amazon EventBridge"."""
    lab.rule(lab.queue())
    archive()
    first = lab.put({"n": 1})
    lab.cloud.advance(hours=1)
    replay(lab)
    lab.cloud.settle()
    before, after = lab.events()
    assert "replay-name" not in before
    assert after.pop("replay-name") == "again"
    assert {**after, "id": ""} == {**before, "id": ""}
    assert after["id"] in lab.family(first)


def test_an_archive_keeps_what_its_pattern_wants(lab: Lab) -> None:
    """Source: "Archiving and replaying events in Amazon EventBridge"; CreateArchive; UpdateArchive."""
    archive(EventPattern='{"detail": {"n": [{"numeric": [">", 2]}]}}')
    for n in range(5):
        lab.put({"n": n})
    described = client("events").describe_archive(ArchiveName="all")
    assert described["EventCount"] == 2
    client("events").update_archive(ArchiveName="all", EventPattern='{"detail": {"n": [0]}}')
    for n in range(5):
        lab.put({"n": n})
    (listed,) = client("events").list_archives()["Archives"]
    assert listed["EventCount"] == 3
    assert listed["SizeBytes"] > described["SizeBytes"] > 0


def test_an_archive_is_of_one_bus(lab: Lab) -> None:
    """Source: CreateArchive."""
    archive(bus=lab.bus("orders"))
    lab.put({"n": 1})
    lab.put({"n": 2}, EventBusName="orders")
    assert client("events").describe_archive(ArchiveName="all")["EventCount"] == 1


def test_an_archive_keeps_events_as_long_as_it_retains_them(lab: Lab) -> None:
    """Source: "Archiving and replaying events in Amazon EventBridge"; fact ``eventbridge.archive_retention``."""
    archive(RetentionDays=2)
    archive("kept")
    for n in range(4):
        lab.put({"n": n})
        lab.cloud.advance(days=1)
    counts = {one["ArchiveName"]: one["EventCount"] for one in client("events").list_archives()["Archives"]}
    assert counts == {"all": 1, "kept": 4}


def test_replayed_events_are_not_archived_again(lab: Lab) -> None:
    """Source: CreateArchive."""
    archive()
    lab.put({"n": 1})
    replay(lab)
    lab.cloud.settle()
    assert client("events").describe_archive(ArchiveName="all")["EventCount"] == 1


def test_a_replay_may_be_for_some_rules_only(lab: Lab) -> None:
    """Source: StartReplay; "Archiving and replaying events in Amazon EventBridge"."""
    lab.rule(lab.queue("one"), name="one")
    two = lab.rule(lab.queue("two"), name="two")
    archive()
    lab.put({"n": 1})
    replay(lab, only=[two])
    lab.cloud.settle()
    assert (numbers(lab, "one"), numbers(lab, "two")) == ([1], [1, 1])


def test_a_replay_reaches_rules_that_came_later(lab: Lab) -> None:
    """Source: "Archiving and replaying events in Amazon EventBridge"."""
    archive()
    lab.put({"n": 1})
    lab.rule(lab.queue())
    replay(lab)
    lab.cloud.settle()
    assert numbers(lab) == [1]


def test_a_rule_can_refuse_replays(lab: Lab) -> None:
    """Source: "Archiving and replaying events in Amazon EventBridge"."""
    lab.rule(lab.queue(), pattern={"source": ["shop"], "replay-name": [{"exists": False}]})
    archive()
    lab.put({"n": 1})
    replay(lab)
    lab.cloud.settle()
    assert numbers(lab) == [1]


def test_minutes_come_in_order_and_what_is_in_them_need_not(lab: Lab) -> None:
    """Source: fact ``eventbridge.replay_interval``; StartReplay."""
    archive()
    for minute in range(3):
        for n in range(10):
            lab.put({"n": 10 * minute + n})
        lab.cloud.advance(minutes=1)
    lab.rule(lab.queue())
    replay(lab)
    lab.cloud.settle()
    played = [event["detail"]["n"] for event in lab.events()]
    assert [n // 10 for n in played] == [0] * 10 + [1] * 10 + [2] * 10
    assert played != sorted(played)


def test_a_replay_takes_time_and_tells_how_far_it_is(lab: Lab) -> None:
    """Source: DescribeReplay; StartReplay."""
    archive()
    minutely(lab, 5)
    replay(lab)
    assert state() == "STARTING"
    lab.cloud.advance(seconds=2.5)
    assert state() == "RUNNING"
    described = client("events").describe_replay(ReplayName="again")
    assert described["EventLastReplayedTime"] == START + dt.timedelta(minutes=1)
    lab.cloud.settle()
    assert state() == "COMPLETED"


def test_a_replay_can_be_canceled_while_it_runs(lab: Lab) -> None:
    """Source: CancelReplay."""
    archive()
    minutely(lab, 5)
    lab.rule(lab.queue())
    replay(lab)
    lab.cloud.advance(seconds=2.5)
    assert client("events").cancel_replay(ReplayName="again")["State"] == "CANCELLING"
    lab.cloud.settle()
    assert state() == "CANCELLED"
    assert numbers(lab) == [0, 1]
    with pytest.raises(ClientError, match="Replay again is not in a valid state for this operation"):
        client("events").cancel_replay(ReplayName="again")


def test_so_many_replays_run_at_once(lab: Lab) -> None:
    """Source: fact ``eventbridge.replays_concurrent``."""
    archive()
    lab.put()
    for number in range(facts["eventbridge.replays_concurrent"].count):
        replay(lab, f"replay-{number}")
    with pytest.raises(ClientError, match="LimitExceededException"):
        replay(lab, "one-more")
    lab.cloud.settle()
    replay(lab, "one-more")


def test_a_replay_goes_back_to_the_bus_of_its_archive(lab: Lab) -> None:
    """Source: "Archiving and replaying events in Amazon EventBridge"; StartReplay."""
    archive()
    other = lab.bus("other")
    with pytest.raises(ClientError, match="Cross event bus replay is not permitted"):
        client("events").start_replay(
            ReplayName="r",
            EventSourceArn=ARCHIVE,
            EventStartTime=START,
            EventEndTime=START + dt.timedelta(hours=1),
            Destination={"Arn": other},
        )


def test_an_archive_that_is_deleted_keeps_nothing(lab: Lab) -> None:
    """Source: DeleteArchive."""
    archive()
    lab.put()
    client("events").delete_archive(ArchiveName="all")
    lab.put()
    archive()
    assert client("events").describe_archive(ArchiveName="all")["EventCount"] == 0
