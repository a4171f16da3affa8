"""Kinesis Data Streams: you pay for shards by the hour and for what you put in, used or not; or for data, on demand.

A PUT payload unit is a started 25 KB of one record (price.kinesis.put_unit_size). Data older than 24 hours costs per
shard-hour, data older than seven days per GB (price.kinesis.extended_until). Enhanced fan-out costs per consumer and
shard, and per GB read. On demand, records are rounded up to 1 KB (price.kinesis.ondemand_rounding) and there are no
shards to count. There is no free tier.

Source: Amazon Kinesis Data Streams pricing page, https://aws.amazon.com/kinesis/data-streams/pricing/ (read
2026-11), and the price list of 2026-09 through the tables that the facts name.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from waterline.facts import facts
from waterline.pricing.profile import GB, HOURS, Number, Profile, exact, up
from waterline.pricing.tariff import Line, Price, Tariff

UNIT: Final = facts["price.kinesis.put_unit_size"].bytes
ROUNDING: Final = facts["price.kinesis.ondemand_rounding"].bytes
FIRST_DAY: Final = exact(facts["kinesis.retention_default"].number)
EXTENDED: Final = exact(facts["price.kinesis.extended_until"].number)
_MB: Final = 2**20


@dataclass(frozen=True, slots=True)
class Stream:
    """A month of provisioned streams, in what they are charged by. `stored` GB-months and `read_late` GB are of data
    older than seven days; `fan_out` is consumer-shard-hours, `pushed` the GB that went to them."""

    shard_hours: Decimal = Decimal(0)
    units: int = 0
    extended_hours: Decimal = Decimal(0)
    stored: Decimal = Decimal(0)
    read_late: Decimal = Decimal(0)
    fan_out: Decimal = Decimal(0)
    pushed: Decimal = Decimal(0)
    note: str = ""

    @classmethod
    def carrying(
        cls,
        profile: Profile,
        shards: int | None = None,
        hours: Number = HOURS,
        retention_hours: Number = FIRST_DAY,
        fan_out_consumers: int = 0,
    ) -> Stream:
        """Every message is a record, spread evenly over the month and the shards.

        Without `shards` there are as many as the rate needs (:func:`shards_for`). `hours` is the length of the month.
        """
        length, kept = exact(hours), exact(retention_hours)
        if kept < FIRST_DAY:
            raise ValueError(f"A stream keeps its records at least {FIRST_DAY} hours, not {kept}.")
        count = shards_for(profile, length) if shards is None else shards
        shard_hours = count * length
        older = profile.gigabytes * max(kept - EXTENDED, Decimal(0)) / length
        return cls(
            shard_hours,
            profile.chunks(UNIT),
            shard_hours if kept > FIRST_DAY else Decimal(0),
            older,
            fan_out=shard_hours * fan_out_consumers,
            pushed=profile.gigabytes * fan_out_consumers,
        )

    def lines(self, tariff: Tariff) -> Iterator[Line]:
        late, fan_out = "price.kinesis.long_term", "price.kinesis.efo"
        for what, quantity, unit, price in (
            ("shards", self.shard_hours, "shard-hours", Price("price.kinesis.shard_hour")),
            ("PUT payload units", self.units, "units", Price("price.kinesis.put_unit")),
            ("extended retention", self.extended_hours, "shard-hours", Price("price.kinesis.extended")),
            ("long-term retention", self.stored, "GB-months", Price(late, 0)),
            ("reads of data in long-term retention", self.read_late, "GB", Price(late, 1)),
            ("enhanced fan-out", self.fan_out, "consumer-shard-hours", Price(fan_out, 0)),
            ("enhanced fan-out, data", self.pushed, "GB", Price(fan_out, 1)),
        ):
            note = self.note if what == "PUT payload units" else ""
            yield from tariff.charge(f"Kinesis: {what}", quantity, unit, price, note=note)


@dataclass(frozen=True, slots=True)
class OnDemand:
    """A month of on-demand streams, Standard or Advantage: GB written (records rounded up), read, and pushed."""

    stream_hours: Decimal = Decimal(0)
    written: Decimal = Decimal(0)
    read: Decimal = Decimal(0)
    pushed: Decimal = Decimal(0)
    advantage: bool = False

    @classmethod
    def carrying(
        cls,
        profile: Profile,
        consumers: int = 1,
        fan_out_consumers: int = 0,
        streams: int = 1,
        hours: Number = HOURS,
        advantage: bool = False,
    ) -> OnDemand:
        """Every message is a record; each consumer reads all of them.

        With `advantage` at least so many MB a second are charged, in and out, as `price.kinesis.advantage_min` says.
        """
        size = profile.gigabytes_rounded(ROUNDING)
        read, pushed = profile.gigabytes * consumers, profile.gigabytes * fan_out_consumers
        if advantage:
            if fan_out_consumers:
                raise ValueError("The facts hold no price for enhanced fan-out of On-demand Advantage.")
            least = exact(facts["price.kinesis.advantage_min"].number) * _MB * 3600 * exact(hours) / GB
            size, read = max(size, least), max(read, least)
        return cls(streams * exact(hours), size, read, pushed, advantage)

    def lines(self, tariff: Tariff) -> Iterator[Line]:
        standard, advantage = "price.kinesis.ondemand_standard", "price.kinesis.ondemand_advantage"
        charges: tuple[tuple[str, Decimal, str, Price], ...] = (
            ("streams", self.stream_hours, "stream-hours", Price(standard, 0)),
            ("data in", self.written, "GB", Price(standard, 1)),
            ("data out", self.read, "GB", Price(standard, 2)),
            ("enhanced fan-out, data", self.pushed, "GB", Price(standard, 3)),
        )
        counted_by: tuple[str, ...] = ()
        if self.advantage:
            charges = (
                ("data in, Advantage", self.written, "GB", Price(advantage, 0)),
                ("data out, Advantage", self.read, "GB", Price(advantage, 1)),
            )
            counted_by = ("price.kinesis.advantage_min",)
        for what, quantity, unit, price in charges:
            yield from tariff.charge(f"Kinesis on demand: {what}", quantity, unit, price, rests_on=counted_by)


def shards_for(profile: Profile, hours: Number = HOURS) -> int:
    """The fewest shards that take the profile, spread evenly over the month: by MB and by records a second."""
    megabytes, records = (exact(number) for number in facts["kinesis.shard_write"].numbers)
    seconds = exact(hours) * 3600
    by_size = Decimal(profile.messages * profile.payload) / (seconds * megabytes * _MB)
    return max(1, up(by_size), up(profile.messages / (seconds * records)))
