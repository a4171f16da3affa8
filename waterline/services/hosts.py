"""The hosts of services that moto does not know, so that it answers for them too."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from moto import backend_index

SYNCHRONOUS_STATES = r"https?://sync-states\.(.+)\.amazonaws\.com"
"""Where StartSyncExecution and TestState go."""


@contextmanager
def known_hosts() -> Iterator[None]:
    """Let moto know them, for the length of a ``with`` block."""
    patterns, entry = backend_index.backend_url_patterns, ("stepfunctions", re.compile(SYNCHRONOUS_STATES))
    patterns.append(entry)
    try:
        yield
    finally:
        patterns.remove(entry)
