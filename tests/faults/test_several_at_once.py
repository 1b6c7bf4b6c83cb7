"""Faults 6, 7, 9, 16, and the clean-up run twice at once: several real processes on one database."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from rq import Queue
from rq.registry import FinishedJobRegistry
from rq.serializers import JSONSerializer
from sqlalchemy import Engine

from cantomeet.errors import LeaseLost, NotFound
from cantomeet.jobs import JobKind
from cantomeet.lifecycle import MeetingStatus, Stage
from cantomeet.queue import DEFAULT, QUEUES
from cantomeet.storage import FolderStorage
from cantomeet.store import Database, NewAttempt
from standins.speechmatics.server import FakeSpeechmatics, JobPlan
from tests import meetings
from tests.faults import at_once as acts
from tests.faults import dying
from tests.faults.at_once import at_once
from tests.faults.test_killed_at_each_step import uploaded
from tests.meetings import key_of
from tests.running import Background, wait_for
from tests.upload_server import UploadServer

STEPS = 30


def url_of(engine: Engine) -> str:
    return engine.url.render_as_string(hide_password=False)


def test_the_same_step_ten_times_at_once_is_done_once_and_paid_for_once(engine: Engine, tmp_path: Path) -> None:
    """Fault 6."""
    store = Database(engine)
    with FakeSpeechmatics(JobPlan(job_seconds=0.0)) as fake:
        meeting = uploaded(store, tmp_path)
        while store.meetings.get(meeting.id).stage != Stage.PREPARED:
            acts.advance(url_of(engine), tmp_path, fake.url, meeting.id)
        store.pipeline.due_now(meeting.id)
        before = store.meetings.get(meeting.id)
        at_once(2, acts.advance_five_times, url_of(engine), tmp_path, fake.url, meeting.id)
        after = store.meetings.get(meeting.id)
        assert (after.stage, after.job.run) == (Stage.SUBMITTED, before.job.run + 1)
        with dying.tools(url_of(engine), tmp_path, fake.url) as worker:
            dying.run_to_the_end(worker, meeting.id)
        assert store.meetings.get(meeting.id).status == MeetingStatus.COMPLETED
        assert [a.step for a in store.meetings.attempts(meeting.id)] == ["submit", "check", "summarize"]
        assert dict(fake.paid) == {key_of(after): 1}


def test_an_older_version_changes_nothing_and_costs_no_result(side: Background, web: UploadServer) -> None:
    """Fault 7: an outdated edit of a person, and an outdated result of a worker that lost its lease."""
    meeting = side.upload()
    lease = side.store.pipeline.take_lease(meeting.id, 60)
    assert lease is not None
    url = f"{web.url}/api/meetings/{meeting.id}"
    etag = httpx.get(url).headers["etag"]
    assert httpx.patch(url, json={"title": "first"}, headers={"If-Match": etag}).status_code == 200
    late = httpx.patch(url, json={"title": "second"}, headers={"If-Match": etag})
    assert (late.status_code, late.json()["code"]) == (412, "version_conflict")
    working = side.store.pipeline.commit_working(lease.id, lease.job.run, status=MeetingStatus.TRANSCRIBING)
    assert (working.title, working.status) == ("first", MeetingStatus.TRANSCRIBING)
    assert httpx.post(f"{url}/cancel").status_code == 202
    with pytest.raises(LeaseLost):
        side.store.pipeline.commit_step(
            lease.id, lease.job.run, tried=NewAttempt("prepare", side.store.now()), stage=Stage.PREPARED
        )
    assert (side.store.meetings.get(meeting.id).status, side.store.meetings.get(meeting.id).stage) == (
        "FAILED",
        Stage.STORED,
    )


def test_four_writing_processes_lose_no_write(engine: Engine) -> None:
    """Fault 9."""
    store = Database(engine)
    meeting, _ = store.meetings.create(acts.new_meeting())
    assert at_once(4, acts.write, url_of(engine), meeting.id, STEPS) == [STEPS] * 4
    assert store.meetings.get(meeting.id).version == meeting.version + 4 * STEPS
    with engine.connect() as connection:
        count = (
            "SELECT count(*) FROM meeting JOIN job ON kind = 'meeting' AND subject = id"
            " WHERE status = 'TRANSCRIBING' AND run = 1"
        )
        assert connection.exec_driver_sql(count).scalar_one() == 4 * STEPS


def test_two_dispatchers_wake_each_due_meeting_once(side: Background) -> None:
    """Fault 16."""
    for _ in range(40):
        side.store.meetings.create(acts.new_meeting())
    woken = at_once(2, acts.look_for_the_due, side.environment["DATABASE_URL"], side.redis.url)
    assert sum(woken) == 40
    queued = [
        job.args[0]
        for name in QUEUES
        for job in Queue(name, connection=side.raw_redis(), serializer=JSONSerializer).jobs
    ]
    assert len(queued) == len(set(queued)) == 40


def test_the_clean_up_run_four_times_at_once_removes_only_what_is_due(engine: Engine, tmp_path: Path) -> None:
    store = Database(engine)
    folder = tmp_path / "recordings"
    recordings = FolderStorage(folder, max_bytes=10**9, min_free_bytes=0)
    with FakeSpeechmatics(JobPlan(job_seconds=0.0)) as fake:
        young, middling, old = (completed(store, folder, fake) for _ in range(3))
        age(engine, middling, 1.5)
        age(engine, old, 3)
        tasks = ("apply_retention", "sweep_recordings")
        at_once(4, acts.clean_up, url_of(engine), folder, fake.url, tasks)
        with dying.tools(url_of(engine), folder, fake.url) as worker:
            acts.advance_meeting(worker, old)
        assert store.retention.recording_keys() == {store.meetings.get(young).recording_key}
        kept = [path for path in recordings.root.rglob("*") if path.is_file()]
        assert kept == [recordings.path(store.meetings.get(young).recording_key)]
        assert store.meetings.get(middling).audio_removed
        deleted = [line["id"] for line in fake.log if line["event"] == "deleted"]
        assert len(deleted) == len(set(deleted)) == 3
        assert {store.meetings.get(one).status for one in (young, middling)} == {MeetingStatus.COMPLETED}
        with pytest.raises(NotFound):
            store.meetings.get(old)


def test_a_periodic_task_falls_to_one_of_the_rescuers(engine: Engine) -> None:
    assert sorted(at_once(4, acts.claim, url_of(engine), "sweep_recordings")) == [False, False, False, True]


def test_several_workers_run_a_periodic_task_once_however_often_it_is_woken(side: Background) -> None:
    name, queue = "sweep_recordings", Queue(DEFAULT, connection=side.raw_redis(), serializer=JSONSerializer)
    side.start()

    def runs() -> int | None:
        """None while it is due or under way."""
        job = side.store.jobs.find(JobKind.PERIODIC, name)
        rests = job is not None and job.lease_until is None and job.due_at is not None and job.due_at > side.store.now()
        return job.run if job is not None and rests else None

    before = wait_for(runs, "its first run")
    meetings.periodic_tasks_are_due(side.store)
    ended = FinishedJobRegistry(queue=queue)
    already = len(ended)
    for _ in range(8):
        side.queue.wake_job(JobKind.PERIODIC, name)
    wait_for(lambda: len(ended) >= already + 8, "every wake-up")
    assert wait_for(runs, "the next run") == before + 1


def completed(store: Database, folder: Path, fake: FakeSpeechmatics) -> str:
    meeting = uploaded(store, folder)
    with dying.tools(url_of(store.engine), folder, fake.url) as worker:
        dying.run_to_the_end(worker, meeting.id)
    assert store.meetings.get(meeting.id).status == MeetingStatus.COMPLETED
    return meeting.id


def age(engine: Engine, meeting_id: str, days: float) -> None:
    """Make everything so many days older."""
    store = Database(engine)
    meetings.set_columns(store, meeting_id, created_at=store.now() - timedelta(days=days))
