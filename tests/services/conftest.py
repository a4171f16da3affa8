"""The fixtures of the services' tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from bench import Lab, opened


@pytest.fixture
def lab() -> Iterator[Lab]:
    with opened() as lab:
        yield lab
