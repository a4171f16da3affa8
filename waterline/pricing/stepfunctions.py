"""Step Functions: Standard workflows pay for each step, Express workflows for each start and for memory over time.

A retry is one more transition. Express memory is rounded up to 64 MB and its duration to 100 ms
(price.sfn.express_memory_chunk, price.sfn.express_rounding); its volume tiers are in GB-hours.

Source: AWS Step Functions pricing page, https://aws.amazon.com/step-functions/pricing/ (read 2026-11).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from waterline.facts import facts
from waterline.pricing.profile import Number, Profile, exact, up
from waterline.pricing.tariff import Line, Price, Tariff

MEMORY_CHUNK: Final = facts["price.sfn.express_memory_chunk"].count
ROUNDING: Final = facts["price.sfn.express_rounding"].count
LONGEST: Final = facts["sfn.express_duration_max"].seconds


def charged(milliseconds: Number) -> int:
    """The milliseconds that an Express execution is charged for."""
    return up(exact(milliseconds) / ROUNDING) * ROUNDING


def gb_seconds(milliseconds: int, memory_mb: Number = MEMORY_CHUNK) -> Decimal:
    """Express duration of so many charged milliseconds."""
    memory = max(1, up(exact(memory_mb) / MEMORY_CHUNK)) * MEMORY_CHUNK
    return Decimal(milliseconds * memory) / (1024 * 1000)


@dataclass(frozen=True, slots=True)
class Standard:
    """A month of Standard workflows: state transitions."""

    transitions: int = 0

    @classmethod
    def carrying(cls, profile: Profile, transitions: Number) -> Standard:
        """One execution for each batch, with so many `transitions` on average, retries among them."""
        return cls(up(profile.batches * exact(transitions)))

    def lines(self, tariff: Tariff) -> Iterator[Line]:
        yield from tariff.charge(
            "Step Functions Standard: transitions",
            self.transitions,
            "transitions",
            "price.sfn.standard",
            free="price.sfn.free",
        )


@dataclass(frozen=True, slots=True)
class Express:
    """A month of Express workflows: `requests` are starts, `duration` in GB-seconds."""

    requests: int = 0
    duration: Decimal = Decimal(0)
    note: str = ""

    @classmethod
    def carrying(cls, profile: Profile, duration_ms: Number, memory_mb: Number = MEMORY_CHUNK) -> Express:
        """One execution for each batch. Raises ValueError, in one sentence, for one that Express does not let run."""
        if exact(duration_ms) > LONGEST * 1000:
            raise ValueError(f"An Express workflow runs {LONGEST:,.0f} s at most; for longer ones take Standard.")
        return cls(profile.batches, gb_seconds(profile.batches * charged(duration_ms), memory_mb))

    def lines(self, tariff: Tariff) -> Iterator[Line]:
        yield from tariff.charge(
            "Step Functions Express: requests", self.requests, "requests", "price.sfn.express_request"
        )
        yield from tariff.charge(
            "Step Functions Express: duration",
            self.duration,
            "GB-s",
            "price.sfn.express_gbs",
            Price("price.sfn.express_gbh_t2", 0),
            Price("price.sfn.express_gbh_t2", 1),
            tiers="price.sfn.express_tiers",
            note=self.note,
        )
