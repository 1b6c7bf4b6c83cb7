"""What the application is wired to: the API, its guard, the background of the process, the document's head."""

from __future__ import annotations

import asyncio
import logging
from uuid import uuid4

import reflex as rx
from reflex.event import EventSpec
from reflex_components_core.base.error_boundary import ErrorBoundary
from starlette.types import ASGIApp

from cantomeet.errors import NotFound
from cantomeet_ui.api.app import build_api
from cantomeet_ui.api.middleware import guarding
from cantomeet_ui.components.frame import page_error
from cantomeet_ui.live import listen_for_changes
from cantomeet_ui.outage import NOT_ANSWERING
from cantomeet_ui.quiet import keep_quiet, shape_of
from cantomeet_ui.rescuing import keep_rescuing
from cantomeet_ui.services import job_queue, services, settings
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


def guard(everything: ASGIApp) -> ASGIApp:
    """Host, Origin and headers, for pages and sockets too."""
    return guarding(settings())(everything)


async def listener() -> None:
    """Hears what changes, for all open pages."""
    await listen_for_changes(settings().effective_redis_url)


async def rescuer() -> None:
    """Wakes meetings that nobody woke."""
    await keep_rescuing(await asyncio.to_thread(lambda: services().store), job_queue())


def page_failed(stateful: bool) -> rx.Component:
    """In place of a page whose own code failed in the browser."""
    boundary: rx.Component = ErrorBoundary.create(fallback_render=page_error())
    return boundary


def unexpected(exception: Exception) -> EventSpec | None:
    """A handler failed: the log says how, the page that it did."""
    if isinstance(exception, NotFound):
        return None  # what was asked about went meanwhile; the page's own follower says so
    if isinstance(exception, NOT_ANSWERING):
        _log.warning("a page's handler failed: the database did not answer\n%s", shape_of(exception))
        away: EventSpec = NoticeState.miss_database()
        return away
    reference = uuid4().hex[:8]
    # Without the exception's text, which is made of what was typed.
    _log.error("a page's handler failed (%s)\n%s", reference, shape_of(exception))
    told: EventSpec = NoticeState.show(reference)
    return told
