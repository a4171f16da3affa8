"""A cloud with a Custom Event Bus, and short words for what the stories do with it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from orders_bus import OrdersBus

from waterline import Cloud


@pytest.fixture
def orders() -> Iterator[OrdersBus]:
    with Cloud(seed=7) as cloud:
        yield OrdersBus.opened(cloud)
