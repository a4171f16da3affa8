"""botocore's retries, the same twice: their random waits, and how many of them a client may afford.

botocore waits a random time before it tries a call again, and draws it from Python's own generator, which no seed of
ours reaches. In its standard mode a client also has a quota of retries, which failed calls use up and successful ones
refill, and which lives as long as the client. While a cloud is open the waits are drawn from the cloud, and every
client has a quota of its own for this cloud, full at first: so it makes no difference what a client did before.

Not here: the rate limiter of the adaptive mode, which a client also keeps from one cloud to the next.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any
from weakref import WeakKeyDictionary

from botocore import retryhandler
from botocore.retries.quota import RetryQuota
from botocore.retries.standard import ExponentialBackoff

_delay_amount, _acquire, _release = ExponentialBackoff.delay_amount, RetryQuota.acquire, RetryQuota.release


@contextmanager
def seeded(stream: random.Random) -> Iterator[None]:
    """For the length of a ``with`` block, let botocore's retries draw from `stream` and start with full quotas."""
    capacities: WeakKeyDictionary[Any, int] = WeakKeyDictionary()

    def delay_amount(self: Any, context: Any) -> Any:
        self._random = stream.random
        return _delay_amount(self, context)

    def of_this_cloud(method: Callable[..., Any]) -> Callable[..., Any]:
        def called(self: Any, *arguments: Any) -> Any:
            elsewhere = self._available_capacity
            self._available_capacity = capacities.get(self, self._max_capacity)
            try:
                return method(self, *arguments)
            finally:
                capacities[self], self._available_capacity = self._available_capacity, elsewhere

        return called

    ours = (SimpleNamespace(random=stream.random), delay_amount, of_this_cloud(_acquire), of_this_cloud(_release))
    before = (retryhandler.random, ExponentialBackoff.delay_amount, RetryQuota.acquire, RetryQuota.release)
    _install(*ours)
    try:
        yield
    finally:
        _install(*before)


def _install(generator: Any, delay_amount: Any, acquire: Any, release: Any) -> None:
    retryhandler.random = generator
    ExponentialBackoff.delay_amount = delay_amount
    RetryQuota.acquire, RetryQuota.release = acquire, release
