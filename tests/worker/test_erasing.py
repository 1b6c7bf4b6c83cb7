"""Traces of a deleted meeting are erased. The note about them stays until all are erased."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import redis
from alembic import command
from alembic.config import Config
from rq import Queue
from rq.job import Job, JobStatus
from rq.registry import FailedJobRegistry
from rq.serializers import JSONSerializer
from sqlalchemy import text

from cantomeet.database import connect, migrate
from cantomeet.jobs import JobKind
from cantomeet.models import Meeting, new_id
from cantomeet.queue import DEFAULT, JobQueue
from cantomeet.revisions import MIGRATIONS
from cantomeet.store import Database
from launcher.redis_server import EmbeddedRedis
from tests.conftest import new_meeting
from tests.worker.jobs import run_task
from tests.worker.test_pipeline import House

SECRET = b"\xe7\xa7\x98\xe5\xaf\x86 of the deleted meeting"


@pytest.fixture
def queue(server: EmbeddedRedis) -> Iterator[JobQueue]:
    opened = JobQueue(server.url)
    yield opened
    opened.close()


def job_of(server: EmbeddedRedis, meeting_id: str) -> Job:
    with redis.Redis.from_url(server.url) as client:
        queue = Queue(DEFAULT, connection=client, serializer=JSONSerializer)
        return next(job for job in queue.jobs if meeting_id in job.args)


def files_of(server_folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted((server_folder / "redis").rglob("*")) if path.is_file())


def test_only_jobs_of_deleted_meetings_are_erased_from_redis_and_its_file(
    server: EmbeddedRedis, queue: JobQueue, sqlite_store: Database, tmp_path: Path
) -> None:
    kept, gone = (sqlite_store.meetings.create(new_meeting())[0] for _ in range(2))
    for meeting in (kept, gone):
        queue.wake(meeting)
        queue.wake(meeting, delay=1000)
        queue.wake_job(JobKind.WRITTEN_VIEW, meeting.id)
    job = job_of(server, gone.id)
    with redis.Redis.from_url(server.url) as client:
        job.connection = client
        job.set_status(JobStatus.FAILED)
        FailedJobRegistry(DEFAULT, connection=client, serializer=JSONSerializer).add(job, 1000)
    assert gone.id.encode() in files_of(tmp_path)
    assert queue.erase(lambda ids: {gone.id} & set(ids), rewrite=True)
    assert gone.id.encode() not in files_of(tmp_path)
    assert kept.id.encode() in files_of(tmp_path)
    assert dict(queue.overview().queues)[DEFAULT] == 2
    assert queue.overview().failed == 0


def test_a_running_job_is_left_alone_and_reported(server: EmbeddedRedis, queue: JobQueue) -> None:
    meeting_id = new_id()
    queue.wake_job(JobKind.WRITTEN_VIEW, meeting_id)
    job = job_of(server, meeting_id)
    with redis.Redis.from_url(server.url) as client:
        job.connection = client
        job.set_status(JobStatus.STARTED)
        assert not queue.erase(set, rewrite=False)
        job.set_status(JobStatus.FINISHED)
        assert queue.erase(set, rewrite=False)
        assert not Job.exists(job.id, connection=client)


def test_nothing_is_erased_while_redis_is_away() -> None:
    away = JobQueue("redis://127.0.0.1:1/0")
    assert not away.erase(set, rewrite=True)
    away.close()


@pytest.fixture
def house(store: Database, tmp_path: Path) -> House:
    return House(store, tmp_path / "recordings")


def purged(store: Database) -> Meeting:
    meeting = store.meetings.mark_deleted(store.meetings.create(new_meeting())[0].id)
    leased = store.pipeline.take_lease(meeting.id, 60)
    assert leased is not None
    store.pipeline.purge(leased.id, leased.job.run)
    return leased


def test_the_note_is_removed_only_once_all_traces_are_erased(house: House) -> None:
    asked: list[set[str]] = []
    answers = [False, True]

    def erase_jobs(gone: object) -> bool:
        assert callable(gone)
        asked.append(gone({meeting.id, kept.id}))
        return answers[len(asked) - 1]

    kept = house.store.meetings.create(new_meeting())[0]
    tools = replace(house.tools, erase_jobs=erase_jobs)
    run_task(tools, "erase_traces")
    assert asked == [], "nothing was deleted"
    meeting = purged(house.store)
    for _ in range(3):
        run_task(tools, "erase_traces")
    assert asked == [{meeting.id}, {meeting.id}]
    assert house.store.erasing.traces() is None


def test_a_deletion_during_an_erasure_is_erased_by_the_next(house: House) -> None:
    def erase_jobs(gone: object) -> bool:
        if not deleted:
            deleted.append(purged(house.store))
        return True

    deleted: list[Meeting] = []
    purged(house.store)
    tools = replace(house.tools, erase_jobs=erase_jobs)
    run_task(tools, "erase_traces")
    assert house.store.erasing.traces() is not None
    run_task(tools, "erase_traces")
    assert house.store.erasing.traces() is None


def test_a_log_that_somebody_reads_is_emptied_later(sqlite_store: Database) -> None:
    sqlite_store.key_values.put("a", "b")
    with sqlite_store.engine.execution_options(readonly=True).begin() as reading:
        reading.execute(text("SELECT * FROM keyvalue")).all()
        sqlite_store.key_values.put("a", "c")
        assert not sqlite_store.empty_log()
    assert sqlite_store.empty_log()


def test_traces_left_by_an_earlier_release_are_erased_after_the_migration(tmp_path: Path) -> None:
    file = tmp_path / "meetings.db"
    engine = connect(f"sqlite:///{file}")
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0009")
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA secure_delete = OFF")
        connection.rollback()
        insert = text("INSERT INTO remembered (name, value) VALUES (:name, :value)")
        for number in range(50):
            connection.execute(insert, {"name": f"n{number}", "value": SECRET.decode() * 50})
        connection.execute(text("DELETE FROM remembered"))
        connection.commit()
    Database(engine).empty_log()
    assert SECRET in file.read_bytes()
    migrate(engine)
    Database(engine).empty_log()
    engine.dispose()
    assert SECRET not in file.read_bytes()


def test_meetings_without_a_row_are_gone(store: Database) -> None:
    there, marked = (store.meetings.create(new_meeting())[0].id for _ in range(2))
    store.meetings.mark_deleted(marked)
    ids: Collection[str] = {there, marked, new_id()}
    assert store.erasing.gone(ids) == set(ids) - {there, marked}
    assert store.erasing.gone([]) == set()
