"""Virtual time: one clock per cloud, and everything that happens in the cloud happens on it.

Words
-----
instant
    a point in virtual time, in whole microseconds since the clock's start. Whole numbers, so that two runs agree to
    the byte and the capacity simulator can agree with both.
frozen
    while the clock is frozen the process sees virtual time; thawed, it sees real time again.
hub
    the greenlet that plays the agenda and gives the stage to one task after another (``waterline.waiting`` has the
    words for what waits).

SimPy keeps the agenda, time-machine shows the time, greenlet lets blocking code overlap. Only the thread that made the
clock is under it: other threads sleep for real, and can neither move the clock nor be slowed by it. ``time.monotonic``
and ``time.perf_counter`` stay real, because Jupyter's own event loop lives by them.
"""

from __future__ import annotations

import datetime as dt
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import greenlet
import simpy

from waterline.errors import CloudMisused, LabMistake
from waterline.progressbar import Progress
from waterline.waiting import Action, Gate, Signal, Task, TaskEnded, Timer

# time-machine imports pytest, which takes longer than the rest of this package, to offer a fixture nobody wants here.
_without_pytest = sys.modules.setdefault("pytest", None)  # type: ignore[arg-type]
import time_machine  # noqa: E402

if _without_pytest is None:
    del sys.modules["pytest"]

EPOCH = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
SECOND = 1_000_000
_LAST_DATE = dt.datetime(9999, 12, 31, tzinfo=dt.UTC)
_STEPS_BETWEEN_LOOKS = 64
_REFUSALS_BEFORE_ABANDONED = 100
OWNED_BY_A_HANDLER = "_waterline_owned_by_a_handler"
"""The attribute that marks a thread which a handler has started: what would take virtual time is refused to it."""

_NO_THREADS = (
    "The lab cloud lives in the thread that opened it: call it from the notebook cell or from a handler, "
    "and sleep there, not in another thread."
)

real_sleep = time.sleep


def microseconds(seconds: float) -> int:
    """Seconds as whole microseconds, rounded to the nearest."""
    return round(seconds * SECOND)


class NotSettled(LabMistake, RuntimeError):
    """Things were still happening when the limit given to ``settle`` was reached."""


class NothingToWaitFor(LabMistake, RuntimeError):
    """The notebook cell waits for something that can no longer happen."""


class Clock:
    """The virtual clock of one cloud.

    Parameters
    ----------
    start: the virtual date at instant 0, with a time zone.
    """

    def __init__(self, start: dt.datetime = EPOCH) -> None:
        if start.tzinfo is None:
            raise ValueError("A clock's start needs a time zone, for example datetime(2026, 1, 1, tzinfo=UTC).")
        self.start = start
        self.thread = threading.get_ident()
        self.switches = 0
        self._agenda = simpy.Environment(initial_time=0)
        self._end = (_LAST_DATE - start) // dt.timedelta(microseconds=1)
        self._foreground = 0
        self._settling = False
        self._closed = False
        self._traveller: time_machine.travel | None = None
        self._traveller_clock: Any = None
        self._main = greenlet.getcurrent()
        self._hub = greenlet.greenlet(self._loop, parent=self._main)
        self._tasks: dict[greenlet.greenlet, Task] = {}
        self._progress: Progress | None = None
        self._for_the_cell: BaseException | None = None

    # -- what time is it ---------------------------------------------------------------------------------------------

    @property
    def now(self) -> int:
        """This instant, in microseconds since the start."""
        return int(self._agenda.now)

    @property
    def date(self) -> dt.datetime:
        """This instant as a date."""
        return self.start + dt.timedelta(microseconds=self.now)

    @property
    def frozen(self) -> bool:
        return self._traveller is not None

    def freeze(self) -> None:
        """Show virtual time to the process. Freezing a frozen clock does nothing."""
        if not self.frozen and not self._closed:
            self._traveller = time_machine.travel(self.date, tick=False)
            self._traveller_clock = self._traveller.start()
            _shown.append(self)

    def thaw(self) -> None:
        """Show real time again. Thawing a thawed clock does nothing."""
        if self._traveller is not None:
            self._traveller.stop()
            self._traveller = self._traveller_clock = None
            _shown.remove(self)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Frozen for the length of a ``with`` block, whatever happens in it."""
        was_frozen = self.frozen
        self.freeze()
        try:
            yield
        finally:
            if not was_frozen:
                self.thaw()

    # -- the agenda --------------------------------------------------------------------------------------------------

    def at(self, instant: int, action: Action, *args: object, background: bool = False) -> Timer:
        """Put `action(*args)` on the agenda at `instant` (microseconds; not before now). It must not block."""
        self.refuse_other_threads()
        if instant > self._end:
            raise CloudMisused("The lab's clock ends with the year 9999, and that is where this would go: wait less.")
        timer = Timer(self, max(instant, self.now), action, args, background)
        if not background:
            self._foreground += 1
        self._agenda.timeout(timer.at - self.now).callbacks.append(timer._fire)
        return timer

    def after(self, delay: int, action: Action, *args: object, background: bool = False) -> Timer:
        """Put `action(*args)` on the agenda `delay` microseconds from now."""
        return self.at(self.now + delay, action, *args, background=background)

    def spawn(self, name: str, action: Action, *args: object, cause: tuple[str, ...] = ()) -> Task:
        """Start a task at this instant, after what is already due. `cause`: the messages that it works on."""
        task = Task(self, name, action, args, cause)
        self._tasks[task.greenlet] = task
        self.after(0, self._resume, task.greenlet, None)
        return task

    def interrupt(self, error: BaseException) -> Timer:
        """Raise `error` in the cell that waits, as soon as the step that is under way is finished."""
        # In the background, so that settle() does not take it for something that is left to happen.
        return self.after(0, self._resume, self._main, error, background=True)

    @property
    def cell_is_on_stage(self) -> bool:
        """Whether the notebook cell's own code runs now, and not the lab's or a handler's."""
        return greenlet.getcurrent() is self._main

    def signal(self) -> Signal:
        return Signal(self)

    def gate(self) -> Gate:
        return Gate(self)

    @property
    def task(self) -> Task | None:
        """The task that runs now, or None in the notebook cell."""
        return self._tasks.get(greenlet.getcurrent())

    @property
    def cause(self) -> tuple[str, ...]:
        """The messages that whatever runs now is working on."""
        task = self.task
        return () if task is None else task.cause

    # -- giving the clock back ---------------------------------------------------------------------------------------

    def sleep(self, seconds: float) -> None:
        """What ``time.sleep`` does under this clock: block the current task for that much virtual time."""
        if seconds < 0:
            raise ValueError("sleep length must be non-negative")
        self.rest(microseconds(seconds))

    def rest(self, delay: int) -> None:
        """Block the current task for `delay` microseconds."""
        self._may_block()
        timer = self.after(delay, self._resume, greenlet.getcurrent(), None)
        try:
            self._park()
        except BaseException:
            timer.cancel()
            raise

    def advance(self, delay: int) -> None:
        """Play the next `delay` microseconds from the notebook cell."""
        self._refuse_in_a_task("advance")
        with self.held(), self._shown_progress(self.now + delay):
            self.rest(delay)

    def settle(self, limit: int) -> None:
        """Play on until only background timers and idle waiters are left.

        Raises NotSettled when `limit` microseconds have gone by and things are still happening.
        """
        self._refuse_in_a_task("settle")
        self._may_block()
        if self._foreground == 0:
            return
        error = NotSettled(
            f"Things were still happening after {limit / 86400 / SECOND:g} virtual days: "
            "look at the end of the journal for what repeats, or give settle a higher limit."
        )
        timer = self.after(limit, self._resume, greenlet.getcurrent(), error, background=True)
        self._settling = True
        try:
            with self.held(), self._shown_progress(None):
                self._park()
        finally:
            self._settling = False
            timer.cancel()

    def close(self) -> None:
        """End every task at this instant (their ``finally`` blocks run) and show real time again."""
        if self._closed:
            return
        self._closed = True
        here = self._main = greenlet.getcurrent()
        for task in list(self._tasks.values()):
            task.ended = task.ended or TaskEnded("The cloud was closed.")
            if task.greenlet:
                task.greenlet.parent = here
                task.greenlet.throw(task.ended)
        self.thaw()
        self._tasks.clear()
        if self._hub:
            self._hub.parent = here
            self._hub.throw(greenlet.GreenletExit)

    # -- inside ------------------------------------------------------------------------------------------------------

    def refuse_other_threads(self) -> None:
        if threading.get_ident() != self.thread:
            raise CloudMisused(_NO_THREADS)

    def _refuse_in_a_task(self, name: str) -> None:
        self.refuse_other_threads()
        if self.task is not None:
            raise CloudMisused(f"A handler only sleeps; {name} belongs to the notebook cell.")

    def _may_block(self) -> None:
        """Refuse to block what has been ended, and abandon what does not take no for an answer."""
        task = self.task
        if task is not None and task.ended is not None:
            task.refusals += 1
            while task.refusals > _REFUSALS_BEFORE_ABANDONED:
                if task.leave is not None:
                    task.leave()
                self._tasks.pop(task.greenlet, None)
                _abandoned.append(task.greenlet)
                task.gone.open()
                (self._main if self._closed else self._hub).switch()
            raise task.ended
        if self._hub.dead:
            raise CloudMisused("This cloud is closed: open a new one.")

    @contextmanager
    def off_stage(self) -> Iterator[None]:
        """Put a handler that runs off its stage for the length of a ``with`` block that does not block."""
        task = self.task
        leave, enter = (None, None) if task is None else (task.leave, task.enter)
        if leave is not None:
            leave()
        try:
            yield
        finally:
            if enter is not None:
                enter()

    def _park(self) -> object:
        """Give up the stage until something resumes the current task; returns what it is resumed with."""
        task = self.task
        if task is None:
            self._main = greenlet.getcurrent()
        elif task.leave is not None:
            task.leave()
        try:
            result = self._hub.switch()
        finally:
            if task is not None and task.enter is not None:
                task.enter()
        if task is None and self._for_the_cell is not None:
            result, self._for_the_cell = self._for_the_cell, None
        if isinstance(result, BaseException):
            raise result
        return result

    def _resume(self, waiter: greenlet.greenlet, value: object) -> None:
        """Give the stage to a waiting task (called from the hub; from a task, it is put on the agenda)."""
        if greenlet.getcurrent() is not self._hub:
            self.after(0, self._resume, waiter, value)
            return
        self.switches += 1
        if waiter:
            waiter.switch(value)
        elif not waiter.dead and self._tasks[waiter].ended is None:
            waiter.switch()

    def _forward(self, error: BaseException) -> None:
        """An error that belongs to no handler (an interrupt, a fault of ours) surfaces where the cell waits."""
        self._for_the_cell = error
        self.after(0, self._tell_the_cell)

    def _tell_the_cell(self) -> None:
        if self._for_the_cell is not None:
            self._resume(self._main, None)

    def _loop(self) -> None:
        while True:
            try:
                self._play()
            except greenlet.GreenletExit:
                raise
            except BaseException as error:
                self._main.switch(error)

    def _play(self) -> None:
        agenda, steps = self._agenda, 0
        while True:
            if self._settling and self._foreground == 0:
                self._main.switch(None)
                continue
            due = agenda.peek()
            if due == float("inf"):
                raise NothingToWaitFor(
                    "Nothing is left to happen in the cloud, so what this cell waits for never will."
                )
            if due > agenda.now and self._traveller_clock is not None:
                self._traveller_clock.shift(dt.timedelta(microseconds=int(due) - self.now))
            agenda.step()
            steps += 1
            if steps % _STEPS_BETWEEN_LOOKS == 0 and self._progress is not None:
                self._progress.look(self.now)

    @contextmanager
    def _shown_progress(self, end: int | None) -> Iterator[None]:
        self._progress = Progress(self.now, end)
        try:
            yield
        finally:
            self._progress.close()
            self._progress = None


# The clocks whose time the process shows, innermost last: time belongs to the process, so no cloud can own this.
_shown: list[Clock] = []


# Greenlets that would not end. Kept, because collecting one would throw into it once more.
_abandoned: list[greenlet.greenlet] = []


def shown() -> Clock | None:
    """The clock whose time this thread sees, or None for real time."""
    if _shown and _shown[-1].thread == threading.get_ident():
        return _shown[-1]
    return None


def _sleep(seconds: float, /) -> None:
    """Suspend execution for the given number of seconds: virtual ones under a cloud's clock, else real ones."""
    clock = shown()
    if clock is None:
        if getattr(threading.current_thread(), OWNED_BY_A_HANDLER, False):
            raise CloudMisused(_NO_THREADS)
        real_sleep(seconds)
    else:
        clock.sleep(seconds)


def install() -> None:
    """Put the clock behind ``time.sleep``, once and for good, so that ``from time import sleep`` has it too."""
    time.sleep = _sleep  # type: ignore[assignment]
