"""The registry: `facts`, a mapping from id to `Fact`, read from `facts.toml`; and its views, one per point in time.

Reading is in two steps, because nearly everything imports this module and most programs ask for a few facts: the first
question cuts the file into one piece of TOML per fact, and a piece is parsed when its fact is asked for.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, Final

from waterline.facts import dates
from waterline.facts.fact import Constraint, Fact, Past, Scalar, Value

_FACT: Final = re.compile(r"^\[\[fact\]\]\s*$", re.MULTILINE)
_FACT_KEYS: Final = frozenset(field.name for field in fields(Fact))
_ID: Final = re.compile(r'\s*id = "([^"\n]+)"\n')


class UnknownFact(KeyError):
    """No fact has this id, or nothing was known about it then. The message is one sentence."""

    def __str__(self) -> str:
        return str(self.args[0])


class Facts(Mapping[str, Fact]):
    """The facts of a registry, as it is today. `source` is a file, or TOML text.

    `facts["sqs.delay_range"]` is a `Fact`; a missing id is an `UnknownFact`, which names the nearest ids.
    """

    def __init__(self, source: Path | str) -> None:
        self._source = source
        self._pieces: dict[str, str] = {}
        self._read: dict[str, Fact] = {}

    def __getitem__(self, id: str) -> Fact:
        if id not in self._read:
            piece = self._index().get(id)
            if piece is None:
                raise UnknownFact(self._no_such(id))
            self._read[id] = _fact(tomllib.loads(piece))
        return self._read[id]

    def __contains__(self, id: object) -> bool:
        return id in self._index()

    def __iter__(self) -> Iterator[str]:
        return iter(self._index())

    def __len__(self) -> int:
        return len(self._index())

    @property
    def today(self) -> "View":
        """What is known today: every fact with its own value."""
        return View(self, None)

    def at(self, when: int | str) -> "View":
        """What was known at the end of a year (`2018`) or of a month (`"2018-08"`). Else a `ValueError`."""
        return View(self, dates.moment(when))

    def search(self, words: str) -> tuple[Fact, ...]:
        """The facts in whose id, service, axis, title, value or note every word occurs; first those with it in the id.

        Case does not count. No words find nothing.
        """
        wanted = words.lower().split()
        found = [fact for fact in self.values() if wanted and all(word in _spoken(fact) for word in wanted)]
        return tuple(sorted(found, key=lambda fact: not all(word in fact.id for word in wanted)))

    def _index(self) -> dict[str, str]:
        if not self._pieces:
            text = self._source.read_text(encoding="utf-8") if isinstance(self._source, Path) else self._source
            for piece in _FACT.split(text)[1:]:
                start = _ID.match(piece)
                if not start:
                    raise ValueError(f"A fact of the registry does not begin with its id: {piece.strip()[:60]!r}.")
                if start[1] in self._pieces:
                    raise ValueError(f"The registry has two facts with the id {start[1]!r}; give one of them another.")
                self._pieces[start[1]] = piece
        return self._pieces

    def _no_such(self, id: str) -> str:
        import difflib

        near = difflib.get_close_matches(str(id), self._index(), n=3, cutoff=0.5)
        hint = f"the nearest are {', '.join(near)}" if near else "facts.search(word) finds them by their words"
        return f"There is no fact {id!r}; {hint}."


class View(Mapping[str, Fact]):
    """The facts as they were known at one moment, `None` for today. It holds only what was known: `in`, `len` and
    iteration leave out the rest, and asking for it is an `UnknownFact` that says since when it is known.

    What was known at a moment is the last statement that counts from that month or an earlier one (`dates`), among the
    fact's own value and those of its history that hold; of two of one month the later in the file.
    """

    def __init__(self, registry: Facts, moment: dates.Month | None) -> None:
        self._registry = registry
        self.moment = moment
        self._known: dict[str, Fact | None] = {}

    def __getitem__(self, id: str) -> Fact:
        fact = self._at(id)
        if fact is None:
            first = min(month for month, _ in _statements(self._registry[id]))
            raise UnknownFact(f"Nothing is known about {id} at {self.moment}; the first dated statement is of {first}.")
        return fact

    def __contains__(self, id: object) -> bool:
        return id in self._registry and self._at(str(id)) is not None

    def __iter__(self) -> Iterator[str]:
        return (id for id in self._registry if self._at(id) is not None)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _at(self, id: str) -> Fact | None:
        if id not in self._known:
            fact = self._registry[id]
            self._known[id] = fact if self.moment is None else _last_known(fact, self.moment)
        return self._known[id]


def _last_known(fact: Fact, moment: dates.Month) -> Fact | None:
    reached = [statement for statement in _statements(fact) if statement[0] <= moment]
    if not reached:
        return None
    _, last = max(reached, key=lambda statement: statement[0])
    return last if isinstance(last, Fact) else fact.then(last)


def _statements(fact: Fact) -> list[tuple[dates.Month, Fact | Past]]:
    """What was stated about a fact, by month; the fact itself first, so that of one month it is the one taken."""
    found: list[tuple[dates.Month, Fact | Past]] = [(dates.published(fact.as_of), fact)]
    for past in reversed(fact.history):
        month = dates.stated(past.as_of)
        if month is not None and past.holds:
            found.append((month, past))
    return found


def _spoken(fact: Fact) -> str:
    return f"{fact.id} {fact.service} {fact.axis} {fact.title} {fact.text} {fact.note}".lower()


def _fact(table: dict[str, Any]) -> Fact:
    unknown = table.keys() - _FACT_KEYS
    if unknown:
        raise ValueError(f"The fact {table['id']!r} has the key {min(unknown)!r}, which means nothing here.")
    botocore = table.get("botocore")
    unit = table["unit"]
    return Fact(
        id=table["id"],
        service=table["service"],
        axis=table["axis"],
        title=table["title"],
        value=_value(table["value"]),
        unit=unit,
        range=table.get("range", False),
        as_of=table["as_of"],
        as_of_basis=table["as_of_basis"],
        region=table.get("region", ""),
        source=table["source"],
        evidence=table["evidence"],
        verified=table["verified"],
        note=table.get("note", ""),
        history=tuple(_past(entry, unit) for entry in table.get("history", ())),
        botocore=botocore
        and Constraint(botocore["service"], botocore["shape"], botocore["member"], botocore["constraint"]),
    )


def _past(entry: dict[str, Any], unit: str) -> Past:
    return Past(
        as_of=entry["as_of"],
        value=_value(entry["value"]),
        unit=entry.get("unit", unit),
        source=entry["source"],
        said=entry.get("said", ""),
        holds=entry.get("holds", True),
    )


def _value(value: Scalar | list[Scalar]) -> Value:
    return tuple(value) if isinstance(value, list) else value


facts: Final = Facts(Path(__file__).with_name("facts.toml"))
