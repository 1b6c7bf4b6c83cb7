"""The upload routes on a bare app, with an in-process client."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI

from cantomeet.models import Meeting
from cantomeet.service import Services
from cantomeet.settings import Settings
from cantomeet.storage import FolderStorage
from cantomeet.store import Database
from cantomeet_ui.api import problems
from cantomeet_ui.api.uploads import uploads_router

MIB = 1024 * 1024
TUS = {"Tus-Resumable": "1.0.0"}
PATCH = {**TUS, "Content-Type": "application/offset+octet-stream"}


@dataclass(frozen=True)
class UploadClient:
    """The client, the services and the folders of a test."""

    client: httpx.AsyncClient
    services: Services
    woken: list[str]
    published: list[tuple[str, int]]

    @property
    def files(self) -> set[str]:
        """Names of all files in the recordings' folder."""
        return {path.name for path in self.services.recordings.root.rglob("*") if path.is_file()}

    def stored(self, meeting: Meeting) -> bytes:
        return self.services.recordings.path(meeting.recording_key).read_bytes()

    async def tus(self, method: str, url: str, content: Any = None, **headers: str) -> httpx.Response:
        """Send a tus request. With bytes it appends them."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        shared = TUS if content is None else PATCH
        return await self.client.request(method, url, content=content, headers={**shared, **named})

    async def begin(self, length: int, **metadata: str) -> str:
        """Create an upload. Returns its URL."""
        made = await self.tus(
            "POST", "/api/uploads/", Upload_Length=str(length), Upload_Metadata=upload_metadata(**metadata)
        )
        assert made.status_code == 201, made.text
        return made.headers["location"]


def upload_metadata(**values: str) -> str:
    return ",".join(f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in values.items())


@asynccontextmanager
async def upload_client(
    folder: Path,
    store: Database,
    *,
    max_bytes: int = 4 * MIB,
    wake: Callable[[Meeting], object] | None = None,
) -> AsyncIterator[UploadClient]:
    woken: list[str] = []
    published: list[tuple[str, int]] = []
    services = Services(
        settings=Settings(CANTOMEET_DATA_DIR=folder, _env_file=None),
        store=store,
        recordings=FolderStorage(folder / "recordings", max_bytes, min_free_bytes=0),
        wake=wake or (lambda meeting: woken.append(meeting.id)),
        publish=lambda meeting_id, version: published.append((meeting_id, version)),
    )
    app = FastAPI()
    app.state.services = services
    problems.install(app, "en")
    app.include_router(uploads_router)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        yield UploadClient(client, services, woken, published)
