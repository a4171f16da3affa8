"""One control that runs the lesson's scenario again: the learner turns it, and the picture of that run is drawn.

Words
-----
scenario
    a function ``(cloud, value)`` in the notebook that builds, sends and lets time go by.
control
    the one setting that is turned: its name, the values it may have, their unit.
frame
    what is shown for one value: the picture of its run, its finding, or the sentence that says why there is none.

Every run starts in a cloud of its own, beside the learner's, with the same seed; so two frames differ by the control
alone, and a frame that was seen before is shown at once.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import anywidget
import traitlets

from waterline.views.figure import Picture
from waterline.views.timeline import timeline

_HERE = Path(__file__).parent

Scenario: TypeAlias = Callable[[Any, Any], object]
OpenCloud: TypeAlias = Callable[[], AbstractContextManager[Any]]


@dataclass(frozen=True)
class Control:
    """The one setting that a learner turns.

    Parameters
    ----------
    name: what it is called on screen: ``visibility timeout``.
    values: what it may be, in the order of the slider.
    unit: what its values are counted in, in the singular or as a symbol: ``s``.
    start: the value that is shown first; without it, the first.
    look_for: what to watch while turning, in one sentence.
    """

    name: str
    values: Sequence[Any]
    unit: str = ""
    start: Any = None
    look_for: str = ""

    def __post_init__(self) -> None:
        if len(self.values) < 2:
            raise ValueError(f"The control {self.name!r} needs two values or more to be turned.")
        if self.start is not None and self.start not in self.values:
            raise ValueError(f"The control {self.name!r} cannot start at {self.start!r}: that is none of its values.")

    def reading(self, number: int) -> str:
        """A value with its unit, as it stands beside the slider."""
        return f"{self.values[number]} {self.unit}".strip()


class Explorer(anywidget.AnyWidget):  # type: ignore[misc]
    """The widget: a slider, its reading, what to look for, and the frame of the chosen value."""

    _esm = _HERE / "explore.js"
    _css = _HERE / "views.css"

    name = traitlets.Unicode().tag(sync=True)
    readings = traitlets.List(traitlets.Unicode()).tag(sync=True)
    look_for = traitlets.Unicode().tag(sync=True)
    choice = traitlets.Int(0).tag(sync=True)
    running = traitlets.Bool(False).tag(sync=True)
    frames = traitlets.Dict().tag(sync=True)
    """By the number of the value, as text: ``html`` and ``finding``, or ``error``."""

    def __init__(
        self, scenario: Scenario, control: Control, open_cloud: OpenCloud, draw: Callable[[Any], Picture], ahead: bool
    ) -> None:
        self.control = control
        self._scenario = scenario
        self._open_cloud = open_cloud
        self._draw = draw
        self._texts: dict[int, str] = {}
        start = 0 if control.start is None else list(control.values).index(control.start)
        first = {str(number): self._frame(number) for number in (range(len(control.values)) if ahead else (start,))}
        super().__init__(
            name=control.name,
            readings=[control.reading(number) for number in range(len(control.values))],
            look_for=control.look_for,
            choice=start,
            frames=first,
        )
        self.observe(self._chosen, names="choice")

    def turn(self, value: Any) -> Explorer:
        """Turn the control from code, as a hand on the slider would."""
        if value not in self.control.values:
            raise ValueError(f"{value!r} is none of the values of {self.control.name!r}: {list(self.control.values)}.")
        self.choice = list(self.control.values).index(value)
        return self

    @property
    def value(self) -> Any:
        """The value that the control has now."""
        return self.control.values[self.choice]

    @property
    def caption(self) -> str:
        """The finding at the chosen value: ``With visibility timeout = 30 s: ...``"""
        return self._line(self.frames[str(self.choice)])

    @property
    def text(self) -> str:
        """The text alternative of what is shown now."""
        lines = [f"{self.name}: {' / '.join(self.readings)}", self.caption]
        # The picture's own text begins with its caption, which the line above has said.
        return "\n".join([*lines, *self._texts.get(self.choice, "").splitlines()[1:]])

    def __repr__(self) -> str:
        return self.text

    def _line(self, frame: dict[str, str]) -> str:
        said = frame.get("finding") or f"the run stopped. {frame['error']}"
        return f"With {self.name} = {self.readings[self.choice]}: {said}"

    def _chosen(self, _change: object) -> None:
        key = str(self.choice)
        if "html" in self.frames.get(key, ()):
            return
        self.running = True
        try:
            self.frames = {**self.frames, key: self._frame(self.choice)}
        finally:
            self.running = False

    def _frame(self, number: int) -> dict[str, str]:
        """Run the scenario with one value and draw it. Whatever goes wrong becomes a sentence: a widget has no cell."""
        try:
            with self._open_cloud() as cloud:
                self._scenario(cloud, self.control.values[number])
                picture = self._draw(cloud.journal)
                self._texts[number] = picture.text
                return {"html": picture._repr_html_(), "finding": picture.caption}
        except Exception as error:
            return {"error": _sentence(error)}

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        # Where widgets are not shown (a notebook not trusted yet, a page without them) the first picture still is.
        bundle = super()._repr_mimebundle_(**kwargs)
        if isinstance(bundle, tuple):
            frame = self.frames[str(self.choice)]
            bundle[0]["text/plain"] = self.text
            bundle[0]["text/html"] = f"{frame.get('html', '')}<p>{html.escape(self._line(frame))}</p>"
        return bundle


def explore(
    scenario: Scenario,
    control: Control,
    *,
    seed: int = 7,
    title: str | None = None,
    noun: str = "message",
    draw: Callable[[Any], Picture] | None = None,
    ahead: bool = False,
    open_cloud: OpenCloud | None = None,
) -> Explorer:
    """A widget with one control that runs `scenario(cloud, value)` again. Make it the last line of a cell.

    Parameters
    ----------
    scenario: builds, sends, and lets time go by in the cloud it is given; what it returns is not used.
    control: the setting that is turned, and the values that it may have.
    seed: the seed of every run.
    title, noun: as for :func:`waterline.views.timeline`.
    draw: makes the picture from the journal of a run; without it, the timeline.
    ahead: run all values now, so that the control also works where there is no kernel, as in the web book.
    open_cloud: opens the cloud of a run; without it, ``Cloud.aside(seed=seed)``.
    """

    def aside() -> AbstractContextManager[Any]:
        # Here and not above: the cloud brings moto, and a widget of stored frames needs none.
        from waterline.cloud import Cloud

        opened: AbstractContextManager[Any] = Cloud.aside(seed=seed)
        return opened

    def draw_timeline(journal: Any) -> Picture:
        return timeline(journal, title=title, noun=noun)

    return Explorer(scenario, control, open_cloud or aside, draw or draw_timeline, ahead)


def _sentence(error: Exception) -> str:
    said = " ".join(str(error).split()) or "no reason was given"
    return f"{type(error).__name__}: {said}" + ("" if said.endswith((".", "!", "?")) else ".")
