"""The capacity dashboard in a real browser: sliders, curves and cursor, by keyboard, with the kernel's part played."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import BrowserContext, Page, expect

from waterline.simulator import Function, Queue, Run, exponentially, formulas, poisson, simulate
from waterline.views import Control, capacity, style

HERE = Path(style.__file__).parent
TRAITS = ("names", "readings", "look_for", "titles", "choices", "frame")

# A widget manager in a few lines. What it saves is played by the real widget, and comes back as from a kernel.
PAGE = """<!doctype html><html lang="en"><title>capacity</title><style>:root {{ color-scheme: light dark; }}
{css}</style><main><h1>A page</h1><div id="el" style="width: 760px"></div></main><script type="module">
import widget from "{module}";
const state = {state}, listeners = {{}};
const block = (text) => new DataView(Uint8Array.from(atob(text), (one) => one.charCodeAt(0)).buffer);
state.curves = block(state.curves);
window.model = {{
  get: (name) => state[name],
  set: (name, value) => {{ state[name] = value; }},
  save_changes: async () => {{
    const answer = JSON.parse(await window.kernel(JSON.stringify(state.choices)));
    state.curves = block(answer.curves);
    state.frame = answer.frame;
    listeners["change:frame"]();
  }},
  on: (name, listener) => {{ listeners[name] = listener; }},
  off: (name) => {{ delete listeners[name]; }},
}};
widget.render({{ model: window.model, el: document.getElementById("el") }});
window.drawn = true;
</script></html>"""


def orders(rate: float, pollers: int) -> Run:
    if rate == 80:
        raise ValueError("no such rate")
    return simulate(
        poisson(rate, 60), Queue(batch_size=1, pollers=pollers), Function(exponentially(0.2)), seed=3, bins=100
    )


def made() -> Any:
    return capacity(
        orders,
        Control("rate", [20, 40, 80], unit="a second", look_for="When does the backlog begin to grow?"),
        Control("pollers", [5, 10], start=10),
        formulas=lambda rate, pollers: {"concurrency": formulas.concurrency(rate, 0.2)},
    )


@pytest.fixture(scope="module")
def opened(context: BrowserContext) -> Iterator[Page]:
    page = context.new_page()
    asked: list[list[int]] = []
    widget = made()

    def kernel(choices: str) -> str:
        asked.append(json.loads(choices))
        widget.choices = asked[-1]
        return json.dumps({"frame": widget.frame, "curves": base64.b64encode(widget.curves).decode()})

    page.expose_function("kernel", kernel)
    page.asked = asked  # type: ignore[attr-defined]
    page.widget = widget  # type: ignore[attr-defined]
    yield page
    page.close()


@pytest.fixture
def page(opened: Page) -> Iterator[Page]:
    opened.widget.choices = [0, 1]  # type: ignore[attr-defined]
    opened.asked.clear()  # type: ignore[attr-defined]
    module = base64.b64encode((HERE / "capacity.js").read_bytes()).decode()
    state = {name: getattr(opened.widget, name) for name in TRAITS}  # type: ignore[attr-defined]
    state["curves"] = base64.b64encode(opened.widget.curves).decode()  # type: ignore[attr-defined]
    text = PAGE.format(
        css=(HERE / "capacity.css").read_text(encoding="utf-8"),
        module=f"data:text/javascript;base64,{module}",
        state=json.dumps(state),
    )
    faults: list[str] = []
    opened.on("pageerror", lambda error: faults.append(str(error)))
    opened.set_content(text)
    opened.wait_for_function("window.drawn")
    yield opened
    opened.emulate_media(color_scheme="light", reduced_motion="no-preference")
    assert faults == []


def painted(page: Page) -> int:
    """How many pixels of the canvas are not empty, times what they hold."""
    found: int = page.evaluate(
        """() => { const canvas = document.querySelector("canvas");
        const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
        let sum = 0; for (let i = 0; i < data.length; i++) sum = (sum * 31 + data[i]) % 1000003; return sum; }"""
    )
    return found


def test_an_arrow_key_plays_again_and_draws_another_picture(page: Page) -> None:
    first = painted(page)
    page.get_by_role("slider", name="rate").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".waterline-line")).to_contain_text("(formula: 8)")
    assert page.asked == [[1, 1]]  # type: ignore[attr-defined]
    expect(page.get_by_role("slider", name="rate")).to_have_attribute("aria-valuetext", "40 a second")
    assert painted(page) != first


def test_the_cursor_reads_all_four_curves_by_keyboard(page: Page) -> None:
    first = painted(page)
    cursor = page.get_by_role("slider", name="read at")
    cursor.focus()
    page.keyboard.press("End")
    said = cursor.get_attribute("aria-valuetext")
    assert said is not None
    assert [part in said for part in ("running at once: ", "messages not done yet: ", "age", "throttles")] == [True] * 4
    assert painted(page) != first
    page.locator("canvas").hover(position={"x": 100, "y": 80})
    assert cursor.get_attribute("aria-valuetext") != said


def test_the_table_twin_says_what_the_table_of_the_widget_says(page: Page) -> None:
    page.get_by_text("The same as a table").click()
    rows = page.get_by_role("row")
    expect(rows).to_have_count(14)
    expected = page.widget.table().rows[5]  # type: ignore[attr-defined]
    cells = rows.nth(6).get_by_role("cell").all_text_contents()
    assert cells[1:] == list(expected[1:])
    assert rows.last.get_by_role("cell").all_text_contents()[:2] == ["formula", "4"]


def test_a_run_that_stops_is_told_and_the_controls_go_on(page: Page) -> None:
    slider = page.get_by_role("slider", name="rate")
    slider.focus()
    page.keyboard.press("End")
    expect(page.get_by_role("alert")).to_have_text("The run stopped. ValueError: no such rate.")
    page.keyboard.press("Home")
    expect(page.get_by_role("alert")).to_be_empty()
    expect(page.locator(".waterline-line")).to_contain_text("messages are done")


def test_while_the_kernel_plays_only_the_latest_choice_waits(page: Page) -> None:
    page.evaluate(
        """() => { const slider = document.querySelector("input"); for (const value of [1, 0, 1, 0, 1]) {
        slider.value = value; slider.dispatchEvent(new Event("input")); } }"""
    )
    expect(page.locator(".waterline-line")).to_contain_text("(formula: 8)")
    assert len(page.asked) <= 2  # type: ignore[attr-defined]


def test_in_the_dark_it_is_drawn_in_other_colors_and_at_rest_nothing_moves(page: Page) -> None:
    first = painted(page)
    page.emulate_media(color_scheme="dark")
    page.wait_for_timeout(50)
    assert painted(page) != first
    page.emulate_media(reduced_motion="reduce")
    assert page.evaluate('getComputedStyle(document.querySelector("canvas")).transitionDuration') == "0s"


def test_keys_pressed_in_it_do_not_reach_the_notebook(page: Page) -> None:
    page.evaluate("window.heard = []; document.addEventListener('keydown', (event) => window.heard.push(event.key))")
    page.get_by_role("slider", name="pollers").focus()
    page.keyboard.press("ArrowLeft")
    assert page.evaluate("window.heard") == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(page: Page, scheme: Any) -> None:
    page.emulate_media(color_scheme=scheme)
    page.get_by_text("The same as a table").click()
    page.evaluate(AXE_SCRIPT)
    found = page.evaluate(
        """() => axe.run(document, { resultTypes: ["violations"] }).then((results) => results.violations
          .filter((rule) => ["serious", "critical"].includes(rule.impact))
          .flatMap((rule) => rule.nodes.map((node) => [rule.id, node.html])))"""
    )
    assert found == []
