"""Nobody waits for the compiler unless a run is long; machine code and plain loops give the same numbers."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from waterline.simulator import Function, Queue, compiled, lognormal, poisson, simulate
from waterline.simulator.world import play_queue

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.skipif(importlib.util.find_spec("numba") is None, reason="there is no numba here")


@pytest.fixture
def nothing_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """No machine code on the disk, and the compiler's process stands still."""
    begun: list[str] = []

    class Standing:
        def poll(self) -> int | None:
            begun.append("looked")
            return None if len(begun) < 4 else 0

    monkeypatch.setattr(compiled, "compiles", lambda: True)
    monkeypatch.setattr(compiled, "complete", lambda: tmp_path / "complete")
    monkeypatch.setattr(compiled, "_in_the_background", lambda: begun.append("begun") or Standing())
    monkeypatch.setattr(compiled.Loop, "machine", property(lambda loop: begun.append("machine") or loop.plain))
    return begun


def play(messages: int) -> None:
    simulate(poisson(1_000, messages / 1_000), Queue(batch_size=10), Function(lognormal(0.01)))


def test_a_short_run_begins_the_compiler_and_does_not_wait(nothing_there: list[str]) -> None:
    play(500)
    assert nothing_there == ["begun"]


def test_a_long_run_waits_until_there_is_machine_code(
    nothing_there: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compiled, "PLAIN", 100)
    monkeypatch.setattr(compiled, "FEW", 100)
    play(500)
    assert nothing_there == ["begun", "looked", "looked", "looked", "machine"]


def test_machine_code_that_is_there_is_fetched_for_many_messages_only(
    nothing_there: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "complete").touch()
    play(500)
    assert nothing_there == []
    monkeypatch.setattr(compiled, "FEW", 100)
    play(500)
    assert nothing_there == ["machine"]


def test_without_a_compiler_the_loops_run_as_they_stand(
    nothing_there: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compiled, "compiles", lambda: False)
    monkeypatch.setattr(compiled, "PLAIN", 100)
    play(500)
    assert nothing_there == []


def test_numba_is_not_imported_for_a_short_run() -> None:
    program = (
        "import sys; from waterline.simulator import *; "
        "simulate(poisson(10, 10), Queue(), Function(0.1)); print('numba' in sys.modules)"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "NUMBA_DISABLE_JIT": "0"}
    said = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert said.stdout == "False\n"


def test_the_folder_is_another_one_when_a_loop_has_changed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    monkeypatch.setattr(compiled, "LOOPS", tmp_path)
    (tmp_path / "one.py").write_text("a = 1\n")
    first = compiled.folder()
    (tmp_path / "one.py").write_text("a = 2\n")
    assert compiled.folder() != first


def test_a_loop_says_what_it_is() -> None:
    assert play_queue.__name__ == "play_queue"  # type: ignore[attr-defined]
    assert play_queue.plain.__doc__ == play_queue.__doc__
