"""Module 00 in a real browser, from the first cell of the lesson to the first correct exercise of its lab."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest
from axe_playwright_python.base import AXE_SCRIPT
from jupyterlab_page import OUTPUT, PATIENCE, SHOWN, Notebook, Record, Server
from playwright.sync_api import BrowserContext, Locator, expect

ROOT = Path(__file__).resolve().parents[2]
NAME = "00-start-here"
Open = Callable[[str], Notebook]


@dataclass(frozen=True)
class Committed:
    """How the prediction looked to the learner before and after committing to an answer."""

    answer: str
    locked_before: bool
    locked_after: bool
    said: str


@pytest.fixture(scope="module")
def lesson(open_notebook: Open) -> Notebook:
    """The lesson, opened and not yet run."""
    return open_notebook(f"notebooks/{NAME}.ipynb")


@pytest.fixture(scope="module")
def committed(lesson: Notebook) -> Committed:
    """The lesson run as far as its prediction, which is answered by keyboard."""
    cell = lesson.find("predict(")
    lesson.select(cell)
    lesson.command("notebook:run-all-above")
    lesson.select(cell)
    lesson.command("notebook:run-cell")
    lesson.settle()
    form = lesson.node(cell).locator("form.waterline-predict")
    form.wait_for()
    form.scroll_into_view_if_needed()
    choices = form.get_by_role("radio")
    before = all_disabled(choices)
    choices.first.focus()
    lesson.page.keyboard.press("Space")
    lesson.page.keyboard.press("ArrowDown")
    lesson.picture("prediction-chosen", form)
    lesson.page.keyboard.press("Enter")
    expect(form.get_by_role("status")).to_contain_text("You said")
    lesson.picture("prediction-committed", form)
    return Committed(
        answer=form.locator("input:checked").get_attribute("value") or "",
        locked_before=before,
        locked_after=all_disabled(choices),
        said=form.get_by_role("status").inner_text(),
    )


@pytest.fixture(scope="module")
def run(lesson: Notebook, committed: Committed) -> Notebook:
    """The whole lesson, run."""
    lesson.command("notebook:run-all-cells")
    lesson.settle()
    return lesson


@pytest.fixture(scope="module")
def lab(open_notebook: Open) -> Notebook:
    """The lab, run as it was handed out."""
    lab = open_notebook(f"labs/{NAME}.ipynb")
    lab.command("notebook:run-all-cells")
    lab.settle()
    return lab


def all_disabled(inputs: Locator) -> bool:
    return inputs.count() > 0 and all(one.is_disabled() for one in inputs.all())


def test_a_prediction_is_made_by_keyboard_and_locked_when_committed(committed: Committed) -> None:
    assert committed.answer
    assert committed.said == f"You said {committed.answer}."
    assert (committed.locked_before, committed.locked_after) == (False, True)


def test_every_cell_of_the_lesson_runs_and_none_fails(run: Notebook) -> None:
    cells = run.cells()
    assert len(cells) > 10
    assert [cell.source for cell in cells if cell.count is None] == []
    assert [cell.errors for cell in cells if cell.errors] == []


def test_what_the_learner_predicted_is_set_beside_what_happened(run: Notebook, committed: Committed) -> None:
    assert f"You said {committed.answer}. It was" in run.find("guess.reveal").text
    form = run.node(run.find("predict(")).locator("form.waterline-predict")
    expect(form.get_by_role("status")).to_contain_text(f"You said {committed.answer}. It was")
    assert all_disabled(form.get_by_role("radio"))
    assert form.get_by_role("button").count() == 0, "what has been revealed can no longer be changed"


def test_the_control_is_turned_by_keyboard_and_the_picture_follows(run: Notebook) -> None:
    widget = run.node(run.find("explore(")).locator(".waterline-explore")
    slider, line, image = widget.get_by_role("slider"), widget.locator(".waterline-line"), widget.locator("img")
    image.wait_for()
    before, reading, drawn = line.inner_text(), slider.get_attribute("aria-valuetext"), image.get_attribute("src")
    looked = image.screenshot()
    assert f"= {reading}:" in before
    slider.focus()
    run.page.keyboard.press("ArrowRight")
    expect(slider).not_to_have_attribute("aria-valuetext", reading or "")
    turned = slider.get_attribute("aria-valuetext")
    expect(line).to_contain_text(f"= {turned}:", timeout=PATIENCE)
    expect(image).not_to_have_attribute("src", drawn or "", timeout=PATIENCE)
    assert image.screenshot() != looked
    run.picture("control-turned", widget)
    run.page.keyboard.press("ArrowLeft")
    expect(image).to_have_attribute("src", drawn or "", timeout=PATIENCE)
    assert f"= {reading}:" in line.inner_text()


def test_an_untouched_lab_says_of_every_exercise_that_it_is_not_attempted(lab: Notebook) -> None:
    cells = lab.cells()
    checks = [cell for cell in cells if re.match(r"check\(", cell.source)]
    assert len(checks) > 1
    assert [cell.text.split(" · ")[0] for cell in checks] == ["○ Not attempted"] * len(checks)
    assert [cell.source for cell in cells if cell.count is None] == []
    assert [cell.errors for cell in cells if cell.errors] == []


def test_a_right_answer_typed_into_the_lab_is_judged_correct_and_counted(lab: Notebook, server: Server) -> None:
    cells = lab.cells()
    first = next(number for number, cell in enumerate(cells) if cell.source.startswith("check("))
    exercise, check = cells[first - 1], cells[first]
    solved = nbformat.read(ROOT / "solutions" / f"{NAME}.ipynb", as_version=4)
    answer = next(cell.source for cell in solved.cells if cell.id == exercise.id)
    assert answer != exercise.source
    lab.node(exercise).locator(".cm-content").focus()
    lab.page.keyboard.press("Control+A")
    lab.page.keyboard.insert_text(answer)
    lab.page.keyboard.press("Shift+Enter")
    lab.page.keyboard.press("Shift+Enter")
    card = lab.node(check).locator(f"{OUTPUT} [role=status]")
    expect(card).to_contain_text("✔ Correct", timeout=PATIENCE)
    lab.settle()
    assert lab.find("check(").text.startswith("✔ Correct")
    lab.picture("lab-correct", lab.node(check))
    lab.select(lab.find("progress()"))
    lab.page.keyboard.press("Control+Enter")
    expect(lab.node(lab.find("progress()")).locator(OUTPUT)).to_contain_text("✔ correct", timeout=PATIENCE)
    assert (server.course.work / "progress.log.jsonl").is_file(), "progress is kept with the learner's copies"


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
@pytest.mark.parametrize("part", ["run", "lab"])
def test_what_we_draw_has_no_serious_fault_of_accessibility(
    request: pytest.FixtureRequest, part: str, theme: str
) -> None:
    notebook: Notebook = request.getfixturevalue(part)
    notebook.command("apputils:change-theme", theme=theme)
    ground = "() => getComputedStyle(document.querySelector('.jp-Notebook')).backgroundColor.match(/\\d+/)[0] > 127"
    notebook.page.wait_for_function(f"(light) => light === ({ground})()", arg="Light" in theme)
    assert serious_faults(notebook) == []
    if "WATERLINE_SCREENSHOTS" in os.environ:
        for number, cell in enumerate(notebook.cells()):
            notebook.picture(f"{part}-{theme.split()[1].lower()}-{number:02d}", notebook.node(cell))


def test_faults_of_accessibility_are_seen_in_the_first_output_and_in_the_last(lab: Notebook) -> None:
    plant = """(output) => {
      const fault = document.createElement("div");
      fault.innerHTML = '<img src="data:,"><p style="color: #ccc; background: #fff">too faint</p>';
      output.append(fault);
      return () => fault.remove();
    }"""
    outputs = lab.page.locator(f"{SHOWN} {OUTPUT}")
    for output in (outputs.first, outputs.last):
        remove = output.evaluate_handle(plant)
        assert {fault for fault, _ in serious_faults(lab)} == {"image-alt", "color-contrast"}
        remove.evaluate("(remove) => remove()")


def serious_faults(notebook: Notebook) -> list[tuple[str, str]]:
    """What axe-core calls serious or critical within the outputs: its rule, and the element."""
    page = notebook.page
    # axe-core looks at colors on the screen only, and takes all for hidden that is in a body without height, as
    # JupyterLab's is. So the window is made as high as the notebook.
    page.add_style_tag(content="body { height: 100vh; } .jp-Cell { content-visibility: visible !important; }")
    before = page.viewport_size
    assert before is not None
    page.set_viewport_size({"width": before["width"], "height": 8_000})
    page.locator(f"{SHOWN} .jp-WindowedPanel-outer").evaluate("(one) => one.scrollTo({ top: 0, behavior: 'instant' })")
    page.wait_for_function(
        """(outputs) => [...document.querySelectorAll(outputs)].map((one) => one.getBoundingClientRect())
          .every((box) => 0 <= box.top && box.bottom <= window.innerHeight)""",
        arg=f"{SHOWN} {OUTPUT}",
    )
    page.evaluate(AXE_SCRIPT)
    found = page.evaluate(
        """(outputs) => axe.run({ include: [[outputs]] }, { resultTypes: ["violations"] }).then((results) =>
          results.violations.filter((rule) => ["serious", "critical"].includes(rule.impact))
            .flatMap((rule) => rule.nodes.map((node) => [rule.id, node.html])))""",
        f"{SHOWN} {OUTPUT}",
    )
    page.set_viewport_size(before)
    return [(rule, html) for rule, html in found]


def test_an_error_on_the_console_and_a_request_to_elsewhere_would_be_seen(context: BrowserContext) -> None:
    record = Record()
    page = context.new_page()
    record.watch(page)
    page.route("**/*", lambda route: route.abort())
    page.evaluate("console.error('it broke')")
    page.evaluate("fetch('http://192.0.2.1/news').catch(() => null)")
    page.evaluate("() => { setTimeout(() => { throw new Error('nobody caught it'); }, 0); }")
    page.wait_for_timeout(100)
    page.close()
    assert record.foreign == ["http://192.0.2.1/news"]
    assert any("it broke" in error for error in record.errors)
    assert any("nobody caught it" in error for error in record.errors)
