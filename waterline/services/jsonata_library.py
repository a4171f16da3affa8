"""jsonata-python, without what it does to Python's recursion limit when it is imported.

The limit is the whole process's, so a handler that recurses without end would end at another depth once a workflow had
been used. Here the library has the depth that it wants for as long as it works, and nobody else notices.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

_WANTED = 10_000  # what it sets

_before = sys.getrecursionlimit()
try:
    from jsonata.jexception import JException
    from jsonata.jsonata import Jsonata
    from jsonata.utils import Utils
finally:
    sys.setrecursionlimit(_before)

__all__ = ["JException", "Jsonata", "Utils", "deep"]


@contextmanager
def deep() -> Iterator[None]:
    """The recursion limit that the library asks for, for the length of a ``with`` block that does not block."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, _WANTED))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)
