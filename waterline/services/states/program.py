"""What an execution is made of: the program that it plays, and what it asks of the service around it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from waterline.ground import Ground
from waterline.waiting import Gate

if TYPE_CHECKING:
    from waterline.services.states.callbacks import Callback, Callbacks
    from waterline.services.states.calls import Clients
    from waterline.services.states.distributed import ChildRun, MapRun
    from waterline.services.states.execution import Execution


class Service(Protocol):
    """What an execution needs of the service that it runs in."""

    ground: Ground
    region_name: str
    callbacks: Callbacks
    clients: Clients

    def find_execution(self, arn: str) -> Execution: ...
    def offer(self, activity: str, callback: Callback, text: str) -> Gate: ...
    def start_child(self, map_run: MapRun, child: ChildRun) -> Execution: ...
    def map_run(
        self,
        parent: Execution,
        label: str,
        processor: Mapping[str, Any],
        kind: str,
        most: int,
        count: int,
        percentage: float,
    ) -> MapRun: ...


@dataclass(frozen=True)
class Program:
    """What is executed: a state machine as it was when the execution began."""

    arn: str
    name: str
    definition: Mapping[str, Any]
    role: str
    kind: str
    version: str | None = None
    alias: str | None = None
    logging: Mapping[str, Any] | None = None
