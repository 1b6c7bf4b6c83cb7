"""A real web process that serves the guarded API without the pages, with nobody to wake."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from starlette.types import ASGIApp

from cantomeet.database import connect, migrate
from cantomeet.service import Services
from cantomeet.settings import Settings
from cantomeet.storage import FolderStorage
from cantomeet.store import Database
from cantomeet_ui.api.app import build_api
from cantomeet_ui.api.middleware import guarding
from tests.upload_server import UploadServer


def app() -> ASGIApp:
    """The API over `CANTOMEET_DATA_DIR`; granian's factory takes no arguments."""
    settings = Settings(_env_file=None)
    store = Database(connect(settings.effective_database_url))
    migrate(store.engine)
    recordings = FolderStorage(settings.recordings_dir, settings.max_upload_bytes, min_free_bytes=0)
    return guarding(settings)(build_api(Services(settings, store, recordings, wake=lambda meeting: None)))


@dataclass(frozen=True)
class ApiServer:
    url: str
    store: Database
    pid: int
    """Of the process that answers."""


@contextmanager
def serving(folder: Path) -> Iterator[ApiServer]:
    """The server within the block, with its own store so that the test can play the worker."""
    engine = connect(f"sqlite:///{folder / 'cantomeet.db'}")
    migrate(engine)
    server = UploadServer(folder, f"{__name__}:app", environment={"CANTOMEET_MAX_UPLOAD_MB": "2"})
    server.start()
    try:
        yield ApiServer(server.url, Database(engine), server.pid)
    finally:
        server.kill()
        engine.dispose()
