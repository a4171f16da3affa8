"""Loops that numba compiles where it is installed, and that run as they stand where it is not: the same numbers.

The machine code is kept on disk, in a folder that is named after the text of all loops: numba itself does not notice
that a loop which another one calls has changed.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

_Loop = TypeVar("_Loop", bound=Callable[..., Any])

try:
    import numba
except ImportError:  # there is no wheel for this platform
    numba = None

COMPILES = numba is not None
LOOPS = Path(__file__).with_name("loops")


def _folder() -> Path:
    text = b"".join(path.read_bytes() for path in sorted(LOOPS.glob("*.py")))
    name = f"compiled-{hashlib.sha256(text).hexdigest()[:16]}"
    beside = LOOPS / "__pycache__"
    return (beside if os.access(LOOPS, os.W_OK) else Path(tempfile.gettempdir()) / "waterline") / name


if COMPILES and "NUMBA_CACHE_DIR" not in os.environ:
    numba.config.CACHE_DIR = str(_folder())


def compiled(loop: _Loop) -> _Loop:
    """Compile a function over whole numbers and arrays of them when it is first called."""
    if numba is None:
        return loop
    made: _Loop = numba.njit(cache=True, _nrt=False)(loop)
    return made


def inlined(step: _Loop) -> _Loop:
    """Compile a function into each loop that calls it: to hand over a dozen arrays costs more than most steps."""
    if numba is None:
        return step
    made: _Loop = numba.njit(forceinline=True, _nrt=False)(step)
    return made
