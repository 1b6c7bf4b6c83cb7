"""Transcripts: the lines and speakers of the shown revision, and their corrections.

Each row's own `version` guards its edits. The meeting's `version` rises with every edit and its `run` never does, so no
running step is lost. `Segment.original_text` and `words` stay the recogniser's. Items of all of the meeting's summaries
that rest on a change become stale; quotes in a corrected line are checked again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar, Unpack

from sqlalchemy import Connection, ScalarSelect, select
from sqlmodel import col

from cantomeet.corrections import LineChanges
from cantomeet.errors import NotFound
from cantomeet.models import Meeting, Segment, Speaker
from cantomeet.quotes import rechecked
from cantomeet.store import items, meeting_rows, paging, reparsing, search_rows
from cantomeet.store.connections import Aggregate
from cantomeet.store.paging import Line, PagedTranscript, SegmentPage
from cantomeet.store.reparsing import Reparsed
from cantomeet.store.rows import all_made, first_made
from cantomeet.store.types import NewSegment, Transcript
from cantomeet.store.versioned import change
from cantomeet.unclear import says_unclear

Row = TypeVar("Row", Segment, Speaker)


class Transcripts(Aggregate):
    """Read, correct, replace. Every edit raises `NotFound`, and `VersionConflict` if `version` is not the stored one
    (None: any).
    """

    def shown(self, meeting_id: str, after_position: int = -1, limit: int | None = None) -> Transcript:
        """The shown revision's segments after a position, at most `limit` of them, and its speakers by id."""
        with self._db.read() as connection:
            rows = connection.execute(
                select(Segment)
                .where(
                    col(Segment.meeting_id) == meeting_id,
                    col(Segment.revision) == _shown_revision(meeting_id),
                    col(Segment.position) > after_position,
                )
                .order_by(col(Segment.position))
                .limit(limit)
            )
            return Transcript(all_made(Segment, rows), _speakers(connection, meeting_id))

    def speakers(self, meeting_id: str) -> dict[str, Speaker]:
        """The shown revision's, by id."""
        with self._db.read() as connection:
            return _speakers(connection, meeting_id)

    def paged(self, meeting_id: str, *, words: bool) -> PagedTranscript[Segment]:
        """The shown revision, read page by page as it is iterated over. Raises `NotFound`.

        `words`: with the times of the words.
        """
        return paging.paged_segments(self._db, meeting_id, words=words)

    def lines(self, meeting_id: str) -> PagedTranscript[Line]:
        """As `paged`, with no more of each segment than is shown."""
        return paging.paged_lines(self._db, meeting_id)

    def page(self, meeting_id: str, after: str, limit: int) -> SegmentPage:
        """At most `limit` segments after the one with the id `after` (empty: from the first on), without words.

        Raises `NotFound`, and `Conflict` where `after` is not of the shown transcript (any more).
        """
        return paging.segment_page(self._db, meeting_id, after, limit)

    def corrected(self, meeting_id: str) -> list[Segment]:
        """The segments of the shown revision that a person corrected, in order."""
        with self._db.read() as connection:
            rows = connection.execute(
                select(Segment)
                .where(
                    col(Segment.meeting_id) == meeting_id,
                    col(Segment.revision) == _shown_revision(meeting_id),
                    col(Segment.edited).is_(True),
                )
                .order_by(col(Segment.position))
            )
            return all_made(Segment, rows)

    def segment(self, meeting_id: str, segment_id: str) -> Segment:
        """Of any revision. Raises `NotFound`."""
        with self._db.read() as connection:
            return _row(connection, Segment, meeting_id, segment_id)

    def speaker(self, meeting_id: str, speaker_id: str) -> Speaker:
        """Of any revision. Raises `NotFound`."""
        with self._db.read() as connection:
            return _row(connection, Speaker, meeting_id, speaker_id)

    def edit_segment(
        self, meeting_id: str, segment_id: str, version: int | None, **changes: Unpack[LineChanges]
    ) -> tuple[Meeting, Segment]:
        """Change the text or the speaker (one of the same revision, or None); missing fields stay unchanged.

        An unclear line becomes an ordinary one once a person writes what was said.
        """
        with self._db.write() as connection:
            now = self._db.now(connection)
            meeting = meeting_rows.touch(connection, now, meeting_id)
            segment = _row(connection, Segment, meeting_id, segment_id)
            if segment.unclear and says_unclear(changes.get("text", "")):
                del changes["text"]
            speaker_id = changes.get("speaker_id")
            if speaker_id is not None:
                speaker = _row(connection, Speaker, meeting_id, speaker_id)
                if speaker.revision != segment.revision:
                    raise NotFound("no such speaker in this transcript")
            is_changed = any(value != getattr(segment, name) for name, value in changes.items())
            values: dict[str, Any] = {**changes, "edited": True} if is_changed else {}
            if is_changed and "text" in changes:
                values["unclear"] = False
            change(connection, Segment, segment_id, version, values)
            if is_changed:
                line = changes.get("text", segment.text)
                items.age(connection, meeting_id, {segment_id}, lambda item: rechecked(item.evidence, segment_id, line))
                search_rows.schedule(connection, now, meeting_id)
            return meeting, _row(connection, Segment, meeting_id, segment_id)

    def rename_speaker(
        self, meeting_id: str, speaker_id: str, version: int | None, name: str | None
    ) -> tuple[Meeting, Speaker]:
        """Name a speaker; None leaves only the recogniser's label.

        Owners with that label or name are renamed too. If another speaker has the same one, only owners of items that
        rest on this speaker's lines are renamed.
        """
        with self._db.write() as connection:
            meeting = meeting_rows.touch(connection, self._db.now(connection), meeting_id)
            speaker = _row(connection, Speaker, meeting_id, speaker_id)
            change(connection, Speaker, speaker_id, version, {"name": name})
            if name != speaker.name:
                spoken = select(col(Segment.id)).where(col(Segment.speaker_id) == speaker_id)
                spoken_by = set(connection.execute(spoken).scalars())
                items.rename_owners(connection, meeting_id, speaker, name or speaker.label, spoken_by)
                items.age(connection, meeting_id, spoken_by)
            return meeting, _row(connection, Speaker, meeting_id, speaker_id)

    def reparse(self, meeting_id: str, segments: Sequence[NewSegment], *, force: bool = False) -> Reparsed:
        """Replace the shown segments by `segments`; what rests on them becomes stale and is checked again.

        Names of speakers stay, and so do corrections of lines that are the same in both. Raises `Conflict` if the
        meeting has not ended, or if corrections would be lost without `force`; `NotFound`.
        """
        with self._db.write() as connection:
            meeting = meeting_rows.hold(connection, meeting_id)
            now = self._db.now(connection)
            reparsed = reparsing.replace_shown(connection, now, meeting, segments, force=force)
            if reparsed.changed:
                search_rows.schedule(connection, now, meeting_id)
            return reparsed


def _shown_revision(meeting_id: str) -> ScalarSelect[int]:
    return select(col(Meeting.shown_revision)).where(col(Meeting.id) == meeting_id).scalar_subquery()


def _speakers(connection: Connection, meeting_id: str) -> dict[str, Speaker]:
    of_shown = (col(Speaker.meeting_id) == meeting_id, col(Speaker.revision) == _shown_revision(meeting_id))
    found = all_made(Speaker, connection.execute(select(Speaker).where(*of_shown)))
    return {speaker.id: speaker for speaker in found}


def _row(connection: Connection, table: type[Row], meeting_id: str, row_id: str) -> Row:
    statement = select(table).where(col(table.meeting_id) == meeting_id, col(table.id) == row_id)
    row = first_made(table, connection.execute(statement))
    if row is None:
        raise NotFound(f"no such {table.__name__.lower()}")
    return row
