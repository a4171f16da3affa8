"""Execution environments, and the fleet of them that one version of a function has.

Words
-----
execution environment
    the code of one function, loaded once, handling one event at a time. Its module-level code runs when it is made (a
    *cold start*), its globals live as long as it does; between events it is frozen.
fleet
    the environments of one function. A free environment is used again, the last one freed first; only when none is
    free is another one made, and only up to a limit. Beyond it an invocation is *throttled*.

Source: AWS Lambda Developer Guide, "Understanding the Lambda execution environment lifecycle" and "Understanding Lambda
function scaling" (read 2026-11). Ours differs: making an environment takes only as long as its module-level code, and a
free environment is never reclaimed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from waterline.clock import SECOND
from waterline.compute.faulted import Strikes
from waterline.compute.logs import Log
from waterline.compute.outcome import Outcome, failure, timed_out
from waterline.compute.sandbox import Configuration, Request, Sandbox, SandboxFactory
from waterline.faults.injection import OUTAGE
from waterline.ground import Ground
from waterline.waiting import Task, TaskEnded

Finish = Callable[[Outcome, str], object]


@dataclass
class Environment:
    number: int
    configuration: Configuration
    sandbox: Sandbox
    log: Log
    warm: bool = False


@dataclass(frozen=True)
class Invocation:
    """One event on its way through a function. `messages` are the journal's names for what it works on.

    `detail`: what the journal's ``invoked`` says beside the usual.
    """

    request_id: str
    event: str
    messages: tuple[str, ...]
    parents: tuple[str, ...] = ()
    detail: Mapping[str, Any] = field(default_factory=dict)


class Account:
    """The concurrency that all functions of an account share."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.running = 0


class Fleet:
    """The execution environments of one function version. `reserved`: its reserved concurrency, or None."""

    def __init__(
        self,
        ground: Ground,
        configuration: Configuration,
        account: Account,
        reserved: Callable[[], int | None],
        sandboxes: SandboxFactory,
        place: tuple[str, str],
    ) -> None:
        self._ground = ground
        self._configuration = configuration
        self._account = account
        self._reserved = reserved
        self._sandboxes = sandboxes
        self._account_id, self._region = place
        self._free: list[Environment] = []
        self._made = 0
        self.running = 0
        self.closed = False
        self.stops: Callable[[Invocation], Outcome | None] = lambda _invocation: None
        self.place = f"lambda:{configuration.name}"

    @property
    def timeout(self) -> int:
        """In seconds."""
        return self._configuration.timeout

    @property
    def arn(self) -> str:
        return self._configuration.arn

    @property
    def version(self) -> str:
        return self._configuration.version

    @property
    def reserved(self) -> int | None:
        """The function's reserved concurrency, or None."""
        return self._reserved()

    @property
    def is_down(self) -> bool:
        """Whether an outage (``cloud.faults``) keeps every invocation away."""
        return self._ground.faults.is_down(self._configuration.name)

    def start(self, invocation: Invocation, finish: Finish) -> bool:
        """Begin an invocation; `finish` gets its outcome and its log. False, and nothing begun: throttled, or down."""
        if self.closed:
            return False
        if self.is_down:
            self._record("refused", invocation, fault=OUTAGE, why="the function cannot be reached: an outage")
            return False
        stopped = self.stops(invocation)
        if stopped is not None:
            finish(stopped, "")
            return True
        reserved = self.reserved
        if self._account.running >= self._account.limit or (reserved is not None and self.running >= reserved):
            limit = "the account's concurrency" if reserved is None else f"reserved concurrency {reserved}"
            self._record("throttled", invocation, why=f"{limit} is used up")
            return False
        self.running += 1
        self._account.running += 1
        environment = self._free.pop() if self._free else self._make()
        name = f"{self._configuration.name}/{environment.number}"
        self._ground.clock.spawn(name, self._run, environment, invocation, finish, cause=invocation.messages)
        return True

    def reconfigure(self, configuration: Configuration) -> None:
        """The function's code or configuration has changed: later invocations get new environments."""
        self._configuration = configuration
        self._shut_down_free("the function was updated")

    def close(self) -> None:
        """The function is deleted: nothing begins any more; what runs goes on to its end."""
        self.closed = True
        self._shut_down_free("the function was deleted")

    def _shut_down_free(self, why: str) -> None:
        for environment in self._free:
            self._shut_down(environment, why)
        self._free.clear()

    def _shut_down(self, environment: Environment, why: str) -> None:
        environment.sandbox.close()
        self._ground.journal.record("ended", self.place, environment=environment.number, why=why)

    def _make(self) -> Environment:
        self._made += 1
        configuration = self._configuration
        log = Log(self._ground.clock, configuration, self._account_id, self._region, self._made)
        variables = {**configuration.variables, "AWS_LAMBDA_LOG_STREAM_NAME": log.stream}
        sandbox = self._sandboxes(self._ground.clock, replace(configuration, variables=variables))
        return Environment(self._made, configuration, sandbox, log)

    def _run(self, environment: Environment, invocation: Invocation, finish: Finish) -> None:
        clock = self._ground.clock
        task = clock.task
        assert task is not None
        begun = clock.now
        ending = _Ending(self, environment, invocation, finish)
        if not environment.warm:
            environment.warm = True
            self._record("started", invocation, environment=environment.number)
            # AWS gives initialization ten seconds and then starts it again under the function's own timeout;
            # here it has the function's timeout once.
            limit = clock.after(self.timeout * SECOND, self._time_out, task, ending, begun)
            try:
                broken = environment.sandbox.initialize()
            except TaskEnded:
                return
            except KeyboardInterrupt:
                ending(_interrupted(), clock.now - begun)
                raise
            finally:
                limit.cancel()
            if broken is not None:
                self._record("invoked", invocation, environment=environment.number)
                ending(broken, clock.now - begun, lost=True)
                return
        begun = clock.now
        deadline = begun + self.timeout * SECOND
        detail = {"batch": len(invocation.messages), **invocation.detail}
        self._record("invoked", invocation, environment=environment.number, **detail)
        limit = clock.at(deadline, self._time_out, task, ending, begun)
        request = Request(invocation.request_id, invocation.event, deadline)
        strikes = ending.strikes = Strikes.drawn(
            self._ground.faults, self._configuration.name, self.timeout, request.request_id, request.event
        )
        try:
            outcome = strikes.around(lambda: environment.sandbox.handle(request), clock, task, ending)
        except TaskEnded:
            return
        except KeyboardInterrupt:
            ending(_interrupted(), clock.now - begun)
            raise
        finally:
            limit.cancel()
        if task.ended is None:
            ending(outcome, clock.now - begun)

    def _time_out(self, task: Task, ending: _Ending, begun: int) -> None:
        """The deadline has come: end the handler now; its ``finally`` blocks run, and cannot wait for anything."""
        task.end(TaskEnded("The function timed out."))
        ending(timed_out(self.timeout, ending.invocation.request_id), self._ground.clock.now - begun)

    def _release(self, environment: Environment, lost: bool) -> None:
        self.running -= 1
        self._account.running -= 1
        if lost:
            self._shut_down(environment, "it cannot be used again")
        elif self.closed:
            self._shut_down(environment, "the function was deleted")
        elif environment.configuration is not self._configuration:
            self._shut_down(environment, "the function was updated")
        else:
            self._free.append(environment)

    def _record(self, kind: str, invocation: Invocation, strikes: Strikes | None = None, **detail: Any) -> None:
        for message in invocation.messages:
            if strikes is not None:
                detail["fault"] = strikes.fault(message)
            self._ground.journal.record(
                kind, self.place, message, invocation.parents, invocation=invocation.request_id, **detail
            )


class _Ending:
    """Ends one invocation, once: writes the journal and the log, frees the environment, tells who waits."""

    def __init__(self, fleet: Fleet, environment: Environment, invocation: Invocation, finish: Finish) -> None:
        self._fleet = fleet
        self._environment = environment
        self._finish = finish
        self._done = False
        self.invocation = invocation
        self.strikes = Strikes(invocation.request_id)

    def __call__(self, outcome: Outcome, duration: int, lost: bool = False) -> None:
        if self._done:
            return
        self._done = True
        outcome = outcome.lasting(duration)
        fleet, number = self._fleet, self._environment.number
        if outcome.succeeded:
            fleet._record("succeeded", self.invocation, self.strikes, environment=number, duration=duration)
        else:
            why = outcome.why
            fleet._record("failed", self.invocation, self.strikes, environment=number, duration=duration, why=why)
        printed = self._environment.sandbox.printed()
        log = self._environment.log.write(self.invocation.request_id, printed, outcome)
        fleet._release(self._environment, outcome.environment_lost or lost)
        self._finish(outcome, log)


def _interrupted() -> Outcome:
    return failure("KeyboardInterrupt", "interrupted from the notebook", why="interrupted from the notebook", lost=True)
