"""Commands of people on a whole meeting."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Unpack

from sqlalchemy import ColumnElement, Connection, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import col

from cantomeet.errors import Conflict, ErrorCode, VersionConflict
from cantomeet.jobs import JobKind, JobState
from cantomeet.lifecycle import ACTIVE, MeetingStatus, Stage
from cantomeet.models import Attempt, Job, Meeting
from cantomeet.reasons import reason_text
from cantomeet.store import leases, lines, meeting_rows, search_rows
from cantomeet.store.connections import Aggregate, execute
from cantomeet.store.dating import move_due_days
from cantomeet.store.leftovers import leave_behind
from cantomeet.store.meeting_rows import is_there
from cantomeet.store.retrying import RetryColumns, at_provider, retry_columns
from cantomeet.store.rows import all_made
from cantomeet.store.templates import checked_wishes
from cantomeet.store.types import MeetingChanges, NewMeeting
from cantomeet.store.upload_keys import key_of, require_same_upload
from cantomeet.wording import checked_description, checked_title

_CHECKS: Mapping[str, Callable[[str], str]] = {"title": checked_title, "description": checked_description}


class Meetings(Aggregate):
    """Create, find, edit, restart, cancel, delete."""

    def create(self, new: NewMeeting) -> tuple[Meeting, bool]:
        """The new meeting, due now, and True; or the earlier one with this key or upload id, and False.

        Raises `KeyReused` if something else was sent with the key before.
        """
        try:
            return self._insert(new), True
        except IntegrityError:
            earlier = self._earlier(new)
            # None: it was deleted just now, and its key is free again.
            return (self._insert(new), True) if earlier is None else (earlier, False)

    def _insert(self, new: NewMeeting) -> Meeting:
        # A savepoint, because `create` continues after a refusal.
        with self._db.write() as connection, connection.begin_nested():
            now = self._db.now(connection)
            key = key_of(new.owner_id, new.idempotency_key)
            columns = {**vars(new), "idempotency_key": key, "created_at": now, "updated_at": now, "stage_since": now}
            meeting = Meeting(**columns)
            connection.execute(insert(Meeting).values(**meeting.model_dump()))
            job = leases.add(connection, now, JobKind.MEETING, meeting.id)
            search_rows.schedule(connection, now, meeting.id)
            return meeting.with_job(job)

    def _earlier(self, new: NewMeeting) -> Meeting | None:
        earlier = self.find_by_idempotency_key(new.idempotency_key, new.owner_id)
        if earlier is None:
            return self.find_by_upload(new.upload_id)
        require_same_upload(earlier, new.upload_fingerprint)
        return earlier

    def find_by_idempotency_key(self, key: str | None, owner_id: str | None = None) -> Meeting | None:
        """The meeting that the owner sent with this key, or None."""
        return self._find(col(Meeting.idempotency_key) == key_of(owner_id, key)) if key else None

    def find_by_upload(self, upload_id: str | None) -> Meeting | None:
        """The meeting that a resumable upload became; None if it is unfinished."""
        return self._find(col(Meeting.upload_id) == upload_id) if upload_id else None

    def get(self, meeting_id: str) -> Meeting:
        """Raises `NotFound`, also for a meeting that is being deleted."""
        with self._db.read() as connection:
            return meeting_rows.require(connection, meeting_id)

    def get_some(self, ids: Sequence[str]) -> list[Meeting]:
        """The meetings among `ids` that exist, in any order."""
        with self._db.read() as connection:
            where = (col(Meeting.id).in_(ids), col(Meeting.deleted_at).is_(None))
            rows = connection.execute(leases.meetings().where(*where))
            return [leases.meeting_of(row) for row in rows]

    def attempts(self, meeting_id: str) -> list[Attempt]:
        """The timeline, oldest first."""
        with self._db.read() as connection:
            rows = connection.execute(
                select(Attempt)
                .where(col(Attempt.meeting_id) == meeting_id)
                .order_by(col(Attempt.started_at), col(Attempt.finished_at))
            )
            return all_made(Attempt, rows)

    def _find(self, *where: ColumnElement[bool]) -> Meeting | None:
        with self._db.read() as connection:
            return meeting_rows.find(connection, *where)

    def edit(self, meeting_id: str, version: int | None, **changes: Unpack[MeetingChanges]) -> Meeting:
        """Change what is given.

        Due days that were counted from the meeting's date move with it. Where a summary waits for the speakers' names
        and name_speakers_first is switched off, it is due now; the caller wakes what waited for names before. Raises
        `NotFound`, `VersionConflict` where `version` is not the stored one, and `InvalidRequest` for a title or
        description that cannot be kept, and for a template or language that there is not.
        """
        columns: dict[str, Any] = {**changes}
        columns |= {name: check(columns[name]) for name, check in _CHECKS.items() if name in columns}
        with self._db.write() as connection:
            checked_wishes(connection, changes.get("template"), changes.get("summary_language"))
            where = [*is_there(meeting_id), *_of_version(version)]
            leases.hold(connection, JobKind.MEETING, meeting_id)
            # The row is locked from here on, so its values are the ones that this edit changes.
            touched = execute(connection, update(Meeting).where(*where).values(version=col(Meeting.version))).rowcount
            before = meeting_rows.require(connection, meeting_id)
            now = self._db.now(connection)
            changed = meeting_rows.change(connection, now, where, before.job, **columns) if touched else None
            if changed is None:
                raise VersionConflict("the meeting was changed meanwhile")
            if changed.meeting_date != before.meeting_date:
                move_due_days(connection, meeting_id, before.meeting_date, changed.meeting_date)
            if changed.waits_for_names and not changed.name_speakers_first:
                changed.with_job(meeting_rows.set_job(connection, now, meeting_id, **leases.due_now(now)))
            if (changed.title, changed.description) != (before.title, before.description):
                search_rows.schedule(connection, now, meeting_id)
            return changed

    def summarize(self, meeting_id: str) -> Meeting:
        """Make the summary due that waits for the speakers' names. The caller wakes it.

        Raises `NotFound`, and `Conflict` if it does not wait (`Meeting.waits_for_names`).
        """
        with self._db.write() as connection:
            if not meeting_rows.hold(connection, meeting_id).waits_for_names:
                raise Conflict("the summary does not wait for the speakers' names")
            now = self._db.now(connection)
            job = meeting_rows.set_job(connection, now, meeting_id, **leases.due_now(now))
            return meeting_rows.change_one(connection, now, meeting_id, job, name_speakers_first=False)

    def retry(
        self,
        meeting_id: str,
        start: str = "failed",
        *,
        confirm_cost: bool = False,
        template: str | None = None,
        summary_language: str | None = None,
        name_speakers_first: bool | None = None,
        version: int | None = None,
    ) -> Meeting:
        """Set the meeting going again from "failed" (where it stopped), "transcribe" or "summarize".

        "summarize" writes another version; the earlier ones are kept. From COMPLETED it asks the language model
        again, from FAILED only for what is missing. `template`, `summary_language` and `name_speakers_first` change
        what the summary is to be; None leaves them. Where speakers are to be named first the summary waits
        (`Meeting.waits_for_names`) until `summarize`.

        Raises `NotFound`; `Conflict` where there is nothing to retry, where it would pay again without
        `confirm_cost`, or where its version is not `version` (None: any); `InvalidRequest` for a template or language
        that there is not.
        """
        with self._db.write() as connection:
            meeting = meeting_rows.hold(connection, meeting_id)
            columns = retry_columns(meeting, start, confirm_cost)
            wishes = checked_wishes(connection, template, summary_language, name_speakers_first)
            now = self._db.now(connection)
            next_step = leases.again(now)
            names_first = wishes.get("name_speakers_first", meeting.name_speakers_first)
            summarizes = columns["status"] == MeetingStatus.SUMMARIZING
            if summarizes and names_first and lines.has_speakers(connection, meeting):
                next_step = {**next_step, **leases.at_rest(JobState.WAITING_FOR_NAMES)}
            # Otherwise a job that was given up as endless would be given up again at its first poll.
            since = col(Meeting.stage_since) if _submission_may_be_lost(meeting, columns) else now
            job = meeting_rows.set_job(connection, now, meeting_id, **next_step)
            where = [col(Meeting.id) == meeting_id, *_of_version(version)]
            changed = meeting_rows.change(connection, now, where, job, stage_since=since, **columns, **wishes)
            if changed is None:
                raise Conflict("the meeting is being worked on")
            if "revision" in columns and columns.get("shown_revision") == columns["revision"]:
                lines.delete_revisions(connection, meeting_id, keep=columns["revision"])
            if "revision" in columns:
                leave_behind(connection, now, meeting)
            if columns.get("shown_revision", meeting.shown_revision) != meeting.shown_revision:
                search_rows.schedule(connection, now, meeting_id)
            return changed

    def cancel(
        self, meeting_id: str, language: str = "zh-Hant-HK", *, version: int | None = None, confirm_cost: bool = True
    ) -> Meeting:
        """FAILED with code cancelled; the worker that has it loses its lease. Raises `NotFound`, and `Conflict` where
        nothing runs, where its version is not `version` (None: any), or, without `confirm_cost`, where a transcription
        that is paid for would be given up.

        `language`: of the stored reason.
        """
        with self._db.write() as connection:
            meeting_rows.hold(connection, meeting_id)
            now = self._db.now(connection)
            job = meeting_rows.set_job(connection, now, meeting_id, run=col(Job.run) + 1, **leases.at_rest())
            changed = meeting_rows.change(
                connection,
                now,
                [
                    *is_there(meeting_id),
                    col(Meeting.status).in_(list(ACTIVE)),
                    *_of_version(version),
                    *_at_no_cost(confirm_cost),
                ],
                job,
                status=MeetingStatus.FAILED,
                error_code=ErrorCode.CANCELLED.value,
                progress=None,
                **_why_cancelled({}, language),
            )
            if changed is None:
                raise _refused(connection, meeting_id, confirm_cost, "nothing is running: the meeting is {status}")
            if changed.stage not in (Stage.TRANSCRIBED, Stage.SUMMARIZED):
                leave_behind(connection, now, changed)
            if at_provider(changed):
                why = _why_cancelled({"sent": True}, language)
                return meeting_rows.change_one(connection, now, meeting_id, job, **why)
            return changed

    def mark_deleted(self, meeting_id: str, *, version: int | None = None, confirm_cost: bool = True) -> Meeting:
        """Hidden from now on; the worker deletes what belongs to it. Raises `NotFound`, and `Conflict` where its
        version is not `version` (None: any), or, without `confirm_cost`, where a transcription under way that is paid
        for would be given up.
        """
        with self._db.write() as connection:
            where = [*is_there(meeting_id), *_of_version(version), *_at_no_cost(confirm_cost)]
            meeting_rows.hold(connection, meeting_id)
            now = self._db.now(connection)
            job = meeting_rows.set_job(connection, now, meeting_id, **leases.again(now))
            written = leases.of(JobKind.WRITTEN_VIEW, meeting_id)
            leases.change(connection, now, written, run=col(Job.run) + 1, **leases.at_rest())
            changed = meeting_rows.change(
                connection,
                now,
                where,
                job,
                deleted_at=now,
                # A key or upload id that is used again after the deletion makes a new meeting.
                idempotency_key=None,
                upload_fingerprint=None,
                upload_id=None,
            )
            if changed is None:
                raise _refused(connection, meeting_id, confirm_cost, "the meeting is {status} by now")
            indexed = leases.of(JobKind.INDEX, meeting_id)
            leases.change(connection, now, indexed, run=col(Job.run) + 1, **leases.at_rest())
            return changed


def _of_version(version: int | None) -> list[ColumnElement[bool]]:
    return [] if version is None else [col(Meeting.version) == version]


def _at_no_cost(confirmed: bool) -> list[ColumnElement[bool]]:
    """Checked in the statement itself, because a worker may send the recording between a check and the change."""
    if confirmed:
        return []
    transcribed = col(Meeting.stage).in_([Stage.TRANSCRIBED, Stage.SUMMARIZED])
    return [or_(col(Meeting.status).not_in(list(ACTIVE)), col(Meeting.submission).is_(None), transcribed)]


def _refused(connection: Connection, meeting_id: str, confirmed: bool, why: str) -> Conflict:
    """The reason why the statement did not find the meeting."""
    found = meeting_rows.require(connection, meeting_id)
    if not confirmed and found.status in ACTIVE and at_provider(found):
        return Conflict("a transcription that is paid for would be given up", code=ErrorCode.COST_NOT_CONFIRMED)
    return Conflict(why.format(status=found.status))


def _why_cancelled(params: dict[str, Any], language: str) -> dict[str, Any]:
    return {"error_params": params, "status_reason": reason_text(ErrorCode.CANCELLED, params, language)}


def _submission_may_be_lost(meeting: Meeting, columns: RetryColumns) -> bool:
    """Whether the provider's list has to be searched first for a job with the key, which may be as old as
    `stage_since`.
    """
    return meeting.stage == Stage.PREPARED and columns.get("submission", meeting.submission) is not None
