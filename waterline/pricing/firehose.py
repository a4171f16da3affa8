"""Firehose: a price for each GB that goes in, every record rounded up to 5 KB (price.firehose.rounding).

A record of 100 bytes is charged as fifty of them. Delivery costs nothing; format conversion, VPC delivery and dynamic
partitioning have prices that the facts do not hold, and are not counted here.

Source: Amazon Kinesis Data Firehose Developer Guide, "Quota" (2023-01), for the rounding; the rates come from third
parties, and every line says that they are not verified.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from waterline.facts import facts
from waterline.pricing.profile import Profile
from waterline.pricing.tariff import Line, Tariff

ROUNDING: Final = facts["price.firehose.rounding"].bytes


@dataclass(frozen=True, slots=True)
class Delivery:
    """A month of Firehose streams: `ingested` GB, after rounding."""

    ingested: Decimal = Decimal(0)

    @classmethod
    def carrying(cls, profile: Profile) -> Delivery:
        """Every message is a record; batches do not matter, each record is rounded up by itself."""
        return cls(profile.gigabytes_rounded(ROUNDING))

    def lines(self, tariff: Tariff) -> Iterator[Line]:
        yield from tariff.charge(
            "Firehose: ingestion",
            self.ingested,
            "GB",
            "price.firehose.ingest",
            "price.firehose.ingest_t2",
            "price.firehose.ingest_t3",
            tiers="price.firehose.tiers",
        )
