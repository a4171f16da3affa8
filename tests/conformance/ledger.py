"""The conformance register: every behavior of AWS that a story test holds the lab to, with its source.

    python tests/conformance/ledger.py      # writes docs/conformance.md

A **behavior** is a test function of the services whose docstring names a source (see `sources`). Its claim is its name,
which by the rules of the house is a sentence; however many rows its table has, it counts once. A test whose docstring
names none is about the lab itself, and is not counted.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE), str(ROOT)]

from sources import sources  # noqa: E402

PLACES = (
    "tests/compute",
    "tests/pipes",
    "tests/services",
    "tests/templates",
    "tests/test_cloud.py",
    "tests/conformance/test_misconceptions.py",
)
PAGE = ROOT / "docs" / "conformance.md"

_OPENING = """# What the lab is held to

{count} behaviors of AWS, each with a story test on the virtual clock and the source that documents it: a page of a
guide, an action of an API reference, or a dated fact (`waterline facts`), which names its own source. A behavior's
words are its test's name. Where the lab differs from AWS, [fidelity.md](fidelity.md) says so; how another
implementation answers, [witness.md](witness.md). Made by `python tests/conformance/ledger.py` from the docstrings.
"""


@dataclass(frozen=True)
class Behavior:
    """One row; `test` is the name of the function in `file`."""

    claim: str
    sources: tuple[str, ...]
    file: str
    test: str


def stories() -> Iterator[tuple[str, str, ast.FunctionDef]]:
    """Every test function of the services: its file, the file's docstring and itself, by file and in order."""
    for place in PLACES:
        path = ROOT / place
        for file in sorted(path.rglob("test_*.py")) if path.is_dir() else [path]:
            module = ast.parse(file.read_text(encoding="utf-8"))
            for node in module.body:
                if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                    yield file.relative_to(ROOT).as_posix(), ast.get_docstring(module) or "", node


def behaviors() -> Iterator[Behavior]:
    """The tests that name a source; ValueError for one that names what nobody knows."""
    unknown = []
    for file, module, node in stories():
        try:
            named = tuple(sources(ast.get_docstring(node) or "", module))
        except ValueError as error:
            unknown.append(f"{file}::{node.name}: {error}")
            continue
        if named:
            claim = node.name.removeprefix("test_").replace("_", " ").capitalize()
            yield Behavior(claim, named, file, node.name)
    if unknown:
        raise ValueError("\n".join(unknown))


def page(rows: list[Behavior]) -> str:
    """`docs/conformance.md`."""
    lines = [_OPENING.format(count=len(rows))]
    for file in dict.fromkeys(row.file for row in rows):
        lines += [f"## `{file}`\n", "| behavior | source |", "|---|---|"]
        lines += [f"| {row.claim} | {'; '.join(row.sources)} |" for row in rows if row.file == file]
        lines.append("")
    return "\n".join(lines)


if __name__ == "__main__":
    found = list(behaviors())
    PAGE.write_text(page(found), encoding="utf-8")
    print(f"{PAGE.relative_to(ROOT)}: {len(found)} behaviors")
