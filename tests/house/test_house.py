"""The house rules that tools can check: style, types, floors, and words that have no place here."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = Path(sys.executable).parent


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    "command",
    [
        ["ruff", "check", "."],
        ["ruff", "format", "--check", "."],
        ["mypy"],
        ["lint-imports"],
    ],
    ids=lambda command: " ".join(command),
)
def test_the_tool_finds_nothing(command: list[str]) -> None:
    done = run(str(SCRIPTS / command[0]), *command[1:])
    assert done.returncode == 0, done.stdout + done.stderr


def tracked() -> list[Path]:
    names = run("git", "ls-files", "--cached", "--others", "--exclude-standard").stdout.splitlines()
    return [ROOT / name for name in names if (ROOT / name).is_file()]


def test_the_files_are_known_to_git() -> None:
    assert len(tracked()) > 50


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (r"py" + r"pi\.org|python" + r"hosted|registry\." + r"npmjs", "a registry's host name"),
        (r"/work/" + r"(main|shared)|\.\./" + r"shared|\." + r"library\b", "a path of the writer's machine"),
        (r"\bIM" + r"HO\b|\bTO" + r"DO\b|\bFIX" + r"ME\b|\bXX" + r"X\b", "something left undone"),
    ],
    ids=["registry", "path", "undone"],
)
def test_no_file_holds(words: str, why: str) -> None:
    forbidden = re.compile(words)
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in tracked()
        if path.suffix in {".py", ".md", ".toml", ".txt", ".js", ".css", ".ipynb", ".cfg", ""}
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if forbidden.search(line)
    ]
    assert not found, f"{why}: {found[:5]}"


def test_every_module_of_the_package_says_what_it_is() -> None:
    silent = [
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "waterline").rglob("*.py")
        if not path.read_text(encoding="utf-8").lstrip().startswith('"""')
    ]
    assert not silent


def test_no_module_of_the_package_has_outgrown_its_idea() -> None:
    long = [
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "waterline").rglob("*.py")
        if len(path.read_text(encoding="utf-8").splitlines()) > 600
    ]
    assert not long
