"""What providers answered: transcripts as they came, and the language model's answers that were paid for."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, and_, insert, select, update
from sqlmodel import col

from cantomeet.errors import LeaseLost
from cantomeet.jobs import JobKind
from cantomeet.models import Job, Meeting, PaidAnswer, RawTranscript, new_id
from cantomeet.store import leases, meeting_rows
from cantomeet.store.connections import Aggregate, execute


class ProviderAnswers(Aggregate):
    """Kept with the meeting, so that none is paid for again. A raw answer's body is gzip."""

    def save_raw(self, meeting_id: str, run: int, provider: str, job_id: str, body: bytes) -> None:
        """Keep a provider's raw answer (gzip) before it is parsed. Raises `LeaseLost`."""
        with self._db.write() as connection:
            now = self._db.now(connection)
            meeting = meeting_rows.fenced(connection, now, meeting_id, run)
            connection.execute(
                insert(RawTranscript).values(
                    id=new_id(),
                    meeting_id=meeting_id,
                    revision=meeting.revision,
                    provider=provider,
                    provider_job_id=job_id,
                    body=body,
                    received_at=now,
                )
            )

    def raw(self, meeting_id: str, job_id: str | None = None) -> RawTranscript | None:
        """The newest raw answer, of the provider's job `job_id` where given."""
        where = [col(RawTranscript.meeting_id) == meeting_id]
        if job_id is not None:
            where.append(col(RawTranscript.provider_job_id) == job_id)
        return self._newest(select(RawTranscript).where(*where))

    def raw_of_shown(self, meeting_id: str) -> RawTranscript | None:
        """What the provider answered for the transcript that is shown; None where it comes from somewhere else, as
        after a retry by another transcriber.
        """
        of_shown = select(RawTranscript).join(Meeting, and_(*_answers_shown()))
        return self._newest(of_shown.where(col(Meeting.id) == meeting_id))

    def _newest(self, found: Select[Any]) -> RawTranscript | None:
        newest_first = found.order_by(col(RawTranscript.received_at).desc())
        with self._db.read() as connection:
            row = connection.execute(newest_first.limit(1)).mappings().first()
        return None if row is None else RawTranscript(**row)

    def parseable(self) -> list[str]:
        """Ids of the meetings whose transcript comes from a raw answer that is kept, oldest first."""
        kept = select(col(RawTranscript.id)).where(*_answers_shown()).exists()
        statement = select(col(Meeting.id)).where(col(Meeting.deleted_at).is_(None), kept)
        with self._db.read() as connection:
            return list(connection.execute(statement.order_by(col(Meeting.created_at))).scalars())

    def paid(self, meeting_id: str, key: str) -> str | None:
        """What a language model has answered already; None where it was not asked."""
        with self._db.read() as connection:
            return connection.execute(select(col(PaidAnswer.value)).where(*_same(meeting_id, key))).scalar_one_or_none()

    def save_paid(
        self, meeting_id: str, run: int, key: str, value: str, *, keep: bool = False, of_view: bool = False
    ) -> None:
        """Keep an answer, in place of what the key had. Raises `LeaseLost`.

        Nothing is changed then, but with `keep` for a meeting that is still there: what a cancel or a retry has
        overtaken is paid for all the same. `of_view`: `run` is that of the meeting's written view.
        """
        kind = JobKind.WRITTEN_VIEW if of_view else JobKind.MEETING
        if not self._put(meeting_id, key, value, kind, col(Job.run) == run):
            if keep:
                self._put(meeting_id, key, value, JobKind.MEETING)
            raise LeaseLost(meeting_id)

    def _put(self, meeting_id: str, key: str, value: str, kind: JobKind, *where: ColumnElement[bool]) -> bool:
        with self._db.write() as connection:
            # Held, so that nobody takes the lease or deletes the meeting before this commits.
            if leases.hold(connection, kind, meeting_id, *where) is None:
                return False
            replaced = update(PaidAnswer).where(*_same(meeting_id, key)).values(value=value)
            if not execute(connection, replaced).rowcount:
                connection.execute(insert(PaidAnswer).values(meeting_id=meeting_id, key=key, value=value))
            return True


def _same(meeting_id: str, key: str) -> tuple[ColumnElement[bool], ...]:
    return col(PaidAnswer.meeting_id) == meeting_id, col(PaidAnswer.key) == key


def _answers_shown() -> tuple[ColumnElement[bool], ...]:
    """The raw answer is that of the job which the meeting's transcript comes from."""
    same_meeting = col(RawTranscript.meeting_id) == col(Meeting.id)
    return same_meeting, col(RawTranscript.provider_job_id) == col(Meeting.provider_job_id)
