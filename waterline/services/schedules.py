"""Schedule expressions: when a rule or a schedule is due next.

Words
-----
expression
    ``rate(5 minutes)``: again and again, counted from an instant; ``cron(0 10 ? * MON-FRI *)``: at the dates that match
    six fields (minutes, hours, day of month, month, day of week, year); ``at(2026-11-20T18:30:00)``: once.
field
    one of the six; a list of values, ranges and steps. ``?`` leaves a day field open. In the day of month ``L`` is the
    last day, ``15W`` the weekday nearest to the 15th within the month; in the day of week ``L`` is Saturday, ``6L`` the
    last Friday of the month, ``3#2`` its second Tuesday.

Sources: Amazon EventBridge User Guide, "Setting a schedule pattern for scheduled rules (legacy) in Amazon EventBridge";
EventBridge Scheduler User Guide, "Schedule types in EventBridge Scheduler" (read 2026-11). In a zone with daylight
saving time a local time that does not exist is skipped, and one that comes twice counts once. A cron expression has no
instant between minutes.

AWS does not document whether a range may run over the end (``FRI-MON``), nor days counted from the end (``L-3``): both
are refused here.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_MONTHS = {
    name: number
    for number, name in enumerate(
        ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"], 1
    )
}
_DAYS = {name: number for number, name in enumerate(["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"], 1)}
_MINUTES, _HOURS, _MONTH_DAYS, _YEARS = range(60), range(24), range(1, 32), range(1970, 2200)
_UNITS = {"minute": dt.timedelta(minutes=1), "hour": dt.timedelta(hours=1), "day": dt.timedelta(days=1)}
_WEEK, _SATURDAY = 7, 7

MonthDays: TypeAlias = Callable[[int, int], Iterable[int]]
"""The days that are meant in a month, by year and month."""


class InvalidSchedule(ValueError):
    """What is wrong with an expression, in one sentence."""


@dataclass(frozen=True)
class Rate:
    """Again and again, `every` so often."""

    every: dt.timedelta

    def next(self, after: dt.datetime, zone: dt.tzinfo, since: dt.datetime) -> dt.datetime:
        """The first of `since`, `since` + every, ... that is later than `after`."""
        return since if since > after else since + ((after - since) // self.every + 1) * self.every


@dataclass(frozen=True)
class Once:
    """At one local time."""

    time: dt.datetime

    def next(self, after: dt.datetime, zone: dt.tzinfo, since: dt.datetime) -> dt.datetime | None:
        """That time, if it is later than `after`; one that the zone's clocks skip is as far behind the gap."""
        time = self.time.replace(tzinfo=zone).astimezone(dt.UTC)
        return time if time > after else None


@dataclass(frozen=True)
class Cron:
    """At the local times whose fields match."""

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: MonthDays
    months: frozenset[int]
    years: frozenset[int]

    def next(self, after: dt.datetime, zone: dt.tzinfo, since: dt.datetime) -> dt.datetime | None:
        """The first matching time that is later than `after`, or None when there is none before the year 2200."""
        local = after.astimezone(zone).replace(tzinfo=None)
        for day in self._dates(local.date()):
            for hour in self.hours:
                for minute in self.minutes:
                    time = dt.datetime(day.year, day.month, day.day, hour, minute)
                    found = time.replace(tzinfo=zone).astimezone(dt.UTC)
                    if found > after and found.astimezone(zone).replace(tzinfo=None) == time:
                        return found
        return None

    def _dates(self, first: dt.date) -> Iterator[dt.date]:
        """The days that match, from `first` on."""
        for year in range(first.year, _YEARS.stop):
            for month in range(first.month if year == first.year else 1, 13) if year in self.years else ():
                if month in self.months:
                    for day in sorted(set(self.days(year, month))):
                        if dt.date(year, month, day) >= first:
                            yield dt.date(year, month, day)


Schedule: TypeAlias = Cron | Rate | Once


def compiled(expression: str) -> Schedule:
    """Make a schedule of an expression. Raises InvalidSchedule."""
    match = re.fullmatch(r"(cron|rate|at)\((.*)\)", expression.strip())
    if match is None:
        raise InvalidSchedule("it must be cron(...), rate(...) or at(...)")
    kind, inner = match.groups()
    if kind == "cron":
        return _cron(inner)
    return _rate(inner) if kind == "rate" else _once(inner)


def next_time(
    expression: str | Schedule, after: dt.datetime, timezone: str = "UTC", *, since: dt.datetime | None = None
) -> dt.datetime | None:
    """The first instant later than `after` at which an expression is due, in UTC; None: it never is again.

    `after` and `since` have a time zone. `timezone`: the name of the zone in which cron and at are read. `since`: the
    instant that a rate counts from, itself one of its times; left out, `after`. Raises InvalidSchedule.
    """
    schedule = compiled(expression) if isinstance(expression, str) else expression
    found = schedule.next(after, zone_named(timezone), after if since is None else since)
    return None if found is None else found.astimezone(dt.UTC)


def zone_named(name: str) -> dt.tzinfo:
    """A time zone of the IANA database. Raises InvalidSchedule."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise InvalidSchedule(f"there is no time zone {name}") from error


# -- rate and at -------------------------------------------------------------------------------------------------------


def _rate(text: str) -> Rate:
    match = re.fullmatch(r"\s*([1-9]\d*)\s+(minute|hour|day)(s?)\s*", text)
    if match is None:
        raise InvalidSchedule("a rate is a positive whole number and minutes, hours or days")
    count, unit, plural = int(match[1]), match[2], bool(match[3])
    if plural != (count > 1):
        raise InvalidSchedule(f"a rate of {count} is in {unit}{'s' if count > 1 else ''}")
    return Rate(count * _UNITS[unit])


def _once(text: str) -> Once:
    try:
        return Once(dt.datetime.strptime(text, "%Y-%m-%dT%H:%M:%S"))
    except ValueError as error:
        raise InvalidSchedule("at takes a date of the form yyyy-mm-ddThh:mm:ss") from error


# -- cron --------------------------------------------------------------------------------------------------------------


def _cron(text: str) -> Cron:
    fields = text.upper().split()
    if len(fields) != 6:
        raise InvalidSchedule(f"cron takes six fields, and here are {len(fields)}")
    minutes, hours, month_days, months, week_days, years = fields
    if (month_days == "?") == (week_days == "?"):
        raise InvalidSchedule("exactly one of day-of-month and day-of-week must be ?")
    return Cron(
        tuple(sorted(_values("minutes", minutes, _MINUTES))),
        tuple(sorted(_values("hours", hours, _HOURS))),
        _month_days(month_days) if week_days == "?" else _week_days(week_days),
        frozenset(_values("month", months, range(1, 13), _MONTHS)),
        frozenset(_values("year", years, _YEARS)),
    )


def _values(field: str, text: str, allowed: range, names: Mapping[str, int] | None = None) -> set[int]:
    """The numbers that a list of values, ranges and steps stands for."""
    found: set[int] = set()
    for part in text.split(","):
        match = re.fullmatch(r"(\*|(\w+)(?:-(\w+))?)(?:/(\d+))?", part)
        if match is None:
            raise InvalidSchedule(f"{part} is nothing that the {field} field takes")
        everything, first, last, step = match[1] == "*", match[2], match[3], match[4]
        low = allowed[0] if everything else _number(field, first, allowed, names)
        if everything or (step and last is None):
            high = allowed[-1]
        else:
            high = low if last is None else _number(field, last, allowed, names)
        if low > high or (step is not None and int(step) == 0):
            raise InvalidSchedule(f"{part} in the {field} field holds nothing")
        found.update(range(low, high + 1, int(step or 1)))
    return found


def _number(field: str, text: str, allowed: range, names: Mapping[str, int] | None) -> int:
    number = (names or {}).get(text)
    if number is None and re.fullmatch(r"\d+", text, re.ASCII):
        number = int(text)
    if number is None or number not in allowed:
        raise InvalidSchedule(f"{text} is not in the {field} field's range of {allowed[0]} to {allowed[-1]}")
    return number


def _length(year: int, month: int) -> int:
    return calendar.monthrange(year, month)[1]


def _month_days(text: str) -> MonthDays:
    if text == "L":
        return lambda year, month: (_length(year, month),)
    if text == "LW":
        return lambda year, month: (_near_weekday(year, month, _length(year, month)),)
    if text.endswith("W"):
        wanted = _number("day-of-month", text[:-1], _MONTH_DAYS, None)
        return lambda year, month: (_near_weekday(year, month, wanted),) if wanted <= _length(year, month) else ()
    days = _values("day-of-month", text, _MONTH_DAYS)
    return lambda year, month: (day for day in days if day <= _length(year, month))


def _near_weekday(year: int, month: int, day: int) -> int:
    """The day from Monday to Friday nearest to a day, within its month."""
    weekday = dt.date(year, month, day).isoweekday()
    if weekday == 6:
        return day - 1 if day > 1 else day + 2
    if weekday == 7:
        return day + 1 if day < _length(year, month) else day - 2
    return day


def _week_days(text: str) -> MonthDays:
    if "#" in text:
        name, _, place = text.partition("#")
        wanted, nth = _number("day-of-week", name, range(1, 8), _DAYS), _number("day-of-week", place, range(1, 6), None)
        return lambda year, month: _those(year, month, {wanted})[nth - 1 : nth]
    if text != "L" and text.endswith("L"):
        last = _number("day-of-week", text[:-1], range(1, 8), _DAYS)
        return lambda year, month: _those(year, month, {last})[-1:]
    if "/" in text:
        raise InvalidSchedule("the day-of-week field takes no steps")
    days = {_SATURDAY} if text == "L" else _values("day-of-week", text, range(1, 8), _DAYS)
    return lambda year, month: _those(year, month, days)


def _those(year: int, month: int, week_days: set[int]) -> list[int]:
    """The days of a month that are one of the days of the week (Sunday: 1)."""
    days = range(1, _length(year, month) + 1)
    return [day for day in days if dt.date(year, month, day).isoweekday() % _WEEK + 1 in week_days]
