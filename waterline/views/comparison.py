"""The comparison of services on six axes, with a year control that shows what changed.

The table of the talks: how each service scales, keeps, is consumed, retries and is paid, and what was known of it in
2018, in 2021 and today. A change is marked in words; a cell is a button that shows where its content comes from.
`table()` is the same as a plain table.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from waterline.trace import Table
from waterline.views.cells import LAYOUT, TIMES, Cell, cells_at

_HERE = Path(__file__).parent


class Comparison(anywidget.AnyWidget):  # type: ignore[misc]
    """The widget: a choice of the year, the table, and the sources of the chosen cell."""

    _esm = _HERE / "comparison.js"
    _css = _HERE / "comparison.css"

    times = traitlets.List(traitlets.Unicode(), list(TIMES)).tag(sync=True)
    time = traitlets.Enum(TIMES, "today").tag(sync=True)
    axes = traitlets.List(traitlets.Unicode()).tag(sync=True)
    services = traitlets.List(traitlets.Unicode()).tag(sync=True)
    cells = traitlets.Dict().tag(sync=True)
    """By time: rows of cells, each a dict of what it shows (`said`) and where that comes from (`origins`)."""

    def __init__(self, time: str) -> None:
        self._cells = {one: cells_at(one) for one in TIMES}
        super().__init__(
            time=time,
            axes=[axis["name"] for axis in LAYOUT["axis"]],
            services=[service["name"] for service in LAYOUT["service"]],
            cells={
                one: [
                    [_shown(self._cells[one][service["id"], axis["id"]], _before(one)) for axis in LAYOUT["axis"]]
                    for service in LAYOUT["service"]
                ]
                for one in TIMES
            },
        )

    def cell(self, service: str, axis: str) -> Cell:
        """One cell at the chosen time, by its ids in `comparison.toml`: ``cell("sqs-fifo", "scale")``."""
        return self._cells[self.time][service, axis]

    @property
    def caption(self) -> str:
        """What this table finds."""
        changed = sum(bool(entry.was) for cell in self._cells[self.time].values() for entry in cell.entries)
        known = sum(len(cell.entries) for cell in self._cells[self.time].values())
        when = "today" if self.time == "today" else f"in {self.time}"
        if self.time == TIMES[0]:
            return f"What was known {when}: {known} facts."
        return f"What is known {when}: {known} facts; {changed} of them changed since {_before(self.time)}."

    def table(self) -> Table:
        """The chosen time as a plain table: a row for each service, a column for each axis."""
        rows = tuple(
            (
                service["name"],
                *("; ".join(self.cell(service["id"], axis["id"]).lines(_before(self.time))) for axis in LAYOUT["axis"]),
            )
            for service in LAYOUT["service"]
        )
        return Table(("service", *self.axes), rows, self.caption)

    @property
    def text(self) -> str:
        """The text alternative: caption and cells, one line for each."""
        lines = [self.caption]
        for service, *columns in self.table().rows:
            lines.append(service)
            lines += [f"  {axis}: {column}" for axis, column in zip(self.axes, columns, strict=True)]
        return "\n".join(lines)

    def __repr__(self) -> str:
        return self.text

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        # Where widgets are not shown (a notebook not trusted yet, the web book) the plain table still is.
        bundle = super()._repr_mimebundle_(**kwargs)
        if isinstance(bundle, tuple):
            bundle[0]["text/plain"] = self.text
            bundle[0]["text/html"] = self.table()._repr_html_()
        return bundle


def comparison(time: int | str = "today") -> Comparison:
    """The comparison of services, first as it was at one of 2018, 2021 and today. Make it the last line of a cell.

    Raises ValueError, in one sentence, for another time.
    """
    if str(time) not in TIMES:
        raise ValueError(f"The comparison is kept for {', '.join(TIMES)}, not for {time!r}; facts.at() knows others.")
    return Comparison(str(time))


def _before(time: str) -> str:
    return TIMES[max(TIMES.index(time) - 1, 0)]


def _shown(cell: Cell, before: str) -> Mapping[str, Any]:
    return {
        "said": cell.lines(before),
        "changed": cell.changed,
        "origins": [[entry.text, entry.origin] for entry in cell.entries]
        + [[saying.text, saying.origin] for saying in cell.sayings],
    }
