"""The outcomes of the stories: the lab's are told once for all tests."""

from __future__ import annotations

import pytest
from tellers import Outcomes, to_the_lab


@pytest.fixture(scope="session")
def lab() -> Outcomes:
    return to_the_lab()
