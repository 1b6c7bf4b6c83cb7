"""After a deletion is complete, no byte of the meeting is left in the data folder."""

from __future__ import annotations

import base64
import json
import zlib
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from cantomeet.lifecycle import MeetingStatus
from standins.speechmatics.server import FakeSpeechmatics
from tests.faults.conftest import SECRET
from tests.meetings import periodic_tasks_are_due
from tests.running import Background, wait_for
from tests.sound import tone_bytes
from tests.upload_server import UploadServer

TITLE = "秘密收購鸚鵡螺計劃 🐚 Nautilus"
LINE = "我哋千祈唔好畀隔籬檔知道個底價係七百三十二萬"
NAME = "霍啟明經理"
FILENAME = "鸚鵡螺底價.wav"


def forms(text: str) -> set[bytes]:
    """The forms in which a text may occur in a file: plain, UTF-16, JSON-escaped, base64, and shortened."""
    escaped = json.dumps(text)[1:-1]
    every = {text.encode(), text.encode("utf-16-le"), text.encode("utf-16-be"), escaped.encode()}
    every |= {base64.b64encode(text.encode())[:-4], json.dumps(escaped)[1:-1].encode()}
    return {form[: max(12, len(form) // 2)] for form in every}


def found_in(folder: Path, texts: dict[str, str]) -> list[str]:
    """Which of `texts` occur in which file, in any form. Compressed jobs of Redis are unpacked."""
    found = []
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            content = _with_unpacked(path.read_bytes())
            found += [
                f"{name} in {path.relative_to(folder)}"
                for name, text in texts.items()
                if any(form in content for form in forms(text))
            ]
    return found


def _with_unpacked(content: bytes) -> bytes:
    unpacked = [content]
    start = content.find(b"\x78\x9c")
    while start >= 0:
        with suppress(zlib.error):
            unpacked.append(zlib.decompressobj().decompress(content[start:], 10**6))
        start = content.find(b"\x78\x9c", start + 1)
    return b"".join(unpacked)


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """SQLite only: PostgreSQL's files are not in the data folder."""
    return f"sqlite:///{tmp_path / 'cantomeet.db'}"


def a_meeting(web: UploadServer, key: str, title: str = TITLE, filename: str = FILENAME) -> str:
    answer = httpx.post(
        f"{web.url}/meetings/upload",
        data={"title": title, "description": title},
        files={"file": (filename, tone_bytes(40.0))},
        headers={"Idempotency-Key": f"key-of-{key}"},
    )
    answer.raise_for_status()
    return str(answer.json()["id"])


def edited(web: UploadServer, meeting_id: str) -> None:
    """Change a line, a speaker's name and the title, so that old database pages contain them too."""
    url = f"{web.url}/api/meetings/{meeting_id}"
    line = httpx.get(url).json()["segments"][0]
    for text in (LINE, LINE + "。"):
        changed = httpx.patch(
            f"{url}/segments/{line['id']}", json={"text": text}, headers={"If-Match": f'"{line["version"]}"'}
        )
        line = changed.raise_for_status().json()
    speaker = httpx.patch(f"{url}/speakers/{line['speaker_id']}", json={"name": NAME}, headers={"If-Match": '"1"'})
    speaker.raise_for_status()


@pytest.mark.timeout(300)
def test_a_deleted_meeting_is_nowhere_in_the_data_folder(
    side: Background, web: UploadServer, fake: FakeSpeechmatics
) -> None:
    side.start()
    kept, gone = a_meeting(web, "kept", "另一個會", "b.wav"), a_meeting(web, "gone")
    for meeting_id in (kept, gone):
        assert side.wait(meeting_id).status == MeetingStatus.COMPLETED
    edited(web, gone)
    meeting = side.store.meetings.get(gone)
    texts = {"id": gone, "title": TITLE, "line": LINE, "speaker": NAME, "filename": FILENAME}
    texts |= {
        "key": "key-of-gone",
        "recording": meeting.recording_key,
        "line's id": side.store.transcripts.shown(gone).segments[0].id,
    }
    before = {told.partition(" in ")[0] for told in found_in(side.folder, texts)}
    assert {"id", "title", "line", "filename"} <= before, "the test finds what is there"

    httpx.delete(f"{web.url}/api/meetings/{gone}").raise_for_status()
    left: list[list[str]] = [[]]

    def all_gone() -> bool:
        periodic_tasks_are_due(side.store)
        left[0] = found_in(side.folder, texts)
        return not left[0]

    try:
        wait_for(all_gone, "its last trace to go", 120)
    except AssertionError:
        pytest.fail(str(left[0]))
    assert side.store.meetings.get(kept).title == "另一個會"
    side.close()
    web.kill()
    assert found_in(side.folder, {**texts, "secret": SECRET}) == []
