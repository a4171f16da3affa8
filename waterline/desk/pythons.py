"""Which Pythons are let in, and which one of this machine to take instead.

A Python 3.6 must be able to read `start.py`, this module and `course`: a Python that is too old then hears one sentence
instead of a SyntaxError. The other modules are read only by a Python that `check` has let in.
"""

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

from .course import StartError

if TYPE_CHECKING:
    from collections.abc import Sequence

OLDEST, NEWEST = (3, 11), (3, 14)


def version_of(command: "Sequence[str]") -> "tuple[int, int, int] | None":
    """The version of the Python that `command` runs, or None when it does not run."""
    ask = [*command, "-I", "-c", "import sys; print(*sys.version_info[:3])"]
    try:
        answer = subprocess.run(ask, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=60, check=True)
        major, minor, micro = (int(part) for part in answer.stdout.split())
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
    return major, minor, micro


def supported(version: "Sequence[int]") -> bool:
    """True for the Pythons that the course is made for."""
    return OLDEST <= tuple(version[:2]) <= NEWEST


def command_with_another_python() -> "str | None":
    """The command that starts the course with a suitable Python of this machine, or None when there is none."""
    for minor in range(NEWEST[1], OLDEST[1] - 1, -1):
        name = f"python3.{minor}"
        if shutil.which(name) and (version_of([name]) or (0, 0))[:2] == (3, minor):
            return name + " start.py"
        launcher = f"-3.{minor}"
        if os.name == "nt" and shutil.which("py") and version_of(["py", launcher]):
            return f"py {launcher} start.py"
    if shutil.which("uv"):
        return f"uv run --no-project --python 3.{NEWEST[1] - 1} start.py"
    return None


def check(version: "Sequence[int]") -> None:
    """Raise StartError unless the running Python, of this `version`, is one the course is made for."""
    if supported(version):
        return
    now, oldest, newest = (".".join(str(part) for part in v[:2]) for v in (version, OLDEST, NEWEST))
    fault = "older than" if tuple(version[:2]) < OLDEST else "newer than"
    other = command_with_another_python()
    way_on = f"type `{other}` instead" if other else f"install Python {newest} and run it again with that"
    raise StartError(
        f"This is Python {now}, which is {fault} the Python {oldest} to {newest} that the course needs: {way_on}."
    )
