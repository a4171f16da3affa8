"""The cells of the comparison of services: what the registry knew of each at a time, what changed, what was said.

Words
-----
entry
    one fact in words, as it was known then. It carries its source, its month and its note.
changed
    an entry whose amount is another one than at the time before; `was` is what it said then.
saying
    a statement of a source that was wrong, contradictory or too loose when it was made. It is kept because people
    repeat it, and shown at the first time that is not earlier; those without a date are shown with today's.

Which fact stands in which cell, and in which words, is `comparison.toml`. Those words hold no digit: every number is
formatted from its fact.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from waterline.facts import Fact, Facts, View, dates, facts, show, units
from waterline.facts.command import changes

TIMES: Final = ("2018", "2021", "today")
"""The times of the talks that the course starts from, and now."""

LAYOUT: Final[Mapping[str, Any]] = tomllib.loads(
    Path(__file__).with_name("comparison.toml").read_text(encoding="utf-8")
)

_LARGER: Final[Mapping[str, tuple[tuple[str, int], ...]]] = {
    "s": (("days", 86_400), ("hours", 3600), ("minutes", 60)),
    "hours": (("days", 24),),
    "bytes": (("MiB", 2**20), ("KiB", 2**10)),
    "KiB": (("MiB", 2**10),),
}


_WHOLE: Final = re.compile(r"(?<=\d)\.0(?!\d)")


@dataclass(frozen=True)
class Entry:
    """One fact in words. `was` is what it said at the time before, if the amount was another; else empty."""

    fact: Fact
    text: str
    was: str

    @property
    def verified(self) -> bool:
        """A value of the past is as good as its dated source; one of today must have been verified."""
        return self.fact.verified or self.fact.evidence == "stated"

    @property
    def origin(self) -> str:
        """Where it comes from, in one line: fact, month, source, evidence, note."""
        parts = [f"{self.fact.id}, {self.fact.as_of}", self.fact.source]
        if not self.verified:
            parts.append(f"unverified ({self.fact.evidence})")
        if self.fact.note:
            parts.append(f"Note: {self.fact.note}")
        return ". ".join(part.rstrip(".") for part in parts) + "."


@dataclass(frozen=True)
class Saying:
    """What a source said of a fact, though it did not hold."""

    fact_id: str
    text: str
    as_of: str
    source: str

    @property
    def origin(self) -> str:
        return f"{self.fact_id}, {self.as_of}. {self.source}. It did not hold."


@dataclass(frozen=True)
class Cell:
    """What is known of one service on one axis at one time. `remark` says why there is nothing."""

    service: str
    axis: str
    entries: tuple[Entry, ...]
    sayings: tuple[Saying, ...]
    remark: str = ""

    @property
    def changed(self) -> bool:
        return any(entry.was for entry in self.entries)

    def lines(self, before: str) -> list[str]:
        """Its content in words, marks and all; `before` is the time that changes are counted from."""
        told = [self.remark] if self.remark else []
        for entry in self.entries:
            doubt = "" if entry.verified else " (unverified)"
            change = f" (changed; {before}: {entry.was})" if entry.was else ""
            told.append(f"{entry.text}{doubt}{change}")
        return told + [f"said then, and it did not hold: {saying.text}" for saying in self.sayings]


def cells_at(time: str, registry: Facts = facts, layout: Mapping[str, Any] = LAYOUT) -> dict[tuple[str, str], Cell]:
    """All cells at one of `TIMES`, by the ids of service and axis, row by row."""
    number = TIMES.index(time)
    view = _view(time, registry)
    before = _view(TIMES[number - 1], registry) if number else None
    return {
        (service["id"], axis["id"]): _cell(service, axis["id"], view, before, registry)
        for service in layout["service"]
        for axis in layout["axis"]
    }


def spoken(fact: Fact) -> str:
    """A fact's value as a person would say it: in days and not in seconds, in MiB and not in bytes, if it comes out."""
    try:
        numbers = fact.numbers
    except units.UnitError:
        return fact.text
    if fact.unit in _LARGER and (fact.unit != "hours" or numbers != (24,)):
        told = [_spoken(number, fact.unit) for number in numbers]
        if fact.range:
            low, high = told
            return f"{low.removesuffix(high[high.index(' ') :])} to {high}"
        return ", ".join(told)
    text = _WHOLE.sub("", fact.text)
    one = numbers == (1,) and (fact.unit in units.COUNTS or fact.unit in units.SECONDS)
    return text.removesuffix("s") if one else text


def _spoken(number: int | float, unit: str) -> str:
    for name, size in _LARGER[unit]:
        if number and number % size == 0:
            return show(int(number // size), name if number != size else name.removesuffix("s"))
    return show(number, unit)


def _partial(one: Fact, other: Fact) -> bool:
    """Tells whether one statement gives more numbers than the other: then they cannot be compared."""
    try:
        return len(one.numbers) != len(other.numbers)
    except units.UnitError:
        return False


def _view(time: str, registry: Facts) -> View:
    return registry.today if time == "today" else registry.at(time)


def _cell(service: Mapping[str, Any], axis: str, view: View, before: View | None, registry: Facts) -> Cell:
    listed: Sequence[Sequence[str]] = service.get(axis, ())
    sayings = tuple(saying for id, *_ in listed for saying in _sayings(registry[id], view, before))
    launch = service.get("launched")
    if launch and launch not in view:
        remark = f"There was no such service: it is of {registry[launch].text}."
        return Cell(service["id"], axis, (), sayings, remark)
    entries = tuple(
        Entry(view[id], _worded(view[id], *words), _was(view[id], before, words)) for id, *words in listed if id in view
    )
    remark = "" if entries else "The registry knows nothing dated of this then." if listed else "No fact is known."
    return Cell(service["id"], axis, entries, sayings, remark)


def _worded(fact: Fact, words: str, otherwise: str = "") -> str:
    if otherwise and fact.value in (False, ()):
        return otherwise
    return words.replace("{}", spoken(fact))


def _was(fact: Fact, before: View | None, words: Sequence[str]) -> str:
    if before is None or fact.id not in before or _partial(before[fact.id], fact):
        return ""
    if not changes({fact.id: before[fact.id]}, {fact.id: fact}):
        return ""
    return _worded(before[fact.id], *words)


def _sayings(fact: Fact, view: View, before: View | None) -> Iterator[Saying]:
    for past in fact.history:
        month = dates.stated(past.as_of)
        early = before is not None and month is not None and before.moment is not None and month <= before.moment
        late = view.moment is not None and (month is None or month > view.moment)
        if not past.holds and not early and not late:
            text = past.said or show(past.value, "" if isinstance(past.value, str) else past.unit, fact.range)
            yield Saying(fact.id, text.strip("'") if text.count("'") == 2 else text, past.as_of, past.source)
