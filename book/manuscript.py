"""A manuscript: the text file, in jupytext's py:percent format, from which notebooks are made.

Words: a *manuscript* is `book/NN-name/lesson.py` or `lab.py`, the only source; it is *solved* into a notebook that
runs, and, if it is a lab, *handed out* as a notebook in which the learner finds a starter. A *region* is what stands
between `### BEGIN SOLUTION` and `### END SOLUTION`. A *starter* is what the lab shows in its place.

How an author writes one is told in `book/build.py`. The format is described in jupytext's documentation, "Notebooks as
scripts", "The percent format" and "Magic commands".
"""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jupytext
import nbformat
from nbformat import NotebookNode

PERCENT = {"extension": ".py", "format_name": "percent"}
METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
"""Metadata of every notebook: without the version of the Python that made it."""

MARKER = re.compile(r"^\s*### (BEGIN|END) (SOLUTION|PROMPT)$")
ALMOST_MARKER = re.compile(r"^\s*#+\s*(BEGIN|END)\b", re.IGNORECASE)
CELL = re.compile(r"^# %%(\s|$)")
SOLUTION_TAG = "solution"
SHORTEST_LEAK = 12
"""Shorter lines of a solution, such as `return total`, may stand in a lab by chance."""


class ManuscriptError(Exception):
    """A manuscript that no notebook can be made of; the message is one sentence that names file and line."""


class _RegionError(Exception):
    def __init__(self, index: int, message: str) -> None:
        super().__init__(message)
        self.index = index


@dataclass(frozen=True)
class Region:
    """One solution region of a cell: its lines without markers, and the starter that takes its place in the lab."""

    solution: tuple[str, ...]
    starter: tuple[str, ...]


@dataclass(frozen=True)
class Cell:
    """One cell as the manuscript has it; `line` is the number of its `# %%` line, counted from 1."""

    line: int
    kind: str
    source: str
    metadata: dict[str, Any]

    @property
    def pieces(self) -> list[str | Region]:
        """The source as lines outside regions, and regions."""
        return (
            list(_pieces(self.source.split("\n")))
            if self.kind == "code"
            else list(self.source.split("\n"))
        )

    @property
    def is_solution_only(self) -> bool:
        return SOLUTION_TAG in self.metadata.get("tags", [])


@dataclass(frozen=True)
class Manuscript:
    """A manuscript that has been read and found sound; `where` is its path as messages show it, `stem` its module."""

    where: str
    stem: str
    cells: tuple[Cell, ...]


def read(path: Path, root: Path) -> Manuscript:
    """Read `root/book/NN-name/lesson.py` or `lab.py`.

    Raises ManuscriptError for a region that is not closed, misspelt or out of place, for text before the first cell,
    and for a comment that jupytext would take for a shell command.
    """
    where = path.relative_to(root).as_posix()
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines()
    starts = [number for number, line in enumerate(lines) if CELL.match(line)]
    before = [
        number
        for number, line in enumerate(lines[: starts[0] if starts else None], 1)
        if line.strip()
    ]
    if before or not starts:
        raise ManuscriptError(
            f"{where}, line {before[0] if before else 1}: a manuscript begins with a `# %%` line."
        )
    chunks = [
        lines[start + 1 : end] for start, end in zip(starts, [*starts[1:], len(lines)], strict=True)
    ]
    notebook = jupytext.reads(text, fmt=PERCENT)
    literal = jupytext.reads(text, fmt={**PERCENT, "comment_magics": False})
    if len(notebook.cells) != len(starts):
        raise ManuscriptError(
            f"{where}: jupytext finds {len(notebook.cells)} cells where {len(starts)} lines begin with `# %%`; "
            "look for such a line inside a string."
        )
    cells = []
    for start, chunk, cell, same in zip(starts, chunks, notebook.cells, literal.cells, strict=True):
        metadata = {
            key: value for key, value in cell.metadata.items() if key != "lines_to_next_cell"
        }
        found = Cell(start + 1, cell.cell_type, _tidy(cell.source), metadata)
        _refuse_false_magics(where, start, chunk, cell.source, same.source)
        _refuse_bad_regions(where, found, chunk, is_lab=path.stem == "lab")
        cells.append(found)
    return Manuscript(where, path.parent.name, tuple(cells))


def solved(manuscript: Manuscript) -> NotebookNode:
    """The notebook to execute: every solution in place, no markers, no starters."""
    return _notebook(
        manuscript,
        {i: _joined(cell, solved=True) for i, cell in enumerate(manuscript.cells)},
    )


def handed_out(manuscript: Manuscript) -> NotebookNode:
    """The lab as a learner gets it: starters in place of solutions, `solution` cells gone, nothing executed.

    Cells keep the identifiers that they have in the solved notebook. Raises ManuscriptError if a line of a solution is
    still to be read somewhere.
    """
    lab = _notebook(
        manuscript,
        {
            i: _joined(cell, solved=False)
            for i, cell in enumerate(manuscript.cells)
            if not cell.is_solution_only
        },
    )
    for leak in leaks(manuscript, lab):
        raise ManuscriptError(
            f"{manuscript.where}: the lab would show this line of a solution: {leak}"
        )
    return lab


def leaks(manuscript: Manuscript, lab: NotebookNode) -> list[str]:
    """Lines of the manuscript's solutions that can be read in `lab`, compared token by token, comments included.

    A line that also stands outside every region (the setup of another exercise, say) is no secret. A line that a
    starter repeats is: what solution and starter share belongs outside the region.
    """
    secret: dict[tuple[str, ...], str] = {}
    public: set[tuple[str, ...]] = set()
    for cell in manuscript.cells:
        for piece in cell.pieces:
            for line in piece.solution if isinstance(piece, Region) else (piece,):
                hidden = isinstance(piece, Region) or cell.is_solution_only
                if hidden and len(line.strip()) > SHORTEST_LEAK:
                    secret.setdefault(_tokens(line), line.strip())
                elif not hidden:
                    public.add(_tokens(line))
    shown = [_tokens(line) for cell in lab.cells for line in cell.source.split("\n")]
    shown += [_tokens(line) for cell in lab.cells for line in _output_text(cell).split("\n")]
    return [line for tokens, line in secret.items() if tokens not in public and tokens in shown]


def _notebook(manuscript: Manuscript, sources: dict[int, str]) -> NotebookNode:
    notebook = nbformat.v4.new_notebook(metadata=METADATA)
    for i, source in sources.items():
        cell = manuscript.cells[i]
        new = {"code": nbformat.v4.new_code_cell, "markdown": nbformat.v4.new_markdown_cell}.get(
            cell.kind, nbformat.v4.new_raw_cell
        )
        notebook.cells.append(new(source, id=f"{manuscript.stem}-{i:03d}", metadata=cell.metadata))
    return notebook


def _joined(cell: Cell, *, solved: bool) -> str:
    lines: list[str] = []
    for piece in cell.pieces:
        if isinstance(piece, Region):
            lines += piece.solution if solved else piece.starter
        else:
            lines.append(piece)
    return "\n".join(lines).strip("\n")


def _pieces(lines: Sequence[str]) -> Iterator[str | Region]:
    """Lines outside regions, and regions. Raises _RegionError with the index of the line at fault."""
    i = 0
    while i < len(lines):
        if not ALMOST_MARKER.match(lines[i]):
            yield lines[i]
            i += 1
            continue
        solution, after = _block(lines, i, "SOLUTION")
        indent = lines[i][: len(lines[i]) - len(lines[i].lstrip())]
        starter = (f"{indent}...",)
        following = next((j for j in range(after, len(lines)) if lines[j].strip()), after)
        if following < len(lines) and lines[following].strip() == "### BEGIN PROMPT":
            prompt, after = _block(lines, following, "PROMPT")
            starter = tuple(_uncommented(line, following + 1 + n) for n, line in enumerate(prompt))
        yield Region(tuple(solution), starter)
        i = after


def _block(lines: Sequence[str], begin: int, name: str) -> tuple[Sequence[str], int]:
    """The lines of the block that begins at index `begin`, and the index after its end."""
    marker = MARKER.match(lines[begin])
    if not marker:
        raise _RegionError(
            begin, f"`{lines[begin].strip()}` is no marker; write `### BEGIN SOLUTION` exactly"
        )
    if marker[1] == "END":
        raise _RegionError(
            begin, f"`### END {marker[2]}` has no `### BEGIN {marker[2]}` in its cell"
        )
    if marker[2] != name:
        raise _RegionError(
            begin, "`### BEGIN PROMPT` must follow an `### END SOLUTION`, whose starter it is"
        )
    for end in range(begin + 1, len(lines)):
        if lines[end].strip() == f"### END {name}":
            return lines[begin + 1 : end], end + 1
        if ALMOST_MARKER.match(lines[end]):
            break
    raise _RegionError(begin, f"`### BEGIN {name}` has no `### END {name}` in its cell")


def _uncommented(line: str, index: int) -> str:
    code = line.lstrip()
    if not code:
        return ""
    if code != "#" and not code.startswith("# "):
        raise _RegionError(
            index,
            "a line of a prompt is commented out with `# `, as it must not run in the solution",
        )
    return (line[: len(line) - len(code)] + code[2:]).rstrip()


def _refuse_bad_regions(where: str, cell: Cell, chunk: Sequence[str], *, is_lab: bool) -> None:
    has_region = any(ALMOST_MARKER.match(line) for line in chunk)
    if cell.kind != "code" and any(MARKER.match(line) for line in chunk):
        raise ManuscriptError(f"{where}, line {cell.line}: a region can stand only in a code cell.")
    if not is_lab and (cell.is_solution_only or (has_region and cell.kind == "code")):
        raise ManuscriptError(
            f"{where}, line {cell.line}: a lesson has no solutions; they belong in lab.py."
        )
    if cell.kind == "code":
        try:
            list(_pieces(chunk))
        except _RegionError as error:
            raise ManuscriptError(
                f"{where}, line {cell.line + 1 + error.index}: {error}."
            ) from None


def _refuse_false_magics(
    where: str, start: int, chunk: Sequence[str], source: str, literal: str
) -> None:
    for read, written in zip(source.split("\n"), literal.split("\n"), strict=True):
        if read != written and not written.lstrip().startswith("# %"):
            line = start + 2 + chunk.index(written) if written in chunk else start + 1
            raise ManuscriptError(
                f"{where}, line {line}: jupytext takes the comment `{written.strip()}` for a shell command; "
                "begin it with another word."
            )


def _tidy(source: str) -> str:
    """Without the blank lines that a formatter puts between a cell magic and the function below it."""
    return re.sub(r"\A(%%\S.*\n)\n+", r"\1", source).strip("\n")


def _tokens(line: str) -> tuple[str, ...]:
    """The line's words and signs, without blanks and leading `#`, so that a copy cannot hide in layout or a comment."""
    code = line.strip().lstrip("# ")
    try:
        tokens = [token.string for token in tokenize.generate_tokens(io.StringIO(code).readline)]
    except (tokenize.TokenError, SyntaxError):
        tokens = re.findall(r"\w+|[^\w\s]", code)
    return tuple(token for token in tokens if token.strip())


def _output_text(cell: NotebookNode) -> str:
    texts: list[str] = []
    for output in cell.get("outputs", []):
        values = [output.get("text", ""), *output.get("data", {}).values()]
        texts += [value for value in values if isinstance(value, str)]
    return "\n".join(texts)
