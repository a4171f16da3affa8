"""Where everything of a timeline is: the time axis, the room beside it, each sign of a row, and what can be seen.

Pictures that are to be compared have one layout in common: the same instant is at the same place in all of them, and a
second is as wide in one as in another. The common axis is folded only where every run is still going on: what lies
between the end of the shortest and that of the longest is the difference that a reader looks for. Positions are in
points, from the left of the axis.

A sign that would cover the one before it is moved to its right, so that both are seen, but never so far that it tells
a wrong time: in a crowd "visible again" is left out first (the next hidden time begins there anyway), and what still
finds no room overlaps.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from waterline.journal import Event
from waterline.views import style
from waterline.views.axis import Axis, axis
from waterline.views.finding import fate
from waterline.views.lives import Life, Span

WIDTH = 700.0
"""The width of a picture."""

PER_LEGEND_ROW = 4

_CHARACTER = 5.3
_END = 14.0  # room behind the last instant, for signs that are moved aside
_APART = 2.0
_FURTHEST = 14.0
_SEEN = 4.0  # a narrower bar is behind its signs


@dataclass(frozen=True)
class Layout:
    """The room of a picture: `left` of the axis for the names, `right` of it for the fates, both in points."""

    axis: Axis
    left: float
    right: float
    legend_rows: int = 0

    @property
    def width(self) -> float:
        """The width of the rows."""
        return WIDTH - self.left - self.right

    @property
    def reach(self) -> float:
        """The width of the axis: the rows are a little wider."""
        return self.width - _END

    def place(self, instant: int) -> float:
        """Where an instant (microseconds) is drawn."""
        return self.axis.position(instant) * self.reach

    def signs(self, life: Life) -> list[tuple[Event, float]]:
        """The signs of a row and where they are drawn, in order."""
        without = [event for event in life.marks if event.kind != "visible"]
        for events in (life.marks, without):
            spots = self._side_by_side(events)
            if all(spot - self.place(event.at) <= _FURTHEST for event, spot in spots):
                return spots
        return [(event, min(spot, self.place(event.at) + _FURTHEST)) for event, spot in spots]

    def _side_by_side(self, events: Iterable[Event]) -> list[tuple[Event, float]]:
        spots: list[tuple[Event, float]] = []
        for event in events:
            spot = self.place(event.at)
            if spots:
                before, taken = spots[-1]
                apart = (style.SIGNS[before.kind].extent + style.SIGNS[event.kind].extent) / 2 + _APART
                spot = max(spot, taken + apart)
            spots.append((event, spot))
        return spots

    def legend(self, shown: Sequence[Life]) -> tuple[list[str], list[str]]:
        """The kinds of bar and the kinds of sign that are seen in a picture of these lives, in the legend's order."""
        bars = {style.bar(span) for life in shown for span in life.spans if self._seen(span)}
        signs = {event.kind for life in shown for event, _ in self.signs(life)}
        return [kind for kind in style.BARS if kind in bars], [kind for kind in style.SIGNS if kind in signs]

    def _seen(self, span: Span) -> bool:
        return self.place(span.end) - self.place(span.start) >= _SEEN


def layout(pictures: Sequence[tuple[Sequence[Life], int]]) -> Layout:
    """The layout that these pictures have in common; of each its lives, and the last instant of its run."""
    rows = [life for shown, _ in pictures for life in shown]
    runs = [sorted(_instants(shown, end)) or [0] for shown, end in pictures] or [[0]]
    unlike = (min(run[-1] for run in runs), max(run[-1] for run in runs))
    busy = [unlike, *((attempt.start, attempt.end) for life in rows for attempt in life.attempts)]
    room = Layout(
        axis([at for run in runs for at in run], busy),
        left=14 + _CHARACTER * max((len(life.label) for life in rows), default=4),
        right=16 + _CHARACTER * max((len(fate(life)) for life in rows), default=4),
    )
    entries = max((sum(map(len, room.legend(shown))) for shown, _ in pictures), default=0)
    return Layout(room.axis, room.left, room.right, -(-entries // PER_LEGEND_ROW))


def _instants(shown: Sequence[Life], end: int) -> Iterable[int]:
    for life in shown:
        yield from (event.at for event in life.events)
        for stretch in life.spans:
            yield from (stretch.start, stretch.end)
    if any(life.open for life in shown):
        yield end
