"""Provisioned concurrency: environments of one version that are initialized ahead and kept.

Words
-----
requested, allocated, available
    how many environments a configuration asks for, how many are initialized, and how many of those are free.
spill over
    an invocation that finds none free gets an environment on demand, with a cold start, like any other.

Source: AWS Lambda Developer Guide, "Configuring provisioned concurrency for a function" and "Understanding the Lambda
execution environment lifecycle" (read 2026-11; fact ``lambda.init_provisioned_max``): initialization may take that long
or as long as the function's timeout, whichever is longer; provisioned environments are kept until the configuration is
deleted. Ours differs: all environments begin to initialize at once, and one that cannot be initialized is not tried
again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from waterline.clock import SECOND
from waterline.compute import limits
from waterline.compute.concurrency import FunctionConcurrency
from waterline.ground import Ground
from waterline.waiting import Task, TaskEnded

if TYPE_CHECKING:
    from waterline.compute.environment import Environment


class ProvisionedEnvironments:
    """The provisioned environments of one function version.

    `make` makes an environment that is not initialized; `shut_down` ends one, and writes why into the journal.
    """

    def __init__(
        self,
        ground: Ground,
        place: str,
        concurrency: FunctionConcurrency,
        make: Callable[[], Environment],
        shut_down: Callable[[Environment, str], object],
    ) -> None:
        self._ground = ground
        self._place = place
        self._concurrency = concurrency
        self._make = make
        self._shut_down = shut_down
        self._ready: list[Environment] = []
        self._all: set[int] = set()
        self._starting: set[int] = set()
        self.requested = 0
        self.failure: str | None = None

    @property
    def allocated(self) -> int:
        """How many are initialized."""
        return len(self._all) - len(self._starting)

    @property
    def available(self) -> int:
        """How many are initialized and free."""
        return len(self._ready)

    def request(self, count: int) -> None:
        """Have so many environments; those that are too many end, the busy ones when they are free."""
        self.requested, self.failure = count, None
        while len(self._all) > count and self._ready:
            environment = self._ready.pop()
            self._forget(environment)
            self._shut_down(environment, "its provisioned concurrency was taken back")
        self._fill()

    def take(self) -> Environment:
        return self._ready.pop()

    def give_back(self, environment: Environment, why_not: str | None) -> None:
        """An invocation is over; `why_not`: the sentence that says why its environment cannot be used again."""
        if why_not is None and len(self._all) > self.requested:
            why_not = "its provisioned concurrency was taken back"
        if why_not is None:
            self._ready.append(environment)
            return
        self._forget(environment)
        self._shut_down(environment, why_not)
        if self.failure is None:
            self._fill()

    def _fill(self) -> None:
        while len(self._all) < self.requested:
            environment = self._make()
            environment.provisioned = environment.warm = True
            self._all.add(environment.number)
            self._starting.add(environment.number)
            self._concurrency.provisioned += 1
            self._ground.clock.spawn(f"{self._place}/{environment.number}", self._initialize, environment)

    def _forget(self, environment: Environment) -> None:
        self._all.discard(environment.number)
        self._starting.discard(environment.number)
        self._concurrency.provisioned -= 1

    def _initialize(self, environment: Environment) -> None:
        clock, number = self._ground.clock, environment.number
        task = clock.task
        assert task is not None
        self._ground.journal.record("started", self._place, environment=number, why="provisioned concurrency")
        allowed = max(limits.PROVISIONED_INITIALIZATION, environment.configuration.timeout)
        limit = clock.after(allowed * SECOND, self._too_long, task, environment, allowed)
        try:
            broken = environment.sandbox.initialize()
        except TaskEnded:
            return
        finally:
            limit.cancel()
        if task.ended is not None:
            return
        if broken is not None:
            self._fail(environment, broken.why or "")
        else:
            self._starting.discard(number)
            self.give_back(environment, None)

    def _too_long(self, task: Task, environment: Environment, allowed: int) -> None:
        task.end(TaskEnded("The initialization took too long."))
        self._fail(environment, f"took longer than {allowed} s")

    def _fail(self, environment: Environment, why: str) -> None:
        self.failure = f"FUNCTION_ERROR_INIT_FAILURE: {why}"
        self._forget(environment)
        self._shut_down(environment, f"its initialization failed: {why}")
