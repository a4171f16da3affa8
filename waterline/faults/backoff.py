"""The waits of botocore's retries, from the cloud's seed.

botocore waits a random time before it tries a call again, and draws it from Python's own generator, which no seed of
ours reaches. While a cloud is open it draws from the cloud: so a run with throttled calls is the same twice.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

from botocore import retryhandler
from botocore.retries.standard import ExponentialBackoff

_delay_amount = ExponentialBackoff.delay_amount


@contextmanager
def seeded(stream: random.Random) -> Iterator[None]:
    """For the length of a ``with`` block, let botocore's retry modes legacy and standard draw from `stream`."""

    def delay_amount(self: Any, context: Any) -> Any:
        self._random = stream.random
        return _delay_amount(self, context)

    legacy, standard = retryhandler.random, ExponentialBackoff.delay_amount
    retryhandler.random = SimpleNamespace(random=stream.random)
    ExponentialBackoff.delay_amount = delay_amount
    try:
        yield
    finally:
        retryhandler.random, ExponentialBackoff.delay_amount = legacy, standard
