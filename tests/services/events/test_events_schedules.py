"""Rules that run on a schedule."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from botocore.exceptions import ClientError
from eventlab import Lab, client

from waterline.cloud import Cloud


def times(lab: Lab) -> list[str]:
    return [event["time"][11:16] for event in lab.events()]


def test_a_rate_runs_again_and_again(lab: Lab) -> None:
    """Source: "Setting a schedule pattern for scheduled rules (legacy) in Amazon EventBridge"."""
    lab.rule(lab.queue(), ScheduleExpression="rate(5 minutes)")
    lab.cloud.advance(minutes=16)
    assert times(lab) == ["00:05", "00:10", "00:15"]


def test_a_cron_expression_runs_at_its_minutes_in_utc(lab: Lab) -> None:
    """Source: "Creating a scheduled rule (legacy) in Amazon EventBridge"; "Setting a schedule pattern for scheduled
    rules (legacy) in Amazon EventBridge".
    """
    lab.cloud.advance(seconds=10)
    lab.rule(lab.queue(MessageRetentionPeriod="1209600"), ScheduleExpression="cron(15 10 ? * MON-FRI *)")
    lab.cloud.advance(days=5)
    assert [event["time"] for event in lab.events()] == [
        "2026-01-01T10:15:00Z", "2026-01-02T10:15:00Z", "2026-01-05T10:15:00Z",
    ]  # fmt: skip


def test_a_scheduled_event_names_its_rule(lab: Lab) -> None:
    """Source: "Creating a scheduled rule (legacy) in Amazon EventBridge"."""
    rule = lab.rule(lab.queue(), ScheduleExpression="rate(1 minute)")
    lab.cloud.advance(seconds=61)
    (event,) = lab.events()
    assert (event["source"], event["detail-type"], event["detail"]) == ("aws.events", "Scheduled Event", {})
    assert event["resources"] == [rule]


def test_a_target_of_a_schedule_may_have_an_input_of_its_own(lab: Lab) -> None:
    """Source: "Event bus targets in Amazon EventBridge"."""
    lab.rule({"Arn": lab.queue(), "Input": '{"job":"report"}'}, ScheduleExpression="rate(1 hour)")
    lab.cloud.advance(hours=2, seconds=1)
    assert lab.bodies() == ['{"job":"report"}'] * 2


def test_a_schedule_wants_no_events(lab: Lab) -> None:
    """Source: PutRule."""
    lab.rule(lab.queue(), ScheduleExpression="rate(1 day)")
    lab.put()
    lab.cloud.settle()
    assert lab.kinds() == ["sent", "filtered"]


def test_a_rule_may_have_both_a_schedule_and_a_pattern(lab: Lab) -> None:
    """Source: PutRule."""
    arn = lab.queue()
    client("events").put_rule(
        Name="both", ScheduleExpression="rate(1 minute)", EventPattern=json.dumps({"source": ["shop"]})
    )
    client("events").put_targets(Rule="both", Targets=[{"Id": "1", "Arn": arn}])
    lab.put()
    lab.cloud.advance(seconds=61)
    assert [event["source"] for event in lab.events()] == ["shop", "aws.events"]


def test_a_disabled_schedule_does_not_run(lab: Lab) -> None:
    """Source: DisableRule; EnableRule."""
    lab.rule(lab.queue(), ScheduleExpression="rate(10 minutes)", State="DISABLED")
    lab.cloud.advance(minutes=15)
    client("events").enable_rule(Name="rule")
    lab.cloud.advance(minutes=10)
    client("events").disable_rule(Name="rule")
    lab.cloud.advance(hours=1)
    assert times(lab) == ["00:20"]


def test_a_rule_that_is_put_again_begins_again(lab: Lab) -> None:
    """Source: PutRule."""
    lab.rule(lab.queue(), ScheduleExpression="rate(10 minutes)")
    lab.cloud.advance(minutes=5)
    lab.rule(ScheduleExpression="rate(20 minutes)")
    lab.cloud.advance(minutes=50)
    assert times(lab) == ["00:25", "00:45"]


def test_a_deleted_rule_runs_no_more(lab: Lab) -> None:
    """Source: DeleteRule."""
    lab.rule(ScheduleExpression="rate(1 minute)")
    lab.cloud.advance(seconds=90)
    client("events").delete_rule(Name="rule")
    lab.cloud.advance(hours=1)
    assert len(lab.of("sent")) == 1


@pytest.mark.parametrize(
    "expression",
    ["rate(5 minute)", "rate(0 minutes)", "rate(30 seconds)", "cron(0 10 * * * *)", "at(2026-01-02T00:00:00)", "daily"],
)
def test_a_wrong_schedule_is_refused(lab: Lab, expression: str) -> None:
    """Source: "Setting a schedule pattern for scheduled rules (legacy) in Amazon EventBridge"; PutRule."""
    with pytest.raises(ClientError, match="Parameter ScheduleExpression is not valid"):
        lab.rule(ScheduleExpression=expression)


def test_schedules_are_for_the_default_bus_only(lab: Lab) -> None:
    """Source: "Creating a scheduled rule (legacy) in Amazon EventBridge"."""
    lab.bus("orders")
    with pytest.raises(ClientError, match="ScheduleExpression is supported only on the default event bus"):
        lab.rule(bus="orders", ScheduleExpression="rate(1 hour)")


def test_settling_does_not_wait_for_schedules(lab: Lab) -> None:
    lab.rule(lab.queue(), ScheduleExpression="rate(1 minute)")
    lab.cloud.settle()
    assert lab.cloud.clock.now == 0


def test_a_cloud_that_starts_at_another_time_keeps_to_the_date() -> None:
    with Cloud(seed=7, start=dt.datetime(2026, 3, 28, 23, 59, 30, tzinfo=dt.UTC)) as cloud:
        lab = Lab(cloud)
        lab.rule(lab.queue(), ScheduleExpression="cron(0 0 ? * SUN *)")
        cloud.advance(minutes=1)
        assert [event["time"] for event in lab.events()] == ["2026-03-29T00:00:00Z"]
