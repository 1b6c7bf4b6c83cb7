"""The web process of the fault tests: API, middleware, services and rescuer, but no pages, which would need a build."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from fastapi import FastAPI
from starlette.types import ASGIApp

from cantomeet_ui.api.app import build_api
from cantomeet_ui.api.middleware import guarding
from cantomeet_ui.rescuing import keep_rescuing
from cantomeet_ui.services import job_queue, services, settings


def app() -> ASGIApp:
    """The application, for granian's factory option."""
    api = build_api(services())
    api.router.lifespan_context = _rescuing
    return guarding(settings())(api)


@asynccontextmanager
async def _rescuing(_api: FastAPI) -> AsyncIterator[None]:
    rescuer = asyncio.create_task(keep_rescuing(services().store, job_queue()))
    yield
    rescuer.cancel()
    with suppress(asyncio.CancelledError):
        await rescuer
