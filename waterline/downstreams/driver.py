"""The module ``labdb``: the driver by which cells and handlers talk to the databases of a cloud.

    import os
    import labdb

    connection = labdb.connect(os.environ["DATABASE_URL"])      # with PostgreSQL itself: psycopg.connect(...)

A handler on AWS would bring a driver in its package or in a layer. Here it is there without that, as long as a cloud is
open, and only then. It follows PEP 249, "Python Database API Specification v2.0"; its errors are SQLite's, and
``labdb.TooManyConnections``, an ``OperationalError``. A URL leads to the database whose name its host begins with.
"""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from urllib.parse import urlsplit

from waterline.downstreams.connection import Connection, OperationalError, TooManyConnections
from waterline.downstreams.server import Database, DatabaseRefused
from waterline.ground import Ground

MODULE = "labdb"
_ERRORS = (
    "Warning",
    "Error",
    "InterfaceError",
    "DatabaseError",
    "DataError",
    "IntegrityError",
    "InternalError",
    "NotSupportedError",
    "ProgrammingError",
)


class Databases:
    """The databases of one cloud."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._databases: dict[str, Database] = {}

    @property
    def names(self) -> list[str]:
        return list(self._databases)

    def add(self, database: Database) -> Database:
        """Raises DatabaseRefused, in one sentence, when there is another of its name."""
        if database.name in self._databases or database.name in self._ground.web.names:
            database.close()
            raise DatabaseRefused(f"There is a downstream called {database.name} already: give it another name.")
        self._databases[database.name] = database
        return database

    def connect(self, url: str) -> Connection:
        """Open a connection. Raises OperationalError, as a driver does."""
        self._ground.clock.refuse_other_threads()
        host = urlsplit(url).hostname or ""
        database = self._databases.get(host.partition(".")[0])
        if database is None or not host.endswith(".db.example"):
            raise OperationalError(
                f'could not translate host name "{host or url}" to address: the databases of this cloud are '
                f"{', '.join(each.url for each in self._databases.values()) or 'none yet'}"
            )
        return database.connect()

    def close(self) -> None:
        for database in self._databases.values():
            database.close()
        self._databases.clear()

    @contextmanager
    def importable(self) -> Iterator[None]:
        """Let ``import labdb`` find the driver, for the length of a ``with`` block."""
        module = ModuleType(MODULE, __doc__)
        module.__dict__.update(
            apilevel="2.0",
            threadsafety=0,
            paramstyle="qmark",
            connect=self.connect,
            Connection=Connection,
            OperationalError=sqlite3.OperationalError,
            TooManyConnections=TooManyConnections,
            **{name: getattr(sqlite3, name) for name in _ERRORS},
        )
        before = sys.modules.get(MODULE)
        sys.modules[MODULE] = module
        try:
            yield
        finally:
            self.close()
            if before is None:
                sys.modules.pop(MODULE, None)
            else:
                sys.modules[MODULE] = before
