"""Versions of a meeting's summary, and corrections of their items.

Each item's own `version` guards its edits. The meeting's `version` rises with every edit and its `run` never does, so
no running step is lost.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Unpack

from sqlalchemy import ColumnElement, Connection, bindparam, delete, insert, select
from sqlalchemy import func as sql
from sqlalchemy.orm import aliased
from sqlmodel import col

from cantomeet.corrections import ItemChanges
from cantomeet.errors import NotFound, VersionConflict
from cantomeet.models import Meeting, Segment, Speaker, Summary, SummaryItem, new_id
from cantomeet.quotes import rechecked, requoted
from cantomeet.store import items, meeting_rows, search_rows
from cantomeet.store.connections import Aggregate, execute
from cantomeet.store.dating import move_due_days
from cantomeet.store.rows import all_made, made
from cantomeet.store.types import NewSummary, SummaryWithItems, Transcript
from cantomeet.store.versioned import change, is_row

_WORDS = frozenset({"text", "text_other", "owner", "due_text", "due_date"})


_OTHER = aliased(Summary)
_NEWEST = (
    select(sql.max(col(_OTHER.version))).where(col(_OTHER.meeting_id) == bindparam("meeting_id")).scalar_subquery()
)
_CHOSEN = select(col(Meeting.shown_summary)).where(col(Meeting.id) == bindparam("meeting_id")).scalar_subquery()
# A statement that is made once is looked up in SQLAlchemy's cache in a fraction of the time.
_OF_MEETING = select(Summary, _NEWEST.label("newest")).where(col(Summary.meeting_id) == bindparam("meeting_id"))
_SHOWN = _OF_MEETING.where(col(Summary.version) == sql.coalesce(_CHOSEN, _NEWEST))
_OF_VERSION = _OF_MEETING.where(col(Summary.version) == bindparam("version"))
_ITEMS = (
    select(SummaryItem)
    .where(col(SummaryItem.summary_id) == bindparam("summary_id"))
    .order_by(col(SummaryItem.position))
)


class Summaries(Aggregate):
    """Read, list, choose a version, correct. Every edit raises `NotFound`."""

    def find(self, meeting_id: str, version: int | None = None) -> SummaryWithItems | None:
        """The shown summary (the newest, unless a person chose another), or that of `version`."""
        with self._db.read() as connection:
            if version is None:
                found = connection.execute(_SHOWN, {"meeting_id": meeting_id})
            else:
                found = connection.execute(_OF_VERSION, {"meeting_id": meeting_id, "version": version})
            row = found.first()
            if row is None:
                return None
            summary = made(Summary, tuple(found.keys())[:-1], row[:-1])
            its_items = all_made(SummaryItem, connection.execute(_ITEMS, {"summary_id": summary.id}))
            return SummaryWithItems(summary, its_items, row.newest)

    def versions(self, meeting_id: str) -> list[Summary]:
        """All versions, newest first. The shown one is `meeting.shown_summary`, or the first if that is None."""
        with self._db.read() as connection:
            newest_first = col(Summary.version).desc()
            rows = connection.execute(
                select(Summary).where(col(Summary.meeting_id) == meeting_id).order_by(newest_first)
            )
            return all_made(Summary, rows)

    def show(self, meeting_id: str, version: int) -> Meeting:
        """Choose the shown version; a summary that is written later is shown instead. Raises `NotFound` also for an
        unknown version.
        """
        with self._db.write() as connection:
            meeting = meeting_rows.require(connection, meeting_id)
            row = connection.execute(select(Summary).where(*_is(meeting_id, version))).mappings().first()
            if row is None:
                raise NotFound("no such version of the summary")
            summary = Summary(**row)
            newest = version == _newest_version(connection, meeting_id)
            now = self._db.now(connection)
            changed = meeting_rows.change_one(
                connection,
                now,
                meeting_id,
                shown_summary=None if newest else version,
                summarizer_name=summary.name,
                warnings=_warnings(connection, meeting, summary.warnings),
            )
            search_rows.schedule(connection, now, meeting_id)
            return changed

    def item(self, meeting_id: str, item_id: str) -> SummaryItem:
        """An item of any of the meeting's summaries. Raises `NotFound`."""
        with self._db.read() as connection:
            return items.require(connection, meeting_id, item_id)

    def edit_item(
        self, meeting_id: str, item_id: str, version: int | None, **changes: Unpack[ItemChanges]
    ) -> tuple[Meeting, SummaryItem]:
        """Correct an item; missing fields stay unchanged. Raises `VersionConflict` if `version` is not the stored one
        (None: any).

        New words, or `stale=False`, mean that a person has checked it: the item is no longer stale, and a quote that a
        correction removed from its line becomes the corrected line.
        """
        assert changes.get("stale", False) is False, "only a line or a speaker makes an item stale"
        with self._db.write() as connection:
            now = self._db.now(connection)
            meeting = meeting_rows.touch(connection, now, meeting_id)
            item = items.require(connection, meeting_id, item_id)
            words = {name for name, value in changes.items() if name in _WORDS and value != getattr(item, name)}
            values: dict[str, Any] = {**changes}
            if words:
                values["edited"] = True
            if "text" in words and item.original_text is None:
                values["original_text"] = item.text
            if (words or "stale" in changes) and item.stale:
                evidence = requoted(item.evidence, items.corrected_lines(connection, [item]))
                values |= {"stale": False, "evidence": evidence}
            change(connection, SummaryItem, item_id, version, values)
            if "text" in words:
                search_rows.schedule(connection, now, meeting_id)
            return meeting, items.require(connection, meeting_id, item_id)

    def confirm_items(self, meeting_id: str, summary_version: int) -> Meeting:
        """Confirm that all stale items of this summary still hold."""
        with self._db.write() as connection:
            meeting = meeting_rows.touch(connection, self._db.now(connection), meeting_id)
            of_summary = col(Summary.version) == summary_version
            stale = [item for item in items.find(connection, meeting_id, of_summary) if item.stale]
            lines = items.corrected_lines(connection, stale)
            for item in stale:
                values = {"stale": False, "evidence": requoted(item.evidence, lines)}
                change(connection, SummaryItem, item.id, None, values)
            return meeting

    def delete_item(self, meeting_id: str, item_id: str, version: int | None) -> Meeting:
        """Delete the item from its summary. Raises `VersionConflict` if `version` is not the stored one (None: any)."""
        with self._db.write() as connection:
            now = self._db.now(connection)
            meeting = meeting_rows.touch(connection, now, meeting_id)
            items.require(connection, meeting_id, item_id)
            if not execute(connection, delete(SummaryItem).where(*is_row(SummaryItem, item_id, version))).rowcount:
                raise VersionConflict("the item was changed meanwhile")
            search_rows.schedule(connection, now, meeting_id)
            return meeting


def add_summary(connection: Connection, now: datetime, meeting: Meeting, new: NewSummary) -> list[str]:
    """Add the summary as the newest version. Returns the meeting's warnings from now on."""
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
            created_at=now,
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
        move_due_days(connection, meeting.id, new.meeting_date, meeting.meeting_date, col(Summary.id) == summary_id)
    return warnings


def _aged(item: dict[str, Any], lines: Mapping[str, str]) -> dict[str, Any]:
    """The columns of an item if `lines` (texts by segment id) were changed since it was written."""
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
    """The names that only one speaker had in `read` and that were changed since, each with the new name."""
    now = select(col(Speaker.id), col(Speaker.label), col(Speaker.name)).where(col(Speaker.meeting_id) == meeting_id)
    called = {row.id: row.name or row.label for row in connection.execute(now)}
    before = {speaker.id: speaker.name or speaker.label for speaker in read.speakers.values()}
    alone = Counter(before.values())
    return {
        name: called[key] for key, name in before.items() if alone[name] == 1 and key in called and called[key] != name
    }


def _is(meeting_id: str, version: int) -> tuple[ColumnElement[bool], ...]:
    return col(Summary.meeting_id) == meeting_id, col(Summary.version) == version


def _newest_version(connection: Connection, meeting_id: str) -> int:
    newest = select(sql.coalesce(sql.max(col(Summary.version)), 0)).where(col(Summary.meeting_id) == meeting_id)
    return int(connection.execute(newest).scalar_one())


def _warnings(connection: Connection, meeting: Meeting, own: Sequence[str]) -> list[str]:
    """The meeting's warnings, with those of the summary to be shown instead of any other summary's."""
    rows = connection.execute(select(col(Summary.warnings)).where(col(Summary.meeting_id) == meeting.id)).scalars()
    of_summaries = {warning for warnings in rows for warning in warnings}
    others = [warning for warning in meeting.warnings if warning not in of_summaries]
    return list(dict.fromkeys([*others, *own]))
