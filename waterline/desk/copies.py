"""The learner's copies of the notebooks, in `work/`: refreshed where nobody touched them, and never lost.

A copy is *untouched* as long as its cells are those that were handed out: the same identifiers, types and sources, the
same outputs and execution counts. Metadata do not count, neither the notebook's nor a cell's nor an output's, because
JupyterLab completes them when a notebook is opened, and its autosave then writes the file without anybody's doing.
Everything else counts as touched: a run that changed an output or a count, a letter that was typed, a file that is no
notebook, one that cannot be read.
"""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any, NamedTuple

from .course import Course
from .files import read_json, sha256, write_json, write_whole

PUBLISHED_FOLDERS = ("notebooks", "labs")


class HandedOut(NamedTuple):
    """What `hand_out` did: the copies it wrote, and what the learner must be told, one sentence each."""

    fresh: list[Path]
    told: list[str]


def hand_out(course: Course) -> HandedOut:
    """Bring the learner's copies in `work/` up to date without ever touching the learner's work.

    A copy that is absent is handed out. A copy that is untouched is replaced by a newer published one. Any other copy
    is the learner's: it stays, and a newer published one is put beside it, once, as `name.new.ipynb`. Nothing is ever
    deleted. Whatever interrupts it, running it again completes it.
    """
    copies = read_json(course.manifest).get("copies")
    known = dict(copies) if isinstance(copies, dict) else {}
    fresh: list[Path] = []
    told: list[str] = []
    published = sorted(file for folder in PUBLISHED_FOLDERS for file in (course.root / folder).glob("*.ipynb"))
    for original in published:
        data = original.read_bytes()
        newest = sha256(data)
        copy = course.work / original.parent.name / original.name
        name = f"{original.parent.name}/{original.name}"
        found = known.get(name)
        record = dict(found) if isinstance(found, dict) else {}
        if not copy.exists():
            write_whole(copy, data)
            fresh.append(copy)
            record.update(given=newest, given_cells=cells(data))
        elif newest == record.get("given"):
            record["given_cells"] = cells(data)
        elif is_one_of(copy, {str(record.get("given")): record.get("given_cells")}):
            write_whole(copy, data)
            fresh.append(copy)
            record.update(given=newest, given_cells=cells(data))
        elif is_one_of(copy, {newest: cells(data)}):
            record.update(given=newest, given_cells=cells(data))
        elif newest != record.get("offered"):
            beside = free_name(copy, {str(record.get("offered")): record.get("offered_cells"), newest: cells(data)})
            write_whole(beside, data)
            fresh.append(beside)
            record.update(offered=newest, offered_cells=cells(data))
            told.append(
                f"{copy.relative_to(course.root)} has a newer version; yours is kept, and the new one is beside it: "
                f"{beside.name}."
            )
        if record != found:
            known[name] = record
            write_json(course.manifest, {"format": 1, "copies": known})
    return HandedOut(fresh, told)


def is_one_of(copy: Path, versions: dict[str, Any]) -> bool:
    """True when a file is one of these published versions, untouched: the hash of each, and that of its cells."""
    try:
        data = copy.read_bytes()
    except OSError:
        return False
    if sha256(data) in versions:
        return True
    content = cells(data)
    return content is not None and content in versions.values()


def cells(data: bytes) -> str | None:
    """The hash of all in a notebook that a learner can touch; None for what is no notebook."""
    try:
        notebook = json.loads(data)
        content = [_cell(cell) for cell in notebook["cells"]]
        return sha256(json.dumps(content, sort_keys=True).encode("ascii"))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def _cell(cell: dict[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in cell.items() if key not in ("metadata", "outputs")}
    outputs = [
        {key: _text(value) for key, value in output.items() if key != "metadata"} for output in cell.get("outputs", [])
    ]
    return {**kept, "source": _text(cell["source"]), "outputs": outputs}


def _text(value: Any) -> Any:
    """Text that a notebook may also hold as a list of lines, as one string; within the data of an output as well."""
    if isinstance(value, dict):
        return {key: _text(inner) for key, inner in value.items()}
    lines = isinstance(value, list) and all(isinstance(line, str) for line in value)
    return "".join(value) if lines else value


def free_name(copy: Path, ours: dict[str, Any]) -> Path:
    """The name beside `copy` for a newer version: one that is free, or holds a newer version nobody has touched."""
    for number in itertools.count(1):
        beside = copy.with_name("{}.new{}.ipynb".format(copy.stem, "" if number == 1 else f"-{number}"))
        if not beside.exists() or is_one_of(beside, ours):
            return beside
    raise AssertionError("unreachable")
