"""The fixture of the Lambda service's tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from world import World, opened


@pytest.fixture
def world() -> Iterator[World]:
    with opened() as world:
        yield world
