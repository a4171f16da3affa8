"""The four functions of a lab: `check`, `hint`, `solution`, `progress`.

Where `WATERLINE_STRICT=1` is set, as it is when solved notebooks are built and tested, a `check` that does not come out
correct raises, so that a wrong solution cannot pass unseen.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import Any

from waterline.grading import card
from waterline.grading.bench import bench
from waterline.grading.card import Card, Table
from waterline.grading.live import Live
from waterline.grading.logbook import Kind, Logbook, LogbookError, Standing
from waterline.grading.manifest import Course, Exercise, load, variable
from waterline.grading.verdict import Refusal, Verdict
from waterline.grading.written import Written

__all__ = ["check", "hint", "progress", "solution", "warm"]


class NotCorrect(Refusal, AssertionError):
    """A strict check did not come out correct; the message is what the learner would be shown."""


def check(exercise: str, names: Mapping[str, Any] | None = None) -> Card:
    """Judge your answer to an exercise, named as `"last-attempt"` or `"00.a"`, and record the outcome.

    `names`: where the answer is looked up; by default the notebook's own names.
    """
    course = load()
    asked = course.exercise(exercise)
    verdict = bench().judge(course, asked, Live.of(sys._getframe(1).f_globals if names is None else names))
    note = record_check(course, asked, verdict)
    shown = card.result(asked, verdict, note)
    if os.environ.get("WATERLINE_STRICT") == "1" and not verdict.correct:
        raise NotCorrect(repr(shown))
    return shown


def hint(exercise: str, number: int | None = None) -> Card:
    """The next hint for an exercise, or hint `number`, counted from 1; after the last one, the last one again."""
    course = load()
    asked = course.exercise(exercise)
    if number is None:
        number = min(_standing(course, asked).hints + 1, len(asked.hints))
    if not 1 <= number <= len(asked.hints):
        raise Refusal(f'"{asked.name}" has {len(asked.hints)} hints, numbered from 1; there is no hint {number}.')
    return card.hint(asked, number, _recorded(course, asked, "hint", number=number))


def solution(exercise: str, show: bool = False) -> Card:
    """One right answer and why it is right; before yours is correct, only with `show=True`."""
    course = load()
    asked = course.exercise(exercise)
    if not show and not _standing(course, asked).correct:
        return card.sealed(asked)
    path = course.solved(asked)
    if not path.is_file():
        raise Refusal(f"The solution of {asked.id} is not here: {path} is missing.")
    names = Written.from_file(path)
    sources = []
    for name, what in asked.takes.items():
        found = names.handler(name) if what == "handler" else names.piece(name, needed_by=name)
        if found is None:
            raise Refusal(f"The solution of {asked.id} is not in {path}: there is no `{variable(name)}`.")
        sources.append(found.source)
    return card.solution(asked, sources, _recorded(course, asked, "solution"))


def progress() -> Table:
    """Where you stand: each exercise, its points, your attempts, the hints you took."""
    course = load()
    try:
        return Table(course, Logbook.of(course.root).read())
    except LogbookError as error:
        return Table(course, {}, note=str(error))


def warm() -> None:
    """Start the process for checks in the background, so that the first check need not wait for it."""
    bench().warm()


def record_check(course: Course, exercise: Exercise, verdict: Verdict) -> str:
    """Record the outcome of a check; returns a sentence if that could not be done."""
    return _recorded(course, exercise, "checked", outcome=verdict.outcome.value)


def _recorded(course: Course, exercise: Exercise, event: Kind, **detail: str | int) -> str:
    try:
        Logbook.of(course.root).record(exercise.id, event, **detail)
    except LogbookError as error:
        return str(error)
    return ""


def _standing(course: Course, exercise: Exercise) -> Standing:
    try:
        return Logbook.of(course.root).read().get(exercise.id, Standing())
    except LogbookError:
        return Standing()
