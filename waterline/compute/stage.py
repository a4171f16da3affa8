"""What a handler believes to be its own, although there is one of it in the process.

Words
-----
stage
    where one handler at a time runs. Whoever takes it finds its own standard output, environment variables, modules,
    root logger and event loop there; whoever gives it up, to sleep or to wait, leaves the process's own there.
belongings
    what changes hands: see :meth:`Stage.enter`.

A function sees its own variables and those that every Lambda environment has, never the learner's (AWS Lambda Developer
Guide, "Working with Lambda environment variables", "Defined runtime environment variables", read 2026-11). Its root
logger writes to the function's log from WARNING on ("Log and monitor Python Lambda functions", read 2026-11).

Ours differs: the working directory, ``sys.path``, named loggers and modules that are not in the deployment
package are shared. A child process gets the notebook's environment variables.
"""

from __future__ import annotations

import asyncio
import io
import logging
import os
import sys
import tempfile
import time
import types
from collections.abc import Mapping
from typing import Any

from waterline.clock import Clock
from waterline.compute import forbidden
from waterline.compute.eventloop import VirtualEventLoop, put_away_running_loop, take_out_running_loop
from waterline.compute.package import Package
from waterline.compute.scratch import Scratch
from waterline.compute.watchdog import Watchdog

PRINTED_AT_MOST = 1_000_000
_PASSED_ON = frozenset({"PATH", "HOME", "TMPDIR", "TEMP", "TMP", "SYSTEMROOT", "USERPROFILE"})
_ABSENT = object()
_OWN = {"LANG": "en_US.UTF-8", "TZ": ":UTC"}


class Printed(io.StringIO):
    """A standard output that keeps the first million characters of each invocation and counts the others."""

    def __init__(self) -> None:
        super().__init__()
        self._room = PRINTED_AT_MOST
        self._dropped = 0

    def write(self, text: str, /) -> int:
        if len(text) <= self._room:
            self._room -= len(text)
            super().write(text)
        else:
            super().write(text[: self._room])
            self._dropped += len(text) - self._room
            self._room = 0
        return len(text)

    def take(self) -> str:
        """What was printed since this was last asked; what is no Unicode text is written as its escapes."""
        text = self.getvalue()
        if not text:
            return ""
        if self._dropped:
            text += f"\n[the lab kept the first {PRINTED_AT_MOST:,} characters; {self._dropped:,} more were printed]\n"
        self.seek(0)
        self.truncate()
        self._room, self._dropped = PRINTED_AT_MOST, 0
        return text.encode("utf-8", "backslashreplace").decode()

    def close(self) -> None:
        """A handler that closes its standard output loses nothing by it."""


class FunctionLog(logging.Handler):
    """The handler of a function's root logger: level, instant, request and message, with tabs between."""

    def __init__(self, printed: Printed) -> None:
        super().__init__()
        self._printed = printed
        self.request_id = ""

    def emit(self, record: logging.LogRecord) -> None:
        at = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        self._printed.write(
            f"[{record.levelname}]\t{at}.{int(record.msecs):03d}Z\t{self.request_id}\t{self.format(record)}\n"
        )


class Stage:
    """The belongings of one execution environment, and the way they change hands."""

    def __init__(self, clock: Clock, package: Package, variables: Mapping[str, str], watchdog: Watchdog) -> None:
        self.printed = Printed()
        self.log = FunctionLog(self.printed)
        self._clock = clock
        self._package = package
        self._watchdog = watchdog
        self._modules: dict[str, types.ModuleType] = {}
        self._variables = variables
        self._scratch = Scratch()
        self._environment: dict[Any, Any] = {}
        self._unchanged: dict[Any, Any] = {}
        self._loggers: list[logging.Handler] = [self.log]
        self._level = logging.WARNING
        self._loop: Any = None
        self._outside: tuple[Any, ...] | None = None
        self._replaced = forbidden.replacements(self.printed)
        self._replaced.append((asyncio.events, "new_event_loop", lambda: VirtualEventLoop(clock)))
        self._replaced.append((asyncio, "new_event_loop", lambda: VirtualEventLoop(clock)))
        self._temporary: str | None = None
        self._originals: list[Any] = []

    def enter(self) -> None:
        """Take the stage: from here until :meth:`leave` the process looks as this environment expects it."""
        environ: Any = os.environ
        root = logging.root
        if not self._environment:
            # Only now: when this stage was made, another handler may have been on its own.
            directory = self._temporary = self._scratch.make()
            self._environment = _encoded({**self._variables, "TMPDIR": directory})
            self._unchanged = dict(self._environment)
        self._outside = (sys.stdout, sys.stderr, sys.stdin, environ._data, root.handlers, root.level, self._shadow())
        sys.stdout = sys.stderr = self.printed
        sys.stdin = io.StringIO()
        # Swapping what is behind os.environ takes no time, whatever is in it, and ``from os import environ`` sees it.
        environ._data = self._environment
        root.handlers = self._loggers
        _set_level(root, self._level)
        sys.meta_path.insert(0, self._package)
        sys.modules.update(self._modules)
        self._outside_temporary, tempfile.tempdir = tempfile.tempdir, self._temporary
        self._outside_loop = put_away_running_loop()
        take_out_running_loop(self._loop)
        self._originals = [getattr(holder, name, _ABSENT) for holder, name, _ in self._replaced]
        for holder, name, replacement in self._replaced:
            setattr(holder, name, replacement)
        self._watchdog.enter(self._clock)

    def leave(self) -> None:
        """Give the stage up. To leave twice changes nothing."""
        if self._outside is None:
            return
        self._watchdog.leave()
        self._temporary, tempfile.tempdir = tempfile.tempdir, self._outside_temporary
        for (holder, name, _), original in zip(self._replaced, self._originals, strict=True):
            if original is _ABSENT:
                delattr(holder, name)
            else:
                setattr(holder, name, original)
        self._loop = put_away_running_loop()
        take_out_running_loop(self._outside_loop)
        environ: Any = os.environ
        root = logging.root
        self._loggers, self._level = root.handlers, root.level
        sys.stdout, sys.stderr, sys.stdin, environ._data, root.handlers, level, shadowed = self._outside
        self._outside = None
        _set_level(root, level)
        if self._package in sys.meta_path:
            sys.meta_path.remove(self._package)
        for name in self._package.loaded():
            self._modules[name] = sys.modules.pop(name)
        sys.modules.update(shadowed)
        if self._environment != self._unchanged:
            self._restore_process_environment()

    def close(self) -> None:
        """Forget the modules, and whatever else the code has set."""
        self._modules.clear()
        self._environment = {}
        self._scratch.remove()
        self._loggers, self._level, self._loop = [self.log], logging.WARNING, None

    def _shadow(self) -> dict[str, types.ModuleType]:
        """Put away the process's modules that have the name of one in the package."""
        return {name: sys.modules.pop(name) for name in self._package.loaded()}

    def _restore_process_environment(self) -> None:
        """The handler has set variables: ``os.environ`` has told the process too, which is not theirs to change."""
        for name in self._environment.keys() | self._unchanged.keys():
            if self._environment.get(name) != self._unchanged.get(name):
                plain = os.fsdecode(name)
                value = os.environ.get(plain)
                if value is None:
                    os.unsetenv(plain)
                else:
                    os.putenv(plain, value)


def _encoded(variables: Mapping[str, str]) -> dict[Any, Any]:
    """Environment variables in the form in which ``os.environ`` keeps them."""
    environ: Any = os.environ
    encoded: dict[Any, Any] = {}
    for key, value in environ._data.items():
        name = environ.decodekey(key)
        if name in _PASSED_ON or name.startswith("AWS_"):
            encoded[key] = value
    for name, text in (*_OWN.items(), *variables.items()):
        encoded[environ.encodekey(name)] = environ.encodevalue(text)
    return encoded


def _set_level(logger: logging.Logger, level: int) -> None:
    if logger.level != level:
        logger.setLevel(level)
