"""What every service of the cloud stands on: its clock, its journal, its random numbers, its faults and its web."""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from moto.core.base_backend import BackendDict

from waterline.clock import Clock
from waterline.faults import Faults
from waterline.journal import Journal
from waterline.web import Web


@dataclass(frozen=True)
class Ground:
    """Handed to every service when the cloud opens. `seed` decides every random choice (see :meth:`random`)."""

    clock: Clock
    journal: Journal
    seed: int
    _streams: dict[str, random.Random] = field(default_factory=dict)
    faults: Faults = field(init=False)
    web: Web = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "faults", Faults(self.clock, self.random))
        object.__setattr__(self, "web", Web(self.clock, self.journal, self.faults, self.identifier))

    def random(self, purpose: str) -> random.Random:
        """The stream of random numbers for one purpose.

        Each purpose has its own stream, so that drawing one number more for one purpose changes nothing for another.
        """
        if purpose not in self._streams:
            self._streams[purpose] = random.Random(f"{self.seed}/{purpose}")
        return self._streams[purpose]

    def identifier(self, purpose: str) -> str:
        """A new UUID from the stream of a purpose."""
        return str(uuid.UUID(int=self.random(purpose).getrandbits(128), version=4))


@contextmanager
def installed(backends: BackendDict[Any], backend: type, ground: Ground) -> Iterator[None]:
    """Put our delivery behind one of moto's services for the length of a ``with`` block.

    moto makes a service's backends from the class that it finds in ``backends.backend``; there it finds a subclass of
    `backend` that knows the ground it stands on.
    """
    moto_class = backends.backend
    backends.backend = type(backend.__name__, (backend,), {"ground": ground, "__module__": backend.__module__})
    try:
        yield
    finally:
        backends.backend = moto_class
