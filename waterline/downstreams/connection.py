"""A connection to a database and its cursors, as PEP 249 ("Python Database API Specification v2.0") has them.

A transaction begins with the first statement that writes, and ends with ``commit`` or ``rollback``. As ``with
labdb.connect(url) as connection:`` it is committed when the block ends well, rolled back when it does not, and the
connection is closed.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from waterline.downstreams.server import Database

Error = sqlite3.Error
InterfaceError = sqlite3.InterfaceError
ProgrammingError = sqlite3.ProgrammingError


class OperationalError(sqlite3.OperationalError):
    """What is wrong with the database, and not with the statement."""


class TooManyConnections(OperationalError):
    """All connections are taken."""

    sqlstate = "53300"


class Connection:
    """One connection. `name`: what the journal calls it."""

    def __init__(self, database: Database, inside: sqlite3.Connection, name: str) -> None:
        self._database = database
        self._inside: sqlite3.Connection | None = inside
        self._written: list[tuple[str, Any]] = []
        self.name = name

    @property
    def closed(self) -> bool:
        return self._inside is None

    def cursor(self) -> Cursor:
        self.inside  # noqa: B018  (a closed connection has none)
        return Cursor(self)

    def execute(self, sql: str, parameters: Any = ()) -> Cursor:
        """A cursor that has executed a statement."""
        return self.cursor().execute(sql, parameters)

    def commit(self) -> None:
        self.inside.commit()
        written, self._written = self._written, []
        self._database.committed(written)
        self._database.released.notify_all()

    def rollback(self) -> None:
        self.inside.rollback()
        self._written.clear()
        self._database.released.notify_all()

    def close(self) -> None:
        """Give the connection back; what was not committed is lost. To close it twice changes nothing."""
        if self._inside is not None:
            self.lose()
            self._database.left(self)

    @property
    def inside(self) -> sqlite3.Connection:
        """SQLite's own. Raises InterfaceError when it was closed."""
        if self._inside is None:
            raise InterfaceError("the connection is closed")
        return self._inside

    def lose(self) -> None:
        """It is gone, and nobody said so."""
        if self._inside is not None:
            self._inside.rollback()
            self._inside.close()
            self._inside = None
            self._written.clear()
            self._database.released.notify_all()

    def run(self, sql: str, parameters: Any, many: bool) -> sqlite3.Cursor:
        """Run a statement at the server, in its time."""

        def execute() -> sqlite3.Cursor:
            cursor = self.inside.cursor()
            return cursor.executemany(sql, parameters) if many else cursor.execute(sql, parameters)

        cursor = self._database.query(sql, execute)
        if cursor.rowcount > 0:
            self._written.append((sql, parameters))
        return cursor

    def __enter__(self) -> Connection:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._inside is not None:
            if kind is None:
                self.commit()
            self.close()

    def __repr__(self) -> str:
        return f"<connection to {self._database.name}{', closed' if self.closed else ''}>"


class Cursor:
    """What a statement has found. `arraysize`: how many rows ``fetchmany`` returns."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.arraysize = 1
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None
        self._rows: Iterator[tuple[Any, ...]] = iter(())

    def execute(self, sql: str, parameters: Any = ()) -> Cursor:
        return self._take(self.connection.run(sql, parameters, many=False))

    def executemany(self, sql: str, parameters: Iterable[Any]) -> Cursor:
        return self._take(self.connection.run(sql, list(parameters), many=True))

    def _take(self, found: sqlite3.Cursor) -> Cursor:
        self.description, self.rowcount, self.lastrowid = found.description, found.rowcount, found.lastrowid
        rows = found.fetchall()  # all of them: a statement that is not done would keep its lock
        self._rows = iter(rows)
        return self

    def fetchone(self) -> tuple[Any, ...] | None:
        return next(self._rows, None)

    def fetchmany(self, size: int | None = None) -> list[tuple[Any, ...]]:
        wanted = self.arraysize if size is None else size
        return [row for _, row in zip(range(wanted), self._rows, strict=False)]

    def fetchall(self) -> list[tuple[Any, ...]]:
        return list(self._rows)

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        return self._rows

    def setinputsizes(self, sizes: object) -> None:
        """Nothing: PEP 249 wants it, SQLite does not."""

    def setoutputsize(self, size: int, column: int | None = None) -> None:
        """Nothing: PEP 249 wants it, SQLite does not."""

    def close(self) -> None:
        self._rows = iter(())

    def __enter__(self) -> Cursor:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
