"""What a fact is: a value with a unit, a month, a source and the evidence for it. All of it frozen.

Words. `value` is a number, a text, a yes or no, or a tuple of them. A **range** is a value of two numbers, a lower and
an upper bound, both allowed. A **quantity** is one number with its unit. A **past** is one earlier statement of a
source. A **constraint** names a shape of a botocore service model and what must stand there. Evidence (see
`facts.toml`): primary, price-list and corroborated are verified; secondary, single-source and unverified are not;
"stated" marks a past value given by `facts.at`: one dated source said so.
"""

from dataclasses import dataclass, replace

from waterline.facts import units
from waterline.facts.units import UnitError

Scalar = bool | int | float | str
Value = Scalar | tuple[Scalar, ...]


@dataclass(frozen=True, slots=True)
class Constraint:
    """What botocore must say. `text` is `min=1;max=10;enum:A|B;exists;doc:words`, each part optional, doc last.

    `shape` is a shape of the service model, `operation:Name` or `service`; an empty `member` is the shape itself.
    """

    service: str
    shape: str
    member: str
    text: str

    @property
    def place(self) -> str:
        """Where it stands, as `sqs SendMessageRequest.DelaySeconds`."""
        return f"{self.service} {self.shape}{'.' if self.member else ''}{self.member}"


@dataclass(frozen=True, slots=True)
class Past:
    """One earlier statement. `as_of` has the forms of `dates`; `said` is the source's wording where `value` is not.

    `holds` is false for a statement that was wrong, contradicted or too loose when it was made: never what was known.
    """

    as_of: str
    value: Value
    unit: str
    source: str
    said: str
    holds: bool


@dataclass(frozen=True, slots=True)
class Quantity:
    """One number and its unit."""

    number: int | float
    unit: str

    @property
    def seconds(self) -> float:
        """The number in seconds; `UnitError` when the unit is not a time."""
        return units.seconds(self.number, self.unit)

    @property
    def bytes(self) -> int:
        """The number in bytes; `UnitError` when the unit is not a size."""
        return units.size_in_bytes(self.number, self.unit)


@dataclass(frozen=True, slots=True)
class Fact:
    """A dated number with its source. Helpers give it in the form asked for, or raise a `UnitError` of one sentence."""

    id: str
    service: str
    axis: str
    title: str
    value: Value
    unit: str
    range: bool
    as_of: str
    as_of_basis: str
    region: str
    source: str
    evidence: str
    verified: bool
    note: str
    history: tuple[Past, ...]
    botocore: Constraint | None

    def __str__(self) -> str:
        doubt = "" if self.verified else f", {self.evidence}"
        return f"{self.id}: {self.text} ({self.as_of}{doubt}) [{self.source}]"

    @property
    def text(self) -> str:
        """The value and its unit as a table shows them: `1,048,576 bytes`, `0 to 900 s`, `yes`."""
        return show(self.value, self.unit, self.range)

    @property
    def number(self) -> int | float:
        """The value as one number, in the unit of the fact."""
        if isinstance(self.value, bool) or not isinstance(self.value, (int, float)):
            raise self._not("one number", " use .low and .high." if self.range else "")
        return self.value

    @property
    def count(self) -> int:
        """The value as one whole number."""
        if self.number != int(self.number):
            raise self._not("a whole number")
        return int(self.number)

    @property
    def numbers(self) -> tuple[int | float, ...]:
        """The value as numbers; one number is a tuple of one."""
        values = self.value if isinstance(self.value, tuple) else (self.value,)
        numbers = tuple(v for v in values if isinstance(v, (int, float)) and not isinstance(v, bool))
        if not numbers or len(numbers) != len(values):
            raise self._not("made of numbers")
        return numbers

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """Each number of the value with its own unit: `5 retries`, `300 s`."""
        numbers = self.numbers
        return tuple(map(Quantity, numbers, units.split_unit(self.unit, len(numbers))))

    @property
    def low(self) -> int | float:
        """The lower bound of a range, itself allowed, in the unit of the fact."""
        return self._bounds()[0]

    @property
    def high(self) -> int | float:
        """The upper bound of a range, itself allowed, in the unit of the fact."""
        return self._bounds()[1]

    @property
    def seconds(self) -> float:
        """One time, in seconds. For the bounds of a range: `fact.quantities[0].seconds`."""
        return self._convert(units.SECONDS, "a time").seconds

    @property
    def bytes(self) -> int:
        """One size, in bytes."""
        return self._convert(units.BYTES, "a size").bytes

    def then(self, past: Past) -> "Fact":
        """The fact as `past` stated it: its value, unit, time and source; no constraint and no history."""
        ranged = self.range and isinstance(past.value, tuple) and len(past.value) == 2
        return replace(
            self,
            value=past.value,
            unit="" if _is_text(past.value) and not _is_text(self.value) else past.unit,
            range=ranged,
            as_of=past.as_of,
            as_of_basis="published" if past.as_of[:1].isdigit() else "approximate",
            source=past.source,
            evidence="stated",
            verified=False,
            note=past.said,
            history=(),
            botocore=None,
        )

    def _bounds(self) -> tuple[int | float, ...]:
        if not self.range:
            raise self._not("a range")
        return self.numbers

    def _convert(self, table: dict[str, int] | dict[str, float], kind: str) -> Quantity:
        if self.unit not in table:
            raise self._not(kind)
        return Quantity(self.number, self.unit)

    def _not(self, wanted: str, hint: str = "") -> UnitError:
        return UnitError(f"{self.id} is not {wanted}, it is {self.text!r}{':' if hint else '.'}{hint}")


def show(value: Value, unit: str = "", ranged: bool = False) -> str:
    """A value and its unit as words: thousands separated, no exponents, `yes` and `no`, ranges as `0 to 900 s`."""
    if isinstance(value, tuple):
        texts = [_show_one(v) for v in value]
        if not texts:
            return "none"
        parts = unit.split(", ") if unit not in units.UNITS else []
        if len(parts) == len(texts):
            return ", ".join(f"{text} {part}" for text, part in zip(texts, parts, strict=True))
        body = ", ".join(texts)
        if ranged and len(texts) == 2:
            body = texts[0] if texts[0] == texts[1] else f"{texts[0]} to {texts[1]}"
    else:
        body = _show_one(value)
    return body if unit in units.KINDS else f"{body} {unit}"


def _show_one(value: Scalar) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        from decimal import Decimal

        return f"{Decimal(repr(value)):,f}"
    return f"{value:,}" if isinstance(value, int) else value


def _is_text(value: Value) -> bool:
    return isinstance(value, str)
