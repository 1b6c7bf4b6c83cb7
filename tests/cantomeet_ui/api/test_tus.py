"""Resumable uploads, /api/uploads/."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import OperationalError

from cantomeet import access
from cantomeet.access import LOCAL_OWNER
from cantomeet.database import connect, migrate
from cantomeet.storage import FolderStorage
from cantomeet.storage.uploads import LockedFile
from cantomeet.store import Database
from cantomeet.store.meetings import Meetings
from cantomeet_ui.api import tus
from tests.cantomeet.media.test_media import files_limited_to
from tests.cantomeet_ui.api.uploading import MIB, TUS, UploadClient, upload_client, upload_metadata

UPLOADS = "/api/uploads/"


def refusal(answer: httpx.Response) -> tuple[int, str]:
    code = answer.headers["cantomeet-error-code"]
    if answer.request.method == "HEAD":
        assert answer.content == b""
    else:
        assert answer.json()["code"] == code
    return answer.status_code, code


def upload_file(storage: FolderStorage, upload_id: str) -> Path:
    return storage.root / upload_id[:2] / f"{upload_id}.upload"


def key_of(url: str) -> str:
    return url.rsplit("/", 1)[1]


async def test_the_endpoint_describes_its_extensions(endpoint: UploadClient) -> None:
    answer = await endpoint.client.options(UPLOADS)
    assert answer.status_code == 204
    assert answer.headers["tus-version"] == answer.headers["tus-resumable"] == "1.0.0"
    assert answer.headers["tus-extension"] == "creation,creation-with-upload,termination"
    assert answer.headers["tus-max-size"] == str(4 * MIB)


async def test_a_recording_in_pieces_becomes_a_meeting(endpoint: UploadClient, sound: bytes) -> None:
    url = await endpoint.begin(
        len(sound), filename="../十一月例會.wav", description="第一行", meeting_date="2026-11-23", priority="high"
    )
    assert (await endpoint.tus("HEAD", url)).headers["upload-offset"] == "0"
    for start in range(0, len(sound), 10_000):
        piece = sound[start : start + 10_000]
        answer = await endpoint.tus("PATCH", url, piece, Upload_Offset=str(start))
        assert answer.status_code == 204
        assert answer.headers["upload-offset"] == str(start + len(piece))
    meeting = endpoint.services.store.meetings.get(answer.headers["cantomeet-meeting-id"])
    assert endpoint.stored(meeting) == sound
    assert (meeting.title, meeting.filename, meeting.description) == ("十一月例會", "十一月例會.wav", "第一行")
    assert (str(meeting.meeting_date), meeting.priority) == ("2026-11-23", "high")
    assert (meeting.upload_id, meeting.recording_bytes) == (key_of(url), len(sound))
    assert endpoint.files == {meeting.recording_key}
    assert endpoint.woken == [meeting.id]


async def test_summary_options_come_from_the_metadata_or_else_the_settings(
    endpoint: UploadClient, sound: bytes
) -> None:
    wishes = {"summary_language": "en", "template": "board_minutes", "name_speakers_first": "true"}
    for metadata, expected in (
        (wishes, ("en", "board_minutes", True)),
        ({}, ("zh-Hant-HK", "general", False)),
    ):
        answer = await endpoint.tus("PATCH", await endpoint.begin(len(sound), **metadata), sound, Upload_Offset="0")
        meeting = endpoint.services.store.meetings.get(answer.headers["cantomeet-meeting-id"])
        assert (meeting.summary_language, meeting.template, meeting.name_speakers_first) == expected


async def test_a_template_deleted_during_an_upload_does_not_fail_it(endpoint: UploadClient, sound: bytes) -> None:
    template = endpoint.services.store.templates.add("甲", "", [{"title": "乙"}])
    url = await endpoint.begin(len(sound), template=template.id)
    endpoint.services.store.templates.delete(template.id)
    answer = await endpoint.tus("PATCH", url, sound, Upload_Offset="0")
    assert endpoint.services.store.meetings.get(answer.headers["cantomeet-meeting-id"]).template == template.id
    refused = await endpoint.tus(
        "POST", "/api/uploads/", Upload_Length="9", Upload_Metadata=upload_metadata(template=template.id)
    )
    assert refusal(refused) == (422, "invalid_request")


async def test_a_later_head_request_still_names_the_meeting_and_makes_no_other(
    endpoint: UploadClient, sound: bytes
) -> None:
    url = await endpoint.begin(len(sound))
    done = await endpoint.tus("PATCH", url, sound, Upload_Offset="0")
    for _ in range(2):
        seen = await endpoint.tus("HEAD", url)
        assert seen.status_code == 200
        assert seen.headers["upload-offset"] == seen.headers["upload-length"] == str(len(sound))
        assert seen.headers["cantomeet-meeting-id"] == done.headers["cantomeet-meeting-id"]
    assert len(endpoint.woken) == 1


async def test_the_creation_may_contain_the_bytes(endpoint: UploadClient, sound: bytes) -> None:
    half = len(sound) // 2
    made = await endpoint.tus("POST", UPLOADS, sound[:half], Upload_Length=str(len(sound)))
    assert (made.status_code, made.headers["upload-offset"]) == (201, str(half))
    done = await endpoint.tus("PATCH", made.headers["location"], sound[half:], Upload_Offset=str(half))
    assert endpoint.services.store.meetings.get(done.headers["cantomeet-meeting-id"])
    whole = await endpoint.tus("POST", UPLOADS, sound, Upload_Length=str(len(sound)))
    assert whole.status_code == 201
    assert endpoint.services.store.meetings.get(whole.headers["cantomeet-meeting-id"])


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({}, 400, "invalid_request"),
        ({"Upload_Defer_Length": "1"}, 400, "invalid_request"),
        ({"Upload_Length": "-1"}, 400, "invalid_request"),
        ({"Upload_Length": "1e3"}, 400, "invalid_request"),
        ({"Upload_Length": "٣"}, 400, "invalid_request"),
        ({"Upload_Length": "9" * 30}, 400, "invalid_request"),
        ({"Upload_Length": "0"}, 400, "empty_upload"),
        ({"Upload_Length": str(4 * MIB + 1)}, 413, "too_large"),
        ({"Upload_Length": "9", "Upload_Metadata": "filename not-base64!"}, 400, "invalid_request"),
        ({"Upload_Length": "9", "Upload_Metadata": "filename YQ"}, 400, "invalid_request"),
        ({"Upload_Length": "9", "Upload_Metadata": "filename /w=="}, 400, "invalid_request"),
        ({"Upload_Length": "9", "Upload_Metadata": "a YQ==,a YQ=="}, 400, "invalid_request"),
        ({"Upload_Length": "9", "Upload_Metadata": "a " + "YWFh" * 20_000}, 400, "invalid_request"),
        ({"Upload_Length": "9", "Upload_Metadata": upload_metadata(priority="urgent")}, 422, "invalid_request"),
        ({"Upload_Length": "9", "Upload_Metadata": upload_metadata(meeting_date="soon")}, 422, "invalid_request"),
    ],
)
async def test_an_invalid_creation_is_refused(
    headers: dict[str, str], status: int, code: str, endpoint: UploadClient
) -> None:
    encoded = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    answer = await endpoint.client.post(UPLOADS, headers=[*encoded, (b"Tus-Resumable", b"1.0.0")])
    assert refusal(answer) == (status, code)
    assert endpoint.files == set()


async def test_metadata_may_be_empty_without_values_or_unknown(endpoint: UploadClient) -> None:
    for header in ("", "is_confidential", "filename  , x YQ==", upload_metadata(filename="", filetype="audio/wav")):
        made = await endpoint.tus("POST", UPLOADS, Upload_Length="9", Upload_Metadata=header)
        assert made.status_code == 201


@given(st.dictionaries(st.text("abcxyz_", min_size=1), st.text(max_size=50), max_size=6))
def test_metadata_is_returned_as_sent(values: dict[str, str]) -> None:
    from cantomeet_ui.api.tus_metadata import read_metadata

    encodable = {name: value.encode("utf-8", "ignore").decode() for name, value in values.items()}
    assert read_metadata(upload_metadata(**encodable)) == encodable


async def test_another_version_of_the_protocol_is_refused(endpoint: UploadClient) -> None:
    for headers in ({}, {"Tus-Resumable": "0.2.2"}):
        answer = await endpoint.client.post(UPLOADS, headers={**headers, "Upload-Length": "9"})
        assert answer.status_code == 412
        assert answer.headers["tus-version"] == "1.0.0"


async def test_an_unknown_upload_is_not_found(endpoint: UploadClient) -> None:
    for url in (UPLOADS + "0" * 32, UPLOADS + "..%2f..%2fetc%2fpasswd", UPLOADS + "x"):
        for method, content in (("HEAD", None), ("PATCH", b"x"), ("DELETE", None)):
            answer = await endpoint.tus(method, url, content, Upload_Offset="0")
            assert answer.status_code == 404


async def test_bytes_at_a_wrong_offset_are_refused_and_change_nothing(endpoint: UploadClient, sound: bytes) -> None:
    url = await endpoint.begin(len(sound))
    await endpoint.tus("PATCH", url, sound[:1000], Upload_Offset="0")
    for offset in ("0", "999", "1001", str(len(sound))):
        assert refusal(await endpoint.tus("PATCH", url, b"x", Upload_Offset=offset)) == (409, "conflict")
    assert refusal(await endpoint.tus("PATCH", url, b"x", Upload_Offset="one")) == (400, "invalid_request")
    assert refusal(await endpoint.tus("PATCH", url, b"x")) == (400, "invalid_request")
    unnamed = await endpoint.client.patch(url, content=b"x", headers={**TUS, "Upload-Offset": "1000"})
    assert refusal(unnamed) == (415, "invalid_request")
    assert (await endpoint.tus("HEAD", url)).headers["upload-offset"] == "1000"


async def test_more_bytes_than_announced_are_refused_and_not_written(endpoint: UploadClient, sound: bytes) -> None:
    async def unannounced() -> AsyncIterator[bytes]:
        yield sound
        yield b"x"

    url = await endpoint.begin(len(sound))
    for content in (sound + b"x", unannounced()):
        answer = await endpoint.tus("PATCH", url, content, Upload_Offset="0")
        assert refusal(answer) == (413, "invalid_request")
        assert (await endpoint.tus("HEAD", url)).headers["upload-offset"] == "0"
    assert (await endpoint.tus("PATCH", url, sound, Upload_Offset="0")).status_code == 204


async def test_an_upload_that_is_no_recording_is_refused_at_its_end_and_removed(endpoint: UploadClient) -> None:
    content = b"RIFF" + bytes(5000)
    url = await endpoint.begin(len(content), filename="meeting.wav")
    answer = await endpoint.tus("PATCH", url, content, Upload_Offset="0")
    assert refusal(answer) == (415, "not_a_recording")
    assert answer.json()["found"] == "unknown"
    assert endpoint.files == set()
    assert refusal(await endpoint.tus("HEAD", url)) == (404, "not_found")


async def test_an_upload_of_another_known_kind_is_refused_at_its_first_bytes(endpoint: UploadClient) -> None:
    url = await endpoint.begin(3 * MIB)
    answer = await endpoint.tus("PATCH", url, b"PK\x03\x04" + bytes(9000), Upload_Offset="0")
    assert (refusal(answer), answer.json()["found"]) == ((415, "not_a_recording"), "archive")
    assert endpoint.files == set()


async def test_a_full_disk_is_answered_507_and_nothing_is_half_written(endpoint: UploadClient, sound: bytes) -> None:
    url = await endpoint.begin(len(sound))
    with files_limited_to(40_000):
        answer = await endpoint.tus("PATCH", url, sound, Upload_Offset="0")
    assert refusal(answer) == (507, "storage_full")
    assert endpoint.files == set()


async def test_an_upload_without_disk_space_is_refused_before_it_begins(
    endpoint: UploadClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(endpoint.services.recordings, "_min_free", 2**60)
    answer = await endpoint.tus("POST", UPLOADS, Upload_Length="1000")
    assert refusal(answer) == (507, "storage_full")
    assert endpoint.files == set()


async def test_deleting_an_upload_removes_it(endpoint: UploadClient, sound: bytes) -> None:
    url = await endpoint.begin(len(sound))
    await endpoint.tus("PATCH", url, sound[:1000], Upload_Offset="0")
    assert (await endpoint.tus("DELETE", url)).status_code == 204
    assert endpoint.files == set()
    assert refusal(await endpoint.tus("DELETE", url)) == (404, "not_found")


async def test_deleting_a_finished_upload_keeps_the_meeting(endpoint: UploadClient, sound: bytes) -> None:
    url = await endpoint.begin(len(sound))
    done = await endpoint.tus("PATCH", url, sound, Upload_Offset="0")
    assert refusal(await endpoint.tus("DELETE", url)) == (409, "conflict")
    assert endpoint.stored(endpoint.services.store.meetings.get(done.headers["cantomeet-meeting-id"])) == sound


async def test_a_second_request_is_told_that_the_upload_is_busy(endpoint: UploadClient, sound: bytes) -> None:
    url = await endpoint.begin(len(sound))
    first_is_in, first_may_go_on = asyncio.Event(), asyncio.Event()

    async def slowly() -> AsyncIterator[bytes]:
        yield sound[:1000]
        first_is_in.set()
        await first_may_go_on.wait()
        yield sound[1000:]

    first = asyncio.create_task(endpoint.tus("PATCH", url, slowly(), Upload_Offset="0"))
    await first_is_in.wait()
    for method, content in (("HEAD", None), ("PATCH", b"x")):
        assert refusal(await endpoint.tus(method, url, content, Upload_Offset="0")) == (423, "upload_busy")
    first_may_go_on.set()
    done = await first
    assert (await endpoint.tus("HEAD", url)).headers["cantomeet-meeting-id"] == done.headers["cantomeet-meeting-id"]
    assert len(endpoint.woken) == 1


async def test_requests_that_wait_for_an_upload_do_not_block_others(
    endpoint: UploadClient, sound: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tus, "_CANCEL_SECONDS", 3600.0)
    # Fewer threads than requests: a request that waited in a thread would block others.
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(2))
    url, other = await endpoint.begin(len(sound)), await endpoint.begin(len(sound))
    with endpoint.services.recordings.lock_upload(key_of(url)):
        ending = [asyncio.create_task(endpoint.tus("DELETE", url)) for _ in range(100)]
        done = await endpoint.tus("PATCH", other, sound, Upload_Offset="0")
        assert (done.status_code, [one for one in ending if one.done()]) == (204, [])
    answers = await asyncio.gather(*ending)
    assert sorted(answer.status_code for answer in answers) == [204, *[404] * 99]


def test_an_upload_has_one_lock_holder_at_a_time(tmp_path: Path) -> None:
    recordings = FolderStorage(tmp_path, MIB, min_free_bytes=0)
    upload = recordings.create_upload(10, {})
    with recordings.lock_upload(upload.id) as held:
        assert held.upload == upload
        with pytest.raises(Exception, match="another request"):
            recordings.lock_upload(upload.id)
    with recordings.lock_upload(upload.id) as held:
        held.forget()
    with pytest.raises(Exception, match="no such upload"):
        recordings.lock_upload(upload.id)


# What a server leaves behind if it dies at the worst moment. Servers are really killed in test_tus_killed.py.


async def left_with_all_bytes(endpoint: UploadClient, sound: bytes) -> str:
    """The server died between the last byte and the rename."""
    url = await endpoint.begin(len(sound), title="例會")
    writer = endpoint.services.recordings.receive(key_of(url))
    writer.write(sound)
    writer.leave()
    return url


async def left_renamed(endpoint: UploadClient, sound: bytes) -> str:
    """The server died between the rename and the insert."""
    url = await left_with_all_bytes(endpoint, sound)
    endpoint.services.recordings.receive(key_of(url)).finish()
    return url


async def left_inserted(endpoint: UploadClient, sound: bytes) -> str:
    """The server died between the insert and the answer."""
    url = await endpoint.begin(len(sound), title="例會")
    path = upload_file(endpoint.services.recordings, key_of(url))
    known = path.read_bytes()
    await endpoint.tus("PATCH", url, sound, Upload_Offset="0")
    path.write_bytes(known)
    return url


@pytest.mark.parametrize("left", [left_with_all_bytes, left_renamed, left_inserted])
@pytest.mark.parametrize("method", ["HEAD", "PATCH"])
async def test_an_upload_whose_server_died_at_its_end_is_finished_once(
    left: Any, method: str, endpoint: UploadClient, sound: bytes
) -> None:
    url = await left(endpoint, sound)
    if method == "HEAD":
        answers = await asyncio.gather(*[endpoint.tus("HEAD", url) for _ in range(4)])
        assert {answer.status_code for answer in answers} <= {200, 423}
    else:
        answer = await endpoint.tus("PATCH", url, b"", Upload_Offset=str(len(sound)))
        assert answer.headers["cantomeet-meeting-id"]
    meeting = endpoint.services.store.meetings.get((await endpoint.tus("HEAD", url)).headers["cantomeet-meeting-id"])
    assert (meeting.title, meeting.upload_id) == ("例會", key_of(url))
    assert endpoint.stored(meeting) == sound
    assert len(set(endpoint.woken)) == 1
    assert endpoint.files - {f"{key_of(url)}.upload"} == {meeting.recording_key}
    assert len(endpoint.services.store.retention.recording_keys()) == 1


@pytest.fixture
def finished_first(endpoint: UploadClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the next lock of the upload, another request finishes the upload."""
    really = FolderStorage.lock_upload

    def overtaken(storage: FolderStorage, upload_id: str) -> LockedFile:
        monkeypatch.setattr(FolderStorage, "lock_upload", really)
        tus._finish_or_report(endpoint.services, LOCAL_OWNER, upload_id)
        return really(storage, upload_id)

    monkeypatch.setattr(FolderStorage, "lock_upload", overtaken)


@pytest.mark.usefixtures("finished_first")
@pytest.mark.parametrize("left", [left_with_all_bytes, left_renamed, left_inserted])
@pytest.mark.parametrize(
    ("method", "sent", "offset", "status"),
    [
        ("HEAD", None, 0, 200),
        ("PATCH", b"", None, 204),
        ("PATCH", b"", 1000, 409),
        ("DELETE", None, 0, 409),
    ],
)
async def test_an_upload_finished_by_another_request_returns_its_meeting(
    method: str, sent: bytes | None, offset: int | None, status: int, left: Any, endpoint: UploadClient, sound: bytes
) -> None:
    url = await left(endpoint, sound)
    answer = await endpoint.tus(method, url, sent, Upload_Offset=str(len(sound) if offset is None else offset))
    assert answer.status_code == status
    meeting = endpoint.services.store.meetings.find_by_upload(key_of(url))
    assert meeting is not None
    if status < 300:
        assert answer.headers["cantomeet-meeting-id"] == meeting.id
    assert endpoint.stored(meeting) == sound
    assert len(endpoint.services.store.retention.recording_keys()) == 1


@pytest.mark.usefixtures("finished_first")
async def test_more_bytes_for_an_upload_finished_by_another_request_are_refused(
    endpoint: UploadClient, sound: bytes
) -> None:
    url = await left_renamed(endpoint, sound)
    answer = await endpoint.tus("PATCH", url, b"x", Upload_Offset=str(len(sound)))
    assert refusal(answer) == (409, "conflict")
    assert (await endpoint.tus("HEAD", url)).headers["upload-offset"] == str(len(sound))


async def test_deleting_an_upload_keeps_a_meeting_whose_process_died_before_removing_the_upload(
    endpoint: UploadClient, sound: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = await left_with_all_bytes(endpoint, sound)
    really = FolderStorage.lock_upload

    def overtaken(storage: FolderStorage, upload_id: str) -> LockedFile:
        monkeypatch.setattr(FolderStorage, "lock_upload", really)
        with pytest.MonkeyPatch.context() as dying:
            dying.setattr(LockedFile, "forget", lambda _: None)
            tus._finish_or_report(endpoint.services, LOCAL_OWNER, upload_id)
        return really(storage, upload_id)

    monkeypatch.setattr(FolderStorage, "lock_upload", overtaken)
    assert refusal(await endpoint.tus("DELETE", url)) == (409, "conflict")
    meeting = endpoint.services.store.meetings.find_by_upload(key_of(url))
    assert meeting is not None
    assert endpoint.stored(meeting) == sound


async def test_a_head_request_refuses_an_upload_that_is_no_recording(endpoint: UploadClient) -> None:
    url = await left_with_all_bytes(endpoint, b"RIFF" + bytes(5000))
    assert refusal(await endpoint.tus("HEAD", url)) == (415, "not_a_recording")
    assert endpoint.files == set()


async def test_after_a_database_failure_the_next_head_request_finishes_the_upload(
    endpoint: UploadClient, sound: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise OperationalError("insert", {}, Exception("connection lost"))

    url = await endpoint.begin(len(sound))
    with monkeypatch.context() as patched:
        patched.setattr(Meetings, "create", fail)
        assert (await endpoint.tus("PATCH", url, sound, Upload_Offset="0")).status_code == 503
        assert refusal(await endpoint.tus("HEAD", url)) == (423, "upload_busy")
    seen = await endpoint.tus("HEAD", url)
    assert endpoint.stored(endpoint.services.store.meetings.get(seen.headers["cantomeet-meeting-id"])) == sound


async def test_an_abandoned_upload_is_swept(endpoint: UploadClient, sound: bytes) -> None:
    url = await endpoint.begin(len(sound))
    await endpoint.tus("PATCH", url, sound[:1000], Upload_Offset="0")
    assert endpoint.services.recordings.sweep(60.0, set()) == 0
    assert endpoint.services.recordings.sweep(-60.0, set()) == 2
    assert refusal(await endpoint.tus("HEAD", url)) == (404, "not_found")


async def test_an_actor_without_the_right_to_upload_is_refused_everywhere(
    endpoint: UploadClient, sound: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = await endpoint.begin(len(sound))
    monkeypatch.setattr(access, "may", lambda *_: False)
    assert (await endpoint.tus("OPTIONS", UPLOADS)).status_code == 403
    assert (await endpoint.tus("POST", UPLOADS, Upload_Length="9")).status_code == 403
    for method, content in (("HEAD", None), ("PATCH", sound), ("DELETE", None)):
        assert refusal(await endpoint.tus(method, url, content, Upload_Offset="0")) == (403, "not_allowed")
    assert endpoint.files == {f"{key_of(url)}.upload"}


def test_the_metadata_file_of_an_upload_never_changes(tmp_path: Path) -> None:
    """The lock is on this file, so replacing the file would allow two holders."""
    recordings = FolderStorage(tmp_path, MIB, min_free_bytes=0)
    upload = recordings.create_upload(10, {"filename": "例會.wav"})
    known = json.loads(upload_file(recordings, upload.id).read_bytes())
    assert known == {"length": 10, "metadata": {"filename": "例會.wav"}}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.tuples(st.sampled_from(["send", "repeat", "skip", "look", "die"]), st.integers(1, 30_000))))
def test_the_recording_is_the_same_for_any_sequence_of_requests(
    steps: list[tuple[str, int]], tmp_path: Path, sound: bytes
) -> None:
    async def run() -> None:
        engine = connect(f"sqlite:///{tmp_path / 'meetings.db'}")
        migrate(engine)
        async with upload_client(tmp_path, Database(engine)) as endpoint:
            url, at = await endpoint.begin(len(sound)), 0
            for step, size in steps:
                if step == "send" and at < len(sound):
                    answer = await endpoint.tus("PATCH", url, sound[at : at + size], Upload_Offset=str(at))
                    at = int(answer.headers["upload-offset"])
                elif step in ("repeat", "skip"):
                    wrong = max(0, at - size) if step == "repeat" else at + size
                    answer = await endpoint.tus("PATCH", url, sound[wrong : wrong + size], Upload_Offset=str(wrong))
                    assert answer.status_code == 409 or wrong == at or at == len(sound)
                    at = int((await endpoint.tus("HEAD", url)).headers["upload-offset"])
                elif step == "die" and at < len(sound):
                    writer = endpoint.services.recordings.receive(key_of(url))
                    writer.write(sound[at : at + size])
                    writer.leave()
                    at = writer.size
                assert (await endpoint.tus("HEAD", url)).headers["upload-offset"] == str(at)
            if at < len(sound):
                await endpoint.tus("PATCH", url, sound[at:], Upload_Offset=str(at))
            seen = await endpoint.tus("HEAD", url)
            assert endpoint.stored(endpoint.services.store.meetings.get(seen.headers["cantomeet-meeting-id"])) == sound
        engine.dispose()

    asyncio.run(run())


def test_the_metadata_helper_encodes_as_clients_do() -> None:
    assert upload_metadata(a="例") == "a " + base64.b64encode("例".encode()).decode()
