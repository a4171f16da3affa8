"""How a timeline is drawn: rows, bars, signs, folds and legend, by matplotlib in the house style.

All positions are in points, from the left of the first stretch of the axis; a row is one unit high.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from waterline.views import style
from waterline.views.axis import Axis
from waterline.views.finding import fate
from waterline.views.lives import Life
from waterline.views.words import span

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH = 700.0
"""The width of the picture, in points."""

_CHARACTER = 5.3
_END = 14.0  # room behind the last instant, for signs that are moved aside
_TOP, _BOTTOM = 8.0, 34.0
_LEGEND_ROW = 16.0


def timeline_svg(shown: Sequence[Life], scale: Axis, title: str) -> str:
    """The picture of these lives on this axis, as SVG."""
    rows = len(shown)
    row = 21.0 if rows <= 24 else 17.0 if rows <= 40 else 14.0
    names = [life.label for life in shown]
    fates = [fate(life) for life in shown]
    left = 14 + _CHARACTER * max(map(len, names), default=4)
    right = 16 + _CHARACTER * max(map(len, fates), default=4)
    width = WIDTH - left - right
    with style.house_style():
        entries = _legend_entries(shown)
        legend_rows = -(-len(entries) // 4)
        head = _TOP + _LEGEND_ROW * legend_rows + (18 if title else 0) + (16 if scale.folds else 4)
        body = row * max(rows, 1)
        height = head + body + _BOTTOM
        drawn = style.figure(WIDTH, height)
        axes = drawn.add_axes((left / WIDTH, _BOTTOM / height, width / WIDTH, body / height))
        axes.set_xlim(0, width)
        axes.set_ylim(rows - 0.5 if rows else 0.5, -0.5)
        _frame(axes, shown, scale, width - _END)
        for number, life in enumerate(shown):
            _spans(axes, scale, life, number, width - _END)
            _marks(axes, scale, life, number, width - _END)
            axes.text(width + 8, number, fates[number], va="center", ha="left", weight=_weight(life))
        if title:
            drawn.text(8 / WIDTH, 1 - 14 / height, title, weight="bold", size=10.5, va="center")
        if entries:
            drawn.legend(
                handles=entries,
                loc="upper left",
                bbox_to_anchor=(0, 1 - (22 if title else 4) / height),
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


def _frame(axes: Axes, shown: Sequence[Life], scale: Axis, width: float) -> None:
    """Time axis, row names, alternating rows and folds."""
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    ticks = scale.ticks(width)
    axes.set_xticks([position * width for position, _ in ticks], [label for _, label in ticks], fontsize=8.5)
    axes.set_yticks(range(len(shown)), [life.label for life in shown])
    axes.tick_params(axis="y", length=0, pad=8)
    axes.tick_params(axis="x", length=3, color=style.GREY)
    folded = "; hatched: quiet time, folded" if scale.folds else ""
    axes.set_xlabel(f"virtual time since the start{folded}", fontsize=8.5, labelpad=3)
    for number in range(0, len(shown), 2):
        axes.axhspan(number - 0.5, number + 0.5, facecolor="#f6f6f6", edgecolor="none", zorder=0)
    bottom, top = axes.get_ylim()
    for fold in scale.folds:
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
