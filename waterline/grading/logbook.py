"""The logbook: what a learner has done, kept so that no crash, update or second notebook can lose it.

Two files in the learner's folder (`WATERLINE_WORK`, else `work/` of the course). `progress.log.jsonl` is a log to which
every event is appended, and nothing else is ever done to it. `progress.json` is what the log comes to, written anew and
put in place in one step. To read is to join both, and the join of two standings takes the better of each number: either
file can be lost or torn, and a worse result never takes away a better one. A file that cannot be read is put aside
under another name, never overwritten.

The dates are real ones, also while a cell shows virtual time.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal

import time_machine

from waterline.grading.verdict import Outcome, Refusal

SCHEMA = 1
Kind = Literal["checked", "hint", "solution"]


class LogbookError(Refusal):
    """The logbook can be neither read nor written; the message is one sentence that names the file."""


@dataclass(frozen=True)
class Standing:
    """Where a learner stands with one exercise. `attempts`: checks that were not "not attempted"."""

    correct: bool = False
    attempts: int = 0
    hints: int = 0
    solution_seen: bool = False

    def joined(self, other: Standing) -> Standing:
        """The better of each."""
        return Standing(**{name: max(value, getattr(other, name)) for name, value in asdict(self).items()})

    def after(self, event: Mapping[str, Any]) -> Standing:
        """The standing after one more event of the log."""
        match event.get("event"):
            case "checked" if event.get("outcome") != Outcome.NOT_ATTEMPTED:
                correct = self.correct or event.get("outcome") == Outcome.CORRECT
                return replace(self, attempts=self.attempts + 1, correct=correct)
            case "hint" if isinstance(event.get("number"), int):
                return replace(self, hints=max(self.hints, event["number"]))
            case "solution":
                return replace(self, solution_seen=True)
        return self


_TYPES = {standing.name: type(standing.default) for standing in fields(Standing)}


@dataclass(frozen=True)
class Logbook:
    """The logbook in `folder`, which is made when something is first written."""

    folder: Path

    @classmethod
    def of(cls, root: Path) -> Logbook:
        """The learner's logbook for the course in `root`."""
        return cls(Path(os.environ.get("WATERLINE_WORK") or root / "work"))

    @property
    def state(self) -> Path:
        return self.folder / "progress.json"

    @property
    def log(self) -> Path:
        return self.folder / "progress.log.jsonl"

    def read(self) -> dict[str, Standing]:
        """The standing of each exercise, by its id. Raises LogbookError if a newer version of the course wrote it."""
        try:
            standings = self._from_log()
            for exercise, standing in self._from_state().items():
                standings[exercise] = standing.joined(standings.get(exercise, Standing()))
        except OSError as error:
            raise LogbookError(f"Your progress in {self.folder} cannot be read: {error.strerror}.") from error
        return standings

    def record(self, exercise: str, event: Kind, **detail: str | int) -> dict[str, Standing]:
        """Append one event; returns the standings after it. Raises LogbookError."""
        line = {"schema": SCHEMA, "at": _now(), "exercise": exercise, "event": event, **detail}
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with self._alone():
                self.read()  # refuses what a newer version wrote, before anything is changed
                self._append(json.dumps(line) + "\n")
                standings = self.read()
                self._put(standings)
        except OSError as error:
            raise LogbookError(f"Your progress cannot be written to {self.folder}: {error.strerror}.") from error
        return standings

    def _from_log(self) -> dict[str, Standing]:
        standings: dict[str, Standing] = {}
        try:
            lines = self.log.read_bytes().splitlines()
        except FileNotFoundError:
            return {}
        for line in lines:
            try:
                event = json.loads(line)
                exercise = event["exercise"]
                schema = event["schema"]
            except (ValueError, KeyError, TypeError, RecursionError):
                continue  # torn by a crash; what it said is in the state, or was never acknowledged
            self._refuse_newer(schema, self.log)
            if isinstance(exercise, str):
                standings[exercise] = standings.get(exercise, Standing()).after(event)
        return standings

    def _from_state(self) -> dict[str, Standing]:
        try:
            text = self.state.read_bytes()
        except FileNotFoundError:
            return {}
        try:
            table = json.loads(text)
            schema, exercises = table["schema"], table["exercises"]
            if not isinstance(schema, int):
                raise TypeError
            self._refuse_newer(schema, self.state)
            return {exercise: self._standing(row) for exercise, row in exercises.items()}
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            self._put_aside()
            return {}

    def _standing(self, row: Mapping[str, Any]) -> Standing:
        for name, of in _TYPES.items():
            if type(row[name]) is not of:
                raise TypeError(name)
        return Standing(**{name: row[name] for name in _TYPES})

    def _refuse_newer(self, schema: object, path: Path) -> None:
        if isinstance(schema, int) and schema > SCHEMA:
            raise LogbookError(
                f"{path} was written by a newer version of the course: update this one, or set WATERLINE_WORK to "
                "another folder."
            )

    def _put_aside(self) -> None:
        number = 1
        while (aside := self.folder / f"progress.damaged-{number}.json").exists():
            number += 1
        with contextlib.suppress(FileNotFoundError):  # another notebook was quicker
            self.state.rename(aside)

    def _append(self, line: str) -> None:
        descriptor = os.open(self.log, os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o644)
        try:
            end = os.lseek(descriptor, 0, os.SEEK_END)
            if end and (os.lseek(descriptor, end - 1, os.SEEK_SET), os.read(descriptor, 1))[1] != b"\n":
                line = "\n" + line  # the line before was torn: it must not take this one with it
            data = line.encode()
            if os.write(descriptor, data) != len(data):
                raise OSError(28, "the disk is full")
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def _put(self, standings: Mapping[str, Standing]) -> None:
        table = {"schema": SCHEMA, "exercises": {key: asdict(standings[key]) for key in sorted(standings)}}
        descriptor, name = tempfile.mkstemp(dir=self.folder, prefix="progress.", suffix=".tmp")
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                json.dump(table, file, indent=1)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(self.state)
        except BaseException:
            with contextlib.suppress(OSError):
                Path(name).unlink()
            raise
        with contextlib.suppress(OSError):  # Windows has no folders to synchronize
            folder = os.open(self.folder, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """One notebook at a time; where a file system knows no locks, the log still takes whole lines."""
        with (self.folder / "progress.lock").open("a") as file:
            with contextlib.suppress(OSError):
                _lock(file.fileno())
            yield  # closing the file gives the lock back


def _lock(descriptor: int) -> None:
    try:
        import fcntl
    except ImportError:  # Windows
        import msvcrt

        os.lseek(descriptor, 0, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_LOCK, 1)  # type: ignore[attr-defined, unused-ignore]
    else:
        fcntl.flock(descriptor, fcntl.LOCK_EX)


def _now() -> str:
    real = time_machine.escape_hatch
    seconds = real.time.time() if real.is_travelling() else time.time()
    return (dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(seconds=round(seconds))).isoformat()
