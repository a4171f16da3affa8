"""The fixture of SNS's tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from post_office import PostOffice, opened


@pytest.fixture
def office() -> Iterator[PostOffice]:
    with opened() as office:
        yield office
