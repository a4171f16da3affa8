"""Execution environments, and the fleet of them that one version of a function has.

Words
-----
execution environment
    the code of one function, loaded once, handling one event at a time. Its module-level code runs when it is made (a
    *cold start*), its globals live as long as it does; between events it is frozen.
fleet
    the environments of one function. A free environment is used again, the last one freed first; only when none is
    free is another one made, and only up to a limit (``concurrency``). Beyond it an invocation is *throttled*.

Initialization has ten seconds, before the function's timeout begins to count; what takes longer is ended, and begins
again within the function's timeout. An environment that nobody needs is shut down after a while. Environments may also
be kept ready ahead (``provisioned``).

Source: AWS Lambda Developer Guide, "Understanding the Lambda execution environment lifecycle" and "Understanding Lambda
function scaling" (read 2026-11). AWS does not say how long a free environment is kept: the six minutes are ours. Ours
differs: making an environment takes only as long as its module-level code, a busy function's environments are never
replaced, and initialization that raises is not begun again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from waterline.clock import SECOND
from waterline.compute.concurrency import Account, Throttle
from waterline.compute.faulted import Strikes
from waterline.compute.logs import Log
from waterline.compute.outcome import Outcome, failure, timed_out
from waterline.compute.provisioned import ProvisionedEnvironments
from waterline.compute.sandbox import Configuration, Request, Sandbox, SandboxFactory
from waterline.faults.injection import OUTAGE
from waterline.ground import Ground
from waterline.waiting import Task, TaskEnded, Timer

Finish = Callable[[Outcome, str], object]

_INITIALIZATION = 10 * SECOND
_KEPT_IDLE = 6 * 60 * SECOND
_DELETED = "the function was deleted"

DOWN = Throttle("ServiceException", "the function cannot be reached: an outage")
"""What an invocation is refused with while the function has an outage (``cloud.faults``); told by its identity."""


@dataclass
class Environment:
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


class Fleet:
    """The execution environments of one function version."""

    def __init__(
        self,
        ground: Ground,
        configuration: Configuration,
        account: Account,
        sandboxes: SandboxFactory,
        place: tuple[str, str],
    ) -> None:
        self._ground = ground
        self._configuration = configuration
        self._account = account
        self._concurrency = account.of(configuration.name)
        self._sandboxes = sandboxes
        self._account_id, self._region = place
        self._free: list[Environment] = []
        self._made = 0
        self._reaping = False
        self.closed = False
        self.stops: Callable[[Invocation], Outcome | None] = lambda _invocation: None
        self.place = f"lambda:{configuration.name}"
        self.provisioned = ProvisionedEnvironments(ground, self.place, self._concurrency, self._make, self._shut_down)

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
        return self._concurrency.reserved

    @property
    def is_down(self) -> bool:
        """Whether an outage (``cloud.faults``) keeps every invocation away."""
        return self._ground.faults.is_down(self._configuration.name)

    def start(self, invocation: Invocation, finish: Finish) -> bool:
        """Begin an invocation; `finish` gets its outcome and its log. False, and nothing begun: throttled, or down."""
        return self.begin(invocation, finish) is None

    def begin(self, invocation: Invocation, finish: Finish, *, request: bool = False) -> Throttle | None:
        """Begin an invocation, or say why it is refused. `request`: it counts for the rate of requests."""
        if self.closed:
            return Throttle("ResourceNotFound", _DELETED)
        if self.is_down:
            self._record("refused", invocation, fault=OUTAGE, why=DOWN.why)
            return DOWN
        stopped = self.stops(invocation)
        if stopped is not None:
            finish(stopped, "")
            return None
        provisioned = self.provisioned.available > 0
        cold = not (provisioned or self._free)
        throttle = self._account.refusal(
            self._concurrency, self._ground.clock.now, provisioned=provisioned, cold=cold, request=request
        )
        if throttle is not None:
            self._record("throttled", invocation, why=throttle.why, reason=throttle.reason)
            return throttle
        self._account.enter(self._concurrency, provisioned)
        self._spawn(self._run, self._take(provisioned), invocation, finish)
        return None

    def _take(self, provisioned: bool) -> Environment:
        if provisioned:
            return self.provisioned.take()
        return self._free.pop() if self._free else self._make()

    def _spawn(self, run: Callable[..., None], environment: Environment, invocation: Invocation, *more: object) -> None:
        name = f"{self._configuration.name}/{environment.number}"
        self._ground.clock.spawn(name, run, environment, invocation, *more, cause=invocation.messages)

    def reconfigure(self, configuration: Configuration) -> None:
        """The function's code or configuration has changed: later invocations get new environments."""
        self._configuration = configuration
        self._shut_down_free("the function was updated")

    def close(self) -> None:
        """The function is deleted: nothing begins any more; what runs goes on to its end."""
        self.closed = True
        self._shut_down_free(_DELETED)
        self.provisioned.request(0)

    def _shut_down_free(self, why: str) -> None:
        for environment in self._free:
            self._shut_down(environment, why)
        self._free.clear()

    def _shut_down(self, environment: Environment, why: str) -> None:
        environment.sandbox.close()
        self._ground.journal.record("ended", self.place, environment=environment.number, why=why)

    def _reap(self) -> None:
        """Shut down what has been idle for too long. Those that were freed first stand first."""
        self._reaping = False
        now, gone = self._ground.clock.now, 0
        while gone < len(self._free) and self._free[gone].freed_at + _KEPT_IDLE <= now:
            self._shut_down(self._free[gone], f"it was idle for {_KEPT_IDLE // SECOND} s")
            gone += 1
        del self._free[:gone]
        self._reap_later()

    def _reap_later(self) -> None:
        if self._free and not self._reaping:
            self._reaping = True
            self._ground.clock.at(self._free[0].freed_at + _KEPT_IDLE, self._reap, background=True)

    def _make(self) -> Environment:
        self._made += 1
        configuration = self._configuration
        log = Log(self._ground.clock, configuration, self._account_id, self._region, self._made)
        variables = {**configuration.variables, "AWS_LAMBDA_LOG_STREAM_NAME": log.stream}
        sandbox = self._sandboxes(self._ground.clock, replace(configuration, variables=variables))
        return Environment(self._made, configuration, sandbox, log)

    def _run(self, environment: Environment, invocation: Invocation, finish: Finish) -> None:
        clock = self._ground.clock
        ending = _Ending(self, environment, invocation, finish)
        if not environment.warm:
            environment.warm = True
            self._record("started", invocation, environment=environment.number)
            limit = clock.after(_INITIALIZATION, self._initialize_again, clock.task, environment, ending)
            if not self._initialize(environment, ending, clock.now, limit):
                return
        self._handle(environment, ending, clock.now)

    def _initialize_again(self, task: Task, environment: Environment, ending: _Ending) -> None:
        """The first initialization has taken too long: end it, and begin another one within the function's timeout."""
        task.end(TaskEnded("The initialization took too long."))
        environment.sandbox.close()
        self._spawn(self._run_late, environment, ending.invocation, ending)

    def _run_late(self, environment: Environment, invocation: Invocation, ending: _Ending) -> None:
        clock = self._ground.clock
        begun = clock.now
        why = f"initialization took longer than {_INITIALIZATION // SECOND} s and begins again"
        self._record("started", invocation, environment=environment.number, why=why)
        limit = clock.after(self.timeout * SECOND, self._time_out, clock.task, ending, begun)
        if self._initialize(environment, ending, begun, limit):
            self._handle(environment, ending, begun)

    def _initialize(self, environment: Environment, ending: _Ending, begun: int, limit: Timer) -> bool:
        """Run the module-level code; False when that was the end of the invocation, or of this task."""
        clock = self._ground.clock
        task = clock.task
        assert task is not None
        try:
            broken = environment.sandbox.initialize()
        except TaskEnded:
            return False
        except KeyboardInterrupt:
            ending(_interrupted(), clock.now - begun)
            raise
        finally:
            limit.cancel()
        if broken is not None and task.ended is None:
            self._record("invoked", ending.invocation, environment=environment.number)
            ending(broken, clock.now - begun, lost=True)
        return broken is None and task.ended is None

    def _handle(self, environment: Environment, ending: _Ending, begun: int) -> None:
        """Run the handler; the function's timeout counts from `begun`."""
        clock, invocation = self._ground.clock, ending.invocation
        task = clock.task
        assert task is not None
        deadline = begun + self.timeout * SECOND
        detail = {"batch": len(invocation.messages), **invocation.detail}
        self._record("invoked", invocation, environment=environment.number, **detail)
        limit = clock.at(deadline, self._time_out, task, ending, begun)
        request = Request(invocation.request_id, invocation.event, deadline, invocation.qualifier)
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
        self._account.leave(self._concurrency, environment.provisioned)
        why_not = None
        if lost:
            why_not = "it cannot be used again"
        elif self.closed:
            why_not = _DELETED
        elif environment.configuration is not self._configuration:
            why_not = "the function was updated"
        if environment.provisioned:
            self.provisioned.give_back(environment, why_not)
        elif why_not is not None:
            self._shut_down(environment, why_not)
        else:
            environment.freed_at = self._ground.clock.now
            self._free.append(environment)
            self._reap_later()

    def _record(self, kind: str, invocation: Invocation, strikes: Strikes | None = None, **detail: Any) -> None:
        for message in invocation.messages:
            if strikes is not None:
                detail["fault"] = strikes.fault(message)
            self._ground.journal.record(
                kind,
                self.place,
                message,
                invocation.parents,
                invocation=invocation.request_id,
                qualifier=invocation.qualifier,
                **detail,
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
