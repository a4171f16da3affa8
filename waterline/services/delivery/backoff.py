"""Exponential waits with jitter, where AWS promises both and documents neither."""

from __future__ import annotations

import random
from collections.abc import Iterator

from waterline.clock import SECOND

_FIRST, _LONGEST = 1 * SECOND, 640 * SECOND


def backoff(jitter: random.Random, most: int) -> Iterator[int]:
    """`most` waits in microseconds: each a random part, from half to all, of 1, 2, 4 ... 512 and then 640 seconds.

    So all the attempts of EventBridge's longest policy take about as long as it lasts.
    """
    longest = _FIRST
    for _ in range(most):
        yield longest // 2 + jitter.randrange(longest // 2 + 1)
        longest = min(longest * 2, _LONGEST)
