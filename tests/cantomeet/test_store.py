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
from cantomeet.store import WAKE_GRACE, WAKE_GRACE_LIMIT, MeetingStore, NewAttempt, NewSegment, NewSummary
from cantomeet.submission import Submission
from tests import meetings
from tests.conftest import new_meeting


def created(store: MeetingStore, **columns: object) -> Meeting:
    return store.create(new_meeting(**columns))[0]


def leased(store: MeetingStore, **columns: object) -> Meeting:
    meeting = store.take_lease(created(store, **columns).id, 60)
    assert meeting is not None
    return store.commit_working(meeting.id, meeting.job.run, status=MeetingStatus.TRANSCRIBING)


def tried(store: MeetingStore, step: str = "recognise") -> NewAttempt:
    return NewAttempt(step, store.now())


def line(start: float, text: str, speaker: str | None = None) -> NewSegment:
    return NewSegment(start, start + 1, text, text, [], speaker)


def transcribed(store: MeetingStore) -> Meeting:
    meeting = leased(store)
    lines = [line(0, "早晨", "S1"), line(2, "開會", "S2")]
    return store.finish_transcript(meeting.id, meeting.job.run, lines, replace=False, tried=tried(store))


def completed(store: MeetingStore) -> Meeting:
    meeting = store.take_lease(transcribed(store).id, 60)
    assert meeting is not None
    item = {"kind": "decision", "text": "開會", "evidence": []}
    summary = NewSummary("extractive", "zh-Hant-HK", [item], name="逐字摘錄")
    return store.finish_summary(meeting.id, meeting.job.run, summary, tried=tried(store))


def test_the_migrations_make_the_tables_that_the_models_describe(engine: Engine) -> None:
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), SQLModel.metadata) == []


def test_a_heartbeat_that_comes_after_the_commit_does_not_take_the_meeting_again(store: MeetingStore) -> None:
    meeting = leased(store)
    store.renew_lease(meeting.id, meeting.job.run, 60)
    store.commit_step(meeting.id, meeting.job.run)
    for progress in (None, 50):
        with pytest.raises(LeaseLost):
            store.renew_lease(meeting.id, meeting.job.run, 60, progress)
    assert store.take_lease(meeting.id, 60) is not None, "the next step need not wait for a lease that nobody has"


def test_migrating_twice_and_by_many_at_once_is_safe(engine: Engine) -> None:
    errors = _at_once(4, lambda _: migrate(engine))
    assert errors == []


def test_a_created_meeting_is_uploaded_due_and_unleased(store: MeetingStore) -> None:
    meeting = created(store, meeting_date=date(2026, 11, 23))
    again = store.get(meeting.id)
    assert again.status == MeetingStatus.UPLOADED
    assert again.job.due_at is not None
    assert again.job.due_at <= store.now()
    assert again.job.lease_until is None
    assert again.meeting_date == date(2026, 11, 23)


def test_a_key_that_came_with_something_else_is_refused(store: MeetingStore) -> None:
    first, _ = store.create(new_meeting(idempotency_key="k", upload_fingerprint="1" * 64))
    again, fresh = store.create(new_meeting(idempotency_key="k", upload_fingerprint="1" * 64))
    assert (again.id, fresh) == (first.id, False)
    with pytest.raises(KeyReused):
        store.create(new_meeting(idempotency_key="k", upload_fingerprint="2" * 64))


@pytest.mark.parametrize("key", ["k", "a\nk", "x" * 255])
def test_two_owners_may_choose_the_same_key(store: MeetingStore, key: str) -> None:
    owners = (None, new_id(), new_id())
    first = [store.create(new_meeting(idempotency_key=key, owner_id=owner))[0].id for owner in owners]
    again = [store.create(new_meeting(idempotency_key=key, owner_id=owner))[0].id for owner in owners]
    assert first == again
    assert len(set(first)) == len(owners)


def test_a_key_whose_meeting_is_deleted_at_the_moment_of_the_insert_makes_a_new_one(
    store: MeetingStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, _ = store.create(new_meeting(idempotency_key="k"))
    really = store.find_by_idempotency_key

    def deleted_first(key: str | None, owner_id: str | None = None) -> Meeting | None:
        store.mark_deleted(first.id)
        return really(key, owner_id)

    monkeypatch.setattr(store, "find_by_idempotency_key", deleted_first)
    second, fresh = store.create(new_meeting(idempotency_key="k"))
    assert fresh
    assert second.id != first.id


def test_the_same_idempotency_key_returns_the_first_meeting(store: MeetingStore) -> None:
    first, fresh = store.create(new_meeting(idempotency_key="k"))
    second, also_fresh = store.create(new_meeting(idempotency_key="k", recording_key="b" * 32))
    assert (fresh, also_fresh) == (True, False)
    assert second.id == first.id


def test_only_one_of_many_takes_the_lease(store: MeetingStore) -> None:
    meeting = created(store)
    taken: list[Meeting | None] = []
    errors = _at_once(10, lambda _: taken.append(store.take_lease(meeting.id, 60)))
    assert errors == []
    assert len([one for one in taken if one]) == 1


def test_a_lease_that_has_run_out_can_be_taken_by_another(store: MeetingStore) -> None:
    meeting = created(store)
    first = store.take_lease(meeting.id, -1)
    second = store.take_lease(meeting.id, 60)
    assert first is not None
    assert second is not None
    assert second.job.run == first.job.run + 1


def test_leases_that_run_out_are_counted_until_the_step_is_done(store: MeetingStore) -> None:
    meeting = created(store)
    deaths = []
    for _ in range(3):
        taken = store.take_lease(meeting.id, -1)
        assert taken is not None
        deaths.append((taken.job.deaths, taken.job.worker_died))
        # To be let go of for a while is not the end of the step.
        store.postpone(meeting.id, taken.job.run, 0.0) if len(deaths) == 2 else None
    store.commit_step(meeting.id, taken.job.run)
    again = store.take_lease(meeting.id, 60)
    assert again is not None
    assert deaths == [(0, False), (1, True), (1, False)]
    assert (again.job.deaths, again.job.worker_died) == (0, False)


def test_a_result_of_an_older_run_is_refused_and_changes_nothing(store: MeetingStore) -> None:
    meeting = created(store)
    old = store.take_lease(meeting.id, -1)
    new = store.take_lease(meeting.id, 60)
    assert old is not None
    assert new is not None
    with pytest.raises(LeaseLost):
        store.commit_step(meeting.id, old.job.run, status=MeetingStatus.TRANSCRIBING)
    with pytest.raises(LeaseLost):
        store.renew_lease(meeting.id, old.job.run, 60)
    assert store.get(meeting.id).status == MeetingStatus.UPLOADED


def test_an_edit_between_submit_and_save_costs_no_result(store: MeetingStore) -> None:
    meeting = leased(store)
    store.edit(meeting.id, None, title="改咗名")
    after = store.commit_step(meeting.id, meeting.job.run, stage=Stage.SUBMITTED, provider_job_id="job-1")
    assert (after.title, after.provider_job_id) == ("改咗名", "job-1")


def test_an_edit_against_an_older_version_is_refused(store: MeetingStore) -> None:
    meeting = created(store)
    store.edit(meeting.id, meeting.version, title="一")
    with pytest.raises(VersionConflict):
        store.edit(meeting.id, meeting.version, title="二")
    assert store.get(meeting.id).title == "一"


def test_a_transition_that_the_table_does_not_allow_is_refused(store: MeetingStore) -> None:
    meeting = store.take_lease(created(store).id, 60)
    assert meeting is not None
    with pytest.raises(LeaseLost):
        store.commit_step(meeting.id, meeting.job.run, status=MeetingStatus.COMPLETED)


def test_pieces_are_appended_in_order_and_the_transcript_ends_with_its_status(store: MeetingStore) -> None:
    meeting = leased(store)
    store.commit_piece(meeting.id, meeting.job.run, [line(0, "一")], tried=tried(store), recognised_seconds=1.0)
    meeting = store.take_lease(meeting.id, 60) or meeting
    done = store.finish_transcript(meeting.id, meeting.job.run, [line(2, "二")], replace=False, tried=tried(store))
    assert done.status == MeetingStatus.SUMMARIZING
    assert [(s.position, s.text) for s in store.transcript(meeting.id).segments] == [(0, "一"), (1, "二")]
    assert [s.text for s in store.transcript(meeting.id, after_position=0).segments] == ["二"]


def test_speakers_are_kept_by_their_label(store: MeetingStore) -> None:
    meeting = transcribed(store)
    transcript = store.transcript(meeting.id)
    labels = [transcript.speakers[s.speaker_id].label for s in transcript.segments if s.speaker_id]
    assert labels == ["S1", "S2"]


def test_a_summary_completes_the_meeting_and_versions_are_kept(store: MeetingStore) -> None:
    meeting = completed(store)
    assert meeting.status == MeetingStatus.COMPLETED
    store.retry(meeting.id, "summarize")
    again = store.take_lease(meeting.id, 60)
    assert again is not None
    store.finish_summary(again.id, again.job.run, NewSummary("none", "en", []), tried=tried(store))
    newest = store.summary(meeting.id)
    assert newest is not None
    assert (newest.summary.version, newest.items) == (2, [])


def test_a_failure_is_kept_with_its_reason_and_a_retry_goes_on_from_its_stage(store: MeetingStore) -> None:
    meeting = store.take_lease(transcribed(store).id, 60)
    assert meeting is not None
    failed = store.record_failure(
        meeting.id,
        meeting.job.run,
        tried=tried(store),
        code=ErrorCode.INTERNAL,
        params={"reference": "x"},
        reason="壞咗",
    )
    assert (failed.status, failed.status_reason, failed.job.due_at) == (MeetingStatus.FAILED, "壞咗", None)
    again = store.retry(meeting.id)
    assert (again.status, again.error_code, again.status_reason) == (MeetingStatus.SUMMARIZING, None, None)
    assert [a.outcome for a in store.attempts(meeting.id)] == ["done", "failed"]


def test_a_retry_of_a_running_meeting_is_a_conflict(store: MeetingStore) -> None:
    with pytest.raises(Conflict):
        store.retry(leased(store).id)


def test_transcribing_again_keeps_the_old_transcript_in_view_until_the_new_one_is_whole(store: MeetingStore) -> None:
    meeting = completed(store)
    again = store.retry(meeting.id, "transcribe")
    assert again.status == MeetingStatus.TRANSCRIBING
    lease = store.take_lease(meeting.id, 60)
    assert lease is not None
    store.commit_piece(lease.id, lease.job.run, [line(0, "新")], tried=tried(store))
    assert [s.text for s in store.transcript(meeting.id).segments] == ["早晨", "開會"]
    lease = store.take_lease(meeting.id, 60)
    assert lease is not None
    store.finish_transcript(lease.id, lease.job.run, [line(2, "尾")], replace=False, tried=tried(store))
    assert [s.text for s in store.transcript(meeting.id).segments] == ["新", "尾"]
    old = store.summary(meeting.id)
    assert old is not None
    assert all(item.stale for item in old.items)


def test_transcribing_again_what_was_paid_for_needs_a_confirmation(store: MeetingStore) -> None:
    meeting = leased(store)
    store.commit_working(meeting.id, meeting.job.run, submission=Submission("key"))
    store.cancel(meeting.id)
    with pytest.raises(Conflict) as refused:
        store.retry(meeting.id, "transcribe")
    assert refused.value.code is ErrorCode.COST_NOT_CONFIRMED
    assert store.retry(meeting.id, "transcribe", confirm_cost=True).submission is None


@pytest.mark.parametrize(("key", "told"), [("k", "at a cost"), (None, "Retry goes on")])
def test_a_cancel_says_whether_a_retry_pays_again(store: MeetingStore, key: str | None, told: str) -> None:
    meeting = leased(store)
    store.commit_working(meeting.id, meeting.job.run, submission=None if key is None else Submission(key))
    cancelled = store.cancel(meeting.id, "en")
    assert told in (cancelled.status_reason or "")
    assert told in reason_text("cancelled", cancelled.error_params, "en")
    assert cancelled.version == store.get(meeting.id).version


@pytest.mark.parametrize("stop", ["cancel", "mark_deleted"])
def test_what_was_sent_since_the_look_is_not_given_up_unasked(store: MeetingStore, stop: str) -> None:
    meeting = leased(store)
    store.commit_working(meeting.id, meeting.job.run, submission=Submission("key"))
    with pytest.raises(Conflict) as refused:
        getattr(store, stop)(meeting.id, confirm_cost=False)
    assert refused.value.code is ErrorCode.COST_NOT_CONFIRMED
    store.renew_lease(meeting.id, meeting.job.run, 60)  # nothing was changed: the worker still has it
    getattr(store, stop)(meeting.id, confirm_cost=True)
    with pytest.raises(LeaseLost):
        store.renew_lease(meeting.id, meeting.job.run, 60)


@pytest.mark.parametrize("stop", ["cancel", "mark_deleted"])
def test_what_costs_nothing_to_stop_needs_no_confirmation(store: MeetingStore, stop: str) -> None:
    meeting = leased(store)
    getattr(store, stop)(meeting.id, confirm_cost=False)
    paid = completed(store)
    meetings.set_columns(store, paid.id, submission=Submission("key"))
    store.mark_deleted(paid.id, confirm_cost=False)
    with pytest.raises(NotFound):
        store.get(paid.id)
    with pytest.raises(NotFound):
        store.cancel(paid.id, confirm_cost=False)


def test_a_cancel_takes_the_lease_from_the_worker(store: MeetingStore) -> None:
    meeting = leased(store)
    cancelled = store.cancel(meeting.id)
    assert (cancelled.status, cancelled.error_code) == (MeetingStatus.FAILED, "cancelled")
    with pytest.raises(LeaseLost):
        store.renew_lease(meeting.id, meeting.job.run, 60)
    with pytest.raises(Conflict):
        store.cancel(meeting.id)


def test_a_deleted_meeting_is_gone_for_people_and_owed_by_the_worker(store: MeetingStore) -> None:
    meeting = completed(store)
    store.mark_deleted(meeting.id)
    with pytest.raises(NotFound):
        store.get(meeting.id)
    assert store.version(meeting.id) is None
    lease = store.take_lease(meeting.id, 60)
    assert lease is not None
    store.purge(lease.id, lease.job.run)
    assert store.take_lease(meeting.id, 60) is None
    assert store.transcript(meeting.id).segments == []
    assert store.summary(meeting.id) is None


def test_due_meetings_that_nobody_woke_are_given_to_one_rescuer_each(store: MeetingStore) -> None:
    ids = {created(store, recording_key=f"{n:032x}").id for n in range(20)}
    woken: list[str] = []
    errors = _at_once(4, lambda _: woken.extend(m.id for m in store.wake_due()))
    assert errors == []
    assert sorted(woken) == sorted(ids)
    assert store.wake_due() == []


def test_a_meeting_that_stays_due_is_woken_again_ever_more_rarely(engine: Engine) -> None:
    offset = timedelta(0)
    store = MeetingStore(engine)
    base = store.now()
    moved = MeetingStore(engine, clock=lambda _: base + offset)
    created(moved)
    waits = []
    last = offset
    for _ in range(200):
        if moved.wake_due():
            waits.append((offset - last).total_seconds())
            last = offset
        offset += timedelta(seconds=WAKE_GRACE)
    assert waits[:4] == [0.0, WAKE_GRACE, 2 * WAKE_GRACE, 4 * WAKE_GRACE]
    assert max(waits) == WAKE_GRACE_LIMIT


def test_a_periodic_task_has_one_turn_for_all(store: MeetingStore) -> None:
    woken: list[Any] = []

    def look(_: int) -> None:
        store.keep_scheduled(JobKind.PERIODIC, ["sweep"])
        woken.extend(store.wake_due())

    assert _at_once(6, look) == []
    assert [(job.kind, job.subject) for job in woken] == [(JobKind.PERIODIC, "sweep")]
    taken: list[Any] = []
    assert _at_once(6, lambda _: taken.append(store.take_job(JobKind.PERIODIC, "sweep", 60))) == []
    (job,) = [job for job in taken if job is not None]
    store.go_on_with_job(job, 3600, woken=False)
    look(0)
    assert len(woken) == 1
    assert store.take_job(JobKind.PERIODIC, "sweep", 60) is None


def test_concurrent_edits_lose_no_version(store: MeetingStore) -> None:
    meeting = created(store)

    def edit(number: int) -> None:
        for step in range(25):
            store.edit(meeting.id, None, title=f"{number}-{step}")

    assert _at_once(4, edit) == []
    assert store.get(meeting.id).version == meeting.version + 100


def test_a_webhook_makes_only_a_waiting_meeting_due(store: MeetingStore) -> None:
    meeting = leased(store)
    store.commit_step(meeting.id, meeting.job.run, due_in=600, stage=Stage.SUBMITTED, provider_job_id="job-9")
    woken = store.due_now_by_job("job-9")
    assert woken is not None
    assert woken.job.run == meeting.job.run
    assert store.take_lease(meeting.id, 60) is not None
    assert store.due_now_by_job("job-9") is None
    assert store.due_now_by_job("unknown") is None


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
