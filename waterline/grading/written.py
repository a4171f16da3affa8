"""An answer in a file: a notebook, or Python text, read without running any of it.

A `.py` file may hold cells as jupytext's percent format does: `# %%` begins one, and so does a `%%function` line, as a
comment or not. Of two definitions of one name the later one counts, as it would if the cells were run in order.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from waterline.grading.parcel import Handler, Piece
from waterline.grading.verdict import CannotBeRun

FUNCTION = re.compile(r"^(?:# ?)?%%function\s+(.*)$")
CELL = re.compile(r"^# %%(?:\s|$)")


class Written:
    """The names that the cells of a file define."""

    def __init__(self, cells: Iterable[str]) -> None:
        self._handlers: dict[str, Handler] = {}
        self._statements: dict[str, tuple[str, int, ast.stmt]] = {}
        self._unreadable: list[str] = []
        for cell in cells:
            self._read(cell)

    @classmethod
    def from_file(cls, path: Path) -> Written:
        """The names in a notebook or a Python file. Raises CannotBeRun if it is neither."""
        try:
            text = path.read_text(encoding="utf-8")
            if path.suffix != ".ipynb":
                return cls(_cells(text))
            return cls(
                source if isinstance(source, str) else "".join(source)
                for cell in json.loads(text)["cells"]
                if cell["cell_type"] == "code"
                for source in [cell["source"]]
            )
        except OSError as error:
            raise CannotBeRun(f"{path} cannot be read: {error.strerror}.") from None
        except (ValueError, KeyError, TypeError, RecursionError):
            raise CannotBeRun(f"{path} is damaged: it is not the text of a notebook or of Python.") from None

    def handler(self, name: str) -> Handler | None:
        return self._handlers.get(name)

    def piece(self, name: str, needed_by: str) -> Piece | None:
        if name not in self._statements:
            for cell in self._unreadable:
                if re.search(rf"^(?:def\s+{re.escape(name)}\b|{re.escape(name)}\s*=)", cell, re.MULTILINE):
                    return Piece(name, cell)
            return None
        source, line, statement = self._statements[name]
        if isinstance(statement, ast.Assign | ast.AnnAssign) and not _plain(statement.value):
            if name == needed_by:
                raise CannotBeRun(f"`{name}` is not written out as a plain value: a number, a text, a list of them.")
            raise CannotBeRun(
                f"`{needed_by}` uses `{name}`, which is made by running the notebook and does not travel to a check: "
                f"make it inside `{needed_by}`, or take it as a parameter."
            )
        return Piece(name, source, line)

    def _read(self, cell: str) -> None:
        lines = cell.splitlines()
        start = next((i for i, line in enumerate(lines) if line.strip()), 0)
        magic = FUNCTION.match(lines[start]) if lines else None
        if magic:
            handler = _handler(magic[1], "\n".join(lines[start + 1 :]) + "\n")
            self._handlers[handler.name] = handler
            return
        # A line magic is no Python; its place is kept, so that line numbers stay.
        lines = [re.sub(r"^(\s*)[%!].*$", r"\1pass", line) for line in lines]
        try:
            tree = ast.parse("\n".join(lines))
        except (SyntaxError, ValueError):
            self._unreadable.append(cell)
            return
        for statement in tree.body:
            first = min([statement.lineno, *(d.lineno for d in getattr(statement, "decorator_list", []))])
            source = "\n".join(lines[first - 1 : statement.end_lineno])
            for name in _bound(statement):
                self._statements[name] = (_import(statement, name) or source, first, statement)


def _cells(text: str) -> list[str]:
    cells: list[list[str]] = [[]]
    for line in text.splitlines():
        if CELL.match(line):
            cells.append([])
        elif FUNCTION.match(line) and any(kept.strip() for kept in cells[-1]):
            cells.append([line])
        else:
            cells[-1].append(line)
    return ["\n".join(cell) for cell in cells]


def _handler(words: str, source: str) -> Handler:
    """The handler of a cell that begins with `%%function` and `words`."""
    from waterline.notebook import CellMistake, parse  # brings boto3 and moto with it, which most files do not need

    try:
        function = parse(words, source)
    except (CellMistake, ValueError) as mistake:
        raise CannotBeRun(str(mistake)) from None
    return Handler(function.name, source, function.timeout, function.memory, dict(function.environment))


def _bound(statement: ast.stmt) -> Sequence[str]:
    """The names that a statement at the top of a cell binds."""
    match statement:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return [name]
        case ast.Import(names=names):
            return [alias.asname or alias.name.partition(".")[0] for alias in names]
        case ast.ImportFrom(names=names):
            return [alias.asname or alias.name for alias in names]
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
            return [name]
    return []


def _import(statement: ast.stmt, name: str) -> str | None:
    """The import of `name` alone."""
    if not isinstance(statement, ast.Import | ast.ImportFrom):
        return None
    names = [alias for alias in statement.names if name in (alias.asname, alias.name, alias.name.partition(".")[0])]
    if isinstance(statement, ast.Import):
        return ast.unparse(ast.Import(names))
    return ast.unparse(ast.ImportFrom(statement.module, names, statement.level))


def _plain(value: ast.expr | None) -> bool:
    """Whether an expression says by itself what it is: a literal, or a lambda."""
    if isinstance(value, ast.Lambda):
        return True
    try:
        ast.literal_eval(value or "")
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return False
    return True
