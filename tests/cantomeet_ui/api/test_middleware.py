"""The guard around API, pages and sockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.testclient import WebSocketDenialResponse
from starlette.websockets import WebSocket, WebSocketDisconnect

from cantomeet.service import Services
from cantomeet.settings import Settings
from cantomeet.store import Database
from cantomeet_ui.api.app import build_api
from cantomeet_ui.api.middleware import guarding
from tests import meetings
from tests.cantomeet_ui.api.conftest import HERE


async def page(request: Request) -> Response:
    return HTMLResponse("<p>page</p>")


async def script(request: Request) -> Response:
    return PlainTextResponse("x", media_type="text/javascript")


async def open_to_all(request: Request) -> Response:
    return PlainTextResponse("x", headers={"Access-Control-Allow-Origin": "*"})


async def echo(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_text(await socket.receive_text())
    await socket.close()


def the_pages() -> Starlette:
    """Takes the place of Reflex's application."""
    return Starlette(
        routes=[
            WebSocketRoute("/_event", echo),
            Route("/_event", open_to_all, methods=["GET", "POST"]),
            Route("/_upload", open_to_all, methods=["GET", "POST"]),
            Mount("/_upload", Starlette(routes=[Route("/{name}", open_to_all)])),
            Route("/assets/{name:path}", script),
            Route("/{path:path}", page),
        ]
    )


@pytest.fixture
def client(services: Services) -> Iterator[TestClient]:
    """Assembled as by Reflex: the pages mounted into the API, the guard around both."""
    api = build_api(services)
    api.mount("", the_pages())
    with TestClient(Starlette(routes=[Mount("", guarding(services.settings)(api))]), base_url=HERE) as client:
        yield client


# ---- Host --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:3000", "127.0.0.1", "127.0.0.1:80", "[::1]", "[::1]:3000"])
def test_names_of_this_machine_are_served(client: TestClient, host: str) -> None:
    assert client.get("/meetings", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "localhost.evil.example",
        "evil.example:3000",
        "127.0.0.1.nip.io",
        "localhost:3000@evil.example",
        "localhost:",
        "localhost:3000:1",
        "127.0.0.2",
        "0.0.0.0:3000",
        "192.168.1.5:3000",
        "",
        " localhost",
        "localhost\u0660",
    ],
)
def test_a_foreign_host_is_refused(client: TestClient, host: str) -> None:
    for path in ("/", "/api/meetings", "/health", "/webhooks/speechmatics"):
        answer = client.get(path, headers={"Host": host.encode()})
        assert (answer.status_code, answer.json()["code"]) == (421, "wrong_host"), path


def test_two_host_headers_are_refused(client: TestClient) -> None:
    answer = client.get("/api/meetings", headers=[("Host", "localhost:3000"), ("Host", "evil.example")])
    assert answer.status_code == 421


def test_a_socket_with_a_foreign_host_is_refused(client: TestClient) -> None:
    _assert_socket_refused(client, 421, {"Host": "evil.example"})


# ---- Origin ------------------------------------------------------------------------------------------------

FOREIGN = [
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": ""},
    {"Origin": "http://localhost:8080"},
    {"Origin": "http://127.0.0.1:3000"},
    {"Origin": "http://localhost:3000.evil.example"},
    {"Origin": "file://localhost:3000"},
    {"Origin": "chrome-extension://localhost:3000"},
    {"Origin": HERE, "Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("DELETE", "/api/meetings/{id}"),
        ("PATCH", "/api/meetings/{id}"),
        ("POST", "/api/meetings/{id}/cancel"),
        ("POST", "/meetings/upload"),
        ("POST", "/api/uploads/"),
        ("POST", "/_event"),
        ("GET", "/_event"),
        ("PUT", "/anything"),
    ],
)
def test_another_site_can_change_nothing(client: TestClient, sqlite_store: Database, method: str, path: str) -> None:
    meeting = meetings.uploaded(sqlite_store)
    for headers in FOREIGN:
        answer = client.request(method, path.format(id=meeting.id), headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden_origin"), headers
    assert sqlite_store.meetings.get(meeting.id).version == meeting.version


def test_two_origin_headers_are_refused(client: TestClient) -> None:
    headers = [("Origin", HERE), ("Origin", "https://evil.example")]
    assert client.post("/_event", headers=headers).status_code == 403


@pytest.mark.parametrize(
    "headers", [{}, {"Origin": HERE}, {"Origin": HERE.upper()}, {"Origin": HERE, "Sec-Fetch-Site": "same-origin"}]
)
def test_our_pages_and_programs_can_make_changes(
    client: TestClient, sqlite_store: Database, headers: dict[str, str]
) -> None:
    meeting = meetings.uploaded(sqlite_store)
    assert client.delete(f"/api/meetings/{meeting.id}", headers=headers).status_code == 202


def test_our_page_at_port_80_is_accepted(client: TestClient) -> None:
    headers = {"Host": "localhost", "Origin": "http://localhost"}
    assert client.post("/_event", headers=headers).status_code == 200


def test_a_link_from_another_site_opens_a_page(client: TestClient) -> None:
    headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    assert client.get("/meetings", headers=headers).status_code == 200


def test_another_site_opens_no_socket(client: TestClient) -> None:
    for headers in FOREIGN:
        _assert_socket_refused(client, 403, headers)


@pytest.mark.parametrize("headers", [{}, {"Origin": HERE}])
def test_our_page_opens_a_socket(client: TestClient, headers: dict[str, str]) -> None:
    with client.websocket_connect("/_event", headers={"Host": "localhost:3000", **headers}) as socket:
        socket.send_text("早晨")
        assert socket.receive_text() == "早晨"


async def test_a_server_that_can_only_close_a_socket_closes_it(services: Services) -> None:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    scope = {"type": "websocket", "path": "/_event", "headers": [(b"host", b"localhost"), (b"origin", b"null")]}
    await guarding(services.settings)(the_pages())(scope, receive, send)
    assert sent == [{"type": "websocket.close", "code": 1008}]


def _assert_socket_refused(client: TestClient, status: int, headers: dict[str, str]) -> None:
    asked = {"Host": "localhost:3000", **headers}
    with pytest.raises(WebSocketDisconnect) as refused, client.websocket_connect("/_event", headers=asked):
        pass
    assert isinstance(refused.value, WebSocketDenialResponse)
    assert refused.value.status_code == status


# ---- closed endpoints, cross-origin requests ----------------------------------------------------------------


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("path", ["/_upload", "/_upload/", "/_upload/a.wav", "/%5Fupload"])
def test_the_frameworks_own_upload_endpoint_is_closed(client: TestClient, method: str, path: str) -> None:
    answer = client.request(method, path)
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_route")


def test_no_response_has_cors_headers(client: TestClient) -> None:
    for path in ("/api/meetings", "/_event", "/meetings"):
        answer = client.get(path, headers={"Origin": HERE})
        assert [name for name in answer.headers if name.startswith("access-control-")] == []


async def test_header_names_are_recognised_in_any_case(services: Services) -> None:
    sent: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        headers = [(b"Access-Control-Allow-Origin", b"*"), (b"X-Frame-Options", b"SAMEORIGIN")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "http.request"}

    scope = {"type": "http", "method": "GET", "path": "/_event/", "headers": [(b"host", b"localhost")]}
    await guarding(services.settings)(app)(scope, receive, send)
    names = [name for name, _ in sent[0]["headers"]]
    assert b"access-control-allow-origin" not in [name.lower() for name in names]
    assert names.count(b"x-frame-options") == 1


def test_a_preflight_of_another_site_is_not_granted(client: TestClient) -> None:
    asked = {"Origin": "https://evil.example", "Access-Control-Request-Method": "DELETE"}
    for path in ("/api/meetings/x", "/api/uploads/"):
        assert "access-control-allow-origin" not in client.options(path, headers=asked).headers


# ---- headers -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/meetings", "/api/meetings", "/health", "/assets/app-B3k_9xZ1.js"])
def test_every_response_has_the_security_headers(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["x-frame-options"] == "DENY"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
    assert policy["frame-ancestors"] == "'none'"
    assert policy["script-src"] == "'self' 'unsafe-inline'"
    assert policy["connect-src"] == "'self' ws://localhost:3000 wss://localhost:3000"
    assert "*" not in headers["content-security-policy"]


def test_a_refusal_has_the_security_headers_too(client: TestClient) -> None:
    headers = client.get("/", headers={"Host": "evil.example"}).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert "evil" not in headers["content-security-policy"]


@pytest.mark.parametrize(
    ("path", "cache"),
    [
        ("/assets/app-B3k_9xZ1.js", "public, max-age=31536000, immutable"),
        ("/assets/fonts/noto-AbCd1234.woff2", "public, max-age=31536000, immutable"),
        ("/assets/favicon.ico", None),
        ("/assets/my-pictures.png", None),
        ("/meetings", "no-cache"),
        ("/api/meetings", "no-store"),
    ],
)
def test_only_hashed_files_are_cached(client: TestClient, path: str, cache: str | None) -> None:
    assert client.get(path).headers.get("cache-control") == cache


async def test_a_stream_passes_piece_by_piece(services: Services) -> None:
    """The second piece is made only after the first was sent, so nothing is buffered."""
    first_is_out = asyncio.Event()

    async def pieces() -> AsyncIterator[bytes]:
        yield b"1"
        await asyncio.wait_for(first_is_out.wait(), 10)
        yield b"2"

    async def stream(request: Request) -> Response:
        return StreamingResponse(pieces())

    got: list[bytes] = []

    async def send(message: Any) -> None:
        if message.get("body"):
            got.append(message["body"])
            first_is_out.set()

    async def receive() -> Any:
        await asyncio.sleep(60)

    scope = {
        **{"type": "http", "method": "GET", "path": "/", "query_string": b"", "root_path": ""},
        "headers": [(b"host", b"localhost")],
    }
    await guarding(services.settings)(Starlette(routes=[Route("/", stream)]))(scope, receive, send)
    assert got == [b"1", b"2"]


def test_startup_and_shutdown_events_pass_through() -> None:
    seen: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope["type"])
        for _ in range(2):
            await send({"type": f"{(await receive())['type']}.complete"})

    with TestClient(guarding(Settings(_env_file=None))(app)):
        pass
    assert seen == ["lifespan"]
