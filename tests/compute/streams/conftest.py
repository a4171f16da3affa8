"""The fixture of the tests of streams."""

from __future__ import annotations

import pytest
from river import River
from world import World


@pytest.fixture
def river(world: World) -> River:
    return River(world)
