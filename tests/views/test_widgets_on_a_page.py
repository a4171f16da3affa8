"""The widgets' own JavaScript, on a bare page: what they say, to the eye and to a screen reader, and what they hide."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect, sync_playwright

import waterline.views
from waterline.desk.browser import find_chromium

VIEWS = Path(waterline.views.__file__).parent
MODEL = """(state) => {
  const heard = {};
  const model = {
    state,
    get: (name) => model.state[name],
    set: (name, value) => {
      model.state[name] = value;
      (heard[`change:${name}`] ?? []).forEach((hear) => hear());
    },
    save_changes: () => {},
    on: (event, hear) => (heard[event] ??= []).push(hear),
    off: () => {},
  };
  globalThis.model = model;
  globalThis.widget.render({ model, el: document.querySelector("main") });
}"""
DIED = "Of 5 orders, 4 were done within 2 s; 1 was tried 3 times and died in tickets-dead after {}."


@pytest.fixture(scope="module")
def browser_page() -> Iterator[Page]:
    chromium = find_chromium()
    if not chromium:
        pytest.skip("no Chromium was found on this machine; tests/browser says what to do about it")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        yield browser.new_page()
        browser.close()


def show(page: Page, widget: str, **state: Any) -> Page:
    css = (VIEWS / "views.css").read_text(encoding="utf-8")
    script = (VIEWS / f"{widget}.js").read_text(encoding="utf-8")
    names = "{ render, otherwise }" if widget == "explore" else "{ render }"
    page.set_content(f"<!doctype html><title>A widget</title><style>{css}</style><main></main>")
    page.add_script_tag(type="module", content=f"{script}\nglobalThis.widget = {names};")
    page.wait_for_function("() => globalThis.widget")
    page.evaluate(MODEL, state)
    return page


def explorer(page: Page, **state: Any) -> Page:
    frames = {
        str(n): {"html": f"<p>{n}</p>", "finding": DIED.format(t)} for n, t in enumerate(["30 s", "90 s", "90 s"])
    }
    shown = {
        "name": "visibility timeout",
        "readings": ["10 s", "30 s", "31 s"],
        "look_for": "",
        "choice": 1,
        "running": False,
        "frames": frames,
        "note": "All pictures have one time axis, that of the longest run (90 s).",
    }
    return show(page, "explore", **{**shown, **state})


def predicted(page: Page, answer: str | None = None, revealed: str = "") -> Page:
    state = {"question": "How often? " * 20, "kind": "choice", "choices": ["once", "twice"], "trouble": ""}
    return show(page, "predict", **state, answer=answer, revealed=revealed)


def test_the_sentence_says_the_finding_and_then_only_what_was_different_before(browser_page: Page) -> None:
    page = explorer(browser_page)
    line = page.locator(".waterline-line")
    expect(line).to_have_text(f"With visibility timeout = 30 s: {DIED.format('90 s')}")
    assert "90\u00a0s." in line.inner_text()
    assert "30\u00a0s:" in line.inner_text()
    page.get_by_role("slider").press("ArrowLeft")
    expect(line).to_have_text(f"With visibility timeout = 10 s: {DIED.format('30 s')} (With 30 s: after 90 s.)")
    page.get_by_role("slider").press("End")
    page.get_by_role("slider").press("ArrowLeft")
    expect(line).to_contain_text("after 90 s. (The same as with 31 s.)")
    expect(page.locator(".waterline-note")).to_contain_text("one time axis")


@pytest.mark.parametrize(
    ("earlier", "later", "other"),
    [
        (DIED.format("30 s"), DIED.format("3 min"), "after 30 s"),
        (DIED.format("30 s"), DIED.format("30 s"), ""),
        ("Of 5 orders, 4 were done within 2 s; 1 died.", "Of 5 orders, 3 were done within 4 s; 2 died.",
         "4 were done within 2 s; 1 died"),
        ("All 5 orders were done within 2 s.", "Of 5 orders, 4 were done within 2 s; 1 died.",
         "All 5 orders were done within 2 s"),
        ("The order was tried 3 times and died.", "The order was tried 5 times and died.", "tried 3 times and died"),
    ],
)  # fmt: skip
def test_what_was_different_is_said_from_the_first_other_word_on(
    browser_page: Page, earlier: str, later: str, other: str
) -> None:
    page = explorer(browser_page)
    found = page.evaluate("([earlier, later]) => globalThis.widget.otherwise(earlier, later)", [earlier, later])
    assert found.replace("\u00a0", " ") == other


def test_a_screen_reader_is_told_the_value_once(browser_page: Page) -> None:
    page = explorer(browser_page)
    assert page.locator("output").get_attribute("aria-live") == "off"
    live = page.evaluate(
        """() => [...document.querySelectorAll("output, [role=status], [role=alert], [aria-live]")]
          .filter((one) => one.getAttribute("aria-live") !== "off" && one.textContent.includes("30"))
          .map((one) => one.className)"""
    )
    assert live == ["waterline-line"]


def test_a_picture_that_was_drawn_again_takes_the_place_of_the_old_one(browser_page: Page) -> None:
    page = explorer(browser_page)
    frames = {"1": {"html": "<details><summary>a</summary>b</details>", "finding": "Done."}}
    page.evaluate("(frames) => globalThis.model.set('frames', frames)", frames)
    expect(page.locator(".waterline-picture summary")).to_have_text("a")
    page.locator("summary").click()
    again = json.loads(json.dumps(frames).replace("</details>", " and c</details>"))
    page.evaluate("(frames) => globalThis.model.set('frames', frames)", again)
    expect(page.locator("details")).to_contain_text("b and c")
    assert page.locator("details").get_attribute("open") is not None, "what the reader had opened stays open"


def test_a_long_question_lies_within_its_frame(browser_page: Page) -> None:
    page = predicted(browser_page)
    frame, legend = (page.locator(one).bounding_box() for one in ("fieldset", "legend"))
    first = page.locator(".waterline-choice").first.bounding_box()
    assert frame is not None and legend is not None and first is not None
    assert legend["height"] > 30, "more than one line"
    assert legend["y"] > frame["y"] + 5
    assert first["y"] >= legend["y"] + legend["height"]


def test_the_row_of_buttons_is_gone_once_it_is_revealed(browser_page: Page) -> None:
    buttons = predicted(browser_page, "once").locator(".waterline-buttons")
    expect(buttons.get_by_role("button")).to_have_text("Change")
    buttons = predicted(browser_page, "once", "You said once. It was twice.").locator(".waterline-buttons")
    expect(buttons).to_be_hidden()


@pytest.mark.parametrize("ground", ["#ffffff", "#111111"])
def test_the_answer_that_was_given_stands_out_when_it_can_no_longer_be_changed(browser_page: Page, ground: str) -> None:
    page = predicted(browser_page, "once", "You said once. It was twice.")
    looks = page.get_by_role("radio").evaluate_all(
        "(all) => all.map((one) => [getComputedStyle(one).borderTopColor, getComputedStyle(one).borderTopWidth])"
    )
    chosen, other = looks
    assert chosen[0] != other[0]
    assert int(chosen[1].removesuffix("px")) > int(other[1].removesuffix("px"))
    color = [int(part) for part in chosen[0].removeprefix("rgb(").removesuffix(")").split(",")]
    assert contrast(color, [int(ground[at : at + 2], 16) for at in (1, 3, 5)]) >= 3


def contrast(one: list[int], other: list[int]) -> float:
    """The contrast ratio of WCAG 2.2."""

    def luminance(color: list[int]) -> float:
        parts = [part / 255 for part in color]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)
