"""The written-Chinese view of a transcript: asked for by a person, made in steps of its own, kept line by line.

Its `run` fences its writes as `Meeting.run` fences the pipeline's; neither touches the other, so the view holds up no
meeting. Lines are kept when all are there; what was paid for by then is in the meeting's paid answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, case, delete, insert, or_, select, update
from sqlmodel import col

from cantomeet.errors import Conflict, ErrorCode, LeaseLost
from cantomeet.lifecycle import Stage
from cantomeet.models import Meeting, Segment, WrittenLine, WrittenView
from cantomeet.store.base import WAKE_GRACE, Base, execute
from cantomeet.store.waking import is_paused
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
            meeting = self._require(connection, meeting_id)
            if meeting.stage not in (Stage.TRANSCRIBED, Stage.SUMMARIZED) or not _has_words(connection, meeting):
                raise Conflict("there is no transcript to rewrite yet")
            # An update, so that of two who ask at once the second finds what the first has written.
            connection.execute(update(Meeting).where(col(Meeting.id) == meeting_id).values(run=col(Meeting.run)))
            view = _view(connection, meeting_id)
            if view is not None and view.state == "working":
                return view
            columns: dict[str, Any] = {
                **{"state": "working", "progress": None, "error_code": None, "error_params": {}},
                **{"attempt_count": 0, "death_count": 0},
                **{"next_run_at": self._clock(connection), "lease_until": None, "woken_until": None},
            }
            if view is None:
                connection.execute(
                    insert(WrittenView).values(meeting_id=meeting_id, round=1, run=0, name="", **columns)
                )
            else:
                another = 1 if view.state == "done" else 0
                columns |= {"round": view.round + another, "run": view.run + 1}
                connection.execute(update(WrittenView).where(_of(meeting_id)).values(**columns))
            self._changed(connection, [col(Meeting.id) == meeting_id])
            asked = _view(connection, meeting_id)
            assert asked is not None
            return asked

    def wake_written_due(self, limit: int = 100) -> list[str]:
        """Ids of meetings whose view is due and that nobody woke, each given to one caller."""
        with self._write() as connection:
            now = self._clock(connection)
            unwoken = or_(col(WrittenView.woken_until).is_(None), col(WrittenView.woken_until) <= now)
            due = select(col(WrittenView.meeting_id)).where(*_is_due(now), unwoken).limit(limit)
            ids = list(connection.execute(due).scalars())
            grace = now + timedelta(seconds=3 * WAKE_GRACE)
            woken = update(WrittenView).where(col(WrittenView.meeting_id).in_(ids), *_is_due(now), unwoken)
            return list(
                connection.execute(woken.values(woken_until=grace).returning(col(WrittenView.meeting_id))).scalars()
            )

    def take_written(self, meeting_id: str, seconds: float) -> WrittenView | None:
        """The view with its new `run`, or None where it is not due or somebody else has it.

        Where the holder before let the lease run out without a word, `death_count` has risen.
        """
        with self._write() as connection:
            now = self._clock(connection)
            deaths = col(WrittenView.death_count)
            alive = select(col(Meeting.id)).where(col(Meeting.id) == meeting_id, col(Meeting.deleted_at).is_(None))
            taken = execute(
                connection,
                update(WrittenView)
                .where(_of(meeting_id), *_is_due(now), alive.exists())
                .values(
                    run=col(WrittenView.run) + 1,
                    lease_until=now + timedelta(seconds=seconds),
                    woken_until=None,
                    death_count=case((col(WrittenView.lease_until).is_not(None), deaths + 1), else_=deaths),
                ),
            ).rowcount
            return _view(connection, meeting_id) if taken else None

    def renew_written(self, meeting_id: str, run: int, seconds: float, progress: int | None = None) -> None:
        """As `renew_lease`. Raises `LeaseLost`."""
        with self._write() as connection:
            shown = {} if progress is None else {"progress": progress}
            until = self._clock(connection) + timedelta(seconds=seconds)
            held = col(WrittenView.lease_until).is_not(None)
            self._fenced_view(connection, meeting_id, run, held, lease_until=until, **shown)
            if shown:
                self._changed(connection, [col(Meeting.id) == meeting_id])

    def go_on_with_written(
        self, meeting_id: str, run: int, due_in: float, *, failures: int = 0, code: ErrorCode | None = None
    ) -> None:
        """Let go of the lease; the next step is due in `due_in` seconds. Raises `LeaseLost`.

        `failures` in a row by now; 0: the step is done, and its workers' deaths are forgotten.
        """
        with self._write() as connection:
            outlived = {} if failures else {"death_count": 0}
            due = self._clock(connection) + timedelta(seconds=due_in)
            self._fenced_view(
                connection,
                meeting_id,
                run,
                lease_until=None,
                next_run_at=due,
                woken_until=due + timedelta(seconds=WAKE_GRACE),
                attempt_count=failures,
                error_code=None if code is None else code.value,
                **outlived,
            )

    def finish_written(
        self,
        meeting_id: str,
        run: int,
        texts: Mapping[str, tuple[int, str]],
        *,
        name: str,
        usage: dict[str, Any] | None,
    ) -> Meeting | None:
        """Keep the rewritten lines (segment id to its version and the text) and end the round, in one transaction;
        `usage` is the round's.

        Lines of segments that are gone meanwhile are left out. None where the meeting is gone. Raises `LeaseLost`.
        """
        with self._write() as connection:
            ended = {"state": "done", "progress": None, "name": name}
            self._fenced_view(connection, meeting_id, run, **ended, **_AT_REST)
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
            failed = {"state": "failed", "progress": None, "error_code": code.value, "error_params": params}
            self._fenced_view(connection, meeting_id, run, **{**_AT_REST, **failed})
            return self._changed(connection, [col(Meeting.id) == meeting_id])

    def _fenced_view(
        self, connection: Connection, meeting_id: str, run: int, *where: ColumnElement[bool], **columns: Any
    ) -> None:
        where = (_of(meeting_id), col(WrittenView.run) == run, *where)
        if not execute(connection, update(WrittenView).where(*where).values(**columns)).rowcount:
            raise LeaseLost(meeting_id)


_AT_REST: dict[str, Any] = {
    **{"next_run_at": None, "lease_until": None, "woken_until": None},
    **{"attempt_count": 0, "death_count": 0, "error_code": None},
}


def _of(meeting_id: str) -> ColumnElement[bool]:
    return col(WrittenView.meeting_id) == meeting_id


def _is_due(now: datetime) -> list[Any]:
    return [
        col(WrittenView.next_run_at) <= now,
        or_(col(WrittenView.lease_until).is_(None), col(WrittenView.lease_until) <= now),
        ~is_paused(),
    ]


def _view(connection: Connection, meeting_id: str) -> WrittenView | None:
    row = connection.execute(select(WrittenView).where(_of(meeting_id))).mappings().first()
    return None if row is None else WrittenView(**row)


def _has_words(connection: Connection, meeting: Meeting) -> bool:
    lines = select(col(Segment.id)).where(
        col(Segment.meeting_id) == meeting.id, col(Segment.revision) == meeting.shown_revision, col(Segment.text) != ""
    )
    return bool(connection.execute(select(lines.exists())).scalar_one())
