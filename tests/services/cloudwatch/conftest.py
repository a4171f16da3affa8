"""The fixture of CloudWatch's tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from observatory import Observatory, opened


@pytest.fixture
def lab() -> Iterator[Observatory]:
    with opened() as lab:
        yield lab
