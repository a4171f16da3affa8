"""Where a handler runs: one small interface. Nothing outside this module's implementations may know which it is.

``waterline.compute.inline`` runs handlers in this process, on the clock. Text goes in and text comes out, as on the
real Runtime API, so that a worker process behind a pipe can take its place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from waterline.clock import Clock
from waterline.compute.outcome import Outcome
from waterline.compute.package import Package


@dataclass(frozen=True)
class Configuration:
    """What of a function's configuration its code can see. `timeout` in seconds, `memory` in MB."""

    name: str
    arn: str
    version: str
    handler: str
    timeout: int
    memory: int
    variables: Mapping[str, str]
    package: Package


@dataclass(frozen=True)
class Request:
    """One invocation as the code sees it: `event` is JSON text, `deadline` an instant in microseconds.

    `qualifier`: the version or alias that the caller named, or None.
    """

    request_id: str
    event: str
    deadline: int
    qualifier: str | None = None


class Sandbox(Protocol):
    """Holds the code of one execution environment. `initialize` and `handle` block the task that calls them."""

    def initialize(self) -> Outcome | None:
        """Run the module-level code; None when it went well."""

    def handle(self, request: Request) -> Outcome:
        """Run the handler once."""

    def printed(self) -> str:
        """What the code printed since this was last asked."""

    def close(self) -> None:
        """Forget the code; to initialize once more begins anew."""


SandboxFactory = Callable[[Clock, Configuration], Sandbox]
