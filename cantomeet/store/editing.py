"""What people correct in a transcript and its summaries: items, lines, speakers.

Each row's own `version` guards its edit. The meeting's `version` rises with every edit and its `run` never does, so
no result under way is lost. `Segment.original_text` and `words` stay the recogniser's. Items of all of the meeting's
summaries that rest on what was changed become stale; quotes in a corrected line are checked again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy import Connection, delete, select, update
from sqlalchemy import func as sql
from sqlmodel import col

from cantomeet.errors import NotFound, VersionConflict
from cantomeet.models import Meeting, Segment, Speaker, Summary, SummaryItem
from cantomeet.quotes import rechecked, requoted
from cantomeet.store.base import Base, execute
from cantomeet.stored_json import Proof
from cantomeet.unclear import says_unclear

ITEM_COLUMNS = frozenset({"text", "text_other", "owner", "due_text", "due_date", "done", "stale"})
"""Of an item, what people may change; `stale` only to False: it still holds."""
_WORDS = frozenset({"text", "text_other", "owner", "due_text", "due_date"})


class Editing(Base):
    """Edits by people. Each raises `NotFound`, and `VersionConflict` where `version` is not the stored one; None is
    any.
    """

    def item(self, meeting_id: str, item_id: str) -> SummaryItem:
        """Of any of the meeting's summaries."""
        with self._read() as connection:
            return _item_row(connection, meeting_id, item_id)

    def segment(self, meeting_id: str, segment_id: str) -> Segment:
        with self._read() as connection:
            found: Segment = _row(connection, Segment, meeting_id, segment_id)
            return found

    def speaker(self, meeting_id: str, speaker_id: str) -> Speaker:
        with self._read() as connection:
            found: Speaker = _row(connection, Speaker, meeting_id, speaker_id)
            return found

    def edit_item(
        self, meeting_id: str, item_id: str, version: int | None, **columns: Any
    ) -> tuple[Meeting, SummaryItem]:
        """Change what `ITEM_COLUMNS` names. Other words, or `stale=False`, say that a person has looked: the item is
        no longer stale, and a quote that a correction took from its line becomes the corrected line.
        """
        assert columns.keys() <= ITEM_COLUMNS, "only what people may edit"
        assert columns.get("stale", False) is False, "only a line or a speaker makes an item stale"
        with self._write() as connection:
            meeting = self._touched(connection, meeting_id)
            item = _item_row(connection, meeting_id, item_id)
            words = {name for name in columns.keys() & _WORDS if columns[name] != getattr(item, name)}
            values = dict(columns)
            if words:
                values["edited"] = True
            if "text" in words and item.original_text is None:
                values["original_text"] = item.text
            if (words or "stale" in columns) and item.stale:
                values |= {"stale": False, "evidence": requoted(item.evidence, _cited_lines(connection, [item]))}
            _changed(connection, SummaryItem, item_id, version, values)
            return meeting, _item_row(connection, meeting_id, item_id)

    def confirm_items(self, meeting_id: str, summary_version: int) -> Meeting:
        """A person has looked at all stale items of this summary: they still hold."""
        with self._write() as connection:
            meeting = self._touched(connection, meeting_id)
            of_summary = col(Summary.version) == summary_version
            stale = [item for item in _items(connection, meeting_id, of_summary) if item.stale]
            lines = _cited_lines(connection, stale)
            for item in stale:
                values = {"stale": False, "evidence": requoted(item.evidence, lines)}
                _changed(connection, SummaryItem, item.id, None, values)
            return meeting

    def delete_item(self, meeting_id: str, item_id: str, version: int | None) -> Meeting:
        """Take an item out of its summary."""
        with self._write() as connection:
            meeting = self._touched(connection, meeting_id)
            _item_row(connection, meeting_id, item_id)
            where = [col(SummaryItem.id) == item_id, *_of_version(SummaryItem, version)]
            if not execute(connection, delete(SummaryItem).where(*where)).rowcount:
                raise VersionConflict("the item was changed meanwhile")
            return meeting

    def edit_segment(
        self, meeting_id: str, segment_id: str, version: int | None, **columns: Any
    ) -> tuple[Meeting, Segment]:
        """Change `text` or `speaker_id` (one of the same revision, or None). A line that was not understood is an
        ordinary one once somebody says what was said.
        """
        assert columns.keys() <= {"text", "speaker_id"}, "only what people may edit"
        with self._write() as connection:
            meeting = self._touched(connection, meeting_id)
            segment = _row(connection, Segment, meeting_id, segment_id)
            if segment.unclear and says_unclear(columns.get("text", "")):
                del columns["text"]
            if columns.get("speaker_id") is not None:
                speaker = _row(connection, Speaker, meeting_id, columns["speaker_id"])
                if speaker.revision != segment.revision:
                    raise NotFound("no such speaker in this transcript")
            changes = any(columns[name] != getattr(segment, name) for name in columns)
            values = {**columns, "edited": True} if changes else {}
            if changes and "text" in columns:
                values["unclear"] = False
            _changed(connection, Segment, segment_id, version, values)
            if changes:
                line = columns.get("text", segment.text)
                _age(connection, meeting_id, {segment_id}, lambda item: rechecked(item.evidence, segment_id, line))
            return meeting, _row(connection, Segment, meeting_id, segment_id)

    def rename_speaker(
        self, meeting_id: str, speaker_id: str, version: int | None, name: str | None
    ) -> tuple[Meeting, Speaker]:
        """Give a speaker a person's name; None: only the recogniser's label again. Owners so named follow; where
        another speaker is called the same, only those of items that rest on this one's lines.
        """
        with self._write() as connection:
            meeting = self._touched(connection, meeting_id)
            speaker = _row(connection, Speaker, meeting_id, speaker_id)
            _changed(connection, Speaker, speaker_id, version, {"name": name})
            if name != speaker.name:
                spoken = select(col(Segment.id)).where(col(Segment.speaker_id) == speaker_id)
                lines = set(connection.execute(spoken).scalars())
                _rename_owners(connection, meeting_id, speaker, name or speaker.label, lines)
                _age(connection, meeting_id, lines)
            return meeting, _row(connection, Speaker, meeting_id, speaker_id)

    def _touched(self, connection: Connection, meeting_id: str) -> Meeting:
        """The meeting with its next version; first, so that one meeting's edits wait for each other."""
        changed = self._changed(connection, [col(Meeting.id) == meeting_id, col(Meeting.deleted_at).is_(None)])
        if changed is None:
            raise NotFound(f"no meeting {meeting_id[:36]}")
        return changed


def _age(
    connection: Connection,
    meeting_id: str,
    segment_ids: set[str],
    evidence: Callable[[SummaryItem], list[Proof]] | None = None,
) -> None:
    """Items that rest on these segments are stale from now on; `evidence` makes their evidence anew."""
    for item in _items(connection, meeting_id):
        if any(proof.get("segment_id") in segment_ids for proof in item.evidence):
            values: dict[str, Any] = {"stale": True}
            if evidence is not None:
                values["evidence"] = evidence(item)
            _changed(connection, SummaryItem, item.id, None, values)


def _rename_owners(connection: Connection, meeting_id: str, speaker: Speaker, new: str, lines: set[str]) -> None:
    """Of all summaries; `lines` are ids of those that the speaker spoke."""
    old = speaker.name or speaker.label
    called_the_same = select(col(Speaker.id)).where(
        col(Speaker.meeting_id) == meeting_id,
        col(Speaker.revision) == speaker.revision,
        col(Speaker.id) != speaker.id,
        sql.coalesce(col(Speaker.name), col(Speaker.label)) == old,
    )
    ambiguous = connection.execute(called_the_same).first() is not None
    for item in _items(connection, meeting_id, col(SummaryItem.owner) == old):
        if not ambiguous or any(proof["segment_id"] in lines for proof in item.evidence):
            _changed(connection, SummaryItem, item.id, None, {"owner": new})


def _changed(connection: Connection, table: Any, row_id: str, version: int | None, values: dict[str, Any]) -> None:
    where = [table.id == row_id, *_of_version(table, version)]
    statement = update(table).where(*where).values(version=table.version + 1, **values)
    if not execute(connection, statement).rowcount:
        raise VersionConflict("it was changed meanwhile")


def _of_version(table: Any, version: int | None) -> list[Any]:
    return [] if version is None else [table.version == version]


def _items(connection: Connection, meeting_id: str, *where: Any) -> list[SummaryItem]:
    statement = (
        select(*SummaryItem.__table__.c)  # type: ignore[attr-defined]  # SQLModel hides __table__
        .join(Summary, col(Summary.id) == col(SummaryItem.summary_id))
        .where(col(Summary.meeting_id) == meeting_id, *where)
    )
    return [SummaryItem(**row) for row in connection.execute(statement).mappings()]


def _item_row(connection: Connection, meeting_id: str, item_id: str) -> SummaryItem:
    found = _items(connection, meeting_id, col(SummaryItem.id) == item_id)
    if not found:
        raise NotFound("no such item")
    return found[0]


def _row(connection: Connection, table: Any, meeting_id: str, row_id: str) -> Any:
    statement = select(table).where(table.meeting_id == meeting_id, table.id == row_id)
    row = connection.execute(statement).mappings().first()
    if row is None:
        raise NotFound(f"no such {table.__name__.lower()}")
    return table(**row)


def _cited_lines(connection: Connection, items: Iterable[SummaryItem]) -> dict[str, str]:
    ids = {proof["segment_id"] for item in items for proof in item.evidence if proof.get("was")}
    statement = select(col(Segment.id), col(Segment.text)).where(col(Segment.id).in_(ids))
    return dict(connection.execute(statement).all()) if ids else {}
