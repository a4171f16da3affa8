"""A database server: how many may talk to it, how long it takes, and who waits for whom.

It is SQLite in memory, one for each database, with what SQLite has not: connections are counted, and take time; queries
take time, and more of it when there are more of them than the server can do at once. When all connections are taken,
the next one is refused as PostgreSQL refuses it (PostgreSQL documentation, "Connections and Authentication",
``max_connections``; "PostgreSQL Error Codes", 53300 too_many_connections; read 2026-11). A connection counts from the
instant at which it is asked for until it is closed, or its execution environment has ended: environments that wait for
their next invocation keep theirs.

Who writes locks the tables that it wrote until its transaction is over; others wait, at most `lock_timeout`. In the
journal: ``connected`` and ``disconnected``, ``requested`` and ``answered`` for a query, ``written`` for each statement
that changed rows, when its transaction is committed, and ``refused``.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from waterline.clock import microseconds
from waterline.downstreams import moments
from waterline.downstreams.connection import Connection, OperationalError, TooManyConnections
from waterline.errors import LabMistake
from waterline.faults.injection import ERROR, OUTAGE, SLOW, THROTTLE
from waterline.ground import Ground
from waterline.journal import Event

_STREAM = "AWS_LAMBDA_LOG_STREAM_NAME"
_FUNCTION = "AWS_LAMBDA_FUNCTION_NAME"
_NUMBER = 32  # a log stream ends with the number of its environment, in so many hexadecimal digits

Owner = tuple[str, int]
"""A function's place in the journal, and the number of an execution environment of it."""


class DatabaseRefused(LabMistake, ValueError):
    """A database was asked for that cannot be."""


class Database:
    """A database with at most `max_connections` connections at a time.

    `connection_time` and `query_time` in seconds. `parallel`: how many queries the server does at once (None: any
    number); with more of them under way each takes ``(queries / parallel) ** collapse`` times as long: with `collapse`
    1 the server goes on doing as much as it can, above 1 it does less. `lock_timeout` in seconds. `url` is what
    ``labdb.connect`` takes.
    """

    def __init__(
        self,
        ground: Ground,
        name: str,
        *,
        max_connections: int = 100,
        connection_time: float = 0.0,
        query_time: float = 0.0,
        parallel: int | None = None,
        collapse: float = 1.0,
        lock_timeout: float = 30.0,
    ) -> None:
        for what, value, least in (
            ("max_connections", max_connections, 1),
            ("connection_time", connection_time, 0),
            ("query_time", query_time, 0),
            ("parallel", parallel, 1),
            ("collapse", collapse, 0),
            ("lock_timeout", lock_timeout, 0),
        ):
            if value is not None and not value >= least:
                raise DatabaseRefused(f"{what}={value!r} of {name} cannot be: give a number from {least} up.")
        self.ground = ground
        self.name = name
        self.place = f"database:{name}"
        self.url = f"postgresql://{name}.db.example:5432/{name}"
        self.max_connections = max_connections
        self._connection_time = connection_time
        self._query_time = query_time
        self._parallel = parallel
        self._collapse = collapse
        self._lock_timeout = microseconds(lock_timeout)
        self._file = f"file:waterline-{id(self)}-{name}?mode=memory&cache=shared"
        self._anchor = self.opened()
        self._connections: dict[Connection, Owner | None] = {}
        self._running = 0
        self.released = ground.clock.signal()
        """Wakes who waits for a lock, whenever a transaction is over."""
        ground.journal.listen(self._heard)

    @property
    def connections(self) -> int:
        """How many are open now."""
        return len(self._connections)

    def execute(self, sql: str, parameters: Sequence[Any] | dict[str, Any] = ()) -> list[tuple[Any, ...]]:
        """Run a statement at the server itself: it takes no time and no connection, and is committed at once.

        For setting up tables, and for looking. Returns the rows.
        """
        try:
            rows = self._anchor.execute(sql, parameters).fetchall()
            self._anchor.commit()
        except sqlite3.Error:
            self._anchor.rollback()
            raise
        return rows

    def close(self) -> None:
        """The server is shut down."""
        for connection in list(self._connections):
            connection.lose()
        self._connections.clear()
        self._anchor.close()

    # -- what a connection asks --------------------------------------------------------------------------------------

    def connect(self) -> Connection:
        """Open a connection. Raises OperationalError, and TooManyConnections, as a driver does."""
        clock = self.ground.clock
        clock.refuse_other_threads()
        self._ask_for_faults_on_connecting()
        if len(self._connections) >= self.max_connections:
            raise self._refused(TooManyConnections("FATAL: sorry, too many clients already"))
        connection = Connection(self, self.opened(), self.ground.identifier("connections"))
        self._connections[connection] = _owner()
        try:
            if self._connection_time:
                clock.sleep(self._connection_time)
        except BaseException:
            self._connections.pop(connection, None)
            raise
        self._record("connected", connection.name, connections=len(self._connections))
        return connection

    def opened(self) -> sqlite3.Connection:
        """SQLite's connection for one of ours."""
        connection = sqlite3.connect(self._file, uri=True, check_same_thread=False, timeout=0)
        moments.put_into(connection, self.ground.clock, self.ground.random(f"SQL of {self.name}"))
        return connection

    def query(self, sql: str, run: Callable[[], sqlite3.Cursor]) -> sqlite3.Cursor:
        """Let a query take its time, and run it when that is over; wait for locks."""
        clock, name = self.ground.clock, self.ground.identifier("queries")
        self._record("requested", name, request=" ".join(sql.split()))
        began = clock.now
        self._running += 1
        try:
            time = self._time() + self._ask_for_faults_on_a_query(name)
            if time:
                clock.sleep(time)
            cursor = self._unlocked(run)
        except sqlite3.Error as error:
            self._record("answered", name, status="error", why=str(error), duration=clock.now - began)
            raise
        finally:
            self._running -= 1
        self._record("answered", name, status="ok", duration=clock.now - began)
        return cursor

    def committed(self, statements: Iterable[tuple[str, Any]]) -> None:
        """A transaction with these statements was committed."""
        for sql, parameters in statements:
            given = "" if not parameters else f" {parameters!r}"
            self._record("written", self.ground.identifier("queries"), body=f"{' '.join(sql.split())}{given}")

    def left(self, connection: Connection, why: str | None = None) -> None:
        """A connection was closed."""
        self._connections.pop(connection, None)
        self._record("disconnected", connection.name, why=why, connections=len(self._connections))

    # -- inside ------------------------------------------------------------------------------------------------------

    def _time(self) -> float:
        crowd = 1.0 if self._parallel is None else max(1.0, self._running / self._parallel)
        return float(self._query_time * crowd**self._collapse)

    def _unlocked(self, run: Callable[[], sqlite3.Cursor]) -> sqlite3.Cursor:
        clock = self.ground.clock
        until = clock.now + self._lock_timeout
        while True:
            try:
                return run()
            except sqlite3.OperationalError as error:
                if "locked" not in str(error):
                    raise
                if clock.now >= until or not self.released.wait(until - clock.now):
                    raise OperationalError("canceling statement due to lock timeout") from error

    def _ask_for_faults_on_connecting(self) -> None:
        for fault in list(self.ground.faults.on("downstream", self.name, OUTAGE, THROTTLE)):
            if fault.strikes():
                said = "sorry, too many clients already"
                if fault.kind == OUTAGE:
                    said = f'connection to server at "{self.name}.db.example", port 5432 failed: Connection refused'
                    raise self._refused(OperationalError(said), fault.kind)
                raise self._refused(TooManyConnections(f"FATAL: {said}"), fault.kind)

    def _ask_for_faults_on_a_query(self, name: str) -> float:
        """How much longer it takes. Raises OperationalError."""
        longer = 0.0
        for fault in list(self.ground.faults.on("downstream", self.name, OUTAGE, ERROR, SLOW)):
            if not fault.strikes():
                continue
            if fault.kind == SLOW:
                longer += fault.seconds
                self._record("slowed", name, fault=fault.kind, why=f"{fault.seconds:g} s longer")
                continue
            self._record("refused", name, fault=fault.kind)
            if fault.kind == OUTAGE:
                raise OperationalError("server closed the connection unexpectedly")
            raise OperationalError("could not complete the query: internal error")
        return longer

    def _refused(self, error: OperationalError, fault: str | None = None) -> OperationalError:
        self._record(
            "refused", self.ground.identifier("connections"), why=str(error), fault=fault, connections=self.connections
        )
        return error

    def _record(self, kind: str, name: str, **detail: Any) -> None:
        self.ground.journal.record(kind, self.place, name, self.ground.clock.cause, **detail)

    def _heard(self, event: Event) -> None:
        """An execution environment that has ended takes its connections with it."""
        if event.kind == "ended" and self._connections:
            owner = (event.place, event.detail["environment"])
            if owner in self._connections.values():
                self.ground.clock.after(0, self._forsaken, owner)

    def _forsaken(self, owner: Owner) -> None:
        for connection in [each for each, whose in self._connections.items() if whose == owner]:
            connection.lose()
            self.left(connection, "its execution environment has ended")


def _owner() -> Owner | None:
    """The execution environment whose code runs now, as its own environment variables tell; None in a cell."""
    stream, function = os.environ.get(_STREAM), os.environ.get(_FUNCTION)
    if not stream or not function:
        return None
    return f"lambda:{function}", int(stream[-_NUMBER:], 16)
