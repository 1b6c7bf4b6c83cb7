"""Checks before the start: the database of `DATABASE_URL` answers, and whether it is to be converted.

They use the driver alone, because importing SQLAlchemy takes longer than the answer and would delay the start.
"""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from typing import Any
from urllib.parse import quote

from cantomeet.errors import SettingsError
from cantomeet.revisions import newest_revision
from cantomeet.settings import Settings

_DRIVER, _SQLITE = "postgresql+psycopg://", "sqlite:///"
_SECONDS = 10
"""libpq's own timeout for a machine that does not answer is minutes."""
_REASONS = (
    "connection refused",
    "password authentication failed",
    "no password supplied",
    "name or service not known",
    "failed to resolve host",
    "no such file or directory",
    "no route to host",
    "network is unreachable",
    "timeout expired",
    "does not exist",
    "too many clients",
    "starting up",
)
"""Parts of drivers' messages that are safe to show. A whole message may repeat the address, and so the password."""


def check_database(settings: Settings) -> None:
    """Connect once to the PostgreSQL database of `DATABASE_URL`; SQLite needs no check.

    Raises `SettingsError` with one line that does not show the password.
    """
    url = settings.effective_database_url
    if not _is_plain_postgresql(url):
        return
    import psycopg

    try:
        _connected(url).close()
    except psycopg.ProgrammingError:
        return  # libpq does not understand this address, but SQLAlchemy may.
    except psycopg.OperationalError as error:
        said = str(error).lower()
        reason = next((known for known in _REASONS if known in said), "no answer")
        raise SettingsError(f"DATABASE_URL: the database at {shown(url)} cannot be reached: {reason}") from None


def is_of_earlier_release(settings: Settings) -> bool:
    """Whether opening the store will convert what is in the database. False where that cannot be told."""
    url = settings.effective_database_url
    refusal: type[Exception] = sqlite3.Error
    if _is_plain_postgresql(url):
        import psycopg

        refusal = psycopg.Error
    elif not url.startswith(_SQLITE):
        return False
    try:
        with closing(_connected(url)) as connection:
            cursor = connection.cursor()
            cursor.execute("SELECT version_num FROM alembic_version")
            found = cursor.fetchone()
    except refusal:  # a new database, or whoever opens it next will say what is wrong
        return False
    return found is not None and found[0] < newest_revision()


def _is_plain_postgresql(url: str) -> bool:
    # SQLAlchemy writes several hosts in a way that libpq does not know.
    return url.startswith(_DRIVER) and url.count("host=") < 2


def _connected(url: str) -> Any:
    """A connection of the driver's own. It makes no file."""
    if url.startswith(_SQLITE):
        return sqlite3.connect(f"file:{quote(url.removeprefix(_SQLITE))}?mode=rw", uri=True)
    import psycopg

    return psycopg.connect(url.replace(_DRIVER, "postgresql://", 1), connect_timeout=_SECONDS)


def shown(url: str) -> str:
    """The address without user, password and options."""
    if "password=" in url.lower():
        return f"{_DRIVER}***"
    # Cut at the last @, because a password may have one of its own.
    return re.sub(r"://.*@", "://***@", url).partition("?")[0]
