"""The written-Chinese view of a transcript: asked for by a person, made in steps of its own, kept line by line.

Its job fences its writes as the meeting's own job fences the pipeline's; neither touches the other, so the view holds
up no meeting. Lines are kept when all are there; what was paid for by then is in the meeting's paid answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, delete, insert, select, update
from sqlmodel import col

from cantomeet.errors import Conflict, ErrorCode
from cantomeet.jobs import JobKind
from cantomeet.lifecycle import Stage
from cantomeet.models import Job, Meeting, Segment, WrittenLine, WrittenView
from cantomeet.store import leases
from cantomeet.store.base import Base
from cantomeet.stored_json import StoredUsage
from cantomeet.usage import total_usage

LineState = Literal["written", "as_spoken", "out_of_date"]


@dataclass(frozen=True)
class WrittenTranscript:
    """The view and what it has of the shown revision's lines."""

    view: WrittenView
    lines: Mapping[str, WrittenLine]
    """By segment id; a segment without one stays as it was spoken."""

    def state_of(self, segment: Segment) -> LineState:
        """ "out_of_date": the line was corrected after it was rewritten."""
        line = self.lines.get(segment.id)
        if line is None:
            return "as_spoken"
        return "written" if line.segment_version == segment.version else "out_of_date"


class Written(Base):
    """Ask for it, read it, and what its worker does."""

    def written(self, meeting_id: str) -> WrittenTranscript | None:
        """The view; None where nobody has asked for it."""
        with self._read() as connection:
            view = _view(connection, meeting_id)
            if view is None:
                return None
            rows = connection.execute(select(WrittenLine).where(col(WrittenLine.meeting_id) == meeting_id)).mappings()
            return WrittenTranscript(view, {row["segment_id"]: WrittenLine(**row) for row in rows})

    def ask_for_written(self, meeting_id: str) -> WrittenView:
        """Have the lines rewritten that are not, or not any more; one that is being made goes on undisturbed.

        The caller wakes it. Raises `NotFound`, and `Conflict` where there is no whole transcript with words.
        """
        with self._write() as connection:
            # Held, so that of two who ask at once the second finds what the first has written.
            meeting = self._hold(connection, meeting_id)
            if meeting.stage not in (Stage.TRANSCRIBED, Stage.SUMMARIZED) or not _has_words(connection, meeting):
                raise Conflict("there is no transcript to rewrite yet")
            view = _view(connection, meeting_id)
            if view is not None and view.state == "working":
                return view
            now = self._clock(connection)
            asked = {"run": col(Job.run) + 1, "tries": 0, "deaths": 0, **leases.due_now(now)}
            if leases.change(connection, now, leases.of(JobKind.WRITTEN_VIEW, meeting_id), **asked) is None:
                leases.add(connection, now, JobKind.WRITTEN_VIEW, meeting_id)
            columns: dict[str, Any] = {"state": "working", "progress": None, "error_code": None, "error_params": {}}
            if view is None:
                connection.execute(insert(WrittenView).values(meeting_id=meeting_id, round=1, name="", **columns))
            else:
                columns["round"] = view.round + (1 if view.state == "done" else 0)
                connection.execute(update(WrittenView).where(_of(meeting_id)).values(**columns))
            self._changed(connection, [col(Meeting.id) == meeting_id], meeting.job)
            going = _view(connection, meeting_id)
            assert going is not None
            return going

    def renew_written(self, meeting_id: str, run: int, seconds: float, progress: int | None = None) -> None:
        """As `renew_lease`. Raises `LeaseLost`."""
        with self._write() as connection:
            shown: dict[str, Any] = {} if progress is None else {"progress": progress}
            until = self._clock(connection) + timedelta(seconds=seconds)
            self._fenced_view(connection, meeting_id, run, {"lease_until": until}, held=True, **shown)
            if shown:
                self._changed(connection, [col(Meeting.id) == meeting_id])

    def go_on_with_written(
        self, meeting_id: str, run: int, due_in: float, *, failures: int = 0, code: ErrorCode | None = None
    ) -> Job:
        """Let go of the lease; the next step is due in `due_in` seconds. Raises `LeaseLost`.

        `failures` in a row by now; 0: the step is done, and its workers' deaths are forgotten.
        """
        with self._write() as connection:
            outlived = {} if failures else {"deaths": 0}
            due = leases.let_go(self._clock(connection) + timedelta(seconds=due_in))
            job = {"tries": failures, **outlived, **due}
            error = None if code is None else code.value
            return self._fenced_view(connection, meeting_id, run, job, error_code=error)

    def finish_written(
        self,
        meeting_id: str,
        run: int,
        texts: Mapping[str, tuple[int, str]],
        *,
        name: str,
        usage: StoredUsage | None,
    ) -> Meeting | None:
        """Keep the rewritten lines (segment id to its version and the text) and end the round, in one transaction;
        `usage` is the round's.

        Lines of segments that are gone meanwhile are left out. None where the meeting is gone. Raises `LeaseLost`.
        """
        with self._write() as connection:
            ended: dict[str, Any] = {"state": "done", "progress": None, "name": name, "error_code": None}
            self._fenced_view(connection, meeting_id, run, _ended(), **ended)
            before = connection.execute(select(col(WrittenView.usage)).where(_of(meeting_id))).scalar_one()
            took = {"usage": total_usage(before, usage)}
            connection.execute(update(WrittenView).where(_of(meeting_id)).values(**took))
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
            return self._changed(connection, [col(Meeting.id) == meeting_id])

    def fail_written(self, meeting_id: str, run: int, code: ErrorCode, params: dict[str, Any]) -> Meeting | None:
        """Nothing more until a person asks again. Raises `LeaseLost`."""
        with self._write() as connection:
            failed: dict[str, Any] = {
                "state": "failed",
                "progress": None,
                "error_code": code.value,
                "error_params": params,
            }
            self._fenced_view(connection, meeting_id, run, _ended(), **failed)
            return self._changed(connection, [col(Meeting.id) == meeting_id])

    def _fenced_view(
        self,
        connection: Connection,
        meeting_id: str,
        run: int,
        job: Mapping[str, Any],
        *,
        held: bool = False,
        **columns: Any,
    ) -> Job:
        now = self._clock(connection)
        after = leases.fenced(connection, now, JobKind.WRITTEN_VIEW, meeting_id, run, held=held, **job)
        if columns:
            connection.execute(update(WrittenView).where(_of(meeting_id)).values(**columns))
        return after


def _ended() -> dict[str, Any]:
    return {"tries": 0, "deaths": 0, **leases.at_rest()}


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
