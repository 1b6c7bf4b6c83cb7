"""Traces of deleted meetings: old pages in SQLite's files, and jobs in Redis."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, Engine, delete, insert, select, update
from sqlmodel import col

from cantomeet.models import KeyValue, Meeting, new_id
from cantomeet.store.connections import Aggregate, execute

_TRACES = "traces"
_PATIENCE_MS = 500
"""The wait for readers and writers at a checkpoint; it is tried again soon."""


class Erasing(Aggregate):
    """Remembers whether traces of deleted meetings are still to be erased."""

    def traces(self) -> str | None:
        """The argument of `traces_erased`; None if no meeting was deleted since its last call."""
        with self._db.read() as connection:
            named = select(col(KeyValue.value)).where(col(KeyValue.name) == _TRACES)
            return connection.execute(named).scalar_one_or_none()

    def traces_erased(self, traces: str) -> None:
        """Note that everything deleted before `traces` was read has been erased."""
        with self._db.write() as connection:
            connection.execute(delete(KeyValue).where(col(KeyValue.name) == _TRACES, col(KeyValue.value) == traces))

    def gone(self, meeting_ids: Collection[str]) -> set[str]:
        """Those of the ids that have no row any more."""
        with self._db.read() as connection:
            there = connection.execute(select(col(Meeting.id)).where(col(Meeting.id).in_(list(meeting_ids))))
            return set(meeting_ids) - set(there.scalars())


def leave_traces(connection: Connection) -> None:
    """Note, in the transaction that deletes a meeting, that its traces are to be erased."""
    value = new_id()  # a new one each time, so that a deletion during an erasure is not taken for erased
    known = update(KeyValue).where(col(KeyValue.name) == _TRACES).values(value=value)
    if not execute(connection, known).rowcount:
        connection.execute(insert(KeyValue).values(name=_TRACES, value=value))


def empty_log(engine: Engine) -> bool:
    """`Database.empty_log`."""
    if engine.dialect.name != "sqlite":
        return True
    connection = engine.raw_connection()
    try:
        cursor = connection.cursor()
        (before,) = cursor.execute("PRAGMA busy_timeout").fetchone()
        cursor.execute(f"PRAGMA busy_timeout = {_PATIENCE_MS}")
        try:
            busy, *_ = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        finally:
            cursor.execute(f"PRAGMA busy_timeout = {before}")
        return not busy
    finally:
        connection.close()
