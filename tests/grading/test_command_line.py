"""The `waterline` command: what it prints, and the code it ends with."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from waterline.cli import main

EXAMPLE = Path(__file__).parent / "example_course"
VARIANTS = EXAMPLE / "tests" / "labs" / "00" / "variants"

pytestmark = pytest.mark.usefixtures("at_home")


@pytest.mark.parametrize(
    ("exercise", "file", "code", "first"),
    [
        ("backoff", EXAMPLE / "solutions" / "00-example.ipynb", 0, "✔ Correct · 00.a Waits that grow · 1 point"),
        ("00.a", EXAMPLE / "labs" / "00-example.ipynb", 1, "○ Not attempted · 00.a Waits that grow"),
        ("backoff", VARIANTS / "backoff" / "wrong_no_cap.py", 1, "✘ Incorrect · 00.a Waits that grow"),
    ],
)
def test_check_judges_a_file(
    capsys: pytest.CaptureFixture[str], at_home: Path, exercise: str, file: Path, code: int, first: str
) -> None:
    assert main(["check", exercise, "--notebook", str(file)]) == code
    assert capsys.readouterr().out.splitlines()[0] == first
    assert not at_home.exists()  # nothing was to be recorded


def test_check_records_when_asked(capsys: pytest.CaptureFixture[str], at_home: Path) -> None:
    assert main(["check", "00.c", "--notebook", str(VARIANTS / "depth" / "right_zero.py"), "--record"]) == 0
    assert json.loads((at_home / "progress.json").read_text())["exercises"]["00.c"]["correct"] is True
    capsys.readouterr()
    assert main(["progress"]) == 0
    assert capsys.readouterr().out.startswith("00 An example · 1 of 4 points\n")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["check", "backof", "--notebook", "x.py"], 'There is no exercise "backof": did you mean "backoff"?\n'),
        (["check", "backoff", "--notebook", "none.py"], "none.py cannot be read: No such file or directory.\n"),
    ],
)
def test_a_question_that_has_no_answer_gets_one_sentence(
    capsys: pytest.CaptureFixture[str], arguments: list[str], sentence: str
) -> None:
    assert main(arguments) == 2
    assert capsys.readouterr() == ("", sentence)


def test_without_a_command_it_says_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert {"check", "progress", "facts", "doctor"} <= set(capsys.readouterr().out.split())


def test_the_doctor_looks_at_everything(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["doctor"]) == 1  # the example course pins nothing
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["ok", "ok", "fault", "ok", "ok", "ok"]
    assert lines[2].startswith("fault  the pinned packages: there is no ")
