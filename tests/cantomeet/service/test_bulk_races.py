"""A bulk action while workers process the meetings: it is applied to or refused for each, and none is lost."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from cantomeet.access import LOCAL_OWNER
from cantomeet.bulk import Act, Refusal
from cantomeet.errors import LeaseLost
from cantomeet.lifecycle import MeetingStatus
from cantomeet.listing import MeetingFilter
from cantomeet.models import Meeting
from cantomeet.service import Services, bulk
from cantomeet.settings import Settings
from cantomeet.storage import FolderStorage
from cantomeet.store import Database, NewAttempt, NewSummary
from cantomeet.submission import Submission
from tests import meetings

MANY = 30


@pytest.fixture
def services(store: Database, tmp_path: Path) -> Services:
    settings = Settings(_env_file=None, CANTOMEET_DATA_DIR=str(tmp_path))
    return Services(settings, store, FolderStorage(tmp_path / "r", max_bytes=1000), wake=lambda meeting: None)


def work(store: Database, ids: list[str], begun: threading.Event) -> None:
    """Act as a worker: lease, transcribe and summarize each meeting as far as possible."""
    for meeting_id in ids:
        begun.set()
        try:
            leased = store.pipeline.take_lease(meeting_id, 60)
            if leased is None:
                continue
            leased = store.pipeline.commit_working(leased.id, leased.job.run, status=MeetingStatus.TRANSCRIBING)
            tried = NewAttempt("check", store.now())
            store.pipeline.finish_transcript(
                leased.id, leased.job.run, meetings.segments(meetings.LINES), replace=True, tried=tried
            )
            leased = store.pipeline.take_lease(meeting_id, 60)
            if leased is not None:
                store.pipeline.finish_summary(leased.id, leased.job.run, NewSummary("none", "en", []), tried=tried)
        except LeaseLost:
            continue


@pytest.mark.parametrize("act", [Act.CANCEL, Act.DELETE, Act.RUN_NOW])
def test_each_meeting_is_changed_or_refused_while_a_worker_runs(services: Services, act: Act) -> None:
    store = services.store
    ids = [meetings.uploaded(store).id for _ in range(MANY)]
    planned = bulk.plan_for_filter(services, LOCAL_OWNER, act, MeetingFilter())
    begun = threading.Event()
    # In the opposite order, so that both meet in the middle.
    worker = threading.Thread(target=work, args=(store, ids[::-1], begun))
    worker.start()
    begun.wait()
    outcome = bulk.carry_out(services, LOCAL_OWNER, planned)
    worker.join()
    assert outcome.done + outcome.refused.total() == MANY
    left = {meeting.id: meeting for meeting in store.meetings.get_some(ids)}
    if act is Act.DELETE:
        assert len(left) == MANY - outcome.done
        assert {meeting.status for meeting in left.values()} <= {MeetingStatus.COMPLETED}
    else:
        ended = {MeetingStatus.COMPLETED} | ({MeetingStatus.FAILED} if act is Act.CANCEL else set())
        # On a busy machine either may finish before the other writes.
        assert {meeting.status for meeting in left.values()} <= ended
        cancelled = [meeting for meeting in left.values() if meeting.error_code == "cancelled"]
        assert len(cancelled) == (outcome.done if act is Act.CANCEL else 0)


@pytest.mark.parametrize("act", [Act.CANCEL, Act.DELETE])
def test_a_meeting_sent_between_the_read_and_the_write_is_left_alone(
    services: Services, act: Act, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = services.store
    meeting = meetings.uploaded(store)
    planned = bulk.plan_for_ids(services, LOCAL_OWNER, act, [meeting.id])
    do = bulk._do

    def late(*arguments: Any) -> Meeting:
        leased = store.pipeline.take_lease(meeting.id, 60)
        if leased is not None:
            store.pipeline.commit_working(
                leased.id, leased.job.run, status="TRANSCRIBING", transcriber="speechmatics", submission=Submission("k")
            )
        return do(*arguments)

    monkeypatch.setattr(bulk, "_do", late)
    assert bulk.carry_out(services, LOCAL_OWNER, planned).refused == {Refusal.CHANGED: 1}
    assert store.meetings.get(meeting.id).status == MeetingStatus.TRANSCRIBING


def test_two_people_who_retry_the_same_meetings_at_once_start_each_once(services: Services) -> None:
    store = services.store
    ids = [meetings.failed(store).id for _ in range(MANY)]
    plans = [bulk.plan_for_ids(services, LOCAL_OWNER, Act.RETRY, ids) for _ in range(2)]
    done: list[int] = []
    people = [
        threading.Thread(target=lambda p=plan: done.append(bulk.carry_out(services, LOCAL_OWNER, p).done))
        for plan in plans
    ]
    for person in people:
        person.start()
    for person in people:
        person.join()
    assert sum(done) == MANY
    assert {meeting.status for meeting in store.meetings.get_some(ids)} == {MeetingStatus.UPLOADED}
