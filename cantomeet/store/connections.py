"""The connections on which an aggregate's statements run: of a running transaction, or of one per statement."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import Connection, CursorResult, Engine, Executable
from sqlalchemy.exc import IntegrityError


class Connections(Protocol):
    """What every aggregate needs. A `with` block of either kind is one transaction, or a part of one."""

    def read(self) -> AbstractContextManager[Connection]:
        """For statements that only read. It never waits for a writer."""
        ...

    def write(self) -> AbstractContextManager[Connection]:
        """For statements that write. An exception in the block rolls back the whole transaction."""
        ...

    def now(self, connection: Connection) -> datetime:
        """The database's clock (UTC)."""
        ...


class Aggregate:
    """Rows that belong together, read and written on the connections of a `Database` or of a transaction."""

    def __init__(self, connections: Connections) -> None:
        self._db = connections


class OwnTransactions:
    """Each block is a transaction of its own."""

    def __init__(self, engine: Engine, clock: Callable[[Connection], datetime]) -> None:
        self.engine, self.now = engine, clock
        self._readers = engine.execution_options(readonly=True)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        with self._readers.begin() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        with self.engine.begin() as connection:
            yield connection

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """As `read`, but all statements see the database as of the first one."""
        readers = self._readers
        if self.engine.dialect.name == "postgresql":
            # Otherwise each statement would see what was committed since the previous one.
            readers = readers.execution_options(isolation_level="REPEATABLE READ")
        with readers.begin() as connection:
            yield connection


class OneTransaction:
    """All blocks are parts of one transaction. After its end, reads are transactions of their own."""

    def __init__(self, own: OwnTransactions, connection: Connection, *, writes: bool) -> None:
        self._own, self._shared, self._writes = own, connection, writes
        self.now = own.now
        self.half_done = False
        """Whether a call raised, and may have written before."""

    @contextmanager
    def read(self) -> Iterator[Connection]:
        if self._shared.closed:
            with self._own.read() as connection:
                yield connection
        else:
            yield self._shared

    @contextmanager
    def write(self) -> Iterator[Connection]:
        assert self._writes, "a snapshot only reads"
        assert not self._shared.closed, "the transaction has ended"
        try:
            yield self._shared
        except IntegrityError:
            raise  # a savepoint has undone it, and the call continues
        except BaseException:
            self.half_done = True
            raise


def execute(connection: Connection, statement: Executable) -> CursorResult[Any]:
    """Execute a statement whose `rowcount` is needed; `Connection.execute` does not promise it."""
    result: CursorResult[Any] = connection.execute(statement)
    return result
