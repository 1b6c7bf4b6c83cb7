"""What people do to a meeting."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, insert, or_, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import col

from cantomeet.errors import Conflict, ErrorCode, KeyReused, NotFound, VersionConflict
from cantomeet.jobs import JobKind, JobState
from cantomeet.lifecycle import ACTIVE, MeetingStatus, Stage
from cantomeet.models import Job, Meeting
from cantomeet.reasons import reason_text
from cantomeet.store import leases
from cantomeet.store.base import Base, delete_revisions, execute
from cantomeet.store.dating import date_anew
from cantomeet.store.retrying import at_provider, retry_columns
from cantomeet.store.templates import checked_wishes
from cantomeet.store.types import NewMeeting
from cantomeet.wording import checked_description, checked_title

_CHECKS: Mapping[str, Callable[[str], str]] = {"title": checked_title, "description": checked_description}
_WISHES = ("template", "summary_language", "name_speakers_first")


class People(Base):
    """Create, edit, retry, cancel, delete."""

    def create(self, new: NewMeeting) -> tuple[Meeting, bool]:
        """The stored meeting, due now, and True; or the earlier one with this key or upload id, and False.

        Raises `KeyReused` where the key came with something else before.
        """
        columns = {**vars(new), "idempotency_key": key_of(new.owner_id, new.idempotency_key)}
        try:
            return self._insert(columns), True
        except IntegrityError:
            earlier = self._earlier(new)
            # None: it was deleted at this moment, and its key is free again.
            return (self._insert(columns), True) if earlier is None else (earlier, False)

    def _insert(self, columns: dict[str, Any]) -> Meeting:
        with self._write() as connection:
            now = self._clock(connection)
            meeting = Meeting(**columns, created_at=now, updated_at=now, stage_since=now)
            connection.execute(insert(Meeting).values(**meeting.model_dump()))
            return meeting.with_job(leases.add(connection, now, JobKind.MEETING, meeting.id))

    def _earlier(self, new: NewMeeting) -> Meeting | None:
        earlier = self.find_by_idempotency_key(new.idempotency_key, new.owner_id)
        if earlier is None:
            return self.find_by_upload(new.upload_id)
        require_same_upload(earlier, new.upload_fingerprint)
        return earlier

    def find_by_idempotency_key(self, key: str | None, owner_id: str | None = None) -> Meeting | None:
        return self._find(col(Meeting.idempotency_key) == key_of(owner_id, key)) if key else None

    def find_by_upload(self, upload_id: str | None) -> Meeting | None:
        return self._find(col(Meeting.upload_id) == upload_id) if upload_id else None

    def get(self, meeting_id: str) -> Meeting:
        """Raises `NotFound`, also for a meeting being deleted."""
        meeting = self._find(col(Meeting.id) == meeting_id, col(Meeting.deleted_at).is_(None))
        if meeting is None:
            raise NotFound(f"no meeting {meeting_id[:36]}")
        return meeting

    def get_some(self, ids: Sequence[str]) -> list[Meeting]:
        """Those of these meetings that are there, in any order."""
        with self._read() as connection:
            where = (col(Meeting.id).in_(ids), col(Meeting.deleted_at).is_(None))
            rows = connection.execute(leases.meetings().where(*where)).mappings()
            return [leases.meeting_of(row) for row in rows]

    def _find(self, *where: Any) -> Meeting | None:
        with self._read() as connection:
            return self._read_meeting(connection, *where)

    def edit(self, meeting_id: str, version: int | None, **columns: Any) -> Meeting:
        """Change title, description, meeting_date, or what the next summary is to be: template, summary_language,
        name_speakers_first.

        Due days that were counted from the meeting's date move with it. Where a summary waits for the speakers' names
        and name_speakers_first is switched off, it is due now; the caller wakes what waited for names before. Raises
        `VersionConflict` where `version` is not the stored one, and `InvalidRequest` for a title or description that
        cannot be kept, and for a template or language that there is not.
        """
        allowed = {"title", "description", "meeting_date", *_WISHES}
        assert columns.keys() <= allowed, "only what people may edit"
        columns |= {name: check(columns[name]) for name, check in _CHECKS.items() if name in columns}
        with self._write() as connection:
            checked_wishes(connection, **{name: columns[name] for name in _WISHES if name in columns})
            where = [col(Meeting.id) == meeting_id, col(Meeting.deleted_at).is_(None)]
            if version is not None:
                where.append(col(Meeting.version) == version)
            leases.hold(connection, JobKind.MEETING, meeting_id)
            # The row is the writer's from here on, so that what it was is what this edit changes.
            touched = execute(connection, update(Meeting).where(*where).values(version=col(Meeting.version))).rowcount
            before = self._require(connection, meeting_id)
            changed = self._changed(connection, where, before.job, **columns) if touched else None
            if changed is None:
                raise VersionConflict("the meeting was changed meanwhile")
            if changed.meeting_date != before.meeting_date:
                date_anew(connection, meeting_id, before.meeting_date, changed.meeting_date)
            if changed.waits_for_names and not changed.name_speakers_first:
                job = self._set_job(connection, meeting_id, **leases.due_now(self._clock(connection)))
                return changed.with_job(job)
            return changed

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
        again, from FAILED only for what is missing. The last three change what the summary is to be; None leaves
        them. Where speakers are to be named first the summary waits (`Meeting.waits_for_names`) until `summarize`.

        Raises `Conflict` where there is nothing to retry, where it would pay again without `confirm_cost`, or where
        its version is not `version` (None: any); `InvalidRequest` for a template or language that there is not.
        """
        with self._write() as connection:
            meeting = self._hold(connection, meeting_id)
            columns = {
                **retry_columns(meeting, start, confirm_cost),
                **checked_wishes(connection, template, summary_language, name_speakers_first),
            }
            now = self._clock(connection)
            due = leases.due_now(now)
            names_first = columns.get("name_speakers_first", meeting.name_speakers_first)
            if (
                columns["status"] == MeetingStatus.SUMMARIZING
                and names_first
                and self._has_speakers(connection, meeting)
            ):
                due = leases.at_rest(JobState.WAITING_FOR_NAMES)
            if not _submission_may_be_lost(meeting, columns):
                # Else a job that was given up as never ending would be given up again at the first look.
                columns["stage_since"] = now
            job = self._set_job(connection, meeting_id, run=col(Job.run) + 1, tries=0, deaths=0, **due)
            changed = self._changed(connection, [col(Meeting.id) == meeting_id, *_of_version(version)], job, **columns)
            if changed is None:
                raise Conflict("the meeting is being worked on")
            if "revision" in columns and columns.get("shown_revision") == columns["revision"]:
                delete_revisions(connection, meeting_id, keep=columns["revision"])
            if "revision" in columns:
                self._leave_behind(connection, meeting)
            return changed

    def cancel(
        self, meeting_id: str, language: str = "zh-Hant-HK", *, version: int | None = None, confirm_cost: bool = True
    ) -> Meeting:
        """FAILED with code cancelled; the worker that has it loses its lease. Raises `Conflict` where nothing runs,
        where its version is not `version` (None: any), or, without `confirm_cost`, where a transcription that is paid
        for would be given up.

        `language`: of the stored reason.
        """
        with self._write() as connection:
            self._hold(connection, meeting_id)
            job = self._set_job(connection, meeting_id, run=col(Job.run) + 1, **leases.at_rest())
            changed = self._changed(
                connection,
                [
                    col(Meeting.id) == meeting_id,
                    col(Meeting.deleted_at).is_(None),
                    col(Meeting.status).in_(list(ACTIVE)),
                    *_of_version(version),
                    *_at_no_cost(confirm_cost),
                ],
                job,
                status=MeetingStatus.FAILED,
                error_code=ErrorCode.CANCELLED.value,
                **_why_cancelled({}, language),
                progress=None,
            )
            if changed is None:
                found = self._require(connection, meeting_id)
                _refuse_cost(found, confirm_cost)
                raise Conflict(f"nothing is running: the meeting is {found.status}")
            if changed.stage not in (Stage.TRANSCRIBED, Stage.SUMMARIZED):
                self._leave_behind(connection, changed)
            if at_provider(changed):
                why = _why_cancelled({"sent": True}, language)
                return self._changed(connection, [col(Meeting.id) == meeting_id], job, **why) or changed
            return changed

    def mark_deleted(
        self,
        meeting_id: str,
        among: Collection[MeetingStatus] | None = None,
        *,
        version: int | None = None,
        confirm_cost: bool = True,
    ) -> Meeting:
        """Hidden from now on; the worker deletes what belongs to it. Raises `NotFound`, and `Conflict` where its
        status is not `among` these, its version not `version` (None: any), or, without `confirm_cost`, where a
        transcription under way that is paid for would be given up.
        """
        with self._write() as connection:
            where = [
                col(Meeting.id) == meeting_id,
                col(Meeting.deleted_at).is_(None),
                *_of_version(version),
                *_at_no_cost(confirm_cost),
            ]
            if among is not None:
                where.append(col(Meeting.status).in_(list(among)))
            self._hold(connection, meeting_id)
            now = self._clock(connection)
            job = self._set_job(connection, meeting_id, run=col(Job.run) + 1, tries=0, **leases.due_now(now))
            written = leases.of(JobKind.WRITTEN_VIEW, meeting_id)
            leases.change(connection, now, written, run=col(Job.run) + 1, **leases.at_rest())
            changed = self._changed(
                connection,
                where,
                job,
                deleted_at=now,
                # A key or upload id that is used again after the deletion means a new meeting.
                idempotency_key=None,
                upload_fingerprint=None,
                upload_id=None,
            )
            if changed is None:
                found = self._require(connection, meeting_id)
                _refuse_cost(found, confirm_cost)
                raise Conflict(f"the meeting is {found.status} by now")
            return changed


def require_same_upload(earlier: Meeting, fingerprint: str | None) -> None:
    """Raises `KeyReused` where something else was sent with the key before, as far as that is known."""
    if None not in (earlier.upload_fingerprint, fingerprint) and earlier.upload_fingerprint != fingerprint:
        raise KeyReused("the key was used for another upload")


def key_of(owner_id: str | None, key: str | None) -> str | None:
    """A sender's key as it is stored: two owners may choose the same.

    The local owner's stands as it was sent, as in earlier releases; no such key holds a line break.
    """
    if key is None or owner_id is None:
        return key
    return f"{owner_id}\n{hashlib.sha256(key.encode()).hexdigest()}"


def _of_version(version: int | None) -> list[ColumnElement[bool]]:
    return [] if version is None else [col(Meeting.version) == version]


def _at_no_cost(confirmed: bool) -> list[ColumnElement[bool]]:
    """In the statement itself: a worker may send the recording between a look and what follows from it."""
    if confirmed:
        return []
    transcribed = col(Meeting.stage).in_([Stage.TRANSCRIBED, Stage.SUMMARIZED])
    return [or_(col(Meeting.status).not_in(list(ACTIVE)), col(Meeting.submission).is_(None), transcribed)]


def _refuse_cost(found: Meeting, confirmed: bool) -> None:
    if not confirmed and found.status in ACTIVE and at_provider(found):
        raise Conflict("a transcription that is paid for would be given up", code=ErrorCode.COST_NOT_CONFIRMED)


def _why_cancelled(params: dict[str, Any], language: str) -> dict[str, Any]:
    return {"error_params": params, "status_reason": reason_text(ErrorCode.CANCELLED, params, language)}


def _submission_may_be_lost(meeting: Meeting, columns: dict[str, Any]) -> bool:
    """The provider is asked first for a job with the key, and that may be as old as `stage_since` says."""
    return meeting.stage == Stage.PREPARED and columns.get("submission", meeting.submission) is not None
