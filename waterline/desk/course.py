"""Where everything of the course lies, and the failures that a learner can do something about.

Every failure is a `StartError`, whose text is the one sentence that the learner sees: what is wrong, and the way on.
A Python 3.6 must be able to read this module; `pythons` says why.
"""

import os
from pathlib import Path

ROOM = 1000  # MB: the environment takes about 650, and what is fetched lies beside it for a while
COMMAND = "py start.py" if os.name == "nt" else "python3 start.py"
AGAIN = f"run `{COMMAND}` again"
FIRST_PAGE = "notebooks/00-start-here.ipynb"


class StartError(Exception):
    """A failure that the learner can do something about; its text is one sentence with the way on."""


class Course:
    """Where everything lies, for the course in the folder `root`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.venv = root / ".venv"
        self.python = self.venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
        self.stamp = self.venv / "start.json"
        self.log = self.venv / "start.log"
        self.requirements = root / "requirements.txt"
        self.test_requirements = root / "requirements-test.txt"
        self.project = root / "pyproject.toml"
        self.work = root / "work"
        self.jupyter = self.work / ".jupyter"
        self.manifest = self.work / ".published.json"


def disk_is_full(place: Path) -> str:
    """The sentence for a disk without room."""
    return f"The disk is full: the course needs about {ROOM} MB at {place}, so free some room, then {AGAIN}."
