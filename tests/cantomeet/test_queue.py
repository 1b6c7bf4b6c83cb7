"""What is enqueued where, on a Redis in this process."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import fakeredis
import pytest
from rq import Queue, SimpleWorker
from rq.registry import ScheduledJobRegistry
from rq.scheduler import RQScheduler
from rq.serializers import JSONSerializer

from cantomeet import queue as queueing
from cantomeet.jobs import JobKind
from cantomeet.lifecycle import MeetingStatus, Stage
from cantomeet.models import Job, Meeting
from cantomeet.queue import (
    DEFAULT,
    FAILURE_TTL,
    HIGH,
    JOB_TIMEOUT,
    LLM,
    LLM_HIGH,
    RECOGNITION,
    RESULT_TTL,
    JobQueue,
    rescue,
)
from cantomeet.store import Database
from tests import meetings
from tests.conftest import new_meeting
from tests.running import wait_for
from worker.maintenance import TASKS


def meeting(**columns: Any) -> Meeting:
    now = datetime.now(UTC)
    given = {"title": "例會", "recording_key": "a" * 32, "created_at": now, "updated_at": now, "stage_since": now}
    return meetings.at_rest(Meeting(**{**given, **columns}))


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> fakeredis.FakeStrictRedis:
    client = fakeredis.FakeStrictRedis()
    monkeypatch.setattr(queueing, "connect", lambda url: client)
    return client


def jobs(server: fakeredis.FakeStrictRedis, name: str) -> list[Any]:
    return Queue(name, connection=server, serializer=JSONSerializer).jobs


@pytest.mark.parametrize(
    ("columns", "queue", "task"),
    [
        ({}, DEFAULT, "transcribe_meeting_task"),
        ({"priority": "high"}, HIGH, "transcribe_meeting_task"),
        (
            {"status": MeetingStatus.TRANSCRIBING, "stage": Stage.PREPARED, "transcriber": "whisper"},
            RECOGNITION,
            "transcribe_meeting_task",
        ),
        (
            {"status": MeetingStatus.TRANSCRIBING, "stage": Stage.PREPARED, "transcriber": "speechmatics"},
            DEFAULT,
            "transcribe_meeting_task",
        ),
        ({"status": MeetingStatus.SUMMARIZING, "stage": Stage.TRANSCRIBED}, DEFAULT, "summarize_meeting_task"),
        ({"deleted_at": datetime.now(UTC)}, DEFAULT, "delete_meeting_task"),
    ],
)
def test_a_meeting_goes_to_its_queue_with_its_task(
    server: fakeredis.FakeStrictRedis, columns: dict[str, Any], queue: str, task: str
) -> None:
    one = meeting(**columns)
    assert JobQueue("unused").wake(one)
    job = jobs(server, queue)[0]
    assert job.func_name == f"worker.tasks.{task}"
    assert list(job.args) == [one.id]
    kept = 0 if task == "delete_meeting_task" else RESULT_TTL
    assert (job.timeout, job.result_ttl, job.failure_ttl) == (JOB_TIMEOUT, kept, FAILURE_TTL)
    assert (JOB_TIMEOUT, RESULT_TTL, FAILURE_TTL) == (7200, 86400, 86400)


def test_a_high_priority_recognition_goes_to_the_front(server: fakeredis.FakeStrictRedis) -> None:
    recognising = {"status": MeetingStatus.TRANSCRIBING, "stage": Stage.PREPARED, "transcriber": "whisper"}
    queue = JobQueue("unused")
    first, urgent = meeting(**recognising), meeting(**recognising, priority="high")
    queue.wake(first)
    queue.wake(urgent)
    assert [job.args[0] for job in jobs(server, RECOGNITION)] == [urgent.id, first.id]


SUMMARIZING = {"status": MeetingStatus.SUMMARIZING, "stage": Stage.TRANSCRIBED}


@pytest.mark.parametrize(("columns", "queue"), [({}, LLM), ({"priority": "high"}, LLM_HIGH)])
def test_what_waits_for_a_language_model_has_queues_of_its_own(
    server: fakeredis.FakeStrictRedis, columns: dict[str, Any], queue: str
) -> None:
    one = meeting(**SUMMARIZING, **columns)
    JobQueue("unused", llm_apart=True).wake(one)
    assert [job.args[0] for job in jobs(server, queue)] == [one.id]


def test_a_step_at_which_a_worker_died_is_not_done_beside_others(server: fakeredis.FakeStrictRedis) -> None:
    queue, later = JobQueue("unused", llm_apart=True), datetime.now(UTC)
    died, silent = meeting(**SUMMARIZING), meeting(**SUMMARIZING, priority="high")
    died.job.deaths = 1
    silent.job.lease_until = later
    for one in (died, silent):
        queue.wake(one)
    view, fresh = replaced(died.job), replaced(meeting().job)
    queue.wake_next(view)
    queue.wake_next(fresh)
    assert [job.args[0] for job in jobs(server, DEFAULT)] == [died.id, view.subject]
    assert [job.args[0] for job in jobs(server, HIGH)] == [silent.id]
    assert [job.args[0] for job in jobs(server, LLM)] == [fresh.subject]


def replaced(job: Job) -> Job:
    """The job of the same meeting's written view."""
    return Job(**{**job.model_dump(), "kind": JobKind.WRITTEN_VIEW})


def test_what_is_overlooked_where_nobody_serves_its_queue_goes_to_the_general_worker(
    server: fakeredis.FakeStrictRedis,
) -> None:
    """As under RQ's own command with the queues of earlier releases."""
    queue, one = JobQueue("unused", llm_apart=True), meeting(**SUMMARIZING)
    one.job.wake_count = 3
    queue.wake(one)
    assert [job.args[0] for job in jobs(server, DEFAULT)] == [one.id]
    server.sadd("rq:workers:llm", "rq:worker:somebody")
    queue.wake(one)
    assert len(jobs(server, DEFAULT)) == 2, "somebody was killed"
    server.hset("rq:worker:somebody", "state", "busy")
    queue.wake(one)
    assert [job.args[0] for job in jobs(server, LLM)] == [one.id], "it only waits there"


def test_workers_of_a_killed_process_are_forgotten(server: fakeredis.FakeStrictRedis) -> None:
    queue, here = JobQueue("unused"), socket.gethostname()
    for name, hostname, pid in (("killed", here, 7), ("beside", here, 7), ("other", here, 8), ("away", "elsewhere", 7)):
        worker = SimpleWorker([Queue(LLM, connection=server)], name=name, connection=server)
        worker.hostname, worker.pid = hostname, pid
        worker.register_birth()  # type: ignore[no-untyped-call]  # RQ has no type here
    assert queue.forget_workers({7})
    assert queue.worker_count() == 2
    assert {worker.name for worker in queue.overview().workers} == {"other", "away"}


def test_a_deleted_meeting_waits_for_no_language_model(server: fakeredis.FakeStrictRedis) -> None:
    JobQueue("unused", llm_apart=True).wake(meeting(**SUMMARIZING, deleted_at=datetime.now(UTC)))
    assert len(jobs(server, DEFAULT)) == 1


def test_what_was_prepared_is_sent_before_the_next_is_prepared_and_summaries_take_their_turn(
    server: fakeredis.FakeStrictRedis,
) -> None:
    prepared = {"status": MeetingStatus.TRANSCRIBING, "stage": Stage.PREPARED, "transcriber": "speechmatics"}
    transcribed = {"status": MeetingStatus.SUMMARIZING, "stage": Stage.TRANSCRIBED, "transcriber": "speechmatics"}
    queue, come = JobQueue("unused"), [meeting(), meeting(**transcribed), meeting(**prepared)]
    for one in come:
        queue.wake(one)
    assert [job.args[0] for job in jobs(server, DEFAULT)] == [come[2].id, come[0].id, come[1].id]


def test_a_step_whose_time_has_come_does_not_wait_behind_what_has_just_come_in(
    server: fakeredis.FakeStrictRedis,
) -> None:
    queue, timed = JobQueue("unused"), meeting(status=MeetingStatus.TRANSCRIBING, stage=Stage.SUBMITTED)
    queue.wake(timed, delay=0.01)
    for _ in range(3):
        queue.wake(meeting())
    scheduler = RQScheduler([Queue(DEFAULT, connection=server)], connection=server, serializer=JSONSerializer)
    scheduler.acquire_locks()
    deadline = time.monotonic() + 30
    while len(jobs(server, DEFAULT)) < 4 and time.monotonic() < deadline:
        scheduler.enqueue_scheduled_jobs()
        time.sleep(0.05)
    assert jobs(server, DEFAULT)[0].args == [timed.id]


def test_a_later_step_is_scheduled_not_queued(server: fakeredis.FakeStrictRedis) -> None:
    JobQueue("unused").wake(meeting(), delay=30)
    queue = Queue(DEFAULT, connection=server, serializer=JSONSerializer)
    assert len(queue) == 0
    assert len(ScheduledJobRegistry(queue=queue)) == 1


@pytest.mark.parametrize("delay", [0.01, 0.5, 0.99, 1.01, 29.7])
def test_a_later_step_never_comes_before_it_is_due(server: fakeredis.FakeStrictRedis, delay: float) -> None:
    """RQ keeps whole seconds; a job that comes early finds nothing to do, and its meeting waits for the rescuer."""
    due = time.time() + delay
    JobQueue("unused").wake(meeting(), delay=delay)
    registry = ScheduledJobRegistry(queue=Queue(DEFAULT, connection=server, serializer=JSONSerializer))
    (job_id,) = registry.get_job_ids()
    assert due <= registry.get_scheduled_time(job_id).timestamp() < due + 1.5


def test_what_is_due_soon_does_not_wait_for_the_scheduler(server: fakeredis.FakeStrictRedis) -> None:
    due = datetime.now(UTC) + timedelta(seconds=0.3)
    JobQueue("unused").wake(meeting(), delay=0.3)
    wait_for(lambda: jobs(server, DEFAULT), "the step")
    (job,) = jobs(server, DEFAULT)
    assert job.enqueued_at >= due
    assert len(ScheduledJobRegistry(queue=Queue(DEFAULT, connection=server))) == 1, "should this process end before"


def test_the_overview_counts_what_waits(server: fakeredis.FakeStrictRedis) -> None:
    queue = JobQueue("unused")
    queue.wake(meeting())
    queue.wake_job(JobKind.PERIODIC, next(iter(TASKS)))
    assert dict(queue.overview().queues) == {HIGH: 0, DEFAULT: 2, RECOGNITION: 0, LLM_HIGH: 0, LLM: 0}
    assert queue.worker_count() == 0


def test_a_refused_redis_is_no_error_and_marks_nothing(sqlite_store: Any) -> None:
    queue = JobQueue("redis://127.0.0.1:1/0")
    assert queue.forget_workers({1}) is False
    assert queue.wake(meeting()) is False
    assert queue.answers() is False
    assert rescue(sqlite_store, queue) == 0


def test_what_waits_in_a_long_queue_already_is_hardly_woken_again(
    sqlite_store: Database, server: fakeredis.FakeStrictRedis
) -> None:
    """Else a worker that is behind is given ever more jobs that find nothing to do."""
    queue = JobQueue("unused")
    for _ in range(120):
        queue.wake(sqlite_store.meetings.create(new_meeting())[0])
    meetings.index(sqlite_store)
    assert rescue(sqlite_store, queue) == 5
    server.flushall()
    assert rescue(sqlite_store, queue) == 100
    assert rescue(sqlite_store, queue) == 5


@pytest.fixture
def hung_redis() -> Iterator[str]:
    """A port that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        stop = threading.Event()
        taken: list[socket.socket] = []

        def take() -> None:
            listener.settimeout(0.1)
            while not stop.is_set():
                try:
                    taken.append(listener.accept()[0])
                except TimeoutError:
                    continue

        thread = threading.Thread(target=take)
        thread.start()
        yield f"redis://127.0.0.1:{listener.getsockname()[1]}/0"
        stop.set()
        thread.join()
        for connection in taken:
            connection.close()


def test_a_hung_redis_is_given_up_not_waited_for(hung_redis: str) -> None:
    queue = JobQueue(hung_redis)
    assert queue.wake(meeting()) is False
    queue.close()
