"""The fixture of EventBridge's tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from eventlab import Lab

from waterline.cloud import Cloud


@pytest.fixture
def lab() -> Iterator[Lab]:
    with Cloud(seed=7) as cloud:
        yield Lab(cloud)
