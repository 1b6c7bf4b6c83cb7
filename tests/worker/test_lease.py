"""A lease while the database does not answer: it is renewed later, unless another worker has taken the job."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from inspect import signature
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, update
from sqlalchemy.exc import InterfaceError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlmodel import col

from cantomeet.database import connect
from cantomeet.errors import LeaseLost
from cantomeet.jobs import JobKind
from cantomeet.models import Job
from cantomeet.store import LEASE_SECONDS, Database
from cantomeet.store.jobs import Jobs
from tests.databases import migrated_sqlite
from tests.running import wait_for
from worker.lease import _BEAT_SECONDS, Lease

KIND, SUBJECT = JobKind.CHECK, "any"


class Counting(Jobs):
    """Counts the renewals that the database refused."""

    refused = 0

    def renew(self, job: Job, seconds: float) -> None:
        try:
            super().renew(job, seconds)
        except Exception:
            self.refused += 1
            raise


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """An engine without a busy timeout: a write fails at once while another writer holds the lock."""
    engine = connect(migrated_sqlite(tmp_path / "meetings.db"), busy_timeout=0.05)
    yield engine
    engine.dispose()


@pytest.fixture
def beats(store: Database) -> Counting:
    return Counting(store._connections)


@pytest.fixture
def lease(store: Database, beats: Counting) -> Lease:
    store.jobs.schedule(KIND, SUBJECT)
    taken = store.jobs.take(KIND, SUBJECT)
    assert taken is not None
    return Lease(taken, lambda seconds, _: beats.renew(taken, seconds))


@contextmanager
def held(engine: Engine) -> Iterator[None]:
    """Another writer holds the database within the block."""
    other = create_engine(engine.url)
    with other.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        yield
        connection.exec_driver_sql("ROLLBACK")
    other.dispose()


def run_out(store: Database) -> None:
    """Let the lease expire, as if the database had been locked for longer."""
    with store.engine.begin() as connection:
        past = {"lease_until": store.now() - timedelta(seconds=1)}
        connection.execute(update(Job).where(col(Job.kind) == KIND).values(**past))


def is_held(store: Database) -> bool:
    """Whether the lease is in force."""
    job = store.jobs.find(KIND, SUBJECT)
    return job is not None and job.lease_until is not None and job.lease_until > store.now()


def test_renewals_refused_by_a_locked_database_cost_nothing_if_nobody_takes_the_job(
    engine: Engine, store: Database, beats: Counting, lease: Lease
) -> None:
    with lease.renewed():
        with held(engine):
            wait_for(lambda: beats.refused >= 2, "two beats in vain")
        run_out(store)
        wait_for(lambda: is_held(store), "the next beat")
        lease.check()
    after = store.jobs.go_on(lease.job, 0.0)
    assert (after.run, after.deaths) == (lease.run, 0)


@pytest.mark.parametrize(
    "outage",
    [InterfaceError("", {}, Exception("closed")), PoolTimeout("no connection")],
    ids=["closed", "no connection"],
)
def test_any_outage_costs_one_renewal_only(store: Database, lease: Lease, outage: Exception) -> None:
    beats = iter([outage])
    renewed = threading.Event()

    def renew(_seconds: float, _progress: int | None) -> None:
        if (trouble := next(beats, None)) is not None:
            raise trouble
        renewed.set()

    with Lease(lease.job, renew).renewed():
        assert renewed.wait(30)


def test_a_worker_whose_lease_another_took_meanwhile_notices_and_changes_nothing(
    engine: Engine, store: Database, beats: Counting, lease: Lease
) -> None:
    with lease.renewed():
        with held(engine):
            wait_for(lambda: beats.refused >= 1, "a beat in vain")
        run_out(store)
        other = Database(connect(str(engine.url)))
        taken = wait_for(lambda: _taken_or_beaten(other), "another worker")

        def noticed() -> bool:
            try:
                lease.check()
            except LeaseLost:
                return True
            return False

        wait_for(noticed, "the beat that finds it taken")
    with pytest.raises(LeaseLost):
        store.jobs.go_on(lease.job, 0.0)
    job = store.jobs.find(KIND, SUBJECT)
    assert job is not None
    assert job.run == taken.run == lease.run + 1
    other.engine.dispose()


def _taken_or_beaten(other: Database) -> Job | None:
    """Take the lease as another worker. If a heartbeat was first, let the lease expire again."""
    taken = other.jobs.take(KIND, SUBJECT)
    if taken is None:
        run_out(other)
    return taken


def test_a_lease_outlasts_a_renewal_that_fails_after_the_busy_timeout(engine: Engine) -> None:
    """`LEASE_SECONDS` is longer than the busy timeout plus a heartbeat before and after it."""
    patience = signature(connect).parameters["busy_timeout"].default
    assert patience + 2 * _BEAT_SECONDS < LEASE_SECONDS
