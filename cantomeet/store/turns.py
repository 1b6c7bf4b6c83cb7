"""Rate limits of providers, counted for the whole installation; `cantomeet.pacing` has the rules."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from sqlalchemy import Connection, insert, select, update
from sqlalchemy import func as sql
from sqlalchemy.exc import IntegrityError
from sqlmodel import col

from cantomeet import pacing
from cantomeet.models import Job, Turn
from cantomeet.store.connections import Aggregate


class ProviderTurns(Aggregate):
    """Each limit is one row, locked while it is changed."""

    def take(self, limit: pacing.Limit, *, reserved: bool = False) -> float:
        """Take a turn: 0.0 if it is taken now, else the seconds until the turn that is reserved for the caller."""
        return self._turn(limit.name, lambda turns, now: pacing.taken(turns, limit, now, reserved=reserved))

    def spend(self, limit: pacing.Limit) -> None:
        """Count a request of a running step that does not wait for a turn."""
        self._turn(limit.name, lambda turns, now: (pacing.spent(turns, now), 0.0))

    def late(self, limit: pacing.Limit) -> int:
        """The number of jobs whose reserved turn has come and was not taken yet."""
        with self._db.read() as connection:
            now = self._db.now(connection)
            late = [col(Job.due_at) <= now, col(Job.turn) == limit.name]
            return int(connection.execute(select(sql.count()).select_from(Job).where(*late)).scalar_one())

    def _turn(self, name: str, change: Callable[[pacing.Turns, float], tuple[pacing.Turns, float]]) -> float:
        with self._db.write() as connection:
            before = _locked(connection, name)
            now = self._db.now(connection).timestamp()
            turns, wait = change(before, now)
            connection.execute(
                update(Turn)
                .where(col(Turn.name) == name)
                .values(reserved_until=turns.reserved_until, recent=list(turns.recent))
            )
            return wait


def _locked(connection: Connection, name: str) -> pacing.Turns:
    """The limit's row, locked until the transaction ends; created if there is none."""
    statement = select(Turn).where(col(Turn.name) == name).with_for_update()
    row = connection.execute(statement).mappings().first()
    if row is None:
        # Suppressed: another transaction was first.
        with suppress(IntegrityError), connection.begin_nested():
            connection.execute(insert(Turn).values(name=name, reserved_until=0.0, recent=[]))
        row = connection.execute(statement).mappings().one()
    return pacing.Turns(row["reserved_until"], tuple(row["recent"]))
