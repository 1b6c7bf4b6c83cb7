"""Limits on every request: the size of its body, the time to receive it, and the values in its JSON.

Recordings are exempt: their endpoints have limits of their own, and an upload over a slow line may take hours.
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
"""Ten times the size of a whole glossary, or of a plan for a thousand meetings."""
BODY_SECONDS = 20.0
"""Time to receive a whole body, recordings excluded."""
THREADS = 40
"""Threads that wait for disk, database and Redis for requests and pages. The routes have as many."""
MAX_SOCKETS = 1000
"""Limit on open websockets, which is one per open page."""
FIRST_MESSAGE_SECONDS = 10.0
"""Time until the first message of a socket. Pages send one at once, and a silent socket takes a page's place."""
_DRAIN_SECONDS = 5.0
"""How long the rest of a body that is too large is read and discarded. Many clients read no response before that."""
_RECORDINGS = re.compile(r"/meetings/upload/?|/api/uploads(/.*)?")
_NUL = re.compile(rb"%00|\x00")


@dataclass
class RequestLimits:
    """ASGI middleware, inside `Guard` and around everything else."""

    app: ASGIApp
    language: str
    sockets: int = 0
    body_seconds: float = BODY_SECONDS
    first_message_seconds: float = FIRST_MESSAGE_SECONDS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._socket(scope, receive, send)
        elif scope["type"] == "http":
            await self._request(scope, receive, send)
        else:
            # asyncio's default is six threads on two cores, so six recordings being probed would block everything.
            asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(THREADS, thread_name_prefix="waiting"))
            await self.app(scope, receive, send)

    async def _request(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        try:
            _check_address(scope)
            if not _is_recording_upload(scope):
                body = await self._body(headers, receive)
                _check_json(headers, body)
                receive = _replay(body, receive)
        except _ClientDisconnected:
            return
        except (Refused, InvalidRequest) as error:
            language = preferred_language(headers.get("accept-language"), self.language)
            await problem_response(error, language)(scope, receive, send)
            return
        await self.app(scope, receive, send)

    async def _body(self, headers: Headers, receive: Receive) -> bytes:
        """The whole body. Raises `Refused` (408, 413)."""
        if not _has_body(headers):
            return b""
        if _declared_length(headers) > MAX_BODY_BYTES:
            # A client that sent "Expect: 100-continue" does not send the body after a refusal.
            if "100-continue" not in headers.get("expect", "").lower():
                await _drain(receive)
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
            await self.app(scope, _with_first_message_timeout(receive, self.first_message_seconds), send)
        finally:
            self.sockets -= 1


def _with_first_message_timeout(receive: Receive, seconds: float) -> Receive:
    """A `receive` that reports a disconnect if the first message does not arrive within `seconds`."""
    received = False

    async def limited_receive() -> Message:
        nonlocal received
        if received:
            return await receive()
        try:
            async with asyncio.timeout(seconds):
                message = await receive()
        except TimeoutError:
            message = {"type": "websocket.disconnect", "code": 1002}
        received = message["type"] != "websocket.connect"
        return message

    return limited_receive


class _ClientDisconnected(Exception):
    """The client has disconnected."""


def _is_recording_upload(scope: Scope) -> bool:
    return scope["method"] in ("POST", "PATCH") and _RECORDINGS.fullmatch(scope["path"]) is not None


def _check_address(scope: Scope) -> None:
    """Refuse a NUL, which no database accepts. Raises `Refused` (404) in the path, `InvalidRequest` in the query."""
    if "\x00" in scope["path"]:
        raise Refused(404, ErrorCode.NOT_FOUND)
    if scope["path"].startswith("/api/") and _NUL.search(scope.get("query_string", b"")):
        raise InvalidRequest("has a character of no text", field=_field_of_nul(scope["query_string"]))


def _field_of_nul(query: bytes) -> str:
    found = next((part for part in query.split(b"&") if _NUL.search(part)), b"")
    name = found.partition(b"=")[0].decode("ascii", "replace")[:40]
    return name if name.isidentifier() else "query"


def _has_body(headers: Headers) -> bool:
    return "transfer-encoding" in headers or _declared_length(headers) > 0


def _declared_length(headers: Headers) -> int:
    text = headers.get("content-length", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


async def _read(receive: Receive) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _ClientDisconnected
        body += message.get("body", b"")
        if len(body) > MAX_BODY_BYTES:
            await _drain(receive)
            raise _too_large()
        if not message.get("more_body", False):
            return bytes(body)


async def _drain(receive: Receive) -> None:
    """Read the rest of the body and discard it."""
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
    """Raises `InvalidRequest` for invalid JSON and for values that the database cannot store."""
    kind = headers.get("content-type", "json")
    if not body or "json" not in kind.lower():
        return
    try:
        value = json.loads(body, parse_constant=_refuse_constant)
    except InvalidRequest:
        raise
    except (ValueError, RecursionError):
        raise InvalidRequest("no JSON", field="body") from None
    wrong = fault_in(value)
    if wrong is not None:
        raise InvalidRequest(wrong[1], field=wrong[0][:80] or "body")


def _refuse_constant(name: str) -> NoReturn:
    raise InvalidRequest(f"{name} is no number", field="body")


def _replay(body: bytes, receive: Receive) -> Receive:
    """A `receive` that returns the body that was already read, then later messages such as a disconnect."""
    left: deque[Message] = deque([{"type": "http.request", "body": body, "more_body": False}])

    async def replaying_receive() -> Message:
        return left.popleft() if left else await receive()

    return replaying_receive
