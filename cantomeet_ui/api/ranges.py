"""HTTP Range requests (RFC 9110, section 14), which a player uses to seek."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from fastapi import Request, Response
from fastapi.responses import StreamingResponse

_RANGE = re.compile(r"\s*bytes\s*=\s*(\d{0,18})\s*-\s*(\d{0,18})\s*", re.IGNORECASE)


def ranged(
    request: Request,
    *,
    size: int,
    etag: str,
    read: Callable[[int, int], Iterator[bytes]],
    content_type: str,
    headers: Mapping[str, str],
) -> Response:
    """A response with all `size` bytes, or with the range that the request asks for. `read(start, stop)` yields them.

    200 for the whole, 206 for a range, 304 if the client has it already, 416 for a range beyond the end. A request for
    several ranges gets the whole, which the RFC allows.
    """
    sent = {**headers, "Accept-Ranges": "bytes", "ETag": etag}
    if etag in [one.strip() for one in request.headers.get("if-none-match", "").split(",")]:
        return Response(None, 304, sent)
    start, stop, status = 0, size, 200
    asked = request.headers.get("range")
    if asked is not None and request.headers.get("if-range", etag) == etag:
        part = _part(asked, size)
        if part is not None:
            start, stop = part
            if start >= stop:
                return Response(None, 416, {**sent, "Content-Range": f"bytes */{size}"})
            status = 206
            sent["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
    sent["Content-Length"] = str(stop - start)
    if request.method == "HEAD":
        return Response(None, status, sent, media_type=content_type)
    return StreamingResponse(read(start, stop), status, sent, media_type=content_type)


def _part(asked: str, size: int) -> tuple[int, int] | None:
    """The range as (start, stop), empty if it is beyond the end. None if the header is not a single byte range."""
    match = _RANGE.fullmatch(asked)
    if match is None or not any(match.groups()):
        return None
    first, last = match.groups()
    if not first:
        length = min(int(last), size)
        return size - length, size
    if last and int(last) < int(first):
        return None
    return int(first), min(int(last) + 1, size) if last else size
