"""EventBridge: a price for each started 64 KB of an event that you put on a bus, and for what is built around the bus.

Management events of AWS services cost nothing, and there is no free million for others, though a talk of 2021 said so.
Entries of one `PutEvents` call are charged one by one. Delivery within the account costs nothing; API destinations,
archive and replay, Pipes and Scheduler have prices of their own. A Custom Event Bus (September 2026) is charged for
data, and nobody has found the rate: such a line has no amount, and its bill is a lower bound.

Source: Amazon EventBridge pricing page, https://aws.amazon.com/eventbridge/pricing/ (read 2026-11), and
the price lists and tables that the facts name (2024-07 to 2026-09).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from waterline.facts import facts
from waterline.pricing.profile import Profile
from waterline.pricing.tariff import Line, Price, Tariff

_PAID_SOURCES: Final = frozenset({"aws.lambda", "aws.s3"})
"""AWS services whose events are charged as if they were yours: they come because you asked for them."""

CHUNK: Final = facts["price.eventbridge.chunk"].bytes
PIPE_CHUNK: Final = facts["price.pipes_chunk"].bytes


def kind_of(detail: Mapping[str, Any]) -> str:
    """What an event on a bus is charged as, by the details of its ``sent``: ``custom``, ``aws`` or ``replayed``."""
    source = str(detail.get("source", ""))
    if "replay" in detail:
        return "replayed"
    return "aws" if source.startswith("aws.") and source not in _PAID_SOURCES else "custom"


@dataclass(frozen=True, slots=True)
class Bus:
    """A month of Classic buses. Events in chunks; `archived` GB put into an archive, `stored` GB-months kept there."""

    events: int = 0
    aws_events: int = 0
    api_calls: int = 0
    archived: Decimal = Decimal(0)
    stored: Decimal = Decimal(0)
    replayed: int = 0
    discovered: int = 0
    note: str = ""

    @classmethod
    def carrying(cls, profile: Profile, api_destinations: int = 0, archive_months: int = 0, replays: int = 0) -> Bus:
        """Every message is a custom event. It goes to `api_destinations` of them, stays in an archive for so many whole
        months (what is charged each month once the archive is full), and is replayed so often.
        """
        events = profile.chunks(CHUNK)
        size = profile.gigabytes if archive_months else Decimal(0)
        return cls(
            events,
            api_calls=events * api_destinations,
            archived=size,
            stored=size * archive_months,
            replayed=events * replays,
        )

    def lines(self, tariff: Tariff) -> Iterator[Line]:
        archive = "price.eventbridge.archive"
        for what, quantity, unit, price in (
            ("custom events", self.events, "events", Price("price.eventbridge.custom")),
            ("management events of AWS services", self.aws_events, "events", Price("price.eventbridge.aws_events")),
            ("calls of API destinations", self.api_calls, "calls", Price("price.eventbridge.api_destination")),
            ("archiving", self.archived, "GB", Price(archive, 0)),
            ("archive", self.stored, "GB-months", Price(archive, 1)),
            ("replayed events", self.replayed, "events", Price(archive, 2)),
            ("schema discovery", self.discovered, "events", Price("price.eventbridge.schema")),
        ):
            note = self.note if what == "custom events" else ""
            yield from tariff.charge(f"EventBridge: {what}", quantity, unit, price, note=note)


@dataclass(frozen=True, slots=True)
class CustomBus:
    """A month of Custom Event Buses: `transferred` GB."""

    transferred: Decimal = Decimal(0)

    @classmethod
    def carrying(cls, profile: Profile) -> CustomBus:
        return cls(profile.gigabytes)

    def lines(self, tariff: Tariff) -> Iterator[Line]:
        yield from tariff.charge(
            "EventBridge Custom Event Bus: data", self.transferred, "GB", "eventbridge.custom_bus_price"
        )


@dataclass(frozen=True, slots=True)
class Pipe:
    """A month of pipes: requests in chunks, counted after the filter."""

    requests: int = 0

    @classmethod
    def carrying(cls, profile: Profile) -> Pipe:
        """Every message that the filter lets through, in the batches of the profile."""
        return cls(profile.chunks_of_batches(PIPE_CHUNK))

    def lines(self, tariff: Tariff) -> Iterator[Line]:
        yield from tariff.charge("Pipes: requests", self.requests, "requests", "price.pipes")


@dataclass(frozen=True, slots=True)
class Scheduler:
    """A month of schedules: invocations of their targets."""

    invocations: int = 0

    def lines(self, tariff: Tariff) -> Iterator[Line]:
        yield from tariff.charge(
            "Scheduler: invocations", self.invocations, "invocations", "price.scheduler", free="price.scheduler_free"
        )
