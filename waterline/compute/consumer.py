"""Who an event source is polled or read for: a function, or whatever else takes invocations as a function does.

``sqs_mapping`` and ``stream_mapping`` know no more of their consumer than this. ``aim`` is a function; a pipe of
EventBridge is another one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from waterline.compute.environment import Invocation
from waterline.compute.outcome import Outcome
from waterline.compute.stream_destination import LastAttempt


class Environments(Protocol):
    """What runs an invocation."""

    @property
    def version(self) -> str: ...

    def start(self, invocation: Invocation, finish: Callable[[Outcome, str], object], /) -> bool:
        """Begin an invocation; `finish` gets its outcome and its log. False, and nothing begun: not now."""


class Consumer(Protocol):
    """`place` names it in the journal, `arn` in what is told of records that were given up."""

    @property
    def place(self) -> str: ...

    @property
    def arn(self) -> str: ...

    @property
    def qualifier(self) -> str | None: ...

    @property
    def exists(self) -> bool: ...

    def fleet(self) -> Environments | None:
        """What the next invocation goes to; None when there is nothing any more."""

    def discarded(self, condition: str, invocations: int, request_id: str, last: LastAttempt | None) -> dict[str, Any]:
        """How a description of records that were given up begins; `last`: the latest attempt, or None."""
