"""Virtual time and the cloud's seed in SQL.

SQLite reads the machine's clock and the machine's randomness by itself. Here whatever asks for either (``now()``,
``CURRENT_TIMESTAMP``, ``datetime('now', '-1 day')``, ``random()``) gets the cloud's, so that two runs agree.
"""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable
from typing import Any

from waterline.clock import Clock

_OF_TIME = ("date", "time", "datetime", "julianday", "unixepoch", "strftime")
_FORMS = {"current_date": "%Y-%m-%d", "current_time": "%H:%M:%S", "current_timestamp": "%Y-%m-%d %H:%M:%S"}


def put_into(connection: sqlite3.Connection, clock: Clock, stream: random.Random) -> None:
    """Let a connection's SQL see the virtual clock, and draw from `stream`."""
    plain = sqlite3.connect(":memory:", check_same_thread=False)

    def moment() -> str:
        return f"{clock.date:%Y-%m-%d %H:%M:%S.%f}"[:-3]

    def asking(function: str) -> Callable[..., Any]:
        def asked(*given: object) -> Any:
            words = [moment() if isinstance(word, str) and word.lower() == "now" else word for word in given]
            if not given or (function == "strftime" and len(given) == 1):
                words.append(moment())
            marks = ", ".join("?" * len(words))
            return plain.execute(f"SELECT {function}({marks})", words).fetchone()[0]

        return asked

    def written(form: str) -> Callable[[], str]:
        return lambda: f"{clock.date:{form}}"

    for function in _OF_TIME:
        connection.create_function(function, -1, asking(function))
    for name, form in {**_FORMS, "now": _FORMS["current_timestamp"]}.items():
        connection.create_function(name, 0, written(form))
    connection.create_function("random", 0, lambda: stream.getrandbits(64) - (1 << 63))
    connection.create_function("randomblob", 1, lambda size: stream.randbytes(max(1, size)))
