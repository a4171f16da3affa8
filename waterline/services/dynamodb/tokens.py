"""The tokens that make a transaction idempotent.

A token is remembered for ten minutes after the first request with it is done (fact ``dynamodb.transact_token``). A
request with the same token and the same content in that time has no further effect; one with another content is an
IdempotentParameterMismatchException. A transaction that was canceled leaves no token behind.

Source: TransactWriteItems, ``ClientRequestToken`` (read 2026-11).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from moto.dynamodb.exceptions import DynamodbException

from waterline.clock import Clock, microseconds
from waterline.facts import facts

_LIFETIME = microseconds(facts["dynamodb.transact_token"].seconds)


class Mismatch(DynamodbException):  # type: ignore[misc]
    """The same token came with another content."""

    def __init__(self) -> None:
        super().__init__(
            "com.amazonaws.dynamodb.v20120810#IdempotentParameterMismatchException",
            "Request with the same ClientRequestToken but different parameters has been made.",
        )


class Tokens:
    """The tokens of one account in one Region."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._done: dict[str, tuple[int, str]] = {}

    def is_done(self, token: str | None, request: Mapping[str, Any]) -> bool:
        """Whether a request with this token is done already. Raises Mismatch."""
        if token is None or token not in self._done:
            return False
        at, content = self._done[token]
        if self._clock.now >= at + _LIFETIME:
            del self._done[token]
            return False
        if content != _content(request):
            raise Mismatch
        return True

    def done(self, token: str | None, request: Mapping[str, Any]) -> None:
        """A request is done."""
        if token is not None:
            self._done[token] = (self._clock.now, _content(request))


def _content(request: Mapping[str, Any]) -> str:
    return json.dumps({name: value for name, value in request.items() if name != "ClientRequestToken"}, default=repr)
