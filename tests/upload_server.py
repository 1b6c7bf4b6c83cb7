"""A real web process, to be killed and started again; if no other app is named it serves only the upload routes.

That app reads its folder from the environment, as granian's factory takes no arguments.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import httpx
from fastapi import FastAPI

from cantomeet.database import connect, migrate
from cantomeet.service import Services
from cantomeet.settings import Settings
from cantomeet.storage import FolderStorage
from cantomeet.store import Database
from cantomeet_ui.api import problems
from cantomeet_ui.api.uploads import uploads_router
from launcher import web_server

_READY_SECONDS = 30.0


def app() -> FastAPI:
    """The upload routes over `CANTOMEET_DATA_DIR`, with nobody to wake."""
    settings = Settings()
    store = Database(connect(settings.effective_database_url))
    migrate(store.engine)
    recordings = FolderStorage(settings.recordings_dir, settings.max_upload_bytes)
    made = FastAPI()
    made.state.services = Services(settings, store, recordings, wake=lambda meeting: None)
    problems.install(made, settings.language)
    made.include_router(uploads_router)
    return made


class UploadServer:
    """One process on a port of its own; `kill` is SIGKILL."""

    def __init__(
        self,
        folder: Path,
        app: str = f"{__name__}:app",
        port: int | None = None,
        environment: Mapping[str, str] | None = None,
        log: Path | None = None,
    ) -> None:
        """`log`: where what it prints goes; without one, where that of the tests goes."""
        self.folder, self.port = folder, port or free_port()
        self._app = app
        self.url = f"http://127.0.0.1:{self.port}"
        self._environment = environment or {}
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Of the process that answers; granian's first one only watches it."""
        assert self._process is not None
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text().split()
        return int(children[-1])

    def start(self, **also: str) -> None:
        """`also`: more of the environment, this time."""
        web_server.allow_many_files()
        command = [sys.executable, "-m", "granian", *web_server.options()]
        command += ["--host", "127.0.0.1", "--port", str(self.port), self._app]
        environment = {**os.environ, **self._environment, **also, "CANTOMEET_DATA_DIR": str(self.folder)}
        environment["CANTOMEET_PORT"] = str(self.port)
        with open_log(self._log) as log:
            self._process = subprocess.Popen(command, env=environment, start_new_session=True, stdout=log, stderr=log)
        deadline = time.monotonic() + _READY_SECONDS
        while time.monotonic() < deadline:
            try:
                httpx.options(f"{self.url}/api/uploads/")
            except httpx.TransportError:
                time.sleep(0.05)
            else:
                return
        self.kill()
        raise TimeoutError("the server did not answer")

    def kill(self) -> None:
        """SIGKILL for the process and its children."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None


@contextmanager
def open_log(path: Path | None) -> Iterator[BinaryIO | None]:
    """To append to."""
    if path is None:
        yield None
        return
    with path.open("ab") as log:
        yield log


@contextmanager
def serving(folder: Path) -> Iterator[UploadServer]:
    """A server that is up, and gone at the end of the block."""
    server = UploadServer(folder)
    server.start()
    try:
        yield server
    finally:
        server.kill()


def free_port() -> int:
    """One that nobody listens on just now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
