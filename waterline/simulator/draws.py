"""Random numbers for a million messages: drawn once for a seed, and stretched to what a scenario asks for.

So a scenario of which one setting changes keeps its luck: the same message comes next, takes as long in proportion, and
fails at the same attempt. All results are rounded to whole microseconds, which the last bit of a logarithm on one
processor or another does not reach.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

Times = NDArray[np.int64]
Floats = NDArray[np.float64]

TABLE = 1 << 20
"""How many different draws there are of each kind; a longer run uses them again."""


@lru_cache(maxsize=8)
def exponential(seed: int, purpose: str, count: int) -> Floats:
    """Numbers with mean 1."""
    return cast(Floats, _fixed(_generator(seed, purpose).standard_exponential(count)))


@lru_cache(maxsize=8)
def normal(seed: int, purpose: str, count: int) -> Floats:
    return cast(Floats, _fixed(_generator(seed, purpose).standard_normal(count)))


@lru_cache(maxsize=8)
def whole(seed: int, purpose: str, count: int = TABLE) -> Times:
    """Whole numbers below 2**31."""
    return cast(Times, _fixed(_generator(seed, purpose).integers(0, 1 << 31, count, dtype=np.int64)))


def table_of(count: int) -> int:
    """The length of a table for so many messages: a power of two."""
    return min(max(1 << max(count - 1, 1).bit_length(), 1 << 10), TABLE)


def _generator(seed: int, purpose: str) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64([seed, *purpose.encode()]))


def _fixed(numbers: Any) -> Any:
    numbers.flags.writeable = False
    return numbers
