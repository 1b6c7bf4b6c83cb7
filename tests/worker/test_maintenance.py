"""The periodic tasks, each also run twice."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cantomeet.errors import Conflict, ErrorCode, NotFound, PermanentError, TransientError
from cantomeet.lifecycle import MeetingStatus, Stage
from cantomeet.models import Meeting
from cantomeet.store import Database
from cantomeet.submission import Submission
from tests import meetings
from tests.worker.jobs import delete_leftovers, run_task
from tests.worker.test_pipeline import House, Provider
from worker.kinds.meeting import advance as advance_meeting
from worker.providers import RemoteState


class Deleting(Provider):
    def __init__(self) -> None:
        super().__init__()
        self.deleted: list[str] = []
        self.error: TransientError | None = None

    def delete(self, job_id: str) -> None:
        if self.error:
            raise self.error
        self.deleted.append(job_id)


@pytest.fixture
def house(sqlite_store: Database, tmp_path: Path) -> House:
    house = House(sqlite_store, tmp_path / "recordings", "speechmatics")
    house.provider = Deleting()
    house.tools = replace(house.tools, remotes={"speechmatics": house.provider})
    return house


def later(house: House, **passed: float) -> House:
    """The same house with the database's clock advanced."""
    ahead = timedelta(**passed)
    real = house.store
    house.store = Database(real.engine, clock=lambda connection: real._connections.now(connection) + ahead)
    house.tools = replace(house.tools, store=house.store)
    return house


def deleted(house: House) -> list[str]:
    assert isinstance(house.provider, Deleting)
    return house.provider.deleted


def test_the_providers_copy_is_deleted_once_the_transcript_is_saved(house: House) -> None:
    house.run(house.upload().id)
    delete_leftovers(house.tools)
    delete_leftovers(house.tools)
    assert deleted(house) == ["job-1"]


def test_a_copy_stays_where_the_setting_says_so(house: House) -> None:
    house.tools = replace(house.tools, delete_at_provider=False)
    house.run(house.upload().id)
    delete_leftovers(house.tools)
    assert deleted(house) == []


def test_a_copy_that_could_not_be_deleted_is_tried_again_later(house: House) -> None:
    assert isinstance(house.provider, Deleting)
    house.provider.error = TransientError("503", code=ErrorCode.PROVIDER_BUSY)
    house.run(house.upload().id)
    delete_leftovers(house.tools)
    house.provider.error = None
    delete_leftovers(house.tools)
    assert deleted(house) == []
    delete_leftovers(later(house, hours=1).tools)
    assert deleted(house) == ["job-1"]


def test_a_provider_that_asks_to_wait_is_left_alone_for_so_long(house: House) -> None:
    assert isinstance(house.provider, Deleting)
    house.provider.error = TransientError("429", code=ErrorCode.PROVIDER_BUSY, retry_after=2 * 3600.0)
    house.run(house.upload().id)
    delete_leftovers(house.tools)
    house.provider.error = None
    delete_leftovers(later(house, hours=1).tools)
    assert deleted(house) == []
    delete_leftovers(later(house, hours=1).tools)
    assert deleted(house) == ["job-1"]


@pytest.mark.parametrize(("code", "gone"), [("provider_rejected", ["job-1"]), ("provider_key_refused", [])])
def test_a_useless_copy_is_deleted_and_one_that_can_still_be_fetched_is_kept(
    house: House, code: str, gone: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(job_id: str) -> RemoteState:
        raise PermanentError("no", code=ErrorCode(code), provider="test")

    monkeypatch.setattr(house.provider, "check", refuse)
    meeting = house.upload()
    with pytest.raises(PermanentError):
        house.run(meeting.id)
    delete_leftovers(house.tools)
    assert house.store.meetings.get(meeting.id).error_code == code
    assert deleted(house) == gone


def test_a_cancel_deletes_at_the_provider_and_a_retry_asks_for_the_cost(house: House) -> None:
    meeting = house.upload()
    while house.store.meetings.get(meeting.id).stage != Stage.SUBMITTED:
        house.step(meeting.id)
    house.store.meetings.cancel(meeting.id)
    delete_leftovers(house.tools)
    assert deleted(house) == ["job-1"]
    with pytest.raises(Exception, match="pays again") as refused:
        house.store.meetings.retry(meeting.id)
    assert refused.value.code is ErrorCode.COST_NOT_CONFIRMED  # type: ignore[attr-defined]
    assert house.store.meetings.retry(meeting.id, confirm_cost=True).submission is None


def test_an_abandoned_job_without_a_known_id_is_found_by_its_key(house: House) -> None:
    meeting = house.upload()
    house.step(meeting.id)
    lease = house.store.pipeline.take_lease(meeting.id, -1)
    assert lease is not None
    house.store.pipeline.commit_working(lease.id, lease.job.run, submission=Submission("sent"))
    house.provider.accepted_before_the_crash = "job-7"
    house.store.meetings.cancel(meeting.id)
    delete_leftovers(house.tools)
    assert deleted(house) == ["job-7"]


def cancelled_before_the_id(house: House) -> Meeting:
    """A meeting that was cancelled during its submission."""
    meeting = house.upload()
    house.step(meeting.id)
    lease = house.store.pipeline.take_lease(meeting.id, -1)
    assert lease is not None
    house.store.pipeline.commit_working(lease.id, lease.job.run, stage=Stage.PREPARED, submission=Submission("sent"))
    return house.store.meetings.cancel(meeting.id)


def test_a_search_for_a_copy_that_fails_half_way_continues_there(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    cancelled = cancelled_before_the_id(house)
    begun_at: list[datetime | None] = []
    ages: list[timedelta] = []
    reached = datetime(2026, 11, 25, tzinfo=UTC)

    def find(
        submit_key: str,
        age: Callable[[], timedelta] | None = None,
        *,
        before: datetime | None = None,
        on_page: Callable[[datetime], None] = lambda before: None,
    ) -> str | None:
        assert age is not None
        begun_at.append(before)
        ages.append(age())
        if before is not None:
            return "job-7"
        on_page(reached)
        raise TransientError("503", code=ErrorCode.PROVIDER_BUSY)

    monkeypatch.setattr(house.provider, "find", find)
    delete_leftovers(house.tools)
    delete_leftovers(later(house, minutes=2).tools)
    assert begun_at == [None, reached]
    assert timedelta() <= house.store.now() - timedelta(minutes=2) - cancelled.stage_since <= ages[1]
    assert deleted(house) == ["job-7"]


def test_failures_do_not_use_up_the_searches_for_a_copy(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    cancelled_before_the_id(house)
    answers = iter([None, *[TransientError("503", code=ErrorCode.PROVIDER_BUSY)] * 9, None, "job-7"])

    def find(submit_key: str, *_: object, **__: object) -> str | None:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(house.provider, "find", find)
    for _ in range(12):
        delete_leftovers(later(house, hours=1).tools)
    assert deleted(house) == ["job-7"]


def test_expired_recordings_are_removed_and_their_transcripts_kept(house: House) -> None:
    meeting = house.run(house.upload().id)
    kept = replace(later(house, days=31).tools, keep_audio_days=30)
    run_task(kept, "apply_retention")
    run_task(kept, "apply_retention")
    assert house.store.meetings.get(meeting.id).audio_removed
    assert not house.tools.recordings.path(meeting.recording_key).exists()
    assert house.store.transcripts.shown(meeting.id).segments
    with pytest.raises(Exception, match="removed"):
        house.store.meetings.retry(meeting.id, "transcribe", confirm_cost=True)


def test_a_meeting_whose_speakers_nobody_has_named_is_kept_no_longer_than_others(house: House) -> None:
    meeting = house.upload(name_speakers_first=True)
    while not house.step(meeting.id).waits_for_names:
        pass
    run_task(replace(later(house, days=31).tools, keep_audio_days=30), "apply_retention")
    assert house.store.meetings.get(meeting.id).audio_removed
    run_task(replace(house.tools, keep_meetings_days=30), "apply_retention")
    with pytest.raises(NotFound):
        house.store.meetings.get(meeting.id)


def test_expired_meetings_are_removed_and_younger_ones_kept(house: House) -> None:
    meeting = house.run(house.upload().id)
    run_task(replace(house.tools, keep_meetings_days=30), "apply_retention")
    assert house.store.meetings.get(meeting.id).id == meeting.id
    run_task(replace(later(house, days=31).tools, keep_meetings_days=30), "apply_retention")
    with pytest.raises(NotFound):
        house.store.meetings.get(meeting.id)


def test_a_meeting_that_a_person_retries_meanwhile_is_not_removed(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    meeting = house.run(house.upload().id)
    kept = replace(later(house, days=31).tools, keep_meetings_days=30)
    found = house.store.retention.expired_meetings

    def retried_after_the_look(days: int) -> list[Meeting]:
        expired = found(days)
        house.store.meetings.retry(meeting.id, "summarize")
        return expired

    monkeypatch.setattr(house.store.retention, "expired_meetings", retried_after_the_look)
    run_task(kept, "apply_retention")
    assert house.store.meetings.get(meeting.id).status == MeetingStatus.SUMMARIZING


def test_a_recording_whose_removal_was_interrupted_is_swept(house: House) -> None:
    meeting = house.run(house.upload().id)
    path = house.tools.recordings.path(meeting.recording_key)
    long_ago = time.time() - 2 * 24 * 3600
    os.utime(path, (long_ago, long_ago))
    run_task(house.tools, "sweep_recordings")
    assert path.exists()
    house.store.retention.mark_audio_removed(meeting.id)  # and the worker is killed before the file goes
    run_task(house.tools, "sweep_recordings")
    assert not path.exists()


def test_a_failed_meeting_without_a_recording_cannot_be_retried(house: House) -> None:
    meeting = house.upload()
    house.store.meetings.cancel(meeting.id)
    house.store.retention.mark_audio_removed(meeting.id)
    with pytest.raises(Conflict, match="removed"):
        house.store.meetings.retry(meeting.id)


def test_a_copy_that_was_to_stay_goes_with_its_meeting(house: House) -> None:
    house.tools = replace(house.tools, delete_at_provider=False)
    meeting = house.run(house.upload().id)
    house.store.meetings.mark_deleted(meeting.id)
    advance_meeting(house.tools, meeting.id)
    delete_leftovers(house.tools)
    assert deleted(house) == ["job-1"]


def test_nothing_is_removed_without_a_setting(house: House) -> None:
    meeting = house.run(house.upload().id)
    run_task(later(house, days=9999).tools, "apply_retention")
    assert house.store.meetings.get(meeting.id).audio_removed is False


def test_a_paused_queue_takes_no_step_and_a_resumed_one_goes_on(house: House) -> None:
    meeting = house.upload()
    meetings.index(house.store)
    house.store.switches.pause(True)
    assert house.store.pipeline.take_lease(meeting.id, 60) is None
    assert house.store.jobs.wake_due() == []
    assert house.store.switches.paused()
    house.store.switches.pause(False)
    assert house.store.pipeline.take_lease(meeting.id, 60) is not None
