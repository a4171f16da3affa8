"""A prediction is kept, can be changed until the run is set beside it, and is never lost."""

import json
from pathlib import Path
from typing import Any

import pytest

from waterline.views import answers, predict

QUESTION = "How many receives before the ticket dies?"


@pytest.fixture(autouse=True)
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WATERLINE_WORK", str(tmp_path / "work"))
    return tmp_path / "work"


def ask() -> Any:
    return predict(QUESTION, [1, 3, 4], key="00.receives")


def test_unanswered_it_says_so_and_keeps_nothing(work: Path) -> None:
    asked = ask()
    assert repr(asked) == f"Predict: {QUESTION} (1 / 3 / 4)\nNo prediction yet."
    assert repr(asked.against(3)) == "You made no prediction. It was 3."
    assert not work.exists()
    assert asked.revealed == ""


def test_an_answer_is_there_again_when_the_cell_is_run_again(work: Path) -> None:
    asked = ask()
    asked.answer = "1"  # what the browser sends
    assert ask().answer == "1"
    assert repr(ask()).endswith("You said 1.")
    assert json.loads((work / "predictions.json").read_text())["00.receives"]["question"] == QUESTION


def test_it_can_be_changed_until_it_is_set_beside_what_happened() -> None:
    asked = ask()
    asked.answer = "1"
    asked.answer = "4"
    revealed = asked.against(3, "The fourth receive moves it to tickets-dead.")
    assert repr(revealed) == "You said 4. It was 3. The fourth receive moves it to tickets-dead."
    asked.answer = "3"
    assert asked.answer == "4"
    again = ask()
    assert (again.answer, again.revealed) == ("4", revealed.text)
    again.answer = "3"
    assert again.answer == "4"


def test_a_right_answer_is_said_to_be_right() -> None:
    asked = ask()
    asked.answer = "3"
    assert repr(asked.reveal(3)) == "You said 3, and so it was."
    assert asked.reveal(3)._repr_html_() == (
        '<p class="waterline-reveal"><strong>You said 3, and so it was.</strong></p>'
    )


def test_an_answer_to_a_question_that_has_changed_is_not_taken_for_one() -> None:
    ask().answer = "1"
    assert predict(QUESTION, ["two", "three"], key="00.receives").answer is None


def test_questions_do_not_disturb_each_other(work: Path) -> None:
    predict("First?", kind="number").answer = "7"
    predict("Second?", kind="text").answer = "never"
    assert predict("First?", kind="number").answer == "7"
    assert sorted(json.loads((work / "predictions.json").read_text())) == ["First?", "Second?"]


@pytest.mark.parametrize("content", ["{", "[]", "\udcff"])
def test_a_damaged_file_is_put_aside_and_not_overwritten(work: Path, content: str) -> None:
    work.mkdir()
    raw = content.encode("utf-8", "surrogateescape")
    (work / "predictions.json").write_bytes(raw)
    ask().answer = "1"
    assert (work / "predictions.damaged-1.json").read_bytes() == raw
    assert ask().answer == "1"


def test_a_folder_that_cannot_be_written_to_is_told_and_the_answer_holds(work: Path) -> None:
    work.write_text("a file where the folder should be")
    asked = ask()
    asked.answer = "3"
    assert asked.answer == "3"
    assert asked.trouble.startswith("Your answer holds for this session but could not be kept in")
    assert repr(asked.against(3)) == "You said 3, and so it was."


def test_a_failed_write_leaves_the_old_file_whole(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ask().answer = "1"
    before = (work / "predictions.json").read_bytes()

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(answers.os, "fsync", full)
    ask().answer = "4"
    assert (work / "predictions.json").read_bytes() == before
    assert [path.name for path in work.iterdir()] == ["predictions.json"]


@pytest.mark.parametrize(
    ("told", "here", "folder"),
    [
        ("chosen", "anywhere", "chosen"),
        ("", "work/lessons", "work"),
        ("", "elsewhere", "elsewhere/work"),
    ],
)
def test_the_learners_folder_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: str, here: str, folder: str
) -> None:
    (tmp_path / here).mkdir(parents=True)
    monkeypatch.chdir(tmp_path / here)
    monkeypatch.setenv("WATERLINE_WORK", str(tmp_path / told) if told else "")
    assert answers.folder() == tmp_path / folder


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"choices": [1, "1"]}, "read the same"),
        ({"kind": "choice"}, "has choices, or it is of kind"),
        ({"choices": [1, 2], "kind": "number"}, "has choices, or it is of kind"),
        ({"kind": "essay"}, "has choices, or it is of kind"),
    ],
)
def test_a_question_that_cannot_be_answered_is_refused(arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        predict(QUESTION, **arguments)


def test_where_there_are_no_widgets_the_question_is_shown() -> None:
    data, _ = ask()._repr_mimebundle_()
    assert data["text/plain"] == repr(ask())
    assert QUESTION in data["text/html"]
