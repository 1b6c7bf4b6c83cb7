"""A lease whose worker lives and whose database does not answer: renewed late where nobody came, else lost for good."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from inspect import signature
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine
from sqlmodel import col, select

from cantomeet.database import connect
from cantomeet.errors import LeaseLost
from cantomeet.lifecycle import Stage
from cantomeet.models import Meeting
from cantomeet.store import LEASE_SECONDS, MeetingStore, NewAttempt
from tests.conftest import new_meeting
from tests.databases import migrated_sqlite
from tests.meetings import set_columns
from tests.running import wait_for
from worker.lease import _BEAT_SECONDS, Lease


class Counting(MeetingStore):
    """Counts the beats that the database refused."""

    refused = 0

    def renew_lease(self, meeting_id: str, run: int, seconds: float, progress: int | None = None) -> None:
        try:
            super().renew_lease(meeting_id, run, seconds, progress)
        except Exception:
            self.refused += 1
            raise


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """Impatient: a writer is told at once that somebody else writes."""
    engine = connect(migrated_sqlite(tmp_path / "meetings.db"), busy_timeout=0.05)
    yield engine
    engine.dispose()


@pytest.fixture
def store(engine: Engine) -> Counting:
    return Counting(engine)


@pytest.fixture
def lease(store: Counting) -> Lease:
    taken = store.take_lease(store.create(new_meeting())[0].id, LEASE_SECONDS)
    assert taken is not None
    return Lease(store, taken, lambda _: None)


@contextmanager
def held(engine: Engine) -> Iterator[None]:
    """Somebody else writes, for as long as the block lasts."""
    other = create_engine(engine.url)
    with other.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        yield
        connection.exec_driver_sql("ROLLBACK")
    other.dispose()


def run_out(store: MeetingStore, meeting_id: str) -> None:
    """As if the database had been held for longer than the lease."""
    set_columns(store, meeting_id, lease_until=store.now() - timedelta(seconds=1))


def until_of(store: MeetingStore, meeting_id: str) -> bool:
    """The lease runs."""
    with store.engine.connect() as connection:
        until = connection.execute(select(col(Meeting.lease_until)).where(col(Meeting.id) == meeting_id)).scalar_one()
    return until is not None and until > store.now()


def test_beats_that_a_held_database_refuses_cost_nothing_where_nobody_came(
    engine: Engine, store: Counting, lease: Lease
) -> None:
    meeting = lease.meeting
    with lease.beating():
        with held(engine):
            wait_for(lambda: store.refused >= 2, "two beats in vain")
        run_out(store, meeting.id)
        wait_for(lambda: until_of(store, meeting.id), "the next beat")
        lease.check()
    after = store.commit_step(
        meeting.id, meeting.run, tried=NewAttempt("prepare", store.now()), stage=Stage.PREPARED, status="TRANSCRIBING"
    )
    assert (after.run, after.death_count) == (meeting.run, 0)


def test_a_worker_whose_lease_another_took_meanwhile_notices_and_changes_nothing(
    engine: Engine, store: Counting, lease: Lease
) -> None:
    meeting = lease.meeting
    with lease.beating():
        with held(engine):
            wait_for(lambda: store.refused >= 1, "a beat in vain")
        run_out(store, meeting.id)
        other = MeetingStore(connect(str(engine.url)))
        taken = wait_for(lambda: _taken_or_beaten(other, lease), "another worker")

        def noticed() -> bool:
            try:
                lease.check()
            except LeaseLost:
                return True
            return False

        wait_for(noticed, "the beat that finds it taken")
    with pytest.raises(LeaseLost):
        store.commit_step(meeting.id, meeting.run, tried=NewAttempt("prepare", store.now()), stage=Stage.PREPARED)
    assert store.get(meeting.id).run == taken.run == meeting.run + 1
    other.engine.dispose()


def _taken_or_beaten(other: MeetingStore, lease: Lease) -> Meeting | None:
    """A beat may come before the other worker; then the lease runs out once more."""
    taken = other.take_lease(lease.meeting.id, LEASE_SECONDS)
    if taken is None:
        run_out(other, lease.meeting.id)
    return taken


def test_a_lease_outlasts_a_beat_that_waits_for_the_database_in_vain_and_the_next(engine: Engine) -> None:
    """What `LEASE_SECONDS` promises: the busy timeout, and a beat before and after it."""
    patience = signature(connect).parameters["busy_timeout"].default
    assert patience + 2 * _BEAT_SECONDS < LEASE_SECONDS
