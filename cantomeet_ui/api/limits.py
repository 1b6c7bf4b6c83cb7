"""What a request may cost before anything is known of it: its body's size, the time it takes, and what its JSON holds.

A recording's bytes pass through untouched: the doors for them have limits of their own, and a slow line may take hours.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import NoReturn

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cantomeet.errors import ErrorCode, InvalidRequest
from cantomeet.storable import fault_in
from cantomeet_ui.api.problems import Refused, preferred_language, problem_response

MAX_BODY_BYTES = 2 * 1024 * 1024
"""A whole glossary, or the plan of a thousand meetings, is a tenth of it."""
BODY_SECONDS = 20.0
"""For all of a body; recordings apart."""
THREADS = 40
"""That wait for disk, database and Redis on behalf of requests and pages; as many as the routes have."""
MAX_SOCKETS = 1000
"""Open pages at once."""
GREETING_SECONDS = 10.0
"""For the first word of a socket: a page says one at once, and a socket that says nothing takes a page's place."""
_DRAIN_SECONDS = 5.0
"""How long a body that is too large is read on and thrown away: only then does its sender look at the answer."""
_RECORDINGS = re.compile(r"/meetings/upload/?|/api/uploads(/.*)?")
_NUL = re.compile(rb"%00|\x00")


@dataclass
class RequestLimits:
    """ASGI; inside the guard, around everything else."""

    app: ASGIApp
    language: str
    sockets: int = 0
    body_seconds: float = BODY_SECONDS
    greeting_seconds: float = GREETING_SECONDS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._socket(scope, receive, send)
        elif scope["type"] == "http":
            await self._request(scope, receive, send)
        else:
            # asyncio's own number is six on two cores: six recordings being looked through would stop everything.
            asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(THREADS, thread_name_prefix="waiting"))
            await self.app(scope, receive, send)

    async def _request(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        try:
            _check_address(scope)
            if not _brings_a_recording(scope):
                body = await self._body(headers, receive)
                _check_json(headers, body)
                receive = _replayed(body, receive)
        except _Gone:
            return
        except (Refused, InvalidRequest) as error:
            language = preferred_language(headers.get("accept-language"), self.language)
            await problem_response(error, language)(scope, receive, send)
            return
        await self.app(scope, receive, send)

    async def _body(self, headers: Headers, receive: Receive) -> bytes:
        """All of it. Raises `Refused` (408, 413)."""
        if not _has_body(headers):
            return b""
        if _declared(headers) > MAX_BODY_BYTES:
            # Who asks first sends nothing when told no.
            if "100-continue" not in headers.get("expect", "").lower():
                await _drained(receive)
            raise _too_large()
        try:
            async with asyncio.timeout(self.body_seconds):
                return await _read(receive)
        except TimeoutError:
            raise Refused(408, ErrorCode.INVALID_REQUEST, field="body") from None

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.sockets >= MAX_SOCKETS:
            await send({"type": "websocket.close", "code": 1013})
            return
        self.sockets += 1
        try:
            await self.app(scope, _greeted(receive, self.greeting_seconds), send)
        finally:
            self.sockets -= 1


def _greeted(receive: Receive, seconds: float) -> Receive:
    """A socket's messages; one that has said nothing for so long counts as closed."""
    heard = False

    async def receiving() -> Message:
        nonlocal heard
        if heard:
            return await receive()
        try:
            async with asyncio.timeout(seconds):
                message = await receive()
        except TimeoutError:
            message = {"type": "websocket.disconnect", "code": 1002}
        heard = message["type"] != "websocket.connect"
        return message

    return receiving


class _Gone(Exception):
    """Whoever asked has hung up."""


def _brings_a_recording(scope: Scope) -> bool:
    return scope["method"] in ("POST", "PATCH") and _RECORDINGS.fullmatch(scope["path"]) is not None


def _check_address(scope: Scope) -> None:
    """Raises for a NUL, which no database takes: 404 in the path, for nothing is called so, and 422 in the query."""
    if "\x00" in scope["path"]:
        raise Refused(404, ErrorCode.NOT_FOUND)
    if scope["path"].startswith("/api/") and _NUL.search(scope.get("query_string", b"")):
        raise InvalidRequest("has a character of no text", field=_field_of_nul(scope["query_string"]))


def _field_of_nul(query: bytes) -> str:
    found = next((part for part in query.split(b"&") if _NUL.search(part)), b"")
    name = found.partition(b"=")[0].decode("ascii", "replace")[:40]
    return name if name.isidentifier() else "query"


def _has_body(headers: Headers) -> bool:
    return "transfer-encoding" in headers or _declared(headers) > 0


def _declared(headers: Headers) -> int:
    text = headers.get("content-length", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


async def _read(receive: Receive) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _Gone
        body += message.get("body", b"")
        if len(body) > MAX_BODY_BYTES:
            await _drained(receive)
            raise _too_large()
        if not message.get("more_body", False):
            return bytes(body)


async def _drained(receive: Receive) -> None:
    """Read on, keeping nothing."""
    try:
        async with asyncio.timeout(_DRAIN_SECONDS):
            more = True
            while more:
                message = await receive()
                more = message["type"] == "http.request" and message.get("more_body", False)
    except TimeoutError:
        pass


def _too_large() -> Refused:
    return Refused(413, ErrorCode.INVALID_REQUEST, field="body")


def _check_json(headers: Headers, body: bytes) -> None:
    """Raises `InvalidRequest` for values that no database can keep. What is no JSON at all the routes refuse."""
    kind = headers.get("content-type", "json")
    if not body or "json" not in kind.lower():
        return
    try:
        value = json.loads(body, parse_constant=_no_number)
    except InvalidRequest:
        raise
    except (ValueError, RecursionError):
        raise InvalidRequest("no JSON", field="body") from None
    wrong = fault_in(value)
    if wrong is not None:
        raise InvalidRequest(wrong[1], field=wrong[0][:80] or "body")


def _no_number(name: str) -> NoReturn:
    raise InvalidRequest(f"{name} is no number", field="body")


def _replayed(body: bytes, receive: Receive) -> Receive:
    """What has been read, and after it whatever else comes: that the asker has hung up."""
    left: deque[Message] = deque([{"type": "http.request", "body": body, "more_body": False}])

    async def receiving() -> Message:
        return left.popleft() if left else await receive()

    return receiving
