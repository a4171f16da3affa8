"""How an event reads: the words of one line, the trace of one message, and a plain table.

A trace is text first. In a notebook it is shown as text too, so that what the learner reads, what is stored in the
notebook and what a screen reader says are the same.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from waterline.journal import Event

_SECOND = 1_000_000
_LONGEST_NOTE = 60  # with instant, kind and place before it a line of a trace has about 100 characters
_LINE = re.compile(r"(?P<error>.*) (?P<line>\(line \d+)(?:: .*)?\)", re.DOTALL)
_LEFT = "text-align: left"  # JupyterLab sets the cells of a table to the right
_WHOLE = 24  # a shorter cell stays in one line, whatever the column beside it takes


def ordinal(number: int) -> str:
    """1st, 2nd, 3rd, 4th, ..., 11th, ..., 21st."""
    suffix = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{suffix}"


def instant(at: int) -> str:
    """An instant as it is read in a trace: ``+0.4 s``, ``+3 d 02:00:05.0`` from one day on."""
    seconds = at / _SECOND
    if seconds < 86_400:
        return f"+{seconds:,.1f} s"
    days, rest = divmod(seconds, 86_400)
    hours, rest = divmod(rest, 3600)
    minutes, rest = divmod(rest, 60)
    return f"+{int(days)} d {int(hours):02}:{int(minutes):02}:{rest:04.1f}"


def _received(detail: Mapping[str, Any]) -> str:
    return f"{ordinal(detail['count'])} receive, hidden until {instant(detail['until'])}"


def _read(detail: Mapping[str, Any]) -> str:
    records = "1 record" if detail["records"] == 1 else f"{detail['records']} records"
    return f"{records} of {detail['shard']}"


def _invoked(detail: Mapping[str, Any]) -> str:
    batch = detail.get("batch", 1)
    among = f", in a batch of {batch}" if batch > 1 else ""
    return f"environment {detail['environment']}{among}" if "environment" in detail else ""


def _outcome(detail: Mapping[str, Any]) -> str:
    """Where it ended, and the error with the number of its line; the line itself stands in the detail ``why``."""
    where = _invoked({key: value for key, value in detail.items() if key != "batch"})
    why = detail.get("why") or ""
    found = _LINE.fullmatch(why)
    error, line = (found["error"], f" {found['line']})") if found else (why, "")
    error = " ".join(error.split())
    room = _LONGEST_NOTE - len(f"{where}: {line}")
    if len(error) > room:
        error = error[: room - 1].rstrip() + "…"
    return ": ".join(part for part in (where, error + line) if part)


def _dead_lettered(detail: Mapping[str, Any]) -> str:
    if "why" in detail:
        return f"{detail['why']}, to {detail['to']}"
    receives = "1 receive" if detail["count"] == 1 else f"{detail['count']} receives"
    return f"after {receives}, to {detail['to']}"


def _answered(detail: Mapping[str, Any]) -> str:
    return ": ".join(part for part in (str(detail["status"]), detail.get("why", "")) if part)


def _written(detail: Mapping[str, Any]) -> str:
    """What became of which item, object or row."""
    what = " ".join(str(detail[name]) for name in ("change", "key", "why") if name in detail) or str(
        detail.get("body", "")
    )
    return what if len(what) <= _LONGEST_NOTE else f"{what[: _LONGEST_NOTE - 1].rstrip()}…"


def _why(detail: Mapping[str, Any]) -> str:
    return str(detail.get("why", ""))


_NOTES: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "sent": lambda detail: str(detail.get("request", "")),
    "answered": _answered,
    "written": _written,
    "requested": lambda detail: str(detail.get("request", "")),
    "delayed": lambda detail: f"until {instant(detail['until'])}",
    "received": _received,
    "read": _read,
    "hidden": lambda detail: f"until {instant(detail['until'])}",
    "dead-lettered": _dead_lettered,
    "redriven": lambda detail: f"to {detail['to']}",
    "routed": lambda detail: f"to {detail['to']}",
    "delivered": lambda detail: f"to {detail['to']}",
    "started": lambda detail: f"environment {detail['environment']}: cold start",
    "ended": _outcome,
    "invoked": _invoked,
    "entered": lambda detail: str(detail["state"]),
    "succeeded": _outcome,
    "failed": _outcome,
}


def short(message: str) -> str:
    """Enough of an identifier to tell messages apart: its beginning; the end of a stream record's ``shard:number``."""
    return message[-8:] if ":" in message else message[:8]


def note(event: Event) -> str:
    """What there is to say about an event beyond its kind and place."""
    return _NOTES.get(event.kind, _why)(event.detail)


def describe(event: Event) -> str:
    """One event in one line, without alignment."""
    return " ".join(part for part in (instant(event.at), event.kind, event.name, note(event)) if part)


@dataclass(frozen=True)
class Table:
    """Rows under named columns, as text and as an accessible HTML table."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    title: str = ""

    @classmethod
    def of_events(cls, events: Iterable[Event], title: str = "") -> Table:
        rows = tuple(
            (instant(event.at), event.kind, event.name, short(event.message or ""), note(event)) for event in events
        )
        return cls(("when", "what", "where", "message", "note"), rows, title)

    def __str__(self) -> str:
        return "\n".join(aligned([self.columns, *self.rows]))

    __repr__ = __str__

    def _repr_html_(self) -> str:
        head = "".join(f'<th scope="col" style="{_LEFT}">{html.escape(column)}</th>' for column in self.columns)
        body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in self.rows)
        caption = f"<caption>{html.escape(self.title)}</caption>" if self.title else ""
        return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _cell(text: str) -> str:
    wrap = "; white-space: nowrap" if len(text) <= _WHOLE else ""
    return f'<td style="{_LEFT}{wrap}">{html.escape(text)}</td>'


@dataclass(frozen=True)
class Trace(Sequence["Event"]):
    """A message's life: a sequence of events that reads as text, one line an event."""

    events: tuple[Event, ...]

    def __getitem__(self, index: Any) -> Any:
        """One event, or a shorter trace for a slice."""
        return Trace(self.events[index]) if isinstance(index, slice) else self.events[index]

    def __len__(self) -> int:
        return len(self.events)

    @property
    def kinds(self) -> list[str]:
        """The kinds of the events, in order: what happened, in words."""
        return [event.kind for event in self.events]

    def table(self) -> Table:
        return Table.of_events(self.events)

    def __str__(self) -> str:
        return "\n".join(aligned([(instant(e.at), e.kind, e.name, note(e)) for e in self.events]))

    __repr__ = __str__


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows as lines of text whose columns line up."""
    if not rows:
        return []
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return ["   ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
