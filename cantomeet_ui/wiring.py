"""What the application is wired to: the API, its guard, the background of the process, the document's head."""

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
from cantomeet.errors import RequestError
from cantomeet_ui.api.app import build_api
from cantomeet_ui.api.middleware import guarding
from cantomeet_ui.components.frame import page_error
from cantomeet_ui.door import Door
from cantomeet_ui.outage import NOT_ANSWERING
from cantomeet_ui.push.live import listen_for_changes
from cantomeet_ui.quiet import keep_quiet, shape_of
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
    "/upload.css",
    "/meeting.css",
    "/minutes.css",
    "/todo.css",
    "/admin.css",
    "/glossary.css",
]

HEAD = [
    # First, and not deferred: it keeps what is done before anything else has loaded.
    rx.el.script(src="/early.js"),
    rx.el.link(rel="icon", href="/favicon.svg", type="image/svg+xml"),
    rx.el.meta(name="color-scheme", content="light dark"),
    rx.el.meta(name="theme-color", content="#f6f3ec", custom_attrs={"media": "(prefers-color-scheme: light)"}),
    rx.el.meta(name="theme-color", content="#14181b", custom_attrs={"media": "(prefers-color-scheme: dark)"}),
]


def with_api(pages: ASGIApp) -> ASGIApp:
    """The API's routes first; everything else is a page. Wired when the server starts, not while pages are built."""
    keep_quiet()
    api = build_api(services())
    api.mount("", pages)
    return api


def _is_cors(middleware: Middleware) -> bool:
    kind: object = middleware.cls
    return kind is CORSMiddleware


class Application(rx.App):
    """Reflex's application behind our door for sockets and our guard for everything.

    Reflex answers CORS itself, outside of all that an `api_transformer` wraps. Our pages ask nobody but their own
    server, so nothing answers it here.
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
            self._event_namespace = Door(self._event_namespace.namespace, self)
            self.sio.register_namespace(self._event_namespace)


async def listener() -> None:
    """Hears what changes, for all open pages."""
    await listen_for_changes(settings().effective_redis_url)


async def rescuer() -> None:
    """Wakes meetings that nobody woke."""
    await keep_rescuing(await asyncio.to_thread(lambda: services().store), job_queue())


@asynccontextmanager
async def readers() -> AsyncIterator[None]:
    """What reads uploaded recordings ends with the web."""
    yield
    await asyncio.to_thread(media.shut_down)


# Reflex would have some failures of a page reload it by a script that no page may evaluate; `page_error` is shown.
FrontendEventExceptionState.auto_reload_on_errors = []


def page_failed(stateful: bool) -> rx.Component:
    """In place of a page whose own code failed in the browser."""
    boundary: rx.Component = ErrorBoundary.create(fallback_render=page_error())
    return boundary


def unexpected(exception: Exception) -> EventSpec | None:
    """A handler failed: the log says how, the page that it did."""
    if isinstance(exception, RequestError):
        why: EventSpec = refused(exception)
        return why
    if isinstance(exception, NOT_ANSWERING):
        _log.warning("a page's handler failed: the database did not answer\n%s", shape_of(exception))
        away: EventSpec = NoticeState.miss_database()
        return away
    reference = uuid4().hex[:8]
    # Without the exception's text, which is made of what was typed.
    _log.error("a page's handler failed (%s)\n%s", reference, shape_of(exception))
    told: EventSpec = NoticeState.show(reference)
    return told
