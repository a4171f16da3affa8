"""The comparison of services in a real browser: its year control and its cells, by mouse and by keyboard."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import BrowserContext, Locator, Page, expect

from waterline.views import cells, comparison

# A widget manager in five lines: it keeps the state, and tells the drawing when the kernel has changed it.
PAGE = """<!doctype html><html lang="en"><title>comparison</title><style>{css}</style><main><h1>A page</h1>
<h2>A section</h2><h3>A cell</h3><div id="el"></div></main><script type="module">
import widget from "{module}";
const state = {state}, listeners = {{}};
window.saved = [];
window.model = {{
  get: (name) => state[name],
  set: (name, value) => {{ state[name] = value; listeners[`change:${{name}}`]?.(); }},
  save_changes: () => window.saved.push(state.time),
  on: (name, listener) => {{ listeners[name] = listener; }},
  off: (name) => {{ delete listeners[name]; }},
}};
widget.render({{ model: window.model, el: document.getElementById("el") }});
window.drawn = true;
</script></html>"""


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    made = comparison()
    here = Path(cells.__file__).parent
    module = base64.b64encode((here / "comparison.js").read_bytes()).decode()
    state = {name: getattr(made, name) for name in ("times", "time", "axes", "services", "cells")}
    text = PAGE.format(
        css=(here / "comparison.css").read_text(encoding="utf-8"),
        module=f"data:text/javascript;base64,{module}",
        state=json.dumps(state),
    )
    opened = context.new_page()
    faults: list[str] = []
    opened.on("pageerror", lambda error: faults.append(str(error)))
    opened.set_content(text)
    opened.wait_for_function("window.drawn")
    yield opened
    assert faults == []
    opened.close()


def row(page: Page, service: str) -> Locator:
    return page.get_by_role("row").filter(has=page.get_by_role("rowheader", name=service, exact=True))


def test_the_year_control_shows_that_year_and_marks_what_changed_in_words(page: Page) -> None:
    expect(page.locator("caption")).to_have_text("What is known today, and what changed since 2021 (▲)")
    page.get_by_role("radio", name="in 2021").check()
    expect(page.locator("caption")).to_have_text("What was known in 2021, and what changed since 2018 (▲)")
    retries = row(page, "SNS").get_by_role("cell").nth(4)
    expect(retries.locator("strong")).to_have_text("▲ changed")
    expect(retries).to_contain_text("over 23 days (changed; 2018: over 13 hours)")
    assert page.evaluate("window.saved") == ["2021"]
    page.get_by_role("radio", name="in 2018").check()
    expect(page.locator("strong.waterline-changed")).to_have_count(0)


def test_a_cell_shows_its_sources_on_enter_and_keeps_the_focus(page: Page) -> None:
    button = page.get_by_role("button", name="SQS FIFO, Consumption: sources")
    button.focus()
    page.keyboard.press("Enter")
    origins = page.locator(".waterline-origins")
    expect(origins.get_by_role("heading")).to_have_text("SQS FIFO, Consumption, today")
    expect(origins).to_contain_text("sqs.message_size_max, 2026-11.")
    expect(origins).to_contain_text("It did not hold.")
    expect(page.get_by_role("button", name="SQS FIFO, Consumption: sources", expanded=True)).to_be_focused()
    page.keyboard.press("Enter")
    expect(origins).to_be_empty()


def test_a_click_anywhere_in_a_cell_shows_its_sources_and_they_follow_the_year(page: Page) -> None:
    row(page, "Kinesis Data Streams").get_by_role("cell").nth(2).click()
    origins = page.locator(".waterline-origins")
    expect(origins).to_contain_text("up to 365 days")
    page.evaluate("window.model.set('time', '2018')")  # as the kernel would
    expect(page.get_by_role("radio", name="in 2018")).to_be_checked()
    expect(origins).to_contain_text("up to 7 days")


def test_keys_that_are_pressed_in_it_do_not_reach_the_notebook(page: Page) -> None:
    page.evaluate("window.heard = []; document.addEventListener('keydown', (event) => window.heard.push(event.key))")
    page.get_by_role("radio", name="today").focus()
    page.keyboard.press("ArrowLeft")
    assert page.evaluate("window.heard") == []


def test_axe_finds_nothing_serious(page: Page) -> None:
    page.get_by_role("button", name="SNS, Retries: sources").click()
    page.evaluate(AXE_SCRIPT)
    found = page.evaluate(
        """() => axe.run(document, { resultTypes: ["violations"] }).then((results) => results.violations
          .filter((rule) => ["serious", "critical"].includes(rule.impact))
          .flatMap((rule) => rule.nodes.map((node) => [rule.id, node.html])))"""
    )
    assert found == []
