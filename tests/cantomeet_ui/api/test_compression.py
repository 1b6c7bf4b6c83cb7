"""Responses are compressed for clients that accept it, and streams and recordings stay as they are."""

from __future__ import annotations

import asyncio
import gzip
import zlib
from collections.abc import AsyncIterator

import pytest
from fastapi.testclient import TestClient
from starlette.applications import Starlette
from starlette.responses import StreamingResponse
from starlette.routing import Route
from starlette.types import Message

from cantomeet.exports import FORMS
from cantomeet.service import Services
from cantomeet.store import Database
from cantomeet_ui.api.compression import Compression
from tests import meetings

LINES = [(f"S{n % 3}", f"第 {n} 句，預算下星期三之前交。") for n in range(1200)]


def raw(client: TestClient, path: str, accepted: str) -> tuple[dict[str, str], bytes]:
    """The headers and the body as it was sent."""
    with client.stream("GET", path, headers={"Accept-Encoding": accepted}) as answer:
        assert answer.status_code == 200
        return dict(answer.headers), b"".join(answer.iter_raw())


@pytest.mark.parametrize("part", ["", "/segments?limit=1000", *(f"/transcript?format={form}" for form in FORMS)])
def test_long_responses_are_the_same_with_and_without(part: str, client: TestClient, sqlite_store: Database) -> None:
    path = f"/api/meetings/{meetings.completed(sqlite_store, LINES).id}{part}"
    headers, packed = raw(client, path, "gzip, br")
    plain_headers, plain = raw(client, path, "identity")
    assert "content-encoding" not in plain_headers
    assert "Accept-Encoding" in plain_headers["vary"] or "docx" in part
    assert headers.get("etag") == plain_headers.get("etag")
    if "docx" in part:
        assert "content-encoding" not in headers
        return
    assert (headers["content-encoding"], "Accept-Encoding" in headers["vary"]) == ("gzip", True)
    assert gzip.decompress(packed) == plain
    assert len(packed) < len(plain) / 2


def test_a_short_response_is_sent_as_it_is(client: TestClient, sqlite_store: Database) -> None:
    meeting = meetings.uploaded(sqlite_store)
    headers, _ = raw(client, f"/api/meetings/{meeting.id}?include=", "gzip")
    assert "content-encoding" not in headers


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [("gzip", "gzip"), ("br, gzip;q=0.5", "gzip"), ("gzip;q=0", None), ("gzip; q=0.000, *", None), ("br", None)],
)
def test_a_client_says_what_it_accepts(
    accepted: str, encoding: str | None, client: TestClient, sqlite_store: Database
) -> None:
    path = f"/api/meetings/{meetings.completed(sqlite_store, LINES).id}"
    headers, _ = raw(client, path, accepted)
    assert (headers.get("content-encoding"), "Accept-Encoding" in headers["vary"]) == (encoding, True)


@pytest.mark.parametrize("asked", [{}, {"Range": "bytes=100-8000"}])
def test_a_recording_is_sent_as_it_is_stored(
    asked: dict[str, str], client: TestClient, services: Services, sqlite_store: Database
) -> None:
    meeting = meetings.uploaded(sqlite_store, media_format="mxf")
    path = services.recordings.path(meeting.recording_key)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"RIFF" * 5000)
    answer = client.get(f"/api/meetings/{meeting.id}/audio", headers={"Accept-Encoding": "gzip", **asked})
    assert ("content-encoding" in answer.headers, "vary" in answer.headers) == (False, False)
    assert answer.content == (b"RIFF" * 5000)[100:8001] if asked else b"RIFF" * 5000


def test_each_piece_of_a_stream_is_sent_when_it_comes() -> None:
    """The second piece is only made after the first has been sent and could be unpacked."""
    unpacked: list[bytes] = []

    async def pieces() -> AsyncIterator[bytes]:
        for number in range(3):
            assert len(unpacked) == number
            yield f"piece {number} ".encode() * 500

    async def answer(_request: object) -> StreamingResponse:
        return StreamingResponse(pieces(), media_type="application/json")

    unpacker = zlib.decompressobj(31)

    async def send(message: Message) -> None:
        if message.get("body"):
            unpacked.append(unpacker.decompress(message["body"]))

    async def receive() -> Message:
        await asyncio.Event().wait()
        raise AssertionError("never")

    scope = {"type": "http", "method": "GET", "path": "/api/x", "headers": [(b"accept-encoding", b"gzip")]}
    scope |= {"query_string": b"", "asgi": {"version": "3.0", "spec_version": "2.4"}}
    app = Compression(Starlette(routes=[Route("/api/x", answer)]))
    asyncio.run(app(scope, receive, send))
    assert [piece[:7] for piece in unpacked if piece] == [b"piece 0", b"piece 1", b"piece 2"]
