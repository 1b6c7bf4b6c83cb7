"""A check before the start that the database of `DATABASE_URL` answers.

It uses the driver alone, because importing SQLAlchemy takes longer than the answer and would delay the start.
"""

from __future__ import annotations

import re

from cantomeet.errors import SettingsError
from cantomeet.settings import Settings

_DRIVER = "postgresql+psycopg://"
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
    url = settings.database_url
    # SQLAlchemy writes several hosts in a way that libpq does not know.
    if url is None or not url.startswith(_DRIVER) or url.count("host=") > 1:
        return
    import psycopg

    try:
        psycopg.connect(url.replace(_DRIVER, "postgresql://", 1), connect_timeout=_SECONDS).close()
    except psycopg.ProgrammingError:
        return  # libpq does not understand this address, but SQLAlchemy may.
    except psycopg.OperationalError as error:
        said = str(error).lower()
        reason = next((known for known in _REASONS if known in said), "no answer")
        raise SettingsError(f"DATABASE_URL: the database at {shown(url)} cannot be reached: {reason}") from None


def shown(url: str) -> str:
    """The address without user, password and options."""
    if "password=" in url.lower():
        return f"{_DRIVER}***"
    # Cut at the last @, because a password may have one of its own.
    return re.sub(r"://.*@", "://***@", url).partition("?")[0]
