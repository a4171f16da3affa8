"""DynamoDB on demand: a price for each unit read or written, one for the streams that are read, and one for storage.

A write unit writes 1 KB, a read unit reads 4 KB; an eventually consistent read takes half a unit, a transaction takes
two. Lambda's own reads of a stream cost nothing.

Source: Amazon DynamoDB Developer Guide, "Read/write capacity mode" (read 2026-11); the rates are of the AWS Pricing
API, 2026-07-31.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from waterline.facts import facts
from waterline.pricing.profile import Number, Profile, chunks, exact
from waterline.pricing.tariff import Line, Price, Tariff

WRITE: Final = facts["price.ddb.write_unit"].bytes
READ: Final = facts["price.ddb.read_unit"].bytes


@dataclass(frozen=True, slots=True)
class Table:
    """A month of on-demand tables: units written and read, `stored` GB-months, and read requests to streams."""

    writes: int = 0
    reads: Decimal = Decimal(0)
    stored: Decimal = Decimal(0)
    stream_reads: int = 0
    lambda_reads: int = 0

    @classmethod
    def carrying(
        cls,
        profile: Profile,
        writes: int = 1,
        reads: int = 0,
        consistent: bool = False,
        transactional: bool = False,
        stored: Number = 0,
    ) -> Table:
        """Each message writes its item so many times and reads it so many times; `stored` GB-months lie there."""
        twice = 2 if transactional else 1
        share = Decimal(1 if consistent or transactional else "0.5")
        written = profile.messages * writes * chunks(profile.payload, WRITE) * twice
        read = profile.messages * reads * chunks(profile.payload, READ) * twice * share
        return cls(written, read, exact(stored))

    def lines(self, tariff: Tariff) -> Iterator[Line]:
        id = "price.ddb.ondemand"
        yield from tariff.charge("DynamoDB: write units", self.writes, "units", Price(id, 0))
        yield from tariff.charge("DynamoDB: read units", self.reads, "units", Price(id, 1))
        yield from tariff.charge(
            "DynamoDB: storage", self.stored, "GB-months", "price.ddb.storage", free="price.ddb.storage_free"
        )
        yield from tariff.charge("DynamoDB: stream reads", self.stream_reads, "requests", "price.ddbstreams.read")
        yield from tariff.charge(
            "DynamoDB: stream reads by Lambda", self.lambda_reads, "requests", "price.ddbstreams.lambda"
        )
