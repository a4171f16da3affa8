"""The kernel in which every notebook of the course is executed, by the build and by nbval alike.

A stored output can be compared to the letter only if nothing of the builder's machine reaches it. So a kernel gets:

- the running interpreter's ipykernel, whatever kernels the machine has registered;
- an environment of its own: hash seed, date and time zone fixed, no AWS settings, no CI or pytest variables;
- the package of this checkout (PYTHONPATH), not another installed one;
- its own copy of the IPython profile `book/ipython` (widget model identifiers are counted, SVG identifiers are salted),
  because IPython writes histories and folders into its profile;
- an empty working folder, and an empty `WATERLINE_WORK`, the folder in which the package keeps a learner's progress.

IPython's pages say which names are read: "Introduction to IPython configuration" (IPYTHONDIR, startup files) and
matplotlib's "Customizing Matplotlib with style sheets and rcParams" (MATPLOTLIBRC, svg.hashsalt).
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

BOOK = Path(__file__).resolve().parent

KEPT = (
    *(
        "PATH",
        "HOME",
        "USER",
        "LOGNAME",
        "SHELL",
        "LANG",
        "LD_LIBRARY_PATH",
        "TMPDIR",
        "XDG_CACHE_HOME",
    ),
    *(
        "SYSTEMROOT",
        "SYSTEMDRIVE",
        "COMSPEC",
        "PATHEXT",
        "TEMP",
        "TMP",
        "USERNAME",
        "USERPROFILE",
        "APPDATA",
    ),
    *("LOCALAPPDATA", "PROGRAMDATA", "NUMBER_OF_PROCESSORS", "VIRTUAL_ENV"),
)
"""Variables of the surrounding environment that a kernel sees; all others are dropped."""


def working_folder(scratch: Path) -> Path:
    """The folder, made empty inside `scratch`, in which the kernel starts."""
    folder = scratch / "cwd"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def environment(scratch: Path, surroundings: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The whole environment of one kernel; its profile and its learner's folder are made inside `scratch`.

    `scratch` is a folder of this kernel alone: two kernels that shared it would share a learner's progress.
    """
    profile = scratch / "ipython"
    shutil.copytree(
        BOOK / "ipython", profile, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__")
    )
    work = scratch / "work"
    work.mkdir(exist_ok=True)
    return {
        **{name: surroundings[name] for name in KEPT if name in surroundings},
        "PYTHONPATH": str(BOOK.parent),
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "SOURCE_DATE_EPOCH": "0",
        "TZ": "UTC",
        "IPYTHONDIR": str(profile),
        "MATPLOTLIBRC": str(profile / "matplotlibrc"),
        "AWS_CONFIG_FILE": str(scratch / "no-aws-config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(scratch / "no-aws-credentials"),
        "WATERLINE_PROGRESS": "off",
        "WATERLINE_STRICT": "1",
        "WATERLINE_WORK": str(work),
    }
