"""The whole course is held to its rules, from the one manifest."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from waterline.grading.audit import Case, cases, fault, faults
from waterline.grading.bench import Bench
from waterline.grading.manifest import load

COURSE = load(Path(__file__).resolve().parents[2])


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    bench = Bench()
    yield bench
    bench.close()


@pytest.mark.parametrize("case", cases(COURSE), ids=str)
def test_every_answer_gets_its_outcome_and_its_message(case: Case, bench: Bench) -> None:
    assert fault(COURSE, case, bench) is None


def test_the_files_of_every_exercise_keep_the_rules() -> None:
    assert list(faults(COURSE)) == []


def test_every_module_has_a_lesson_a_lab_and_a_solution() -> None:
    places = [COURSE.root / folder for folder in ("notebooks", "labs", "solutions")]
    missing = [place / f"{module.stem}.ipynb" for module in COURSE.modules for place in places]
    assert [path for path in missing if not path.is_file()] == []
