"""A picture in a notebook: an image with a text alternative, a caption that states the finding, and a table twin.

The image is an ``<img>`` with its SVG inside, not an inline ``<svg>``: JupyterLab drops inline SVG, roles and ARIA
labels from notebooks that it does not trust yet, and it keeps this. Caption and table are plain HTML in the colors of
the theme.
"""

from __future__ import annotations

import base64
import html
from typing import Protocol

from waterline.trace import Table
from waterline.views.words import unbroken


class Picture(Protocol):
    """What every static view of a run can do."""

    @property
    def caption(self) -> str:
        """One or two sentences: the finding."""

    @property
    def text(self) -> str:
        """The text alternative: all that the picture says, in lines of text."""

    def table(self) -> Table:
        """The table twin."""

    def _repr_html_(self) -> str: ...


def figure_html(svg: str, alt: str, caption: str, table: Table, width: int) -> str:
    """The picture as an HTML ``<figure>``; `width` is the image's natural width in CSS pixels."""
    image = base64.b64encode(svg.encode()).decode()
    return (
        f'<figure role="group" class="waterline-figure" style="margin: 0 0 1em 0; max-width: {width}px">'
        f'<img alt="{html.escape(alt)}" src="data:image/svg+xml;base64,{image}" width="{width}"'
        ' style="max-width: 100%; height: auto; background-color: #ffffff; border-radius: 4px">'
        f'<figcaption style="margin: 0.4em 0">{html.escape(unbroken(caption))}</figcaption>'
        "<details><summary>The same as a table</summary>"
        f'<div style="overflow-x: auto" role="region" aria-label="Table: {html.escape(table.title)}" tabindex="0">'
        f"{table._repr_html_()}</div></details></figure>"
    )
