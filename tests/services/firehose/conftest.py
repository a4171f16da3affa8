"""The fixture of the tests of Firehose."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from reservoir import Reservoir, opened


@pytest.fixture
def reservoir() -> Iterator[Reservoir]:
    with opened() as reservoir:
        yield reservoir
