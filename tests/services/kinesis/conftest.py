"""The fixture of the tests of Kinesis."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from shore import Shore, opened


@pytest.fixture
def shore() -> Iterator[Shore]:
    with opened() as shore:
        yield shore
