"""What an event source mapping invokes: a function, one of its versions, or an alias.

It is looked up for each invocation, so a mapping follows an alias that moves, and an alias with weights divides the
batches between two versions. Source: AWS Lambda Developer Guide, "Create an alias for a Lambda function" (Event sources
and aliases), "Implement Lambda canary deployments using a weighted alias" (read 2026-11).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.core.exceptions import JsonRESTError

from waterline.compute.fleet import Fleet
from waterline.compute.stream_destination import LastAttempt, invocation_context

if TYPE_CHECKING:
    from waterline.compute.versions import VersionedFunctions


class Aim:
    """A function's name, with a version or an alias or without one. `arn` has the qualifier; `place` has not."""

    def __init__(self, functions: VersionedFunctions, name: str, qualifier: str | None, arn: str) -> None:
        self._functions = functions
        self.name = name
        self.qualifier = qualifier
        self.arn = arn
        self.place = f"lambda:{name}"

    @property
    def exists(self) -> bool:
        """Whether there is such a function, with such a version or alias."""
        try:
            self._functions.get_function(self.name, self.qualifier)
        except JsonRESTError:
            return False
        return True

    def fleet(self) -> Fleet | None:
        """The environments that the next invocation goes to; None when there is no such function any more."""
        try:
            function, _ = self._functions.target(self.name, self.qualifier)
        except JsonRESTError:
            return None
        return self._functions.fleet(function)

    def discarded(self, condition: str, invocations: int, request_id: str, last: LastAttempt | None) -> dict[str, Any]:
        """How the description of records that were given up begins."""
        return invocation_context(self.arn, condition, invocations, request_id, last)
