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
alone, and a frame that was seen before is shown at once. All timelines of one explorer are drawn on one time axis, that
of the longest run so far, so that what looks longer is longer; when a run needs another, those before are drawn again.
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

from waterline.views.axis import Axis
from waterline.views.figure import Picture
from waterline.views.timeline import Timeline, alike, timeline
from waterline.views.words import span

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
    note = traitlets.Unicode().tag(sync=True)
    """What the frames have in common, in one sentence."""

    def __init__(
        self, scenario: Scenario, control: Control, open_cloud: OpenCloud, draw: Callable[[Any], Picture], ahead: bool
    ) -> None:
        self.control = control
        self._scenario = scenario
        self._open_cloud = open_cloud
        self._draw = draw
        self._ahead = ahead
        self._pictures: dict[int, Picture] = {}
        self._errors: dict[int, str] = {}
        start = 0 if control.start is None else list(control.values).index(control.start)
        for number in range(len(control.values)) if ahead else (start,):
            self._run(number)
        super().__init__(
            name=control.name,
            readings=[control.reading(number) for number in range(len(control.values))],
            look_for=control.look_for,
            choice=start,
            frames=self._drawn(),
            note=self._in_common(),
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
        rows = self._pictures[self.choice].text.splitlines()[1:] if self.choice in self._pictures else []
        return "\n".join([*lines, *rows])

    def __repr__(self) -> str:
        return self.text

    def _line(self, frame: dict[str, str]) -> str:
        said = frame.get("finding") or f"the run stopped. {frame['error']}"
        return f"With {self.name} = {self.readings[self.choice]}: {said}"

    def _chosen(self, _change: object) -> None:
        if "html" in self.frames.get(str(self.choice), ()):
            self.note = self._in_common()
            return
        self.running = True
        try:
            before = self._axis()
            self._run(self.choice)
            self.frames = self._drawn()
            self.note = self._in_common(another=self._axis() != before)
        finally:
            self.running = False

    def _run(self, number: int) -> None:
        """Run the scenario with one value. Whatever goes wrong becomes a sentence: a widget has no cell."""
        self._errors.pop(number, None)
        try:
            with self._open_cloud() as cloud:
                self._scenario(cloud, self.control.values[number])
                self._pictures[number] = self._draw(cloud.journal)
        except Exception as error:
            self._errors[number] = sentence(error)

    def _drawn(self) -> dict[str, dict[str, str]]:
        """All frames so far, the timelines among them in one layout."""
        timelines = self._timelines()
        for number, picture in zip(timelines, alike(list(timelines.values())), strict=True):
            if picture.layout != timelines[number].layout:  # where it is the same, the drawing is there already
                self._pictures[number] = picture
        return {str(number): self._frame(number) for number in sorted({*self._pictures, *self._errors})}

    def _frame(self, number: int) -> dict[str, str]:
        if number in self._errors:
            return {"error": self._errors[number]}
        picture = self._pictures[number]
        try:
            return {"html": picture._repr_html_(), "finding": picture.caption}
        except Exception as error:
            return {"error": sentence(error)}

    def _timelines(self) -> dict[int, Timeline]:
        return {number: picture for number, picture in self._pictures.items() if isinstance(picture, Timeline)}

    def _axis(self) -> Axis | None:
        """The time axis of the timelines, if there are any."""
        return next((picture.layout.axis for picture in self._timelines().values()), None)

    def _in_common(self, another: bool = False) -> str:
        common = self._axis()
        if common is None or len(self._timelines()) < 2:
            return ""
        reach = span(common.stretches[-1].end)
        if another:
            return f"The time axis is another one now: it fits all runs so far, and the longest takes {reach}."
        return f"All pictures{'' if self._ahead else ' so far'} have one time axis, that of the longest run ({reach})."

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
    draw: makes the picture from the journal of a run; without it, the timeline. Only timelines get one axis in common.
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


def sentence(error: Exception) -> str:
    said = " ".join(str(error).split()) or "no reason was given"
    return f"{type(error).__name__}: {said}" + ("" if said.endswith((".", "!", "?")) else ".")
