"""The fleet of execution environments that one version of a function has.

A free environment is used again, the last one freed first; only when none is free is another one made, and only up to a
limit (``concurrency``). Beyond it an invocation is *throttled*. An environment that nobody needs is shut down after a
while. Environments may also be kept ready ahead (``provisioned``).

Source: AWS Lambda Developer Guide, "Understanding Lambda function scaling" and "Understanding the Lambda execution
environment lifecycle" (read 2026-11). AWS does not say how long a free environment is kept: the six minutes are ours.
Ours differs: a busy function's environments are never replaced.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from waterline.clock import SECOND
from waterline.compute.concurrency import Account, Throttle
from waterline.compute.environment import Environment, Finish, Invocation, Run
from waterline.compute.logs import Log
from waterline.compute.outcome import Outcome
from waterline.compute.provisioned import ProvisionedEnvironments
from waterline.compute.sandbox import Configuration, SandboxFactory
from waterline.faults.injection import OUTAGE
from waterline.ground import Ground

_KEPT_IDLE = 6 * 60 * SECOND
_DELETED = "the function was deleted"

DOWN = Throttle("ServiceException", "the function cannot be reached: an outage")
"""What an invocation is refused with while the function has an outage (``cloud.faults``); told by its identity."""


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
        if self.provisioned.allocated:
            detail = {"provisioned": provisioned, "allocated": self.provisioned.allocated}
            invocation = replace(invocation, detail={**invocation.detail, **detail})
        self._account.enter(self._concurrency, provisioned)
        Run(self._ground, self._take(provisioned), invocation, self._release, finish).begin()
        return None

    def _take(self, provisioned: bool) -> Environment:
        if provisioned:
            return self.provisioned.take()
        return self._free.pop() if self._free else self._make()

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

    def _record(self, kind: str, invocation: Invocation, **detail: Any) -> None:
        invocation.record(self._ground, kind, self.place, **detail)
