"""A month's bill: its lines, their total, and how it reads as text and as a table.

A price that is not verified is marked wherever it is shown, with the word, and counted under the table. A charge whose
price nobody has found has no amount, and then the total is called what it is: at least so much.
"""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from waterline.facts import Fact, facts
from waterline.journal import Journal
from waterline.pricing.profile import Number, exact
from waterline.pricing.run import Run
from waterline.pricing.tariff import Line, Tariff, Use
from waterline.trace import Table

UNVERIFIED = "unverified"
NOT_COUNTED = "Not counted: data transfer, logs, taxes."


@dataclass(frozen=True)
class Bill:
    """The charges of one month, in USD.

    `messages` is what the month carried, for `per_million`; `remarks` are sentences about the whole of it.
    """

    lines: tuple[Line, ...]
    title: str = "A month in us-east-1"
    messages: Decimal | None = None
    remarks: tuple[str, ...] = ()

    @property
    def total(self) -> Decimal:
        """The sum of the amounts that are known, in USD, exact."""
        return sum((line.amount for line in self.lines if line.amount is not None), Decimal(0))

    @property
    def complete(self) -> bool:
        """Tells whether every line has an amount."""
        return all(line.amount is not None for line in self.lines)

    @property
    def per_million(self) -> Decimal | None:
        """USD for a million messages; None when it is not known how many the month carried."""
        return self.total / self.messages * 1_000_000 if self.messages else None

    @property
    def unverified(self) -> tuple[Line, ...]:
        """The lines whose amount rests on a fact that is not verified."""
        return tuple(line for line in self.lines if not line.verified)

    def table(self) -> Table:
        """The lines as a table; the last rows are the total and, if it is known, what a million messages come to."""
        rows = [
            (line.what, f"{amount_of(line.quantity)} {line.unit}", _price(line), money(line.amount), line.fact_id)
            for line in self.lines
        ]
        doubt = f"in part {UNVERIFIED}" if self.unverified else ""
        rows.append(("total" if self.complete else "total, at least", "", doubt, money(self.total), ""))
        if self.per_million is not None:
            rows.append(("for a million messages", "", doubt, money(self.per_million), ""))
        return Table(("what", "quantity", "price", "amount", "fact"), tuple(rows), self.title)

    @property
    def notes(self) -> tuple[str, ...]:
        """What the table does not say: the notes of the lines, the remarks, what is unverified, what is not counted."""
        first: dict[str, str] = {}
        for line in self.lines:
            if line.note:
                first.setdefault(line.note, line.what.removesuffix(", free tier"))
        told = [f"{what}: {note[0].upper()}{note[1:]}" for note, what in first.items()]
        unsure = dict.fromkeys(line.fact_id for line in self.unverified)
        marked = (
            (f"{UNVERIFIED.capitalize()} (no price list read, or a rule from one source): {', '.join(unsure)}.",)
            if unsure
            else ()
        )
        return (*told, *self.remarks, *marked, NOT_COUNTED)

    @property
    def text(self) -> str:
        """The whole bill in lines of text."""
        return "\n".join([self.title, str(self.table()), *self.notes])

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        notes = "".join(f"<li>{html.escape(note)}</li>" for note in self.notes)
        return f'<div class="waterline-bill">{self.table()._repr_html_()}<ul>{notes}</ul></div>'


def bill(
    *used: Use | Journal,
    title: str = "",
    messages: Number | None = None,
    free_tier: bool = True,
    times: Number = 1,
    memory: int | Mapping[str, int] | None = None,
    registry: Mapping[str, Fact] = facts,
) -> Bill:
    """The bill of one account for one month of all that is `used`: uses of services, or the journal of a run.

    Parameters
    ----------
    messages: how many messages the month carried, for the price of a million.
    free_tier: take off what is always free each month; offers for the first twelve months never are.
    times: for a journal, how often such a run happens in a month; it multiplies what the run used.
    memory: for a journal, which does not know it: MB of every function, or by function name; else Lambda's default.
    registry: where the prices are read; another one gives the bill by other prices.
    """
    tariff = Tariff(free_tier, registry)
    uses = [Run(one, times, memory) if isinstance(one, Journal) else one for one in used]
    lines = tuple(line for use in uses for line in use.lines(tariff))
    count = None if messages is None else exact(messages)
    for use in uses:
        if isinstance(use, Run) and count is None:
            count = use.messages
    return Bill(lines, title or "A month in us-east-1", count, tuple(tariff.remarks))


def money(amount: Decimal | None) -> str:
    """USD to the cent; an amount below a cent to two digits; `unknown` for None."""
    if amount is None:
        return "unknown"
    if 0 < amount < Decimal("0.01"):
        return f"${amount:.{1 - amount.adjusted()}f}"
    return f"${amount:,.2f}"


def amount_of(quantity: Decimal) -> str:
    """A quantity with its thousands separated and at most three decimals."""
    text = f"{quantity:,.3f}".rstrip("0").rstrip(".")
    return text if text != "0" or not quantity else f"{quantity:.2g}"


def _price(line: Line) -> str:
    if line.price is None:
        return f"unknown ({UNVERIFIED})"
    price = f"{line.price:f} {line.per}" if line.per else "free"
    return price if line.verified else f"{price} ({UNVERIFIED})"
