"""API Gateway: a price for each call, in tiers. HTTP APIs meter every started 512 KB (price.apigw.http_chunk).

The free million of API Gateway ends twelve months after sign-up, so it is not in any bill here. Caches are charged by
the hour; those of REST APIs between the smallest and the largest have no price in the facts.

Source: Amazon API Gateway pricing page, https://aws.amazon.com/api-gateway/pricing/ (read 2026-11), and
the AWS whitepaper on private APIs, table 4.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal, TypeAlias

from waterline.facts import facts
from waterline.pricing.profile import Profile
from waterline.pricing.tariff import Line, Price, Tariff

Kind: TypeAlias = Literal["http", "rest"]

CHUNK: Final = facts["price.apigw.http_chunk"].bytes


@dataclass(frozen=True, slots=True)
class Api:
    """A month of APIs of one kind: calls, for HTTP APIs in chunks."""

    calls: int = 0
    kind: Kind = "http"

    @classmethod
    def carrying(cls, profile: Profile, kind: Kind = "http") -> Api:
        """One call for each batch."""
        return cls(profile.chunks_of_batches(CHUNK) if kind == "http" else profile.batches, kind)

    def lines(self, tariff: Tariff) -> Iterator[Line]:
        if self.kind == "http":
            prices = [Price("price.apigw.http"), Price("price.apigw.http_t2")]
        else:
            prices = [Price("price.apigw.rest"), *(Price("price.apigw.rest_t2", part) for part in range(3))]
        yield from tariff.charge(
            f"API Gateway {self.kind.upper()}: calls",
            self.calls,
            "calls",
            *prices,
            tiers=f"price.apigw.{self.kind}_tiers",
        )


@dataclass(frozen=True, slots=True)
class WebSocket:
    """A month of WebSocket APIs: messages both ways, counted in their increments, and minutes of connections."""

    messages: int = 0
    connection_minutes: Decimal = Decimal(0)

    def lines(self, tariff: Tariff) -> Iterator[Line]:
        id = "price.apigw.websocket"
        yield from tariff.charge("API Gateway WebSocket: messages", self.messages, "messages", Price(id, 0))
        yield from tariff.charge("API Gateway WebSocket: connections", self.connection_minutes, "minutes", Price(id, 1))
