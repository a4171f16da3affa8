"""The fixtures of the templates' tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from waterline import Cloud


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    with Cloud(seed=7) as cloud:
        yield cloud
