"""Fault 8: the database is locked for longer than any timeout."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
from sqlalchemy import create_engine

from cantomeet.lifecycle import MeetingStatus
from cantomeet.store import LEASE_SECONDS
from standins.speechmatics.server import FakeSpeechmatics, JobPlan
from tests.running import Background, wait_for
from tests.sound import tone_bytes
from tests.upload_server import UploadServer

pytestmark = pytest.mark.both_databases


@contextmanager
def nobody_else_writes(side: Background) -> Iterator[None]:
    """Lock the meetings' table against all other writers within the block."""
    engine = create_engine(side.environment["DATABASE_URL"])
    sqlite = engine.dialect.name == "sqlite"
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if sqlite else "BEGIN")
        if not sqlite:
            connection.exec_driver_sql("LOCK TABLE meeting IN EXCLUSIVE MODE")
        yield
        connection.exec_driver_sql("ROLLBACK")
    engine.dispose()


def waits_for_a_lock(side: Background) -> bool:
    """Whether a writer waits for a lock in PostgreSQL, where it waits without a timeout. In SQLite it gives up."""
    if side.store.engine.dialect.name == "sqlite":
        return False
    with side.store.engine.connect() as connection:
        waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        return bool(connection.exec_driver_sql(waiting).scalar_one())


def test_a_database_held_longer_than_a_lease_costs_no_meeting_and_no_second_payment(
    side: Background, fake: FakeSpeechmatics
) -> None:
    fake.use(JobPlan(job_seconds=1.0))
    side.start()
    meetings = [side.upload().id for _ in range(3)]
    side.wait(meetings[0], lambda m: m.provider_job_id is not None)
    with nobody_else_writes(side):
        threading.Event().wait(LEASE_SECONDS + 1.0)
    assert {side.wait(one).status for one in meetings} == {MeetingStatus.COMPLETED}
    assert sorted(fake.paid.values()) == [1, 1, 1]
    noted = {attempt.error_code for one in meetings for attempt in side.store.meetings.attempts(one)}
    # A worker that could not renew its lease may have counted as dead.
    assert noted <= {None, "database_busy", "worker_died"}


def test_an_upload_to_a_held_database_is_accepted_once_when_it_is_tried_again(
    side: Background, web: UploadServer
) -> None:
    def post() -> httpx.Response:
        return httpx.post(
            f"{web.url}/meetings/upload",
            files={"file": ("a.wav", tone_bytes())},
            headers={"Idempotency-Key": "once"},
            timeout=60,
        )

    answers: list[httpx.Response] = []
    first = threading.Thread(target=lambda: answers.append(post()))
    with nobody_else_writes(side):
        first.start()
        wait_for(lambda: answers or waits_for_a_lock(side), "an answer, or a writer that waits")
        # Reading never waits for a writer.
        assert httpx.get(f"{web.url}/api/meetings", timeout=60).json()["items"] == []
    first.join()
    # SQLite's writer gave up and said so; PostgreSQL's waited.
    assert answers[0].status_code in (202, 503)
    assert answers[0].status_code == 202 or answers[0].json()["code"] == "database_busy"
    accepted = wait_for(lambda: (again := post()).status_code == 202 and again, "the upload to be accepted")
    assert post().json()["id"] == accepted.json()["id"]
    assert [m["id"] for m in httpx.get(f"{web.url}/api/meetings").json()["items"]] == [accepted.json()["id"]]
