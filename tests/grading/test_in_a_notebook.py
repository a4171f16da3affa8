"""The four functions as a learner meets them: in a kernel, in cells, with virtual time standing still."""

from __future__ import annotations

import html
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from waterline.grading import card, learner
from waterline.grading.logbook import Standing
from waterline.grading.manifest import Course, UnknownExercise
from waterline.grading.verdict import Outcome, Refusal, Verdict

EXAMPLE = Path(__file__).parent / "example_course"
ROOT = Path(__file__).resolve().parents[2]
RIGHT = "def backoff(base, cap, attempts):\n    return [min(cap, base * 2**n) for n in range(attempts)]"


@pytest.fixture
def run(at_home: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[dict[str, Any]]]:
    """Run cells in a kernel of their own; returns what each showed last: its bundle, or its error."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("IPYTHONDIR", str(at_home.parent / "ipython"))

    def run(*cells: str) -> list[dict[str, Any]]:
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
        NotebookClient(notebook, timeout=120, kernel_name="python3", allow_errors=True).execute()
        shown = []
        for cell in notebook.cells:
            last = cell.outputs[-1] if cell.outputs else {}
            shown.append(last.get("data") or {key: last[key] for key in ("traceback", "text") if key in last})
        return shown

    return run


def test_a_lab_from_the_first_check_to_the_last(run: Callable[..., list[dict[str, Any]]], at_home: Path) -> None:
    shown = run(
        "from waterline import Cloud, check, hint, progress, solution\nimport itertools\nFACTOR = 2",
        'check("backoff")',
        'solution("backoff")',
        'hint("backoff")',
        'hint("00.a")',
        'hint("backoff")',
        "cloud = Cloud.start(seed=1)\ndef grown(wait, _):\n    return wait * FACTOR",
        "def backoff(base, cap, attempts):\n    return list(itertools.accumulate([base] * attempts, grown))",
        'before = cloud.clock.now\nresult = check("backoff")\nassert cloud.clock.now == before\nresult',
        RIGHT,
        'check("backoff")',
        'check("backof")',
        "%%function issue-ticket timeout=5\nimport os\nimport boto3\n\ndef handler(event, context):\n"
        "    for record in event['Records']:\n        boto3.client('sqs').send_message(\n"
        "            QueueUrl=os.environ['TICKETS'], MessageBody=record['body'])",
        'check("issue-ticket")',
        "depth = 3",
        'check("depth")',
        'solution("depth", show=True)',
        "progress()",
    )
    first = [bundle.get("text/plain", "").split("\n") for bundle in shown]
    assert first[1] == [
        "○ Not attempted · 00.a Waits that grow",
        "There is no function `backoff` yet: run the cell that defines it.",
    ]
    assert first[2][1].startswith("It opens when your answer is correct")
    assert [lines[0] for lines in first[3:6]] == [
        "? Hint 1 of 2 · 00.a Waits that grow",
        "? Hint 2 of 2 · 00.a Waits that grow",
        "? Hint 2 of 2 · 00.a Waits that grow",
    ]
    assert first[8][:2] == [
        "✘ Incorrect · 00.a Waits that grow",
        "With a cap of 10 s your waits are [1, 2, 4, 8, 16, 32].",
    ]
    assert first[10][0] == "✔ Correct · 00.a Waits that grow · 1 point"
    assert shown[11]["traceback"] == ['There is no exercise "backof": did you mean "backoff"?']
    assert first[13][0] == "✔ Correct · 00.b Every ticket once · 2 points"
    assert first[15][0] == "✘ Incorrect · 00.c What is left"
    assert first[16][:2] == ["Solution · 00.c What is left", "    depth = 0"]
    assert first[17] == [
        "00 An example · 3 of 4 points",
        "  exercise                state            points  attempts  hints",
        "  00.a Waits that grow    ✔ correct           1/1         2  2/2",
        "  00.b Every ticket once  ✔ correct           2/2         1  0/1",
        "  00.c What is left       … in progress       0/1         1  0/1 +solution",
    ]
    state = json.loads((at_home / "progress.json").read_text())
    assert [row["correct"] for row in state["exercises"].values()] == [True, True, False]


def test_where_it_is_strict_a_check_that_is_not_correct_raises(at_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATERLINE_STRICT", "1")
    with pytest.raises(learner.NotCorrect, match=r"Incorrect · 00\.c What is left"):
        learner.check("depth", {"depth": 2})
    assert repr(learner.check("depth", {"depth": 0})).startswith("✔ Correct")


def test_an_answer_is_judged_where_progress_cannot_be_kept(
    at_home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("WATERLINE_WORK", str(tmp_path / "file"))
    (tmp_path / "file").write_text("no folder")
    shown = repr(learner.check("depth", {"depth": 0}))
    assert shown.startswith("✔ Correct")
    assert "Not recorded: Your progress cannot be written to" in shown
    assert "cannot be read" in repr(learner.progress()) or "not attempted" in repr(learner.progress())


@pytest.mark.usefixtures("at_home")
def test_what_is_asked_for_in_vain_is_told_in_one_sentence() -> None:
    with pytest.raises(UnknownExercise):
        learner.solution("zz")
    with pytest.raises(Refusal, match=r"numbered from 1; there is no hint 7\."):
        learner.hint("depth", 7)
    assert repr(learner.hint("depth", 1)).startswith("? Hint 1 of 1")


def test_a_card_says_the_same_in_text_and_in_html(course: Course) -> None:
    verdict = Verdict(Outcome.INCORRECT, "Waits <1> & `2`.", "A *belief*.", "00, section 3", "printed <b>")
    shown = card.result(course.exercise("backoff"), verdict)
    page = shown._repr_html_()
    assert 'role="status"' in page
    words = re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", page.replace("&lt;", "«"))))
    for word in re.findall(r"\w+", repr(shown)):
        assert word in words
    assert "<b>" not in page
    assert "<script>" not in card.result(course.exercise("backoff"), Verdict(Outcome.CORRECT, "<script>"))._repr_html_()


def test_outcomes_differ_in_word_and_sign_and_not_in_color_alone() -> None:
    for part in range(3):
        assert len({sign[part] for sign in card.SIGNS.values()}) == len(Outcome)


def test_the_table_of_progress_has_a_caption_and_headed_columns(course: Course) -> None:
    page = card.Table(course, {"00.a": Standing(correct=True, attempts=1)})._repr_html_()
    assert "<caption>00 An example · 1 of 4 points</caption>" in page
    assert re.findall(r'<th scope="col" style="text-align: (\w+)">(\w+)</th>', page) == [
        ("left", "exercise"),
        ("left", "state"),
        ("right", "points"),
        ("right", "attempts"),
        ("left", "hints"),
    ]


def test_importing_the_package_brings_no_pytest() -> None:
    code = "import sys; from waterline import check, hint, solution, progress; assert 'pytest' not in sys.modules"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
