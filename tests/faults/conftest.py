"""Fixtures of the fault tests: both databases, background work in real processes, and a web process for uploads."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from standins.speechmatics.server import FakeSpeechmatics, JobPlan
from tests.databases import migrated_sqlite
from tests.faults.chaos import web_process
from tests.running import Background, background
from tests.upload_server import UploadServer, free_port

SECRET = "a-secret-of-ours"
KINDS = ("sqlite", "postgresql")


def pytest_itemcollected(item: pytest.Item) -> None:
    """An ordinary run tries each fault with whole processes on one kind of database, in turn."""
    if "database_url" in getattr(item, "fixturenames", ()) and item.get_closest_marker("both_databases") is None:
        item.add_marker(pytest.mark.in_turn("database_url"))


@pytest.fixture(params=KINDS)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A migrated database, of each kind in turn."""
    if request.param == "sqlite":
        return migrated_sqlite(tmp_path / "cantomeet.db")
    url: str = request.getfixturevalue("own_postgres_url")
    return url


@pytest.fixture
def fake() -> Iterator[FakeSpeechmatics]:
    """The provider."""
    with FakeSpeechmatics(JobPlan(job_seconds=1.0)) as provider:
        yield provider


@pytest.fixture
def side(tmp_path: Path, database_url: str, fake: FakeSpeechmatics) -> Iterator[Background]:
    """Redis and the database. A test starts the workers itself."""
    port = free_port()
    settings = {
        "SPEECHMATICS_API_KEY": "test-key",
        "SPEECHMATICS_BASE_URL": fake.url,
        "CANTOMEET_LANGUAGE": "en",
        "CANTOMEET_WORKERS": "2",
        # The stand-in's list never lags. The default searches for a lost submission for 90 s.
        "CANTOMEET_PROVIDER_LAG_SECONDS": "2",
        "CANTOMEET_MAX_UPLOAD_MB": "4",
        "CANTOMEET_PORT": str(port),
        "CANTOMEET_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "CANTOMEET_WEBHOOK_SECRET": SECRET,
    }
    with background(tmp_path, database_url, **settings) as running:
        yield running


@pytest.fixture
def web(side: Background) -> Iterator[UploadServer]:
    """The web process with the same database and Redis, without the pages."""
    with web_process(side.folder, side.environment, int(side.environment["CANTOMEET_PORT"])) as running:
        yield running
