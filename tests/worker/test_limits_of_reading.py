"""A recording that exceeds the limits fails with its reason. A failure of the machine is retried."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import psutil
import pytest

from cantomeet.errors import StepError
from cantomeet.lifecycle import MeetingStatus
from cantomeet.media import reading
from cantomeet.models import Meeting
from cantomeet.storage import FolderStorage
from cantomeet.store import Database
from tests import hostile
from tests.recordings_factory import make_recording
from tests.worker.test_pipeline import House
from worker.kinds.meeting import advance as advance_meeting
from worker.lease import Lease


class Usage(NamedTuple):
    free: int


def uploaded(house: House, content: bytes | None = None, kind: str = "wav") -> Meeting:
    """A meeting with this recording, or with one of 25 seconds, which is long enough for progress reports."""
    meeting = house.upload()
    path = house.tools.recordings.path(meeting.recording_key)
    if content is None:
        make_recording(path, kind, 25.0)
    else:
        path.write_bytes(content)
    return meeting


def made_of(house: House, meeting: Meeting) -> set[str]:
    """Suffixes of the copies of the recording."""
    path = house.tools.recordings.path(meeting.recording_key)
    return {found.name.removeprefix(path.name) for found in path.parent.iterdir()} - {""}


def failed(house: House, meeting: Meeting) -> Meeting:
    """Run a meeting until a step fails permanently."""
    with pytest.raises(StepError):
        house.run(meeting.id)
    return house.store.meetings.get(meeting.id)


def last_try(house: House, meeting: Meeting) -> str | None:
    """The error of the last try of a meeting that is retried."""
    waiting = house.store.meetings.get(meeting.id)
    assert waiting.status == MeetingStatus.TRANSCRIBING
    assert waiting.job.due_at is not None
    return house.store.meetings.attempts(meeting.id)[-1].error_code


def killing(times: int) -> Callable[[Lease], None]:
    killed = 0

    def check(_lease: Lease) -> None:
        nonlocal killed
        process = reading._server._process
        if killed < times and process is not None:
            killed += 1
            for child in psutil.Process(process.pid).children():
                child.kill()

    return check


def test_a_small_file_of_endless_work_fails_with_its_reason(house: House) -> None:
    meeting = failed(house, uploaded(house, hostile.endless_table(b"stsz", 50_000_000, 0)))
    assert (meeting.status, meeting.error_code) == (MeetingStatus.FAILED, "recording_unreadable")
    assert "more memory or time" in (meeting.status_reason or "")
    assert made_of(house, meeting) == set()


@pytest.mark.parametrize("transcriber", ["whisper", "speechmatics"])
def test_jumps_in_time_count_against_the_longest_recording(
    transcriber: str, sqlite_store: Database, tmp_path: Path
) -> None:
    house = House(sqlite_store, tmp_path / "recordings", transcriber)
    house.tools = replace(house.tools, longest_seconds=2 * 3600.0)
    meeting = failed(house, uploaded(house, hostile.time_jumps(100, 600.0)))
    assert (meeting.status, meeting.error_code) == (MeetingStatus.FAILED, "recording_too_long")
    assert "2 hours" in (meeting.status_reason or "")
    assert "CANTOMEET_MAX_HOURS" in (meeting.status_reason or "")
    assert made_of(house, meeting) == set()


def test_a_raised_limit_and_a_retry_go_on(house: House) -> None:
    limited = replace(house.tools, longest_seconds=20.0)
    meeting = uploaded(house)
    with pytest.raises(StepError):
        advance_meeting(limited, meeting.id)
    house.store.meetings.retry(meeting.id)
    assert house.run(meeting.id).status == MeetingStatus.COMPLETED


@pytest.mark.parametrize("kind", ["wav", "amr"])
def test_workers_keep_the_disk_reserve_free(kind: str, house: House, tmp_path: Path) -> None:
    meeting = uploaded(house, kind=kind)
    full = FolderStorage(house.tools.recordings.root, max_bytes=10**9, min_free_bytes=2**60)
    advance_meeting(replace(house.tools, recordings=full), meeting.id)
    assert last_try(house, meeting) == "disk_full"
    assert made_of(house, meeting) == set()
    assert house.run(meeting.id).status == MeetingStatus.COMPLETED


@pytest.mark.parametrize(("kind", "looks"), [("wav", 1), ("wav", 2), ("amr", 5)])
def test_writing_stops_before_it_touches_the_reserve(
    kind: str, looks: int, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk fills up after so many checks. AMR needs a playback copy, so the last checks are during its making."""
    meeting = uploaded(house, kind=kind)
    asked = 0

    def disk_usage(_path: Path) -> Usage:
        nonlocal asked
        asked += 1
        return Usage(0 if asked <= looks else -1)

    monkeypatch.setattr(shutil, "disk_usage", disk_usage)
    advance_meeting(house.tools, meeting.id)
    assert asked == looks + 1
    assert last_try(house, meeting) == "disk_full"
    assert made_of(house, meeting) <= {".wav"}
    monkeypatch.undo()
    assert house.run(meeting.id).status == MeetingStatus.COMPLETED


def test_a_killed_child_is_retried_and_its_meeting_completes(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    meeting = uploaded(house)
    monkeypatch.setattr(Lease, "check", killing(2))
    advance_meeting(house.tools, meeting.id)
    assert last_try(house, meeting) == "worker_died"
    assert house.run(meeting.id).status == MeetingStatus.COMPLETED


def test_a_meeting_whose_child_is_always_killed_fails_and_says_how_often(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    meeting = uploaded(house)
    monkeypatch.setattr(Lease, "check", killing(100))
    after = failed(house, meeting)
    assert (after.status, after.error_code) == (MeetingStatus.FAILED, "worker_died")
    assert "6 times" in (after.status_reason or "")
    assert made_of(house, meeting) == set()
