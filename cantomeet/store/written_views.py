"""The written-Chinese view of a transcript, which a job of its own makes.

That job fences the view's writes as the meeting's own job fences the pipeline's. Neither affects the other, so the view
delays no meeting. Lines are saved when all are there; answers paid for until then are in the meeting's paid answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from sqlalchemy import ColumnElement, Connection, delete, insert, select, update
from sqlmodel import col

from cantomeet.errors import Conflict, ErrorCode
from cantomeet.jobs import JobKind
from cantomeet.lifecycle import Stage
from cantomeet.models import Job, Meeting, Segment, WrittenLine, WrittenView
from cantomeet.store import leases, meeting_rows
from cantomeet.store.connections import Aggregate
from cantomeet.store.leases import JobColumns
from cantomeet.store.rows import all_made
from cantomeet.stored_json import StoredUsage
from cantomeet.usage import total_usage

LineState = Literal["written", "as_spoken", "out_of_date"]


@dataclass(frozen=True)
class WrittenTranscript:
    """The view and its rewritten lines of the shown revision."""

    view: WrittenView
    lines: Mapping[str, WrittenLine]
    """By segment id. A segment without one stays as spoken."""

    def state_of(self, segment: Segment) -> LineState:
        """ "out_of_date": the line was corrected after it was rewritten."""
        line = self.lines.get(segment.id)
        if line is None:
            return "as_spoken"
        return "written" if line.segment_version == segment.version else "out_of_date"


class WrittenViews(Aggregate):
    """Request a view, read it, and save its worker's results."""

    def find(self, meeting_id: str) -> WrittenTranscript | None:
        """The view, or None if it was never requested."""
        with self._db.read() as connection:
            view = _view(connection, meeting_id)
            if view is None:
                return None
            rows = connection.execute(select(WrittenLine).where(col(WrittenLine.meeting_id) == meeting_id))
            return WrittenTranscript(view, {line.segment_id: line for line in all_made(WrittenLine, rows)})

    def ask(self, meeting_id: str) -> WrittenView:
        """Request the rewriting of all lines without an up-to-date one; a running round continues. The caller wakes it.

        Raises `NotFound`, and `Conflict` if there is no complete transcript with words.
        """
        with self._db.write() as connection:
            # Locked, so that the second of two concurrent requests finds what the first has written.
            meeting = meeting_rows.hold(connection, meeting_id)
            if meeting.stage not in (Stage.TRANSCRIBED, Stage.SUMMARIZED) or not _has_words(connection, meeting):
                raise Conflict("there is no transcript to rewrite yet")
            view = _view(connection, meeting_id)
            if view is not None and view.state == "working":
                return view
            now = self._db.now(connection)
            mine = leases.of(JobKind.WRITTEN_VIEW, meeting_id)
            if leases.change(connection, now, mine, **leases.again(now)) is None:
                leases.add(connection, now, JobKind.WRITTEN_VIEW, meeting_id)
            if view is None:
                connection.execute(insert(WrittenView).values(meeting_id=meeting_id, name="", state="working"))
            round = 1 if view is None else view.round + (1 if view.state == "done" else 0)
            _set(connection, meeting_id, round=round, state="working", progress=None, error_code=None, error_params={})
            meeting_rows.change_one(connection, now, meeting_id, meeting.job)
            going = _view(connection, meeting_id)
            assert going is not None
            return going

    def renew(self, meeting_id: str, run: int, seconds: float, progress: int | None = None) -> None:
        """As `Pipeline.renew_lease`. Raises `LeaseLost`."""
        with self._db.write() as connection:
            now = self._db.now(connection)
            until = now + timedelta(seconds=seconds)
            leases.fenced(connection, now, JobKind.WRITTEN_VIEW, meeting_id, run, held=True, lease_until=until)
            if progress is not None:
                _set(connection, meeting_id, progress=progress)
                meeting_rows.change(connection, now, [col(Meeting.id) == meeting_id])

    def go_on(
        self, meeting_id: str, run: int, due_in: float, *, failures: int = 0, code: ErrorCode | None = None
    ) -> Job:
        """Release the lease; the next step is due in `due_in` seconds. Raises `LeaseLost`.

        `failures` counts the consecutive failures. With 0 the step is done, and its workers' deaths are forgotten.
        """
        with self._db.write() as connection:
            now = self._db.now(connection)
            job: JobColumns = {"tries": failures, **leases.released(now + timedelta(seconds=due_in))}
            if not failures:
                job["deaths"] = 0
            after = leases.fenced(connection, now, JobKind.WRITTEN_VIEW, meeting_id, run, **job)
            _set(connection, meeting_id, error_code=None if code is None else code.value)
            return after

    def finish(
        self,
        meeting_id: str,
        run: int,
        texts: Mapping[str, tuple[int, str]],
        *,
        name: str,
        usage: StoredUsage | None,
    ) -> Meeting | None:
        """Save the rewritten lines (segment id to its version and the text) and end the round, in one transaction.

        `usage` is the round's. Lines of deleted segments are omitted. None if the meeting was deleted. Raises
        `LeaseLost`.
        """
        with self._db.write() as connection:
            now = self._db.now(connection)
            leases.fenced(connection, now, JobKind.WRITTEN_VIEW, meeting_id, run, **leases.ended())
            before = connection.execute(select(col(WrittenView.usage)).where(_of(meeting_id))).scalar_one()
            took = total_usage(before, usage)
            _set(connection, meeting_id, state="done", progress=None, name=name, error_code=None, usage=took)
            there = select(col(Segment.id)).where(col(Segment.meeting_id) == meeting_id)
            kept = {id: texts[id] for id in connection.execute(there).scalars() if id in texts}
            same_meeting = col(WrittenLine.meeting_id) == meeting_id
            old = connection.execute(select(col(WrittenLine.segment_id)).where(same_meeting)).scalars()
            replaced = [id for id in old if id in kept]
            for start in range(0, len(replaced), 500):
                some = col(WrittenLine.segment_id).in_(replaced[start : start + 500])
                connection.execute(delete(WrittenLine).where(some))
            rows = [
                {"segment_id": id, "meeting_id": meeting_id, "segment_version": version, "text": text, "method": "llm"}
                for id, (version, text) in kept.items()
            ]
            if rows:
                connection.execute(insert(WrittenLine), rows)
            return meeting_rows.change(connection, now, [col(Meeting.id) == meeting_id])

    def fail(self, meeting_id: str, run: int, code: ErrorCode, params: Mapping[str, object]) -> Meeting | None:
        """Save the failure: nothing more happens until a person requests the view again. Raises `LeaseLost`."""
        with self._db.write() as connection:
            now = self._db.now(connection)
            leases.fenced(connection, now, JobKind.WRITTEN_VIEW, meeting_id, run, **leases.ended())
            _set(connection, meeting_id, state="failed", progress=None, error_code=code.value, error_params=params)
            return meeting_rows.change(connection, now, [col(Meeting.id) == meeting_id])


def _set(connection: Connection, meeting_id: str, **columns: object) -> None:
    connection.execute(update(WrittenView).where(_of(meeting_id)).values(**columns))


def _of(meeting_id: str) -> ColumnElement[bool]:
    return col(WrittenView.meeting_id) == meeting_id


def _view(connection: Connection, meeting_id: str) -> WrittenView | None:
    row = connection.execute(select(WrittenView).where(_of(meeting_id))).mappings().first()
    return None if row is None else WrittenView(**row)


def _has_words(connection: Connection, meeting: Meeting) -> bool:
    lines = select(col(Segment.id)).where(
        col(Segment.meeting_id) == meeting.id, col(Segment.revision) == meeting.shown_revision, col(Segment.text) != ""
    )
    return bool(connection.execute(select(lines.exists())).scalar_one())
