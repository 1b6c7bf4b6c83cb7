"""A person's retry of a meeting at a provider pays again only if that was confirmed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from cantomeet.errors import Conflict, ErrorCode
from cantomeet.lifecycle import MeetingStatus, Stage
from cantomeet.models import Meeting
from cantomeet.storage import Copy
from cantomeet.store import Database
from standins.speechmatics.server import FakeSpeechmatics, Fate, JobFault, JobPlan
from tests.recordings_factory import make_recording
from tests.worker.providers.speechmatics_recordings import client
from tests.worker.test_lost_submissions import Clock, LateHouse, to_its_end
from worker.providers.speechmatics.upload import MAX_BODY, takes

DONE = JobPlan(job_seconds=0.0)


@contextmanager
def at_the_provider(store: Database, folder: Path, plan: JobPlan) -> Iterator[tuple[LateHouse, FakeSpeechmatics]]:
    house = LateHouse(Clock(store), folder / "recordings")
    with FakeSpeechmatics(plan) as fake, client(fake.url) as provider:
        house.tools = replace(house.tools, remotes={"speechmatics": provider})
        yield house, fake


def failed(house: LateHouse) -> Meeting:
    meeting = to_its_end(house, house.upload().id)
    assert meeting.status == MeetingStatus.FAILED
    return meeting


@pytest.mark.parametrize(
    "fate",
    [
        Fate(gone_after=0.0, gone_status=404),
        Fate(gone_after=0.0, gone_status=410),
        Fate(becomes="expired"),
        Fate(becomes="deleted"),
    ],
    ids=lambda fate: f"{fate.becomes}-{fate.gone_status}",
)
def test_a_job_that_is_gone_needs_a_new_one_with_a_confirmed_cost(
    sqlite_store: Database, tmp_path: Path, fate: Fate
) -> None:
    with at_the_provider(sqlite_store, tmp_path, JobPlan(job_seconds=0.0, fates=[fate])) as (house, fake):
        meeting = failed(house)
        assert meeting.error_code == "provider_job_gone"
        fake.use(DONE)
        with pytest.raises(Conflict) as refused:
            house.store.meetings.retry(meeting.id)
        assert refused.value.code is ErrorCode.COST_NOT_CONFIRMED
        house.store.meetings.retry(meeting.id, confirm_cost=True)
        assert to_its_end(house, meeting.id).status == MeetingStatus.COMPLETED
        assert sorted(fake.paid.values()) == [1, 1]


def test_a_rejected_recording_is_sent_again_without_asking(sqlite_store: Database, tmp_path: Path) -> None:
    with at_the_provider(sqlite_store, tmp_path, JobPlan(job_seconds=0.0, fates=[Fate(becomes="rejected")])) as (
        h,
        fake,
    ):
        meeting = failed(h)
        assert meeting.error_code == "provider_rejected"
        assert "could not be decoded" in (meeting.status_reason or "")
        fake.use(DONE)
        h.store.meetings.retry(meeting.id)
        assert to_its_end(h, meeting.id).status == MeetingStatus.COMPLETED


@pytest.mark.parametrize("asked", ["list", "check", "fetch"])
def test_a_refused_poll_is_no_rejected_recording_and_a_retry_pays_nothing(
    sqlite_store: Database, tmp_path: Path, asked: str
) -> None:
    lost = [JobFault(on="submit", do="drop", after=True, times=1)] if asked == "list" else []
    plan = JobPlan(job_seconds=0.0, faults=[*lost, JobFault(on=asked, do="status", status=400, times=1)])
    with at_the_provider(sqlite_store, tmp_path, plan) as (house, fake):
        meeting = failed(house)
        assert meeting.error_code == "provider_bad_answer"
        house.store.meetings.retry(meeting.id)
        assert to_its_end(house, meeting.id).status == MeetingStatus.COMPLETED
        assert list(fake.paid.values()) == [1]


def test_a_retry_of_a_job_that_was_given_up_polls_it_again(sqlite_store: Database, tmp_path: Path) -> None:
    with at_the_provider(sqlite_store, tmp_path, JobPlan(job_seconds=3600.0)) as (house, fake):
        meeting = house.upload()
        for _ in range(2):
            house.step(meeting.id)
        house.clock.ahead = timedelta(hours=25)
        after = to_its_end(house, meeting.id)
        assert (after.status, after.error_code) == (MeetingStatus.FAILED, "stuck")
        house.store.meetings.retry(meeting.id)
        assert house.step(meeting.id).status == MeetingStatus.TRANSCRIBING
        assert list(fake.paid.values()) == [1]


def test_only_the_summary_again_asks_the_provider_nothing(sqlite_store: Database, tmp_path: Path) -> None:
    with at_the_provider(sqlite_store, tmp_path, DONE) as (house, fake):
        meeting = to_its_end(house, house.upload().id)
        asked = len(fake.requests())
        house.store.meetings.retry(meeting.id, "summarize")
        assert to_its_end(house, meeting.id).status == MeetingStatus.COMPLETED
        assert len(fake.requests()) == asked
        versions = house.store.summaries.find(meeting.id)
        assert versions is not None
        assert versions.summary.version == 2


def test_a_retry_of_what_is_running_is_a_conflict(sqlite_store: Database, tmp_path: Path) -> None:
    with at_the_provider(sqlite_store, tmp_path, JobPlan(job_seconds=3600.0)) as (house, _):
        meeting = house.upload()
        house.step(meeting.id)
        for start in ("failed", "transcribe", "summarize"):
            with pytest.raises(Conflict):
                house.store.meetings.retry(meeting.id, start, confirm_cost=True)


@pytest.mark.parametrize("kind", ["webm", "mov", "mkv", "asf", "webm-live"])
def test_a_recording_that_the_provider_does_not_accept_is_converted(
    sqlite_store: Database, tmp_path: Path, kind: str
) -> None:
    with at_the_provider(sqlite_store, tmp_path, DONE) as (house, fake):
        meeting = house.upload()
        source = house.tools.recordings.path(meeting.recording_key)
        source.unlink()
        make_recording(source, kind, 2.0)
        assert not takes(source)
        copy = house.tools.recordings.path(meeting.recording_key, Copy.SENT)
        for _ in range(3):
            house.step(meeting.id)
            if house.store.meetings.get(meeting.id).stage == Stage.SUBMITTED:
                break
        assert copy.exists(), "until there is a transcript it may have to be sent again"
        assert to_its_end(house, meeting.id).status == MeetingStatus.COMPLETED
        assert not copy.exists()
        accepted = next(line for line in fake.log if line["event"] == "accepted")
        assert accepted["data_name"].endswith(".ogg")
        assert accepted["seconds"] == pytest.approx(2.0, abs=0.2)


def test_a_recording_too_large_for_the_provider_is_sent_smaller(tmp_path: Path) -> None:
    recording = make_recording(tmp_path / "x", "wav", 1.0)
    assert takes(recording)
    with recording.open("r+b") as file:
        file.truncate(MAX_BODY - 1000)
    assert not takes(recording)
