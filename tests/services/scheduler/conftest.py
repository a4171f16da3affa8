"""A cloud with schedules."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from schedules_bench import Schedules

from waterline import Cloud


@pytest.fixture
def plans() -> Iterator[Schedules]:
    with Cloud(seed=7) as cloud:
        yield Schedules(cloud)
