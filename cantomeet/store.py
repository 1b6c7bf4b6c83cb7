"""MeetingStore: the only writer of the tables. One method is one transaction.

Two numbers guard a meeting. `run` fences the pipeline: it is in the WHERE of every write a worker makes, and a write
that finds another `run` raises `LeaseLost` and changes nothing. `version` rises with every visible change and guards
edits by people. An edit never touches `run`, so it never costs a result that is being made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, CursorResult, Engine, delete, insert, or_, select, update
from sqlalchemy import func as sql
from sqlalchemy.exc import IntegrityError
from sqlmodel import col

from cantomeet.database import database_now
from cantomeet.errors import Conflict, ErrorCode, LeaseLost, NotFound, VersionConflict
from cantomeet.lifecycle import ACTIVE, TRANSITIONS, MeetingStatus, Stage, status_to_resume
from cantomeet.models import (
    Attempt,
    Meeting,
    PeriodicTask,
    ProviderLeftover,
    RawTranscript,
    Segment,
    Speaker,
    Summary,
    SummaryItem,
    new_id,
)

WAKE_GRACE = 10.0
"""Seconds after its due time in which a meeting's job is expected to start before the rescuer wakes it again."""
WAKE_GRACE_LIMIT = 300.0
"""The grace doubles with each wake-up up to this, so that a long queue is not flooded with repeats."""


@dataclass(frozen=True)
class NewMeeting:
    """What is known of a meeting when its recording has been stored."""

    recording_key: str
    recording_bytes: int
    recording_sha256: str
    media_format: str
    filename: str
    title: str
    duration_seconds: float | None = None
    description: str = ""
    meeting_date: date | None = None
    language: str = "yue"
    summary_language: str = "zh-Hant-HK"
    priority: str = "default"
    owner_id: str | None = None
    idempotency_key: str | None = None
    upload_id: str | None = None


@dataclass(frozen=True)
class NewSegment:
    start: float
    end: float
    original_text: str
    text: str
    words: list[dict[str, Any]]
    speaker: str | None = None
    """The recogniser's label."""


@dataclass(frozen=True)
class NewSummary:
    method: str
    language: str
    items: Sequence[dict[str, Any]]
    """Columns of `SummaryItem` but for ids and position."""
    template: str = "general"
    title: str | None = None
    name: str = ""
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Try:
    """One try of one step, for the timeline."""

    step: str
    started_at: datetime
    detail: str = ""


@dataclass(frozen=True)
class Transcript:
    """The shown take: segments in order, and the speakers they name."""

    segments: list[Segment]
    speakers: dict[str, Speaker]


@dataclass(frozen=True)
class SummaryWithItems:
    summary: Summary
    items: list[SummaryItem]


class MeetingStore:
    """Meetings in a database. `clock` replaces the database's clock in tests."""

    def __init__(self, engine: Engine, clock: Callable[[Connection], datetime] = database_now) -> None:
        self.engine = engine
        self._clock = clock
        self._readers = engine.execution_options(readonly=True)

    # ---- opening -----------------------------------------------------------------------------------------

    @contextmanager
    def _write(self) -> Iterator[Connection]:
        with self.engine.begin() as connection:
            yield connection

    @contextmanager
    def _read(self) -> Iterator[Connection]:
        with self._readers.begin() as connection:
            yield connection

    def now(self) -> datetime:
        """The database's clock."""
        with self._read() as connection:
            return self._clock(connection)

    # ---- what people do ----------------------------------------------------------------------------------

    def create(self, new: NewMeeting) -> tuple[Meeting, bool]:
        """The stored meeting, due now, and True; or the earlier one with this idempotency key or upload id and False."""
        try:
            with self._write() as connection:
                now = self._clock(connection)
                meeting = Meeting(**vars(new), created_at=now, updated_at=now, stage_since=now, next_run_at=now)
                connection.execute(insert(Meeting).values(**meeting.model_dump()))
                return meeting, True
        except IntegrityError:
            earlier = self._earlier(new)
            if earlier is None:
                raise
            return earlier, False

    def _earlier(self, new: NewMeeting) -> Meeting | None:
        return self.find_by_idempotency_key(new.idempotency_key) or self.find_by_upload(new.upload_id)

    def find_by_idempotency_key(self, key: str | None) -> Meeting | None:
        return self._find(col(Meeting.idempotency_key) == key) if key else None

    def find_by_upload(self, upload_id: str | None) -> Meeting | None:
        return self._find(col(Meeting.upload_id) == upload_id) if upload_id else None

    def get(self, meeting_id: str) -> Meeting:
        """Raises `NotFound`, also for a meeting being deleted."""
        meeting = self._find(col(Meeting.id) == meeting_id, col(Meeting.deleted_at).is_(None))
        if meeting is None:
            raise NotFound(f"no meeting {meeting_id[:36]}")
        return meeting

    def _find(self, *where: Any) -> Meeting | None:
        with self._read() as connection:
            row = connection.execute(select(Meeting).where(*where)).mappings().first()
        return None if row is None else Meeting(**row)

    def edit(self, meeting_id: str, version: int | None, **columns: Any) -> Meeting:
        """Change title, description or meeting_date. Raises `VersionConflict` where `version` is not the stored one."""
        allowed = {"title", "description", "meeting_date"}
        assert columns.keys() <= allowed, "only what people may edit"
        with self._write() as connection:
            where = [col(Meeting.id) == meeting_id, col(Meeting.deleted_at).is_(None)]
            if version is not None:
                where.append(col(Meeting.version) == version)
            changed = self._changed(connection, where, **columns)
            if changed is None:
                self._require(connection, meeting_id)
                raise VersionConflict("the meeting was changed meanwhile")
            return changed

    def retry(self, meeting_id: str, start: str = "failed", *, confirm_cost: bool = False) -> Meeting:
        """Set the meeting going again from "failed" (where it stopped), "transcribe" or "summarize".

        Raises `Conflict` where there is nothing to retry, or where it would pay again without `confirm_cost`.
        """
        with self._write() as connection:
            meeting = self._require(connection, meeting_id)
            columns = _retry_columns(meeting, start, confirm_cost)
            changed = self._changed(
                connection,
                [col(Meeting.id) == meeting_id, col(Meeting.run) == meeting.run],
                run=meeting.run + 1,
                **_due(self._clock(connection)),
                **columns,
            )
            if changed is None:
                raise Conflict("the meeting is being worked on")
            if "take" in columns and columns.get("shown_take") == columns["take"]:
                _delete_takes(connection, meeting_id, keep=columns["take"])
            if start == "transcribe" and meeting.provider_job_id:
                self._leave_behind(connection, meeting)
            return changed

    def cancel(self, meeting_id: str) -> Meeting:
        """FAILED with code cancelled; the worker that has it loses its lease. Raises `Conflict` where nothing runs."""
        with self._write() as connection:
            meeting = self._require(connection, meeting_id)
            if meeting.status not in ACTIVE:
                raise Conflict(f"nothing is running: the meeting is {meeting.status}")
            changed = self._changed(
                connection,
                [col(Meeting.id) == meeting_id],
                run=meeting.run + 1,
                status=MeetingStatus.FAILED,
                error_code=ErrorCode.CANCELLED.value,
                error_params={},
                status_reason=None,
                progress=None,
                next_run_at=None,
                lease_until=None,
                woken_until=None,
            )
            assert changed is not None
            return changed

    def mark_deleted(self, meeting_id: str) -> Meeting:
        """Hidden from now on; the worker deletes what belongs to it. Raises `NotFound`."""
        with self._write() as connection:
            meeting = self._require(connection, meeting_id)
            now = self._clock(connection)
            changed = self._changed(
                connection,
                [col(Meeting.id) == meeting_id],
                run=meeting.run + 1,
                deleted_at=now,
                attempt_count=0,
                # A key or upload id that is used again after the deletion means a new meeting.
                idempotency_key=None,
                upload_id=None,
                **_due(now),
            )
            assert changed is not None
            return changed

    # ---- what the pipeline does --------------------------------------------------------------------------

    def take_lease(self, meeting_id: str, seconds: float) -> Meeting | None:
        """The meeting with its new `run`, or None where it is not due or somebody else has it."""
        with self._write() as connection:
            now = self._clock(connection)
            row = (
                connection.execute(
                    update(Meeting)
                    .where(col(Meeting.id) == meeting_id, *_is_due(now))
                    .values(
                        run=col(Meeting.run) + 1,
                        lease_until=now + timedelta(seconds=seconds),
                        woken_until=None,
                        wake_count=0,
                    )
                    .returning(*_columns())
                )
                .mappings()
                .first()
            )
        return None if row is None else Meeting(**row)

    def renew_lease(self, meeting_id: str, run: int, seconds: float, progress: int | None = None) -> None:
        """Keep the meeting for `seconds` more, showing `progress` where given. Raises `LeaseLost`."""
        with self._write() as connection:
            values: dict[str, Any] = {"lease_until": self._clock(connection) + timedelta(seconds=seconds)}
            shown = {} if progress is None else {"progress": progress}
            where = [col(Meeting.id) == meeting_id, col(Meeting.run) == run]
            if shown:
                changed = self._changed(connection, where, **values, **shown) is not None
            else:
                changed = bool(_execute(connection, update(Meeting).where(*where).values(**values)).rowcount)
        if not changed:
            raise LeaseLost(meeting_id)

    def commit_step(
        self,
        meeting_id: str,
        run: int,
        *,
        tried: Try | None = None,
        due_in: float | None = 0.0,
        **columns: Any,
    ) -> Meeting:
        """Save the outcome of a step, let go of the lease; next due in `due_in` seconds (None: never).

        Raises `LeaseLost`, having changed nothing.
        """
        with self._write() as connection:
            return self._commit(connection, meeting_id, run, tried=tried, due_in=due_in, **columns)

    def commit_working(self, meeting_id: str, run: int, **columns: Any) -> Meeting:
        """Save something in the middle of a step and keep the lease. Raises `LeaseLost`."""
        with self._write() as connection:
            return self._fenced(connection, meeting_id, run, **columns)

    def commit_piece(
        self,
        meeting_id: str,
        run: int,
        segments: Sequence[NewSegment],
        *,
        tried: Try,
        due_in: float | None = 0.0,
        **columns: Any,
    ) -> Meeting:
        """`commit_step`, and the segments of a recognised piece after those already saved, in one transaction."""
        with self._write() as connection:
            meeting = self._commit(connection, meeting_id, run, tried=tried, due_in=due_in, **columns)
            self._append(connection, meeting, segments)
            return meeting

    def finish_transcript(
        self,
        meeting_id: str,
        run: int,
        segments: Sequence[NewSegment],
        *,
        replace: bool,
        tried: Try,
        let_go: bool = False,
        **columns: Any,
    ) -> Meeting:
        """Transcript, speakers and SUMMARIZING in one transaction; earlier takes go. Raises `LeaseLost`.

        `segments` follow those saved by `commit_piece`, or with `replace` are all there is. With `let_go` the
        provider's copy is to be deleted.
        """
        with self._write() as connection:
            meeting = self._commit(
                connection,
                meeting_id,
                run,
                tried=tried,
                due_in=0.0,
                status=MeetingStatus.SUMMARIZING,
                stage=Stage.TRANSCRIBED,
                progress=None,
                shown_take=col(Meeting.take),
                **columns,
            )
            if replace:
                _delete_takes(connection, meeting_id, only=meeting.take)
            self._append(connection, meeting, segments)
            if _delete_takes(connection, meeting_id, keep=meeting.take):
                # Items of summaries of the earlier take point at lines that are gone.
                of_meeting = select(Summary.id).where(col(Summary.meeting_id) == meeting_id)
                connection.execute(
                    update(SummaryItem).where(col(SummaryItem.summary_id).in_(of_meeting)).values(stale=True)
                )
            if let_go and meeting.provider_job_id:
                self._leave_behind(connection, meeting)
            return meeting

    def save_raw(self, meeting_id: str, run: int, provider: str, job_id: str, body: bytes) -> None:
        """Keep a provider's raw answer (gzip) before it is parsed. Raises `LeaseLost`."""
        with self._write() as connection:
            meeting = self._fenced(connection, meeting_id, run)
            connection.execute(
                insert(RawTranscript).values(
                    id=new_id(),
                    meeting_id=meeting_id,
                    take=meeting.take,
                    provider=provider,
                    provider_job_id=job_id,
                    body=body,
                    received_at=self._clock(connection),
                )
            )

    def raw_transcript(self, meeting_id: str, job_id: str | None = None) -> RawTranscript | None:
        """The newest raw answer (body gzip), of `job_id` where given."""
        where = [col(RawTranscript.meeting_id) == meeting_id]
        if job_id is not None:
            where.append(col(RawTranscript.provider_job_id) == job_id)
        statement = select(RawTranscript).where(*where).order_by(col(RawTranscript.received_at).desc())
        with self._read() as connection:
            row = connection.execute(statement).mappings().first()
        return None if row is None else RawTranscript(**row)

    def finish_summary(self, meeting_id: str, run: int, new: NewSummary, *, tried: Try) -> Meeting:
        """The summary as the newest version, and COMPLETED, in one transaction. Raises `LeaseLost`."""
        with self._write() as connection:
            meeting = self._commit(
                connection,
                meeting_id,
                run,
                tried=tried,
                due_in=None,
                status=MeetingStatus.COMPLETED,
                stage=Stage.SUMMARISED,
                progress=None,
                summarizer_name=new.name,
            )
            version = connection.execute(
                select(sql.coalesce(sql.max(Summary.version), 0) + 1).where(col(Summary.meeting_id) == meeting_id)
            ).scalar_one()
            summary_id = new_id()
            connection.execute(
                insert(Summary).values(
                    id=summary_id,
                    meeting_id=meeting_id,
                    version=version,
                    method=new.method,
                    language=new.language,
                    template=new.template,
                    title=new.title,
                    name=new.name,
                    created_at=self._clock(connection),
                )
            )
            rows = [
                SummaryItem(summary_id=summary_id, position=position, **item).model_dump()
                for position, item in enumerate(new.items)
            ]
            if rows:
                connection.execute(insert(SummaryItem), rows)
            warnings = [*meeting.warnings, *(w for w in new.warnings if w not in meeting.warnings)]
            return self._fenced(connection, meeting_id, run, warnings=warnings)

    def record_retry(
        self, meeting_id: str, run: int, *, tried: Try, code: ErrorCode, params: dict[str, Any], delay: float
    ) -> Meeting:
        """A step failed for now; the same step is due again in `delay` seconds. Raises `LeaseLost`."""
        with self._write() as connection:
            now = self._clock(connection)
            due = now + timedelta(seconds=delay)
            meeting = self._fenced(
                connection,
                meeting_id,
                run,
                attempt_count=col(Meeting.attempt_count) + 1,
                lease_until=None,
                next_run_at=due,
                woken_until=due + timedelta(seconds=WAKE_GRACE),
            )
            self._note(connection, meeting, tried, "retry", code=code, params=params, next_run_at=due)
            return meeting

    def record_failure(
        self, meeting_id: str, run: int, *, tried: Try, code: ErrorCode, params: dict[str, Any], reason: str
    ) -> Meeting:
        """FAILED; nothing more until a person acts. Raises `LeaseLost`."""
        with self._write() as connection:
            meeting = self._fenced(
                connection,
                meeting_id,
                run,
                status=MeetingStatus.FAILED,
                error_code=code.value,
                error_params=params,
                status_reason=reason,
                progress=None,
                lease_until=None,
                woken_until=None,
                next_run_at=None,
            )
            self._note(connection, meeting, tried, "failed", code=code, params=params)
            return meeting

    def purge(self, meeting_id: str, run: int) -> None:
        """Remove a deleted meeting's row and all that hangs on it. Raises `LeaseLost`."""
        with self._write() as connection:
            meeting = self._fenced(connection, meeting_id, run)
            connection.execute(delete(Segment).where(col(Segment.meeting_id) == meeting_id))
            if meeting.provider_job_id:
                self._leave_behind(connection, meeting)
            connection.execute(delete(Meeting).where(col(Meeting.id) == meeting_id))

    # ---- what the rescuer does ---------------------------------------------------------------------------

    def wake_due(self, limit: int = 100) -> list[Meeting]:
        """Due meetings that nobody woke, marked as woken by compare-and-set: each is given to one caller only."""
        with self._write() as connection:
            now = self._clock(connection)
            due = (
                connection.execute(
                    select(Meeting.id, Meeting.run, Meeting.wake_count)
                    .where(
                        *_is_due(now),
                        or_(col(Meeting.woken_until).is_(None), col(Meeting.woken_until) <= now),
                    )
                    .order_by(col(Meeting.next_run_at))
                    .limit(limit)
                )
                .tuples()
                .all()
            )
            woken = []
            for meeting_id, run, wakes in due:
                grace = min(WAKE_GRACE * 2**wakes, WAKE_GRACE_LIMIT)
                row = (
                    connection.execute(
                        update(Meeting)
                        .where(
                            col(Meeting.id) == meeting_id,
                            col(Meeting.run) == run,
                            col(Meeting.wake_count) == wakes,
                        )
                        .values(woken_until=now + timedelta(seconds=grace), wake_count=min(wakes + 1, 16))
                        .returning(*_columns())
                    )
                    .mappings()
                    .first()
                )
                if row is not None:
                    woken.append(Meeting(**row))
            return woken

    def claim_periodic(self, name: str, every: float) -> bool:
        """True for the one caller whose turn it is to run the periodic task now; next turn `every` seconds later."""
        with self._write() as connection:
            now = self._clock(connection)
            later = now + timedelta(seconds=every)
            claimed = _execute(
                connection,
                update(PeriodicTask)
                .where(col(PeriodicTask.name) == name, col(PeriodicTask.next_run_at) <= now)
                .values(next_run_at=later),
            ).rowcount
            if claimed:
                return True
            known = connection.execute(select(PeriodicTask.name).where(col(PeriodicTask.name) == name)).first()
        return known is None and self._first_turn(name, later)

    def _first_turn(self, name: str, later: datetime) -> bool:
        try:
            with self._write() as connection:
                connection.execute(insert(PeriodicTask).values(name=name, next_run_at=later))
            return True
        except IntegrityError:
            return False

    # ---- reading -----------------------------------------------------------------------------------------

    def transcript(self, meeting_id: str, after_position: int = -1) -> Transcript:
        """The shown take's segments after a position, and its speakers by id."""
        with self._read() as connection:
            of_shown = select(Meeting.shown_take).where(col(Meeting.id) == meeting_id).scalar_subquery()
            segments = connection.execute(
                select(Segment)
                .where(
                    col(Segment.meeting_id) == meeting_id,
                    col(Segment.take) == of_shown,
                    col(Segment.position) > after_position,
                )
                .order_by(col(Segment.position))
            ).mappings()
            found = [Segment(**row) for row in segments]
            speakers = connection.execute(
                select(Speaker).where(col(Speaker.meeting_id) == meeting_id, col(Speaker.take) == of_shown)
            ).mappings()
            return Transcript(found, {row["id"]: Speaker(**row) for row in speakers})

    def working_segments(self, meeting_id: str, take: int) -> list[Segment]:
        """The segments of the take that is being made."""
        with self._read() as connection:
            rows = connection.execute(
                select(Segment)
                .where(col(Segment.meeting_id) == meeting_id, col(Segment.take) == take)
                .order_by(col(Segment.position))
            ).mappings()
            return [Segment(**row) for row in rows]

    def summary(self, meeting_id: str) -> SummaryWithItems | None:
        """The newest summary."""
        with self._read() as connection:
            row = (
                connection.execute(
                    select(Summary)
                    .where(col(Summary.meeting_id) == meeting_id)
                    .order_by(col(Summary.version).desc())
                    .limit(1)
                )
                .mappings()
                .first()
            )
            if row is None:
                return None
            items = connection.execute(
                select(SummaryItem).where(col(SummaryItem.summary_id) == row["id"]).order_by(col(SummaryItem.position))
            ).mappings()
            return SummaryWithItems(Summary(**row), [SummaryItem(**item) for item in items])

    def attempts(self, meeting_id: str) -> list[Attempt]:
        """The timeline, oldest first."""
        with self._read() as connection:
            rows = connection.execute(
                select(Attempt)
                .where(col(Attempt.meeting_id) == meeting_id)
                .order_by(col(Attempt.started_at), col(Attempt.finished_at))
            ).mappings()
            return [Attempt(**row) for row in rows]

    def version(self, meeting_id: str) -> int | None:
        """The meeting's version, or None where it is gone; cheap enough to ask every few seconds for each page."""
        with self._read() as connection:
            return connection.execute(
                select(Meeting.version).where(col(Meeting.id) == meeting_id, col(Meeting.deleted_at).is_(None))
            ).scalar_one_or_none()

    def recording_keys(self) -> set[str]:
        """Keys of all recordings and playback copies that a row still names."""
        with self._read() as connection:
            rows = connection.execute(select(Meeting.recording_key, Meeting.playback_key)).tuples()
            return {key for row in rows for key in row if key}

    # ---- within a transaction ----------------------------------------------------------------------------

    def _require(self, connection: Connection, meeting_id: str) -> Meeting:
        statement = select(Meeting).where(col(Meeting.id) == meeting_id, col(Meeting.deleted_at).is_(None))
        row = connection.execute(statement).mappings().first()
        if row is None:
            raise NotFound(f"no meeting {meeting_id[:36]}")
        return Meeting(**row)

    def _changed(self, connection: Connection, where: Sequence[Any], **columns: Any) -> Meeting | None:
        row = (
            connection.execute(
                update(Meeting)
                .where(*where)
                .values(version=col(Meeting.version) + 1, updated_at=self._clock(connection), **columns)
                .returning(*_columns())
            )
            .mappings()
            .first()
        )
        return None if row is None else Meeting(**row)

    def _fenced(self, connection: Connection, meeting_id: str, run: int, **columns: Any) -> Meeting:
        where = [col(Meeting.id) == meeting_id, col(Meeting.run) == run]
        if "status" in columns:
            # The table of transitions holds in the database too, without reading the row first.
            allowed = [old for old, new in TRANSITIONS.items() if columns["status"] in new]
            where.append(col(Meeting.status).in_([*allowed, columns["status"]]))
        if "stage" in columns:
            columns["stage_since"] = self._clock(connection)
        changed = self._changed(connection, where, **columns)
        if changed is None:
            raise LeaseLost(meeting_id)
        return changed

    def _commit(
        self,
        connection: Connection,
        meeting_id: str,
        run: int,
        *,
        tried: Try | None,
        due_in: float | None,
        **columns: Any,
    ) -> Meeting:
        now = self._clock(connection)
        due = None if due_in is None else now + timedelta(seconds=due_in)
        meeting = self._fenced(
            connection,
            meeting_id,
            run,
            lease_until=None,
            next_run_at=due,
            # The worker that commits enqueues the successor itself; should it die before, the rescuer does.
            woken_until=None if due is None else due + timedelta(seconds=WAKE_GRACE),
            attempt_count=0,
            **columns,
        )
        if tried is not None:
            self._note(connection, meeting, tried, "done", next_run_at=due)
        return meeting

    def _note(
        self,
        connection: Connection,
        meeting: Meeting,
        tried: Try,
        outcome: str,
        *,
        code: ErrorCode | None = None,
        params: dict[str, Any] | None = None,
        next_run_at: datetime | None = None,
    ) -> None:
        connection.execute(
            insert(Attempt).values(
                id=new_id(),
                meeting_id=meeting.id,
                run=meeting.run,
                step=tried.step,
                outcome=outcome,
                error_code=None if code is None else code.value,
                error_params=params or {},
                detail=tried.detail,
                provider_job_id=meeting.provider_job_id,
                started_at=tried.started_at,
                finished_at=self._clock(connection),
                next_run_at=next_run_at,
            )
        )

    def _append(self, connection: Connection, meeting: Meeting, segments: Sequence[NewSegment]) -> None:
        if not segments:
            return
        speakers = self._speakers(connection, meeting, {s.speaker for s in segments if s.speaker})
        first = connection.execute(
            select(sql.coalesce(sql.max(Segment.position) + 1, 0)).where(
                col(Segment.meeting_id) == meeting.id, col(Segment.take) == meeting.take
            )
        ).scalar_one()
        rows = [
            {
                "id": new_id(),
                "meeting_id": meeting.id,
                "take": meeting.take,
                "position": first + offset,
                "start": segment.start,
                "end": segment.end,
                "speaker_id": speakers.get(segment.speaker) if segment.speaker else None,
                "original_text": segment.original_text,
                "text": segment.text,
                "words": segment.words,
                "version": 1,
            }
            for offset, segment in enumerate(segments)
        ]
        connection.execute(insert(Segment), rows)

    def _speakers(self, connection: Connection, meeting: Meeting, labels: set[str]) -> dict[str, str]:
        known = {
            row.label: row.id
            for row in connection.execute(
                select(Speaker.label, Speaker.id).where(
                    col(Speaker.meeting_id) == meeting.id, col(Speaker.take) == meeting.take
                )
            )
        }
        for label in sorted(labels - known.keys()):
            known[label] = new_id()
            connection.execute(
                insert(Speaker).values(id=known[label], meeting_id=meeting.id, take=meeting.take, label=label)
            )
        return known

    def _leave_behind(self, connection: Connection, meeting: Meeting) -> None:
        connection.execute(
            insert(ProviderLeftover).values(
                id=new_id(),
                provider=meeting.transcriber,
                provider_job_id=meeting.provider_job_id,
                next_run_at=self._clock(connection),
                attempt_count=0,
            )
        )


def _columns() -> list[Any]:
    return list(Meeting.__table__.c)  # type: ignore[attr-defined]  # SQLModel hides __table__


def _execute(connection: Connection, statement: Any) -> CursorResult[Any]:
    result: CursorResult[Any] = connection.execute(statement)
    return result


def _is_due(now: datetime) -> list[Any]:
    """A meeting's next step may be taken: it is due, and nobody holds a lease that still runs."""
    return [
        col(Meeting.next_run_at) <= now,
        or_(col(Meeting.lease_until).is_(None), col(Meeting.lease_until) <= now),
    ]


def _due(now: datetime) -> dict[str, Any]:
    return {"next_run_at": now, "lease_until": None, "woken_until": None, "wake_count": 0}


def _delete_takes(connection: Connection, meeting_id: str, *, keep: int | None = None, only: int | None = None) -> int:
    """Delete the segments and speakers of all takes but `keep`, or of `only`; how many segments went."""
    gone = 0
    for table in (Segment, Speaker):
        wrong = col(table.take) != keep if only is None else col(table.take) == only
        removed = _execute(connection, delete(table).where(col(table.meeting_id) == meeting_id, wrong)).rowcount
        gone += removed if table is Segment else 0
    return gone


def _retry_columns(meeting: Meeting, start: str, confirm_cost: bool) -> dict[str, Any]:
    stage = Stage(meeting.stage)
    transcribed = stage in (Stage.TRANSCRIBED, Stage.SUMMARISED)
    cleared: dict[str, Any] = {
        "error_code": None,
        "error_params": {},
        "status_reason": None,
        "progress": None,
        "attempt_count": 0,
    }
    if start == "failed":
        if meeting.status != MeetingStatus.FAILED:
            raise Conflict(f"there is nothing to retry: the meeting is {meeting.status}")
        return {**cleared, "status": status_to_resume(stage)}
    if meeting.status not in (MeetingStatus.FAILED, MeetingStatus.COMPLETED):
        raise Conflict(f"the meeting is {meeting.status}; cancel it first")
    if start == "summarize":
        if not transcribed:
            raise Conflict("there is no transcript to summarise yet")
        return {**cleared, "status": MeetingStatus.SUMMARIZING, "stage": Stage.TRANSCRIBED}
    paid = meeting.submit_key is not None
    if paid and not confirm_cost:
        raise Conflict("transcribing again pays again", code=ErrorCode.COST_NOT_CONFIRMED)
    take = meeting.take + 1
    return {
        **cleared,
        # Only UPLOADED and TRANSCRIBING are before the transcript; from COMPLETED the table allows the second.
        "status": MeetingStatus.TRANSCRIBING,
        "stage": Stage.STORED,
        "transcriber": "",
        "recognised_seconds": 0.0,
        "submit_key": None,
        "provider_job_id": None,
        "take": take,
        # A whole transcript stays in view until the new one is whole.
        "shown_take": meeting.shown_take if transcribed else take,
    }
