"""EventBridge Scheduler: when a schedule is due, what its target gets, and what becomes of failures."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st
from schedules_bench import ACCOUNT, Schedules, client

from waterline import Cloud
from waterline.cloud import REGION

EUROPE = {"ScheduleExpressionTimezone": "Europe/Berlin"}
NOWHERE = f"arn:aws:sqs:{REGION}:{ACCOUNT}:nowhere"


def code(error: pytest.ExceptionInfo[ClientError]) -> str:
    return str(error.value.response["Error"]["Code"])


# -- when --------------------------------------------------------------------------------------------------------------


def test_a_rate_begins_at_once_and_goes_on_at_its_rate(plans: Schedules) -> None:
    """Source: "Schedule types in EventBridge Scheduler"."""
    plans.make("rate(20 minutes)")
    plans.cloud.advance(hours=1, seconds=1)
    assert plans.times() == ["01-01 00:00:00", "01-01 00:20:00", "01-01 00:40:00", "01-01 01:00:00"]


def test_a_rate_with_a_start_date_begins_there_and_ends_before_its_end_date(plans: Schedules) -> None:
    """Source: "Schedule types in EventBridge Scheduler"; CreateSchedule."""
    begun = plans.cloud.clock.date
    plans.make("rate(1 hour)", StartDate=begun + dt.timedelta(minutes=30), EndDate=begun + dt.timedelta(hours=2.5))
    plans.cloud.advance(days=1)
    assert plans.times() == ["01-01 00:30:00", "01-01 01:30:00"]


def test_a_one_time_schedule_is_due_once_in_its_time_zone_whatever_its_dates_say(plans: Schedules) -> None:
    """Source: "Schedule types in EventBridge Scheduler"; CreateSchedule."""
    end = plans.cloud.clock.date + dt.timedelta(minutes=1)
    plans.make("at(2026-01-01T13:00:00)", EndDate=end, **EUROPE)
    plans.cloud.settle()
    plans.cloud.advance(days=400)
    assert plans.times() == ["01-01 12:00:00"]


def test_a_cron_schedule_follows_the_clocks_of_its_zone(plans: Schedules) -> None:
    """Source: "Schedule types in EventBridge Scheduler" (daylight saving time)."""
    start = dt.datetime(2026, 3, 27, 12, tzinfo=dt.UTC)
    plans.make("cron(0 9 * * ? *)", StartDate=start, **EUROPE)
    plans.cloud.advance(days=90)
    assert plans.times()[:4] == ["03-28 08:00:00", "03-29 07:00:00", "03-30 07:00:00", "03-31 07:00:00"]


@pytest.mark.parametrize(
    ("month", "days", "expected"),
    [
        (3, (28, 31), ["03-28 01:30:00", "03-30 00:30:00"]),  # 02:30 on the 29th does not exist
        (10, (24, 27), ["10-24 00:30:00", "10-25 00:30:00", "10-26 01:30:00"]),  # 02:30 on the 25th comes twice
    ],
)
def test_a_time_that_the_clocks_skip_is_skipped_and_one_that_comes_twice_counts_once(
    plans: Schedules, month: int, days: tuple[int, int], expected: list[str]
) -> None:
    """Source: "Schedule types in EventBridge Scheduler" (daylight saving time)."""
    start, end = (dt.datetime(2026, month, day, tzinfo=dt.UTC) for day in days)
    plans.make("cron(30 2 * * ? *)", StartDate=start, EndDate=end, **EUROPE)
    plans.cloud.advance(days=365)
    assert plans.times() == expected


def test_a_disabled_schedule_does_nothing_until_it_is_enabled(plans: Schedules) -> None:
    """Source: UpdateSchedule."""
    request = plans.request("rate(1 hour)", State="DISABLED")
    plans.api.create_schedule(**request)
    plans.cloud.advance(hours=5)
    assert plans.times() == []
    plans.api.update_schedule(**{**request, "State": "ENABLED"})
    plans.cloud.advance(minutes=30)
    assert plans.times() == ["01-01 05:00:00"]


def test_an_update_replaces_the_schedule_whole(plans: Schedules) -> None:
    """Source: UpdateSchedule."""
    plans.make("rate(1 hour)", Description="first")
    plans.cloud.advance(minutes=90)
    plans.api.update_schedule(**plans.request("cron(45 * * * ? *)"))
    plans.cloud.advance(hours=1)
    assert plans.times() == ["01-01 00:00:00", "01-01 01:00:00", "01-01 01:45:00"]
    assert "Description" not in plans.api.get_schedule(Name="nightly")


@settings(max_examples=15, deadline=None)
@given(window=st.integers(1, 1440), seed=st.integers(0, 1000))
def test_a_flexible_window_delays_within_its_bounds(window: int, seed: int) -> None:
    """Source: "Configuring flexible time windows in EventBridge Scheduler"; ``scheduler.flexible_window``."""
    with Cloud(seed=seed) as cloud:
        plans = Schedules(cloud)
        flexible = {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": window}
        input_ = {"Input": "<aws.scheduler.scheduled-time>"}
        plans.make("at(2026-01-02T00:00:00)", FlexibleTimeWindow=flexible, target=input_)
        cloud.settle()
        late = plans.dates()[0] - dt.datetime(2026, 1, 2, tzinfo=dt.UTC)
        assert dt.timedelta() <= late < dt.timedelta(minutes=window)
        assert plans.bodies() == ["2026-01-02T00:00:00Z"]


@pytest.mark.parametrize(("action", "left"), [("DELETE", []), ("NONE", ["nightly"])])
def test_a_completed_schedule_is_deleted_if_it_is_to_be(plans: Schedules, action: str, left: list[str]) -> None:
    """Source: CreateSchedule (ActionAfterCompletion)."""
    end = plans.cloud.clock.date + dt.timedelta(hours=2.5)
    plans.make("rate(1 hour)", EndDate=end, ActionAfterCompletion=action)
    plans.cloud.advance(hours=1.5)
    assert [schedule["Name"] for schedule in plans.api.list_schedules()["Schedules"]] == ["nightly"]
    plans.cloud.advance(hours=2)
    assert len(plans.times()) == 3
    assert [schedule["Name"] for schedule in plans.api.list_schedules()["Schedules"]] == left


def test_a_group_takes_its_schedules_with_it(plans: Schedules) -> None:
    """Source: DeleteScheduleGroup; CreateScheduleGroup."""
    plans.api.create_schedule_group(Name="reports")
    plans.make("rate(1 hour)", GroupName="reports")
    plans.cloud.advance(minutes=30)
    plans.api.delete_schedule_group(Name="reports")
    plans.cloud.advance(hours=3)
    assert plans.times() == ["01-01 00:00:00"]
    with pytest.raises(ClientError) as refused:
        plans.make("rate(1 hour)", GroupName="reports")
    assert code(refused) == "ResourceNotFoundException"


# -- what --------------------------------------------------------------------------------------------------------------


def test_context_attributes_are_replaced_in_the_input(plans: Schedules) -> None:
    """Source: "Adding context attributes in EventBridge Scheduler"."""
    names = ("schedule-arn", "scheduled-time", "execution-id", "attempt-number")
    text = " ".join(f"<aws.scheduler.{name}>" for name in names)
    arn = plans.make("at(2026-01-01T09:30:00)", target={"Input": text})
    plans.cloud.settle()
    shown, time, execution, attempt = plans.bodies()[0].split()
    assert (shown, time, attempt) == (arn, "2026-01-01T09:30:00Z", "1")
    assert execution == plans.cloud.journal.of("sent", "scheduler:nightly")[0].message


def test_a_function_is_invoked_asynchronously(plans: Schedules) -> None:
    """Source: "Using templated targets in EventBridge Scheduler"."""
    arn = plans.cloud.deploy("report", "def handler(event, context):\n    print('for', event['day'])\n")
    plans.make("at(2026-01-01T06:00:00)", target={"Arn": arn, "Input": '{"day": "thursday"}'})
    plans.cloud.settle()
    assert "for thursday" in plans.cloud.logs("report")


def test_a_target_without_input_gets_a_notification(plans: Schedules) -> None:
    """Source: CreateSchedule (Target, Input)."""
    request = plans.request("at(2026-01-01T06:00:00)")
    del request["Target"]["Input"]
    arn = plans.api.create_schedule(**request)["ScheduleArn"]
    plans.cloud.settle()
    notification = json.loads(plans.bodies()[0])
    assert (notification["detail-type"], notification["resources"]) == ("Scheduled Event", [arn])


def test_a_stream_gets_a_record_under_its_partition_key(plans: Schedules) -> None:
    """Source: "Using templated targets in EventBridge Scheduler"."""
    client("kinesis").create_stream(StreamName="ticks", ShardCount=1)
    arn = f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/ticks"
    plans.make("at(2026-01-01T06:00:00)", target={"Arn": arn, "KinesisParameters": {"PartitionKey": "k"}})
    plans.cloud.settle()
    [record] = plans.cloud.journal.of("sent", "kinesis:ticks")
    assert (record.detail["key"], record.detail["body"]) == ("k", "go")


def test_a_fifo_queue_gets_its_message_group(plans: Schedules) -> None:
    """Source: "Using templated targets in EventBridge Scheduler"."""
    queue = plans.queue("jobs.fifo", FifoQueue="true", ContentBasedDeduplication="true")
    plans.make("at(2026-01-01T06:00:00)", target={"Arn": queue, "SqsParameters": {"MessageGroupId": "g"}})
    plans.cloud.settle()
    assert plans.bodies("sqs:jobs.fifo") == ["go"]


def test_a_universal_target_is_any_operation(plans: Schedules) -> None:
    """Source: "Using universal targets in EventBridge Scheduler"; ``scheduler.universal_targets``."""
    plans.queue()
    url = client("sqs").get_queue_url(QueueName="jobs")["QueueUrl"]
    request = json.dumps({"QueueUrl": url, "MessageBody": "at <aws.scheduler.scheduled-time>"})
    plans.make(
        "at(2026-01-01T06:00:00)", target={"Arn": "arn:aws:scheduler:::aws-sdk:sqs:sendMessage", "Input": request}
    )
    plans.cloud.settle()
    assert plans.bodies() == ["at 2026-01-01T06:00:00Z"]
    execution = plans.cloud.journal.of("sent", "scheduler:nightly")[0].message
    assert "sqs:jobs" in {event.place for event in plans.cloud.journal.trace(execution).events}


@pytest.mark.parametrize(
    ("expression", "settings_", "sentence"),
    [
        ("rate(5 fortnights)", {}, "Invalid Schedule Expression"),
        ("cron(0 9 * * * *)", {}, "Invalid Schedule Expression"),
        ("rate(1 hour)", {"ScheduleExpressionTimezone": "Mars/Olympus"}, "Mars/Olympus"),
        ("rate(1 hour)", {"FlexibleTimeWindow": {"Mode": "FLEXIBLE"}}, "MaximumWindowInMinutes is required"),
        (
            "rate(1 hour)",
            {"FlexibleTimeWindow": {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 1441}},
            "'1441' at 'flexibleTimeWindow.maximumWindowInMinutes'",
        ),
        ("rate(1 hour)", {"target": {"RetryPolicy": {"MaximumRetryAttempts": 186}}}, "less than or equal to 185"),
        ("rate(1 hour)", {"target": {"Arn": f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/s"}}, "KinesisParameters"),
        ("rate(1 hour)", {"target": {"Arn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:f"}}, "well-formed JSON"),
        ("rate(1 hour)", {"target": {"Arn": "arn:aws:scheduler:::aws-sdk:sqs:receiveMessage"}}, "only reads"),
        ("rate(1 hour)", {"target": {"Arn": "arn:aws:scheduler:::aws-sdk:sqs:fly"}}, "fly is not valid"),
    ],
)
def test_a_schedule_that_cannot_be_kept_is_refused(
    plans: Schedules, expression: str, settings_: dict[str, Any], sentence: str
) -> None:
    """Source: CreateSchedule; "Schedule types in EventBridge Scheduler"."""
    with pytest.raises(ClientError, match=sentence) as refused:
        plans.make(expression, **settings_)
    assert code(refused) == "ValidationException"
    assert plans.api.list_schedules()["Schedules"] == []


# -- failures ----------------------------------------------------------------------------------------------------------


def test_the_default_retry_policy_is_the_longest(plans: Schedules) -> None:
    """Source: ``scheduler.retry``."""
    plans.make("at(2026-01-01T00:10:00)")
    policy = plans.api.get_schedule(Name="nightly")["Target"]["RetryPolicy"]
    plans.cloud.faults.outage("sqs", end=86_400 * 3)
    plans.cloud.settle()
    [given_up] = plans.cloud.journal.of("dropped")
    assert policy == {"MaximumEventAgeInSeconds": 86_400, "MaximumRetryAttempts": 185}
    assert 86_400 * 0.9 < given_up.seconds - 600 <= 86_400
    assert given_up.detail["count"] > 150


def test_an_invocation_is_tried_again_until_the_target_is_back(plans: Schedules) -> None:
    """Source: "Configuring a schedule's dead-letter queue in EventBridge Scheduler"."""
    plans.make("at(2026-01-01T00:10:00)", target={"Input": "attempt <aws.scheduler.attempt-number>"})
    plans.cloud.faults.outage("sqs", end=600 + 20)
    plans.cloud.settle()
    assert len(plans.bodies()) == 1
    attempts = plans.cloud.journal.of("delivered")[0].detail["count"]
    assert (plans.bodies()[0], attempts > 2) == (f"attempt {attempts}", True)


def test_what_cannot_be_invoked_is_dead_lettered_with_the_reason(plans: Schedules) -> None:
    """Source: "Configuring a schedule's dead-letter queue in EventBridge Scheduler"."""
    dead = plans.queue("dead")
    arn = plans.make("at(2026-01-01T00:10:00)", target={"Arn": NOWHERE, "DeadLetterConfig": {"Arn": dead}})
    plans.cloud.settle()
    sqs = client("sqs")
    url = sqs.get_queue_url(QueueName="dead")["QueueUrl"]
    [letter] = sqs.receive_message(QueueUrl=url, MessageAttributeNames=["All"])["Messages"]
    told = {name: value["StringValue"] for name, value in letter["MessageAttributes"].items()}
    assert letter["Body"] == "go"
    assert (told["SCHEDULE_ARN"], told["TARGET_ARN"], told["RETRY_ATTEMPTS"]) == (arn, NOWHERE, "0")
    assert told["ERROR_CODE"].endswith("NonExistentQueue")


@settings(max_examples=15, deadline=None)
@given(minutes=st.integers(1, 90), hours=st.integers(0, 6), rate=st.floats(0, 0.8), retries=st.integers(0, 3))
def test_every_invocation_ends_once(minutes: int, hours: int, rate: float, retries: int) -> None:
    with Cloud(seed=5) as cloud:
        plans = Schedules(cloud)
        begun = cloud.clock.date
        plans.make(
            f"rate({minutes} minute{'s' * (minutes > 1)})",
            EndDate=begun + dt.timedelta(hours=hours, seconds=1),
            target={"RetryPolicy": {"MaximumRetryAttempts": retries}},
        )
        if rate > 0.05:
            cloud.faults.errors("sqs", rate=rate)
        cloud.advance(hours=12)
        journal = cloud.journal
        due = [event.message for event in journal.of("sent", "scheduler:nightly")]
        ends = [e for e in journal.of(place="scheduler:nightly") if e.kind in ("delivered", "dropped")]
        assert len(due) == hours * 60 // minutes + 1
        assert sorted(e.message for e in ends) == sorted(e.message for e in journal.of("routed", "scheduler:nightly"))
        assert len(journal.of("sent", "sqs:jobs")) == sum(e.kind == "delivered" for e in ends)


def test_the_same_seed_is_the_same_journal() -> None:
    def digest(seed: int) -> str:
        with Cloud(seed=seed) as cloud:
            plans = Schedules(cloud)
            flexible = {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 30}
            plans.make("rate(1 hour)", FlexibleTimeWindow=flexible)
            cloud.faults.errors("sqs", rate=0.5)
            cloud.advance(days=1)
            return cloud.journal.digest()

    assert digest(1) == digest(1) != digest(2)
