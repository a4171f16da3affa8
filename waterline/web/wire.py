"""How an HTTP client of Python gets to a site: where it would open a socket, it gets a wire.

``http.client`` is under ``urllib.request``, and under ``urllib3``, which is under ``requests``. All of them connect in
a method of their connection class; there, and only while a cloud is open, a connection to the host of a site gets a
:class:`Wire` in place of a socket. Connections to all other hosts go on as before, to the guard. What a client sees of
trouble is what it would see of a network: ``ConnectionRefusedError`` and ``TimeoutError``, wrapped as it always wraps
them. A timeout takes virtual time.

Limits: one request for each connection (the answer says ``Connection: close``), no TLS (certificates are not looked
at), no proxies, and clients that open their sockets themselves (``aiohttp``, ``httpx``) are refused by the guard.
"""

from __future__ import annotations

import errno
import io
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from http import HTTPStatus
from http.client import HTTPConnection, HTTPSConnection, parse_headers
from typing import Any
from urllib.parse import urlsplit

from urllib3.connection import HTTPConnection as PooledHttpConnection
from urllib3.connection import HTTPSConnection as PooledHttpsConnection
from urllib3.exceptions import NewConnectionError

from waterline.clock import microseconds
from waterline.web.messages import Request, Response
from waterline.web.web import Unreachable, Web

_CONNECTIONS: tuple[Any, ...] = (HTTPConnection, HTTPSConnection, PooledHttpConnection, PooledHttpsConnection)
_https_context: Any = cache(ssl._create_default_https_context)
"""To load the machine's certificates takes longer than most stories, and here they are not looked at."""

_connects: tuple[Callable[[Any], None], ...] = tuple(each.connect for each in _CONNECTIONS)


@contextmanager
def wired(web: Web) -> Iterator[None]:
    """Let Python's HTTP clients reach the sites of a cloud, for the length of a ``with`` block."""
    before = [each.connect for each in _CONNECTIONS]
    made, ssl._create_default_https_context = ssl._create_default_https_context, _https_context
    for connection, connect in zip(_CONNECTIONS, _connects, strict=True):
        connection.connect = _connecting(web, connect)
    try:
        yield
    finally:
        ssl._create_default_https_context = made
        for connection, connect in zip(_CONNECTIONS, before, strict=True):
            connection.connect = connect


def _connecting(web: Web, connect: Callable[[Any], None]) -> Callable[[Any], None]:
    def connected(self: Any) -> None:
        if threading.get_ident() != web.thread or self._tunnel_host or self.host not in web:
            connect(self)
            return
        try:
            web.connect(self.host)
        except Unreachable as trouble:
            refused = ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused")
            if not isinstance(self, PooledHttpConnection):
                raise refused from trouble
            raise NewConnectionError(self, f"Failed to establish a new connection: {refused}") from trouble
        self.sock = Wire(web, self.host, self.timeout)
        self.is_verified = True  # urllib3 would warn that nobody looked at the certificate

    return connected


class Wire:
    """What a connection has for a socket: it takes one request, and has its response to read. `timeout` in seconds."""

    def __init__(self, web: Web, host: str, timeout: object) -> None:
        self._web = web
        self._host = host
        self._sent = bytearray()
        self.settimeout(timeout)

    def settimeout(self, timeout: object) -> None:
        self._timeout = microseconds(timeout) if isinstance(timeout, int | float) else None

    def sendall(self, data: Any) -> None:
        self._sent += bytes(data)

    def makefile(self, *_args: object, **_options: object) -> io.BytesIO:
        """Send what was written as one request, and wait for the response."""
        request = _parsed(self._host, bytes(self._sent))
        try:
            return io.BytesIO(_written(self._web.ask(request, self._timeout)))
        except Unreachable as trouble:
            if trouble.code == "Timeout":
                raise TimeoutError("timed out") from trouble
            raise ConnectionResetError(errno.ECONNRESET, "Connection reset by peer") from trouble

    def setsockopt(self, *_args: object) -> None:
        """Nothing: there is no socket to set an option of."""

    def shutdown(self, how: int) -> None:
        """Nothing: there is nobody at the other end who waits."""

    def close(self) -> None:
        """Nothing: there is no socket to close."""


def _parsed(host: str, sent: bytes) -> Request:
    """A request as it stands on the wire."""
    stream = io.BytesIO(sent)
    method, target, _version = stream.readline().decode("latin-1").split(" ", 2)
    headers = parse_headers(stream)
    chunked = (headers.get("transfer-encoding") or "").lower() == "chunked"
    body = b"".join(_chunks(stream)) if chunked else stream.read()
    has_body = chunked or "content-length" in headers
    parts = urlsplit(target)
    return Request(method, host, parts.path or "/", parts.query, tuple(headers.items()), body if has_body else None)


def _chunks(stream: io.BytesIO) -> Iterator[bytes]:
    while size := int(stream.readline().partition(b";")[0], 16):
        yield stream.read(size)
        stream.readline()


def _written(response: Response) -> bytes:
    """A response as it stands on the wire."""
    try:
        phrase = HTTPStatus(response.status).phrase
    except ValueError:
        phrase = ""
    headers = [
        *((name, value) for name, value in response.headers.items() if name.lower() not in _OURS),
        *(("set-cookie", cookie) for cookie in response.cookies),
        ("content-length", str(len(response.content))),
        ("connection", "close"),
    ]
    lines = [f"HTTP/1.1 {response.status} {phrase}", *(f"{name}: {value}" for name, value in headers), "", ""]
    return "\r\n".join(lines).encode("latin-1", "replace") + response.content


_OURS = frozenset({"content-length", "connection", "transfer-encoding"})
