"""Items of summaries, within a transaction of the caller."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

from sqlalchemy import ColumnElement, Connection, select
from sqlalchemy import func as sql
from sqlmodel import col

from cantomeet.errors import NotFound
from cantomeet.models import Segment, Speaker, Summary, SummaryItem
from cantomeet.store.rows import all_made
from cantomeet.store.versioned import change
from cantomeet.stored_json import Proof


def find(connection: Connection, meeting_id: str, *where: ColumnElement[bool]) -> list[SummaryItem]:
    """Items of all of the meeting's summaries."""
    statement = (
        select(*SummaryItem.__table__.c)  # type: ignore[attr-defined]  # SQLModel hides __table__
        .join(Summary, col(Summary.id) == col(SummaryItem.summary_id))
        .where(col(Summary.meeting_id) == meeting_id, *where)
    )
    return all_made(SummaryItem, connection.execute(statement))


def require(connection: Connection, meeting_id: str, item_id: str) -> SummaryItem:
    """An item of any of the meeting's summaries. Raises `NotFound`."""
    found = find(connection, meeting_id, col(SummaryItem.id) == item_id)
    if not found:
        raise NotFound("no such item")
    return found[0]


def corrected_lines(connection: Connection, items: Iterable[SummaryItem]) -> dict[str, str]:
    """Texts by segment id of the cited lines whose quotes a correction removed."""
    ids = {proof["segment_id"] for item in items for proof in item.evidence if proof.get("was")}
    statement = select(col(Segment.id), col(Segment.text)).where(col(Segment.id).in_(ids))
    return dict(connection.execute(statement).all()) if ids else {}


def age(
    connection: Connection,
    meeting_id: str,
    segment_ids: Collection[str],
    evidence: Callable[[SummaryItem], list[Proof]] = lambda item: item.evidence,
) -> None:
    """Items that cite one of these segments become stale, with the evidence that `evidence` returns for them."""
    for item in find(connection, meeting_id):
        if any(proof.get("segment_id") in segment_ids for proof in item.evidence):
            change(connection, SummaryItem, item.id, None, {"stale": True, "evidence": evidence(item)})


def rename_owners(connection: Connection, meeting_id: str, speaker: Speaker, new: str, lines: Collection[str]) -> None:
    """Items that the speaker owns get the `new` name; `lines` are ids of the segments that the speaker spoke.

    Where another speaker has the same name, only items that cite one of `lines` are changed.
    """
    old = speaker.name or speaker.label
    called_the_same = select(col(Speaker.id)).where(
        col(Speaker.meeting_id) == meeting_id,
        col(Speaker.revision) == speaker.revision,
        col(Speaker.id) != speaker.id,
        sql.coalesce(col(Speaker.name), col(Speaker.label)) == old,
    )
    ambiguous = connection.execute(called_the_same).first() is not None
    for item in find(connection, meeting_id, col(SummaryItem.owner) == old):
        if not ambiguous or any(proof["segment_id"] in lines for proof in item.evidence):
            change(connection, SummaryItem, item.id, None, {"owner": new})
