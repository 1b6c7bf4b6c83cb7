"""What the periodic tasks and the operator do: provider copies, retention, the pause switch, the glossary."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import col

from cantomeet.errors import VersionConflict
from cantomeet.glossary import Term, digest
from cantomeet.jobs import PAUSABLE, JobKind
from cantomeet.lifecycle import ENDED
from cantomeet.models import GlossaryTerm, Job, KeyValue, Meeting, ProviderLeftover, Switch, new_id
from cantomeet.store import leases
from cantomeet.store.base import Base, execute
from cantomeet.store.leases import PAUSED, is_paused


class Maintenance(Base):
    """Everything that belongs to no single meeting's path."""

    def leftover(self, leftover_id: str) -> ProviderLeftover | None:
        """None where it is gone."""
        with self._read() as connection:
            one = select(ProviderLeftover).where(col(ProviderLeftover.id) == leftover_id)
            row = connection.execute(one).mappings().first()
        return None if row is None else ProviderLeftover(**row)

    def note_leftover(self, job: Job, due_in: float | None = None, *, tries: int = 0, **columns: Any) -> Job:
        """Save `columns`; with `due_in` end the lease, and it is due again in so many seconds. Raises `LeaseLost`."""
        with self._write() as connection:
            now = self._clock(connection)
            let_go = {} if due_in is None else {"tries": tries, **leases.let_go(now + timedelta(seconds=due_in))}
            after = leases.fenced(connection, now, job.kind, job.subject, job.run, held=True, **let_go)
            if columns:
                mine = col(ProviderLeftover.id) == job.subject
                connection.execute(update(ProviderLeftover).where(mine).values(**columns))
            return after

    def forget_leftover(self, job: Job) -> None:
        """It is gone at the provider. Raises `LeaseLost`."""
        with self._write() as connection:
            leases.fenced(connection, self._clock(connection), job.kind, job.subject, job.run)
            connection.execute(delete(ProviderLeftover).where(col(ProviderLeftover.id) == job.subject))
            leases.remove(connection, job.kind, job.subject)

    def expired_audio(self, days: int, limit: int = 100) -> list[Meeting]:
        """Meetings at rest, created over `days` ago, whose recording is still there."""
        return self._ended_before(days, limit, col(Meeting.audio_removed).is_(False))

    def expired_meetings(self, days: int, limit: int = 100) -> list[Meeting]:
        """Meetings at rest, created over `days` ago."""
        return self._ended_before(days, limit)

    def _ended_before(self, days: int, limit: int, *where: object) -> list[Meeting]:
        with self._read() as connection:
            before = self._clock(connection) - timedelta(days=days)
            rows = connection.execute(
                leases.meetings()
                .where(
                    col(Meeting.created_at) < before,
                    _at_rest(),
                    col(Meeting.deleted_at).is_(None),
                    *where,  # type: ignore[arg-type]  # SQL conditions
                )
                .limit(limit)
            ).mappings()
            return [leases.meeting_of(row) for row in rows]

    def mark_audio_removed(self, meeting_id: str) -> Meeting | None:
        """Written down before the file goes; None where the meeting has been set going again meanwhile."""
        with self._write() as connection:
            leases.hold(connection, JobKind.MEETING, meeting_id)
            return self._changed(
                connection,
                [col(Meeting.id) == meeting_id, _at_rest()],
                audio_removed=True,
                has_playback_copy=False,
            )

    def pause(self, paused: bool) -> None:
        """Stop or resume taking steps; what is under way finishes its step. Pausing again keeps the first time."""
        # Suppressed: somebody else paused at the same moment.
        with suppress(IntegrityError), self._write() as connection:
            if not paused:
                self._resume(connection)
            elif not connection.execute(select(is_paused())).scalar_one():
                connection.execute(insert(Switch).values(name=PAUSED, since=self._clock(connection)))

    def _resume(self, connection: Connection) -> None:
        was_paused = execute(connection, delete(Switch).where(col(Switch.name) == PAUSED)).rowcount
        # Jobs that came while nothing was taken did nothing and are gone: what is due is to be woken again at once.
        now = self._clock(connection)
        due = (col(Job.kind).in_(list(PAUSABLE)), col(Job.due_at) <= now)
        connection.execute(update(Job).where(*due).values(woken_until=None, wake_count=0))
        if was_paused:
            # What has not moved because it must not is not stuck from the first moment on.
            waited = leases.meetings_job(col(Job.due_at) <= now)
            connection.execute(update(Meeting).where(waited).values(updated_at=now))

    def paused_since(self) -> datetime | None:
        """Since when no step is taken; None while steps are."""
        with self._read() as connection:
            return connection.execute(select(col(Switch.since)).where(col(Switch.name) == PAUSED)).scalar_one_or_none()

    def paused(self) -> bool:
        """True while no step is taken."""
        return self.paused_since() is not None

    def glossary(self) -> list[Term]:
        """In the order in which the person wrote it."""
        with self._read() as connection:
            return _glossary(connection)

    def replace_glossary(self, terms: Sequence[Term], seen: str | None = None) -> None:
        """The whole glossary, checked before. Raises `VersionConflict` where the digest is not `seen` (None: any)."""
        with self._write() as connection:
            if connection.dialect.name == "postgresql":
                # Two who save at once must not both find the old one: SQLite has one writer anyway.
                connection.exec_driver_sql("LOCK TABLE glossaryterm IN EXCLUSIVE MODE")
            if seen is not None and seen != digest(_glossary(connection)):
                raise VersionConflict("the glossary was changed meanwhile")
            connection.execute(delete(GlossaryTerm))
            rows = [
                {"id": new_id(), "position": n, "content": term.content, "sounds_like": list(term.sounds_like)}
                for n, term in enumerate(terms)
            ]
            if rows:
                connection.execute(insert(GlossaryTerm), rows)

    def remembered(self, name: str) -> str | None:
        """What was remembered under a name."""
        with self._read() as connection:
            return connection.execute(
                select(col(KeyValue.value)).where(col(KeyValue.name) == name)
            ).scalar_one_or_none()

    def remember(self, name: str, value: str) -> None:
        """Keep `value` under `name`, in place of an earlier one."""
        if not self._remember_again(name, value):
            try:
                with self._write() as connection:
                    connection.execute(insert(KeyValue).values(name=name, value=value))
            except IntegrityError:  # somebody else remembered it first
                self._remember_again(name, value)

    def _remember_again(self, name: str, value: str) -> bool:
        with self._write() as connection:
            changed = update(KeyValue).where(col(KeyValue.name) == name).values(value=value)
            return bool(execute(connection, changed).rowcount)


def _at_rest() -> ColumnElement[bool]:
    """It has ended, or waits for a person to name its speakers: nobody works on it."""
    return or_(col(Meeting.status).in_(sorted(ENDED)), leases.is_waiting_for_names())


def _glossary(connection: Connection) -> list[Term]:
    columns = (col(GlossaryTerm.content), col(GlossaryTerm.sounds_like))
    rows = connection.execute(select(*columns).order_by(col(GlossaryTerm.position)))
    return [Term(content, tuple(sounds)) for content, sounds in rows]
