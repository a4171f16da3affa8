"""The outcomes of the stories: the lab's are told once for all tests."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from tellers import Outcomes, to_the_lab

sys.path.append(str(Path(__file__).parents[1] / "conformance"))  # where the sources are known


@pytest.fixture(scope="session")
def lab() -> Outcomes:
    return to_the_lab()
