"""A third party: an HTTP API of somebody else, at ``https://api.NAME.example``.

It answers after its latency, and only so many requests each second: who comes too often gets 429 and is told in
``Retry-After`` when to come back (RFC 6585, "429 Too Many Requests"; read 2026-11). It knows nothing of who asks, so
all functions share its limit. Outages, errors and slow hours are ``cloud.faults``' business.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, TypeAlias

from waterline.clock import SECOND
from waterline.errors import LabMistake
from waterline.ground import Ground
from waterline.services.token_bucket import TokenBucket
from waterline.web import Request, Response

Said: TypeAlias = Response | Mapping[str, Any] | str | int | None
"""What a third party may answer: a whole response; an object that becomes JSON; a text; a status; None for ``{}``."""


class ThirdPartyRefused(LabMistake, ValueError):
    """A third party was asked for that cannot be."""


class ThirdParty:
    """An HTTP API that takes `rate` requests a second (None: any number), `burst` of them at once.

    `latency` in seconds is what half of the answers stay under; with `spread` above 0 they vary as a lognormal
    distribution does, whose logarithm has this standard deviation, drawn from the seed. `answer` says what a request
    is answered with; it runs when the latency is over. `url` is where it is.
    """

    def __init__(
        self,
        ground: Ground,
        name: str,
        *,
        rate: float | None = None,
        burst: int | None = None,
        latency: float = 0.0,
        spread: float = 0.0,
        answer: Callable[[Request], Said] | None = None,
        host: str | None = None,
    ) -> None:
        for what, value, least in (
            ("rate", rate, 1e-6),
            ("burst", burst, 1),
            ("latency", latency, 0),
            ("spread", spread, 0),
        ):
            if value is not None and (not math.isfinite(value) or value < least):
                raise ThirdPartyRefused(f"{what}={value!r} of {name} cannot be: give a number from {least:g} up.")
        self._ground = ground
        self._latency, self._spread = latency, spread
        self._answer = answer
        self._bucket: TokenBucket | None = None
        if rate is not None:
            self._bucket = TokenBucket(rate, burst or max(1, math.floor(rate)), ground.clock.now)
        self.name = name
        self.host = host or f"api.{name}.example"
        self.url = f"https://{self.host}"
        self.requests: list[Request] = []
        """What it has taken, in order."""
        ground.web.open(self.host, self._take, name=name)

    def close(self) -> None:
        """From now on nobody is there."""
        self._ground.web.close(self.host)

    def _take(self, request: Request) -> Response:
        clock = self._ground.clock
        if self._bucket is not None and not self._bucket.take(clock.now):
            wait = self._bucket.wait(clock.now) or 0
            after = MappingProxyType({"retry-after": str(max(1, -(-wait // SECOND)))})
            return Response(HTTPStatus.TOO_MANY_REQUESTS, after)
        latency = self._latency
        if self._spread:
            latency *= math.exp(self._ground.random(f"latency of {self.name}").gauss(0, self._spread))
        if latency:
            clock.sleep(latency)
        self.requests.append(request)
        return _response(None if self._answer is None else self._answer(request))

    def __repr__(self) -> str:
        return f"<{self.name} at {self.url}: {len(self.requests)} requests taken>"


def _response(said: Said) -> Response:
    if isinstance(said, Response):
        return said
    if isinstance(said, int):
        return Response(said)
    if isinstance(said, str):
        return Response(HTTPStatus.OK, MappingProxyType({"content-type": "text/plain"}), said.encode())
    content = json.dumps(dict(said or {})).encode()
    return Response(HTTPStatus.OK, MappingProxyType({"content-type": "application/json"}), content)
