"""The rules of the course hold for the example, and each broken rule is found."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from waterline.grading.audit import Case, cases, fault, faults
from waterline.grading.bench import Bench
from waterline.grading.manifest import load

EXAMPLE = Path(__file__).parent / "example_course"
CASES = cases(load(EXAMPLE))
VARIANTS = Path("tests/labs/00/variants/backoff")


@pytest.mark.parametrize("case", CASES, ids=str)
def test_every_answer_of_the_example_gets_its_outcome_and_its_message(case: Case, bench: Bench) -> None:
    assert fault(load(EXAMPLE), case, bench) is None


def test_the_files_of_the_example_keep_every_rule() -> None:
    assert list(faults(load(EXAMPLE))) == []
    assert len(CASES) == 3 * (2 + 3 + 2)


def drop(path: str) -> Callable[[Path], None]:
    return lambda root: (root / path).unlink()


def put(path: str, text: str) -> Callable[[Path], None]:
    return lambda root: (root / path).write_text(text) and None


def change(path: str, before: str, after: str) -> Callable[[Path], None]:
    def change(root: Path) -> None:
        text = (root / path).read_text()
        assert before in text
        (root / path).write_text(text.replace(before, after))

    return change


TOML = "book/course.toml"
WRONG = f"{VARIANTS}/wrong_no_cap.py"


@pytest.mark.parametrize(
    ("breaks", "sentence"),
    [
        (drop(WRONG), "00.a backoff: it has 2 wrong answers, and needs at least 3."),
        (drop(f"{VARIANTS}/right_loop.py"), "00.a backoff: it has 1 right answers, and needs at least 2."),
        (drop("tests/labs/00/test_backoff.py"), "00.a backoff: there is no tests/labs/00/test_backoff.py."),
        (put("tests/labs/00/test_old.py", "#"), "tests/labs/00/test_old.py belongs to no exercise."),
        (put(f"{VARIANTS}/notes.py", "#"), f"{VARIANTS}/notes.py belongs to no exercise."),
        (change(TOML, "Who deletes a message?", "Look."), "00.c depth: a hint is a question, and this is none: Look."),
        (change(TOML, "minutes = 10", "minutes = 100"), "Module 00: its exercises take 107 minutes, its lab 20."),
        (change(TOML, "The mapping deletes what the handler has answered for.", ""),
         "00.c depth: `after` says nothing on why it is right."),
        (change(WRONG, "# caught by", "# catched by"),
         '00.a backoff, wrong_no_cap.py: its first line is not `# caught by: "part of the message"`.'),
        (change(WRONG, "# belief: ", "# "),
         "00.a backoff, wrong_no_cap.py: it does not say `# belief: ...` in its second line."),
        (change(WRONG, "With a cap of 10 s", "Five attempts need five waits"),
         "00.a backoff: wrong_one_too_few.py and wrong_no_cap.py are caught by one message."),
    ],
)  # fmt: skip
def test_a_broken_rule_is_found(tmp_path: Path, breaks: Callable[[Path], None], sentence: str) -> None:
    root = tmp_path / "course"
    shutil.copytree(EXAMPLE, root)
    breaks(root)
    assert sentence in list(faults(load(root)))


@pytest.mark.parametrize(
    ("breaks", "case", "sentence"),
    [
        (change("labs/00-example.ipynb", "waits = ...", "waits = []"), "00.a labs/00-example.ipynb", None),
        (change("solutions/00-example.ipynb", "depth = 0", "depth = 4"), "00.c solutions/00-example.ipynb",
         "is incorrect, and should be correct: You said that 4 messages are left, and none is."),
        (change(WRONG, "With a cap of 10 s", "Another message"), "00.a backoff/wrong_no_cap.py",
         'is caught by another message than "Another message": With a cap of 10 s'),
        (change(WRONG, "base * 2**n", "min(cap, base * 2**n)"), "00.a backoff/wrong_no_cap.py",
         "is correct, and should be incorrect"),
        (change(f"{VARIANTS}/right_loop.py", "wait *= 2", "wait *= 3"), "00.a backoff/right_loop.py",
         "is incorrect, and should be correct"),
    ],
)  # fmt: skip
def test_an_answer_with_another_outcome_is_found(
    tmp_path: Path, bench: Bench, breaks: Callable[[Path], None], case: str, sentence: str | None
) -> None:
    root = tmp_path / "course"
    shutil.copytree(EXAMPLE, root)
    breaks(root)
    course = load(root)
    [broken] = [one for one in cases(course) if str(one) == case]
    found = fault(course, broken, bench)
    assert (sentence is None and found is None) or (found is not None and sentence is not None and sentence in found)
