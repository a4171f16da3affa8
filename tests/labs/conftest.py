"""Lets pytest run the checks as they are, on the course's own solutions: `pytest tests/labs/00/test_last_attempt.py`.

A check is given the learner's things by parameter name. Here they come from `solutions/NN-name.ipynb`, so an author
sees pytest's full report. That every other answer gets its outcome is tested in `test_course.py`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from waterline.grading.manifest import load
from waterline.grading.parcel import pack
from waterline.grading.plugin import Judge
from waterline.grading.verdict import CannotBeRun, NotAttempted
from waterline.grading.written import Written

ROOT = Path(__file__).resolve().parents[2]


def pytest_collectstart(collector: pytest.Collector) -> None:
    """Give a file of checks what its exercise takes."""
    if not isinstance(collector, pytest.Module) or not (ROOT / "book" / "course.toml").is_file():
        return
    course = load(ROOT)
    for exercise in course.exercises:
        if collector.path == ROOT / exercise.checks:
            try:
                parcel = pack(exercise, Written.from_file(course.solved(exercise)), Written([]))
            except (NotAttempted, CannotBeRun) as error:
                raise pytest.UsageError(f"{exercise.id} has no solution to run its checks on: {error}") from error
            collector.session._fixturemanager.parsefactories(holder=Judge(parcel).injected, node=collector)
