"""An HTTP request and its response, as plain values; no socket is ever opened for them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

Headers = Mapping[str, str] | Iterable[tuple[str, str]]


@dataclass(frozen=True)
class Request:
    """What a client sends. `path` and `query` are as they stand in the URL; `headers` in order, duplicates and all."""

    method: str
    host: str
    path: str
    query: str
    headers: tuple[tuple[str, str], ...]
    body: bytes | None = None

    def header(self, name: str) -> str | None:
        """The last value of a header, whatever its case, or None."""
        return next((value for key, value in reversed(self.headers) if key.lower() == name), None)

    @property
    def media_type(self) -> str:
        """The content type without its parameters, in lower case."""
        return (self.header("content-type") or "").partition(";")[0].strip().lower()

    @property
    def parameters(self) -> dict[str, list[str]]:
        """The query string's parameters, decoded, each with all its values in order."""
        found: dict[str, list[str]] = {}
        for name, value in parse_qsl(self.query, keep_blank_values=True):
            found.setdefault(name, []).append(value)
        return found

    @property
    def segments(self) -> list[str]:
        """The parts of the path, decoded; a slash at the end does not count."""
        return [unquote(part) for part in self.path.strip("/").split("/")] if self.path.strip("/") else []


@dataclass(frozen=True)
class Response:
    """What the client gets. `headers` by their names in lower case; `cookies` are the values of ``set-cookie``.

    `request_id` is the journal's name of the request: ``cloud.journal.trace(response.request_id)``.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    content: bytes = b""
    cookies: tuple[str, ...] = ()
    request_id: str = ""

    @property
    def body(self) -> str:
        """The content as text."""
        return self.content.decode("utf-8", "replace")

    def json(self) -> Any:
        """The content, parsed. Raises ValueError when it is no JSON."""
        return json.loads(self.content)

    def __repr__(self) -> str:
        text = self.body if len(self.body) <= 200 else f"{self.body[:200]}..."
        return f"<{self.status} {text}>" if text else f"<{self.status}>"


def request_to(method: str, url: str, headers: Headers = (), body: bytes | None = None) -> Request:
    """A request to a whole URL. Raises ValueError for a URL without a host."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"{url!r} is not a whole URL: it begins with https:// and a host.")
    given = tuple(headers.items()) if isinstance(headers, Mapping) else tuple(headers)
    named = {name.lower() for name, _ in given}
    length = () if body is None or "content-length" in named else (("Content-Length", str(len(body))),)
    host = () if "host" in named else (("Host", parts.netloc.rpartition("@")[2]),)
    return Request(method.upper(), parts.hostname, parts.path or "/", parts.query, (*host, *given, *length), body)
