"""The fixture of the tests of Step Functions."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from workflows import Workflows, opened


@pytest.fixture
def flows() -> Iterator[Workflows]:
    with opened() as flows:
        yield flows
