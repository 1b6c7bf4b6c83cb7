"""The versions of a meeting's summary, and the wait for the speakers' names before the next one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, insert, select
from sqlalchemy import func as sql
from sqlmodel import col

from cantomeet.errors import Conflict, NotFound
from cantomeet.jobs import JobState
from cantomeet.models import Job, Meeting, Segment, Speaker, Summary, SummaryItem, new_id
from cantomeet.quotes import rechecked
from cantomeet.store import leases
from cantomeet.store.base import Base
from cantomeet.store.dating import date_anew
from cantomeet.store.types import NewSummary, SummaryWithItems, Transcript


class Summaries(Base):
    """Read, list, go back, let the waiting one go on."""

    def summary(self, meeting_id: str, version: int | None = None) -> SummaryWithItems | None:
        """The summary that is shown (the newest, unless a person went back to another), or that of `version`."""
        with self._read() as connection:
            if version is None:
                version = _shown_version(connection, meeting_id)
            where = (col(Summary.meeting_id) == meeting_id, col(Summary.version) == version)
            row = connection.execute(select(Summary).where(*where)).mappings().first()
            if row is None:
                return None
            items = connection.execute(
                select(SummaryItem).where(col(SummaryItem.summary_id) == row["id"]).order_by(col(SummaryItem.position))
            ).mappings()
            newest = _newest_version(connection, meeting_id)
            return SummaryWithItems(Summary(**row), [SummaryItem(**item) for item in items], newest)

    def summaries(self, meeting_id: str) -> list[Summary]:
        """All versions, newest first; the shown one is `meeting.shown_summary`, or the first where that is None."""
        with self._read() as connection:
            newest_first = col(Summary.version).desc()
            rows = connection.execute(
                select(Summary).where(col(Summary.meeting_id) == meeting_id).order_by(newest_first)
            ).mappings()
            return [Summary(**row) for row in rows]

    def show_summary(self, meeting_id: str, version: int) -> Meeting:
        """Go back (or forth) to a version; a summary that is written later is shown again by itself.

        Raises `NotFound`, also for a version that there is not.
        """
        with self._write() as connection:
            meeting = self._require(connection, meeting_id)
            where = (col(Summary.meeting_id) == meeting_id, col(Summary.version) == version)
            row = connection.execute(select(Summary).where(*where)).mappings().first()
            if row is None:
                raise NotFound("no such version of the summary")
            summary = Summary(**row)
            newest = version == _newest_version(connection, meeting_id)
            changed = self._changed(
                connection,
                [col(Meeting.id) == meeting_id],
                shown_summary=None if newest else version,
                summarizer_name=summary.name,
                warnings=_warnings(connection, meeting, summary.warnings),
            )
            assert changed is not None
            return changed

    def summarize(self, meeting_id: str) -> Meeting:
        """The speakers are named: the summary that waited for that is due now. The caller wakes it.

        Raises `NotFound`, and `Conflict` where it does not wait (`Meeting.waits_for_names`).
        """
        with self._write() as connection:
            if not self._hold(connection, meeting_id).waits_for_names:
                raise Conflict("the summary does not wait for the speakers' names")
            job = self._set_job(connection, meeting_id, **leases.due_now(self._clock(connection)))
            changed = self._changed(connection, [col(Meeting.id) == meeting_id], job, name_speakers_first=False)
            assert changed is not None
            return changed

    def waiting_for_names(self, limit: int = 100) -> list[Meeting]:
        """Meetings whose summary waits for a person, those that have waited longest first."""
        waiting = leases.meetings().where(col(Job.state) == JobState.WAITING_FOR_NAMES)
        with self._read() as connection:
            rows = connection.execute(waiting.order_by(col(Meeting.stage_since)).limit(limit)).mappings()
            return [leases.meeting_of(row) for row in rows]

    def _add_summary(self, connection: Connection, meeting: Meeting, new: NewSummary) -> list[str]:
        """Write it as the newest version; the warnings that the meeting has from now on."""
        summary_id = new_id()
        warnings = _warnings(connection, meeting, new.warnings)
        connection.execute(
            insert(Summary).values(
                id=summary_id,
                meeting_id=meeting.id,
                version=_newest_version(connection, meeting.id) + 1,
                method=new.method,
                language=new.language,
                template=new.template.id,
                template_name=new.template.name,
                sections=[vars(section) for section in new.template.sections],
                title=new.title,
                title_other=new.title_other,
                name=new.name,
                usage=new.usage,
                coverage=new.coverage,
                warnings=list(new.warnings),
                created_at=self._clock(connection),
            )
        )
        rows = [
            SummaryItem(summary_id=summary_id, position=position, **item).model_dump()
            for position, item in enumerate(new.items)
        ]
        if new.read is not None:
            changed = _changed_since(connection, meeting.id, new.read)
            renamed = _renamed_since(connection, meeting.id, new.read)
            rows = [{**_aged(row, changed), "owner": renamed.get(row["owner"], row["owner"])} for row in rows]
        if rows:
            connection.execute(insert(SummaryItem), rows)
        if new.read is not None and new.meeting_date != meeting.meeting_date:
            date_anew(connection, meeting.id, new.meeting_date, meeting.meeting_date, col(Summary.id) == summary_id)
        return warnings


def _aged(item: dict[str, Any], lines: Mapping[str, str]) -> dict[str, Any]:
    """The item's columns where `lines` (texts by segment id) were changed since it was written."""
    cited = [proof["segment_id"] for proof in item["evidence"] if proof["segment_id"] in lines]
    evidence = item["evidence"]
    for segment_id in cited:
        evidence = rechecked(evidence, segment_id, lines[segment_id])
    return {**item, "stale": True, "evidence": evidence} if cited else item


def _changed_since(connection: Connection, meeting_id: str, read: Transcript) -> dict[str, str]:
    """Texts of the segments that were corrected, or whose speaker was renamed, after `read`."""
    before = {s.id: (s.version, s.speaker_id) for s in read.segments}
    names = {speaker.id: speaker.version for speaker in read.speakers.values()}
    statement: Any = (
        select(
            col(Segment.id),
            col(Segment.text),
            col(Segment.version),
            col(Segment.speaker_id),
            col(Speaker.version).label("named"),
        )
        .outerjoin(Speaker, col(Speaker.id) == col(Segment.speaker_id))
        .where(col(Segment.meeting_id) == meeting_id)
    )
    return {
        row.id: row.text
        for row in connection.execute(statement)
        if row.id in before
        and (before[row.id] != (row.version, row.speaker_id) or names.get(row.speaker_id) != row.named)
    }


def _renamed_since(connection: Connection, meeting_id: str, read: Transcript) -> dict[str, str]:
    """What one speaker alone was called in `read` and has another name for by now, and that name."""
    now = select(col(Speaker.id), col(Speaker.label), col(Speaker.name)).where(col(Speaker.meeting_id) == meeting_id)
    called = {row.id: row.name or row.label for row in connection.execute(now)}
    before = {speaker.id: speaker.name or speaker.label for speaker in read.speakers.values()}
    alone = Counter(before.values())
    return {
        name: called[key] for key, name in before.items() if alone[name] == 1 and key in called and called[key] != name
    }


def _newest_version(connection: Connection, meeting_id: str) -> int:
    newest = select(sql.coalesce(sql.max(col(Summary.version)), 0)).where(col(Summary.meeting_id) == meeting_id)
    return int(connection.execute(newest).scalar_one())


def _shown_version(connection: Connection, meeting_id: str) -> int:
    chosen = connection.execute(select(col(Meeting.shown_summary)).where(col(Meeting.id) == meeting_id)).scalar()
    return chosen or _newest_version(connection, meeting_id)


def _warnings(connection: Connection, meeting: Meeting, own: list[str] | tuple[str, ...]) -> list[str]:
    """The meeting's warnings with those of the summary to be shown in place of any other summary's."""
    rows = connection.execute(select(col(Summary.warnings)).where(col(Summary.meeting_id) == meeting.id)).scalars()
    of_summaries = {warning for warnings in rows for warning in warnings}
    others = [warning for warning in meeting.warnings if warning not in of_summaries]
    return list(dict.fromkeys([*others, *own]))
