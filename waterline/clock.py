"""Virtual time: one clock per cloud, and everything that happens in the cloud happens on it.

Words
-----
instant
    a point in virtual time, in whole microseconds since the clock's start. Whole numbers, so that two runs agree to
    the byte and the capacity simulator can agree with both.
timer
    an action that waits for its instant. A *background* timer (housekeeping: a message's retention, an idle
    environment) never keeps :meth:`Clock.settle` waiting.
task
    something that may block in the middle of itself: a handler, a poller, the notebook cell. Each runs in a greenlet
    of its own, so a plain ``time.sleep`` gives the clock back and the others go on.
frozen
    while the clock is frozen the process sees virtual time; thawed, it sees real time again.

SimPy keeps the agenda, time-machine shows the time, greenlet lets blocking code overlap. Only the thread that made the
clock is under it: other threads sleep for real, and can neither move the clock nor be slowed by it. ``time.monotonic``
and ``time.perf_counter`` stay real, because Jupyter's own event loop lives by them.
"""

from __future__ import annotations

import contextvars
import datetime as dt
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias

import greenlet
import simpy

from waterline.errors import CloudMisused, LabMistake
from waterline.progressbar import Progress

# time-machine imports pytest, which takes longer than the rest of this package, to offer a fixture nobody wants here.
_without_pytest = sys.modules.setdefault("pytest", None)  # type: ignore[arg-type]
import time_machine  # noqa: E402

if _without_pytest is None:
    del sys.modules["pytest"]

Action: TypeAlias = Callable[..., object]

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


class TaskEnded(BaseException):
    """Thrown into a task that must end now; not an Exception, so that ``except Exception`` does not keep it alive."""


class NotSettled(LabMistake, RuntimeError):
    """Things were still happening when the limit given to ``settle`` was reached."""


class NothingToWaitFor(LabMistake, RuntimeError):
    """The notebook cell waits for something that can no longer happen."""


class Timer:
    """An action on the agenda. ``cancel()`` takes it off; cancelling twice, or after it fired, does nothing."""

    __slots__ = ("_action", "_args", "_background", "_clock", "at")

    def __init__(self, clock: Clock, at: int, action: Action, args: tuple[object, ...], background: bool) -> None:
        self._clock = clock
        self._action: Action | None = action
        self._args = args
        self._background = background
        self.at = at

    @property
    def pending(self) -> bool:
        return self._action is not None

    def cancel(self) -> None:
        if self._action is not None:
            self._action = None
            self._args = ()
            if not self._background:
                self._clock._foreground -= 1

    def _fire(self, _event: object) -> None:
        action, args = self._action, self._args
        if action is not None:
            self.cancel()
            action(*args)


class Gate:
    """Opens once, with a value; whoever waits for it, or comes later, goes through."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._waiting = Signal(clock)
        self.opened = False
        self.value: Any = None

    def open(self, value: object = None) -> None:
        if not self.opened:
            self.opened, self.value = True, value
            self._waiting.notify_all()

    def wait(self, timeout: int | None = None) -> bool:
        """Block the current task until the gate is open, at most `timeout` microseconds; tells whether it is open."""
        if not self.opened:
            self._waiting.wait(timeout)
        return self.opened


class _Waiter:
    """A task that waits, and the timer that will resume it: at first the one that gives up, then the one that wakes."""

    __slots__ = ("task", "timer")

    def __init__(self, task: greenlet.greenlet, timer: Timer | None) -> None:
        self.task = task
        self.timer = timer

    def resume_by(self, timer: Timer | None) -> None:
        if self.timer is not None:
            self.timer.cancel()
        self.timer = timer


class Signal:
    """Wakes waiting tasks, in the order in which they came. A task that waits without a timeout costs nothing."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._waiting: deque[_Waiter] = deque()

    def __len__(self) -> int:
        return len(self._waiting)

    def wait(self, timeout: int | None = None, *, first: bool = False) -> bool:
        """Block the current task until it is woken, at most `timeout` microseconds; tells whether it was woken.

        With `first` it is woken before those that wait already.
        """
        self._clock._may_block()
        waiter = _Waiter(greenlet.getcurrent(), None)
        if timeout is not None:
            waiter.timer = self._clock.after(timeout, self._give_up, waiter)
        (self._waiting.appendleft if first else self._waiting.append)(waiter)
        try:
            return bool(self._clock._park())
        except BaseException:
            if waiter in self._waiting:
                self._waiting.remove(waiter)
            waiter.resume_by(None)
            raise

    def notify(self) -> bool:
        """Wake the task that has waited longest; tells whether there was one."""
        if not self._waiting:
            return False
        waiter = self._waiting.popleft()
        waiter.resume_by(self._clock.after(0, self._clock._resume, waiter.task, True))
        return True

    def notify_all(self) -> None:
        while self.notify():
            pass

    def _give_up(self, waiter: _Waiter) -> None:
        self._waiting.remove(waiter)
        self._clock._resume(waiter.task, False)


class Task:
    """A piece of work that may block. `enter` and `leave` are called whenever it takes and gives up the stage."""

    def __init__(
        self, clock: Clock, name: str, action: Action, args: tuple[object, ...], cause: tuple[str, ...]
    ) -> None:
        self.name = name
        self.cause = cause
        self.enter: Action | None = None
        self.leave: Action | None = None
        self.ended: BaseException | None = None
        self.refusals = 0
        self.gone = clock.gate()
        self._clock = clock
        self._action = action
        self._args = args
        self.greenlet = greenlet.greenlet(self._run, parent=clock._hub)
        self.greenlet.gr_context = contextvars.copy_context()

    @property
    def alive(self) -> bool:
        return not self.greenlet.dead

    def end(self, reason: BaseException) -> None:
        """End a blocked task at this instant: `reason` is raised where it blocks, so its ``finally`` blocks run.

        From then on the task cannot block again: whatever gives the clock back raises `reason` once more.
        """
        if self.alive and self.ended is None:
            self.ended = reason
            self._clock._resume(self.greenlet, reason)

    def _run(self) -> None:
        try:
            self._action(*self._args)
        except (greenlet.GreenletExit, TaskEnded):
            pass
        except BaseException as error:
            self._clock._forward(error)
        finally:
            self._clock._tasks.pop(self.greenlet, None)
            self.gone.open()


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
        self._rest(microseconds(seconds))

    def advance(self, delay: int) -> None:
        """Play the next `delay` microseconds from the notebook cell."""
        self._refuse_in_a_task("advance")
        with self.held(), self._shown_progress(self.now + delay):
            self._rest(delay)

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

    def _rest(self, delay: int) -> None:
        self._may_block()
        timer = self.after(delay, self._resume, greenlet.getcurrent(), None)
        try:
            self._park()
        except BaseException:
            timer.cancel()
            raise

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
