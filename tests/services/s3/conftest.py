"""The fixture of the stories about buckets."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from attic import Attic, opened


@pytest.fixture
def attic() -> Iterator[Attic]:
    with opened() as attic:
        yield attic
