"""An execution environment, and what happens in it while it works on one event.

Words
-----
execution environment
    the code of one function, loaded once, handling one event at a time. Its module-level code runs when it is made (a
    *cold start*), its globals live as long as it does; between events it is frozen.
run
    one invocation in one environment, from its beginning to its one end: a return value, an error, a timeout.

Initialization has ten seconds (``lambda.init_max``), before the function's timeout begins to count; what takes longer
is ended, and begins again within the function's timeout.

Source: AWS Lambda Developer Guide, "Understanding the Lambda execution environment lifecycle" (read 2026-11). Ours
differs: making an environment takes only as long as its module-level code, and initialization that raises is not begun
again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from waterline.clock import SECOND
from waterline.compute import limits
from waterline.compute.faulted import Strikes
from waterline.compute.logs import Log
from waterline.compute.outcome import Outcome, failure, timed_out
from waterline.compute.sandbox import Configuration, Request, Sandbox
from waterline.ground import Ground
from waterline.waiting import Task, TaskEnded, Timer

Finish = Callable[[Outcome, str], object]
"""Who gets the outcome of an invocation, and its log."""

_INITIALIZATION = limits.INITIALIZATION * SECOND


@dataclass
class Environment:
    """An environment; `freed_at` (microseconds): since when nothing runs in it."""

    number: int
    configuration: Configuration
    sandbox: Sandbox
    log: Log
    warm: bool = False
    provisioned: bool = False
    freed_at: int = 0


@dataclass(frozen=True)
class Invocation:
    """One event on its way through a function. `messages` are the journal's names for what it works on.

    `detail`: what the journal's ``invoked`` says beside the usual. `qualifier`: the version or alias that was named.
    """

    request_id: str
    event: str
    messages: tuple[str, ...]
    parents: tuple[str, ...] = ()
    detail: Mapping[str, Any] = field(default_factory=dict)
    qualifier: str | None = None

    def record(self, ground: Ground, kind: str, place: str, strikes: Strikes | None = None, **detail: Any) -> None:
        """Write into the journal what happens to each of its messages."""
        for message in self.messages:
            if strikes is not None:
                detail["fault"] = strikes.fault(message)
            ground.journal.record(
                kind,
                place,
                message,
                self.parents,
                invocation=self.request_id,
                qualifier=self.qualifier,
                **detail,
            )


class Run:
    """One invocation in one environment: the initialization if it needs one, the handler, and one end.

    `release` gets the environment back, and whether it is lost; then `finish` gets the outcome and the log.
    """

    def __init__(
        self,
        ground: Ground,
        environment: Environment,
        invocation: Invocation,
        release: Callable[[Environment, bool], object],
        finish: Finish,
    ) -> None:
        self._ground = ground
        self._clock = ground.clock
        self._environment = environment
        self._invocation = invocation
        self._release = release
        self._finish = finish
        self._done = False
        self._strikes = Strikes(invocation.request_id)
        self._timeout: int = environment.configuration.timeout

    def begin(self) -> None:
        """Run it, in a task of its own."""
        self._spawn(self._run)

    def _spawn(self, run: Callable[[], None]) -> None:
        name = f"{self._environment.configuration.name}/{self._environment.number}"
        self._clock.spawn(name, run, cause=self._invocation.messages)

    def _run(self) -> None:
        environment = self._environment
        if not environment.warm:
            environment.warm = True
            self._record("started")
            limit = self._clock.after(_INITIALIZATION, self._initialize_again, self._clock.task)
            if not self._initialize(self._clock.now, limit):
                return
        self._handle(self._clock.now)

    def _initialize_again(self, task: Task) -> None:
        """The first initialization has taken too long: end it, and begin another one within the function's timeout."""
        task.end(TaskEnded("The initialization took too long."))
        self._environment.sandbox.close()
        self._spawn(self._run_late)

    def _run_late(self) -> None:
        begun = self._clock.now
        why = f"initialization took longer than {_INITIALIZATION // SECOND} s and begins again"
        self._record("started", why=why)
        limit = self._clock.after(self._timeout * SECOND, self._time_out, self._clock.task, begun)
        if self._initialize(begun, limit):
            self._handle(begun)

    def _initialize(self, begun: int, limit: Timer) -> bool:
        """Run the module-level code; False when that was the end of the invocation, or of this task."""
        task = self._clock.task
        assert task is not None
        try:
            broken = self._environment.sandbox.initialize()
        except TaskEnded:
            return False
        except KeyboardInterrupt:
            self._end(_interrupted(), self._clock.now - begun)
            raise
        finally:
            limit.cancel()
        if broken is not None and task.ended is None:
            self._record("invoked")
            self._end(broken, self._clock.now - begun, lost=True)
        return broken is None and task.ended is None

    def _handle(self, begun: int) -> None:
        """Run the handler; the function's timeout counts from `begun`."""
        clock, invocation, function = self._clock, self._invocation, self._environment.configuration.name
        task = clock.task
        assert task is not None
        deadline = begun + self._timeout * SECOND
        self._record("invoked", **{"batch": len(invocation.messages), **invocation.detail})
        limit = clock.at(deadline, self._time_out, task, begun)
        request = Request(invocation.request_id, invocation.event, deadline, invocation.qualifier)
        self._strikes = Strikes.drawn(self._ground.faults, function, self._timeout, request.request_id, request.event)
        try:
            outcome = self._strikes.around(lambda: self._environment.sandbox.handle(request), clock, task, self._end)
        except TaskEnded:
            return
        except KeyboardInterrupt:
            self._end(_interrupted(), clock.now - begun)
            raise
        finally:
            limit.cancel()
        if task.ended is None:
            self._end(outcome, clock.now - begun)

    def _time_out(self, task: Task, begun: int) -> None:
        """The deadline has come: end the handler now; its ``finally`` blocks run, and cannot wait for anything."""
        task.end(TaskEnded("The function timed out."))
        self._end(timed_out(self._timeout, self._invocation.request_id), self._clock.now - begun)

    def _end(self, outcome: Outcome, duration: int, lost: bool = False) -> None:
        """End it, once: write the journal and the log, free the environment, tell who waits."""
        if self._done:
            return
        self._done = True
        outcome = outcome.lasting(duration)
        if outcome.succeeded:
            self._record("succeeded", self._strikes, duration=duration)
        else:
            self._record("failed", self._strikes, duration=duration, why=outcome.why)
        printed = self._environment.sandbox.printed()
        log = self._environment.log.write(self._invocation.request_id, printed, outcome)
        self._release(self._environment, outcome.environment_lost or lost)
        self._finish(outcome, log)

    def _record(self, kind: str, strikes: Strikes | None = None, **detail: Any) -> None:
        number, place = self._environment.number, f"lambda:{self._environment.configuration.name}"
        self._invocation.record(self._ground, kind, place, strikes, environment=number, **detail)


def _interrupted() -> Outcome:
    return failure("KeyboardInterrupt", "interrupted from the notebook", why="interrupted from the notebook", lost=True)
