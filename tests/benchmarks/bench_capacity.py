"""The capacity dashboard in a browser: from a key press to the new picture.

The page asks over a pipe, as a notebook's page asks its kernel over a socket: Python plays the scenario, the curves
come back, and the canvas is drawn. What is timed begins with the key press and ends when the next frame is on its way
to the screen. The rival is `simulate` alone, so the ratio says what lies around it; `milliseconds()` says what a reader
waits.
"""

from __future__ import annotations

import base64
import json
import os
import statistics
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from measure import Contender, Ratio, Work, race

from waterline.desk.browser import find_chromium
from waterline.simulator import Function, Queue, Run, lognormal, poisson, simulate
from waterline.views import Control, capacity, style

TITLE = "The capacity dashboard (a key press on its slider, to the new picture in the browser)"
FULL, TINY = 1_000_000, 2_000
"""How many messages; a fifth of them as well."""

_HERE = Path(style.__file__).parent
_TRAITS = ("names", "readings", "look_for", "titles", "choices", "frame")
_PRESSES = 10
_PAGE = """<!doctype html><html lang="en"><style>{css}</style><div id="el" style="width: 1000px"></div>
<script type="module">
import widget from "{module}";
const state = {state}, listeners = {{}};
const block = (text) => new DataView(Uint8Array.from(atob(text), (one) => one.charCodeAt(0)).buffer);
state.curves = block(state.curves);
window.waits = [];
document.addEventListener("keydown", () => {{ window.pressed = performance.now(); }}, true);
const model = {{
  get: (name) => state[name],
  set: (name, value) => {{ state[name] = value; }},
  save_changes: async () => {{
    const answer = JSON.parse(await window.kernel(JSON.stringify(state.choices)));
    state.curves = block(answer.curves);
    state.frame = answer.frame;
    listeners["change:frame"]();
    requestAnimationFrame(() => window.waits.push(performance.now() - window.pressed));
  }},
  on: (name, listener) => {{ listeners[name] = listener; }},
  off: () => {{}},
}};
widget.render({{ model, el: document.getElementById("el") }});
</script></html>"""


def scenario(messages: int) -> Any:
    """Fifty pollers, of whom more and more are at work: each value of the control has as many messages."""

    def play(rate: float) -> Run:
        through, function = Queue(batch_size=1, pollers=50, visibility_timeout=30), Function(lognormal(0.1))
        return simulate(poisson(rate, messages / rate), through, function, seed=7, bins=300)

    return play


def rates() -> list[int]:
    return [300 + 15 * number for number in range(_PRESSES + 1)]


@contextmanager
def dashboard(messages: int) -> Iterator[Any]:
    """A page with the dashboard of so many messages."""
    from playwright.sync_api import sync_playwright

    widget = capacity(scenario(messages), Control("rate", rates()))

    def kernel(choices: str) -> str:
        widget.choices = json.loads(choices)
        return json.dumps({"frame": widget.frame, "curves": base64.b64encode(widget.curves).decode()})

    module = base64.b64encode((_HERE / "capacity.js").read_bytes()).decode()
    state = {name: getattr(widget, name) for name in _TRAITS}
    state["curves"] = base64.b64encode(widget.curves).decode()
    text = _PAGE.format(
        css=(_HERE / "capacity.css").read_text(encoding="utf-8"),
        module=f"data:text/javascript;base64,{module}",
        state=json.dumps(state),
    )
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile, sync_playwright() as driver:
        context = driver.chromium.launch_persistent_context(
            profile, executable_path=find_chromium(), args=["--headless", "--no-sandbox", "--disable-gpu"]
        )
        page = context.new_page()
        page.expose_function("kernel", kernel)
        page.set_content(text)
        page.wait_for_selector("canvas")
        page.locator("input").first.focus()
        yield page
        context.close()


def press(page: Any) -> None:
    for number in range(_PRESSES):
        page.keyboard.press("ArrowRight")
        page.wait_for_function(f"window.waits.length > {number}")


@contextmanager
def in_the_browser(messages: int) -> Iterator[Work]:
    with dashboard(messages) as page:
        yield lambda: press(page)


@contextmanager
def runs_alone(messages: int) -> Iterator[Work]:
    play = scenario(messages)
    play(rates()[0])
    yield lambda: [play(rate) for rate in rates()[1:]]


def run(messages: int, rounds: int) -> list[Ratio]:
    if find_chromium() is None:
        none = f"nothing: there is no Chromium here ({messages:,} messages)"
        alone: dict[str, Contender] = {none: lambda: runs_alone(messages)}
        return race(alone, [(none, none), (none, none)], rounds)
    ratios = []
    for count in (messages // 5, messages):
        ours, rival = f"{_PRESSES} key presses, {count:,} messages", f"`simulate` alone, {_PRESSES} times"
        pair: dict[str, Contender] = {
            ours: lambda count=count: in_the_browser(count),  # type: ignore[misc]
            rival: lambda count=count: runs_alone(count),  # type: ignore[misc]
        }
        ratios += race(pair, [(ours, rival)], rounds)
    return ratios


def milliseconds(messages: int) -> list[float]:
    """From each key press to its picture."""
    with dashboard(messages) as page:
        press(page)
        found: list[float] = page.evaluate("window.waits")
        return found


if __name__ == "__main__":  # python tests/benchmarks/bench_capacity.py: what a reader waits, on this machine, now
    for size in (FULL // 5, FULL):
        waits = milliseconds(size)
        load = "unknown"
        with suppress(OSError, AttributeError):
            load = f"{os.getloadavg()[0]:.1f}"
        low, middle, high = min(waits), statistics.median(waits), max(waits)
        sys.stdout.write(f"{size:,} messages: {middle:.0f} ms ({low:.0f} to {high:.0f}), load {load}\n")
