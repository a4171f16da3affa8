"""An answer in a running notebook: the names of its kernel, as they are at this moment.

Functions and classes travel as their source, modules and what was imported as an import, values as a literal. A client,
a cloud, an open file or the work of a closure cannot travel, and is refused in one sentence.
"""

from __future__ import annotations

import ast
import inspect
import sys
import textwrap
import types
from collections.abc import Mapping
from typing import Any

from waterline.compute.source import FunctionSource
from waterline.grading.parcel import Handler, Piece
from waterline.grading.verdict import CannotBeRun

LONGEST = 100_000
"""Characters of a value's literal: longer ones do not travel."""


class Live:
    """The names of a notebook's kernel: its global names, and the handlers that its `%%function` cells registered."""

    def __init__(self, namespace: Mapping[str, Any], functions: Mapping[str, FunctionSource]) -> None:
        self._namespace = namespace
        self._functions = functions

    @classmethod
    def of(cls, namespace: Mapping[str, Any]) -> Live:
        """The names in `namespace`, and the functions that `waterline.notebook` knows."""
        notebook = sys.modules.get("waterline.notebook")
        return cls(namespace, getattr(notebook, "functions", {}))

    def handler(self, name: str) -> Handler | None:
        written = self._functions.get(name)
        if written is None:
            return None
        return Handler(written.name, written.source, written.timeout, written.memory, dict(written.environment))

    def piece(self, name: str, needed_by: str) -> Piece | None:
        if name not in self._namespace:
            return None
        value = self._namespace[name]
        imported = _import(name, value)
        if imported is not None:
            return Piece(name, imported)
        if inspect.isfunction(value):
            return self._function(name, value)
        if inspect.isclass(value):
            return self._class(name)
        literal = _literal(value)
        if literal is not None:
            return Piece(name, f"{name} = {literal}")
        if name == needed_by:
            raise CannotBeRun(
                f"`{name}` is a {type(value).__name__}, and an answer is plain: a number, a text, a list of them."
            )
        raise CannotBeRun(
            f"`{needed_by}` uses `{name}`, a {type(value).__name__} of this notebook, which does not travel to a "
            f"check: make it inside `{needed_by}`, or take it as a parameter."
        )

    def _function(self, name: str, function: types.FunctionType) -> Piece:
        inner = inspect.unwrap(function)
        if inner.__closure__ and inner.__name__ != "<lambda>" and "<locals>" in inner.__qualname__:
            raise CannotBeRun(f"`{name}` was made inside another function: define it at the left margin of a cell.")
        try:
            lines, line = inspect.getsourcelines(inner)
        except (OSError, TypeError):
            raise CannotBeRun(f"The source of `{name}` is not known: run the cell that defines it again.") from None
        source = textwrap.dedent("".join(lines))
        if _makes(source, name):
            return Piece(name, source, line)
        if _makes(source, inner.__name__):
            return Piece(name, f"{source.rstrip()}\n{name} = {inner.__name__}\n", line)
        raise CannotBeRun(f"`{name}` cannot be taken from its cell: write it as `def {name}(...):`.")

    def _class(self, name: str) -> Piece:
        """The newest cell that has a class of this name; a kernel keeps the text of its cells as `In`."""
        for cell in reversed(list(self._namespace.get("In", []))):
            try:
                body = ast.parse(cell).body
            except (SyntaxError, ValueError, TypeError):
                continue
            for node in reversed(body):
                if isinstance(node, ast.ClassDef) and node.name == name:
                    first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
                    return Piece(name, "\n".join(cell.splitlines()[first - 1 : node.end_lineno]) + "\n", first)
        raise CannotBeRun(f"The source of the class `{name}` is not known: run the cell that defines it again.")


def _import(name: str, value: object) -> str | None:
    """The import that gives `value` in another process, or None if none does."""
    if isinstance(value, types.ModuleType):
        return f"import {value.__name__} as {name}" if value.__name__ != "__main__" else None
    module, path = getattr(value, "__module__", None), getattr(value, "__qualname__", None)
    if not isinstance(module, str) or not isinstance(path, str) or module == "__main__":
        return None
    if "." in path or getattr(sys.modules.get(module), path, None) is not value:
        return None
    return f"from {module} import {path} as {name}"


def _literal(value: object) -> str | None:
    """A text that stands for the same value in any Python, or None if there is none."""
    if value is ...:
        return "..."
    try:
        text = repr(value)
        same = ast.literal_eval(text)
    except Exception:  # a __repr__ of the learner's may raise anything
        return None
    return text if len(text) <= LONGEST and type(same) is type(value) and same == value else None


def _makes(source: str, name: str) -> bool:
    try:
        body = ast.parse(source).body
    except SyntaxError:
        return False
    match body:
        case [ast.FunctionDef(name=made) | ast.AsyncFunctionDef(name=made)] if made == name:
            return True
        case [ast.Assign(targets=[ast.Name(id=made)])] if made == name:
            return True
    return False
