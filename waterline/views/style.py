"""The house style of every static figure: colors, signs, type, and how a figure becomes an SVG.

Colors are Okabe and Ito's, which people with any of the common color blindnesses can tell apart ("Color Universal
Design", 2008). A color is never the only sign: each kind of mark has a shape of its own, and a failed attempt is
hatched.

A figure is drawn on white, whatever theme the notebook has, because an image cannot know the theme around it and a
transparent one is unreadable in half of them; that is also what a printer wants.

matplotlib is imported when the first figure is drawn, not before: it takes longer to import than the whole lab.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from waterline.views.lives import Span

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

BLACK = "#000000"
ORANGE = "#E69F00"
SKY = "#56B4E9"
GREEN = "#009E73"
YELLOW = "#F0E442"
BLUE = "#0072B2"
VERMILION = "#D55E00"
PURPLE = "#CC79A7"
INK = "#1b1b1b"
GREY = "#6b6b6b"
FAINT = "#dcdcdc"
PAPER = "#ffffff"


@dataclass(frozen=True)
class Sign:
    """How a kind of mark looks: matplotlib's marker, its colors, and what the legend calls it."""

    marker: str
    face: str
    edge: str
    words: str
    size: float = 6.0

    @property
    def line(self) -> float:
        """The width of its edge, in points."""
        return 1.8 if self.marker == "x" else 0.9

    @property
    def extent(self) -> float:
        """How wide it is with its edge, in points."""
        return self.size + self.line


SIGNS: Mapping[str, Sign] = MappingProxyType(
    {
        "sent": Sign(">", INK, INK, "sent", 5.0),
        "visible": Sign("o", PAPER, INK, "visible again", 5.0),
        "failed": Sign("x", VERMILION, VERMILION, "failed", 5.5),
        "throttled": Sign("v", YELLOW, INK, "throttled"),
        "duplicated": Sign("*", PURPLE, INK, "duplicated", 9.0),
        "dead-lettered": Sign("X", INK, PAPER, "dead-lettered", 10.0),
        "redriven": Sign("<", SKY, INK, "redriven", 6.5),
        "deleted": Sign("s", GREEN, INK, "deleted", 5.5),
        "expired": Sign("h", PAPER, VERMILION, "expired", 7.5),
        "purged": Sign("P", GREY, INK, "purged", 7.0),
        "dropped": Sign("D", VERMILION, INK, "given up", 6.0),
        "denied": Sign("8", VERMILION, INK, "refused", 7.0),
        "filtered": Sign("d", GREY, INK, "filtered out", 7.0),
        "deduplicated": Sign("p", PURPLE, INK, "dropped as a duplicate", 7.0),
    }
)
"""The sign of each kind of event that is drawn as a mark. No two share a shape."""


@dataclass(frozen=True)
class Bar:
    """How a kind of span looks: height as a share of its row, colors, hatch, and what the legend calls it."""

    height: float
    face: str
    edge: str
    words: str
    hatch: str = ""


BARS: Mapping[str, Bar] = MappingProxyType(
    {
        "waiting": Bar(0.0, GREY, GREY, "waiting"),
        "delayed": Bar(0.3, PAPER, GREY, "delayed", "...."),
        "hidden": Bar(0.72, "#d3e9f8", BLUE, "received: hidden from others"),
        "succeeded": Bar(0.4, GREEN, INK, "attempt that succeeded"),
        "failed": Bar(0.4, "#f6c6a5", VERMILION, "attempt that failed", "////"),
        "": Bar(0.4, PAPER, INK, "attempt not over yet"),
    }
)
"""How spans are drawn: by kind, and an attempt by its outcome."""


def bar(span: Span) -> str:
    """The key in `BARS` of a span's look."""
    return span.outcome if span.kind == "attempt" else span.kind


_RC: Mapping[str, Any] = MappingProxyType(
    {
        "svg.hashsalt": "below-the-waterline",
        "svg.fonttype": "path",
        "svg.id": None,
        "font.family": ["DejaVu Sans"],
        "font.size": 9.0,
        "text.color": INK,
        "text.parse_math": False,
        "axes.unicode_minus": True,
        "axes.edgecolor": GREY,
        "axes.labelcolor": INK,
        "axes.linewidth": 0.8,
        "figure.facecolor": PAPER,
        "savefig.facecolor": PAPER,
        "hatch.linewidth": 0.7,
        "legend.frameon": False,
        "path.simplify": True,
    }
)


@contextmanager
def house_style() -> Iterator[None]:
    """matplotlib's settings of the house for the length of a ``with`` block, whatever the learner has set."""
    import warnings

    import matplotlib.style

    with matplotlib.style.context(dict(_RC), after_reset=True), warnings.catch_warnings():
        # A name in a script that the font does not have is drawn as boxes; the text alternative has it in full.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        yield


def figure(width: float, height: float) -> Figure:
    """An empty figure of so many points, without pyplot and its global state. Use inside :func:`house_style`."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width / 72, height / 72))


def svg(drawn: Figure) -> str:
    """The figure as SVG, the same to the byte in every process. Use inside :func:`house_style`."""
    written = io.StringIO()
    drawn.savefig(written, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    text = re.sub(r"<!--.*?-->", "", written.getvalue(), flags=re.DOTALL)
    return re.sub(r">\s+<", "><", text[text.index("<svg") :].strip())


WIDE = 720
"""The width of a picture of curves, in points."""
_CURVES = (BLUE, VERMILION, GREEN, PURPLE)


def curves_svg(
    curves: NDArray[np.float32], titles: Sequence[str], seconds: float, levels: Sequence[float | None]
) -> str:
    """Four curves over the same `seconds`, each under its title; a dashed line at the level of a formula."""
    with house_style():
        drawn = figure(WIDE, 380)
        panels = drawn.subplots(2, 2, sharex=True, gridspec_kw={"hspace": 0.32, "wspace": 0.18})
        at = (np.arange(curves.shape[1]) + 1) * (seconds / curves.shape[1])
        for panel, values, title, level, color in zip(panels.flat, curves, titles, levels, _CURVES, strict=True):
            panel.fill_between(at, values, color=color, alpha=0.18, linewidth=0)
            panel.plot(at, values, color=color, linewidth=1.2)
            top = max(float(values.max()), 0.0 if level is None else level)
            if level is not None:
                panel.axhline(level, color=INK, linewidth=1, linestyle=(0, (5, 3)))
                panel.annotate(
                    "formula", (seconds, level), xytext=(-2, 3), textcoords="offset points", ha="right", fontsize=8
                )
            panel.set_xlim(0, seconds)
            panel.set_ylim(0, top * 1.12 or 1)
            panel.set_title(title, loc="left", fontsize=9, weight="bold")
            for side in ("top", "right"):
                panel.spines[side].set_visible(False)
            panel.tick_params(labelsize=8, color=GREY)
        for panel in panels[1]:
            panel.set_xlabel("seconds", fontsize=8.5)
        drawn.subplots_adjust(left=0.08, right=0.985, top=0.94, bottom=0.1)
        return svg(drawn)
