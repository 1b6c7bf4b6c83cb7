"""Whether the database of `DATABASE_URL` can be reached at all, asked before anything is started.

By the driver alone: SQLAlchemy takes longer to import than the answer, and somebody waits for the start.
"""

from __future__ import annotations

import re

from cantomeet.errors import SettingsError
from cantomeet.settings import Settings

_DRIVER = "postgresql+psycopg://"
_SECONDS = 10
"""libpq itself would wait for minutes for a machine that does not answer."""
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
"""What drivers say; their whole texts repeat parts of the address, and with a wrongly written one of its password."""


def check_database(settings: Settings) -> None:
    """Connect once to the PostgreSQL of `DATABASE_URL`; SQLite needs no asking. Raises `SettingsError`, in one line
    and without the address's password."""
    url = settings.database_url
    # Several hosts are written for SQLAlchemy in a way that libpq does not know.
    if url is None or not url.startswith(_DRIVER) or url.count("host=") > 1:
        return
    import psycopg

    try:
        psycopg.connect(url.replace(_DRIVER, "postgresql://", 1), connect_timeout=_SECONDS).close()
    except psycopg.ProgrammingError:
        return  # not an address in libpq's eyes; SQLAlchemy may take it
    except psycopg.OperationalError as error:
        said = str(error).lower()
        reason = next((known for known in _REASONS if known in said), "no answer")
        raise SettingsError(f"DATABASE_URL: the database at {shown(url)} cannot be reached: {reason}") from None


def shown(url: str) -> str:
    """`url` without user, password and options."""
    if "password=" in url.lower():
        return f"{_DRIVER}***"
    # To the last @: a password may have one of its own, and then drivers take the rest for the host.
    return re.sub(r"://.*@", "://***@", url).partition("?")[0]
