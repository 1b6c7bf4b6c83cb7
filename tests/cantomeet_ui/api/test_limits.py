"""Limits on the bodies, headers and connections of a client, over real HTTP with raw sockets."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from cantomeet_ui.api.limits import MAX_BODY_BYTES, RequestLimits
from cantomeet_ui.api.problems import MOST_NAMED
from launcher import web_server
from tests.api_server import ApiServer, serving

JSON = {"content-type": "application/json"}
TUS = {"Tus-Resumable": "1.0.0"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiServer]:
    with serving(tmp_path_factory.mktemp("limits")) as running:
        yield running


@pytest.fixture
def client(server: ApiServer) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, trust_env=False, timeout=60) as opened:
        yield opened


def memory_kb(server: ApiServer) -> int:
    """Peak memory of the web process."""
    status = Path(f"/proc/{server.pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0])


# ---- bodies ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/api/admin/bulk"), ("PUT", "/api/glossary"), ("DELETE", "/api/uploads/x"), ("POST", "/meetings")],
)
def test_a_body_that_is_too_large_is_refused_unread(
    client: httpx.Client, server: ApiServer, method: str, path: str, chunked: bool
) -> None:
    before = memory_kb(server)
    pieces = (b"a" * 1024 * 1024 for _ in range(64))
    headers = JSON if chunked else {**JSON, "content-length": str(64 * 1024 * 1024)}
    answer = client.request(method, path, content=pieces, headers=headers)
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (413, "invalid_request", "body")
    assert answer.headers["content-type"] == "application/problem+json"
    assert memory_kb(server) - before < 24 * 1024


def test_a_client_that_expects_100_continue_is_refused_before_sending(server: ApiServer) -> None:
    head = "POST /api/admin/bulk HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    head += f"Content-Length: {MAX_BODY_BYTES + 1}\r\nExpect: 100-continue\r\n\r\n"
    with _connected(server) as connection:
        connection.sendall(head.encode())
        assert b" 413 " in connection.recv(100)


def test_a_body_that_takes_too_long_is_refused() -> None:
    """In process, because the test sets the timeout."""
    sent: list[int] = []

    async def app(*_: object) -> None:
        raise AssertionError("it came through")

    async def never() -> dict[str, object]:
        await asyncio.sleep(3600)
        return {}

    async def send(message: dict[str, object]) -> None:
        if message["type"] == "http.response.start":
            sent.append(message["status"])  # type: ignore[arg-type]  # ASGI says that it is a number

    scope = {"type": "http", "method": "POST", "path": "/api/templates", "query_string": b""}
    scope["headers"] = [(b"content-length", b"10"), (b"content-type", b"application/json")]  # type: ignore[assignment]
    asyncio.run(RequestLimits(app, "en", body_seconds=0.01)(scope, never, send))  # type: ignore[arg-type]  # plainer messages
    assert sent == [408]


def test_unknown_fields_get_a_short_answer(client: httpx.Client) -> None:
    names = {f"unknown{number}": number for number in range(900)}
    for body in (names, {**names, "action": "retry"}, {"ids": ["x"] * 100_000}, {"plan": [names] * 50}):
        answer = client.post("/api/admin/bulk", json=body)
        assert answer.status_code == 422
        assert len(answer.content) < 10_000
        assert len(answer.json()["errors"]) <= MOST_NAMED


def test_very_many_fields_get_a_short_answer(client: httpx.Client) -> None:
    body = json.dumps({f"{number:x}": 0 for number in range(150_000)})
    answer = client.post("/api/templates", content=body, headers=JSON)
    assert (answer.status_code, len(answer.content) < 2000) == (422, True)


@pytest.mark.parametrize(
    "body",
    [
        b'{"action": "retry", "filter": {"q": "\\ud800"}}',
        b'{"action": "retry", "filter": {"\\udfff": "x"}}',
        b'{"action": "retry", "filter": {"q": "\xed\xa0\x80"}}',
        b'{"action": "retry", "filter": {"q": "a\\u0000"}}',
        b'{"name": "\\ud83d", "sections": []}',
        b'{"version": 9223372036854775808}',
        b'{"version": NaN}',
        b'{"version": -Infinity}',
        b'{"version": 1e999}',
        b"9" * 5000,
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"{",
        b"\xff\xfe",
        b"\xff",
    ],
)
@pytest.mark.parametrize("path", ["/api/admin/bulk", "/api/templates", "/api/glossary"])
def test_text_that_no_database_accepts_is_refused(client: httpx.Client, path: str, body: bytes) -> None:
    method = "PUT" if path.endswith("glossary") else "POST"
    answer = client.request(method, path, content=body, headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert len(answer.content) < 2000


@pytest.mark.parametrize("path", ["/api/uploads/%00", "/api/meetings/%00", "/api/templates/%00", "/%00", "/api/%00"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "PATCH", "DELETE", "PUT", "POST"])
def test_a_nul_in_an_address_is_not_found(client: httpx.Client, method: str, path: str) -> None:
    assert client.request(method, path, headers=TUS).status_code == 404


# ---- connections -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("begun", [b"", b"GET / HTTP/1.1\r\nHost: loc", b"POST /meetings/upload HTTP/1.1\r\n"])
def test_idle_connections_do_not_block_others(server: ApiServer, begun: bytes) -> None:
    web_server.allow_many_files()
    with ExitStack() as held:
        for _ in range(1300):
            connection = held.enter_context(_connected(server))
            connection.sendall(begun)
        # A full server would respond only after its header timeout, which the first of them has not reached.
        assert httpx.get(f"{server.url}/api/meetings", trust_env=False, timeout=60).status_code == 200
        connection.setblocking(False)
        with pytest.raises(BlockingIOError):
            connection.recv(1)


def test_endless_headers_are_cut_off(server: ApiServer) -> None:
    with _connected(server) as connection:
        connection.settimeout(60)
        connection.sendall(b"GET / HTTP/1.1\r\nHost: loc")
        assert b" 200 " not in connection.recv(1000)


def test_oversized_headers_are_refused(server: ApiServer) -> None:
    with _connected(server) as connection:
        connection.settimeout(60)
        connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nX: ")
        assert not _answered_well(connection, b"y" * 100_000)


def _answered_well(connection: socket.socket, more: bytes) -> bool:
    try:
        for _ in range(1000):
            connection.sendall(more)
        return b" 200 " in connection.recv(1000)
    except ConnectionError:
        return False


def _connected(server: ApiServer) -> socket.socket:
    host, _, port = server.url.removeprefix("http://").partition(":")
    return socket.create_connection((host, int(port)), timeout=30)


async def test_a_silent_socket_is_closed() -> None:
    told: list[str] = []

    async def page(scope: Any, receive: Any, send: Any) -> None:
        while not told or told[-1] != "websocket.disconnect":
            told.append((await receive())["type"])

    async def silent() -> dict[str, Any]:
        if told:
            await asyncio.Event().wait()
        return {"type": "websocket.connect"}

    limits = RequestLimits(page, "en", first_message_seconds=0.01)
    await asyncio.wait_for(limits({"type": "websocket"}, silent, silent), 20)  # type: ignore[arg-type]
    assert told == ["websocket.connect", "websocket.disconnect"]
    assert limits.sockets == 0


async def test_a_socket_may_be_silent_after_its_first_message() -> None:
    told: list[str] = []

    async def page(scope: Any, receive: Any, send: Any) -> None:
        while len(told) < 3:
            told.append((await receive())["type"])

    async def spoken() -> dict[str, Any]:
        await asyncio.sleep(0.05 if len(told) == 2 else 0)
        return {"type": "websocket.receive" if told else "websocket.connect"}

    await RequestLimits(page, "en", first_message_seconds=0.01)({"type": "websocket"}, spoken, spoken)  # type: ignore[arg-type]
    assert told == ["websocket.connect", "websocket.receive", "websocket.receive"]
