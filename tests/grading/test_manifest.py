"""The manifest is read, or refused in one sentence that says where it is wrong."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from waterline.grading.manifest import Course, ManifestError, UnknownExercise, home, load

GOOD = (Path(__file__).parent / "example_course" / "book" / "course.toml").read_text(encoding="utf-8")


def read(tmp_path: Path, text: str) -> Course:
    (tmp_path / "book").mkdir()
    (tmp_path / "book" / "course.toml").write_text(text, encoding="utf-8")
    return load(tmp_path)


def test_an_exercise_is_known_by_its_name_and_by_its_id(course: Course) -> None:
    assert course.exercise("issue-ticket") is course.exercise("00.b")
    exercise = course.exercise("issue-ticket")
    assert dict(exercise.takes) == {"issue-ticket": "handler"}
    assert exercise.checks == "tests/labs/00/test_issue_ticket.py"
    assert exercise.variants == "tests/labs/00/variants/issue-ticket"
    assert [module.points for module in course.modules] == [4]


def test_the_limit_is_twenty_seconds_unless_told(course: Course) -> None:
    assert [exercise.seconds for exercise in course.exercises] == [3, 10, 20]


@pytest.mark.parametrize(
    ("asked", "answer"),
    [("isue-tickt", 'did you mean "issue-ticket"?'), ("zzz", "the exercises are backoff, issue-ticket, depth.")],
)
def test_an_unknown_name_is_answered_with_near_ones(course: Course, asked: str, answer: str) -> None:
    with pytest.raises(UnknownExercise, match=re.escape(answer)):
        course.exercise(asked)


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        ('number = "00"', "number = 0", "module example: `number` is 0, not of type str"),
        ('number = "00"\n', "", "module example: `number` is missing"),
        ("points = 2", "points = 0", "exercise 00.b: `points` is 0, and must be more than 0"),
        ("points = 2", "points = true", "exercise 00.b: `points` is True, not of type int"),
        ('kind = "handler"', 'kind = "essay"', "exercise 00.b: `kind` is 'essay', and must be one of predict,"),
        ('issue-ticket = "handler"', 'issue-ticket = "class"', "says that `issue-ticket` is 'class'"),
        ('{issue-ticket = "handler"}', "{}", "exercise 00.b: `takes` is empty"),
        ('issue-ticket = "handler"', '"issue ticket" = "handler"', "under which a check cannot be given anything"),
        ('id = "00.b"', 'id = "01.b"', "exercise 01.b: its `id` must begin with `00.`"),
        ('id = "00.b"', 'id = "00.a"', 'two exercises have the id "00.a"'),
        ("minutes = 10", "minuets = 10", "`minuets` does not belong to this exercise"),
        ('hints = ["Who deletes a message?"]', "hints = []", "exercise 00.c: `hints` must be a list"),
        ("[[module]]", "[[module", "cannot be read"),
    ],
)
def test_a_fault_is_told_with_its_place(tmp_path: Path, before: str, after: str, sentence: str) -> None:
    assert before in GOOD
    with pytest.raises(ManifestError, match=re.escape(sentence)):
        read(tmp_path, GOOD.replace(before, after, 1))


def test_a_folder_without_a_course_is_refused_with_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATERLINE_HOME", str(tmp_path))
    with pytest.raises(ManifestError, match="correct WATERLINE_HOME"):
        home()
