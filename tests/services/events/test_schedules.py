"""Schedule expressions, without a cloud: the dates at which they are due."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from waterline.services.schedules import Cron, InvalidSchedule, Rate, compiled, next_time, zone_named

BEGIN = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)  # a Thursday


def due(expression: str, count: int, after: dt.datetime = BEGIN, zone: str = "UTC") -> list[str]:
    """The first `count` local times after a date."""
    times: list[str] = []
    while len(times) < count:
        found = next_time(expression, after, zone)
        if found is None:
            break
        after = found
        times.append(found.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M"))
    return times


@pytest.mark.parametrize(
    ("expression", "times"),
    [
        ("cron(0 10 * * ? *)", ["2026-01-01 10:00", "2026-01-02 10:00"]),
        ("cron(15 12 * * ? *)", ["2026-01-01 12:15", "2026-01-02 12:15"]),
        ("cron(0 18 ? * MON-FRI *)", ["2026-01-01 18:00", "2026-01-02 18:00", "2026-01-05 18:00"]),
        ("cron(0 8 1 * ? *)", ["2026-01-01 08:00", "2026-02-01 08:00"]),
        ("cron(0/15 * * * ? *)", ["2026-01-01 00:15", "2026-01-01 00:30", "2026-01-01 00:45", "2026-01-01 01:00"]),
        ("cron(0/10 * ? * MON-FRI *)", ["2026-01-01 00:10", "2026-01-01 00:20"]),
        ("cron(0/5 8-17 ? * mon-fri *)", ["2026-01-01 08:00", "2026-01-01 08:05"]),
        ("cron(1/10 0 * * ? *)", ["2026-01-01 00:01", "2026-01-01 00:11", "2026-01-01 00:21"]),
        ("cron(0 0 L * ? *)", ["2026-01-31 00:00", "2026-02-28 00:00", "2026-03-31 00:00"]),
        ("cron(0 0 L FEB ? 2028)", ["2028-02-29 00:00"]),
        ("cron(0 0 3W * ? *)", ["2026-01-02 00:00", "2026-02-03 00:00"]),
        ("cron(0 0 1W AUG ? *)", ["2026-08-03 00:00", "2027-08-02 00:00"]),
        ("cron(0 0 31W MAY ? *)", ["2026-05-29 00:00", "2027-05-31 00:00"]),
        ("cron(0 0 LW * ? *)", ["2026-01-30 00:00", "2026-02-27 00:00"]),
        ("cron(0 0 ? * 3#2 *)", ["2026-01-13 00:00", "2026-02-10 00:00"]),
        ("cron(0 0 ? * TUE#5 *)", ["2026-03-31 00:00", "2026-06-30 00:00"]),
        ("cron(15 10 ? * 6L 2026-2027)", ["2026-01-30 10:15", "2026-02-27 10:15"]),
        ("cron(0 0 ? * L *)", ["2026-01-03 00:00", "2026-01-10 00:00"]),
        ("cron(0 0 ? * 1 *)", ["2026-01-04 00:00"]),
        ("cron(0 0 30 2 ? *)", []),
        ("cron(0 0 29 2 ? *)", ["2028-02-29 00:00", "2032-02-29 00:00"]),
        ("cron(0 0 1 1,JUL ? *)", ["2026-07-01 00:00", "2027-01-01 00:00"]),
        ("cron(0 0 1 * ? 2025)", []),
        ("rate(1 minute)", ["2026-01-01 00:01", "2026-01-01 00:02"]),
        ("rate(5 hours)", ["2026-01-01 05:00", "2026-01-01 10:00"]),
        ("rate(7 days)", ["2026-01-08 00:00"]),
        ("at(2026-03-01T12:30:00)", ["2026-03-01 12:30"]),
        ("at(2025-03-01T12:30:00)", []),
    ],
)
def test_an_expression_is_due_when_the_guide_says(expression: str, times: list[str]) -> None:
    """Source: "Setting a schedule pattern for scheduled rules (legacy) in Amazon EventBridge"; "Schedule types in
    EventBridge Scheduler".
    """
    assert due(expression, max(len(times), 1)) == times


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        ("every day", "must be cron"),
        ("cron(0 10 * * ?)", "six fields"),
        ("cron(0 10 * * * *)", "exactly one"),
        ("cron(0 10 ? * ? *)", "exactly one"),
        ("cron(60 10 * * ? *)", "60 is not in the minutes field's range of 0 to 59"),
        ("cron(0 24 * * ? *)", "0 to 23"),
        ("cron(0 0 0 * ? *)", "1 to 31"),
        ("cron(0 0 L-3 * ? *)", "day-of-month"),
        ("cron(0 0 32W * ? *)", "1 to 31"),
        ("cron(0 0 * 13 ? *)", "1 to 12"),
        ("cron(0 0 ? * 8 *)", "1 to 7"),
        ("cron(0 0 ? * 3#1,6#3 *)", "day-of-week"),
        ("cron(0 0 ? * 3#6 *)", "1 to 5"),
        ("cron(0 0 ? * FRI-MON *)", "holds nothing"),
        ("cron(0 0 ? * 2/2 *)", "no steps"),
        ("cron(0 0 * * ? 2200)", "1970 to 2199"),
        ("cron(0/0 0 * * ? *)", "holds nothing"),
        ("cron(0 20-2 * * ? *)", "holds nothing"),
        ("cron(a 0 * * ? *)", "A is not in the minutes field"),
        ("cron(1; 0 * * ? *)", "nothing that the minutes field takes"),
        ("rate(0 minutes)", "positive whole number"),
        ("rate(5 seconds)", "minutes, hours or days"),
        ("rate(1 hours)", "a rate of 1 is in hour"),
        ("rate(5 minute)", "a rate of 5 is in minutes"),
        ("at(2026-02-30T00:00:00)", "yyyy-mm-ddThh:mm:ss"),
    ],
)
def test_what_is_wrong_with_an_expression_is_one_sentence(expression: str, why: str) -> None:
    """Source: "Setting a schedule pattern for scheduled rules (legacy) in Amazon EventBridge"."""
    with pytest.raises(InvalidSchedule, match=why):
        compiled(expression)


def test_a_time_that_clocks_skip_is_skipped() -> None:
    """Source: "Schedule types in EventBridge Scheduler", on daylight saving time in spring."""
    before = dt.datetime(2026, 3, 28, 12, tzinfo=dt.UTC)
    assert due("cron(30 2 * * ? *)", 2, before, "Europe/Berlin") == ["2026-03-30 02:30", "2026-03-31 02:30"]


def test_a_time_that_clocks_show_twice_counts_once() -> None:
    """Source: "Schedule types in EventBridge Scheduler", on daylight saving time in autumn."""
    before = dt.datetime(2026, 10, 24, 12, tzinfo=dt.UTC)
    found = next_time("cron(30 2 * * ? *)", before, "Europe/Berlin")
    assert found == dt.datetime(2026, 10, 25, 0, 30, tzinfo=dt.UTC)
    assert next_time("cron(30 2 * * ? *)", found, "Europe/Berlin") == dt.datetime(2026, 10, 26, 1, 30, tzinfo=dt.UTC)


def test_a_zone_moves_cron_and_at_and_not_a_rate() -> None:
    for expression, hour in (("cron(0 9 * * ? *)", 14), ("at(2026-01-01T09:00:00)", 14), ("rate(9 hours)", 9)):
        assert next_time(expression, BEGIN, "America/New_York") == BEGIN.replace(hour=hour)
    with pytest.raises(InvalidSchedule, match="there is no time zone Atlantis"):
        zone_named("Atlantis")


def test_a_rate_counts_from_where_it_began() -> None:
    since = BEGIN.replace(second=30)
    assert next_time("rate(5 minutes)", BEGIN, since=since) == since
    assert next_time("rate(5 minutes)", since, since=since) == since + dt.timedelta(minutes=5)
    assert next_time("rate(5 minutes)", BEGIN + dt.timedelta(minutes=61), since=since) == since + dt.timedelta(
        hours=1, minutes=5
    )


_FIELDS = st.tuples(
    st.sampled_from(["*", "0", "7,9", "0/20", "10-50/13", "59"]),
    st.sampled_from(["*", "0", "23", "8-17", "*/7"]),
    st.sampled_from(
        [("*", "?"), ("L", "?"), ("15W", "?"), ("1-5,30", "?"), ("?", "MON-FRI"), ("?", "6L"), ("?", "2#5")]
    ),
    st.sampled_from(["*", "2", "JAN-MAR", "*/5"]),
    st.sampled_from(["*", "2027-2030", "2026"]),
).map(lambda f: f"cron({f[0]} {f[1]} {f[2][0]} {f[3]} {f[2][1]} {f[4]})")
_ZONES = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata"])


@given(_FIELDS, st.datetimes(dt.datetime(2026, 1, 1), dt.datetime(2027, 1, 1)), _ZONES)
def test_no_due_time_lies_between_a_date_and_the_next_one(expression: str, after: dt.datetime, zone: str) -> None:
    """The next time is later, matches its fields, and is also the next of every instant before it."""
    after = after.replace(tzinfo=dt.UTC)
    found = next_time(expression, after, zone)
    if found is None:
        return
    schedule = compiled(expression)
    assert isinstance(schedule, Cron)
    local = found.astimezone(ZoneInfo(zone))
    assert found > after
    assert (local.second, local.microsecond) == (0, 0)
    assert local.minute in schedule.minutes and local.hour in schedule.hours and local.month in schedule.months
    assert local.day in set(schedule.days(local.year, local.month))
    for part in (0.1, 0.5, 0.999):
        assert next_time(expression, after + (found - after) * part, zone) == found


def test_a_compiled_expression_serves_as_well() -> None:
    assert isinstance(compiled("rate(2 days)"), Rate)
    assert next_time(compiled("rate(2 days)"), BEGIN) == BEGIN + dt.timedelta(days=2)
