"""Compresses the API's responses for clients that accept gzip. The pages' files are compressed when they are built."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.middleware.gzip import DEFAULT_EXCLUDED_CONTENT_TYPES, GZipMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

_SMALLEST = 1024
"""Bytes. A smaller response fits into one packet as it is."""
_LEVEL = 1
"""A transcript comes to a quarter of its size. Level 9 takes six times as long to save another thirtieth."""
_DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


class Compression:
    """ASGI middleware. A streamed response stays one: each of its pieces is compressed and sent when it comes.

    The ETag is the same with and without, because nobody asks for ranges of these responses.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._plain = app
        excluded = (*DEFAULT_EXCLUDED_CONTENT_TYPES, _DOCX)
        self._compressing = GZipMiddleware(app, _SMALLEST, _LEVEL, exclude_content_types=excluded)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not _is_compressible(scope):
            await self._plain(scope, receive, send)
            return
        if _refuses_gzip(Headers(scope=scope)):
            # Starlette's middleware sees only the word.
            scope = {**scope, "headers": [header for header in scope["headers"] if header[0] != b"accept-encoding"]}
        await self._compressing(scope, receive, send)


def _is_compressible(scope: Scope) -> bool:
    """Recordings are not, whatever their format: a range of one must be of the bytes that are stored."""
    return scope["type"] == "http" and scope["path"].startswith("/api/") and not scope["path"].endswith("/audio")


def _refuses_gzip(headers: Headers) -> bool:
    """Whether Accept-Encoding says "gzip;q=0"."""
    wishes = [wish.replace(" ", "").lower().partition(";q=") for wish in headers.get("accept-encoding", "").split(",")]
    return any(name == "gzip" and quality.strip("0.") == "" for name, found, quality in wishes if found)
