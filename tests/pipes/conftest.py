"""A cloud with pipes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from plumbing import Plumbing

from waterline import Cloud


@pytest.fixture
def pipes() -> Iterator[Plumbing]:
    with Cloud(seed=7) as cloud:
        yield Plumbing(cloud)
