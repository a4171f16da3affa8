"""A tiny course to set a desk for: one small package from a folder instead of 127 from the network."""

import importlib.util
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]

# A build backend that lies in the project itself: an editable install that needs nothing but pip or uv.
BACKEND = """
import sys, pathlib
sys.path.insert(0, str(pathlib.Path(__file__).parent))
from wheels import write_wheel


def build_editable(folder, config_settings=None, metadata_directory=None):
    return write_wheel(pathlib.Path(folder), "tiny_course", "0.1", {"tiny_course.pth": str(pathlib.Path.cwd())}).name


def build_wheel(folder, config_settings=None, metadata_directory=None):
    return build_editable(folder)
"""
PROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["backend"]

[project]
name = "tiny-course"
version = "0.1"
"""


def load(path: Path) -> ModuleType:
    """The module in this file."""
    spec = importlib.util.spec_from_file_location(f"{path.stem}_under_test", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


write_wheel = load(HERE / "wheels.py").write_wheel


@pytest.fixture(scope="session")
def put_start() -> Callable[[Path], None]:
    """Copy start.py and all that it needs into a folder."""

    def put(root: Path) -> None:
        shutil.copy(ROOT / "start.py", root)
        shutil.copytree(
            ROOT / "waterline" / "desk", root / "waterline" / "desk", ignore=shutil.ignore_patterns("__pycache__")
        )

    return put


MakeCourse = Callable[[Path], Path]


@pytest.fixture(scope="session")
def make_course() -> MakeCourse:
    """Write a tiny course into a folder: its requirements, its project, one lesson and one lab."""

    def make(root: Path) -> Path:
        wheels = root / "wheels"
        wheels.mkdir(parents=True)
        write_wheel(wheels, "pebble", "1.0", {"pebble.py": "size = 1\n"})
        write_wheel(wheels, "pebble", "2.0", {"pebble.py": "size = 2\n"})
        write_wheel(wheels, "shell", "1.0", {"shell.py": "sound = 'sea'\n"})
        source = f"--no-index\n--find-links {wheels.as_posix()}\n"
        (root / "requirements.txt").write_text(source + "pebble==1.0\n")
        (root / "requirements-test.txt").write_text(source + "pebble==1.0\nshell==1.0\n")
        (root / "pyproject.toml").write_text(PROJECT)
        (root / "tiny_course.py").write_text("name = 'tiny'\n")
        (root / "backend").mkdir()
        (root / "backend" / "backend.py").write_text(BACKEND)
        shutil.copy(HERE / "wheels.py", root / "backend" / "wheels.py")
        for name in ("notebooks/00-start-here.ipynb", "labs/00-first-light.ipynb"):
            (root / name).parent.mkdir()
            (root / name).write_text('{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}\n')
        return root

    return make
