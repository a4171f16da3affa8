"""jsonata-python does not change how deep everybody else may recurse."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import sys
before = sys.getrecursionlimit()
from waterline.services import jsonata_library
from waterline.services.states import jsonata
from waterline.services.eventsv2 import expressions
assert sys.getrecursionlimit() == before, "imported"
with jsonata_library.deep():
    assert sys.getrecursionlimit() > before
    assert jsonata_library.Jsonata("1 + 1").evaluate(None) == 2
assert sys.getrecursionlimit() == before, "used"
"""


def test_the_recursion_limit_is_what_it_was() -> None:
    subprocess.run([sys.executable, "-c", PROGRAM], check=True)
