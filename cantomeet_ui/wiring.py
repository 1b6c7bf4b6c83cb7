"""Wires the application: the API and its middleware, background tasks, error handlers, the document's head."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

import reflex as rx
from reflex.event import EventSpec
from reflex.state import FrontendEventExceptionState
from reflex_components_core.base.error_boundary import ErrorBoundary
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

from cantomeet import media
from cantomeet.database import OUTAGES
from cantomeet.errors import RequestError
from cantomeet_ui.api.app import build_api
from cantomeet_ui.api.middleware import guarding
from cantomeet_ui.components.frame import page_error
from cantomeet_ui.event_guard import GuardedEventNamespace
from cantomeet_ui.log_redaction import redact_library_logs, traceback_without_values
from cantomeet_ui.push.live import listen_for_changes
from cantomeet_ui.rescuing import keep_rescuing
from cantomeet_ui.services import job_queue, services, settings
from cantomeet_ui.state.access import refused
from cantomeet_ui.state.notice import NoticeState

_log = logging.getLogger(__name__)

STYLES = [
    "/tokens.css",
    "/base.css",
    "/shell.css",
    "/lists.css",
    "/search.css",
    "/upload.css",
    "/meeting.css",
    "/minutes.css",
    "/todo.css",
    "/admin.css",
    "/glossary.css",
]

HEAD = [
    # First, and not deferred: it records clicks and input until the page's own code has loaded.
    rx.el.script(src="/early.js"),
    rx.el.link(rel="icon", href="/favicon.svg", type="image/svg+xml"),
    rx.el.meta(name="color-scheme", content="light dark"),
    rx.el.meta(name="theme-color", content="#f6f3ec", custom_attrs={"media": "(prefers-color-scheme: light)"}),
    rx.el.meta(name="theme-color", content="#14181b", custom_attrs={"media": "(prefers-color-scheme: dark)"}),
]


def with_api(pages: ASGIApp) -> ASGIApp:
    """Serve the API's routes, and `pages` for every other path. Called when the server starts, not at build time."""
    redact_library_logs()
    api = build_api(services())
    api.mount("", pages)
    return api


def _is_cors(middleware: Middleware) -> bool:
    kind: object = middleware.cls
    return kind is CORSMiddleware


class Application(rx.App):
    """Reflex's application with our checks of socket events and our middleware around all requests.

    Reflex adds a CORS middleware outside of what `api_transformer` wraps. Our pages call only their own server, so it
    is removed.
    """

    def __call__(self) -> ASGIApp:
        served = super().__call__()
        for part in (served, self._api):
            if isinstance(part, Starlette):
                part.user_middleware = [found for found in part.user_middleware if not _is_cors(found)]
        return guarding(settings())(served)

    def _setup_state(self) -> None:
        super()._setup_state()
        if self.sio is not None and self._event_namespace is not None:
            self._event_namespace = GuardedEventNamespace(self._event_namespace.namespace, self)
            self.sio.register_namespace(self._event_namespace)


async def listener() -> None:
    """Listen for changes, for all open pages."""
    await listen_for_changes(settings().effective_redis_url)


async def rescuer() -> None:
    """Enqueue due jobs that are not in a queue."""
    await keep_rescuing(await asyncio.to_thread(lambda: services().store), job_queue())


@asynccontextmanager
async def readers() -> AsyncIterator[None]:
    """Stop the processes that read uploaded recordings when the web process stops."""
    yield
    await asyncio.to_thread(media.shut_down)


# After some errors Reflex reloads the page through `eval`, which our CSP forbids. `page_error` is shown instead.
FrontendEventExceptionState.auto_reload_on_errors = []


def page_failed(stateful: bool) -> rx.Component:
    """Shown instead of a page whose code failed in the browser."""
    boundary: rx.Component = ErrorBoundary.create(fallback_render=page_error())
    return boundary


def unexpected(exception: Exception) -> EventSpec | None:
    """Log a handler's failure, and return the event that shows it on the page."""
    if isinstance(exception, RequestError):
        why: EventSpec = refused(exception)
        return why
    if isinstance(exception, OUTAGES):
        _log.warning("a page's handler failed: the database did not answer\n%s", traceback_without_values(exception))
        away: EventSpec = NoticeState.miss_database()
        return away
    reference = uuid4().hex[:8]
    # Without the exception's message, which may contain what people typed.
    _log.error("a page's handler failed (%s)\n%s", reference, traceback_without_values(exception))
    told: EventSpec = NoticeState.show(reference)
    return told
