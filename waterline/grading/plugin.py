"""The pytest plugin that gives a check the learner's things by parameter name, and reads a verdict from what happened.

Checks are plain pytest. `def test_the_last_attempt_is_in_time(last_attempt): ...` is given the learner's function
`last_attempt`; `issue_ticket` is the :class:`~waterline.grading.parcel.Handler` that the learner named `issue-ticket`.
The first test that fails decides, so a file of checks goes from the plainest claim to the subtlest.

Everything fails closed: an answer is correct only if at least one test was found, and every one of them ran and passed.
"""

from __future__ import annotations

import copy
import functools
import io
import linecache
import re
import types
from collections.abc import Callable
from typing import Any, Literal

import pytest

from waterline.grading.manifest import variable
from waterline.grading.parcel import Parcel, Piece
from waterline.grading.part import LONGEST_PRINTED, Part
from waterline.grading.verdict import CannotBeRun, NotAttempted, Outcome, Verdict, Wrong

LONGEST_VALUE = 120
LONGEST_MESSAGE = 2_000


class Answer:
    """What came in a parcel, made again when a check first asks for it."""

    def __init__(self, parcel: Parcel) -> None:
        self._parcel = parcel
        self._module: types.ModuleType | None = None

    def function(self, name: str) -> Callable[..., Any]:
        return _watched(name, getattr(self._made(), name))

    def answer(self, name: str) -> Any:
        value = getattr(self._made(), name)
        if value is ... or value is None:
            raise NotAttempted(f"`{name}` has no answer yet.")
        return value

    def line(self, filename: str, number: int) -> str | None:
        """The learner's line, or None if the file is not the learner's."""
        if not any(piece.filename == filename for piece in self._parcel.pieces):
            return None
        return linecache.getline(filename, number).strip()

    def _made(self) -> types.ModuleType:
        if self._module is None:
            module = types.ModuleType("notebook")
            for piece in self._parcel.pieces:
                _show_lines(piece)
                exec(compile(piece.source, piece.filename, "exec"), module.__dict__)
            self._module = module
        return self._module


class Printed(io.TextIOBase):
    """What is printed during a check, by the number of the test; only the beginning is kept."""

    def __init__(self) -> None:
        self.test = 0
        self.kept: dict[int, str] = {}
        self._left = LONGEST_PRINTED + 1  # one more, so that one can see that there was more

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if self._left > 0:
            self.kept[self.test] = self.kept.get(self.test, "") + text[: self._left]
            self._left -= len(text)
        return len(text)


class Judge:
    """The plugin, for the share number `share` of `shares`. After the run, `part` is what it came to."""

    def __init__(self, parcel: Parcel, share: int = 0, shares: int = 1) -> None:
        answer = Answer(parcel)
        self._answer = answer
        self._share, self._shares = share, shares
        self._numbers: dict[str, int] = {}
        self._found = 0
        self._passed: dict[int, str] = {}
        self._first: tuple[int, Verdict] | None = None
        self.printed = Printed()
        self.injected = _fixtures(
            {name: functools.partial(answer.function, name) for name in parcel.functions}
            | {name: functools.partial(answer.answer, name) for name in parcel.answers}
            | {variable(handler.name): functools.partial(copy.copy, handler) for handler in parcel.handlers}
        )

    def part(self, exit_status: int) -> Part:
        at, verdict = self._first or (self._found, Verdict(Outcome.CORRECT))
        nothing_to_do = self._found > 0 and not self._numbers and exit_status == pytest.ExitCode.NO_TESTS_COLLECTED
        through = (exit_status == 0 and len(self._passed) == len(self._numbers)) or nothing_to_do
        if self._first is None and (not through or self._found == 0):
            at, verdict = -1, Verdict(Outcome.CANNOT_BE_RUN, "The check ended before it was through.")
        return Part(verdict, at, self._passed, self.printed.kept, self._found)

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Keep our share."""
        self._found = len(items)
        groups: dict[str, int] = {}
        for number, item in enumerate(items):
            callspec = getattr(item, "callspec", None)
            group = item.nodeid if callspec is None else callspec.id
            if groups.setdefault(group, len(groups)) % self._shares == self._share:
                self._numbers[item.nodeid] = number
        items[:] = [item for item in items if item.nodeid in self._numbers]

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed and self._first is None:
            last = str(report.longrepr).strip().splitlines()[-1:] or [""]
            self._first = (-1, _broken(last[0]))

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self.printed.test = self._numbers[nodeid]

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> pytest.TestReport:
        """A bare report in place of pytest's own, which nobody would read and which takes longer than most checks."""
        raised, number = call.excinfo, self._numbers[item.nodeid]
        if self._first is None:
            if raised is not None:
                self._first = (number, self._judged(_sentence(item), raised))
            elif call.when == "call":
                self._passed[number] = _sentence(item)
        outcome: Literal["passed", "failed"] = "passed" if raised is None else "failed"
        told = None if raised is None else raised.typename
        return pytest.TestReport(item.nodeid, item.location, {}, outcome, told, call.when)  # type: ignore[arg-type]

    def _judged(self, claim: str, raised: pytest.ExceptionInfo[BaseException]) -> Verdict:
        error = raised.value
        if isinstance(error, NotAttempted):
            return Verdict(Outcome.NOT_ATTEMPTED, str(error))
        if isinstance(error, CannotBeRun):
            return Verdict(Outcome.CANNOT_BE_RUN, str(error))
        if isinstance(error, Wrong):
            return error.verdict
        where = self._where(raised)
        if where is not None:
            if isinstance(error, NotImplementedError):
                return Verdict(Outcome.NOT_ATTEMPTED, "It says itself that it is not implemented yet.")
            return Verdict(Outcome.CANNOT_BE_RUN, tidy(f"{_named(error)}, {where}."))
        if isinstance(error, AssertionError | pytest.fail.Exception):
            lines = tidy(str(error)).splitlines() or ["it does not"]
            return Verdict(
                Outcome.INCORRECT, f"It should hold that {claim}, but: {'; '.join(map(str.strip, lines[:3]))}."
            )
        if isinstance(error, pytest.skip.Exception) or raised.typename == "FixtureLookupError":
            return _broken(tidy(str(error.msg if hasattr(error, "msg") else error)))
        call = _called(raised)
        if call is not None:
            return Verdict(Outcome.CANNOT_BE_RUN, tidy(f"{_named(error)}, when {call} was called."))
        return Verdict(
            Outcome.CANNOT_BE_RUN, tidy(f"The check could not go on with what your code gave: {_named(error)}.")
        )

    def _where(self, raised: pytest.ExceptionInfo[BaseException]) -> str | None:
        """In which line of the learner's it was raised, and by which call, or None if the learner had no part in it."""
        error: BaseException = raised.value
        if isinstance(error, SyntaxError) and error.filename and self._answer.line(error.filename, 1) is not None:
            return f"in the line `{(error.text or '').strip()}` of {error.filename[1:-1]}"
        place = None
        for entry in raised.traceback:
            filename, number = entry.frame.code.raw.co_filename, entry.lineno + 1
            line = self._answer.line(filename, number)
            if line is not None:
                place = f"in the line `{line}` of {filename[1:-1]}"
        call = _called(raised)
        return place and (place if call is None else f"{place}, when {call} was called")


def tidy(text: str) -> str:
    """A message that is the same in every run: no addresses, and not endless."""
    text = re.sub(r" at 0x[0-9a-fA-F]+", "", text)
    return text if len(text) <= LONGEST_MESSAGE else f"{text[:LONGEST_MESSAGE]} [...]"


def shortened(value: object) -> str:
    """The value's `repr`, cut short; a `repr` that fails is told by the value's type."""
    try:
        text = repr(value)
    except Exception:
        text = f"<{type(value).__name__}>"
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}[...]"


def _watched(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    if not callable(function):
        raise CannotBeRun(f"`{name}` is not a function.")

    @functools.wraps(function)
    def watched(*args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        result = function(*args, **kwargs)
        if result is ... or result is NotImplemented:
            raise NotAttempted(f"`{name}` has no result yet.")
        return result

    return watched


def _called(raised: pytest.ExceptionInfo[BaseException]) -> str | None:
    """The check's call of the learner's function during which it was raised."""
    for entry in raised.traceback:
        local = entry.frame.raw.f_locals
        if entry.frame.code.raw.co_qualname == "_watched.<locals>.watched":
            given = [shortened(value) for value in local["args"]]
            given += [f"{key}={shortened(value)}" for key, value in local["kwargs"].items()]
            return f"`{local['name']}({', '.join(given)})`"
    return None


def _fixtures(made: dict[str, Callable[[], Any]]) -> object:
    def fixture(make: Callable[[], Any]) -> Any:
        return pytest.fixture(lambda self: make())

    return type("Injected", (), {name: fixture(make) for name, make in made.items()})()


def _show_lines(piece: Piece) -> None:
    """Let Python find the learner's lines, as it finds those of a file."""
    lines = piece.source.splitlines(keepends=True)
    linecache.cache[piece.filename] = (len(piece.source), None, lines, piece.filename)


def _named(error: BaseException) -> str:
    try:
        text = str(error).strip().rstrip(".")
    except Exception:
        text = ""
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _sentence(item: pytest.Item) -> str:
    name = getattr(item, "originalname", None) or item.name
    return str(name).removeprefix("test_").replace("_", " ")


def _broken(why: str) -> Verdict:
    return Verdict(Outcome.CANNOT_BE_RUN, f"The check itself is broken, which is no fault of yours: {tidy(why)}")
