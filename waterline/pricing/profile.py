"""A month's messages, and the arithmetic that turns them into what is charged: batches and chunks.

Words
-----
month
    730 hours, as the AWS Pricing Calculator counts it (calculator.aws, read 2026-11), unless days are given.
chunk
    the piece of a payload that is charged as one request; a started piece is a whole one.
GB
    2**30 bytes, as in `waterline.facts.units`.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from typing import Final

Number = int | float | Decimal

HOURS: Final = 730
"""Hours in a month."""

GB: Final = 2**30


@dataclass(frozen=True, slots=True)
class Profile:
    """`messages` a month, each of `payload` bytes, sent and received `batch` at a time."""

    messages: int
    payload: int
    batch: int = 1

    def __post_init__(self) -> None:
        if self.messages < 0 or self.payload < 0:
            raise ValueError("A profile cannot have fewer than no messages, or messages of fewer than no bytes.")
        if self.batch < 1:
            raise ValueError(f"A batch holds at least one message, not {self.batch}; look at batch=.")

    @classmethod
    def per_second(cls, rate: Number, payload: int, batch: int = 1, days: Number | None = None) -> Profile:
        """`rate` messages a second, all month long; a month is 730 hours, or so many `days`."""
        seconds = exact(HOURS if days is None else days) * (3600 if days is None else 86_400)
        return cls(up(exact(rate) * seconds), payload, batch)

    @property
    def batches(self) -> int:
        """How many batches the messages make; the last may not be full."""
        return -(-self.messages // self.batch)

    @property
    def gigabytes(self) -> Decimal:
        """What the payloads come to, in GB."""
        return Decimal(self.messages * self.payload) / GB

    def chunks(self, size: int) -> int:
        """The requests charged when each message is cut into chunks of `size` bytes by itself."""
        return self.messages * chunks(self.payload, size)

    def chunks_of_batches(self, size: int) -> int:
        """The requests charged when each batch is one payload that is cut into chunks of `size` bytes."""
        full, rest = divmod(self.messages, self.batch)
        last = chunks(rest * self.payload, size) if rest else 0
        return full * chunks(self.batch * self.payload, size) + last

    def gigabytes_rounded(self, size: int) -> Decimal:
        """What the payloads come to, in GB, when each is rounded up to a multiple of `size` bytes."""
        return Decimal(self.chunks(size) * size) / GB


def chunks(payload: int, size: int) -> int:
    """How many chunks of `size` bytes a payload is charged as: at least one, a started one is whole."""
    return max(1, -(-payload // size))


def exact(number: Number) -> Decimal:
    """A number as the decimal that it is written as: 0.1 is one tenth."""
    return number if isinstance(number, Decimal) else Decimal(str(number))


def up(number: Decimal) -> int:
    """The next whole number."""
    return int(number.to_integral_value(ROUND_CEILING))
