"""The example course, on which the engine is tested apart from the real one, and one warm process for its checks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from waterline.grading.bench import Bench
from waterline.grading.manifest import Course, load
from waterline.grading.verdict import Verdict
from waterline.grading.written import Written

collect_ignore = ["example_course"]
EXAMPLE = Path(__file__).parent / "example_course"


@pytest.fixture(scope="session")
def course() -> Course:
    return load(EXAMPLE)


@pytest.fixture(scope="session")
def bench() -> Iterator[Bench]:
    bench = Bench()
    yield bench
    bench.close()


@pytest.fixture(scope="session")
def judge(course: Course, bench: Bench) -> Callable[..., Verdict]:
    """Judge an answer that is given as the text of its cells."""

    def judge(exercise: str, *cells: str) -> Verdict:
        return bench.judge(course, course.exercise(exercise), Written(cells))

    return judge


@pytest.fixture
def at_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The example course as the learner's own, with an empty folder for progress."""
    monkeypatch.setenv("WATERLINE_HOME", str(EXAMPLE))
    monkeypatch.setenv("WATERLINE_WORK", str(tmp_path / "work"))
    monkeypatch.delenv("WATERLINE_STRICT", raising=False)
    return tmp_path / "work"
