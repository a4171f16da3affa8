"""A handler that computes without end must not hang the notebook.

Virtual time stands still while Python computes, so no virtual deadline can stop an endless loop. A thread watches in
real time: code that holds the stage for :attr:`Watchdog.patience` real seconds without giving the clock back is
interrupted with :class:`Overrun`, and counts as having run until its timeout. This is the only place where real time
can decide anything, and only about code that would never end: an endless loop, a loop that waits for ``time.time()`` to
go on, a lock that nobody releases. A C function that never looks up cannot be interrupted.
"""

from __future__ import annotations

import ctypes
import functools
import os
import signal
import threading

from waterline.clock import Clock

PATIENCE = 10.0


class Overrun(BaseException):
    """Raised in code that computed for too long without giving the clock back."""


class Watchdog(threading.Thread):
    """Looks again and again whether the same stretch of code is still on stage. `patience` is in real seconds."""

    def __init__(self) -> None:
        super().__init__(name="waterline watchdog", daemon=True)
        self.patience = PATIENCE
        self._on_stage: Clock | None = None
        self._stretch = 0
        self._thrown_at: int | None = None
        self._awake = threading.Event()
        self._throwing = threading.Lock()

    def enter(self, clock: Clock) -> None:
        """Code that is not ours takes the stage of this clock."""
        if not self.is_alive():
            self.start()
        self._stretch += 1
        self._on_stage = clock
        if not self._awake.is_set():
            self._awake.set()

    def leave(self) -> None:
        """The code gives the stage up; an interruption that has come too late for it is forgotten."""
        self._on_stage = None
        if self._thrown_at == self._stretch:
            with self._throwing:
                _let_go()
            self._thrown_at = None

    @property
    def has_thrown(self) -> bool:
        """Whether the stretch that is on stage has been interrupted."""
        return self._thrown_at is not None

    def run(self) -> None:
        pause, seen, waited = threading.Event(), -1, 0.0
        while True:
            self._awake.wait()
            look_every = min(0.25, self.patience / 4)
            pause.wait(look_every)
            clock, stretch = self._on_stage, self._stretch
            if clock is None:
                self._awake.clear()
                if self._on_stage is not None:
                    self._awake.set()
            waited = waited + look_every if clock is not None and stretch == seen else 0.0
            seen = stretch
            if clock is not None and waited >= self.patience:
                self._interrupt(clock.thread, stretch)

    def _interrupt(self, thread: int, stretch: int) -> None:
        with self._throwing:
            if self._on_stage is None or self._stretch != stretch:
                return
            again = self._thrown_at == stretch
            self._thrown_at = stretch
            if again and thread == threading.main_thread().ident and hasattr(signal, "pthread_kill"):
                # It did not help: the code is inside a lock or a system call, which only a signal wakes.
                _throw(thread, None)
                signal.pthread_kill(thread, signal.SIGINT)
            else:
                _throw(thread, Overrun)


def _throw(thread: int, error: type[BaseException] | None) -> None:
    """Raise an error in a thread at its next step; None takes back what it has not raised yet."""
    ctypes.pythonapi.PyThreadState_SetAsyncExc(
        ctypes.c_ulong(thread), None if error is None else ctypes.py_object(error)
    )


def _let_go() -> None:
    """Raise and catch what this thread may have been sent.

    It cannot be taken back: in CPython before 3.13, forgetting a pending exception leaves the interpreter looking for
    it at every step, and ``sys.setprofile`` in an endless loop.
    """
    try:
        _throw(threading.get_ident(), Overrun)
        while True:
            pass
    except (Overrun, KeyboardInterrupt):
        pass


def watchdog() -> Watchdog:
    """The watchdog of this process (a forked child needs one of its own)."""
    return _watchdog_of(os.getpid())


@functools.cache
def _watchdog_of(_process: int) -> Watchdog:
    return Watchdog()
