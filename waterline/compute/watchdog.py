"""A handler that computes without end must not hang the notebook.

Virtual time stands still while Python computes, so no virtual deadline can stop an endless loop. A thread watches in
real time: code that holds the stage for :data:`PATIENCE` real seconds without giving the clock back is interrupted
with :class:`Overrun`, and counts as having run until its timeout. This is the only place where real time can decide
anything, and only about code that would never end.
"""

from __future__ import annotations

import ctypes
import functools
import os
import threading

from waterline.clock import Clock

PATIENCE = 10.0
_LOOK_EVERY = 0.25


class Overrun(BaseException):
    """Raised in code that computed for too long without giving the clock back."""


class Watchdog(threading.Thread):
    """Looks every quarter of a second whether the same stretch of code is still on stage."""

    def __init__(self) -> None:
        super().__init__(name="waterline watchdog", daemon=True)
        self._on_stage: Clock | None = None
        self._stretch = 0
        self._awake = threading.Event()

    def enter(self, clock: Clock) -> None:
        """Code that is not ours takes the stage of this clock."""
        if not self.is_alive():
            self.start()
        self._stretch += 1
        self._on_stage = clock
        self._awake.set()

    def leave(self) -> None:
        self._on_stage = None

    def run(self) -> None:
        pause, seen, looks = threading.Event(), -1, 0
        while True:
            self._awake.wait()
            pause.wait(_LOOK_EVERY)
            clock, stretch = self._on_stage, self._stretch
            if clock is None:
                self._awake.clear()
                if self._on_stage is not None:
                    self._awake.set()
            looks = looks + 1 if clock is not None and stretch == seen else 0
            seen = stretch
            if clock is not None and looks * _LOOK_EVERY >= PATIENCE:
                looks = 0
                ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(clock.thread), ctypes.py_object(Overrun))


def watchdog() -> Watchdog:
    """The watchdog of this process (a forked child needs one of its own)."""
    return _watchdog_of(os.getpid())


@functools.cache
def _watchdog_of(_process: int) -> Watchdog:
    return Watchdog()
