"""asyncio in a handler: the same event loop, whose time is the virtual clock's.

``asyncio.run`` in a handler gets a loop that, where it would wait for the next timer, gives the clock back: so
``asyncio.sleep`` takes virtual time and other handlers go on meanwhile. What the loop waits for without a timer is a
thread or a socket; that is waited for in real time.

A thread knows one running loop and one current task of it, and in a notebook both are the kernel's. While a handler is
on stage they are put away.
"""

from __future__ import annotations

import asyncio
import selectors
from typing import Any

from waterline.clock import SECOND, Clock


class _VirtualSelector(selectors.DefaultSelector):
    """Looks for what is ready; waits on the clock instead of in the operating system."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            return super().select(None)
        ready = super().select(0)
        if not ready and timeout > 0:
            self._clock.sleep(timeout)
            ready = super().select(0)
        return ready


class VirtualEventLoop(asyncio.SelectorEventLoop):
    """An event loop on the clock."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        super().__init__(_VirtualSelector(clock))

    def time(self) -> float:
        """Virtual seconds since the cloud's start."""
        return self._clock.now / SECOND


def put_away_running_loop() -> Any:
    """Make this thread one without a running loop; returns what :func:`take_out_running_loop` wants."""
    loop = asyncio._get_running_loop()
    if loop is None:
        return None
    # Since 3.12; before, the current tasks are kept by loop and cannot be in each other's way.
    swap = getattr(asyncio.tasks, "_swap_current_task", None)
    task = None if swap is None else swap(loop, None)
    asyncio._set_running_loop(None)
    return loop, task


def take_out_running_loop(kept: Any) -> None:
    """Give this thread the running loop back that was put away."""
    if kept is None:
        return
    loop, task = kept
    asyncio._set_running_loop(loop)
    if task is not None:
        asyncio.tasks._swap_current_task(loop, task)  # type: ignore[attr-defined]
