"""Which Pythons start the course, and what the others hear."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from waterline.desk.course import StartError
from waterline.desk.pythons import check

ROOT = Path(__file__).resolve().parents[2]
OLD_PYTHONS = [
    path
    for path in Path.home().glob(".pyenv/versions/3.*/bin/python")
    if (3, 6) <= tuple(int(part) for part in path.parent.parent.name.split(".")[:2]) < (3, 11)
]


@pytest.mark.parametrize("version", [(3, 11, 0), (3, 11, 7), (3, 12, 1), (3, 13, 0), (3, 14, 9)])
def test_the_pythons_of_the_course_are_let_in(version: tuple[int, ...]) -> None:
    check(version)


@pytest.mark.parametrize(
    ("version", "fault"),
    [
        ((3, 6, 15), "Python 3.6, which is older than"),
        ((3, 10, 13), "Python 3.10, which is older than"),
        ((3, 15, 0), "Python 3.15, which is newer than"),
        ((4, 0, 0), "Python 4.0, which is newer than"),
    ],
)
def test_any_other_python_hears_one_sentence_with_the_way_on(version: tuple[int, ...], fault: str) -> None:
    with pytest.raises(StartError) as refused:
        check(version)
    sentence = str(refused.value)
    assert fault in sentence
    assert "3.11 to 3.14" in sentence
    assert "\n" not in sentence


@pytest.mark.skipif(os.name == "nt", reason="puts a link on PATH")
def test_the_sentence_names_a_suitable_python_that_is_on_the_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    minor = sys.version_info[1]
    name = f"python3.{minor}"
    (tmp_path / name).symlink_to(sys.executable)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(StartError, match=rf"type `{re.escape(name)} start\.py` instead"):
        check((3, 9, 1))


@pytest.mark.skipif(os.name == "nt", reason="puts a shell script on PATH")
def test_a_python_on_the_path_that_does_not_run_is_not_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shim = tmp_path / "python3.12"
    shim.write_text("#!/bin/sh\nexit 127\n")
    shim.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(StartError, match=r"install Python 3\.14 and run it again"):
        check((3, 9, 1))


@pytest.mark.skipif(not OLD_PYTHONS, reason="no older Python is installed by pyenv here")
@pytest.mark.parametrize("python", OLD_PYTHONS, ids=lambda path: path.parent.parent.name)
def test_a_real_older_python_can_read_start_py_and_says_so(python: Path) -> None:
    ran = subprocess.run([str(python), "start.py"], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 1
    assert ran.stdout == ""
    assert len(ran.stderr.strip().splitlines()) == 1
    assert "which is older than the Python 3.11 to 3.14 that the course needs" in ran.stderr


def test_start_py_needs_nothing_that_is_not_in_the_standard_library(
    put_start: Callable[[Path], None], tmp_path: Path
) -> None:
    put_start(tmp_path)
    alone = [sys.executable, "-I", "-S", "start.py"]
    ran = subprocess.run([*alone, "--help"], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "--no-browser" in ran.stdout
    code = (
        "import sys; sys.path.insert(0, '.'); import start; start.desk('command'); "
        "print(*sorted(name for name in sys.modules if name.partition('.')[0] not in sys.stdlib_module_names))"
    )
    imported = subprocess.run([*alone[:-1], "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    modules = sorted(path.stem for path in (ROOT / "waterline" / "desk").glob("[!_]*.py"))
    assert set(imported.stdout.split()) == {"__main__", "desk", "start", *(f"desk.{name}" for name in modules)}


def test_a_course_without_its_desk_is_one_sentence(put_start: Callable[[Path], None], tmp_path: Path) -> None:
    put_start(tmp_path)
    shutil.rmtree(tmp_path / "waterline" / "desk")
    ran = subprocess.run([sys.executable, "start.py"], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 1
    assert len(ran.stderr.strip().splitlines()) == 1
    assert "is incomplete: get the course again" in ran.stderr
