"""The hosts of one cloud that answer HTTP requests, and what the journal says of each request.

What the caller sees is what it would see of a network: an answer, a connection that is refused, a name that nobody has,
or no answer in time. A site goes on with a request whose client has stopped waiting: that a call timed out does not say
that nothing was done.

Faults are laid on a site by its name: an outage refuses connections, an error is status 500, a throttle is 429 with
``Retry-After`` (RFC 9110, "Retry-After", and RFC 6585, "429 Too Many Requests"; read 2026-11).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, TypeAlias

from waterline.clock import Clock
from waterline.errors import LabMistake
from waterline.faults.fault import Fault
from waterline.faults.injection import ERROR, OUTAGE, SLOW, THROTTLE, Faults
from waterline.journal import Journal
from waterline.waiting import Gate
from waterline.web.messages import Request, Response

Answer: TypeAlias = Callable[[Request], Response]
"""What a site does with a request. It runs in a task whose cause is the request, and may sleep."""

Entrance: TypeAlias = Callable[[Request, tuple[str, ...], Callable[[Response], object]], None]
"""A front door of the cloud: takes a request and what it came from, and calls back with the response, at its time.

It writes into the journal what it has to say itself.
"""

_READS = frozenset({"GET", "HEAD", "OPTIONS"})
_RETRY_AFTER = "1"


class Unreachable(Exception):
    """No answer came. `code`: ``UnknownHost``, ``ConnectionRefused`` or ``Timeout``."""

    def __init__(self, code: str, why: str) -> None:
        super().__init__(why)
        self.code = code


class SiteTaken(LabMistake, ValueError):
    """Two sites cannot have one host, nor one name."""


class SiteBroken(LabMistake, RuntimeError):
    """The code of a site raised instead of answering."""


@dataclass(frozen=True)
class Site:
    """A host and what answers there. `name`: what ``cloud.faults`` calls it."""

    host: str
    name: str
    answer: Answer

    @property
    def place(self) -> str:
        return f"http:{self.host}"


class Web:
    """The sites of one cloud. `identifier` names requests."""

    def __init__(self, clock: Clock, journal: Journal, faults: Faults, identifier: Callable[[str], str]) -> None:
        self._clock = clock
        self._journal = journal
        self._faults = faults
        self._identifier = identifier
        self._sites: dict[str, Site] = {}
        self.entrance: Callable[[str], Entrance | None] = lambda host: None
        """Finds the front door at a host that is no site's: a function URL, an API of API Gateway."""

    @property
    def thread(self) -> int:
        """The thread whose requests come here."""
        return self._clock.thread

    def open(self, host: str, answer: Answer, *, name: str | None = None) -> Site:
        """Let `answer` answer at a host (``api.bank.example``), under a name of its own or the host's.

        Raises SiteTaken, in one sentence.
        """
        site = Site(host.lower(), name or host.lower(), answer)
        if site.host in self._sites:
            raise SiteTaken(f"There is a site at {host} already: give the new one another host.")
        if site.name in self.names:
            raise SiteTaken(f"There is a site called {site.name} already: give the new one another name.")
        self._sites[site.host] = site
        return site

    def close(self, host: str) -> None:
        """From now on nobody answers at a host. To close it twice changes nothing."""
        self._sites.pop(host.lower(), None)

    def __contains__(self, host: object) -> bool:
        return str(host).lower() in self._sites or self.entrance(str(host)) is not None

    @property
    def hosts(self) -> list[str]:
        return list(self._sites)

    @property
    def names(self) -> list[str]:
        return [site.name for site in self._sites.values()]

    # -- from the client's side --------------------------------------------------------------------------------------

    def fetch(self, request: Request, timeout: int | None = None, **detail: Any) -> Response:
        """Connect, ask, and wait for the answer, at most `timeout` microseconds. Raises Unreachable."""
        self.connect(request.host)
        return self.ask(request, timeout, **detail)

    def connect(self, host: str) -> None:
        """Find out whether somebody takes a connection. Raises Unreachable."""
        self._clock.refuse_other_threads()
        if self.entrance(host) is not None:
            return
        site = self._at(host)
        for fault in list(self._faults.on("downstream", site.name, OUTAGE)):
            if fault.strikes():
                why = "connection refused"
                self._record("refused", site, self._identifier("requests"), fault=fault.kind, why=why)
                raise Unreachable("ConnectionRefused", f"{site.host} refused the connection")

    def ask(self, request: Request, timeout: int | None = None, **detail: Any) -> Response:
        """Send a request over a connection, and wait for the answer. `detail` goes into the journal."""
        self._clock.refuse_other_threads()
        gate, enter = self._clock.gate(), self.entrance(request.host)
        if enter is not None:
            enter(request, self._clock.cause, gate.open)
            return self._waited(gate, timeout, request.host)
        site, name = self._at(request.host), self._identifier("requests")
        body = None if request.body is None else request.body.decode("utf-8", "replace")
        query = f"?{request.query}" if request.query else ""
        what = f"{request.method} {request.path}{query}"
        self._record("requested", site, name, request=what, body=body, **detail)
        left = [False]
        self._clock.spawn(f"site {site.name}", self._serve, site, request, name, gate, left, cause=(name,))
        try:
            return self._waited(gate, timeout, site.host)
        finally:
            left[0] = not gate.opened

    def _waited(self, gate: Gate, timeout: int | None, host: str) -> Response:
        if not gate.wait(timeout):
            raise Unreachable("Timeout", f"{host} did not answer in time")
        response: Response = gate.value
        return response

    # -- from the site's side ----------------------------------------------------------------------------------------

    def _serve(self, site: Site, request: Request, name: str, gate: Gate, left: list[bool]) -> None:
        arrived = self._clock.now
        response = self._answer(site, request, name)
        why = "the client had stopped waiting" if left[0] else None
        duration = self._clock.now - arrived
        self._record("answered", site, name, status=response.status, why=why, duration=duration)
        gate.open(replace(response, request_id=name))

    def _answer(self, site: Site, request: Request, name: str) -> Response:
        body = (request.body or b"").decode("utf-8", "replace")
        faults = list(self._faults.on("downstream", site.name, ERROR, SLOW, THROTTLE))
        afterwards: Fault | None = None
        for fault in [each for each in faults if each.strikes_one_of([body])]:
            if fault.after_work:
                afterwards = fault
            elif fault.kind == SLOW:
                self._record("slowed", site, name, fault=fault.kind, why=f"{fault.seconds:g} s longer")
                self._clock.sleep(fault.seconds)
            else:
                return self._fault(site, name, fault)
        try:
            response = site.answer(request)
        except Exception as error:
            what = f"{type(error).__name__}: {error}".rstrip(": ")
            sentence = f"The code that answers at {site.host} raised {what}, for {request.method} {request.path}."
            self._clock.interrupt(SiteBroken(f"{sentence} The client got status 500: correct the code."))
            return _said(HTTPStatus.INTERNAL_SERVER_ERROR)
        if response.status == HTTPStatus.TOO_MANY_REQUESTS:
            self._record("throttled", site, name, why="rate limit")
        elif response.status < HTTPStatus.BAD_REQUEST and request.method not in _READS:
            self._record("written", site, name, body=body)
        return response if afterwards is None else self._fault(site, name, afterwards)

    def _fault(self, site: Site, name: str, fault: Fault) -> Response:
        if fault.kind == THROTTLE:
            self._record("throttled", site, name, fault=fault.kind)
            return _said(HTTPStatus.TOO_MANY_REQUESTS, {"retry-after": _RETRY_AFTER})
        when = "after its work" if fault.after_work else None
        self._record("refused", site, name, fault=fault.kind, why=when)
        return _said(HTTPStatus.INTERNAL_SERVER_ERROR)

    def _at(self, host: str) -> Site:
        site = self._sites.get(host.lower())
        if site is None:
            raise Unreachable("UnknownHost", f"nobody answers at {host}")
        return site

    def _record(self, kind: str, site: Site, name: str, **detail: Any) -> None:
        cause = tuple(message for message in self._clock.cause if message != name)
        self._journal.record(kind, site.place, name, cause, **detail)


def _said(status: HTTPStatus, headers: dict[str, str] | None = None) -> Response:
    """A response that says nothing but its status."""
    head = MappingProxyType({"content-type": "text/plain", **(headers or {})})
    return Response(int(status), head, status.phrase.encode())
