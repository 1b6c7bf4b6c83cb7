"""A real web process that serves the guarded API without the pages, with nobody to wake."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from starlette.types import ASGIApp

from cantomeet.database import connect, migrate
from cantomeet.service import Services
from cantomeet.settings import Settings
from cantomeet.storage import FolderStorage
from cantomeet.store import Database
from cantomeet_ui.api.app import build_api
from cantomeet_ui.api.middleware import guarding
from launcher import web_server

_READY_SECONDS = 30.0


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
    """The server, up, with its own store for the test to play the worker; gone at the end of the block."""
    port = free_port()
    web_server.allow_many_files()
    command = [sys.executable, "-m", "granian", *web_server.options()]
    command += ["--host", "127.0.0.1", "--port", str(port), f"{__name__}:app"]
    environment = {**os.environ, "CANTOMEET_DATA_DIR": str(folder), "CANTOMEET_MAX_UPLOAD_MB": "2"}
    engine = connect(f"sqlite:///{folder / 'cantomeet.db'}")
    migrate(engine)
    process = subprocess.Popen(command, env=environment, start_new_session=True)
    try:
        url = f"http://127.0.0.1:{port}"
        _wait_until_it_answers(url)
        yield ApiServer(url, Database(engine), _child_of(process.pid))
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        engine.dispose()


def _child_of(pid: int) -> int:
    """Granian's first process only watches the one that answers."""
    return int(Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[-1])


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def _wait_until_it_answers(url: str) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while True:
        try:
            httpx.get(f"{url}/api/meetings", trust_env=False)
            return
        except httpx.TransportError:
            assert time.monotonic() < deadline, "the server did not answer"
            time.sleep(0.05)
