"""Uploads to a real web process that is killed, and from clients that disconnect."""

from __future__ import annotations

import hashlib
import os
import random
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tusclient.client import TusClient

from cantomeet.database import connect
from cantomeet.models import Meeting
from cantomeet.store import Database
from tests.cantomeet_ui.api.uploading import PATCH, TUS, upload_metadata
from tests.recordings_factory import make_large_wav
from tests.running import wait_for
from tests.upload_server import UploadServer, serving

MIB = 1024 * 1024
ROUNDS = 20 if os.environ.get("CANTOMEET_SOAK") == "1" else 1
PATIENCE = 60.0


@pytest.fixture(scope="session")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_large_wav(tmp_path_factory.mktemp("large") / "例會.wav", 24 * MIB)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[UploadServer]:
    with serving(tmp_path / "data") as running:
        yield running


def names_in(server: UploadServer) -> list[str]:
    return [path.name for path in (server.folder / "recordings").rglob("*") if path.is_file()]


def only_meeting(server: UploadServer) -> Meeting:
    engine = connect(f"sqlite:///{server.folder / 'cantomeet.db'}")
    store = Database(engine)
    keys = store.retention.recording_keys()
    assert len(keys) == 1
    meeting = store.meetings.find_by_upload(next(iter(keys)))
    engine.dispose()
    assert meeting is not None
    return meeting


def assert_same_bytes(server: UploadServer, meeting: Meeting, recording: Path) -> None:
    key = meeting.recording_key
    stored = (server.folder / "recordings" / key[:2] / key).read_bytes()
    assert hashlib.sha256(stored).hexdigest() == meeting.recording_sha256
    assert stored == recording.read_bytes()
    assert {name for name in names_in(server) if not name.endswith(".upload")} == {key}


def begin(server: UploadServer, length: int) -> str:
    headers = {**TUS, "Upload-Length": str(length), "Upload-Metadata": upload_metadata(filename="例會.wav")}
    made = httpx.post(f"{server.url}/api/uploads/", headers=headers)
    return server.url + made.headers["location"]


def look(url: str) -> httpx.Headers | None:
    """The headers of a HEAD request. None if the server is down or another request still has the upload."""
    try:
        answer = httpx.head(url, headers=TUS)
    except httpx.TransportError:
        return None
    assert answer.status_code in (200, 423)
    return answer.headers if answer.status_code == 200 else None


def send_from(url: str, offset: int, content: bytes, pause: float = 0.005) -> None:
    """Append the rest with `pause` seconds after each MiB. The server may die meanwhile."""

    def slowly() -> Iterator[bytes]:
        for start in range(offset, len(content), MIB):
            yield content[start : start + MIB]
            time.sleep(pause)

    try:
        httpx.patch(url, content=slowly(), headers={**PATCH, "Upload-Offset": str(offset)}, timeout=PATIENCE)
    except httpx.TransportError:
        return


@pytest.mark.parametrize("round", range(ROUNDS))
def test_an_upload_through_killed_servers_arrives_whole_and_once(
    round: int, server: UploadServer, recording: Path
) -> None:
    content, chance = recording.read_bytes(), random.Random(round)
    url = begin(server, len(content))
    kills, headers = 0, look(url)
    while headers is None or "cantomeet-meeting-id" not in headers:
        if headers is not None:
            sender = threading.Thread(target=send_from, args=(url, int(headers["upload-offset"]), content, 0.02))
            sender.start()
            sender.join(timeout=chance.uniform(0.02, 0.25) if kills < 4 else PATIENCE)
            if sender.is_alive():
                server.kill()
                kills += 1
                server.start()
            sender.join()
        headers = look(url)
    assert kills > 0
    meeting = only_meeting(server)
    assert meeting.id == headers["cantomeet-meeting-id"]
    assert_same_bytes(server, meeting, recording)


def test_tuspy_continues_after_the_server_was_killed(server: UploadServer, recording: Path) -> None:
    with recording.open("rb") as file:
        uploader = TusClient(f"{server.url}/api/uploads/").uploader(
            file_stream=file, chunk_size=2 * MIB, retries=50, retry_delay=0.2, metadata={"filename": "例會.wav"}
        )
        upload = threading.Thread(target=uploader.upload)
        upload.start()
        wait_for(lambda: uploader.offset >= 8 * MIB, "the upload to move")
        server.kill()
        server.start()
        upload.join(PATIENCE)
    meeting = only_meeting(server)
    assert (meeting.filename, meeting.title) == ("例會.wav", "例會")
    assert_same_bytes(server, meeting, recording)


def test_a_second_process_waits_for_the_lock_and_takes_over_from_a_dead_one(
    server: UploadServer, recording: Path
) -> None:
    content = recording.read_bytes()
    url = begin(server, len(content))
    with serving(server.folder) as other:
        same = url.replace(server.url, other.url)
        sender = threading.Thread(target=send_from, args=(url, 0, content, 0.05))
        sender.start()
        wait_for(lambda: any(name.endswith(".part") for name in names_in(server)), "some bytes")
        busy = httpx.head(same, headers=TUS)
        server.kill()
        sender.join()
        headers = look(same)
        assert headers is not None
        send_from(same, int(headers["upload-offset"]), content)
        assert_same_bytes(other, only_meeting(other), recording)
    assert busy.status_code == 423
    assert busy.headers["cantomeet-error-code"] == "upload_busy"


def part_of_a_request(server: UploadServer, head: str, size: int, body: bytes) -> socket.socket:
    """A connection on which `size` bytes were announced and `body` was sent."""
    connection = socket.create_connection(("127.0.0.1", server.port))
    connection.sendall(head.encode() + b"Host: 127.0.0.1\r\nContent-Length: %d\r\n\r\n" % size + body)
    return connection


def test_an_interrupted_form_upload_leaves_no_file(server: UploadServer, recording: Path) -> None:
    head = "POST /meetings/upload HTTP/1.1\r\nContent-Type: multipart/form-data; boundary=b\r\n"
    part = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n'
    connection = part_of_a_request(server, head, 9 * MIB, part + recording.read_bytes()[: 4 * MIB])
    wait_for(lambda: len(names_in(server)) == 1, "some bytes")
    connection.close()
    wait_for(lambda: names_in(server) == [], "the part to be deleted")


def test_the_bytes_of_a_resumable_upload_are_kept_when_the_client_disconnects(
    server: UploadServer, recording: Path
) -> None:
    content = recording.read_bytes()
    url = begin(server, len(content))
    path = url.removeprefix(server.url)
    head = (
        f"PATCH {path} HTTP/1.1\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: 0\r\n"
        "Content-Type: application/offset+octet-stream\r\n"
    )
    sent = 3 * MIB + 12_345
    connection = part_of_a_request(server, head, len(content), content[:sent])
    wait_for(lambda: any(name.endswith(".part") for name in names_in(server)), "some bytes")
    connection.close()
    wait_for(lambda: look(url) is not None, "the lock to end")
    headers = look(url)
    assert headers is not None
    assert int(headers["upload-offset"]) == sent
    send_from(url, sent, content)
    assert_same_bytes(server, only_meeting(server), recording)
