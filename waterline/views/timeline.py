"""The timeline: one row per message, its attempts as bars, its hops as signs, on virtual time.

How to read it: a thin line is a message that waits; a tall pale bar is the time for which a received message is hidden
from other consumers; a solid bar in it is a function at work. Quiet stretches of time are folded (see ``axis``) and
shown as folds. Where several signs fall on one spot, they are drawn side by side.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from waterline.trace import Table, aligned, instant, note
from waterline.views import style
from waterline.views.axis import Axis, axis
from waterline.views.figure import figure_html
from waterline.views.finding import fate, sentence
from waterline.views.lives import Life, Source, lives, reach
from waterline.views.words import count, span

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_ROWS = 60

_WIDTH = 700.0
_CHARACTER = 5.3
_END = 14.0  # room behind the last instant, for signs that are moved aside
_TOP, _BOTTOM = 8.0, 34.0
_LEGEND_ROW = 16.0


@dataclass(frozen=True)
class Timeline:
    """A picture of a run. In a notebook it is shown as a figure; as text it is its text alternative.

    shown: the lives that are drawn, one per row. everything: those that the finding was counted from.
    """

    shown: tuple[Life, ...]
    everything: tuple[Life, ...]
    end: int
    title: str
    noun: str
    said: str | None = None

    @property
    def caption(self) -> str:
        """The finding, in words, counted from the journal; and what is not drawn, if anything is not."""
        found = self.said if self.said is not None else sentence(self.everything, self.end, self.noun)
        if len(self.shown) < len(self.everything):
            found += (
                f" Drawn are {len(self.shown)} of the {count(len(self.everything), self.noun)}: "
                "first those that died or were tried again, then the earliest."
            )
        return found

    @property
    def text(self) -> str:
        """The text alternative: title, caption, and one line for each row of the picture."""
        lines = aligned([(life.label, f"sent {instant(life.start)}", fate(life)) for life in self.shown])
        return "\n".join([f"{self.title}. {self.caption}" if self.title else self.caption, *lines])

    @property
    def alt(self) -> str:
        """What a screen reader says in place of the image."""
        what = f"Timeline: {self.title}." if self.title else "Timeline."
        rows = f"One row for each of {count(len(self.shown), self.noun)}" if self.shown else "Without rows"
        return f"{what} {self.caption} {rows}, from left to right in virtual time; the table below says the same."

    def table(self) -> Table:
        """The table twin: a row per row of the picture, with every event of it."""
        rows = tuple(
            (
                life.label,
                instant(life.start),
                str(life.tries),
                str(life.failures),
                fate(life),
                "; ".join(_hop(life, number) for number in range(len(life.events))),
            )
            for life in self.shown
        )
        columns = (self.noun, "sent", "tries", "failed", "fate", "what happened")
        return Table(columns, rows, self.title or "Timeline")

    @cached_property
    def axis(self) -> Axis:
        """The time axis of the picture."""
        at_work = [(attempt.start, attempt.end) for life in self.shown for attempt in life.attempts]
        return axis(_instants(self.shown, self.end), at_work)

    @cached_property
    def svg(self) -> str:
        """The image, the same to the byte in every process."""
        return _drawn(self)

    def _repr_html_(self) -> str:
        return figure_html(self.svg, self.alt, self.caption, self.table(), width=round(_WIDTH / 72 * 96))

    def __repr__(self) -> str:
        return self.text


def timeline(
    journal: Source,
    *,
    messages: Iterable[str] | None = None,
    title: str | None = None,
    caption: str | None = None,
    noun: str = "message",
) -> Timeline:
    """The picture of a run.

    Parameters
    ----------
    journal: a journal, a trace, or a list of events.
    messages: the identifiers to draw; without it, all. The finding is then about these alone.
    title: what the run is called.
    caption: the finding in the author's words, in place of the one counted from the journal.
    noun: what one message is called in the finding, in the singular: ``ticket``.

    Raises LookupError, in one sentence, for an identifier that the journal does not know.
    """
    everything = lives(journal)
    if messages is not None:
        known = {life.message: life for life in everything}
        wanted = list(dict.fromkeys(messages))
        unknown = [message for message in wanted if message not in known]
        if unknown:
            raise LookupError(
                f"The journal holds no message {unknown[0]!r}: it is the MessageId that send_message returned; "
                "cloud.journal.messages lists those there are."
            )
        everything = [known[message] for message in wanted]
    shown = everything
    if len(everything) > MOST_ROWS:
        interesting = sorted(range(len(everything)), key=lambda number: (_dullness(everything[number]), number))
        shown = [everything[number] for number in sorted(interesting[:MOST_ROWS])]
    return Timeline(tuple(shown), tuple(everything), reach(journal), title or "", noun, caption)


def _dullness(life: Life) -> int:
    if life.fate not in ("done", "waiting", "delayed", "hidden", "at work"):
        return 0
    if life.successes > 1:
        return 1
    if life.tries > 1 or life.failures:
        return 2
    return 3 if life.open else 4


def _hop(life: Life, number: int) -> str:
    event = life.events[number]
    remark = note(event)
    return f"{instant(event.at)} {event.kind} {event.name}" + (f" ({remark})" if remark else "")


def _instants(shown: Sequence[Life], end: int) -> Iterable[int]:
    for life in shown:
        yield from (event.at for event in life.events)
        for stretch in life.spans:
            yield from (stretch.start, stretch.end)
    if any(life.open for life in shown):
        yield end


# -- drawing -----------------------------------------------------------------------------------------------------------


def _drawn(picture: Timeline) -> str:
    rows = len(picture.shown)
    row = 21.0 if rows <= 24 else 17.0 if rows <= 40 else 14.0
    names = [life.label for life in picture.shown]
    fates = [fate(life) for life in picture.shown]
    left = 14 + _CHARACTER * max(map(len, names), default=4)
    right = 16 + _CHARACTER * max(map(len, fates), default=4)
    width = _WIDTH - left - right
    with style.house_style():
        entries = _legend_entries(picture.shown)
        legend_rows = -(-len(entries) // 4)
        head = _TOP + _LEGEND_ROW * legend_rows + (18 if picture.title else 0) + (16 if picture.axis.folds else 4)
        body = row * max(rows, 1)
        height = head + body + _BOTTOM
        drawn = style.figure(_WIDTH, height)
        axes = drawn.add_axes((left / _WIDTH, _BOTTOM / height, width / _WIDTH, body / height))
        axes.set_xlim(0, width)
        axes.set_ylim(rows - 0.5 if rows else 0.5, -0.5)
        _frame(axes, picture, width - _END)
        for number, life in enumerate(picture.shown):
            _spans(axes, picture.axis, life, number, width - _END)
            _marks(axes, picture.axis, life, number, width - _END)
            axes.text(width + 8, number, fates[number], va="center", ha="left", weight=_weight(life))
        if picture.title:
            drawn.text(8 / _WIDTH, 1 - 14 / height, picture.title, weight="bold", size=10.5, va="center")
        if entries:
            drawn.legend(
                handles=entries,
                loc="upper left",
                bbox_to_anchor=(0, 1 - (22 if picture.title else 4) / height),
                ncols=4,
                fontsize=8.5,
                handlelength=2.2,
                columnspacing=1.6,
                labelspacing=0.35,
                borderaxespad=0.4,
            )
        return style.svg(drawn)


def _weight(life: Life) -> str:
    return "bold" if life.fate not in ("done",) or life.successes > 1 else "normal"


def _frame(axes: Axes, picture: Timeline, width: float) -> None:
    """Time axis, row names, alternating rows and folds."""
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    ticks = picture.axis.ticks(width)
    axes.set_xticks([position * width for position, _ in ticks], [label for _, label in ticks], fontsize=8.5)
    axes.set_yticks(range(len(picture.shown)), [life.label for life in picture.shown])
    axes.tick_params(axis="y", length=0, pad=8)
    axes.tick_params(axis="x", length=3, color=style.GREY)
    folded = "; hatched: quiet time, folded" if picture.axis.folds else ""
    axes.set_xlabel(f"virtual time since the start{folded}", fontsize=8.5, labelpad=3)
    for number in range(0, len(picture.shown), 2):
        axes.axhspan(number - 0.5, number + 0.5, facecolor="#f6f6f6", edgecolor="none", zorder=0)
    bottom, top = axes.get_ylim()
    for fold in picture.axis.folds:
        inset = 5.0
        start, end = fold.left * width + inset, fold.right * width - inset
        axes.fill_betweenx(
            (top, bottom),
            start,
            end,
            facecolor=style.PAPER,
            edgecolor=style.FAINT,
            hatch="///",
            linewidth=0,
            zorder=0.5,
        )
        for edge in (start, end):
            axes.plot((edge, edge), (top, bottom), color=style.GREY, linewidth=0.7, linestyle=(0, (2, 2)), zorder=0.6)
        axes.annotate(
            span(fold.end - fold.start),
            ((start + end) / 2, top),
            xytext=(0, 3),
            textcoords="offset points",
            ha="center",
            va="bottom",
            fontsize=7.5,
            color=style.INK,
            annotation_clip=False,
        )


def _spans(axes: Axes, scale: Axis, life: Life, number: int, width: float) -> None:
    lanes = 1 + max((attempt.lane for attempt in life.attempts), default=0)
    for stretch in life.spans:
        left, right = scale.position(stretch.start) * width, scale.position(stretch.end) * width
        if stretch.kind == "waiting":
            axes.plot((left, right), (number, number), color=style.GREY, linewidth=1.1, zorder=2, solid_capstyle="butt")
            continue
        look = style.BARS[stretch.outcome if stretch.kind == "attempt" else stretch.kind]
        height, middle = look.height, float(number)
        if stretch.kind == "attempt" and lanes > 1:
            height = 0.66 / lanes
            middle = number - 0.33 + (stretch.lane + 0.5) * height
        axes.barh(
            middle,
            max(right - left, 1.5),
            left=left,
            height=height,
            facecolor=look.face,
            edgecolor=look.edge,
            linewidth=0.8,
            hatch=look.hatch,
            zorder=4 if stretch.kind == "attempt" else 3,
            clip_on=False,
        )


def _marks(axes: Axes, scale: Axis, life: Life, number: int, width: float) -> None:
    """The signs of a row. A sign that would cover the one before is moved to its right."""
    before = float("-inf")
    for event in life.marks:
        sign = style.SIGNS[event.kind]
        where = max(scale.position(event.at) * width, before + sign.size * 0.62)
        axes.plot((where,), (number,), zorder=6, clip_on=False, **_marker(sign))
        before = where + sign.size * 0.62


def _marker(sign: style.Sign) -> dict[str, Any]:
    return {
        "linestyle": "none",
        "marker": sign.marker,
        "markersize": sign.size,
        "markerfacecolor": sign.face,
        "markeredgecolor": sign.edge,
        "markeredgewidth": 1.8 if sign.marker == "x" else 0.9,
    }


def _legend_entries(shown: Sequence[Life]) -> list[Any]:
    """What occurs in this picture, and nothing else."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    drawn_spans = {s.outcome if s.kind == "attempt" else s.kind for life in shown for s in life.spans}
    drawn_marks = {event.kind for life in shown for event in life.marks}
    entries: list[Any] = []
    for kind, look in style.BARS.items():
        if kind == "waiting" and kind in drawn_spans:
            entries.append(Line2D([], [], color=look.face, linewidth=1.1, label=look.words))
        elif kind in drawn_spans:
            entries.append(
                Patch(facecolor=look.face, edgecolor=look.edge, hatch=look.hatch, linewidth=0.8, label=look.words)
            )
    entries += [
        Line2D([], [], label=sign.words, **_marker(sign)) for kind, sign in style.SIGNS.items() if kind in drawn_marks
    ]
    return entries
