"""A transaction of several calls: one snapshot, all or nothing, and who comes second goes on."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

import pytest
from sqlalchemy import Engine, text

from cantomeet.errors import Conflict
from cantomeet.jobs import JobKind
from cantomeet.pacing import Limit
from cantomeet.store import Database, Transaction
from tests import meetings as made
from tests.conftest import new_meeting
from tests.running import wait_for


def test_what_is_committed_during_a_snapshot_is_not_in_it(store: Database) -> None:
    meeting = made.completed(store)
    with store.read() as tx:
        before = tx.meetings.get(meeting.id)
        store.meetings.edit(meeting.id, None, title="改過的標題")
        assert tx.meetings.get(meeting.id) == before
    assert store.meetings.get(meeting.id).title == "改過的標題"


def test_what_raises_rolls_the_whole_transaction_back(store: Database) -> None:
    meeting = made.completed(store)

    def half_done() -> None:
        with store.write() as tx:
            tx.meetings.edit(meeting.id, None, title="改過的標題")
            assert tx.meetings.get(meeting.id).title == "改過的標題"
            raise RuntimeError("half done")

    with pytest.raises(RuntimeError):
        half_done()
    assert store.meetings.get(meeting.id).title == meeting.title


def test_a_constraint_that_refuses_one_statement_spares_the_others(store: Database) -> None:
    store.key_values.put("key", "old")
    with store.write() as tx:
        tx.switches.pause(True)
        earlier, is_new = tx.meetings.create(new_meeting(idempotency_key="k"))
        again, is_new_again = tx.meetings.create(new_meeting(idempotency_key="k"))
        tx.key_values.put("key", "new")
    assert (again.id, is_new, is_new_again) == (earlier.id, True, False)
    assert (store.switches.paused(), store.key_values.find("key")) == (True, "new")


def test_a_snapshot_writes_nothing(store: Database) -> None:
    with store.read() as tx, pytest.raises(AssertionError, match="only reads"):
        tx.switches.pause(True)
    assert not store.switches.paused()


def test_a_block_that_goes_on_after_what_a_call_raised_is_rolled_back(store: Database) -> None:
    meeting = made.completed(store)

    def gone_on() -> None:
        with store.write() as tx:
            tx.key_values.put("name", "value")
            with suppress(Conflict):
                tx.meetings.cancel(meeting.id)

    with pytest.raises(AssertionError, match="went on"):
        gone_on()
    assert (store.meetings.get(meeting.id), store.key_values.find("name")) == (meeting, None)


def test_after_its_end_a_transaction_still_reads_and_no_longer_writes(store: Database) -> None:
    with store.write() as tx:
        meeting, _ = tx.meetings.create(new_meeting())
    assert tx.meetings.get(meeting.id) == store.meetings.get(meeting.id)
    with pytest.raises(AssertionError, match="has ended"):
        tx.meetings.mark_deleted(meeting.id)


# Each inserts a row that there can be only once, so that of two at once the second is refused by a constraint.
INSERTS: dict[str, Callable[[Transaction], object]] = {
    "create": lambda tx: tx.meetings.create(new_meeting(idempotency_key="k")),
    "schedule": lambda tx: tx.jobs.schedule(JobKind.CHECK, "llm"),
    "keep_scheduled": lambda tx: tx.jobs.keep_scheduled(JobKind.PERIODIC, ["sweep"]),
    "pause": lambda tx: tx.switches.pause(True),
    "put": lambda tx: tx.key_values.put("name", "value"),
    "take": lambda tx: tx.turns.take(Limit("of a provider", most=1, pace=1.0)),
    "move_back": lambda tx: tx.clock.move_back(timedelta(seconds=1), 0),
}


@pytest.mark.parametrize("name", INSERTS)
def test_who_comes_second_goes_on_in_the_same_transaction(name: str, store: Database) -> None:
    gone_on = threading.Event()

    def second() -> None:
        with store.write() as tx:
            INSERTS[name](tx)
            tx.key_values.put("afterwards", name)
            gone_on.set()

    beside = threading.Thread(target=second)
    with store.write() as tx:
        INSERTS[name](tx)
        beside.start()
        wait_for(lambda: _waits(store.engine), "the second")
    beside.join()
    assert gone_on.is_set()
    assert store.key_values.find("afterwards") == name


def _waits(engine: Engine) -> bool:
    """On PostgreSQL the second insert waits for the first. SQLite lets nobody else write anyway."""
    if engine.dialect.name == "sqlite":
        return True
    with engine.connect() as connection:
        waiting = (
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        return bool(connection.execute(text(waiting)).scalar_one())
