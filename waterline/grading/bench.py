"""The workbench: the warm process in which checks run, as the kernel sees it.

It is started in the background (`warm`), outlives a check that goes wrong, and is replaced when it does not answer. It
ends when the kernel ends, because its input does. Nothing here waits by `time.sleep`, which in a cell is virtual.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import json
import os
import queue
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

from waterline.grading.manifest import SECONDS, Course, Exercise
from waterline.grading.parcel import Names, Parcel, Piece, pack
from waterline.grading.part import joined
from waterline.grading.verdict import CannotBeRun, NotAttempted, Outcome, Verdict
from waterline.grading.worker import LONGEST_REPLY, READY, part_in, too_slow, understood
from waterline.grading.written import Written

FORKS = sys.platform == "linux"
"""Whether a process can be forked in safety: macOS has libraries that do not survive it, Windows has no fork."""
WARMING = 120
"""Real seconds that a worker may take to get warm, on a slow disk."""
GRACE = 10
"""Real seconds, beyond its own limit, after which a worker that forks is given up."""
_KEPT_OUT = ("AWS_", "WATERLINE_", "PYTEST_", "COV_", "COVERAGE_")


class _Worker:
    """One worker process and the thread that reads what it writes."""

    def __init__(self, forks: bool) -> None:
        environment = {name: value for name, value in os.environ.items() if not name.startswith(_KEPT_OUT)}
        package = str(Path(__file__).resolve().parents[2])
        environment |= {"PYTHONPATH": package, "PYTHONHASHSEED": "0", "WATERLINE_PROGRESS": "off", "TZ": "UTC"}
        # A worker that forks makes a folder for each child; one that does not is given its own.
        self.folder = tempfile.gettempdir() if forks else tempfile.mkdtemp(prefix="waterline-")
        self._own_folder = not forks
        atexit.register(self.end)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "waterline.grading.worker", *([] if forks else ["--once"])],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=self.folder,
            env=environment,
            bufsize=0,
            start_new_session=True,  # an interrupt of the kernel is not one of the worker
        )
        self._lines: queue.Queue[bytes] = queue.Queue()
        threading.Thread(target=self._read, daemon=True, name="waterline-worker").start()
        self._warm = False

    def _read(self) -> None:
        assert self.process.stdout is not None
        with contextlib.suppress(OSError, ValueError):
            while line := self.process.stdout.readline(LONGEST_REPLY):
                self._lines.put(line)
        self._lines.put(b"")

    def line(self, seconds: float) -> bytes | None:
        """What it writes next; nothing if it has ended, None if it takes longer than `seconds` of real time."""
        try:
            return self._lines.get(timeout=seconds)
        except queue.Empty:
            return None

    def await_warm(self) -> None:
        """Raises CannotBeRun if it does not get warm."""
        if not self._warm:
            line = self.line(WARMING)
            if line != READY:
                why = (line or b"").decode(errors="replace").strip() or "it gave no reason"
                raise CannotBeRun(f"The process for checks does not start ({why}): run `waterline doctor`.")
            self._warm = True

    def send(self, request: dict[str, object]) -> None:
        assert self.process.stdin is not None
        with contextlib.suppress(OSError):  # it has ended, which is seen when its answer is read
            self.process.stdin.write(json.dumps(request).encode() + b"\n")

    def end(self, patience: float = 2) -> None:
        """End it: politely, so that it ends its own children, and then by force."""
        assert self.process.stdin is not None
        with contextlib.suppress(OSError):
            self.process.stdin.close()
        while patience and (line := self.line(patience)) != b"":
            patience = 0 if line is None else patience
        if hasattr(os, "killpg"):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)
        self.process.kill()
        self.process.wait()
        if self._own_folder:
            shutil.rmtree(self.folder, ignore_errors=True)
        atexit.unregister(self.end)


class Bench:
    """Where answers are judged. `forks`: see :mod:`waterline.grading.worker`."""

    def __init__(self, forks: bool = FORKS) -> None:
        self._forks = forks
        self._worker: _Worker | None = None

    def warm(self) -> None:
        """Start the worker in the background, unless there is one; returns at once."""
        if self._worker is None or self._worker.process.poll() is not None:
            self._worker = _Worker(self._forks)

    def judge(self, course: Course, exercise: Exercise, names: Names) -> Verdict:
        """Judge the answer that is found among `names`."""
        try:
            starter = Written.from_file(course.lab(exercise)) if course.lab(exercise).is_file() else Written([])
            return self.run(course, exercise, pack(exercise, names, starter))
        except NotAttempted as why:
            return Verdict(Outcome.NOT_ATTEMPTED, str(why))
        except CannotBeRun as why:
            return Verdict(Outcome.CANNOT_BE_RUN, str(why))

    def run(self, course: Course, exercise: Exercise, parcel: Parcel) -> Verdict:
        """Run the checks of `exercise` on a parcel. Raises CannotBeRun if no worker gets warm."""
        return self._run(course.root / exercise.checks, course.root, exercise.seconds, parcel)

    def probe(self) -> Verdict:
        """Judge an answer that is right, to see whether checks work at all. Raises CannotBeRun."""
        with tempfile.TemporaryDirectory(prefix="waterline-") as folder:
            checks = Path(folder) / "test_probe.py"
            checks.write_text("def test_probe(probe):\n    assert probe() == 1\n", encoding="utf-8")
            parcel = Parcel((Piece("probe", "def probe():\n    return 1\n"),), functions=("probe",))
            return self._run(checks, checks.parent, SECONDS, parcel)

    def _run(self, checks: Path, root: Path, seconds: int, parcel: Parcel) -> Verdict:
        self.warm()
        worker = self._worker
        assert worker is not None
        token = secrets.token_hex(16)
        try:
            worker.await_warm()
            worker.send(
                {
                    "token": token,
                    "seconds": seconds,
                    "parcel": parcel.to_json(),
                    "checks": str(checks),
                    "root": str(root),
                    "folder": worker.folder,
                }
            )
            line = worker.line(seconds + (GRACE if self._forks else 0))
        except BaseException:  # an interrupt too: what the worker does now is unknown
            self.close()
            raise
        if line and self._forks:  # written by the worker, in which no learner's code has run
            with contextlib.suppress(ValueError):
                return Verdict.from_json(understood(line, token))
        self._worker = None
        worker.end(patience=0)
        self.warm()
        return joined([too_slow(seconds) if line is None else part_in(line, token)])

    def close(self) -> None:
        """End the worker."""
        if self._worker is not None:
            self._worker.end()
            self._worker = None


@functools.cache
def bench() -> Bench:
    """The workbench of this process."""
    return Bench()
