"""The store on SQLite and on PostgreSQL."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine
from sqlmodel import SQLModel

from cantomeet.database import migrate
from cantomeet.errors import Conflict, ErrorCode, KeyReused, LeaseLost, NotFound, VersionConflict
from cantomeet.jobs import JobKind
from cantomeet.lifecycle import MeetingStatus, Stage
from cantomeet.models import Meeting, new_id
from cantomeet.reasons import reason_text
from cantomeet.store import WAKE_GRACE, WAKE_GRACE_LIMIT, Database, NewAttempt, NewSegment, NewSummary
from cantomeet.submission import Submission
from tests import meetings
from tests.conftest import new_meeting


def created(store: Database, **columns: object) -> Meeting:
    return store.meetings.create(new_meeting(**columns))[0]


def leased(store: Database, **columns: object) -> Meeting:
    meeting = store.pipeline.take_lease(created(store, **columns).id, 60)
    assert meeting is not None
    return store.pipeline.commit_working(meeting.id, meeting.job.run, status=MeetingStatus.TRANSCRIBING)


def tried(store: Database, step: str = "recognise") -> NewAttempt:
    return NewAttempt(step, store.now())


def line(start: float, text: str, speaker: str | None = None) -> NewSegment:
    return NewSegment(start, start + 1, text, text, [], speaker)


def transcribed(store: Database) -> Meeting:
    meeting = leased(store)
    lines = [line(0, "早晨", "S1"), line(2, "開會", "S2")]
    return store.pipeline.finish_transcript(meeting.id, meeting.job.run, lines, replace=False, tried=tried(store))


def completed(store: Database) -> Meeting:
    meeting = store.pipeline.take_lease(transcribed(store).id, 60)
    assert meeting is not None
    item = {"kind": "decision", "text": "開會", "evidence": []}
    summary = NewSummary("extractive", "zh-Hant-HK", [item], name="逐字摘錄")
    return store.pipeline.finish_summary(meeting.id, meeting.job.run, summary, tried=tried(store))


def test_the_migrations_make_the_tables_that_the_models_describe(engine: Engine) -> None:
    # Each database has its own kind of search index. SQLite's, and the tables that FTS5 makes, are no model's.
    options = {
        "include_object": lambda _item, name, *_: (
            not name.startswith("searchindex") and (name != "ix_searchentry_tokens" or engine.name == "postgresql")
        )
    }
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection, opts=options), SQLModel.metadata) == []


def test_a_heartbeat_that_comes_after_the_commit_does_not_take_the_meeting_again(store: Database) -> None:
    meeting = leased(store)
    store.pipeline.renew_lease(meeting.id, meeting.job.run, 60)
    store.pipeline.commit_step(meeting.id, meeting.job.run)
    for progress in (None, 50):
        with pytest.raises(LeaseLost):
            store.pipeline.renew_lease(meeting.id, meeting.job.run, 60, progress)
    assert store.pipeline.take_lease(meeting.id, 60) is not None, (
        "the next step need not wait for a lease that nobody has"
    )


def test_migrating_twice_and_by_many_at_once_is_safe(engine: Engine) -> None:
    errors = _at_once(4, lambda _: migrate(engine))
    assert errors == []


def test_a_created_meeting_is_uploaded_due_and_unleased(store: Database) -> None:
    meeting = created(store, meeting_date=date(2026, 11, 23))
    again = store.meetings.get(meeting.id)
    assert again.status == MeetingStatus.UPLOADED
    assert again.job.due_at is not None
    assert again.job.due_at <= store.now()
    assert again.job.lease_until is None
    assert again.meeting_date == date(2026, 11, 23)


def test_a_key_that_came_with_something_else_is_refused(store: Database) -> None:
    first, _ = store.meetings.create(new_meeting(idempotency_key="k", upload_fingerprint="1" * 64))
    again, fresh = store.meetings.create(new_meeting(idempotency_key="k", upload_fingerprint="1" * 64))
    assert (again.id, fresh) == (first.id, False)
    with pytest.raises(KeyReused):
        store.meetings.create(new_meeting(idempotency_key="k", upload_fingerprint="2" * 64))


@pytest.mark.parametrize("key", ["k", "a\nk", "x" * 255])
def test_two_owners_may_choose_the_same_key(store: Database, key: str) -> None:
    owners = (None, new_id(), new_id())
    first = [store.meetings.create(new_meeting(idempotency_key=key, owner_id=owner))[0].id for owner in owners]
    again = [store.meetings.create(new_meeting(idempotency_key=key, owner_id=owner))[0].id for owner in owners]
    assert first == again
    assert len(set(first)) == len(owners)


def test_a_key_whose_meeting_is_deleted_at_the_moment_of_the_insert_makes_a_new_one(
    store: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, _ = store.meetings.create(new_meeting(idempotency_key="k"))
    really = store.meetings.find_by_idempotency_key

    def deleted_first(key: str | None, owner_id: str | None = None) -> Meeting | None:
        store.meetings.mark_deleted(first.id)
        return really(key, owner_id)

    monkeypatch.setattr(store.meetings, "find_by_idempotency_key", deleted_first)
    second, fresh = store.meetings.create(new_meeting(idempotency_key="k"))
    assert fresh
    assert second.id != first.id


def test_the_same_idempotency_key_returns_the_first_meeting(store: Database) -> None:
    first, fresh = store.meetings.create(new_meeting(idempotency_key="k"))
    second, also_fresh = store.meetings.create(new_meeting(idempotency_key="k", recording_key="b" * 32))
    assert (fresh, also_fresh) == (True, False)
    assert second.id == first.id


def test_only_one_of_many_takes_the_lease(store: Database) -> None:
    meeting = created(store)
    taken: list[Meeting | None] = []
    errors = _at_once(10, lambda _: taken.append(store.pipeline.take_lease(meeting.id, 60)))
    assert errors == []
    assert len([one for one in taken if one]) == 1


def test_a_lease_that_has_run_out_can_be_taken_by_another(store: Database) -> None:
    meeting = created(store)
    first = store.pipeline.take_lease(meeting.id, -1)
    second = store.pipeline.take_lease(meeting.id, 60)
    assert first is not None
    assert second is not None
    assert second.job.run == first.job.run + 1


def test_leases_that_run_out_are_counted_until_the_step_is_done(store: Database) -> None:
    meeting = created(store)
    deaths = []
    for _ in range(3):
        taken = store.pipeline.take_lease(meeting.id, -1)
        assert taken is not None
        deaths.append((taken.job.deaths, taken.job.worker_died))
        # A snooze is not the end of the step.
        store.pipeline.postpone(meeting.id, taken.job.run, 0.0) if len(deaths) == 2 else None
    store.pipeline.commit_step(meeting.id, taken.job.run)
    again = store.pipeline.take_lease(meeting.id, 60)
    assert again is not None
    assert deaths == [(0, False), (1, True), (1, False)]
    assert (again.job.deaths, again.job.worker_died) == (0, False)


def test_a_result_of_an_older_run_is_refused_and_changes_nothing(store: Database) -> None:
    meeting = created(store)
    old = store.pipeline.take_lease(meeting.id, -1)
    new = store.pipeline.take_lease(meeting.id, 60)
    assert old is not None
    assert new is not None
    with pytest.raises(LeaseLost):
        store.pipeline.commit_step(meeting.id, old.job.run, status=MeetingStatus.TRANSCRIBING)
    with pytest.raises(LeaseLost):
        store.pipeline.renew_lease(meeting.id, old.job.run, 60)
    assert store.meetings.get(meeting.id).status == MeetingStatus.UPLOADED


def test_an_edit_between_submit_and_save_costs_no_result(store: Database) -> None:
    meeting = leased(store)
    store.meetings.edit(meeting.id, None, title="改咗名")
    after = store.pipeline.commit_step(meeting.id, meeting.job.run, stage=Stage.SUBMITTED, provider_job_id="job-1")
    assert (after.title, after.provider_job_id) == ("改咗名", "job-1")


def test_an_edit_against_an_older_version_is_refused(store: Database) -> None:
    meeting = created(store)
    store.meetings.edit(meeting.id, meeting.version, title="一")
    with pytest.raises(VersionConflict):
        store.meetings.edit(meeting.id, meeting.version, title="二")
    assert store.meetings.get(meeting.id).title == "一"


def test_a_transition_that_the_table_does_not_allow_is_refused(store: Database) -> None:
    meeting = store.pipeline.take_lease(created(store).id, 60)
    assert meeting is not None
    with pytest.raises(LeaseLost):
        store.pipeline.commit_step(meeting.id, meeting.job.run, status=MeetingStatus.COMPLETED)


def test_pieces_are_appended_in_order_and_the_transcript_ends_with_its_status(store: Database) -> None:
    meeting = leased(store)
    store.pipeline.commit_piece(
        meeting.id, meeting.job.run, [line(0, "一")], tried=tried(store), recognised_seconds=1.0
    )
    meeting = store.pipeline.take_lease(meeting.id, 60) or meeting
    done = store.pipeline.finish_transcript(
        meeting.id, meeting.job.run, [line(2, "二")], replace=False, tried=tried(store)
    )
    assert done.status == MeetingStatus.SUMMARIZING
    assert [(s.position, s.text) for s in store.transcripts.shown(meeting.id).segments] == [(0, "一"), (1, "二")]
    assert [s.text for s in store.transcripts.shown(meeting.id, after_position=0).segments] == ["二"]


def test_speakers_are_kept_by_their_label(store: Database) -> None:
    meeting = transcribed(store)
    transcript = store.transcripts.shown(meeting.id)
    labels = [transcript.speakers[s.speaker_id].label for s in transcript.segments if s.speaker_id]
    assert labels == ["S1", "S2"]


def test_a_summary_completes_the_meeting_and_versions_are_kept(store: Database) -> None:
    meeting = completed(store)
    assert meeting.status == MeetingStatus.COMPLETED
    store.meetings.retry(meeting.id, "summarize")
    again = store.pipeline.take_lease(meeting.id, 60)
    assert again is not None
    store.pipeline.finish_summary(again.id, again.job.run, NewSummary("none", "en", []), tried=tried(store))
    newest = store.summaries.find(meeting.id)
    assert newest is not None
    assert (newest.summary.version, newest.items) == (2, [])


def test_a_failure_is_kept_with_its_reason_and_a_retry_goes_on_from_its_stage(store: Database) -> None:
    meeting = store.pipeline.take_lease(transcribed(store).id, 60)
    assert meeting is not None
    failed = store.pipeline.record_failure(
        meeting.id,
        meeting.job.run,
        tried=tried(store),
        code=ErrorCode.INTERNAL,
        params={"reference": "x"},
        reason="壞咗",
    )
    assert (failed.status, failed.status_reason, failed.job.due_at) == (MeetingStatus.FAILED, "壞咗", None)
    again = store.meetings.retry(meeting.id)
    assert (again.status, again.error_code, again.status_reason) == (MeetingStatus.SUMMARIZING, None, None)
    assert [a.outcome for a in store.meetings.attempts(meeting.id)] == ["done", "failed"]


def test_a_retry_of_a_running_meeting_is_a_conflict(store: Database) -> None:
    with pytest.raises(Conflict):
        store.meetings.retry(leased(store).id)


def test_transcribing_again_keeps_the_old_transcript_in_view_until_the_new_one_is_whole(store: Database) -> None:
    meeting = completed(store)
    again = store.meetings.retry(meeting.id, "transcribe")
    assert again.status == MeetingStatus.TRANSCRIBING
    lease = store.pipeline.take_lease(meeting.id, 60)
    assert lease is not None
    store.pipeline.commit_piece(lease.id, lease.job.run, [line(0, "新")], tried=tried(store))
    assert [s.text for s in store.transcripts.shown(meeting.id).segments] == ["早晨", "開會"]
    lease = store.pipeline.take_lease(meeting.id, 60)
    assert lease is not None
    store.pipeline.finish_transcript(lease.id, lease.job.run, [line(2, "尾")], replace=False, tried=tried(store))
    assert [s.text for s in store.transcripts.shown(meeting.id).segments] == ["新", "尾"]
    old = store.summaries.find(meeting.id)
    assert old is not None
    assert all(item.stale for item in old.items)


def test_transcribing_again_what_was_paid_for_needs_a_confirmation(store: Database) -> None:
    meeting = leased(store)
    store.pipeline.commit_working(meeting.id, meeting.job.run, submission=Submission("key"))
    store.meetings.cancel(meeting.id)
    with pytest.raises(Conflict) as refused:
        store.meetings.retry(meeting.id, "transcribe")
    assert refused.value.code is ErrorCode.COST_NOT_CONFIRMED
    assert store.meetings.retry(meeting.id, "transcribe", confirm_cost=True).submission is None


@pytest.mark.parametrize(("key", "told"), [("k", "at a cost"), (None, "Retry goes on")])
def test_a_cancel_says_whether_a_retry_pays_again(store: Database, key: str | None, told: str) -> None:
    meeting = leased(store)
    store.pipeline.commit_working(meeting.id, meeting.job.run, submission=None if key is None else Submission(key))
    cancelled = store.meetings.cancel(meeting.id, "en")
    assert told in (cancelled.status_reason or "")
    assert told in reason_text("cancelled", cancelled.error_params, "en")
    assert cancelled.version == store.meetings.get(meeting.id).version


@pytest.mark.parametrize("stop", ["cancel", "mark_deleted"])
def test_what_was_sent_since_the_look_is_not_given_up_unasked(store: Database, stop: str) -> None:
    meeting = leased(store)
    store.pipeline.commit_working(meeting.id, meeting.job.run, submission=Submission("key"))
    with pytest.raises(Conflict) as refused:
        getattr(store.meetings, stop)(meeting.id, confirm_cost=False)
    assert refused.value.code is ErrorCode.COST_NOT_CONFIRMED
    store.pipeline.renew_lease(meeting.id, meeting.job.run, 60)  # nothing was changed: the worker still has it
    getattr(store.meetings, stop)(meeting.id, confirm_cost=True)
    with pytest.raises(LeaseLost):
        store.pipeline.renew_lease(meeting.id, meeting.job.run, 60)


@pytest.mark.parametrize("stop", ["cancel", "mark_deleted"])
def test_what_costs_nothing_to_stop_needs_no_confirmation(store: Database, stop: str) -> None:
    meeting = leased(store)
    getattr(store.meetings, stop)(meeting.id, confirm_cost=False)
    paid = completed(store)
    meetings.set_columns(store, paid.id, submission=Submission("key"))
    store.meetings.mark_deleted(paid.id, confirm_cost=False)
    with pytest.raises(NotFound):
        store.meetings.get(paid.id)
    with pytest.raises(NotFound):
        store.meetings.cancel(paid.id, confirm_cost=False)


def test_a_cancel_takes_the_lease_from_the_worker(store: Database) -> None:
    meeting = leased(store)
    cancelled = store.meetings.cancel(meeting.id)
    assert (cancelled.status, cancelled.error_code) == (MeetingStatus.FAILED, "cancelled")
    with pytest.raises(LeaseLost):
        store.pipeline.renew_lease(meeting.id, meeting.job.run, 60)
    with pytest.raises(Conflict):
        store.meetings.cancel(meeting.id)


def test_a_deleted_meeting_is_gone_for_people_and_owed_by_the_worker(store: Database) -> None:
    meeting = completed(store)
    store.meetings.mark_deleted(meeting.id)
    with pytest.raises(NotFound):
        store.meetings.get(meeting.id)
    assert store.stamps.version(meeting.id) is None
    lease = store.pipeline.take_lease(meeting.id, 60)
    assert lease is not None
    store.pipeline.purge(lease.id, lease.job.run)
    assert store.pipeline.take_lease(meeting.id, 60) is None
    assert store.transcripts.shown(meeting.id).segments == []
    assert store.summaries.find(meeting.id) is None


def test_due_meetings_that_nobody_woke_are_given_to_one_rescuer_each(store: Database) -> None:
    ids = {created(store, recording_key=f"{n:032x}").id for n in range(20)}
    meetings.index(store)
    woken: list[str] = []
    errors = _at_once(4, lambda _: woken.extend(m.id for m in store.jobs.wake_due()))
    assert errors == []
    assert sorted(woken) == sorted(ids)
    assert store.jobs.wake_due() == []


def test_a_meeting_that_stays_due_is_woken_again_ever_more_rarely(engine: Engine) -> None:
    offset = timedelta(0)
    store = Database(engine)
    base = store.now()
    moved = Database(engine, clock=lambda _: base + offset)
    created(moved)
    meetings.index(moved)
    waits = []
    last = offset
    for _ in range(200):
        if moved.jobs.wake_due():
            waits.append((offset - last).total_seconds())
            last = offset
        offset += timedelta(seconds=WAKE_GRACE)
    assert waits[:4] == [0.0, WAKE_GRACE, 2 * WAKE_GRACE, 4 * WAKE_GRACE]
    assert max(waits) == WAKE_GRACE_LIMIT


def test_a_periodic_task_has_one_turn_for_all(store: Database) -> None:
    woken: list[Any] = []

    def look(_: int) -> None:
        store.jobs.keep_scheduled(JobKind.PERIODIC, ["sweep"])
        woken.extend(store.jobs.wake_due())

    assert _at_once(6, look) == []
    assert [(job.kind, job.subject) for job in woken] == [(JobKind.PERIODIC, "sweep")]
    taken: list[Any] = []
    assert _at_once(6, lambda _: taken.append(store.jobs.take(JobKind.PERIODIC, "sweep", 60))) == []
    (job,) = [job for job in taken if job is not None]
    store.jobs.go_on(job, 3600, woken=False)
    look(0)
    assert len(woken) == 1
    assert store.jobs.take(JobKind.PERIODIC, "sweep", 60) is None


def test_concurrent_edits_lose_no_version(store: Database) -> None:
    meeting = created(store)

    def edit(number: int) -> None:
        for step in range(25):
            store.meetings.edit(meeting.id, None, title=f"{number}-{step}")

    assert _at_once(4, edit) == []
    assert store.meetings.get(meeting.id).version == meeting.version + 100


def test_a_webhook_makes_only_a_waiting_meeting_due(store: Database) -> None:
    meeting = leased(store)
    store.pipeline.commit_step(meeting.id, meeting.job.run, due_in=600, stage=Stage.SUBMITTED, provider_job_id="job-9")
    woken = store.pipeline.due_now_by_job("job-9")
    assert woken is not None
    assert woken.job.run == meeting.job.run
    assert store.pipeline.take_lease(meeting.id, 60) is not None
    assert store.pipeline.due_now_by_job("job-9") is None
    assert store.pipeline.due_now_by_job("unknown") is None


def _at_once(number: int, work: Callable[[int], object]) -> list[BaseException]:
    """Run `work` in several threads that start together; what they raised."""
    errors: list[BaseException] = []
    barrier = threading.Barrier(number)

    def run(index: int) -> None:
        barrier.wait()
        try:
            work(index)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(index,)) for index in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return errors
