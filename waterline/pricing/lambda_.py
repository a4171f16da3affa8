"""Lambda: a price for every request, and one for memory held over time.

A GB-second is one GB of configured memory for one second, rounded up to a millisecond; initialization code counts as
well. An asynchronous event of more than 256 KB is further requests, one for each started 64 KB
(price.lambda.async_chunk). Event pollers of provisioned mode and provisioned concurrency are charged by the hour and by
the second that they are there.

Source: AWS Lambda pricing page, https://aws.amazon.com/lambda/pricing/ (read 2026-11), and the AWSLambda
offer of the price list of 2026-09-19.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal, TypeAlias

from waterline.facts import facts
from waterline.pricing.profile import Number, Profile, chunks, exact, up
from waterline.pricing.tariff import Line, Tariff

Architecture: TypeAlias = Literal["x86", "arm"]

FIRST, FURTHER = (quantity.bytes for quantity in facts["price.lambda.async_chunk"].quantities)
MEMORY: Final = (facts["lambda.memory_min"].count, facts["lambda.memory_max"].count)
LONGEST: Final = facts["lambda.timeout_max"].seconds


@dataclass(frozen=True, slots=True)
class Function:
    """A month of functions of one architecture.

    `duration` in GB-seconds; `provisioned` is the GB-seconds configured, `on_provisioned` the GB-seconds run on them;
    `poller_hours` the hours of event poller units of SQS mappings in provisioned mode.
    """

    requests: int = 0
    duration: Decimal = Decimal(0)
    architecture: Architecture = "x86"
    provisioned: Decimal = Decimal(0)
    on_provisioned: Decimal = Decimal(0)
    poller_hours: Decimal = Decimal(0)
    note: str = ""

    @classmethod
    def carrying(
        cls,
        profile: Profile,
        duration_ms: Number,
        memory_mb: int = facts["lambda.memory_default"].count,
        architecture: Architecture = "x86",
        asynchronous: bool = False,
        poller_hours: Number = 0,
    ) -> Function:
        """One invocation for each batch of the profile. `asynchronous`: each batch is one event of that size.

        Raises ValueError, in one sentence, for a memory or a duration that no function may have.
        """
        if not MEMORY[0] <= memory_mb <= MEMORY[1]:
            raise ValueError(f"A function has {MEMORY[0]} to {MEMORY[1]:,} MB of memory, not {memory_mb:,}.")
        if not 0 <= exact(duration_ms) <= LONGEST * 1000:
            raise ValueError(f"A function runs {LONGEST:,.0f} s at most, so not {exact(duration_ms) / 1000:,} s.")
        per_event = asynchronous_requests(profile.batch * profile.payload) if asynchronous else 1
        duration = gb_seconds(profile.batches, duration_ms, memory_mb)
        hours = exact(poller_hours)
        return cls(profile.batches * per_event, duration, architecture, poller_hours=hours)

    def lines(self, tariff: Tariff) -> Iterator[Line]:
        yield from tariff.charge(
            "Lambda: requests",
            self.requests,
            "requests",
            "price.lambda.request",
            free="price.lambda.free_requests",
            note=self.note,
        )
        stem = f"price.lambda.gbs_{self.architecture}"
        yield from tariff.charge(
            f"Lambda: duration, {self.architecture}",
            self.duration,
            "GB-s",
            *(f"{stem}_t{tier}" for tier in (1, 2, 3)),
            tiers=f"price.lambda.tiers_{self.architecture}",
            free="price.lambda.free_gbs",
        )
        if self.architecture != "x86" and (self.provisioned or self.on_provisioned):
            raise ValueError("The facts hold the prices of provisioned concurrency for x86 only.")
        yield from tariff.charge("Lambda: provisioned concurrency", self.provisioned, "GB-s", "price.lambda.pc_gbs")
        yield from tariff.charge(
            "Lambda: duration on provisioned concurrency", self.on_provisioned, "GB-s", "price.lambda.pc_duration_gbs"
        )
        yield from tariff.charge("Lambda: SQS event pollers", self.poller_hours, "EPU-hours", "price.lambda.epu_sqs")


def gb_seconds(invocations: Number, duration_ms: Number, memory_mb: Number) -> Decimal:
    """GB-seconds of so many invocations, each rounded up to a millisecond."""
    rounding = facts["price.lambda.rounding"].count
    milliseconds = up(exact(duration_ms) / rounding) * rounding
    return exact(invocations) * milliseconds * exact(memory_mb) / (1024 * 1000)


def asynchronous_requests(payload: int) -> int:
    """How many requests one asynchronous event of `payload` bytes is charged as."""
    return 1 if payload <= FIRST else 1 + chunks(payload - FIRST, FURTHER)
