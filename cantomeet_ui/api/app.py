"""The JSON API as one FastAPI application, which Reflex mounts its pages into."""

from __future__ import annotations

from fastapi import FastAPI, HTTPException, Request
from starlette.routing import Match, Mount

from cantomeet.service import Services
from cantomeet_ui.api import (
    actions,
    admin,
    audio,
    editing,
    exports,
    glossary,
    health,
    meetings,
    problems,
    summaries,
    templates,
    timeline,
    webhooks,
    written,
)
from cantomeet_ui.api.uploads import uploads_router

_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


def build_api(services: Services) -> FastAPI:
    """All routes. Wrap the whole application in `cantomeet_ui.api.middleware.guarding`: the routes rely on it."""
    app = FastAPI(
        title="CantoMeet Notes",
        version="1",
        openapi_url="/api/openapi.json",
        # FastAPI's pages of documentation load scripts from elsewhere.
        docs_url=None,
        redoc_url=None,
    )
    app.state.services = services
    app.state.checks = health.Checks.of(services)
    of_meetings = (meetings, editing, actions, summaries, templates, written, timeline, audio, exports)
    for router in (uploads_router, *(part.router for part in (*of_meetings, glossary, admin, webhooks, health))):
        app.include_router(router)
    problems.install(app, services.settings.language)
    # Last, for what it takes would go on to the pages, which answer everything with a page.
    for path in ("/api", "/api/{path:path}", "/webhooks/{path:path}"):
        app.add_api_route(path, nothing_here, methods=_METHODS, include_in_schema=False)
    return app


def nothing_here(request: Request) -> None:
    """404, or 405 where another method would be taken. Raises `HTTPException`."""
    allowed = [method for method in _METHODS if _is_taken(request, method)]
    if allowed:
        raise HTTPException(405, headers={"Allow": ", ".join(allowed)})
    raise HTTPException(404)


def _is_taken(request: Request, method: str) -> bool:
    # The pages are mounted over everything, and this route takes everything.
    others = (
        r for r in request.app.routes if not isinstance(r, Mount) and getattr(r, "endpoint", None) != nothing_here
    )
    scope = {**request.scope, "method": method}
    return any(route.matches(scope)[0] is Match.FULL for route in others)
