"""Several calls of the store in one transaction."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine

from cantomeet.store import MeetingStore


class Transaction(MeetingStore):
    """A store whose calls share one transaction, until that ends; reads after that have transactions of their own."""

    def __init__(self, store: MeetingStore, connection: Connection, *, writes: bool) -> None:
        super().__init__(store.engine, store._clock)
        self._shared, self._writes = connection, writes

    @contextmanager
    def _read(self) -> Iterator[Connection]:
        if self._shared.closed:
            with super()._read() as connection:
                yield connection
        else:
            yield self._shared

    @contextmanager
    def _write(self) -> Iterator[Connection]:
        assert self._writes, "a snapshot only reads"
        # A savepoint: several methods of the store go on after a statement that a constraint refused.
        with self._shared.begin_nested():
            yield self._shared


@contextmanager
def reading(store: MeetingStore) -> Iterator[Transaction]:
    """One snapshot of the database for all reads of the block. It never waits for a writer."""
    with _snapshots(store.engine).begin() as connection:
        yield Transaction(store, connection, writes=False)


@contextmanager
def writing(store: MeetingStore) -> Iterator[Transaction]:
    """One transaction for all reads and writes of the block: committed at its end, rolled back where it raises."""
    with store.engine.begin() as connection:
        yield Transaction(store, connection, writes=True)


@contextmanager
def connection_of(store: MeetingStore) -> Iterator[Connection]:
    """For a statement that only reads: the transaction under way, or one of its own."""
    with store._read() as connection:
        yield connection


def _snapshots(engine: Engine) -> Engine:
    if engine.dialect.name == "postgresql":
        # There each statement would otherwise see what was committed since the one before.
        return engine.execution_options(readonly=True, isolation_level="REPEATABLE READ")
    return engine.execution_options(readonly=True)
