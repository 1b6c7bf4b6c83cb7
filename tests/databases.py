"""Migrated databases for the tests: copies of one that was migrated once, which take a tenth of the time."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from sqlalchemy import create_engine, text

from cantomeet.database import connect, migrate

_TEMPLATE = "migrated"


def migrated_sqlite(path: Path) -> str:
    """The URL of a new, migrated database in this file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(_template(), path)
    return f"sqlite:///{path}"


@cache
def _template() -> Path:
    """For as long as this process lives."""
    # Kept by the attribute: its folder goes with it.
    folder = _template.folder = tempfile.TemporaryDirectory(prefix="cantomeet-template-")  # type: ignore[attr-defined]
    path = Path(folder.name) / "meetings.db"
    engine = connect(f"sqlite:///{path}")
    migrate(engine)
    engine.dispose()
    return path


def make_template(url: str) -> None:
    """The migrated database that PostgreSQL copies for `database(..., migrated=True)`."""
    _as_admin(url, f'CREATE DATABASE "{_TEMPLATE}"')
    engine = connect(_named(url, _TEMPLATE))
    migrate(engine)
    engine.dispose()


@contextmanager
def database(url: str, name: str, *, migrated: bool = False) -> Iterator[str]:
    """The URL of a PostgreSQL database that lives as long as the block: empty, or a copy of the template."""
    template = f' TEMPLATE "{_TEMPLATE}"' if migrated else ""
    _as_admin(url, f'CREATE DATABASE "{name}"{template}')
    yield _named(url, name)
    _as_admin(url, f'DROP DATABASE "{name}" WITH (FORCE)')


def _named(url: str, name: str) -> str:
    return url.replace("/postgres?", f"/{name}?")


def _as_admin(url: str, statement: str) -> None:
    admin = create_engine(url, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(statement))
    admin.dispose()
