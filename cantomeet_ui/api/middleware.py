"""ASGI middleware around the whole web application: checks Host and Origin, and adds security headers.

There are no accounts yet, so any request from the owner's browser can read every meeting. The Origin check keeps pages
of other sites out, and the Host check keeps out a site that points its own name here (DNS rebinding). It is pure ASGI,
so sockets and streams pass through unchanged.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cantomeet.errors import ErrorCode
from cantomeet.settings import Settings
from cantomeet_ui.api.compression import Compression
from cantomeet_ui.api.limits import RequestLimits
from cantomeet_ui.api.problems import preferred_language, problem

_log = logging.getLogger(__name__)
_LOCAL = re.compile(r"(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?", re.IGNORECASE | re.ASCII)
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_FRAMEWORK_UPLOAD = "/_upload"
"""Reflex's own upload endpoint, which accepts files from anybody and serves them to everybody."""
_FRAMEWORK_EVENTS = "/_event"
_WEBHOOKS = "/webhooks/"
_HASHED = re.compile(r"/assets/.*-(?=[^.]*[0-9A-Z_])[A-Za-z0-9_-]{8}\.[a-z0-9]+")
"""Names with a hash, which the build gives to files that never change."""
_IMMUTABLE = "public, max-age=31536000, immutable"

_SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def content_security_policy(host: str) -> str:
    """The policy for pages served at `host`.

    Reflex writes inline scripts and styles into its pages, so those are allowed. `eval` is not: Reflex needs it only
    for `rx.call_script`, which nothing here uses.
    """
    return "; ".join(
        (
            "default-src 'self'",
            "script-src 'self' 'unsafe-inline'",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "media-src 'self' blob:",
            "worker-src 'self' blob:",
            # In older Safari, 'self' does not include the page's own websocket.
            f"connect-src 'self' ws://{host} wss://{host}",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )


def guarding(settings: Settings) -> Callable[[ASGIApp], ASGIApp]:
    """A function that wraps an ASGI application in `Guard`, `Compression` and `RequestLimits`."""
    public = urlsplit(settings.public_url).netloc.lower() if settings.public_url else None
    language = settings.language
    return lambda app: Guard(Compression(RequestLimits(app, language)), public_host=public, language=language)


@dataclass(frozen=True)
class Guard:
    """Refuses requests with a foreign Host or Origin. Requests to `public_host` may only call webhooks."""

    app: ASGIApp
    public_host: str | None
    language: str

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        refusal = self._refusal(scope, headers)
        if refusal is None:
            await self._call_app(scope, receive, _with_headers(send, scope["path"], headers.get("host", "")))
        elif scope["type"] == "websocket" and "websocket.http.response" not in scope.get("extensions", {}):
            await send({"type": "websocket.close", "code": 1008})
        else:
            answer = problem(*refusal, preferred_language(headers.get("accept-language"), self.language))
            await answer(scope, receive, _with_headers(send, scope["path"], ""))

    async def _call_app(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self.app(scope, receive, send)
        except Exception as error:
            if scope["type"] != "websocket":
                raise
            # The edge of a socket: malformed messages end the socket, and are no failure of the program.
            _log.warning("a socket was ended: %s", type(error).__name__)

    def _refusal(self, scope: Scope, headers: Headers) -> tuple[int, ErrorCode] | None:
        path: str = scope["path"]
        if not self._is_allowed_host(headers.getlist("host"), path):
            return 421, ErrorCode.WRONG_HOST
        if path == _FRAMEWORK_UPLOAD or path.startswith(f"{_FRAMEWORK_UPLOAD}/"):
            return 404, ErrorCode.UNKNOWN_ROUTE
        changes_something = scope["type"] == "websocket" or scope["method"] not in _SAFE_METHODS
        # A GET can open an event session by polling.
        if (changes_something or path.startswith(_FRAMEWORK_EVENTS)) and not _is_from_our_page(headers):
            return 403, ErrorCode.FORBIDDEN_ORIGIN
        return None

    def _is_allowed_host(self, hosts: list[str], path: str) -> bool:
        if len(hosts) != 1:
            return False
        if _LOCAL.fullmatch(hosts[0]):
            return True
        return self.public_host is not None and hosts[0].lower() == self.public_host and path.startswith(_WEBHOOKS)


def _is_from_our_page(headers: Headers) -> bool:
    """Whether a request comes from our own pages, or from a program: those send neither header, unlike browsers."""
    if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return False
    return all(_authority(origin) == _without_default_port(headers["host"]) for origin in headers.getlist("origin"))


def _authority(origin: str) -> str | None:
    """Host and port of an Origin. None for "null" and for other schemes than http and https."""
    scheme, _, authority = origin.lower().partition("://")
    return _without_default_port(authority) if scheme in ("http", "https") and authority else None


def _without_default_port(authority: str) -> str:
    return authority.lower().removesuffix(":80").removesuffix(":443")


def _with_headers(send: Send, path: str, host: str) -> Send:
    async def send_with_headers(message: Message) -> None:
        if message["type"] in ("http.response.start", "websocket.http.response.start"):
            # The socket library writes header names in mixed case, which Starlette does not find.
            named = [(name.lower(), value) for name, value in message.get("headers", ())]
            message["headers"] = [(name, value) for name, value in named if not name.startswith(b"access-control-")]
            _add_headers(MutableHeaders(scope=message), message["status"], path, host)
        await send(message)

    return send_with_headers


def _add_headers(headers: MutableHeaders, status: int, path: str, host: str) -> None:
    for name, value in _SECURITY_HEADERS.items():
        headers.setdefault(name, value)
    headers.setdefault("Content-Security-Policy", content_security_policy(host) if host else "default-src 'none'")
    if path.startswith("/api/"):
        headers.setdefault("Cache-Control", "no-store")
    elif status in (200, 206, 304) and _HASHED.fullmatch(path):
        headers["Cache-Control"] = _IMMUTABLE
    elif headers.get("content-type", "").startswith("text/html"):
        headers.setdefault("Cache-Control", "no-cache")
