"""What all tests share: stores on SQLite and on a real PostgreSQL, and meetings to put into them."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from sqlalchemy import Engine, create_engine, text

from cantomeet.database import connect, migrate
from cantomeet.models import Meeting
from cantomeet.store import MeetingStore, NewMeeting
from tests import postgres

# No deadlines: the machine is shared. In CI the same examples each time: new ones are found where somebody looks.
settings.register_profile("cantomeet", deadline=None, derandomize=os.environ.get("CI") == "true")
settings.load_profile("cantomeet")


def lacking(what: str) -> None:
    """Skip loudly where the machine lacks something; in CI that is a failure, never a silent gap."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what} is missing, and CI must not leave its tests out")
    warnings.warn(f"{what} IS MISSING: its tests are left out", UserWarning, stacklevel=2)
    pytest.skip(f"{what} is missing")


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The URL of a PostgreSQL that this test run started itself."""
    bin_dir = postgres.binaries()
    if bin_dir is None:
        lacking("PostgreSQL")
    assert bin_dir is not None
    with postgres.running(bin_dir) as url:
        yield url


def _sqlite(folder: Path) -> Iterator[Engine]:
    engine = connect(f"sqlite:///{folder / 'meetings.db'}")
    migrate(engine)
    yield engine
    engine.dispose()


def _postgres(url: str, name: str) -> Iterator[Engine]:
    admin = create_engine(url, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f'CREATE DATABASE "{name}"'))
    engine = connect(url.replace("/postgres?", f"/{name}?"))
    migrate(engine)
    yield engine
    engine.dispose()
    with admin.connect() as connection:
        connection.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))
    admin.dispose()


@pytest.fixture
def sqlite_engine(tmp_path: Path) -> Iterator[Engine]:
    yield from _sqlite(tmp_path)


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An empty, migrated database, on each kind in turn."""
    if request.param == "sqlite":
        yield from _sqlite(tmp_path)
    else:
        yield from _postgres(request.getfixturevalue("postgres_url"), f"t{abs(hash(request.node.nodeid))}")


@pytest.fixture
def store(engine: Engine) -> MeetingStore:
    """A store on each kind of database in turn."""
    return MeetingStore(engine)


@pytest.fixture
def sqlite_store(sqlite_engine: Engine) -> MeetingStore:
    """A store on SQLite, for what does not depend on the database."""
    return MeetingStore(sqlite_engine)


NewMeetingMaker = Callable[..., Meeting]


def new_meeting(**columns: Any) -> NewMeeting:
    """What an upload hands to the store."""
    return NewMeeting(
        **{
            "recording_key": "a" * 32,
            "recording_bytes": 1000,
            "recording_sha256": "0" * 64,
            "media_format": "wav",
            "filename": "例會.wav",
            "title": "例會",
            "duration_seconds": 60.0,
            **columns,
        }
    )
