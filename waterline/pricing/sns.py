"""SNS: a price for what is published, by started 64 KB, and one for what is delivered, by protocol.

Deliveries to Lambda and SQS cost nothing; the target's own requests are on the target's bill. A filter makes
deliveries fewer, and one that reads the body is charged for what it reads. FIFO topics are charged for requests and
bytes, both ways.

Source: the Amazon SNS pricing page, through the price lists that the facts name (2024-12 to 2026-06). Which 64 KB is
meant, that of a publish or that of a delivery, two AWS sources of 2018 and 2020 say differently; here it is the
publish, and the line says that this is not verified.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from waterline.facts import facts
from waterline.pricing.profile import Number, Profile, exact, up
from waterline.pricing.tariff import Line, Price, Tariff

CHUNK: Final = facts["price.sns.chunk"].bytes

_PRICES: Final[Mapping[str, tuple[str, str]]] = {
    "sqs": ("price.sns.lambda_sqs", ""),
    "lambda": ("price.sns.lambda_sqs", ""),
    "firehose": ("price.sns.firehose", ""),
    "http": ("price.sns.http", "price.sns.http_free"),
    "https": ("price.sns.http", "price.sns.http_free"),
    "email": ("price.sns.email", "price.sns.email_free"),
}
PROTOCOLS: Final = frozenset(_PRICES)
"""Those whose deliveries have a price here."""


@dataclass(frozen=True, slots=True)
class Topic:
    """A month of standard topics: `publishes` in chunks, `deliveries` by protocol, `scanned` GB for body filters."""

    publishes: int = 0
    deliveries: Mapping[str, int] = field(default_factory=dict)
    scanned: Decimal = Decimal(0)
    chunked: bool = True
    note: str = ""

    @classmethod
    def carrying(
        cls,
        profile: Profile,
        subscribers: Mapping[str, int] | None = None,
        kept: Number = 1,
        body_filters: int = 0,
    ) -> Topic:
        """Every message published, in the batches of the profile, and delivered to each subscriber.

        Parameters
        ----------
        subscribers: how many subscriptions of each protocol: ``{"sqs": 2, "https": 1}``.
        kept: the share of the messages that a subscriber's filter lets through, 0 to 1.
        body_filters: how many subscriptions filter on the body; each reads every message.
        """
        if not 0 <= exact(kept) <= 1:
            raise ValueError(f"A filter keeps a share of the messages between 0 and 1, not {kept}.")
        publishes = profile.chunks_of_batches(CHUNK)
        arrive = up(profile.messages * exact(kept))
        deliveries = {protocol: count * arrive for protocol, count in (subscribers or {}).items()}
        return cls(publishes, deliveries, profile.gigabytes * body_filters, publishes != profile.messages)

    def lines(self, tariff: Tariff) -> Iterator[Line]:
        yield from tariff.charge(
            "SNS: publishes",
            self.publishes,
            "requests",
            "price.sns.publish",
            free="price.sns.free",
            rests_on=("price.sns.chunk",) if self.chunked else (),
            note=self.note,
        )
        yield from tariff.charge("SNS: filtering on the body", self.scanned, "GB", "price.sns.payload_filter")
        for protocol, count in self.deliveries.items():
            if protocol not in _PRICES:
                raise ValueError(f"The facts hold no price for deliveries by {protocol!r}; they do for {_known()}.")
            price, free = _PRICES[protocol]
            yield from tariff.charge(f"SNS: deliveries by {protocol}", count, "deliveries", price, free=free)


@dataclass(frozen=True, slots=True)
class FifoTopic:
    """A month of FIFO topics: requests and GB, published and delivered."""

    publishes: int = 0
    published: Decimal = Decimal(0)
    deliveries: int = 0
    delivered: Decimal = Decimal(0)

    @classmethod
    def carrying(cls, profile: Profile, subscribers: int = 1) -> FifoTopic:
        """Every message published by itself and delivered to each subscriber."""
        size = profile.gigabytes
        return cls(profile.messages, size, profile.messages * subscribers, size * subscribers)

    def lines(self, tariff: Tariff) -> Iterator[Line]:
        for what, requests, size, id in (
            ("publishes", self.publishes, self.published, "price.sns.fifo_publish"),
            ("deliveries", self.deliveries, self.delivered, "price.sns.fifo_delivery"),
        ):
            yield from tariff.charge(f"SNS FIFO: {what}", requests, "requests", Price(id, 0))
            yield from tariff.charge(f"SNS FIFO: payload of {what}", size, "GB", Price(id, 1))


def _known() -> str:
    return ", ".join(_PRICES)
