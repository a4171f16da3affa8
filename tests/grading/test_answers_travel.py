"""An answer travels as source, with what it needs; what cannot travel is named in one sentence."""

from __future__ import annotations

import linecache
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import pytest

from waterline.compute.source import FunctionSource
from waterline.grading.live import Live
from waterline.grading.manifest import Course
from waterline.grading.parcel import Parcel, blank, names_used, pack, parsed
from waterline.grading.verdict import CannotBeRun, NotAttempted
from waterline.grading.written import Written

NOTHING = Written([])


def live(*cells: str) -> Live:
    """The names of a kernel in which these cells were run: a kernel gives each cell a file name and keeps its text."""
    namespace: dict[str, Any] = {"__name__": "__main__", "In": [""]}
    for number, cell in enumerate(cells):
        filename = f"/tmp/ipykernel_1/{number}.py"
        linecache.cache[filename] = (len(cell), None, cell.splitlines(keepends=True), filename)
        namespace["In"].append(cell)
        exec(compile(cell, filename, "exec"), namespace)
    return Live(namespace, {})


def written(*cells: str) -> Written:
    return Written(cells)


BOTH = pytest.mark.parametrize("names", [live, written])


def unpacked(parcel: Parcel) -> dict[str, Any]:
    namespace: dict[str, Any] = {}
    for piece in Parcel.from_json(parcel.to_json()).pieces:
        exec(compile(piece.source, piece.filename, "exec"), namespace)
    return namespace


@BOTH
@pytest.mark.parametrize(
    ("cells", "result"),
    [
        (["def backoff():\n    return 1"], 1),
        (["def old():\n    return 0", "def backoff():\n    return old()", "def old():\n    return 2"], 2),
        (["import math", "def backoff():\n    return math.floor(3.5)"], 3),
        (["import os.path as p", "def backoff():\n    return p.basename('a/b')"], "b"),
        (["from math import floor as down", "def backoff():\n    return down(4.5)"], 4),
        (["LIMITS = {'a': [1, 2.5, None]}", "def backoff():\n    return LIMITS['a'][1]"], 2.5),
        (["class Box:\n    size = 6", "def backoff():\n    return Box().size"], 6),
        (["twice = lambda x: 2 * x", "def backoff():\n    return twice(4)"], 8),
        (["def kept(f):\n    return f", "@kept\ndef backoff():\n    return 9"], 9),
        (["TEN = 10", "def backoff(n=TEN):\n    return n"], 10),
        (["def odd(n):\n    return n and even(n - 1)", "def even(n):\n    return not n or odd(n - 1)",
          "def backoff():\n    return even(4)"], True),
        (["N = 3", "def backoff():\n    def inner():\n        return [N for _ in 'ab']\n    return inner()"], [3, 3]),
        (["append = object()", "def backoff():\n    a = []\n    a.append(1)\n    return a"], [1]),
        (["if True:\n    pass", "def backoff():\n    return 12"], 12),
    ],
)  # fmt: skip
def test_what_an_answer_needs_comes_with_it(course: Course, names: Any, cells: list[str], result: object) -> None:
    parcel = pack(course.exercise("backoff"), names(*cells), NOTHING)
    assert unpacked(parcel)["backoff"]() == result


@BOTH
def test_what_an_answer_does_not_need_stays_behind(course: Course, names: Any) -> None:
    parcel = pack(course.exercise("backoff"), names("other = open", "def backoff():\n    return 1"), NOTHING)
    assert [piece.name for piece in parcel.pieces] == ["backoff"]


@BOTH
def test_what_cannot_travel_is_named(course: Course, names: Any) -> None:
    cells = ["import io", "client = io.BytesIO()", "def backoff():\n    return client.read()"]
    with pytest.raises(CannotBeRun, match=r"`backoff` uses `client`, .*take it as a parameter"):
        pack(course.exercise("backoff"), names(*cells), NOTHING)


def test_the_work_of_a_closure_is_refused_with_a_sentence(course: Course) -> None:
    cell = "def make(n):\n    def backoff():\n        return n\n    return backoff\nbackoff = make(3)"
    with pytest.raises(CannotBeRun, match="inside another function"):
        pack(course.exercise("backoff"), live(cell), NOTHING)


def test_a_value_travels_as_it_is_now_and_not_as_it_was_written(course: Course) -> None:
    parcel = pack(course.exercise("backoff"), live("A = []", "A.append(5)", "def backoff():\n    return A"), NOTHING)
    assert unpacked(parcel)["backoff"]() == [5]


def test_a_class_that_was_defined_again_travels_as_it_is_now(course: Course) -> None:
    cells = ["class Box:\n    size = 1", "class Box:\n    size = 2", "def backoff():\n    return Box.size"]
    assert unpacked(pack(course.exercise("backoff"), live(*cells), NOTHING))["backoff"]() == 2


@BOTH
@pytest.mark.parametrize(
    "body",
    ["...", "pass", '"""What it does."""', "raise NotImplementedError", "raise NotImplementedError('later')",
     "return ...", "return None", "return NotImplemented", '"""Doc."""\n    # a comment\n    ...'],
)  # fmt: skip
def test_a_blank_function_is_not_attempted(course: Course, names: Any, body: str) -> None:
    with pytest.raises(NotAttempted):
        pack(course.exercise("backoff"), names(f"def backoff(a):\n    {body}"), NOTHING)


@pytest.mark.parametrize("body", ["return 0", "x = ...\n    return x", "return a", "print('...')", "raise ValueError"])
def test_a_function_that_says_something_is_attempted(body: str) -> None:
    assert not blank(parsed(f"def backoff(a):\n    {body}", "it"), "backoff")


@BOTH
def test_the_starter_is_not_attempted_whatever_its_layout(course: Course, names: Any) -> None:
    starter = written("def backoff(a):\n    waits = ...  # one per attempt\n    return waits")
    same = "def backoff( a ):\n    waits = ...\n\n    # I have not begun\n    return waits"
    with pytest.raises(NotAttempted, match="as it was handed out"):
        pack(course.exercise("backoff"), names(same), starter)
    pack(course.exercise("backoff"), names(same.replace("...", "[1]")), starter)


@BOTH
def test_what_is_not_there_is_not_attempted(course: Course, names: Any) -> None:
    for exercise, sentence in [
        ("backoff", "There is no function `backoff` yet"),
        ("issue-ticket", "begins with `%%function issue-ticket`"),
        ("depth", "There is no answer `depth` yet"),
    ]:
        with pytest.raises(NotAttempted, match=sentence):
            pack(course.exercise(exercise), names("x = 1"), NOTHING)


@BOTH
@pytest.mark.parametrize("value", ["...", "None"])
def test_an_answer_that_is_left_open_is_not_attempted(course: Course, names: Any, value: str) -> None:
    with pytest.raises(NotAttempted, match="`depth` has no answer yet"):
        pack(course.exercise("depth"), names(f"depth = {value}"), NOTHING)


def test_a_function_cell_travels_with_its_settings(course: Course) -> None:
    cell = "%%function issue-ticket timeout=7 TABLE=orders\ndef handler(event, context):\n    return 1\n"
    kept = FunctionSource("issue-ticket", cell.partition("\n")[2], 7, None, MappingProxyType({"TABLE": "orders"}))
    for names in (written(cell), Live({}, {"issue-ticket": kept})):
        [handler] = Parcel.from_json(pack(course.exercise("issue-ticket"), names, NOTHING).to_json()).handlers
        assert (handler.name, handler.timeout, handler.memory) == ("issue-ticket", 7, None)
        assert handler.environment == {"TABLE": "orders"}
        assert handler.source == kept.source


def test_a_deployment_package_without_a_handler_is_refused_with_a_sentence(course: Course) -> None:
    with pytest.raises(CannotBeRun, match="has no `def handler"):
        pack(course.exercise("issue-ticket"), written("%%function issue-ticket\nx = 1\n"), NOTHING)


@pytest.mark.parametrize(
    ("exercise", "cell", "sentence"),
    [
        ("backoff", "def backoff(a):\n    return (1\n", "syntax error in line 2, `return \\(1`"),
        ("issue-ticket", "%%function issue-ticket\ndef handler(event, context)\n    pass", "syntax error in line 1"),
    ],
)
def test_a_syntax_error_is_told_with_its_line(course: Course, exercise: str, cell: str, sentence: str) -> None:
    with pytest.raises(CannotBeRun, match=sentence):
        pack(course.exercise(exercise), written("x = 1", cell), NOTHING)


def test_the_names_a_source_uses_are_the_global_ones_it_does_not_make() -> None:
    source = "@deco\ndef f(a, b=DEFAULT):\n    c = a.x\n    global G\n    return [x + c + OTHER for x in G] + len(b)\n"
    assert names_used(source) == ["DEFAULT", "G", "OTHER", "deco"]


def test_a_damaged_notebook_is_refused_with_a_sentence(tmp_path: Any) -> None:
    for number, text in enumerate(['{"cells": [{"cell_type": "co', "[]", '{"cells": 3}', "[" * 100_000]):
        path = tmp_path / f"{number}.ipynb"
        path.write_text(text)
        with pytest.raises(CannotBeRun, match="damaged"):
            Written.from_file(path)
    with pytest.raises(CannotBeRun, match="cannot be read"):
        Written.from_file(tmp_path / "none.ipynb")


def test_line_magics_do_not_hide_the_rest_of_a_cell(course: Course) -> None:
    cell = "%matplotlib inline\n!ls\ndef backoff():\n    return 4"
    assert unpacked(pack(course.exercise("backoff"), written(cell), NOTHING))["backoff"]() == 4


def test_two_functions_may_be_asked_for_by_one_exercise(course: Course) -> None:
    exercise = replace(course.exercise("backoff"), takes={"one": "function", "two": "answer"})
    parcel = pack(exercise, written("def one():\n    return two", "two = 2"), NOTHING)
    assert (parcel.functions, parcel.answers) == (("one",), ("two",))
    assert [piece.name for piece in parcel.pieces] == ["two", "one"]
