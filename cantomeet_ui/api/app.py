"""Builds the JSON API as a FastAPI application. The Reflex pages are mounted into it."""

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
    search,
    summaries,
    templates,
    timeline,
    webhooks,
    written,
)
from cantomeet_ui.api.uploads import uploads_router

_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


def build_api(services: Services) -> FastAPI:
    """Build all routes. They rely on `cantomeet_ui.api.middleware.guarding`, so wrap the whole application in it."""
    app = FastAPI(
        title="CantoMeet Notes",
        version="1",
        openapi_url="/api/openapi.json",
        # FastAPI's documentation pages load scripts from a CDN.
        docs_url=None,
        redoc_url=None,
    )
    app.state.services = services
    app.state.checks = health.Checks.of(services)
    meeting_routes = (meetings, editing, actions, summaries, templates, written, timeline, audio, exports)
    for router in (
        uploads_router,
        *(part.router for part in (*meeting_routes, search, glossary, admin, webhooks, health)),
    ):
        app.include_router(router)
    problems.install(app, services.settings.language)
    # Last: a path that no route matches would reach the pages, which answer every path with a page.
    for path in ("/api", "/api/{path:path}", "/webhooks/{path:path}"):
        app.add_api_route(path, no_such_route, methods=_METHODS, include_in_schema=False)
    return app


def no_such_route(request: Request) -> None:
    """Answer with 404, or with 405 if the path has another method. Raises `HTTPException`."""
    allowed = [method for method in _METHODS if _has_route(request, method)]
    if allowed:
        raise HTTPException(405, headers={"Allow": ", ".join(allowed)})
    raise HTTPException(404)


def _has_route(request: Request, method: str) -> bool:
    # Without the mounted pages and this route, which match every path.
    others = (
        r for r in request.app.routes if not isinstance(r, Mount) and getattr(r, "endpoint", None) != no_such_route
    )
    scope = {**request.scope, "method": method}
    return any(route.matches(scope)[0] is Match.FULL for route in others)
