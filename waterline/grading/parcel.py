"""An answer made ready to travel to the process in which checks run: as source text, never as objects.

Words: a *name* is looked up where the learner wrote it, in a notebook's kernel (`live`) or in a file (`written`). What
is found is a *piece*: the source that makes this name. A *parcel* holds every piece that an answer needs, in an order
in which they can be executed. A *starter* is the answer as handed out; who has not changed it has not attempted it.
"""

from __future__ import annotations

import ast
import builtins
import symtable
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from waterline.compute.source import FunctionSource
from waterline.grading.manifest import Exercise
from waterline.grading.verdict import CannotBeRun, NotAttempted


@dataclass(frozen=True)
class Piece:
    """The source that makes `name`; `line` is the number, in what the learner sees, of its first line."""

    name: str
    source: str
    line: int = 1

    @property
    def filename(self) -> str:
        """What stands for a file in tracebacks."""
        return f"<your {self.name}>"


@dataclass(frozen=True)
class Handler(FunctionSource):
    """The source of a `%%function` cell. A check is given it by name, and deploys it into a cloud of its own."""

    def deploy(self, cloud: Any, **changes: Any) -> Any:
        """`cloud.deploy` with what the learner gave, but for `changes`; returns the function's ARN."""
        given = {"timeout": self.timeout, "memory": self.memory, "environment": dict(self.environment)}
        given |= changes
        return cloud.deploy(self.name, self.source, **{key: value for key, value in given.items() if value is not None})


class Names(Protocol):
    """Where a learner's names are looked up."""

    def piece(self, name: str, needed_by: str) -> Piece | None:
        """The piece that makes `name`, or None. Raises CannotBeRun if there is something that cannot travel."""

    def handler(self, name: str) -> Handler | None:
        """The handler that was written under `name`, or None."""


@dataclass(frozen=True)
class Parcel:
    """What one exercise takes, with all it needs. `functions` and `answers` are names that `pieces` make."""

    pieces: tuple[Piece, ...] = ()
    functions: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()
    handlers: tuple[Handler, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Parcel:
        return cls(
            tuple(Piece(**piece) for piece in value["pieces"]),
            tuple(value["functions"]),
            tuple(value["answers"]),
            tuple(Handler(**handler) for handler in value["handlers"]),
        )


def pack(exercise: Exercise, names: Names, starter: Names) -> Parcel:
    """What `exercise` takes, found among `names`.

    Raises NotAttempted if something is missing, blank, or as in `starter`; CannotBeRun if something has a syntax error
    or needs what cannot travel.
    """
    pieces: dict[str, Piece] = {}
    found: dict[str, list[str]] = {"function": [], "answer": []}
    handlers = []
    for name, what in exercise.takes.items():
        if what == "handler":
            handlers.append(_handler(exercise, name, names, starter))
            continue
        piece = names.piece(name, needed_by=name)
        if piece is None:
            raise NotAttempted(f"There is no {what} `{name}` yet: run the cell that defines it.")
        tree = parsed(piece.source, f"`{name}`", piece.line)
        if what == "function" and (blank(tree, name) or _same(tree, starter.piece(name, needed_by=name))):
            raise NotAttempted(f"`{name}` is still as it was handed out.")
        if what == "answer" and (_ellipsis(tree) or _same(tree, starter.piece(name, needed_by=name))):
            raise NotAttempted(f"`{name}` has no answer yet.")
        found[what].append(name)
        _add(piece, names, pieces)
    return Parcel(tuple(pieces.values()), tuple(found["function"]), tuple(found["answer"]), tuple(handlers))


def parsed(source: str, what: str, first: int = 1) -> ast.Module:
    """The syntax tree. Raises CannotBeRun with the line at fault; `first` is the number of the source's first line."""
    try:
        return ast.parse(source)
    except SyntaxError as error:
        number = error.lineno or 1
        line = (source.splitlines() or [""])[min(number, len(source.splitlines())) - 1].strip() if source else ""
        raise CannotBeRun(
            f"{what} has a syntax error in line {number + first - 1}, `{line}`: {error.msg or 'invalid syntax'}."
        ) from None
    except (ValueError, RecursionError, MemoryError) as error:  # a null character, a thousand brackets
        raise CannotBeRun(f"{what} is no Python source: {error or type(error).__name__}.") from None


def blank(tree: ast.Module, name: str) -> bool:
    """Whether the last function `name` has nothing in it but what stands for "to be written"."""
    functions = [
        node for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == name
    ]
    return bool(functions) and all(_says_nothing(statement) for statement in functions[-1].body)


def names_used(source: str) -> list[str]:
    """The global names that `source` uses and does not make itself, in alphabetical order; builtins left out."""
    top = symtable.symtable(source, "<answer>", "exec")
    own = {symbol.get_name() for symbol in top.get_symbols() if symbol.is_assigned() or symbol.is_imported()}
    used: set[str] = set()
    tables = [top]
    while tables:
        table = tables.pop()
        tables += table.get_children()
        for symbol in table.get_symbols():
            if symbol.is_referenced() and (table is top or symbol.is_global()):
                used.add(symbol.get_name())
    return sorted(name for name in used - own if not hasattr(builtins, name) and not name.startswith("__"))


def _add(piece: Piece, names: Names, pieces: dict[str, Piece], needing: tuple[str, ...] = ()) -> None:
    """Add `piece` to `pieces`, after what it needs."""
    for name in names_used(piece.source):
        if name not in pieces and name != piece.name and name not in needing:
            needed = names.piece(name, needed_by=piece.name)
            if needed is not None:
                parsed(needed.source, f"`{name}`", needed.line)
                _add(needed, names, pieces, (*needing, piece.name))
    pieces[piece.name] = piece


def _handler(exercise: Exercise, name: str, names: Names, starter: Names) -> Handler:
    handler = names.handler(name)
    if handler is None:
        raise NotAttempted(f"There is no function `{name}` yet: run the cell that begins with `%%function {name}`.")
    tree = parsed(handler.source, f"`{name}`")
    first = starter.handler(name)
    if blank(tree, "handler") or (first and _same(tree, Piece(name, first.source))):
        raise NotAttempted(f"`{name}` is still as it was handed out.")
    if not any(isinstance(node, ast.FunctionDef) and node.name == "handler" for node in tree.body) and (
        "handler" not in {symbol.get_name() for symbol in symtable.symtable(handler.source, name, "exec").get_symbols()}
    ):
        raise CannotBeRun(f"`{name}` has no `def handler(event, context):`, which is where an invocation begins.")
    return handler


def _same(tree: ast.Module, starter: Piece | None) -> bool:
    """Whether two sources say the same, comments and layout aside."""
    if starter is None:
        return False
    try:
        return ast.dump(tree) == ast.dump(ast.parse(starter.source))
    except (SyntaxError, ValueError):
        return False


def _ellipsis(tree: ast.Module) -> bool:
    last = tree.body[-1] if tree.body else None
    value = getattr(last, "value", None)
    return isinstance(value, ast.Constant) and value.value in (..., None)


def _says_nothing(statement: ast.stmt) -> bool:
    match statement:
        case ast.Pass():
            return True
        case ast.Expr(value=ast.Constant()):  # a docstring, or `...`
            return True
        case ast.Return(value=None | ast.Constant(value=None) | ast.Constant(value=builtins.Ellipsis)):
            return True
        case ast.Return(value=ast.Name(id="NotImplemented")):
            return True
        case ast.Raise(exc=ast.Name(id="NotImplementedError") | ast.Call(func=ast.Name(id="NotImplementedError"))):
            return True
    return False
