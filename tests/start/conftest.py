"""start.py as a module, and a tiny course for it: one package of 600 bytes from a folder instead of 127 from the network."""

import base64
import hashlib
import importlib.util
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]

# A build backend that lies in the project itself: an editable install that needs nothing but pip or uv.
BACKEND = '''
import sys, pathlib
sys.path.insert(0, str(pathlib.Path(__file__).parent))
from wheels import write_wheel


def build_editable(folder, config_settings=None, metadata_directory=None):
    return write_wheel(pathlib.Path(folder), "tiny_course", "0.1", {"tiny_course.pth": str(pathlib.Path.cwd())}).name


def build_wheel(folder, config_settings=None, metadata_directory=None):
    return build_editable(folder)
'''
PROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["backend"]

[project]
name = "tiny-course"
version = "0.1"
"""


def write_wheel(folder: Path, name: str, version: str, files: dict[str, str]) -> Path:
    """Write a wheel of pure Python with these files into `folder`."""
    info = f"{name}-{version}.dist-info"
    files = {
        **files,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = ""
    path = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        for inside, text in files.items():
            wheel.writestr(inside, text)
            digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
            record += f"{inside},sha256={digest},{len(text.encode())}\n"
        wheel.writestr(f"{info}/RECORD", record + f"{info}/RECORD,,\n")
    return path


@pytest.fixture(scope="session")
def start() -> ModuleType:
    """The module start.py."""
    spec = importlib.util.spec_from_file_location("start_under_test", ROOT / "start.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


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
        helper = "import base64, hashlib, zipfile\nfrom pathlib import Path\n"
        source_lines = Path(__file__).read_text().split("def write_wheel", 1)[1].split("\n\n\n", 1)[0]
        (root / "backend" / "wheels.py").write_text(helper + "def write_wheel" + source_lines + "\n")
        for name in ("notebooks/00-start-here.ipynb", "labs/00-first-light.ipynb"):
            (root / name).parent.mkdir()
            (root / name).write_text('{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}\n')
        return root

    return make
