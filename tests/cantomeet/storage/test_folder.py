"""Recordings in a folder are stored atomically, under keys that the server makes."""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from collections import namedtuple
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cantomeet.errors import CantoMeetError, ErrorCode, NotFound, RecordingRefused, StorageFull
from cantomeet.storage import Copy, FolderStorage
from tests.cantomeet.media.test_media import files_limited_to
from tests.recordings_factory import make_recording

MIB = 1024 * 1024
DAY = 24 * 60 * 60.0


@pytest.fixture(scope="session")
def sound(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return make_recording(tmp_path_factory.mktemp("sound") / "a", "wav").read_bytes()


@pytest.fixture
def recordings(tmp_path: Path) -> FolderStorage:
    return FolderStorage(tmp_path / "recordings", max_bytes=2 * MIB, min_free_bytes=0)


def files_in(recordings: FolderStorage) -> set[str]:
    return {path.name for path in recordings.root.rglob("*") if path.is_file()}


def refused_with(error: CantoMeetError) -> tuple[int | None, ErrorCode]:
    return getattr(error, "status", None), error.code


def test_a_recording_is_stored_whole_under_its_key_with_its_hash(recordings: FolderStorage, sound: bytes) -> None:
    with recordings.receive() as writer:
        writer.write(sound[:1000])
        assert files_in(recordings) == {f"{writer.key}.part"}
        writer.write(sound[1000:])
        stored = writer.finish()
    assert files_in(recordings) == {stored.key}
    assert recordings.path(stored.key) == recordings.root / stored.key[:2] / stored.key
    assert recordings.path(stored.key).read_bytes() == sound
    assert (stored.bytes, stored.sha256) == (len(sound), hashlib.sha256(sound).hexdigest())
    assert stored.probe.format == "wav"
    assert recordings.stored(stored.key) == stored


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cuts=st.lists(st.tuples(st.integers(0, 64_000), st.booleans()), max_size=8))
def test_a_recording_is_the_same_in_any_pieces(
    cuts: list[tuple[int, bool]], recordings: FolderStorage, sound: bytes
) -> None:
    """In pieces of any size, after any of which another process may continue."""
    writer, at = recordings.receive(), 0
    for cut, interrupted in sorted(cuts):
        writer.write(sound[at:cut])
        at = max(at, min(cut, len(sound)))
        if interrupted:
            writer.leave()
            assert recordings.received_bytes(writer.key) == at
            writer = recordings.receive(writer.key)
            assert writer.size == at
    writer.write(sound[at:])
    stored = writer.finish()
    assert (stored.bytes, stored.sha256) == (len(sound), hashlib.sha256(sound).hexdigest())


def test_the_largest_recording_is_accepted_and_one_byte_more_is_refused(tmp_path: Path, sound: bytes) -> None:
    exact = FolderStorage(tmp_path, max_bytes=len(sound), min_free_bytes=0)
    with exact.receive() as writer:
        writer.write(sound)
        with pytest.raises(RecordingRefused) as refused:
            writer.write(b"x")
        assert refused_with(refused.value) == (413, ErrorCode.TOO_LARGE)
        assert writer.finish().bytes == len(sound)


def test_too_many_bytes_are_refused_before_they_are_written(recordings: FolderStorage) -> None:
    with recordings.receive() as writer:
        with pytest.raises(RecordingRefused) as refused:
            writer.write(bytes(2 * MIB + 1))
        assert refused.value.params == {"limit_mb": 2}
        assert recordings.received_bytes(writer.key) == 0
    assert files_in(recordings) == set()


def test_no_bytes_are_no_recording(recordings: FolderStorage) -> None:
    with recordings.receive() as writer, pytest.raises(RecordingRefused) as refused:
        writer.finish()
    assert refused_with(refused.value) == (400, ErrorCode.EMPTY_UPLOAD)
    assert files_in(recordings) == set()


@pytest.mark.parametrize("size", [1000, 10_000])
def test_a_file_that_is_no_recording_is_not_kept(size: int, recordings: FolderStorage) -> None:
    def receive() -> None:
        with recordings.receive() as writer:
            writer.write(b"PK\x03\x04" + bytes(size))
            writer.finish()

    with pytest.raises(RecordingRefused) as refused:
        receive()
    assert refused_with(refused.value) == (415, ErrorCode.NOT_A_RECORDING)
    assert refused.value.params["found"] == "archive"
    assert files_in(recordings) == set()


def test_a_large_file_of_another_kind_is_refused_at_its_first_bytes(recordings: FolderStorage) -> None:
    with recordings.receive() as writer, pytest.raises(RecordingRefused):
        writer.write(b"\x89PNG\r\n\x1a\n" + bytes(MIB))


def test_an_aborted_upload_leaves_nothing(recordings: FolderStorage, sound: bytes) -> None:
    with suppress(ConnectionResetError), recordings.receive() as writer:
        writer.write(sound)
        raise ConnectionResetError
    assert files_in(recordings) == set()


def test_a_full_disk_leaves_nothing_half_written(recordings: FolderStorage, sound: bytes) -> None:
    with files_limited_to(30_000), recordings.receive() as writer, pytest.raises(StorageFull) as full:
        writer.write(sound)
    assert full.value.status == 507
    assert files_in(recordings) == set()


def test_room_is_left_for_the_rest_of_the_machine(
    recordings: FolderStorage, sound: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10 * MIB, 9 * MIB, MIB))
    careful = FolderStorage(recordings.root, max_bytes=2 * MIB, min_free_bytes=MIB)
    careful.require_room(0)
    with pytest.raises(StorageFull):
        careful.require_room(1)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10 * MIB, 10 * MIB, 0))
    with careful.receive() as writer, pytest.raises(StorageFull):
        writer.write(sound)
    assert files_in(recordings) == set()


def test_aborting_twice_or_after_the_finish_changes_nothing(recordings: FolderStorage, sound: bytes) -> None:
    writer = recordings.receive()
    writer.write(sound)
    stored = writer.finish()
    writer.abort()
    writer.leave()
    assert files_in(recordings) == {stored.key}


@pytest.mark.parametrize(
    "key", ["", ".", "..", "../../etc/passwd", "a" * 31, "a" * 33, "A" * 32, "a" * 32 + "\n", "a/" * 16, "\0" * 32]
)
def test_only_keys_of_our_own_lead_to_files(key: str, recordings: FolderStorage) -> None:
    for reach in (recordings.path, recordings.delete, recordings.received_bytes, recordings.stored, recordings.receive):
        with pytest.raises(NotFound):
            reach(key)


def test_a_recording_is_read_in_part_and_lent_as_a_file(recordings: FolderStorage, sound: bytes) -> None:
    with recordings.receive() as writer:
        writer.write(sound)
        stored = writer.finish()
    assert recordings.size(stored.key) == len(sound)
    assert b"".join(recordings.read(stored.key, 10, 1000)) == sound[10:1000]
    assert b"".join(recordings.read(stored.key, 0, len(sound) + 5)) == sound
    with recordings.local(stored.key) as path:
        assert path.read_bytes() == sound


def test_a_copy_that_is_not_there_is_neither_read_nor_lent(recordings: FolderStorage) -> None:
    key = recordings.new_key()
    assert recordings.size(key, Copy.PLAYBACK) is None
    with pytest.raises(NotFound):
        recordings.read(key, 0, 1, Copy.PLAYBACK)
    with pytest.raises(NotFound), recordings.local(key, Copy.PLAYBACK):
        pass


def test_deleting_takes_everything_of_one_recording_and_may_be_repeated(
    recordings: FolderStorage, sound: bytes
) -> None:
    one, other = "ab" + "0" * 30, "ab" + "1" * 30
    for key in (one, other):
        with recordings.receive(key) as writer:
            writer.write(sound)
            writer.finish()
        recordings.path(key, Copy.DECODED).touch()
    recordings.delete(one)
    recordings.delete(one)
    recordings.delete("f" * 32)
    assert files_in(recordings) == {other, f"{other}.wav"}
    with pytest.raises(NotFound):
        recordings.stored(one)


def put(recordings: FolderStorage, key: str, *suffixes: str, age: float) -> None:
    for suffix in suffixes:
        path = recordings.path(key).with_name(f"{key}{suffix}")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        os.utime(path, (time.time() - age,) * 2)


def put_one_of_each(recordings: FolderStorage) -> set[str]:
    """Create recordings in every state, half of them abandoned. Returns the names that must stay."""
    put(recordings, "0" * 32, ".part", ".upload", age=2 * DAY)
    put(recordings, "1" * 32, ".part", age=60)
    put(recordings, "1" * 32, ".upload", age=2 * DAY)
    put(recordings, "2" * 32, "", ".wav", ".playback", age=2 * DAY)
    put(recordings, "3" * 32, "", ".playback", ".wav", ".ogg", ".wav.tmp", ".part", ".upload", age=2 * DAY)
    put(recordings, "4" * 32, "", age=60)
    put(recordings, "5" * 32, ".playback", age=2 * DAY)
    put(recordings, "6" * 32, "", age=2 * DAY)
    put(recordings, "6" * 32, ".wav.tmp", age=60)
    stray = recordings.root / "00" / "notes.txt"
    stray.touch()
    os.utime(stray, (0, 0))
    kept = {"1" * 32 + ".part", "1" * 32 + ".upload", "3" * 32, "3" * 32 + ".playback", "4" * 32}
    return kept | {"6" * 32, "6" * 32 + ".wav.tmp", "notes.txt"}


MEETINGS = {"3" * 32, "6" * 32}


def test_only_abandoned_files_are_swept(recordings: FolderStorage) -> None:
    kept = put_one_of_each(recordings)
    gone = len(files_in(recordings)) - len(kept)
    assert recordings.sweep(DAY, MEETINGS) == gone
    assert files_in(recordings) == kept
    assert recordings.sweep(DAY, MEETINGS) == 0


def test_sweeping_twice_at_once_is_safe(recordings: FolderStorage) -> None:
    kept = put_one_of_each(recordings)
    gone = len(files_in(recordings)) - len(kept)
    with ThreadPoolExecutor(4) as threads:
        counts = list(threads.map(lambda _: recordings.sweep(DAY, MEETINGS), range(8)))
    assert sum(counts) == gone
    assert files_in(recordings) == kept


def test_a_recording_whose_meeting_is_made_a_day_late_is_not_swept_before(
    recordings: FolderStorage, sound: bytes
) -> None:
    with recordings.receive() as writer:
        writer.write(sound)
        key = writer.finish().key
    put(recordings, key, "", ".upload", age=2 * DAY)
    recordings.stored(key)
    assert recordings.sweep(DAY, set()) == 0
    assert recordings.path(key).exists()


def test_a_file_that_a_transcriber_uses_is_not_swept(recordings: FolderStorage) -> None:
    key = "7" * 32
    put(recordings, key, "", ".wav", ".ogg", age=2 * DAY)
    with recordings.local(key, Copy.DECODED):
        pass
    assert recordings.sweep(DAY, {key}) == 0
    assert files_in(recordings) == {key, f"{key}.wav", f"{key}.ogg"}
    for _ in range(2):
        recordings.remove(key, Copy.SENT)
    assert files_in(recordings) == {key, f"{key}.wav"}


def test_sweeping_before_the_first_recording_finds_nothing(recordings: FolderStorage) -> None:
    assert recordings.sweep(DAY, set()) == 0
