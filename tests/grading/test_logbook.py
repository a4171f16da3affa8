"""Progress outlives crashes, damage, a second notebook and another version of the course."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from waterline.clock import Clock
from waterline.grading.logbook import Logbook, LogbookError, Standing

STANDINGS = st.builds(Standing, st.booleans(), st.integers(0, 9), st.integers(0, 9), st.booleans())


@pytest.fixture
def logbook(tmp_path: Path) -> Logbook:
    return Logbook(tmp_path / "work")


def test_what_is_recorded_is_read_again(logbook: Logbook) -> None:
    logbook.record("00.a", "checked", outcome="not attempted")
    logbook.record("00.a", "checked", outcome="incorrect")
    logbook.record("00.a", "hint", number=1)
    logbook.record("00.a", "hint", number=2)
    logbook.record("00.b", "solution")
    logbook.record("00.a", "checked", outcome="correct")
    expected = {"00.a": Standing(True, 2, 2, False), "00.b": Standing(solution_seen=True)}
    assert logbook.read() == Logbook(logbook.folder).read() == expected


def test_a_correct_answer_is_not_lost_by_a_later_wrong_one(logbook: Logbook) -> None:
    logbook.record("00.a", "checked", outcome="correct")
    logbook.record("00.a", "checked", outcome="cannot be run")
    assert logbook.read()["00.a"] == Standing(correct=True, attempts=2)


@given(STANDINGS, STANDINGS, STANDINGS)
def test_to_join_standings_loses_nothing_and_knows_no_order(a: Standing, b: Standing, c: Standing) -> None:
    assert a.joined(b) == b.joined(a)
    assert a.joined(b).joined(c) == a.joined(b.joined(c))
    assert a.joined(a) == a
    assert a.joined(b).correct >= a.correct
    assert a.joined(b).attempts >= a.attempts


@pytest.mark.parametrize("lost", ["progress.json", "progress.log.jsonl"])
def test_either_file_can_be_lost(logbook: Logbook, lost: str) -> None:
    logbook.record("00.a", "checked", outcome="correct")
    before = logbook.read()
    (logbook.folder / lost).unlink()
    assert logbook.read() == before
    logbook.record("00.b", "hint", number=1)
    assert logbook.read() == {**before, "00.b": Standing(hints=1)}


@pytest.mark.parametrize(
    "damage",
    ["", "{", "[]", "null", '{"schema": 1}', '{"schema": "x", "exercises": {}}', "\xff", "[" * 100_000,
     '{"schema": 1, "exercises": {"00.a": {"correct": "yes"}}}'],
)  # fmt: skip
def test_a_damaged_file_is_put_aside_and_rebuilt_from_the_log(logbook: Logbook, damage: str) -> None:
    logbook.record("00.a", "checked", outcome="correct")
    before = logbook.read()
    for number in (1, 2):
        logbook.state.write_text(damage, encoding="latin-1")
        assert logbook.read() == before
        aside = logbook.folder / f"progress.damaged-{number}.json"
        assert aside.read_text(encoding="latin-1") == damage
    logbook.record("00.a", "hint", number=1)
    assert json.loads(logbook.state.read_text())["exercises"]["00.a"]["correct"] is True


def test_a_line_torn_by_a_crash_takes_no_other_with_it(logbook: Logbook) -> None:
    logbook.record("00.a", "checked", outcome="correct")
    whole = logbook.log.read_bytes()
    for length in range(1, len(whole)):
        logbook.log.write_bytes(whole + whole[:length])
        logbook.state.unlink(missing_ok=True)
        assert logbook.read()["00.a"].correct
        logbook.record("00.b", "checked", outcome="correct")
        assert logbook.read()["00.b"].correct
        logbook.state.unlink()
        assert logbook.read()["00.b"].correct


@pytest.mark.parametrize("file", ["progress.json", "progress.log.jsonl"])
def test_what_a_newer_version_wrote_is_left_as_it_is(logbook: Logbook, file: str) -> None:
    logbook.folder.mkdir()
    path = logbook.folder / file
    path.write_text('{"schema": 2, "exercise": "00.a", "event": "checked", "outcome": "correct", "exercises": {}}\n')
    before = path.read_bytes()
    with pytest.raises(LogbookError, match="newer version"):
        logbook.read()
    with pytest.raises(LogbookError, match="newer version"):
        logbook.record("00.a", "checked", outcome="correct")
    assert path.read_bytes() == before
    assert {path.name for path in logbook.folder.iterdir()} <= {file, "progress.lock"}


def test_two_notebooks_at_once_lose_nothing(logbook: Logbook) -> None:
    code = (
        "import sys; from pathlib import Path; from waterline.grading.logbook import Logbook\n"
        "for _ in range(25): Logbook(Path(sys.argv[1])).record(sys.argv[2], 'checked', outcome='incorrect')\n"
        "for _ in range(25): Logbook(Path(sys.argv[1])).record('both', 'checked', outcome='incorrect')\n"
    )
    writers = [subprocess.Popen([sys.executable, "-c", code, str(logbook.folder), name]) for name in ("one", "two")]
    assert [writer.wait() for writer in writers] == [0, 0]
    logbook.log.rename(logbook.folder / "elsewhere")  # what stands in progress.json alone
    assert {name: standing.attempts for name, standing in logbook.read().items()} == {"one": 25, "two": 25, "both": 50}
    assert not list(logbook.folder.glob("*.tmp"))


def test_the_date_is_real_while_a_cell_shows_virtual_time(logbook: Logbook) -> None:
    clock = Clock()
    with clock.held():
        logbook.record("00.a", "hint", number=1)
    clock.close()
    assert not json.loads(logbook.log.read_text())["at"].startswith(clock.start.date().isoformat())


def test_a_folder_that_cannot_be_written_is_told_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "work").write_text("a file where the folder should be")
    with pytest.raises(LogbookError, match=r"cannot be written to .*work"):
        Logbook(tmp_path / "work").record("00.a", "hint", number=1)
