"""The recording over HTTP."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote

import pytest
from fastapi.testclient import TestClient

from cantomeet.models import Meeting
from cantomeet.service import Services
from cantomeet.storage import Copy
from cantomeet.store import Database
from tests import meetings

BYTES = bytes(range(256)) * 40


@pytest.fixture
def meeting(services: Services, sqlite_store: Database) -> Meeting:
    return stored(services, sqlite_store)


def stored(services: Services, store: Database, **columns: object) -> Meeting:
    meeting = meetings.uploaded(store, **columns)
    path = services.recordings.path(meeting.recording_key)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(BYTES)
    return meeting


def copy_of(services: Services, meeting: Meeting) -> Path:
    return services.recordings.path(meeting.recording_key, Copy.PLAYBACK)


def test_the_recording_is_served_whole_with_its_kind_and_name(client: TestClient, meeting: Meeting) -> None:
    answer = client.get(f"/api/meetings/{meeting.id}/audio")
    assert (answer.status_code, answer.content) == (200, BYTES)
    assert answer.headers["content-type"] == "audio/wav"
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["x-content-type-options"] == "nosniff"
    disposition = answer.headers["content-disposition"]
    assert disposition.startswith('inline; filename="__.wav"; ')
    assert unquote(disposition.split("UTF-8''")[1]) == "例會.wav"


@pytest.mark.parametrize(
    ("asked", "given", "part"),
    [
        ("bytes=0-99", "bytes 0-99/10240", BYTES[:100]),
        ("bytes=10000-", "bytes 10000-10239/10240", BYTES[10000:]),
        ("bytes=-5", "bytes 10235-10239/10240", BYTES[-5:]),
    ],
)
def test_a_range_request_gets_its_part(
    client: TestClient, meeting: Meeting, asked: str, given: str, part: bytes
) -> None:
    answer = client.get(f"/api/meetings/{meeting.id}/audio", headers={"Range": asked})
    assert (answer.status_code, answer.headers["content-range"], answer.content) == (206, given, part)


def test_a_range_beyond_the_end_is_416(client: TestClient, meeting: Meeting) -> None:
    answer = client.get(f"/api/meetings/{meeting.id}/audio", headers={"Range": "bytes=99999-"})
    assert (answer.status_code, answer.headers["content-range"]) == (416, "bytes */10240")


@pytest.mark.parametrize("asked", ["bytes=5-4", "lines=1-2", "bytes=", "bytes=0-1,5-6", "bytes=x-y"])
def test_a_request_without_a_single_range_gets_the_whole(client: TestClient, meeting: Meeting, asked: str) -> None:
    answer = client.get(f"/api/meetings/{meeting.id}/audio", headers={"Range": asked})
    assert (answer.status_code, answer.content) == (200, BYTES)


def test_a_range_of_another_recording_gets_the_whole(client: TestClient, meeting: Meeting) -> None:
    url, part = f"/api/meetings/{meeting.id}/audio", {"Range": "bytes=0-9"}
    tag = client.get(url).headers["etag"]
    assert client.get(url, headers={**part, "If-Range": tag}).content == BYTES[:10]
    assert client.get(url, headers={**part, "If-Range": '"another"'}).content == BYTES
    again = client.get(url, headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")


def test_a_head_request_returns_the_length_without_a_body(client: TestClient, meeting: Meeting) -> None:
    answer = client.head(f"/api/meetings/{meeting.id}/audio")
    assert (answer.status_code, answer.headers["content-length"], answer.content) == (200, "10240", b"")


def test_the_playback_copy_is_served_if_browsers_cannot_play_the_recording(
    client: TestClient, services: Services, sqlite_store: Database
) -> None:
    meeting = stored(services, sqlite_store, media_format="amr")
    meetings.set_columns(sqlite_store, meeting.id, has_playback_copy=True)
    copy_of(services, meeting).write_bytes(b"copy")
    answer = client.get(f"/api/meetings/{meeting.id}/audio")
    assert (answer.content, answer.headers["content-type"]) == (b"copy", "audio/webm")
    assert answer.headers["content-disposition"].endswith(".webm")


def test_the_recording_itself_is_served_if_the_copy_is_lost(
    client: TestClient, services: Services, sqlite_store: Database
) -> None:
    meeting = stored(services, sqlite_store, media_format="amr")
    meetings.set_columns(sqlite_store, meeting.id, has_playback_copy=True)
    answer = client.get(f"/api/meetings/{meeting.id}/audio")
    assert (answer.content, answer.headers["content-type"]) == (BYTES, "audio/amr")


def test_a_missing_file_is_a_problem(client: TestClient, sqlite_store: Database) -> None:
    meeting = meetings.uploaded(sqlite_store)
    answer = client.get(f"/api/meetings/{meeting.id}/audio")
    assert (answer.status_code, answer.json()["code"]) == (404, "recording_missing")


def test_a_recording_after_its_retention_is_gone(
    client: TestClient, services: Services, sqlite_store: Database
) -> None:
    meeting = stored(services, sqlite_store)
    meetings.set_columns(sqlite_store, meeting.id, audio_removed=True)
    answer = client.get(f"/api/meetings/{meeting.id}/audio")
    assert (answer.status_code, answer.json()["code"]) == (410, "recording_removed")


def test_the_recording_of_a_deleted_meeting_is_not_served(
    client: TestClient, meeting: Meeting, sqlite_store: Database
) -> None:
    sqlite_store.meetings.mark_deleted(meeting.id)
    assert client.get(f"/api/meetings/{meeting.id}/audio").status_code == 404
