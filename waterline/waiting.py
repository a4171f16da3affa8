"""What can wait on the clock, and what it waits for.

Words
-----
timer
    an action that waits for its instant. A *background* timer (housekeeping: a message's retention, an idle
    environment) never keeps :meth:`Clock.settle` waiting.
task
    something that may block in the middle of itself: a handler, a poller, the notebook cell. Each runs in a greenlet
    of its own, so a plain ``time.sleep`` gives the clock back and the others go on.
gate, signal
    what tasks wait for besides time: a gate opens once and for all, a signal wakes one task after another.
"""

from __future__ import annotations

import contextvars
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

import greenlet

if TYPE_CHECKING:
    from waterline.clock import Clock

Action: TypeAlias = Callable[..., object]


class TaskEnded(BaseException):
    """Thrown into a task that must end now; not an Exception, so that ``except Exception`` does not keep it alive."""


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
