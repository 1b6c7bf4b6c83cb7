"""Raw answers of transcribers, and paid answers of language models."""

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
    """Answers are saved with the meeting, so that none is paid for twice. A raw answer's body is gzip."""

    def save_raw(self, meeting_id: str, run: int, provider: str, job_id: str, body: bytes) -> None:
        """Save a provider's raw answer (gzip) before it is parsed. Raises `LeaseLost`."""
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
        """The newest raw answer; with `job_id`, that of the provider's job."""
        where = [col(RawTranscript.meeting_id) == meeting_id]
        if job_id is not None:
            where.append(col(RawTranscript.provider_job_id) == job_id)
        return self._newest(select(RawTranscript).where(*where))

    def raw_of_shown(self, meeting_id: str) -> RawTranscript | None:
        """The raw answer from which the shown transcript was made. None if there is none, for example after a retry by
        another transcriber.
        """
        of_shown = select(RawTranscript).join(Meeting, and_(*_answers_shown()))
        return self._newest(of_shown.where(col(Meeting.id) == meeting_id))

    def _newest(self, found: Select[Any]) -> RawTranscript | None:
        newest_first = found.order_by(col(RawTranscript.received_at).desc())
        with self._db.read() as connection:
            row = connection.execute(newest_first.limit(1)).mappings().first()
        return None if row is None else RawTranscript(**row)

    def parseable(self) -> list[str]:
        """Ids of the meetings whose transcript comes from a saved raw answer, oldest first."""
        kept = select(col(RawTranscript.id)).where(*_answers_shown()).exists()
        statement = select(col(Meeting.id)).where(col(Meeting.deleted_at).is_(None), kept)
        with self._db.read() as connection:
            return list(connection.execute(statement.order_by(col(Meeting.created_at))).scalars())

    def paid(self, meeting_id: str, key: str) -> str | None:
        """A saved answer of a language model, or None."""
        with self._db.read() as connection:
            return connection.execute(select(col(PaidAnswer.value)).where(*_same(meeting_id, key))).scalar_one_or_none()

    def save_paid(
        self, meeting_id: str, run: int, key: str, value: str, *, keep: bool = False, of_view: bool = False
    ) -> None:
        """Save an answer under the key, replacing an earlier one.

        Raises `LeaseLost`, having changed nothing. With `keep` the answer is saved all the same if the meeting still
        exists: it was paid for even if a cancel or a retry came first. `of_view`: `run` is that of the meeting's
        written view.
        """
        kind = JobKind.WRITTEN_VIEW if of_view else JobKind.MEETING
        if not self._put(meeting_id, key, value, kind, col(Job.run) == run):
            if keep:
                self._put(meeting_id, key, value, JobKind.MEETING)
            raise LeaseLost(meeting_id)

    def _put(self, meeting_id: str, key: str, value: str, kind: JobKind, *where: ColumnElement[bool]) -> bool:
        with self._db.write() as connection:
            # Locked, so that the lease is not taken and the meeting not deleted before this commits.
            if leases.hold(connection, kind, meeting_id, *where) is None:
                return False
            replaced = update(PaidAnswer).where(*_same(meeting_id, key)).values(value=value)
            if not execute(connection, replaced).rowcount:
                connection.execute(insert(PaidAnswer).values(meeting_id=meeting_id, key=key, value=value))
            return True


def _same(meeting_id: str, key: str) -> tuple[ColumnElement[bool], ...]:
    return col(PaidAnswer.meeting_id) == meeting_id, col(PaidAnswer.key) == key


def _answers_shown() -> tuple[ColumnElement[bool], ...]:
    """A condition: the raw answer is that of the job from which the meeting's transcript was made."""
    same_meeting = col(RawTranscript.meeting_id) == col(Meeting.id)
    return same_meeting, col(RawTranscript.provider_job_id) == col(Meeting.provider_job_id)
