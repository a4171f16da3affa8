"""The manifest `book/course.toml`: which exercises the course has, in what order, for how many minutes and points.

Words: a *module* is one lesson and one lab; an *exercise* is one thing that a learner is asked to bring about. What an
exercise *takes* is the learner's: a `function`, a `handler` (the source of a `%%function` cell) or an `answer` (a
value), each known by the name that the learner gave it. The *root* is the folder of the course: `WATERLINE_HOME`, or
the checkout that this package stands in.

What is right is not in here: that is told by the checks, plain pytest in `tests/labs/NN/test_*.py`.

    [[module]]
    number = "00"
    name = "start-here"
    title = "Start here"
    minutes_lesson = 30
    minutes_lab = 30

    [[module.exercise]]
    id = "00.a"
    name = "last-attempt"
    title = "The last attempt"
    kind = "compute"
    minutes = 6
    points = 1
    takes = {last_attempt = "function"}
    hints = ["When does the first receive happen?"]
    after = "Why it is right, and what else would be."
    seconds = 20  # of real time, for one check; may be left out
"""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, TypeVar, get_args

from waterline.grading.verdict import Refusal

KINDS = ("predict", "compute", "configure", "handler", "compose", "decide", "repair", "operate")
Taken = Literal["function", "handler", "answer"]
SECONDS = 20
"""Real seconds that one check may take where the manifest names no others."""

_T = TypeVar("_T")


class ManifestError(Refusal):
    """The manifest is missing or unsound; the message is one sentence that names the file, the place and the fault."""


class UnknownExercise(Refusal):
    """No exercise has this name; the message is one sentence that names the nearest ones."""


def variable(name: str) -> str:
    """The Python name under which a check is given what the learner calls `name`: `issue-ticket`, `issue_ticket`."""
    return name.replace("-", "_")


@dataclass(frozen=True)
class Exercise:
    """One exercise. `takes` maps the learner's names to what they are; `seconds` is real time for one check."""

    id: str
    name: str
    title: str
    kind: str
    minutes: int
    points: int
    takes: Mapping[str, Taken]
    hints: tuple[str, ...]
    after: str
    seconds: int
    module: str
    """Folder name of its module, `00-start-here`."""

    @property
    def checks(self) -> str:
        """The file of its checks, relative to the root."""
        return f"tests/labs/{self.module[:2]}/test_{variable(self.name)}.py"

    @property
    def variants(self) -> str:
        """The folder of its wrong and right answers, relative to the root."""
        return f"tests/labs/{self.module[:2]}/variants/{self.name}"


@dataclass(frozen=True)
class Module:
    """One lesson and its lab; minutes as a learner needs them."""

    number: str
    name: str
    title: str
    minutes_lesson: int
    minutes_lab: int
    exercises: tuple[Exercise, ...]

    @property
    def stem(self) -> str:
        return f"{self.number}-{self.name}"

    @property
    def points(self) -> int:
        return sum(exercise.points for exercise in self.exercises)


@dataclass(frozen=True)
class Course:
    """The whole manifest, read and found sound."""

    root: Path
    modules: tuple[Module, ...]

    @property
    def exercises(self) -> tuple[Exercise, ...]:
        return tuple(exercise for module in self.modules for exercise in module.exercises)

    def exercise(self, name: str) -> Exercise:
        """The exercise with this name (`last-attempt`) or id (`00.a`). Raises UnknownExercise."""
        for exercise in self.exercises:
            if name in (exercise.name, exercise.id):
                return exercise
        known = [exercise.name for exercise in self.exercises]
        near = difflib.get_close_matches(str(name), [*known, *(e.id for e in self.exercises)], n=3, cutoff=0.5)
        meant = " or ".join(f'"{guess}"' for guess in near)
        raise UnknownExercise(
            f'There is no exercise "{name}": '
            + (f"did you mean {meant}?" if near else f"the exercises are {', '.join(known) or 'still to come'}.")
        )

    def lab(self, exercise: Exercise) -> Path:
        """The notebook in which the exercise is handed out."""
        return self.root / "labs" / f"{exercise.module}.ipynb"

    def solved(self, exercise: Exercise) -> Path:
        """The same notebook with its solutions."""
        return self.root / "solutions" / f"{exercise.module}.ipynb"


def home() -> Path:
    """The root of the course. Raises ManifestError if no course is there."""
    told = os.environ.get("WATERLINE_HOME")
    root = Path(told) if told else Path(__file__).resolve().parents[2]
    if not (root / "book" / "course.toml").is_file():
        raise ManifestError(
            f"There is no book/course.toml in {root}: "
            + ("correct WATERLINE_HOME, or unset it." if told else "set WATERLINE_HOME to the folder of the course.")
        )
    return root


def load(root: Path | None = None) -> Course:
    """Read the manifest of the course in `root` (by default :func:`home`). Raises ManifestError."""
    root = home() if root is None else root
    path = root / "book" / "course.toml"
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ManifestError(f"{path} cannot be read: {error}") from error
    course = Course(root, tuple(_module(Row(path, "module", row)) for row in table.get("module", [])))
    for what in ("id", "name"):
        given = [getattr(exercise, what) for exercise in course.exercises]
        for twice in sorted({value for value in given if given.count(value) > 1}):
            raise ManifestError(f'{path}: two exercises have the {what} "{twice}".')
    return course


@dataclass(frozen=True)
class Row:
    """One table of the manifest that can say what is wrong with it."""

    path: Path
    what: str
    table: Mapping[str, Any]

    def error(self, fault: str) -> ManifestError:
        name = self.table.get("id") or self.table.get("name") or "(no name)"
        return ManifestError(f"{self.path}, {self.what} {name}: {fault}.")

    def get(self, field: str, of: type[_T], default: _T | None = None) -> _T:
        value = self.table.get(field, default)
        if value is None:
            raise self.error(f"`{field}` is missing")
        if not isinstance(value, of) or (of is int and isinstance(value, bool)):
            raise self.error(f"`{field}` is {value!r}, not of type {of.__name__}")
        return value

    def only(self, *fields: str) -> None:
        for field in self.table:
            if field not in fields:
                raise self.error(f"`{field}` does not belong to this {self.what}; its fields are {', '.join(fields)}")

    def positive(self, field: str, default: int | None = None) -> int:
        value = self.get(field, int, default)
        if value <= 0:
            raise self.error(f"`{field}` is {value}, and must be more than 0")
        return value


def _module(row: Row) -> Module:
    row.only("number", "name", "title", "minutes_lesson", "minutes_lab", "exercise")
    number, name = row.get("number", str), row.get("name", str)
    return Module(
        number=number,
        name=name,
        title=row.get("title", str),
        minutes_lesson=row.positive("minutes_lesson"),
        minutes_lab=row.positive("minutes_lab"),
        exercises=tuple(
            _exercise(Row(row.path, "exercise", table), number, f"{number}-{name}")
            for table in row.table.get("exercise", [])
        ),
    )


def _exercise(row: Row, number: str, module: str) -> Exercise:
    row.only("id", "name", "title", "kind", "minutes", "points", "takes", "hints", "after", "seconds")
    identity = row.get("id", str)
    if not identity.startswith(f"{number}."):
        raise row.error(f"its `id` must begin with `{number}.`, the number of its module")
    kind = row.get("kind", str)
    if kind not in KINDS:
        raise row.error(f"`kind` is {kind!r}, and must be one of {', '.join(KINDS)}")
    takes = row.get("takes", dict)
    for taken, what in takes.items():
        if what not in get_args(Taken):
            raise row.error(
                f"`takes` says that `{taken}` is {what!r}, and must say one of {', '.join(get_args(Taken))}"
            )
        if not variable(taken).isidentifier():
            raise row.error(f"`takes` names `{taken}`, under which a check cannot be given anything")
    if not takes:
        raise row.error("`takes` is empty: name what the learner makes")
    hints = row.get("hints", list)
    if not hints or not all(isinstance(hint, str) and hint.strip() for hint in hints):
        raise row.error("`hints` must be a list of one or more sentences")
    return Exercise(
        id=identity,
        name=row.get("name", str),
        title=row.get("title", str),
        kind=kind,
        minutes=row.positive("minutes"),
        points=row.positive("points"),
        takes=MappingProxyType(dict(takes)),
        hints=tuple(hints),
        after=row.get("after", str).strip(),
        seconds=row.positive("seconds", SECONDS),
        module=module,
    )
