"""The environment variables that child processes get: none that lead Python, pip or Jupyter astray."""

from __future__ import annotations

import os

from .course import Course

FOR_TESTS = {"PYTHONHASHSEED": "0", "SOURCE_DATE_EPOCH": "0", "TZ": "UTC", "WATERLINE_PROGRESS": "off"}


def clean(**more: str) -> dict[str, str]:
    """This process's variables without those that would point Python or an installer away from `.venv`."""
    astray = {
        "PYTHONHOME",
        "PYTHONPATH",
        "PYTHONSTARTUP",
        "PIP_TARGET",
        "PIP_PREFIX",
        "UV_SYSTEM_PYTHON",
        "VIRTUAL_ENV",
    }
    kept = {name: value for name, value in os.environ.items() if name not in astray}
    kept.update({"PIP_USER": "0", "PYTHONIOENCODING": "utf-8", "PYTHONNOUSERSITE": "1"})
    kept.update(more)
    return kept


def for_lab(course: Course, token: str) -> dict[str, str]:
    """The variables for JupyterLab: its settings and IPython's lie in `work/`, so that the user's cannot disturb."""
    kept = {name: value for name, value in clean().items() if not name.startswith(("JUPYTER", "JPY_", "IPYTHON"))}
    kept.pop("MPLBACKEND", None)
    kept.setdefault("WATERLINE_WORK", str(course.work))  # progress lies with the copies, wherever the package lies
    kept.update(
        JUPYTER_TOKEN=token,
        JUPYTER_PREFER_ENV_PATH="1",
        JUPYTER_PLATFORM_DIRS="1",
        JUPYTER_CONFIG_DIR=str(course.jupyter / "config"),
        JUPYTER_DATA_DIR=str(course.jupyter / "data"),
        JUPYTER_RUNTIME_DIR=str(course.jupyter / "runtime"),
        JUPYTERLAB_SETTINGS_DIR=str(course.jupyter / "settings"),
        JUPYTERLAB_WORKSPACES_DIR=str(course.jupyter / "workspaces"),
        IPYTHONDIR=str(course.jupyter / "ipython"),
    )
    return kept


def for_tests(course: Course, chromium: str | None) -> dict[str, str]:
    """The variables of a test run, for kernels too: they take chance, dates and the user's settings out of outputs."""
    env = clean(IPYTHONDIR=str(course.root / "book" / "ipython"), JUPYTER_PREFER_ENV_PATH="1", **FOR_TESTS)
    if chromium:
        env["WATERLINE_CHROMIUM"] = chromium
    return env
