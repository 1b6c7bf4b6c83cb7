"""A small HTTP/1.1 server over asyncio and h11 whose handlers can break the connection.

A ready-made server would turn every such fault into a regular 500, but here a handler can close the connection without
an answer. Bodies are passed on as they arrive, so an upload of any size needs the memory of one chunk.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from email.utils import formatdate
from urllib.parse import parse_qsl, unquote, urlsplit

import h11
from pydantic import BaseModel, ConfigDict

READ = 64 * 1024
MAX_DRAINED = 64 * 1024 * 1024
"""Most bytes of an unread body that are discarded so that the client sees the answer and not a reset connection."""
DRAIN_SECONDS = 10.0


class Dropped(Exception):
    """Raised by a handler to close the connection without an answer."""


class ClientGone(Exception):
    """The client closed the connection in the middle of its request."""


@dataclass
class Request:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    """Headers by lower-case name."""
    body: AsyncIterator[bytes]
    gone: Callable[[float], Awaitable[None]]
    """Waits some seconds, or until the client disconnects."""


@dataclass
class Answer:
    status: int
    body: bytes = b""
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    stream: AsyncIterator[bytes] | None = None
    """Sent as it arrives, instead of `body`. A stream that raises `Dropped` closes the connection in the middle."""


def json_answer(value: object, status: int = 200) -> Answer:
    return Answer(status, json.dumps(value, ensure_ascii=False).encode())


class RequestPart(BaseModel):
    """A part of a request's JSON. Unknown fields are refused, and so are values of another type."""

    model_config = ConfigDict(extra="forbid", strict=True)


Handler = Callable[[Request], Awaitable[Answer]]


class HttpServer:
    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()
        self.port = 0

    async def start(self, host: str, port: int) -> None:
        """Listen; port 0 takes a free port, which `port` then has. Raises `OSError` if the port is in use."""
        self._server = await asyncio.start_server(self._connected, host, port, limit=4 * READ, backlog=1024)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server is None:
            return
        self._server.close()
        connections = list(self._connections)
        for task in connections:
            task.cancel()
        await asyncio.gather(*connections, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            await _Connection(reader, writer, self._handler).serve()
        except asyncio.CancelledError:
            # Only `stop` cancels, and it waits for the task itself; asyncio's own callback would log it as an error.
            pass
        finally:
            self._connections.discard(task)
            writer.transport.abort() if writer.transport.is_closing() else writer.close()


class _Connection:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, handler: Handler) -> None:
        self._reader = reader
        self._writer = writer
        self._handler = handler
        self._h11 = h11.Connection(h11.SERVER)

    async def serve(self) -> None:
        with suppress(Dropped, ClientGone, ConnectionError, h11.ProtocolError):
            while await self._serve_one_request():
                self._h11.start_next_cycle()

    async def _serve_one_request(self) -> bool:
        """Handle one request; return True if the connection may be used again."""
        try:
            event = await self._event()
        except h11.RemoteProtocolError:
            await self._send(Answer(400, b"bad request", "text/plain"), close=True)
            return False
        if not isinstance(event, h11.Request):
            return False
        answer = await self._handler(self._request(event))
        # Even a request without a body has an end event that must be read.
        unread = self._h11.their_state is h11.SEND_BODY and not isinstance(self._h11.next_event(), h11.EndOfMessage)
        await self._send(answer, close=unread)
        if unread:
            await self._drain()
            return False
        return self._h11.our_state is h11.DONE and self._h11.their_state is h11.DONE

    async def _event(self) -> h11.Event | type[h11.NEED_DATA] | type[h11.PAUSED]:
        while True:
            event = self._h11.next_event()
            if event is not h11.NEED_DATA:
                return event
            if self._h11.they_are_waiting_for_100_continue:
                go_on = h11.InformationalResponse(status_code=100, headers=[])
                self._writer.write(self._h11.send(go_on) or b"")
            self._h11.receive_data(await self._reader.read(READ))

    def _request(self, event: h11.Request) -> Request:
        parts = urlsplit(event.target.decode("ascii"))
        return Request(
            method=event.method.decode("ascii"),
            path=unquote(parts.path),
            query=dict(parse_qsl(parts.query, keep_blank_values=True)),
            headers={name.decode("latin-1"): value.decode("latin-1") for name, value in event.headers},
            body=self._body(),
            gone=self._wait_for_disconnect,
        )

    async def _body(self) -> AsyncIterator[bytes]:
        while True:
            try:
                event = await self._event()
            except h11.RemoteProtocolError as error:
                raise ClientGone from error
            if isinstance(event, h11.Data):
                yield bytes(event.data)
            elif isinstance(event, h11.EndOfMessage):
                return
            else:
                raise ClientGone

    async def _wait_for_disconnect(self, seconds: float) -> None:
        with suppress(asyncio.TimeoutError, ConnectionError):
            async with asyncio.timeout(seconds):
                while await self._reader.read(READ):
                    pass

    async def _send(self, answer: Answer, *, close: bool) -> None:
        headers = {
            "Date": formatdate(usegmt=True),
            "Content-Type": answer.content_type,
            # Without a length h11 uses chunked encoding.
            **({} if answer.stream else {"Content-Length": str(len(answer.body))}),
            **answer.headers,
            **({"Connection": "close"} if close else {}),
        }
        self._write(h11.Response(status_code=answer.status, headers=list(headers.items())))
        if answer.stream is None:
            self._write(h11.Data(data=answer.body))
        else:
            async for chunk in answer.stream:
                self._write(h11.Data(data=chunk))
                await self._writer.drain()
        self._write(h11.EndOfMessage())
        await self._writer.drain()

    def _write(self, event: h11.Event) -> None:
        self._writer.write(self._h11.send(event) or b"")

    async def _drain(self) -> None:
        read = 0
        with suppress(asyncio.TimeoutError, h11.RemoteProtocolError):
            async with asyncio.timeout(DRAIN_SECONDS):
                while read < MAX_DRAINED and (data := await self._reader.read(READ)):
                    read += len(data)
