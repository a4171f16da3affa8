"""What every service of the cloud stands on: its clock, its journal, its random numbers, its faults and its web."""

from __future__ import annotations

import importlib
import random
import uuid
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

import moto.backends
from moto.core.base_backend import BackendDict

from waterline.clock import Clock
from waterline.faults import Faults
from waterline.journal import Journal
from waterline.web import Web

# moto's own, also where one cloud is opened aside another.
_create = BackendDict._create_account_specific_backend
_import: Any = moto.backends._import_backend


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
def installed(services: Mapping[str, str | type], ground: Ground) -> Iterator[None]:
    """Put our delivery behind moto's services for the length of a ``with`` block.

    `services`: for a service by moto's name, the class of its backends, or where that is: ``module:Class``. moto makes
    backends when they are first asked for. Only then is the class imported, and moto gets a subclass of it that knows
    the ground it stands on. What else of moto must be another while the service is in use, its class method
    ``accompanied`` says, a context manager.
    """
    ours: dict[str, type] = {}
    found: set[str] = set()

    def backend_of(service: str) -> type:
        if service not in ours:
            home = services[service]
            if isinstance(home, str):
                module, _, name = home.partition(":")
                home = getattr(importlib.import_module(module), name)
            if hasattr(home, "accompanied"):
                stack.enter_context(home.accompanied())
            ours[service] = type(home.__name__, (home,), {"ground": ground, "__module__": home.__module__})
        return ours[service]

    def create(backends: Any, account: str) -> None:
        if backends.service_name not in services or dict.__contains__(backends, account):
            _create(backends, account)
            return
        moto_class, backends.backend = backends.backend, backend_of(backends.service_name)
        try:
            _create(backends, account)
        finally:
            backends.backend = moto_class

    def import_backend(module: str, name: str) -> Any:
        if module in found:
            return _import(module, name)
        # A handler may be the first to ask. What it finds on its stage is no place to import a service from.
        with ground.clock.off_stage():
            backends = _import(module, name)
            if getattr(backends, "service_name", None) in services:
                backend_of(backends.service_name)
        found.add(module)
        return backends

    # Not get_backend itself: a module that is imported meanwhile may take that over for good.
    imports = moto.backends._import_backend
    creates = BackendDict._create_account_specific_backend
    BackendDict._create_account_specific_backend, moto.backends._import_backend = create, import_backend
    with ExitStack() as stack:
        try:
            yield
        finally:
            BackendDict._create_account_specific_backend, moto.backends._import_backend = creates, imports
