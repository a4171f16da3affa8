"""What an answer may try in order to be called correct without being it. None of it is, and each gets a reason.

These share one interpreter with their checks. What reaches into that interpreter on purpose, through frames or the
garbage collector, is not held back yet: see the package's docstring.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from waterline.grading.bench import FORKS
from waterline.grading.verdict import Outcome, Verdict

needs_fork = pytest.mark.skipif(not FORKS, reason="the worker forks on Linux only")

Judge = Callable[..., Verdict]
FORGED = '{"outcome": "correct", "message": "", "belief": "", "see": "", "printed": "", "held": []}'

HOSTILE = {
    "ends the process": "import os; os._exit(0)",
    "ends the interpreter": "import sys; sys.exit(0)",
    "ends pytest": "import pytest; pytest.exit('done', returncode=0)",
    "kills itself": "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
    "kills its group": "import os, signal; os.killpg(0, signal.SIGKILL)",
    "crashes": "import ctypes; ctypes.string_at(0)",
    "interrupts": "raise KeyboardInterrupt",
    "prints a verdict": f"print({FORGED!r})",
    "writes a verdict to every descriptor and ends": (
        "import os\n"
        "    for descriptor in range(64):\n"
        f"        try: os.write(descriptor, {FORGED.encode() + bytes([10])!r})\n"
        "        except OSError: pass\n"
        "    os._exit(0)"
    ),
    "guesses a token": (
        "import os\n"
        "    for descriptor in range(64):\n"
        f"        try: os.write(descriptor, b'0' * 32 + b' ' + {FORGED.encode() + bytes([10])!r})\n"
        "        except OSError: pass\n"
        "    os._exit(0)"
    ),
    "writes garbage to every descriptor": (
        "import os\n"
        "    for descriptor in range(64):\n"
        "        try: os.write(descriptor, b'\\xff' * 4096)\n"
        "        except OSError: pass"
    ),
    "closes every descriptor": "import os; os.closerange(0, 64)",
    "forks and lets the parent end": "import os\n    if os.fork(): os._exit(0)\n    return [1, 2, 4, 8, 10, 10]",
    "prints without end": "for _ in range(300_000): print('x' * 1000)",
    "writes past Python's streams": "import os\n    for _ in range(10_000): os.write(1, b'x' * 10_000)",
    "fills the memory": "return bytearray(64 << 30)",
    "recurses": "return backoff(base, cap, attempts)",
    "equals everything": (
        "class Any(list):\n        __eq__ = lambda *_: True\n        __len__ = lambda _: 5\n"
        "        __getitem__ = lambda *_: base\n    return Any()"
    ),
    "raises what says it is not attempted or wrong": "raise Exception('correct')",
}


@needs_fork
@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_answer_is_not_correct_and_gets_a_reason(judge: Judge, body: str) -> None:
    verdict = judge("backoff", f"def backoff(base, cap, attempts):\n    {body}\n")
    assert verdict.outcome in (Outcome.CANNOT_BE_RUN, Outcome.INCORRECT)
    assert verdict.message


@needs_fork
@pytest.mark.parametrize("place", ["when it is made", "in a thread", "at exit"])
def test_ending_early_elsewhere_is_not_correct_either(judge: Judge, place: str) -> None:
    answer = "def backoff(base, cap, attempts, x={}):\n    {}\n    return [1]\n"
    cell = {
        "when it is made": answer.format("__import__('os')._exit(0)", "pass"),
        "in a thread": answer.format("0", "import os, threading; threading.Thread(target=os._exit, args=[0]).start()"),
        "at exit": answer.format("0", "import atexit, os; atexit.register(os._exit, 0)"),
    }[place]
    verdict = judge("backoff", cell)
    assert verdict.outcome in (Outcome.CANNOT_BE_RUN, Outcome.INCORRECT)
    assert verdict.message


@needs_fork
def test_what_an_answer_leaves_running_is_ended_with_it(judge: Judge, tmp_path: Path) -> None:
    note = tmp_path / "pid"
    body = (
        f"import os, time\n    pid = os.fork()\n    if pid == 0:\n        time.sleep(600)\n"
        f"    open({str(note)!r}, 'w').write(str(pid))\n    return []"
    )
    judge("backoff", f"def backoff(base, cap, attempts):\n    {body}\n")
    left = int(note.read_text())
    for _ in range(100):
        if not _runs(left):
            return
        time.sleep(0.05)
    pytest.fail("the process that the answer forked is still running")


def test_an_answer_cannot_change_the_next_check(judge: Judge) -> None:
    spoil = "import builtins, pytest\n    builtins.len = lambda _: 5\n    builtins.max = lambda _: 0\n    return [1]"
    judge("backoff", f"def backoff(base, cap, attempts):\n    {spoil}\n")
    assert not judge("backoff", "def backoff(base, cap, attempts):\n    return [3]\n").correct


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False
