"""The benchmarks run and give ratios; how large a ratio is, no test says."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from measure import Work, race
from run import NAMES

RUN = Path(__file__).parent / "run.py"
ROW = re.compile(r"^\| [^|]+ \| [^|]+ \| \*\*[\d.e+-]+\*\* \(.+ to .+\) \| \*\*[\d.e+-]+\*\* \(.+ to .+\) \|$")


def test_there_is_a_benchmark_for_each_claim() -> None:
    claimed = {
        "backlog",
        "capacity",
        "events",
        "first_cloud",
        "invocations",
        "kinesis",
        "messages",
        "overlap",
        "pricing",
        "simulator",
        "sns",
        "virtual_time",
    }
    assert claimed <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_benchmark_runs_and_gives_ratios(name: str, tmp_path: Path) -> None:
    written = tmp_path / "benchmarks.md"
    ran = subprocess.run(
        [sys.executable, RUN, name, "--tiny", "--rounds", "1", "--write", written],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    rows = [line for line in ran.stdout.splitlines() if ROW.match(line)]
    assert len(rows) >= 2, ran.stdout
    assert written.read_text(encoding="utf-8") in ran.stdout


def test_an_unknown_benchmark_is_refused_in_a_sentence() -> None:
    ran = subprocess.run([sys.executable, RUN, "speed"], capture_output=True, text=True, timeout=60, check=False)
    assert ran.returncode == 2
    assert f"there is no benchmark speed: there are {', '.join(NAMES)}" in ran.stderr


def test_contenders_take_turns_and_are_compared_round_by_round() -> None:
    log: list[str] = []

    @contextmanager
    def contender(name: str) -> Iterator[Work]:
        log.append(f"{name} prepares")
        yield lambda: log.append(f"{name} works")
        log.append(f"{name} is checked")

    contenders = {"ours": lambda: contender("ours"), "theirs": lambda: contender("theirs")}
    (ratio,) = race(contenders, [("ours", "theirs")], 3)
    one = [f"{name} {step}" for name in contenders for step in ("prepares", "works", "is checked")]
    assert log == one * 3
    assert (ratio.what, ratio.rival) == ("ours", "theirs")
    assert 0 < ratio.wall[0] <= ratio.wall[1] <= ratio.wall[2]
