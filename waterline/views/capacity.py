"""The capacity dashboard: a scenario of the simulator under at most three controls, as four curves on one time axis.

Words
-----
scenario
    a function of the notebook that takes the controls' values by name and returns a run: ``simulate(...)``.
frame
    what is shown for one choice of the values: four curves, the finding, and what the formulas say.

Every run has the seed that the scenario gives it, so two frames differ by the controls alone. The curves travel to the
page as one block of 32-bit floats and are drawn on a canvas; where there is no kernel, a still picture takes its place.
"""

from __future__ import annotations

import html
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, TypeAlias

import anywidget
import numpy as np
import traitlets

from waterline.simulator import Run
from waterline.trace import Table
from waterline.views.explore import Control, sentence
from waterline.views.figure import figure_html
from waterline.views.style import WIDE, curves_svg
from waterline.views.words import span

_HERE = Path(__file__).parent

Scenario: TypeAlias = Callable[..., Run]
Formulas: TypeAlias = Callable[..., Mapping[str, float]]
Fourth: TypeAlias = Literal["throttles", "cost"]

TITLES: Mapping[str, str] = {
    "concurrency": "running at once",
    "backlog": "messages not done yet",
    "oldest": "age of the oldest, s",
    "throttles": "throttles a second",
    "cost": "USD a minute",
}
_ROWS = 12
_SECOND = 1_000_000


class Dashboard(anywidget.AnyWidget):  # type: ignore[misc]
    """The widget: up to three sliders, the finding, four curves with one cursor, and their table."""

    _esm = _HERE / "capacity.js"
    _css = _HERE / "capacity.css"

    names = traitlets.List(traitlets.Unicode()).tag(sync=True)
    readings = traitlets.List(traitlets.List(traitlets.Unicode())).tag(sync=True)
    look_for = traitlets.List(traitlets.Unicode()).tag(sync=True)
    titles = traitlets.List(traitlets.Unicode()).tag(sync=True)
    choices = traitlets.List(traitlets.Int()).tag(sync=True)
    frame = traitlets.Dict().tag(sync=True)
    """``choices`` it belongs to; ``finding``, ``seconds`` (the time of all curves) and ``formulas`` (a number or None
    for each curve); or ``error``."""
    curves = traitlets.Bytes().tag(sync=True)
    """The four curves one after the other, 32-bit floats."""

    def __init__(self, scenario: Scenario, controls: Sequence[Control], formulas: Formulas | None, fourth: Fourth):
        self.controls = tuple(controls)
        self.kinds = ("concurrency", "backlog", "oldest", fourth)
        self._scenario = scenario
        self._formulas = formulas
        self._values = np.zeros((4, 1), dtype=np.float32)
        self._shown: dict[str, Any] = {"seconds": 0.0, "formulas": [None] * 4}
        start = [0 if one.start is None else list(one.values).index(one.start) for one in controls]
        frame = self._played(start)
        super().__init__(
            names=[one.name for one in controls],
            readings=[[one.reading(number) for number in range(len(one.values))] for one in controls],
            look_for=[one.look_for for one in controls],
            titles=[TITLES[kind] for kind in self.kinds],
            choices=start,
            frame=frame,
            curves=self._values.tobytes(),
        )
        self.observe(self._chosen, names="choices")

    def turn(self, **values: Any) -> Dashboard:
        """Turn controls from code: ``turn(rate=400)``."""
        choices = list(self.choices)
        names = [_keyword(one) for one in self.controls]
        for name, value in values.items():
            if name not in names:
                raise ValueError(f"No control is called {name!r}: there are {', '.join(names)}.")
            control = self.controls[names.index(name)]
            if value not in control.values:
                raise ValueError(f"{value!r} is none of the values of {control.name!r}: {list(control.values)}.")
            choices[names.index(name)] = list(control.values).index(value)
        self.choices = choices
        return self

    @property
    def values(self) -> dict[str, Any]:
        """What the controls say now, by name."""
        return self._chosen_values(self.choices)

    @property
    def caption(self) -> str:
        """The finding at the chosen values."""
        readings = zip(self.names, self.readings, self.choices, strict=True)
        told = ", ".join(f"{name} = {given[choice]}" for name, given, choice in readings)
        if "error" in self.frame:
            return f"With {told} the run stopped. {self.frame['error']}"
        return f"With {told}: {self.frame['finding']}"

    @property
    def text(self) -> str:
        """The text alternative: the finding, and the curves at some instants."""
        return self.caption if "error" in self.frame else f"{self.caption}\n{self.table()}"

    def table(self) -> Table:
        """The table twin: the curves at twelve instants, evenly spread, and what the formulas say."""
        columns = self._values.shape[1]
        rows = []
        for number in range(1, _ROWS + 1):
            column = max(math.ceil(columns * number / _ROWS) - 1, 0)
            at = self._shown["seconds"] * (column + 1) / columns
            rows.append((span(round(at * _SECOND)), *(_number(float(one)) for one in self._values[:, column])))
        said = self._shown["formulas"]
        if any(one is not None for one in said):
            rows.append(("formula", *("" if one is None else _number(one) for one in said)))
        return Table(("time", *self.titles), tuple(rows), "The curves at twelve instants")

    def __repr__(self) -> str:
        return self.text

    # -- runs --------------------------------------------------------------------------------------------------------

    def _chosen(self, _change: object) -> None:
        frame = self._played(self.choices)
        with self.hold_sync():  # curves and frame in one message
            self.curves = self._values.tobytes()
            self.frame = frame

    def _chosen_values(self, choices: Sequence[int]) -> dict[str, Any]:
        return {
            _keyword(control): control.values[choice] for control, choice in zip(self.controls, choices, strict=True)
        }

    def _played(self, choices: Sequence[int]) -> dict[str, Any]:
        """Play the scenario. Whatever goes wrong becomes a sentence: a widget has no cell."""
        values = self._chosen_values(choices)
        try:
            run = self._scenario(**values)
            if not isinstance(run, Run):
                raise TypeError("the scenario of a dashboard returns a run, so it ends with `return simulate(...)`")
            said = dict(self._formulas(**values)) if self._formulas else {}
            if unknown := set(said) - set(self.kinds):
                raise ValueError(f"there is no curve {', '.join(sorted(unknown))}, only {', '.join(self.kinds)}")
            columns = (run.counts.shape[1] - 1) // 2  # from the first arrival to the last
            self._values = np.stack([_curve(run, kind)[:columns] for kind in self.kinds]).astype(np.float32)
        except Exception as error:
            return {"choices": list(choices), "error": sentence(error)}
        formulas = [_finite(said.get(kind)) for kind in self.kinds]
        finding = self._finding(run, said)
        self._shown = {
            "choices": list(choices),
            "finding": finding,
            "seconds": columns * run.bin / _SECOND,
            "formulas": formulas,
        }
        return self._shown

    def _finding(self, run: Run, said: Mapping[str, float]) -> str:
        """One sentence: how many were done and how fast, how many ran at once, what was left at the end."""
        done, all_of_them = run.count("done"), len(run)
        share = "all" if done == all_of_them else f"{done:,} of"
        parts = [f"{share} {all_of_them:,} messages are done"]
        if done:
            parts[0] += f", 99 of 100 within {span(round(run.percentile(99) * _SECOND))}"
        most = f"{int(run.peaks.max()):,} run at once at most"
        middle = float(self._values[0].mean())
        mean = f"{_number(middle)} on average"
        if "concurrency" in said:
            mean += f" (formula: {_number(said['concurrency'])})"
        parts.append(f"{most}, {mean}")
        left = int(self._values[1, -1])
        parts.append(f"{left:,} are not done when the last one arrives" if left > 1 else "no backlog is left")
        if run.throttles:
            parts.append(f"{run.throttles:,} attempts were throttled")
        told = "; ".join(parts)
        return f"{told[0].upper()}{told[1:]}."

    # -- where there is no kernel ------------------------------------------------------------------------------------

    def svg(self) -> str:
        """The curves as a still picture."""
        return curves_svg(self._values, self.titles, self._shown["seconds"], self._shown["formulas"])

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        bundle = super()._repr_mimebundle_(**kwargs)
        if isinstance(bundle, tuple):
            bundle[0]["text/plain"] = self.text
            bundle[0]["text/html"] = (
                f"<p>{html.escape(self.caption)}</p>"
                if "error" in self.frame
                else figure_html(self.svg(), self.caption, self.caption, self.table(), WIDE)
            )
        return bundle


def capacity(
    scenario: Scenario, *controls: Control, formulas: Formulas | None = None, fourth: Fourth = "throttles"
) -> Dashboard:
    """A dashboard over `scenario(**values)`. Make it the last line of a cell.

    Parameters
    ----------
    scenario: takes the values of the controls by name (a space in a control's name is an underscore here) and returns
        ``simulate(...)``. Cut the time into 300 `bins` or fewer: more cannot be told apart on the page.
    controls: one to three.
    formulas: of the same values, by curve, what theory says: ``{"concurrency": formulas.concurrency(rate, 0.2)}``.
    fourth: the fourth curve, ``throttles`` or ``cost``; the others are concurrency, backlog and the oldest's age.
    """
    if not 1 <= len(controls) <= 3:
        raise ValueError(f"A dashboard has one control to three, not {len(controls)}: more cannot be kept in mind.")
    if fourth not in ("throttles", "cost"):
        raise ValueError(f"The fourth curve is throttles or cost, not {fourth!r}.")
    return Dashboard(scenario, controls, formulas, fourth)


def _curve(run: Run, kind: str) -> Any:
    if kind == "concurrency":
        return run.concurrency
    if kind == "backlog":
        return run.backlog
    if kind == "oldest":
        return run.oldest
    return run.throttled / (run.bin / _SECOND) if kind == "throttles" else run.cost_per_minute


def _keyword(control: Control) -> str:
    return control.name.replace(" ", "_").replace("-", "_")


def _finite(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else float(value)


def _number(value: float) -> str:
    """Three digits that count: 0, 0.0123, 4.56, 1,234."""
    if not math.isfinite(value):
        return "without end"
    if value == 0 or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"
