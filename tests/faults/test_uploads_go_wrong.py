"""Fault 15: an upload to a real web process goes wrong."""

from __future__ import annotations

import resource
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.running import Background, wait_for
from tests.sound import tone_bytes
from tests.upload_server import UploadServer

MIB = 1024 * 1024
ALLOWED_MB = 4
"""As the fixtures set CANTOMEET_MAX_UPLOAD_MB."""


def post(web: UploadServer, content: bytes, name: str = "a.wav", **headers: str) -> httpx.Response:
    return httpx.post(f"{web.url}/meetings/upload", files={"file": (name, content)}, headers=headers, timeout=60)


def meetings_at(web: UploadServer) -> list[dict[str, object]]:
    found: list[dict[str, object]] = httpx.get(f"{web.url}/api/meetings", timeout=60).json()["items"]
    return found


def files_of(side: Background) -> list[Path]:
    return [path for path in side.recordings.root.rglob("*") if path.is_file()]


@contextmanager
def disk_of(web: UploadServer, limit: int) -> Iterator[None]:
    """A limit of `limit` bytes for each file that the web process writes, as on a full disk."""
    before = resource.prlimit(web.pid, resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    try:
        yield
    finally:
        resource.prlimit(web.pid, resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"", 400, "empty_upload"),
        (tone_bytes(ALLOWED_MB * 40.0), 413, "too_large"),
        (b"just a text " * 1000, 415, "not_a_recording"),
        (b"\x89PNG\r\n\x1a\n" + bytes(5000), 415, "not_a_recording"),
    ],
    ids=["empty", "oversize", "text", "picture"],
)
def test_invalid_uploads_are_refused_and_leave_nothing(
    side: Background, web: UploadServer, content: bytes, status: int, code: str
) -> None:
    answer = post(web, content)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert (meetings_at(web), files_of(side)) == ([], [])


def test_a_full_disk_an_abort_and_a_way_out_of_the_folder_leave_only_whole_recordings(
    side: Background, web: UploadServer
) -> None:
    sound = tone_bytes(60.0)
    with disk_of(web, MIB):
        full = post(web, sound)
    assert (full.status_code, full.json()["code"]) == (507, "storage_full")
    part_of_a_form(web, sound[: MIB // 2]).close()
    wait_for(lambda: not files_of(side), "the part of the aborted upload to go")
    accepted = post(web, sound, "../../../etc/passwd.wav")
    assert accepted.status_code == 202
    (stored,) = files_of(side)
    assert stored.read_bytes() == sound
    assert [m["title"] for m in meetings_at(web)] == ["passwd"]


def test_an_upload_retried_after_the_web_was_killed_is_accepted_once(side: Background, web: UploadServer) -> None:
    sound = tone_bytes(60.0)
    connection = part_of_a_form(web, sound[:MIB])
    web.kill()
    connection.close()
    web.start()
    answers: list[httpx.Response] = []

    def insist() -> None:
        wait_for(lambda: answers.append(post(web, sound, **{"Idempotency-Key": "k"})) is None, "an answer")

    threads = [threading.Thread(target=insist) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert len(meetings_at(web)) == 1
    meeting = side.store.meetings.get(answers[0].json()["id"])
    assert side.recordings.path(meeting.recording_key).read_bytes() == sound


def part_of_a_form(web: UploadServer, content: bytes) -> socket.socket:
    """A connection with a started upload, part of which is on disk."""
    head = (
        "POST /meetings/upload HTTP/1.1\r\n"
        f"Host: 127.0.0.1:{web.port}\r\n"
        "Content-Type: multipart/form-data; boundary=b\r\n"
        f"Content-Length: {3 * MIB}\r\n\r\n"
        '--b\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n'
    )
    connection = socket.create_connection(("127.0.0.1", web.port))
    connection.sendall(head.encode() + content)
    wait_for(lambda: any((web.folder / "recordings").rglob("*.part")), "the upload to begin")
    return connection
