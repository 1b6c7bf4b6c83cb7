"""Engines for SQLite and PostgreSQL that lose no update, and the migrations of a database.

SQLite: WAL, `BEGIN IMMEDIATE` for writes, and plain `BEGIN` if the execution option `readonly` is set, so that reading
never waits for a writer. SQLModel's defaults lose updates with several writing processes.
"""

from __future__ import annotations

import logging
import random
import sqlite3
import time
from datetime import UTC, datetime
from pathlib import Path
from sqlite3 import OperationalError as SqliteError

from sqlalchemy import Connection, Engine, create_engine, event, select, text
from sqlalchemy import func as sql
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, ProgrammingError, TimeoutError

from cantomeet.errors import StorageFull
from cantomeet.private import make_file
from cantomeet.revisions import MIGRATIONS, newest_revision

OUTAGES = (OperationalError, InterfaceError, TimeoutError)
"""The exceptions that mean that the database does not answer; the last one, that every connection of this process is
waiting for it.
"""
_FILE_WRITTEN_ANEW_SINCE = "0018"
"""Databases of earlier revisions hold much free space: what was deleted before 0012, and words before 0018."""
_SQLITE_REFUSALS = ("SQLITE_READONLY", "SQLITE_FULL", "SQLITE_IOERR", "SQLITE_CANTOPEN")
_POSTGRESQL_REFUSALS = frozenset({"25006", "53100"})
"""read_only_sql_transaction (a standby too) and disk_full; PostgreSQL's manual, appendix A."""
_NO_ROOM = (
    "the database of an earlier release could not be brought up to date and is as it was: it takes no writes, or its"
    " disk is full (a conversion takes room for two more copies of it, until it is done)"
)
_log = logging.getLogger(__name__)
_MIGRATION_LOCK = 0x63616E746F
"""Any number that means "CantoMeet's migrations" to PostgreSQL's advisory locks."""


def connect(url: str, *, busy_timeout: float = 5.0) -> Engine:
    """An engine for `url`. `busy_timeout`: seconds for which a SQLite writer waits for another."""
    if make_url(url).get_backend_name() != "sqlite":
        return create_engine(url, pool_pre_ping=True, hide_parameters=True)
    _make_file(make_url(url).database)
    arguments = {"timeout": busy_timeout, "check_same_thread": False}
    # Otherwise the log would contain what people wrote, with every statement that fails.
    engine = create_engine(url, connect_args=arguments, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def _prepare(dbapi: sqlite3.Connection, _: object) -> None:
        dbapi.isolation_level = None  # pysqlite would otherwise begin transactions at moments of its own
        cursor = dbapi.cursor()
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "secure_delete=ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        if connection.get_execution_options().get("readonly", False):
            connection.exec_driver_sql("BEGIN")
        else:
            _begin_writing(connection, busy_timeout)

    return engine


def _begin_writing(connection: Connection, patience: float) -> None:
    """Wait for other writers with frequent tries.

    SQLite's own waiting tries every tenth of a second in the end, and with writers in quick succession it finds the
    lock taken each time: one of six was seen to wait for five seconds.
    """
    until = time.monotonic() + patience
    connection.exec_driver_sql("PRAGMA busy_timeout=0")
    try:
        while True:
            try:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
                return
            except OperationalError as error:
                if not _is_locked(error) or time.monotonic() >= until:
                    raise
            time.sleep(random.uniform(0.001, 0.004))
    finally:
        connection.exec_driver_sql(f"PRAGMA busy_timeout={patience * 1000:.0f}")


def _make_file(database: str | None) -> None:
    """Create the file for this user only; the files that SQLite makes next to it get the same mode."""
    if database and database != ":memory:" and not database.startswith("file:"):
        make_file(Path(database))


def _is_locked(error: DBAPIError) -> bool:
    """True where another process writes to SQLite and was waited for in vain."""
    return str(getattr(error.orig, "sqlite_errorname", "")).startswith("SQLITE_BUSY")


def outage_name(error: Exception) -> str:
    """What the log tells of one of `OUTAGES`: no statement, and nothing that people wrote."""
    return type(getattr(error, "orig", None) or error).__name__


def refuses_writes(error: DBAPIError) -> bool:
    """Whether the database answers but accepts no writes: it is read-only, or its disk is full."""
    name = str(getattr(error.orig, "sqlite_errorname", ""))
    return name.startswith(_SQLITE_REFUSALS) or getattr(error.orig, "sqlstate", None) in _POSTGRESQL_REFUSALS


def database_now(connection: Connection) -> datetime:
    """The database's clock (UTC), by which alone leases and due times of many machines are compared."""
    if connection.dialect.name == "sqlite":
        return datetime.now(UTC)
    now: datetime = connection.execute(select(sql.clock_timestamp())).scalar_one()
    return now.astimezone(UTC)


def migrate(engine: Engine) -> None:
    """Bring the schema to the newest revision; safe when several processes start at once.

    Large data takes minutes, in one transaction. Raises `StorageFull`, having changed nothing, where a database of an
    earlier release takes no writes.
    """
    while (before := _revision(engine)) != newest_revision():
        try:
            _upgrade(engine)
        except DBAPIError as error:
            # Gives back the room on the disk that SQLite's log took.
            engine.dispose()
            if before is not None and refuses_writes(error):
                raise StorageFull(_NO_ROOM) from error
            if not _is_locked(error):
                raise
            _log.warning("another process writes to the database, perhaps to bring it up to date too; waiting for it")
            continue
        if before is not None and before < _FILE_WRITTEN_ANEW_SINCE and engine.dialect.name == "sqlite":
            _write_anew(engine)
        return


def _upgrade(engine: Engine) -> None:
    # Here, because its import takes a third of a second, and every process of every start comes by.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _write_anew(engine: Engine) -> None:
    """Once: a file without what an earlier release stored or deleted. Not vital: on a full or busy disk it stays."""
    connection = engine.raw_connection()
    try:
        connection.cursor().execute("VACUUM")
    except SqliteError as error:
        _log.warning(
            "what an earlier release deleted may still lie in the database's file, which is larger than need be: %s",
            error,
        )
    finally:
        connection.close()


def _revision(engine: Engine) -> str | None:
    """The revision of the database; None if it has none or does not tell."""
    try:
        with engine.execution_options(readonly=True).begin() as connection:
            return connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()
    except (OperationalError, ProgrammingError):
        return None
