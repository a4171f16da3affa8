"""The prices of one account and one month: free allowances and volume tiers, given once to all uses of a bill.

Words
-----
price
    a number of USD and what it is for: `0.4 USD / 1M`. It is one number of a fact; `Price("price.ddb.ondemand", 1)` is
    the second.
tier
    a range of the month's volume with a price of its own. A fact holds where the tiers begin.
allowance
    the volume that is free each month, always; offers for the first twelve months are not counted. It is taken from the
    beginning of the first tier, where the price list has it (`price.sqs.free`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Protocol

from waterline.facts import Fact, facts
from waterline.pricing.profile import Number, exact

_FOR: Final[Mapping[str, int]] = {
    "USD / 1,000": 1_000,
    "USD / 100k": 100_000,
    "USD / 1M": 1_000_000,
    "USD / 1M connection-minutes": 1_000_000,
}
_SECONDS: Final = 3600
"""In an hour: a price or a bound in GB-hours, asked for GB-seconds."""


@dataclass(frozen=True, slots=True)
class Line:
    """One charge.

    `quantity` in `unit`; `price` in USD for what `per` says; `amount` in USD, exact. `fact_id` is the fact that the
    price, or the allowance, is. Price and amount are None when nobody has found the price. `verified` is false
    when a fact that the amount rests on is not verified.
    """

    what: str
    quantity: Decimal
    unit: str
    price: Decimal | None
    per: str
    fact_id: str
    amount: Decimal | None
    verified: bool
    note: str = ""


@dataclass(frozen=True, slots=True)
class Price:
    """One number of a fact that is a price."""

    fact_id: str
    part: int = 0


class Use(Protocol):
    """What a month takes of one service."""

    def lines(self, tariff: Tariff) -> Iterable[Line]:
        """The charges for it."""


class Tariff:
    """What is left of the month's allowances, and how far into its tiers each price has come."""

    def __init__(self, free_tier: bool = True, registry: Mapping[str, Fact] = facts) -> None:
        self.facts = registry
        self.free_tier = free_tier
        self.remarks: list[str] = []
        self._used: dict[str, Decimal] = defaultdict(Decimal)
        self._given: dict[str, Decimal] = defaultdict(Decimal)

    def charge(
        self,
        what: str,
        quantity: Number,
        unit: str,
        *prices: str | Price,
        tiers: str = "",
        free: str = "",
        rests_on: Iterable[str] = (),
        note: str = "",
    ) -> Iterator[Line]:
        """The lines for `quantity`: what is free, then one line per tier that it reaches. Nothing costs nothing.

        Parameters
        ----------
        prices: the facts of the price, cheapest volume last; with more than one, `tiers` is the fact of their bounds.
        free: the fact of the allowance.
        rests_on: facts that the quantity was counted by; unverified ones make the lines unverified.
        """
        rest = exact(quantity)
        rates = [price if isinstance(price, Price) else Price(price) for price in prices]
        doubts = [id for id in rests_on if not self.facts[id].verified]
        note = " ".join([note, *(f"Counted by {id}, which is not verified." for id in doubts)]).strip()
        place = self._used[rates[0].fact_id]
        self._used[rates[0].fact_id] += rest
        if free and self.free_tier and rest > 0:
            given = min(rest, exact(self.facts[free].number) - self._given[free])
            if given > 0:
                self._given[free] += given
                place += given
                rest -= given
                sure = self.facts[free].verified and not doubts
                yield Line(f"{what}, free tier", given, unit, Decimal(0), "", free, Decimal(0), sure, note)
        for rate, end in zip(rates, [*self._bounds(tiers, unit), None], strict=True):
            part = rest if end is None else min(rest, max(end - place, Decimal(0)))
            if part > 0:
                place += part
                rest -= part
                yield self._line(what, part, unit, rate, not doubts, note)

    def remark(self, sentence: str) -> None:
        """Say something about the whole bill, once."""
        if sentence not in self.remarks:
            self.remarks.append(sentence)

    def _line(self, what: str, quantity: Decimal, unit: str, rate: Price, sure: bool, note: str) -> Line:
        fact = self.facts[rate.fact_id]
        if isinstance(fact.value, str):
            note = f"{note} {fact.title}.".strip()
            return Line(what, quantity, unit, None, "", fact.id, None, False, note)
        asked = fact.quantities[rate.part]
        price = exact(asked.number)
        divisor = _SECONDS if (asked.unit, unit) == ("USD / GB-hour", "GB-s") else _FOR.get(asked.unit, 1)
        sure = sure and fact.verified
        note = " ".join(part for part in (note, fact.note and f"{fact.note}.") if part)
        return Line(what, quantity, unit, price, asked.unit, fact.id, quantity * price / divisor, sure, note)

    def _bounds(self, tiers: str, unit: str) -> list[Decimal]:
        if not tiers:
            return []
        fact = self.facts[tiers]
        factor = _SECONDS if fact.unit == "GB-hours / month" and unit == "GB-s" else 1
        return [exact(number) * factor for number in fact.numbers]
