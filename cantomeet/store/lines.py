"""Lines and speakers of a transcript, within a transaction of the caller."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, delete, exists, insert, select
from sqlalchemy import func as sql
from sqlmodel import col

from cantomeet.models import Meeting, Segment, Speaker, new_id
from cantomeet.packed_words import pack
from cantomeet.store.connections import execute
from cantomeet.store.types import NewSegment


def append(connection: Connection, meeting: Meeting, segments: Sequence[NewSegment]) -> None:
    """Append `segments` to those of the meeting's revision, with the speakers that they name."""
    if not segments:
        return
    ids = add_speakers(connection, meeting, {segment.speaker for segment in segments if segment.speaker})
    first = connection.execute(
        select(sql.coalesce(sql.max(Segment.position) + 1, 0)).where(
            col(Segment.meeting_id) == meeting.id, col(Segment.revision) == meeting.revision
        )
    ).scalar_one()
    rows = [
        {
            "id": new_id(),
            "meeting_id": meeting.id,
            "revision": meeting.revision,
            "position": first + offset,
            "start": segment.start,
            "end": segment.end,
            "speaker_id": ids.get(segment.speaker) if segment.speaker else None,
            "original_text": segment.original_text,
            "text": segment.text,
            "packed_words": pack(segment.words, segment.original_text),
            "unclear": segment.unclear,
            "version": 1,
        }
        for offset, segment in enumerate(segments)
    ]
    connection.execute(insert(Segment), rows)


def add_speakers(connection: Connection, meeting: Meeting, labels: set[str]) -> dict[str, str]:
    """Ids of the revision's speakers by label; missing ones of `labels` are added."""
    of_revision = (col(Speaker.meeting_id) == meeting.id, col(Speaker.revision) == meeting.revision)
    there = connection.execute(select(col(Speaker.label), col(Speaker.id)).where(*of_revision))
    known: dict[str, str] = dict(there.all())
    for label in sorted(labels - known.keys()):
        known[label] = new_id()
        connection.execute(
            insert(Speaker).values(id=known[label], meeting_id=meeting.id, revision=meeting.revision, label=label)
        )
    return known


def has_speakers(connection: Connection, meeting: Meeting) -> bool:
    """Whether the shown transcript has speakers to name."""
    of_shown = (col(Speaker.meeting_id) == meeting.id, col(Speaker.revision) == meeting.shown_revision)
    return bool(connection.execute(select(exists().where(*of_shown))).scalar_one())


def delete_revisions(
    connection: Connection, meeting_id: str, *, keep: int | None = None, only: int | None = None
) -> int:
    """Delete segments and speakers of all revisions except `keep`, or of `only`. Returns the number of segments."""
    gone = 0
    for table in (Segment, Speaker):
        wrong = col(table.revision) != keep if only is None else col(table.revision) == only
        removed = execute(connection, delete(table).where(col(table.meeting_id) == meeting_id, wrong)).rowcount
        gone += removed if table is Segment else 0
    return gone
