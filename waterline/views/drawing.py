"""How a timeline is drawn: rows, bars, signs, folds and legend, by matplotlib in the house style.

Where everything is, `layout` has decided. Positions are in points, from the left of the axis; a row is one unit high.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from waterline.views import style
from waterline.views.finding import fate
from waterline.views.layout import PER_LEGEND_ROW, WIDTH, Layout
from waterline.views.lives import Life
from waterline.views.words import span

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_TOP, _BOTTOM = 8.0, 34.0
_LEGEND_ROW = 16.0


def timeline_svg(shown: Sequence[Life], layout: Layout, title: str) -> str:
    """The picture of these lives in this layout, as SVG."""
    rows = len(shown)
    row = 21.0 if rows <= 24 else 17.0 if rows <= 40 else 14.0
    with style.house_style():
        entries = _legend_entries(*layout.legend(shown))
        head = _TOP + _LEGEND_ROW * layout.legend_rows + (18 if title else 0) + (16 if layout.axis.folds else 4)
        body = row * max(rows, 1)
        height = head + body + _BOTTOM
        drawn = style.figure(WIDTH, height)
        axes = drawn.add_axes((layout.left / WIDTH, _BOTTOM / height, layout.width / WIDTH, body / height))
        axes.set_xlim(0, layout.width)
        axes.set_ylim(rows - 0.5 if rows else 0.5, -0.5)
        _frame(axes, shown, layout)
        for number, life in enumerate(shown):
            _spans(axes, layout, life, number)
            _marks(axes, layout, life, number)
            axes.text(layout.width + 8, number, fate(life), va="center", ha="left", weight=_weight(life))
        if title:
            drawn.text(8 / WIDTH, 1 - 14 / height, title, weight="bold", size=10.5, va="center")
        if entries:
            drawn.legend(
                handles=entries,
                loc="upper left",
                bbox_to_anchor=(0, 1 - (22 if title else 4) / height),
                ncols=PER_LEGEND_ROW,
                fontsize=8.5,
                handlelength=2.2,
                columnspacing=1.6,
                labelspacing=0.35,
                borderaxespad=0.4,
            )
        return style.svg(drawn)


def _weight(life: Life) -> str:
    return "bold" if life.fate not in ("done",) or life.successes > 1 else "normal"


def _frame(axes: Axes, shown: Sequence[Life], layout: Layout) -> None:
    """Time axis, row names, alternating rows and folds."""
    scale, width = layout.axis, layout.reach
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


def _spans(axes: Axes, layout: Layout, life: Life, number: int) -> None:
    lanes = 1 + max((attempt.lane for attempt in life.attempts), default=0)
    for stretch in life.spans:
        left, right = layout.place(stretch.start), layout.place(stretch.end)
        if stretch.kind == "waiting":
            axes.plot((left, right), (number, number), color=style.GREY, linewidth=1.1, zorder=2, solid_capstyle="butt")
            continue
        look = style.BARS[style.bar(stretch)]
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


def _marks(axes: Axes, layout: Layout, life: Life, number: int) -> None:
    for event, where in layout.signs(life):
        axes.plot((where,), (number,), zorder=6, clip_on=False, **_marker(style.SIGNS[event.kind]))


def _marker(sign: style.Sign) -> dict[str, Any]:
    return {
        "linestyle": "none",
        "marker": sign.marker,
        "markersize": sign.size,
        "markerfacecolor": sign.face,
        "markeredgecolor": sign.edge,
        "markeredgewidth": sign.line,
    }


def _legend_entries(bars: Sequence[str], signs: Sequence[str]) -> list[Any]:
    """A handle for each of these kinds of bar and of sign."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    entries: list[Any] = []
    for look in (style.BARS[kind] for kind in bars):
        if not look.height:
            entries.append(Line2D([], [], color=look.face, linewidth=1.1, label=look.words))
        else:
            entries.append(
                Patch(facecolor=look.face, edgecolor=look.edge, hatch=look.hatch, linewidth=0.8, label=look.words)
            )
    marks = (style.SIGNS[kind] for kind in signs)
    return [*entries, *(Line2D([], [], label=sign.words, **_marker(sign)) for sign in marks)]
