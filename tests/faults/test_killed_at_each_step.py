"""Faults 1 and 12: a worker killed before and after every call it makes, the provider a stand-in over HTTP."""

from __future__ import annotations

import os
import wave
from pathlib import Path

import pytest
from sqlalchemy import Engine

from cantomeet.lifecycle import MeetingStatus
from cantomeet.models import Meeting
from cantomeet.storage import FolderStorage
from cantomeet.store import Database
from standins.speechmatics.server import FakeSpeechmatics, JobPlan
from tests.conftest import new_meeting
from tests.faults import dying
from tests.meetings import key_of

STRIDE = 1 if os.environ.get("CANTOMEET_SOAK") else 5
"""An ordinary run tries one of this many moments."""


def uploaded(store: Database, folder: Path) -> Meeting:
    recordings = FolderStorage(folder, max_bytes=10**9, min_free_bytes=0)
    key = recordings.new_key()
    path = recordings.path(key)
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(b"\0\1" * 8000 * 3)
    return store.meetings.create(new_meeting(recording_key=key, duration_seconds=3.0, filename="a.wav"))[0]


def moments_of_a_whole_run(url: str, store: Database, folder: Path, fake: FakeSpeechmatics) -> list[str]:
    names: list[str] = []
    meeting = uploaded(store, folder)
    with dying.tools(url, folder, fake.url, names.append) as worker:
        dying.run_to_the_end(worker, meeting.id)
    assert store.meetings.get(meeting.id).status == MeetingStatus.COMPLETED
    return names


@pytest.mark.in_turn("engine")
@pytest.mark.timeout(900)
def test_a_worker_killed_at_any_moment_loses_no_meeting_and_pays_once(engine: Engine, tmp_path: Path) -> None:
    store = Database(engine)
    url = engine.url.render_as_string(hide_password=False)
    with FakeSpeechmatics(JobPlan(job_seconds=0.0)) as fake:
        names = moments_of_a_whole_run(url, store, tmp_path, fake)
        assert {"after submit", "before commit_step", "after save_raw", "before finish_summary"} <= set(names)
        submits = [number for number, name in enumerate(names, 1) if name in ("after submit", "before submit")]
        for number in sorted({*range(1, len(names) + 1, STRIDE), *submits}):
            meeting = uploaded(store, tmp_path)
            assert dying.in_a_process_of_its_own(url, tmp_path, fake.url, meeting.id, number) == -9
            expire_leases(engine)
            with dying.tools(url, tmp_path, fake.url) as worker:
                dying.run_to_the_end(worker, meeting.id)
            after = store.meetings.get(meeting.id)
            assert after.status == MeetingStatus.COMPLETED, f"killed {names[number - 1]}: {after.status_reason}"
            assert fake.paid[key_of(after)] == 1, f"killed {names[number - 1]}"
        assert set(fake.paid.values()) == {1}


def expire_leases(engine: Engine) -> None:
    """Let all leases expire now."""
    with engine.begin() as connection:
        gone = "UPDATE job SET lease_until = '2000-01-01 00:00:00' WHERE lease_until IS NOT NULL"
        connection.exec_driver_sql(gone)
