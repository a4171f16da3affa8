"""The learner's copies of the notebooks, in `work/`: refreshed where nobody touched them, and never lost."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import NamedTuple

from .course import Course
from .files import read_json, sha256, write_json, write_whole

PUBLISHED_FOLDERS = ("notebooks", "labs")


class HandedOut(NamedTuple):
    """What `hand_out` did: the copies it wrote, and what the learner must be told, one sentence each."""

    fresh: list[Path]
    told: list[str]


def hand_out(course: Course) -> HandedOut:
    """Bring the learner's copies in `work/` up to date without ever touching the learner's work.

    A copy that is absent is handed out. A copy that is byte for byte as it was handed out is replaced by a newer
    published one. A copy that differs in any way is the learner's: it stays, and a newer published one is put beside
    it, once, as `name.new.ipynb`. Nothing is ever deleted. Whatever interrupts it, running it again completes it.
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
        present = sha256(copy.read_bytes()) if copy.exists() else None
        if present == newest:
            record["given"] = newest
        elif present is None or present == record.get("given"):
            write_whole(copy, data)
            fresh.append(copy)
            record["given"] = newest
        elif newest not in (record.get("given"), record.get("offered")):
            beside = free_name(copy, {str(record.get("offered")), newest})
            write_whole(beside, data)
            fresh.append(beside)
            record["offered"] = newest
            told.append(
                f"{copy.relative_to(course.root)} has a newer version; yours is kept, and the new one is beside it: "
                f"{beside.name}."
            )
        if record != found:
            known[name] = record
            write_json(course.manifest, {"format": 1, "copies": known})
    return HandedOut(fresh, told)


def free_name(copy: Path, ours: set[str]) -> Path:
    """The name beside `copy` for a newer version: one that is free, or holds a newer version nobody has touched."""
    for number in itertools.count(1):
        beside = copy.with_name("{}.new{}.ipynb".format(copy.stem, "" if number == 1 else f"-{number}"))
        if not beside.exists() or sha256(beside.read_bytes()) in ours:
            return beside
    raise AssertionError("unreachable")
