"""Lines of states side by side: the branches of a Parallel, the iterations of a Map.

They begin in their order, at most so many at a time. When one fails for good the others are aborted at that instant.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from waterline.clock import Clock
from waterline.services.states.errors import StateError
from waterline.waiting import Task, TaskEnded


class Child(Protocol):
    """A line of states, or a child execution."""

    done: bool

    def run(self) -> Any: ...
    def abort(self) -> None: ...


def _never(_child: Child, _error: StateError) -> bool:
    return False


def play(
    clock: Clock,
    cause: tuple[str, ...],
    children: Sequence[Child],
    limit: int,
    tolerates: Callable[[Any, StateError], bool] = _never,
) -> StateError | None:
    """Play the children that are not done, `limit` at a time; returns the error of the one that was one too many.

    `tolerates` is asked whether the others may go on when one has failed.
    """
    waiting = deque(child for child in children if not child.done)
    running: dict[int, tuple[Child, Task]] = {}
    over = clock.gate()

    def launch() -> None:
        while waiting and len(running) < limit and not over.opened:
            child = waiting.popleft()
            running[id(child)] = child, clock.spawn("branch of a workflow", work, child, cause=cause)

    def work(child: Child) -> None:
        try:
            child.run()
        except StateError as error:
            if not tolerates(child, error):
                running.pop(id(child), None)
                over.open(error)
                return
        running.pop(id(child), None)
        launch()
        if not running:
            over.open()

    launch()
    if not running:
        return None
    try:
        over.wait()
    finally:
        for child, task in running.values():
            child.abort()
            task.end(TaskEnded("Another branch of the workflow has failed, or the execution is over."))
    error: StateError | None = over.value
    return error
