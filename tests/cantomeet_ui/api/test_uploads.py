"""POST /meetings/upload."""

from __future__ import annotations

import asyncio
import itertools
import threading
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError

from cantomeet import access
from cantomeet.lifecycle import MeetingStatus
from cantomeet.store import Database
from cantomeet.store.meetings import Meetings
from cantomeet_ui.api.multipart import MultipartUpload
from cantomeet_ui.api.receiving import pieces
from tests.cantomeet.media.test_media import files_limited_to
from tests.cantomeet_ui.api.uploading import MIB, UploadClient, upload_client
from tests.recordings_factory import COMMON, make_recording

UPLOAD = "/meetings/upload"


def problem_of(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]


async def test_an_uploaded_recording_is_stored_and_answered_with_its_meeting(
    endpoint: UploadClient, sound: bytes
) -> None:
    answer = await endpoint.client.post(UPLOAD, files={"file": ("十一月例會.wav", sound)})
    assert answer.status_code == 202
    meeting = endpoint.services.store.meetings.get(answer.json()["id"])
    assert answer.json() == {
        "id": meeting.id,
        "status": "UPLOADED",
        "url": f"http://127.0.0.1/meetings/{meeting.id}",
    }
    assert answer.headers["location"] == f"/api/meetings/{meeting.id}"
    assert endpoint.stored(meeting) == sound
    assert endpoint.files == {meeting.recording_key}
    assert (meeting.title, meeting.filename, meeting.media_format) == ("十一月例會", "十一月例會.wav", "wav")
    assert (meeting.status, meeting.priority, meeting.language) == (MeetingStatus.UPLOADED, "default", "yue")
    assert meeting.summary_language == "zh-Hant-HK"
    assert meeting.duration_seconds == pytest.approx(2.0)
    assert meeting.job.due_at is not None
    assert endpoint.woken == [meeting.id]
    assert endpoint.published == [(meeting.id, meeting.version)]


@pytest.mark.parametrize("kind", COMMON)
async def test_every_common_format_is_accepted(kind: str, endpoint: UploadClient, tmp_path: Path) -> None:
    content = make_recording(tmp_path / "a", kind).read_bytes()
    answer = await endpoint.client.post(UPLOAD, files={"file": (f"a.{kind}", content)})
    assert answer.status_code == 202
    assert endpoint.services.store.meetings.get(answer.json()["id"]).media_format == kind


def body_of(*parts: tuple[str, bytes], end: bytes = b"--b--\r\n") -> tuple[bytes, dict[str, str]]:
    """A multipart body with the parts in the given order."""
    body = b"".join(
        b'--b\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n%s\r\n'
        % (name.encode(), b'; filename="a.wav"' if name == "file" else b"", value)
        for name, value in parts
    )
    return body + end, {"Content-Type": "multipart/form-data; boundary=b"}


async def post(endpoint: UploadClient, *parts: tuple[str, bytes], end: bytes = b"--b--\r\n") -> httpx.Response:
    body, headers = body_of(*parts, end=end)
    return await endpoint.client.post(UPLOAD, content=body, headers=headers)


async def test_fields_may_come_before_and_after_the_file(endpoint: UploadClient, sound: bytes) -> None:
    answer = await post(
        endpoint,
        ("title", "  例會 \x00".encode()),
        ("unknown", b"is read and forgotten"),
        ("language", b"en"),
        ("file", sound),
        ("description", "第一行\r\n第二行".encode()),
        ("meeting_date", b"2026-11-23"),
        ("priority", b"high"),
        ("summary_language", b"zh-Hant-HK+en"),
        ("template", b"board_minutes"),
        ("name_speakers_first", b"true"),
    )
    meeting = endpoint.services.store.meetings.get(answer.json()["id"])
    assert (meeting.title, meeting.description) == ("例會", "第一行\n第二行")
    assert (meeting.meeting_date, meeting.priority) == (date(2026, 11, 23), "high")
    assert (meeting.language, meeting.summary_language) == ("en", "zh-Hant-HK+en")
    assert (meeting.template, meeting.name_speakers_first) == ("board_minutes", True)
    assert endpoint.stored(meeting) == sound


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", "長" * 256),
        ("description", "x" * 10_001),
        ("meeting_date", "23/11/2026"),
        ("meeting_date", "2026-02-30"),
        ("priority", "urgent"),
        ("language", "Cantonese!"),
        ("language", "a" * 17),
        ("summary_language", "../en"),
        ("summary_language", "fr"),
        ("template", "gone"),
        ("template", "a\u2028b"),
        ("template", "x" * 65),
        ("name_speakers_first", "maybe"),
        ("title", "x" * 70_000),
    ],
)
@pytest.mark.parametrize("file_first", [True, False])
async def test_a_wrong_field_is_named_and_nothing_is_stored(
    field: str, value: str, file_first: bool, endpoint: UploadClient, sound: bytes
) -> None:
    parts = [("file", sound), (field, value.encode())]
    answer = await post(endpoint, *(parts if file_first else reversed(parts)))
    assert problem_of(answer) == (422, "invalid_request")
    assert answer.json()["field"] == field
    assert endpoint.files == set()
    assert endpoint.woken == []


async def test_no_file_and_an_empty_file_are_refused(endpoint: UploadClient) -> None:
    for answer in (await post(endpoint, ("title", b"x")), await post(endpoint), await post(endpoint, ("file", b""))):
        assert problem_of(answer) == (400, "empty_upload")
    assert endpoint.files == set()


async def test_a_body_that_is_no_form_or_ends_early_is_refused(endpoint: UploadClient, sound: bytes) -> None:
    as_json = await endpoint.client.post(UPLOAD, json={"file": "a.wav"})
    no_boundary = await endpoint.client.post(UPLOAD, content=b"x", headers={"Content-Type": "multipart/form-data"})
    too_long = {"Content-Type": f"multipart/form-data; boundary={'b' * 300}"}
    long_boundary = await endpoint.client.post(UPLOAD, content=b"x", headers=too_long)
    nothing = await endpoint.client.post(UPLOAD)
    cut_off = await post(endpoint, ("file", sound), end=b"")
    garbage = await endpoint.client.post(UPLOAD, content=b"garbage", headers=body_of()[1])
    nameless = await endpoint.client.post(UPLOAD, content=b"--b\r\nX: y\r\n\r\nz\r\n--b--\r\n", headers=body_of()[1])
    huge_header = b"--b\r\nX: " + b"y" * 20_000 + b"\r\n\r\nz\r\n--b--\r\n"
    header = await endpoint.client.post(UPLOAD, content=huge_header, headers=body_of()[1])
    for answer in (as_json, no_boundary, long_boundary, nothing, cut_off, garbage, nameless, header):
        assert problem_of(answer) == (400, "invalid_request")
    assert endpoint.files == set()


async def test_a_second_file_and_too_many_fields_are_refused(endpoint: UploadClient, sound: bytes) -> None:
    two = await post(endpoint, ("file", sound), ("file", sound))
    many = await post(endpoint, *[("title", b"x")] * 30, ("file", sound))
    assert (problem_of(two), two.json()["field"]) == ((422, "invalid_request"), "file")
    assert problem_of(many) == (422, "invalid_request")
    assert endpoint.files == set()


class Body:
    """A body that counts how much was read."""

    def __init__(self, size: int, first: bytes) -> None:
        self.size, self.given = size, 0
        self._first = first

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._first
        while self.given < self.size:
            self.given += 65536
            yield bytes(65536)


async def test_a_stated_size_over_the_limit_is_refused_before_anything_is_read(endpoint: UploadClient) -> None:
    body = Body(100 * MIB, b"")
    headers = {**body_of()[1], "Content-Length": str(100 * MIB)}
    answer = await endpoint.client.post(UPLOAD, content=body, headers=headers)
    assert problem_of(answer) == (413, "too_large")
    assert answer.json()["limit_mb"] == 4
    assert body.given == 0
    assert endpoint.files == set()


async def test_an_unstated_size_over_the_limit_is_refused_as_soon_as_it_is_known(
    endpoint: UploadClient, sound: bytes
) -> None:
    body = Body(100 * MIB, body_of(("file", sound), end=b"")[0][:-2])
    answer = await endpoint.client.post(UPLOAD, content=body, headers=body_of()[1])
    assert problem_of(answer) == (413, "too_large")
    assert body.given < 8 * MIB
    assert endpoint.files == set()


@pytest.mark.parametrize(
    ("content", "found", "in_english"),
    [
        ("會議紀錄\n".encode() * 9, "text", "a text file"),
        (b"\x89PNG\r\n\x1a\n" + bytes(9000), "image", "an image"),
        (b"PK\x03\x04" + bytes(9000), "archive", "an archive"),
        (b"#EXTM3U\nhttp://127.0.0.1:9/a.ts\n", "playlist", "a playlist"),
        (b"RIFF" + bytes(9000), "unknown", "unknown kind"),
    ],
)
async def test_a_file_that_is_no_recording_is_refused_with_its_kind(
    content: bytes, found: str, in_english: str, endpoint: UploadClient
) -> None:
    answer = await endpoint.client.post(UPLOAD, files={"file": ("meeting.mp3", content, "audio/mpeg")})
    assert problem_of(answer) == (415, "not_a_recording")
    assert answer.json()["found"] == found
    assert in_english in answer.json()["detail"]
    assert endpoint.files == set()


async def test_a_full_disk_is_answered_507_and_nothing_is_half_written(endpoint: UploadClient, sound: bytes) -> None:
    with files_limited_to(40_000):
        answer = await endpoint.client.post(UPLOAD, files={"file": ("a.wav", sound)})
    assert problem_of(answer) == (507, "storage_full")
    assert endpoint.files == set()


@pytest.mark.parametrize(
    ("name", "shown", "title"),
    [
        ("../../etc/passwd", "passwd", "passwd"),
        ("..", "..", ".."),
        ("C:\\Users\\陳\\例會.m4a", "例會.m4a", "例會"),
        ("例\x00會\x07.wav", "例會.wav", "例會"),
        ("🎙️ 錄音 👨‍👩‍👧.wav", "🎙️ 錄音 👨‍👩‍👧.wav", "🎙️ 錄音 👨‍👩‍👧"),
        ("會議 v1.2 最後版", "會議 v1.2 最後版", "會議 v1.2 最後版"),
        ("gpj.\u202eexe.wav", "gpj.exe.wav", "gpj.exe"),
        ('say "hi".wav', 'say "hi".wav', 'say "hi"'),
        ("長" * 1365 + ".wav", "長" * 250 + "….wav", "長" * 250 + "…"),
        ("x" * 4092 + ".mp3", "x" * 250 + "….mp3", "x" * 250 + "…"),
        ("", "", "錄音"),
    ],
)
async def test_a_file_name_is_used_for_display_only(
    name: str, shown: str, title: str, endpoint: UploadClient, sound: bytes
) -> None:
    quoted = name.replace('"', "%22").encode()
    body = b'--b\r\nContent-Disposition: form-data; name="file"; filename="%s"\r\n\r\n%s\r\n--b--\r\n'
    answer = await endpoint.client.post(UPLOAD, content=body % (quoted, sound), headers=body_of()[1])
    assert answer.status_code == 202, answer.text
    meeting = endpoint.services.store.meetings.get(answer.json()["id"])
    assert (meeting.filename, meeting.title) == (shown, title)
    assert endpoint.files == {meeting.recording_key}


SAID = {"title": "例會", "language": "yue", "meeting_date": "2026-11-23"}
KEYED = {"Idempotency-Key": "2026-11-23/例會".encode().hex()}


async def send(endpoint: UploadClient, sound: bytes, name: str = "a.wav", **fields: str) -> httpx.Response:
    return await endpoint.client.post(UPLOAD, data=fields, files={"file": (name, sound)}, headers=KEYED)


@pytest.mark.parametrize("left_out", [(), ("language",)])
async def test_a_repeated_key_with_the_same_body_returns_the_first_meeting(
    left_out: tuple[str, ...], endpoint: UploadClient, sound: bytes
) -> None:
    first = await send(endpoint, sound, **SAID)
    said = {name: value for name, value in SAID.items() if name not in left_out}
    again = await send(endpoint, sound, **said, unknown="ignored", description="")
    assert again.status_code == first.status_code == 202
    assert again.json() == first.json()
    assert len(endpoint.files) == 1
    assert len(endpoint.woken) == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"title": "另一個會"},
        {"title": ""},
        {"language": "en"},
        {"meeting_date": "2026-11-24"},
        {"meeting_date": "not a day"},
        {"description": "也有說明"},
        {"priority": "high"},
        {"summary_language": "en"},
        {"template": "board"},
        {"name_speakers_first": "true"},
        {"name": "b.wav"},
        {"sound": b""},
        {"sound": b"no recording at all"},
    ],
)
async def test_a_repeated_key_with_another_body_is_refused_and_the_first_meeting_stays(
    changed: dict[str, Any], endpoint: UploadClient, sound: bytes
) -> None:
    first = await send(endpoint, sound, **SAID)
    again = await send(endpoint, **{"sound": sound, **SAID, **changed})
    assert problem_of(again) == (409, "key_reused")
    assert "nothing of this one was stored" in again.json()["detail"]
    assert (await send(endpoint, sound, **SAID)).json() == first.json()
    (meeting,) = [endpoint.services.store.meetings.get(first.json()["id"])]
    assert meeting.title == "例會"
    assert endpoint.files == {meeting.recording_key}


async def test_another_recording_with_a_repeated_key_is_refused_and_not_stored(
    endpoint: UploadClient, sound: bytes, tmp_path: Path
) -> None:
    other = make_recording(tmp_path / "other", "mp3").read_bytes()
    await send(endpoint, sound)
    before = endpoint.files
    assert problem_of(await send(endpoint, other)) == (409, "key_reused")
    assert endpoint.files == before


async def test_concurrent_bodies_with_one_key_make_one_meeting_and_the_others_are_refused(
    endpoint: UploadClient, sound: bytes, tmp_path: Path
) -> None:
    other = make_recording(tmp_path / "other", "mp3").read_bytes()
    answers = await asyncio.gather(*[send(endpoint, one) for one in (sound, other) * 3])
    taken = {answer.json()["id"] for answer in answers if answer.status_code == 202}
    assert {answer.status_code for answer in answers} == {202, 409}
    assert len(taken) == 1
    assert endpoint.files == {endpoint.services.store.meetings.get(taken.pop()).recording_key}


async def test_a_key_from_an_earlier_release_is_answered_without_reading_the_body(
    endpoint: UploadClient, sound: bytes, sqlite_engine: Engine
) -> None:
    first = await send(endpoint, sound)
    with sqlite_engine.begin() as connection:
        connection.execute(text("UPDATE meeting SET upload_fingerprint = NULL"))
    body = Body(3 * MIB, body_of(("file", sound), end=b"")[0])
    again = await endpoint.client.post(UPLOAD, content=body, headers={**KEYED, **body_of()[1]})
    assert (again.status_code, again.json()) == (202, first.json())
    assert body.given == 0


async def test_a_key_is_free_again_once_its_meeting_is_deleted(endpoint: UploadClient, sound: bytes) -> None:
    first = await send(endpoint, sound, **SAID)
    endpoint.services.store.meetings.mark_deleted(first.json()["id"])
    again = await send(endpoint, sound, title="另一個會")
    assert again.status_code == 202
    assert again.json()["id"] != first.json()["id"]


async def test_concurrent_uploads_with_one_key_make_one_meeting_and_one_file(
    endpoint: UploadClient, sound: bytes
) -> None:
    async def send() -> str:
        answer = await endpoint.client.post(
            UPLOAD, files={"file": ("a.wav", sound)}, headers={"Idempotency-Key": "the same"}
        )
        assert answer.status_code == 202
        return str(answer.json()["id"])

    ids = await asyncio.gather(*[send() for _ in range(6)])
    assert len(set(ids)) == 1
    assert endpoint.files == {endpoint.services.store.meetings.get(ids[0]).recording_key}


@pytest.mark.parametrize("key", ["x" * 256, "tab\there", "", "   "])
async def test_an_invalid_key_is_refused_by_name(key: str, endpoint: UploadClient, sound: bytes) -> None:
    answer = await endpoint.client.post(UPLOAD, files={"file": ("a.wav", sound)}, headers={"Idempotency-Key": key})
    assert problem_of(answer) == (422, "invalid_request")
    assert answer.json()["field"] == "Idempotency-Key"


async def test_an_upload_with_two_keys_is_refused(endpoint: UploadClient, sound: bytes) -> None:
    headers = [("Idempotency-Key", "one"), ("Idempotency-Key", "two")]
    answer = await endpoint.client.post(UPLOAD, files={"file": ("a.wav", sound)}, headers=headers)
    assert problem_of(answer) == (422, "invalid_request")


async def test_a_queue_that_fails_does_not_fail_the_upload(
    tmp_path: Path, sqlite_store: Database, sound: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(meeting: object) -> None:
        raise ConnectionRefusedError

    async with upload_client(tmp_path, sqlite_store, wake=fail) as endpoint:
        answer = await endpoint.client.post(UPLOAD, files={"file": ("a.wav", sound)})
    assert answer.status_code == 202
    assert "a notification of a committed change failed" in caplog.text


async def test_a_hanging_queue_does_not_delay_uploads(tmp_path: Path, sqlite_store: Database, sound: bytes) -> None:
    called, released = threading.Event(), threading.Event()

    def hang(meeting: object) -> None:
        called.set()
        released.wait(30)

    async with upload_client(tmp_path, sqlite_store, wake=hang) as endpoint:
        upload = asyncio.create_task(endpoint.client.post(UPLOAD, files={"file": ("a.wav", sound)}))
        assert await asyncio.to_thread(called.wait, 30)
        other = await endpoint.client.options("/api/uploads/")
        released.set()
        assert other.status_code == 204
        assert (await upload).status_code == 202


async def test_a_failing_database_loses_no_recording(
    endpoint: UploadClient, sound: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is unknown whether the row was written. If not, the sweep removes the file a day later."""

    def fail(*_: Any) -> None:
        raise OperationalError("insert", {}, Exception("connection lost"))

    monkeypatch.setattr(Meetings, "create", fail)
    answer = await endpoint.client.post(UPLOAD, files={"file": ("a.wav", sound)})
    assert problem_of(answer) == (503, "database_busy")
    assert len(endpoint.files) == 1


async def test_a_forbidden_upload_leaves_nothing(
    endpoint: UploadClient, sound: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access, "may", lambda *_: False)
    answer = await endpoint.client.post(UPLOAD, files={"file": ("a.wav", sound)})
    assert problem_of(answer) == (403, "not_allowed")
    assert endpoint.files == set()


class Spoken:
    """A request with a scripted body."""

    def __init__(self, *chunks: bytes, then: float = 0.0) -> None:
        self._chunks, self._then = chunks, then

    async def stream(self) -> AsyncIterator[bytes]:
        for chunk in self._chunks:
            yield chunk
        await asyncio.sleep(self._then)


async def test_a_stalled_upload_is_ended_after_its_bytes_were_read() -> None:
    came: list[bytes] = []

    async def read() -> None:
        async for piece in pieces(Spoken(b"a" * MIB, b"b", then=60), stall_seconds=0.05):  # type: ignore[arg-type]
            came.append(bytes(piece))

    with pytest.raises(Exception, match="invalid_request") as stalled:
        await read()
    assert getattr(stalled.value, "status", None) == 408
    assert came == [b"a" * MIB, b"b"]


class Collected:
    """A writer that keeps the bytes in memory."""

    def __init__(self) -> None:
        self.data = bytearray()

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.data += data


PIECES_OF_BOUNDARY = [b"\r", b"\n", b"-", b"--", b"\r\n", b"\r\n--", b"\r\n--b", b"\r\n--bo", b"--bound", b"\0", b"x"]


@settings(max_examples=200, deadline=None)
@given(
    parts=st.lists(st.sampled_from(PIECES_OF_BOUNDARY) | st.binary(max_size=20), max_size=30),
    cuts=st.lists(st.integers(0, 1000), max_size=30),
)
def test_the_file_is_the_same_for_any_chunking_of_the_body(parts: list[bytes], cuts: list[int]) -> None:
    content = b"".join(parts).replace(b"\r\n--boundary", b"")
    body = (
        b'--boundary\r\nContent-Disposition: form-data; name="title"\r\n\r\nT\r\n'
        b'--boundary\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n' + content + b"\r\n"
        b'--boundary\r\nContent-Disposition: form-data; name="priority"\r\n\r\nhigh\r\n--boundary--\r\n'
    )
    writer = Collected()
    upload = MultipartUpload("multipart/form-data; boundary=boundary", writer)
    edges = [0, *sorted(cut for cut in cuts if cut < len(body)), len(body)]
    for start, end in itertools.pairwise(edges):
        upload.feed(body[start:end])
    assert upload.end() == "a"
    assert bytes(writer.data) == content
    assert upload.fields == {"title": "T", "priority": "high"}
