"""``cloud.http``: an HTTP client inside the cloud, because no socket may leave the machine.

It sends to the URLs that boto3 returns (``create_function_url_config``) and to those of API Gateway
(``https://ID.execute-api.REGION.amazonaws.com/STAGE/PATH``), takes virtual time, and opens no connection. Other
clients of Python get there too (``waterline.web``).
"""

from __future__ import annotations

import json as json_module
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode, urlsplit

from moto.apigatewayv2.models import apigatewayv2_backends
from moto.awslambda.models import lambda_backends

from waterline.clock import microseconds
from waterline.compute.doors.door import Door, Visit
from waterline.compute.doors.function_url import FunctionUrl
from waterline.compute.doors.http import Headers, Request, Response
from waterline.compute.doors.http_api import HttpApi
from waterline.compute.doors.rest_api import RestApi
from waterline.compute.function_urls import UrlConfig
from waterline.errors import LabMistake
from waterline.ground import Ground
from waterline.waiting import Gate
from waterline.web import Entrance

from moto.apigateway.models import apigateway_backends  # isort: skip  (rest_api makes it importable)

_FORWARDED = {"X-Forwarded-For": "127.0.0.1", "X-Forwarded-Port": "443", "X-Forwarded-Proto": "https"}
_AMAZON = (".on.aws", ".amazonaws.com")
_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})


class NoSuchAddress(LabMistake, LookupError):
    """Nothing in this cloud answers at the URL."""


class NotAnsweredYet(LabMistake, RuntimeError):
    """The response of a request that is still under way was asked for."""


class Pending:
    """A request that was put on the clock: ``done`` says whether it is answered, ``response`` is the answer."""

    def __init__(self, gate: Gate, what: str) -> None:
        self._gate = gate
        self._what = what

    @property
    def done(self) -> bool:
        return self._gate.opened

    @property
    def response(self) -> Response:
        """The answer. Raises NotAnsweredYet, in one sentence, before there is one."""
        if not self._gate.opened:
            raise NotAnsweredYet(f"{self._what} is not answered yet: let time pass with cloud.advance or cloud.settle.")
        response: Response = self._gate.value
        return response

    def __repr__(self) -> str:
        return f"<{self._what}: {self._gate.value!r}>" if self.done else f"<{self._what}: under way>"


class HttpClient:
    """Sends requests to the cloud's doors. `account`: whose doors."""

    def __init__(self, ground: Ground, account: str) -> None:
        self._ground = ground
        self._account = account

    def get(self, url: str, *, params: Mapping[str, Any] | None = None, headers: Headers = ()) -> Response:
        return self.request("GET", url, params=params, headers=headers)

    def delete(self, url: str, *, params: Mapping[str, Any] | None = None, headers: Headers = ()) -> Response:
        return self.request("DELETE", url, params=params, headers=headers)

    def post(self, url: str, **content: Any) -> Response:
        return self.request("POST", url, **content)

    def put(self, url: str, **content: Any) -> Response:
        return self.request("PUT", url, **content)

    def patch(self, url: str, **content: Any) -> Response:
        return self.request("PATCH", url, **content)

    def request(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, Any] | None = None,
        headers: Headers = (),
        body: str | bytes | None = None,
        json: Any = None,
    ) -> Response:
        """Send a request and wait, in virtual time, for its response.

        `body` is text or bytes, `json` anything that becomes JSON. Raises NoSuchAddress, in one sentence, for a URL at
        which nothing of this cloud answers.
        """
        self._ground.clock.refuse_other_threads()
        made, gate = _request(method, url, params, headers, body, json), self._ground.clock.gate()
        self._send(made, self._ground.clock.cause, gate)
        gate.wait()
        response: Response = gate.value
        return response

    def later(
        self,
        delay: float,
        method: str,
        url: str,
        *,
        params: Mapping[str, Any] | None = None,
        headers: Headers = (),
        body: str | bytes | None = None,
        json: Any = None,
    ) -> Pending:
        """Put a request on the clock, `delay` seconds from now, so that several can overlap; it does not wait."""
        clock = self._ground.clock
        made, gate = _request(method, url, params, headers, body, json), clock.gate()
        self._door(made.host)
        clock.after(microseconds(delay), self._send, made, clock.cause, gate)
        return Pending(gate, f"{made.method} {url}")

    def entrance(self, host: str) -> Entrance | None:
        """The front door at a host, for requests that come by other clients; None: there is none."""
        if not host.endswith(_AMAZON):
            return None
        door = dict(self._doors()).get(host)
        if door is None:
            return None

        def enter(request: Request, cause: tuple[str, ...], answered: Callable[[Response], object]) -> None:
            named = {name.lower() for name, _ in request.headers}
            added = tuple((name, value) for name, value in _FORWARDED.items() if name.lower() not in named)
            complete = replace(request, headers=(*request.headers, *added))
            Visit(self._ground, door, complete, cause, answered).begin()

        return enter

    def _send(self, request: Request, cause: tuple[str, ...], gate: Gate) -> None:
        Visit(self._ground, self._door(request.host), request, cause, gate.open).begin()

    def _door(self, host: str) -> Door:
        doors = dict(self._doors())
        if host not in doors:
            there = ", ".join(sorted(doors)) or "none"
            raise NoSuchAddress(f"Nothing in this cloud answers at {host!r}: look at the URL (hosts that do: {there}).")
        return doors[host]

    def _doors(self) -> list[tuple[str, Door]]:
        doors: list[tuple[str, Door]] = []
        for functions in lambda_backends[self._account].values():
            doors += [(_host_of(url), FunctionUrl(self._ground, functions, url)) for url in functions.url_configs()]
        for region, rest in apigateway_backends[self._account].items():
            functions = lambda_backends[self._account][region]
            doors += [(_host(id, region), RestApi(self._ground, rest, api, functions)) for id, api in rest.apis.items()]
        for region, web in apigatewayv2_backends[self._account].items():
            apis = [api for api in web.apis.values() if api.protocol_type == "HTTP"]
            doors += [(_host(api.api_id, region), HttpApi(self._ground, web, api)) for api in apis]
        return doors


def _host_of(config: UrlConfig) -> str:
    return urlsplit(config.url).hostname or ""


def _host(api_id: str, region: str) -> str:
    return f"{api_id}.execute-api.{region}.amazonaws.com"


def _request(
    method: str, url: str, params: Mapping[str, Any] | None, headers: Headers, body: str | bytes | None, json: Any
) -> Request:
    """A request with the headers that clients and AWS's front ends add."""
    verb, parts = method.upper(), urlsplit(url)
    if verb not in _METHODS:
        raise NoSuchAddress(f"{method!r} is no HTTP method: use one of {', '.join(sorted(_METHODS))}.")
    if parts.scheme != "https" or not parts.hostname:
        raise NoSuchAddress(f"{url!r} is not a whole URL: it begins with https:// and a host, as boto3 returned it.")
    given = tuple(headers.items()) if isinstance(headers, Mapping) else tuple(headers)
    content: bytes | None = None
    kind = ""
    if json is not None:
        content, kind = json_module.dumps(json).encode(), "application/json"
    elif isinstance(body, str):
        content, kind = body.encode(), "text/plain; charset=utf-8"
    elif body is not None:
        content, kind = bytes(body), "application/octet-stream"
    usual = {
        "Host": parts.hostname,
        "User-Agent": "waterline",
        "Accept": "*/*",
        **({} if content is None else {"Content-Type": kind, "Content-Length": str(len(content))}),
        **_FORWARDED,
    }
    named = {name.lower() for name, _ in given}
    added = tuple((name, value) for name, value in usual.items() if name.lower() not in named)
    query = "&".join(part for part in (parts.query, urlencode(params or {}, doseq=True)) if part)
    return Request(verb, parts.hostname, parts.path, query, (*added, *given), content)
