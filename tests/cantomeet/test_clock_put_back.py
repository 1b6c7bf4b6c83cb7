"""The database's clock is put back: due times and ages move with it, once, whoever notices."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, insert, select, update
from sqlmodel import col

from cantomeet.clock_watch import ClockWatch
from cantomeet.database import connect
from cantomeet.jobs import JobKind
from cantomeet.models import Job, Meeting, ProviderLeftover, Turn
from cantomeet.pacing import Limit
from cantomeet.store import LEASE_SECONDS, Database, NewAttempt, leases, search_rows
from cantomeet.submission import Submission
from tests import meetings
from tests.conftest import new_meeting
from tests.running import wait_for

HOURS = timedelta(hours=3)
SLACK = timedelta(seconds=30)


class Time:
    """What has really passed, and the clock that somebody sets."""

    def __init__(self, store: Database) -> None:
        self.real, self.set_by = store.now(), timedelta()
        self._begun = self.real
        self.store = Database(store.engine, clock=lambda _: self.clock())

    def clock(self) -> datetime:
        return self.real + self.set_by

    def passed(self) -> float:
        return (self.real - self._begun).total_seconds()

    def watch(self) -> ClockWatch:
        return ClockWatch(self.store, self.passed)


@pytest.fixture
def time(store: Database) -> Time:
    return Time(store)


def started(time: Time) -> ClockWatch:
    watch = time.watch()
    assert watch.look() == timedelta()
    time.real += timedelta(seconds=5)
    return watch


def in_back_off(store: Database, seconds: float) -> Meeting:
    meeting = store.pipeline.take_lease(store.meetings.create(new_meeting())[0].id, LEASE_SECONDS)
    assert meeting is not None
    return store.pipeline.commit_step(
        meeting.id, meeting.job.run, tried=NewAttempt("submit", store.now()), due_in=seconds
    )


def until_due(time: Time, meeting_id: str) -> timedelta:
    due = time.store.meetings.get(meeting_id).job.due_at
    assert due is not None
    return due - time.clock()


def test_what_waits_is_due_when_it_was_to_be(time: Time) -> None:
    watch = started(time)
    meeting = in_back_off(time.store, 600.0)
    meetings.index(time.store)
    time.set_by -= HOURS
    assert until_due(time, meeting.id) > HOURS
    assert watch.look() == HOURS
    assert until_due(time, meeting.id) == timedelta(seconds=600)
    time.real += timedelta(seconds=601)
    assert watch.look() == timedelta()
    assert time.store.jobs.wake_due() == []  # its own job is expected to come first
    time.real += timedelta(seconds=20)
    assert [woken.id for woken in time.store.jobs.wake_due()] == [meeting.id]


def test_a_dead_worker_s_lease_ends_as_soon_as_ever_and_a_living_one_s_goes_on(time: Time) -> None:
    watch = started(time)
    dead, living = (time.store.meetings.create(new_meeting())[0].id for _ in range(2))
    leases = [time.store.pipeline.take_lease(meeting_id, LEASE_SECONDS) for meeting_id in (dead, living)]
    time.set_by -= HOURS
    watch.look()
    time.real += timedelta(seconds=LEASE_SECONDS - 1)
    assert leases[1] is not None
    time.store.pipeline.renew_lease(living, leases[1].job.run, LEASE_SECONDS)
    time.real += timedelta(seconds=2)
    assert time.store.pipeline.take_lease(dead, LEASE_SECONDS) is not None
    assert time.store.pipeline.take_lease(living, LEASE_SECONDS) is None


def test_of_several_who_notice_one_moves_the_times(time: Time) -> None:
    first, second = started(time), started(time)
    meeting = in_back_off(time.store, 600.0)
    for _ in range(2):  # the first time nothing was counted before
        time.set_by -= HOURS
        assert [first.look(), second.look()] == [HOURS, timedelta()]
        assert until_due(time, meeting.id) == timedelta(seconds=600)
        time.real += timedelta(seconds=5)
        assert [first.look(), second.look()] == [timedelta(), timedelta()]
        time.real -= timedelta(seconds=5)


def test_who_starts_after_it_happened_notices_by_what_was_changed_later_than_now(time: Time) -> None:
    meeting = in_back_off(time.store, 600.0)
    meetings.completed(time.store)
    time.set_by -= HOURS
    assert time.watch().look() == HOURS
    assert until_due(time, meeting.id) == timedelta(seconds=600)
    assert time.watch().look() == timedelta()
    assert until_due(time, meeting.id) == timedelta(seconds=600)


def test_an_installation_without_meetings_starts(time: Time) -> None:
    assert time.watch().look() == timedelta()


@pytest.mark.parametrize("step", [HOURS, timedelta(), timedelta(seconds=-4)])
def test_a_clock_put_forward_or_back_by_a_little_moves_nothing(time: Time, step: timedelta) -> None:
    watch = started(time)
    meeting = in_back_off(time.store, 600.0)
    time.set_by += step
    assert watch.look() == timedelta()
    assert until_due(time, meeting.id) == timedelta(seconds=600) - step


def test_a_machine_that_slept_is_no_clock_put_back(time: Time) -> None:
    watch = started(time)
    time.real += timedelta(hours=9)
    assert watch.look() == timedelta()


def test_a_lost_submission_of_a_failed_meeting_is_as_old_as_it_is(time: Time) -> None:
    watch = started(time)
    meeting = time.store.pipeline.take_lease(time.store.meetings.create(new_meeting())[0].id, LEASE_SECONDS)
    assert meeting is not None
    sent_at = time.real
    time.store.pipeline.commit_working(meeting.id, meeting.job.run, submission=Submission("k"), stage="prepared")
    time.store.meetings.cancel(meeting.id)
    time.real += timedelta(hours=5)
    watch.look()
    time.set_by -= HOURS
    watch.look()
    assert time.clock() - time.store.meetings.get(meeting.id).stage_since == time.real - sent_at


def test_everything_else_that_has_its_time_moves_too(time: Time) -> None:
    watch = started(time)
    store = time.store
    meeting = meetings.completed(store)
    store.written_views.ask(meeting.id)
    store.jobs.keep_scheduled(JobKind.PERIODIC, ["sweep"])
    sweep = store.jobs.take(JobKind.PERIODIC, "sweep", LEASE_SECONDS)
    assert sweep is not None
    store.jobs.go_on(sweep, 600.0, woken=False)
    now = time.clock()
    limit = Limit("of a provider", most=1, pace=0.001)
    with store.engine.begin() as connection:
        for sent_after in (now, None):
            leftover = {"id": str(sent_after)[:36], "provider": "speechmatics", "submit_key": "k", "looks": 0}
            times = {"sent_after": sent_after, "created_at": now}
            connection.execute(insert(ProviderLeftover).values(**leftover, **times))
            job = leases.add(connection, now, JobKind.LEFTOVER, str(leftover["id"]))
            leases.change(connection, now, leases.of(job.kind, job.subject), due_at=now + SLACK)
    assert store.turns.take(limit) == 0.0
    waits = store.turns.take(limit)
    time.set_by -= HOURS
    watch.look()
    view = store.jobs.take(JobKind.WRITTEN_VIEW, meeting.id, LEASE_SECONDS)
    assert view is not None
    assert store.turns.take(limit) == pytest.approx(waits + 1000.0)
    with store.engine.begin() as connection:
        due = connection.execute(select(col(Job.due_at)).where(col(Job.kind) == JobKind.LEFTOVER)).scalars().all()
        sent = connection.execute(select(col(ProviderLeftover.sent_after))).scalars().all()
        turns = connection.execute(select(col(Turn.reserved_until))).scalars().all()
    periodic = store.jobs.find(JobKind.PERIODIC, "sweep")
    assert periodic is not None
    assert due == [time.clock() + SLACK] * 2
    assert sorted(map(str, sent)) == sorted([str(time.clock()), "None"])
    assert view.lease_until == time.clock() + timedelta(seconds=LEASE_SECONDS)
    assert turns == [pytest.approx(time.clock().timestamp() + 3000.0)]
    assert periodic.due_at == time.clock() + timedelta(seconds=600)


def test_an_edit_under_way_and_the_moving_of_times_wait_for_each_other_in_one_order(own_postgres_url: str) -> None:
    """SQLite has one writer at a time anyway."""
    store = Database(connect(own_postgres_url))
    meeting = meetings.transcribed(store, [("S1", "早晨")])
    assert not store.search.is_complete(), "the job of the index has a time that is moved"
    with ThreadPoolExecutor(1) as threads:
        with store.engine.begin() as connection:
            connection.execute(update(Meeting).where(col(Meeting.id) == meeting.id).values(title="改咗"))
            moving = threads.submit(store.clock.move_back, HOURS, 0)
            wait_for(lambda: _waits_for_a_lock(store.engine), "the moving to wait for the meeting", 20)
            search_rows.schedule(connection, store.now(), meeting.id)
        assert moving.result()
    store.engine.dispose()


def _waits_for_a_lock(engine: Engine) -> bool:
    with engine.connect() as connection:
        waiting = "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE NOT granted)"
        return bool(connection.exec_driver_sql(waiting).scalar_one())
