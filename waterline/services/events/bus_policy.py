"""The policy of a bus: statements that PutPermission adds one by one, or puts as a whole.

moto keeps one statement for each principal, and its own form of ``*``; here a statement stays until its identifier is
put again or removed, and a whole policy replaces what was there (botocore, events ``PutPermission``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from moto.core.exceptions import JsonRESTError
from moto.events.exceptions import ValidationException
from moto.events.models import EventBusPolicyStatement

from waterline.services.events import limits
from waterline.services.policy import EVERYBODY, statements_of


class PolicyLengthExceededException(JsonRESTError):  # type: ignore[misc]
    code = 400

    def __init__(self) -> None:
        super().__init__("PolicyLengthExceededException", "The policy is too long.")


class _AsWritten(EventBusPolicyStatement):  # type: ignore[misc]
    """A statement as it was put."""

    def __init__(self, statement: Mapping[str, Any]) -> None:
        self.sid, self.principal = statement["Sid"], statement.get("Principal")
        self._statement = dict(statement)

    def describe(self) -> dict[str, Any]:
        return self._statement


def put_whole(bus: Any, text: str) -> None:
    """Replace the policy of a bus (moto's). Raises ValidationException, PolicyLengthExceededException."""
    try:
        statements = statements_of(text)
    except ValueError as error:
        raise ValidationException("This policy contains invalid Json") from error
    named = [{"Sid": f"statement-{number}", **statement} for number, statement in enumerate(statements, start=1)]
    _put(bus, {statement["Sid"]: _AsWritten(statement) for statement in named})


def keep(bus: Any, before: Mapping[str, Any], added: str) -> None:
    """A statement was added by its parts: keep those that were there before."""
    statement = bus._statements[added]
    if statement.principal == {"AWS": "arn:aws:iam::*:root"}:
        statement.principal = EVERYBODY
    _put(bus, {**before, added: statement}, before)


def _put(bus: Any, statements: dict[str, Any], otherwise: Mapping[str, Any] | None = None) -> None:
    before = dict(bus._statements if otherwise is None else otherwise)
    bus._statements = statements
    if len(json.dumps(json.loads(bus.policy or "{}"), separators=(",", ":")).encode()) > limits.BUS_POLICY:
        bus._statements = before
        raise PolicyLengthExceededException
