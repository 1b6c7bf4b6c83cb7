"""What all tests share: stores on SQLite and on a real PostgreSQL, and meetings to put into them."""

from __future__ import annotations

import gc
import os
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from sqlalchemy import Engine, text
from sqlmodel import SQLModel

from cantomeet.database import connect
from cantomeet.store import Database, NewMeeting
from tests import databases, postgres

# No deadlines: the machine is shared. In CI the same examples each time: new ones are found where somebody looks.
settings.register_profile("cantomeet", deadline=None, derandomize=os.environ.get("CI") == "true")
settings.load_profile("cantomeet")


LONG = ("faults", "e2e", "worker")
"""Folders whose files take longest: they wait for processes."""


def pytest_collection() -> None:
    """Nothing that is imported or collected becomes garbage, and the collector took half of the time."""
    gc.disable()


def pytest_collection_finish() -> None:
    """From here on the collector looks only at what tests make."""
    gc.freeze()
    gc.enable()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The long files first: of two at once, a long one at the end would run alone."""
    if not os.environ.get("CANTOMEET_SOAK"):
        _leave_out_repeats(config, items)
    tests = Path(__file__).parent

    def rank(item: pytest.Item) -> int:
        folder = item.path.relative_to(tests).parts[0]
        return LONG.index(folder) if folder in LONG else len(LONG)

    items.sort(key=rank)


def _leave_out_repeats(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Of a test marked `in_turn`, run one value of the named parameters: of the first such test the first value, of
    the next the second. A value that was selected alone runs.
    """
    repeats: dict[tuple[object, ...], list[pytest.Item]] = {}
    for item in items:
        in_turn = {name for marker in item.iter_markers("in_turn") for name in marker.args}
        if in_turn and isinstance(item, pytest.Function) and hasattr(item, "callspec"):
            # By identity: a value may not be hashable.
            other = frozenset((name, id(it)) for name, it in item.callspec.params.items() if name not in in_turn)
            repeats.setdefault((item.path, item.originalname, other), []).append(item)
    left = {id(group[number % len(group)]) for number, group in enumerate(repeats.values())}
    out = [item for group in repeats.values() for item in group if id(item) not in left]
    config.hook.pytest_deselected(items=out)
    gone = {id(item) for item in out}
    items[:] = [item for item in items if id(item) not in gone]


def lacking(what: str) -> None:
    """Skip loudly where the machine lacks something; in CI that is a failure, never a silent gap."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what} is missing, and CI must not leave its tests out")
    warnings.warn(f"{what} IS MISSING: its tests are left out", UserWarning, stacklevel=2)
    pytest.skip(f"{what} is missing")


@pytest.fixture(autouse=True)
def _umask_as_found() -> Iterator[None]:
    """What a test calls may close the files of its whole process to others (`cantomeet.private`)."""
    found = os.umask(0o022)
    yield
    os.umask(found)


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The URL of a PostgreSQL that this test run started itself."""
    bin_dir = postgres.binaries()
    if bin_dir is None:
        lacking("PostgreSQL")
    assert bin_dir is not None
    with postgres.running(bin_dir) as url:
        yield url


@pytest.fixture(scope="session")
def migrated_postgres_url(postgres_url: str) -> str:
    """The same server, with a template of a migrated database in it."""
    databases.make_template(postgres_url)
    return postgres_url


@pytest.fixture(scope="session")
def shared_postgres(migrated_postgres_url: str) -> Iterator[Engine]:
    """A migrated database that one test after the other finds empty: emptying takes a tenth of making one."""
    with databases.database(migrated_postgres_url, "shared", migrated=True) as url:
        yield from _connected(url)


def _name(request: pytest.FixtureRequest) -> str:
    """Of a database of one test's own."""
    return f"t{abs(hash(request.node.nodeid))}"


@pytest.fixture
def empty_postgres_url(postgres_url: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of an empty PostgreSQL database of this test's own."""
    with databases.database(postgres_url, _name(request)) as url:
        yield url


@pytest.fixture
def own_postgres_url(migrated_postgres_url: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a migrated PostgreSQL database of this test's own, for processes to connect to."""
    with databases.database(migrated_postgres_url, _name(request), migrated=True) as url:
        yield url


def _emptied(engine: Engine) -> None:
    """Ends what an earlier test left connected, then leaves no row in any table."""
    tables = ", ".join(f'"{table.name}"' for table in SQLModel.metadata.sorted_tables)
    with engine.begin() as connection:
        connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )
        connection.execute(text(f"TRUNCATE {tables}"))


def _connected(url: str) -> Iterator[Engine]:
    engine = connect(url)
    yield engine
    engine.dispose()


@pytest.fixture
def sqlite_engine(tmp_path: Path) -> Iterator[Engine]:
    yield from _connected(databases.migrated_sqlite(tmp_path / "meetings.db"))


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An empty, migrated database, on each kind in turn.

    PostgreSQL's is used by one test after the other, but for those marked `own_database`.
    """
    if request.param == "sqlite":
        yield from _connected(databases.migrated_sqlite(tmp_path / "meetings.db"))
    elif request.node.get_closest_marker("own_database"):
        yield from _connected(request.getfixturevalue("own_postgres_url"))
    else:
        shared: Engine = request.getfixturevalue("shared_postgres")
        _emptied(shared)
        yield from _connected(shared.url.render_as_string(hide_password=False))


@pytest.fixture
def store(engine: Engine) -> Database:
    """A store on each kind of database in turn."""
    return Database(engine)


@pytest.fixture
def sqlite_store(sqlite_engine: Engine) -> Database:
    """A store on SQLite, for what does not depend on the database."""
    return Database(sqlite_engine)


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
