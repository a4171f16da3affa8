"""The fixture of the stories about tables."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from warehouse import Warehouse, opened


@pytest.fixture
def warehouse() -> Iterator[Warehouse]:
    with opened() as warehouse:
        yield warehouse
