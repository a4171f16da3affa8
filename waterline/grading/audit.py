"""The course checks itself: every exercise is held to the same rules, from the one manifest.

As handed out, an exercise is not attempted; its solution is correct; each *wrong answer* that people give, a file
`wrong_*.py` among its variants, is incorrect with its own message; each `right_*.py` is correct. A wrong answer begins:

    # caught by: "came back while it was still being worked on"
    # belief: The visibility timeout only has to cover the function's timeout.

The first line quotes a part of the message that a learner gets; the second says what someone believes who writes this.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from waterline.grading.bench import Bench
from waterline.grading.manifest import Course, Exercise
from waterline.grading.verdict import CannotBeRun, Outcome
from waterline.grading.written import Written

WRONG_ANSWERS = 3
RIGHT_ANSWERS = 2
CAUGHT_BY = re.compile(r'^# caught by: "(.+)"$')
BELIEF = re.compile(r"^# belief: \S+")


@dataclass(frozen=True)
class Case:
    """One answer to one exercise, and what its check must say: the outcome, and `message` as a part of what is said."""

    exercise: Exercise
    path: Path
    outcome: Outcome
    message: str = ""

    def __str__(self) -> str:
        return f"{self.exercise.id} {self.path.parent.name}/{self.path.name}"


def cases(course: Course) -> list[Case]:
    """Every answer that the course holds: starters, solutions, wrong and right ones."""
    found = []
    for exercise in course.exercises:
        found.append(Case(exercise, course.lab(exercise), Outcome.NOT_ATTEMPTED))
        found.append(Case(exercise, course.solved(exercise), Outcome.CORRECT))
        for path in sorted((course.root / exercise.variants).glob("*.py")):
            if path.name.startswith("wrong_"):
                found.append(Case(exercise, path, Outcome.INCORRECT, _quoted(path)))
            else:
                found.append(Case(exercise, path, Outcome.CORRECT))
    return found


def fault(course: Course, case: Case, bench: Bench) -> str | None:
    """What a check says that it should not say, as one sentence; None if all is well."""
    try:
        verdict = bench.judge(course, case.exercise, Written.from_file(case.path))
    except CannotBeRun as error:
        return f"{case}: {error}"
    if verdict.outcome is not case.outcome:
        return f"{case} is {verdict.outcome}, and should be {case.outcome}: {verdict.message}"
    if case.message not in verdict.message:
        return f'{case} is caught by another message than "{case.message}": {verdict.message}'
    return None


def faults(course: Course) -> Iterator[str]:
    """What is missing, left over or badly said in the course's files; nothing is run."""
    for module in course.modules:
        minutes = sum(exercise.minutes for exercise in module.exercises)
        if minutes > module.minutes_lab:
            yield f"Module {module.number}: its exercises take {minutes} minutes, its lab {module.minutes_lab}."
        if module.exercises:
            yield from _strays(course, module.number, module.exercises)
    for exercise in course.exercises:
        yield from _faults(course, exercise)


def _faults(course: Course, exercise: Exercise) -> Iterator[str]:
    who = f"{exercise.id} {exercise.name}"
    if not (course.root / exercise.checks).is_file():
        yield f"{who}: there is no {exercise.checks}."
    for hint in exercise.hints:
        if not hint.rstrip().endswith("?"):
            yield f"{who}: a hint is a question, and this is none: {hint}"
    if not exercise.after:
        yield f"{who}: `after` says nothing on why it is right."
    variants = [path.name for path in sorted((course.root / exercise.variants).glob("*.py"))]
    for kind, least in (("wrong", WRONG_ANSWERS), ("right", RIGHT_ANSWERS)):
        number = sum(name.startswith(f"{kind}_") for name in variants)
        if number < least:
            yield f"{who}: it has {number} {kind} answers, and needs at least {least}."
    messages: dict[str, str] = {}
    for name in variants:
        if not name.startswith("wrong_"):
            continue
        path = course.root / exercise.variants / name
        lines = path.read_text(encoding="utf-8").splitlines()
        quoted = _quoted(path)
        if not quoted:
            yield f'{who}, {name}: its first line is not `# caught by: "part of the message"`.'
        elif quoted in messages:
            yield f"{who}: {name} and {messages[quoted]} are caught by one message."
        messages[quoted] = name
        if not any(BELIEF.match(line) for line in lines[:3]):
            yield f"{who}, {name}: it does not say `# belief: ...` in its second line."


def _strays(course: Course, number: str, exercises: tuple[Exercise, ...]) -> Iterator[str]:
    folder = course.root / "tests" / "labs" / number
    checks = {course.root / exercise.checks for exercise in exercises}
    variants = [course.root / exercise.variants for exercise in exercises]
    for path in sorted(folder.rglob("*")):
        if path.is_dir() or "__pycache__" in path.parts or path in checks:
            continue
        if path.parent in variants and re.fullmatch(r"(wrong|right)_\w+\.py", path.name):
            continue
        yield f"{path.relative_to(course.root).as_posix()} belongs to no exercise."


def _quoted(path: Path) -> str:
    lines = path.read_text(encoding="utf-8").splitlines()
    match = CAUGHT_BY.match(lines[0]) if lines else None
    return match[1] if match else ""
