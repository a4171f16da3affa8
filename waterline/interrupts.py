"""The stop button: an interrupt never stops the lab in the middle of a step.

Python raises KeyboardInterrupt wherever its main thread is. While a cell waits for the cloud, that is most often in
the middle of the lab's own work: a poller would die with its batch in its hands, a handler's standard output would stay
where the cell's belongs. So where the interrupt lands decides what it stops:

- in code of the learner's (the cell's, a handler's that computes): it is raised there, at once;
- in the lab's own work: the step is finished first, and the cell that waits for the cloud is stopped;
- pressed once more before that: it is raised wherever it lands.

What stopped the cell is shown as one sentence, and the cloud goes on from that instant with the next cell.
"""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from waterline.clock import Clock, shown
from waterline.compute.package import ROOT
from waterline.trace import instant
from waterline.waiting import Timer

_LAB = str(Path(__file__).parent)


class Interrupted(KeyboardInterrupt):
    """The learner stopped the cell. Still a KeyboardInterrupt, shown as a sentence."""

    def _render_traceback_(self) -> list[str]:
        return [f"KeyboardInterrupt: {self}"]


@contextmanager
def gentle(learners_names: Mapping[str, Any], loop: asyncio.AbstractEventLoop | None = None) -> Iterator[None]:
    """Take interrupts for the length of a ``with`` block, in the main thread; elsewhere this does nothing.

    `learners_names` is the namespace of the learner's code. `loop`: the event loop that the block awaits on, which has
    to be woken by an interrupt.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    button = _StopButton(learners_names, loop, signal.getsignal(signal.SIGINT))
    signal.signal(signal.SIGINT, button.pressed)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, button.before)
        button.forget()


class _StopButton:
    def __init__(self, learners_names: Mapping[str, Any], loop: asyncio.AbstractEventLoop | None, before: Any) -> None:
        self.before = before
        self._learners_names = learners_names
        self._loop = loop
        self._pending: Timer | None = None

    def pressed(self, number: int, frame: FrameType | None) -> None:
        clock = shown()
        if clock is None:
            self._leave_to_others(number, frame)
        elif clock.cell_is_on_stage:
            # Without an await the cell is under way even where none of its lines is: between two of its statements.
            if self._loop is None or any(self._is_learners(code) for code in _outwards(frame)):
                raise _interrupted(clock)
            self._leave_to_others(number, frame)
        elif self._learner_is_on_stage(frame) or (self._pending is not None and self._pending.pending):
            raise _interrupted(clock)
        else:
            self._pending = clock.interrupt(_interrupted(clock))

    def forget(self) -> None:
        """The cell is over: an interrupt that came too late for it must not stop the next one."""
        if self._pending is not None:
            self._pending.cancel()

    def _leave_to_others(self, number: int, frame: FrameType | None) -> None:
        if callable(self.before):
            self.before(number, frame)
        if self._loop is not None:
            self._loop.call_soon_threadsafe(lambda: None)  # what ipykernel does here does not wake a loop that waits

    def _learner_is_on_stage(self, frame: FrameType | None) -> bool:
        """Whether code of the learner's runs, itself or what it called, and none of the lab's inside it."""
        for code in _outwards(frame):
            if self._is_learners(code):
                return True
            if code.f_code.co_filename.startswith(_LAB):
                return False
        return False

    def _is_learners(self, frame: FrameType) -> bool:
        return frame.f_globals is self._learners_names or frame.f_code.co_filename.startswith(ROOT)


def _outwards(frame: FrameType | None) -> Iterator[FrameType]:
    while frame is not None:
        yield frame
        frame = frame.f_back


def _interrupted(clock: Clock) -> Interrupted:
    return Interrupted(f"stopped at {instant(clock.now)} in the cloud, which goes on with the next cell.")
