"""The fixture of the stories about faults."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from scene import Scene, opened


@pytest.fixture
def scene() -> Iterator[Scene]:
    with opened() as scene:
        yield scene
