"""The units a fact can have: a closed list, so that a misspelt unit is found and not read as a new one.

A unit is one word of `UNITS`, or, for a value of several numbers that measure different things, one word per number,
separated by commas (`"retries, s"`). The empty unit belongs to yes/no facts, names and texts.

Sizes. AWS writes KB and MB where it counts in 1,024: the SNS API Reference has 262,144 bytes for what its guide calls
256 KB, and 1 MiB is billed by SQS as 16 chunks of 64 KB. So KB, MB and GB are read here as KiB, MiB and GiB.
"""

from typing import Final

SECONDS: Final = {"ms": 0.001, "s": 1, "minutes": 60, "hours": 3600, "days": 86400, "years": 365 * 86400}
"""Seconds in one unit of time; a year is 365 days."""

BYTES: Final = {"bytes": 1, "KB": 2**10, "KiB": 2**10, "MB": 2**20, "MiB": 2**20, "GB": 2**30, "GiB": 2**30}
"""Bytes in one unit of size."""

COUNTS: Final = frozenset({
    "attempts", "AZs", "buses", "characters", "combinations", "concurrent executions", "concurrent invocations",
    "consumers", "copies", "data points", "destinations", "entries", "environments", "events", "executions", "filters",
    "invocations", "keys", "messages", "operations", "policies", "pollers", "readers", "receives", "records",
    "requests", "retries", "rules", "services", "shards", "streams", "subscribers", "subscriptions", "targets", "tasks",
    "topics", "transitions",
})  # fmt: skip

RATES: Final = frozenset({
    "batches per shard", "concurrent executions / min", "concurrent invocations / min",
    "execution environments / 10 s", "GB / month", "GB-hours / month", "GB-s / month", "GB/s", "GetRecords calls/s",
    "invocations/s", "MB/s", "messages/s", "MiB/s", "polls/s", "records/s", "requests / month", "requests/s",
    "requests/s / 10 s", "requests/s per concurrent execution", "transitions / month", "transitions/s", "units/s",
    "x",
})  # fmt: skip

PRICES: Final = frozenset({
    "USD / 1,000", "USD / 100k", "USD / 1M", "USD / 1M connection-minutes", "USD / EPU-hour", "USD / GB",
    "USD / GB-hour", "USD / GB-month", "USD / GB-s", "USD / RCU-hour", "USD / WCU-hour", "USD / consumer-shard-hour",
    "USD / hour", "USD / operation", "USD / shard-hour", "USD / stream-hour",
})  # fmt: skip

KINDS: Final = frozenset({"", "date", "enum", "formula"})
"""No unit: yes/no and names; a date or month; the values of an enumeration; a formula in words."""

UNITS: Final = KINDS | frozenset(SECONDS) | frozenset(BYTES) | COUNTS | RATES | PRICES


class UnitError(ValueError):
    """A value was asked for in a unit, or in a form, that it does not have."""


def seconds(number: float, unit: str) -> float:
    """`number` of a unit of time (ms, s, minutes, hours, days, years), in seconds. Any other unit is a `UnitError`."""
    return number * _factor(SECONDS, unit, "a time")


def size_in_bytes(number: float, unit: str) -> int:
    """`number` of a unit of size (bytes, KB, KiB, MB, MiB, GB, GiB), in bytes. Any other unit is a `UnitError`."""
    return int(number * _factor(BYTES, unit, "a size"))


def _factor(table: dict[str, int] | dict[str, float], unit: str, kind: str) -> float:
    if unit in table:
        return table[unit]
    raise UnitError(f"{unit or 'a value without a unit'!r} is not {kind}; {kind} is one of {', '.join(table)}.")


def split_unit(unit: str, numbers: int) -> tuple[str, ...]:
    """The unit of each of `numbers` numbers: one for all, or as many as there are numbers. Else a `UnitError`."""
    if unit in UNITS:
        return (unit,) * numbers
    parts = tuple(part.strip() for part in unit.split(", "))
    unknown = [part for part in parts if part not in UNITS]
    if unknown:
        raise UnitError(f"{unknown[0]!r} is not a unit; add it to waterline/facts/units.py or use one that is there.")
    if len(parts) != numbers:
        raise UnitError(f"{unit!r} names {len(parts)} units for {numbers} numbers; give one unit per number.")
    return parts
