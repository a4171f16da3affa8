"""What all doors share: a request comes in, a function is invoked and waited for, an answer goes out.

Words
-----
door
    what turns an HTTP request into an invocation: a function URL, a REST API, an HTTP API.
visit
    one request at a door: *sent* when it arrives, *answered* when the client has its response. The door waits as long
    as its integration timeout says; the function knows nothing of that and goes on running.

The door neither retries nor queues: an error is an answer. Source: AWS Lambda Developer Guide, "Handling Lambda errors
with an API Gateway API" (read 2026-11).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Protocol

from moto.awslambda.models import lambda_backends
from moto.core.exceptions import JsonRESTError

from waterline.clock import SECOND
from waterline.compute import limits
from waterline.compute.doors.http import Request, Response
from waterline.compute.doors.replies import Malformed
from waterline.compute.environment import Invocation
from waterline.compute.fleet import DOWN
from waterline.compute.outcome import Outcome
from waterline.compute.versions import arn_of
from waterline.ground import Ground
from waterline.waiting import Timer

API_GATEWAY = "apigateway.amazonaws.com"
INVOKE = "lambda:InvokeFunction"
Policy = Sequence[Mapping[str, Any]]
Allowed = Callable[[Policy, str], bool]
"""Whether a function's policy lets a door invoke it under an ARN."""


class Refused(Exception):
    """The door itself answers; `why` is one sentence for the journal."""

    def __init__(self, response: Response, why: str) -> None:
        super().__init__(why)
        self.response = response
        self.why = why


@dataclass(frozen=True)
class Call:
    """Where a request leads.

    `function` is its ARN, `region` where it is looked up; `allowed` reads the function's policy for the ARN under which
    it is invoked; `timeout` is the integration's, in microseconds, or None when only the function's own counts; `reply`
    makes the response of the function's payload, or raises Malformed. `invocation` names the invocation; None: it gets
    a name of its own.
    """

    function: str
    account: str
    region: str
    event: Mapping[str, Any]
    allowed: Allowed
    timeout: int | None
    reply: Callable[[str], Response]
    invocation: str | None = None


@dataclass(frozen=True)
class Errand:
    """A request that leads to no function: `run` finds the answer, and may wait; `timeout` as of a Call."""

    run: Callable[[], Response]
    timeout: int


@dataclass(frozen=True)
class Manners:
    """What a door says when there is no answer to pass on, and the header in which it names the request."""

    forbidden: Response
    rejected: Response
    throttled: Response
    failed: Response
    late: Response
    too_large: Response
    id_header: str


class Door(Protocol):
    """One way in."""

    @property
    def place(self) -> str:
        """Its name in the journal."""

    @property
    def manners(self) -> Manners: ...

    def new_request_id(self) -> str: ...

    def find(self, request: Request, request_id: str) -> Call | Errand:
        """Where the request leads. Raises Refused."""


class Visit:
    """One request at a door; `answered` gets the response, once. `cause`: the messages it came from."""

    def __init__(
        self,
        ground: Ground,
        door: Door,
        request: Request,
        cause: tuple[str, ...],
        answered: Callable[[Response], object],
    ) -> None:
        self._ground = ground
        self._door = door
        self._request = request
        self._cause = cause
        self._answered = answered
        self._over = False
        self._patience: Timer | None = None
        self._arrived = ground.clock.now
        self.request_id = door.new_request_id()

    def begin(self) -> None:
        """Let the request in. It never blocks; the answer may come at this instant or later."""
        request = self._request
        body = None if request.body is None else request.body.decode("utf-8", "replace")
        self._record("sent", self._door.place, request=f"{request.method} {request.path or '/'}", body=body)
        try:
            found = self._door.find(request, self.request_id)
            if isinstance(found, Errand):
                self._send(found)
            else:
                self._invoke(found)
        except Refused as refused:
            self._answer(refused.response, refused.why)

    def _send(self, errand: Errand) -> None:
        self._wait_at_most(errand.timeout)
        self._ground.clock.spawn(f"{self._door.place} asks", self._run, errand, cause=(self.request_id,))

    def _run(self, errand: Errand) -> None:
        why = None
        try:
            response = errand.run()
        except Refused as refused:
            response, why = refused.response, refused.why
        if not self._over:
            self._answer(response, why)

    def _invoke(self, call: Call) -> None:
        functions, manners = lambda_backends[call.account][call.region], self._door.manners
        try:
            function, qualifier = functions.target(call.function, None)
        except JsonRESTError as error:
            raise Refused(manners.rejected, f"there is no function {call.function}") from error
        if not call.allowed(function.policy.statements, arn_of(function, qualifier)):
            who = self._door.place.partition(":")[0]
            why = f"the function's policy does not let {who} invoke it (see add_permission)"
            self._record("denied", f"lambda:{function.function_name}", why=why)
            raise Refused(manners.forbidden, why)
        event = json.dumps(call.event)
        if len(event) > limits.SYNCHRONOUS_PAYLOAD:
            raise Refused(manners.too_large, f"the event is larger than a function takes: {len(event)} bytes")
        request_id = call.invocation or functions.new_request_id()
        invocation = Invocation(request_id, event, (self.request_id,), self._cause, qualifier=qualifier)
        fleet = functions.fleet(function)
        refusal = fleet.begin(invocation, lambda outcome, _log: self._finished(call, outcome), request=True)
        if refusal is DOWN:
            raise Refused(manners.failed, refusal.why)
        if refusal is not None:
            raise Refused(manners.throttled, "the function was throttled")
        if call.timeout is not None:
            self._wait_at_most(call.timeout)

    def _wait_at_most(self, timeout: int) -> None:
        self._patience = self._ground.clock.after(timeout, self._give_up, timeout)

    def _give_up(self, timeout: int) -> None:
        self._answer(self._door.manners.late, f"no answer after {timeout / SECOND:g} s; what was asked goes on")

    def _finished(self, call: Call, outcome: Outcome) -> None:
        if self._over:
            return
        if not outcome.succeeded:
            self._answer(self._door.manners.failed, "the function failed")
            return
        try:
            response = call.reply(outcome.payload)
        except Malformed as malformed:
            self._answer(self._door.manners.failed, str(malformed))
        else:
            self._answer(response)

    def _answer(self, response: Response, why: str | None = None) -> None:
        self._over = True
        if self._patience is not None:
            self._patience.cancel()
        duration = self._ground.clock.now - self._arrived
        self._record("answered", self._door.place, status=response.status, why=why, duration=duration)
        headers = {**response.headers, self._door.manners.id_header: self.request_id}
        self._answered(replace(response, headers=MappingProxyType(headers), request_id=self.request_id))

    def _record(self, kind: str, place: str, **detail: Any) -> None:
        self._ground.journal.record(kind, place, self.request_id, self._cause, **detail)
