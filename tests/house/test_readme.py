"""The README is true: its example prints what it says, its picture is of a real run, its walk leaves no module out."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_example_prints_what_the_readme_says() -> None:
    [(code, output)] = re.findall(r"```python\n(.*?)```\n\n```\n(.*?)```", README, re.DOTALL)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.stderr == ""
    assert done.stdout == output


def test_the_picture_is_what_the_run_draws_today() -> None:
    spec = importlib.util.spec_from_file_location("an_evening", ROOT / "docs" / "an_evening.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    drawn = module.draw()
    assert drawn.svg == module.PICTURE.read_text(encoding="utf-8")
    finding = " ".join(drawn.caption.removeprefix("Of 5 orders, ").rstrip(".").split())
    assert finding in " ".join(README.split())


@pytest.mark.parametrize(
    "place", sorted(path.name for path in (ROOT / "waterline").iterdir() if not path.name.startswith(("_", ".")))
)
def test_the_walk_names_every_place_in_the_package(place: str) -> None:
    if place != "py.typed":
        assert f"waterline/{place}" in README


@pytest.mark.parametrize(
    "place", sorted(path.stem for path in (ROOT / "waterline" / "compute").glob("*.py") if path.stem != "__init__")
)
def test_the_walk_names_every_module_of_the_lambda_service(place: str) -> None:
    assert f"`{place}`" in README


@pytest.mark.parametrize("document", ["README.md", *sorted(p.name for p in (ROOT / "docs").glob("*.md"))])
def test_links_within_the_project_lead_somewhere(document: str) -> None:
    home = ROOT if document == "README.md" else ROOT / "docs"
    text = (home / document).read_text(encoding="utf-8")
    targets = [target.partition("#")[0] for target in re.findall(r"\]\(([^)]+)\)", text) if "://" not in target]
    broken = [target for target in targets if target and not (home / target).exists()]
    assert not broken
