"""Makes the pages of the book that are registries put into words: `python book/reference.py`.

- `book/reference/comparison.md`: the comparison of services, a table for each service, 2018 beside 2021 and today;
- `book/reference/facts.md`: every dated fact, with its value, month, source and what it was before.

They are committed; `tests/course/test_reference.py` holds them to what the registries say.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from itertools import groupby
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from waterline.facts import Fact, facts, show
from waterline.views.cells import LAYOUT, TIMES, Cell, cells_at

FOLDER = Path(__file__).with_name("reference")

_COMPARISON = """# The services side by side

How each service scales, keeps, is consumed, retries and is paid, as it was known in 2018, in 2021 and today. A change is
marked; a number beside a line leads to its source. In a notebook, `comparison()` of `waterline.views` is the same table
with a year to turn.
"""
_FACTS = """# Every number, with its date and source

{count} facts. A value holds for the month that stands beside it; *before* says what it was and when. A fact that nobody
could verify says so. In a terminal, `waterline facts search` finds one, and `waterline facts show` tells all of it.
"""


def comparison() -> str:
    """The comparison as Markdown."""
    cells = {time: cells_at(time) for time in TIMES}
    parts = [_COMPARISON]
    for service in LAYOUT["service"]:
        origins: dict[str, int] = {}
        rows = []
        for axis in LAYOUT["axis"]:
            columns = [
                _told(
                    cells[time][service["id"], axis["id"]],
                    TIMES[max(number - 1, 0)],
                    origins,
                )
                for number, time in enumerate(TIMES)
            ]
            rows.append(_row([f"**{axis['name']}**", *columns]))
        parts += [
            f"## {service['name']}\n",
            _row(["", *TIMES]),
            _row(["---"] * (len(TIMES) + 1)),
            *rows,
            "",
        ]
        parts += [f"{number}. {_plain(origin)}" for origin, number in origins.items()]
        parts.append("")
    return "\n".join(parts)


def _told(cell: Cell, before: str, origins: dict[str, int]) -> str:
    lines = cell.lines(before)
    sources = [item.origin for item in (*cell.entries, *cell.sayings)]
    marks = [""] * (len(lines) - len(sources)) + [
        f" ({origins.setdefault(source, len(origins) + 1)})" for source in sources
    ]
    return "<br>".join(f"{_plain(line)}{mark}" for line, mark in zip(lines, marks, strict=True))


def register() -> str:
    """The facts as Markdown, by what they are about."""
    parts = [_FACTS.format(count=len(facts))]
    ordered = sorted(facts.values(), key=lambda fact: fact.id)
    for about, group in groupby(ordered, key=lambda fact: fact.id.partition(".")[0]):
        parts += [
            f"## `{about}`\n",
            _row(["fact", "what it is", "value", "month", "source", "before"]),
            _row(["---"] * 6),
        ]
        parts += [_row(_fact(fact)) for fact in group]
        parts.append("")
    return "\n".join(parts)


def _fact(fact: Fact) -> list[str]:
    doubt = "" if fact.verified else f" (unverified: {fact.evidence})"
    before = "<br>".join(
        f"{past.said or show(past.value, '' if isinstance(past.value, str) else past.unit, fact.range)}"
        f" ({past.as_of or 'undated'}{'' if past.holds else ', did not hold'})"
        for past in fact.history
    )
    return [
        f"`{fact.id}`",
        _plain(fact.title),
        _plain(fact.text) + doubt,
        fact.as_of,
        _plain(fact.source),
        _plain(before),
    ]


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _plain(text: str) -> str:
    """Text that a cell of a table can hold, and in which Markdown finds nothing to format."""
    for sign in "\\|*_`$":
        text = text.replace(sign, f"\\{sign}")
    return " ".join(text.split())


PAGES: Mapping[str, Callable[[], str]] = {"comparison.md": comparison, "facts.md": register}


def main() -> int:
    FOLDER.mkdir(exist_ok=True)
    for name, page in PAGES.items():
        (FOLDER / name).write_text(page(), encoding="utf-8")
        print(f"written: book/reference/{name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
