"""Action items across meetings, from each meeting's shown summary only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal, get_args

from sqlalchemy import ColumnElement, Row, select
from sqlalchemy import func as sql
from sqlmodel import col

from cantomeet.dates import HONG_KONG
from cantomeet.errors import InvalidRequest
from cantomeet.models import Meeting, Summary, SummaryItem
from cantomeet.sections import in_reading_order
from cantomeet.store import Store
from cantomeet.store.rows import made

Due = Literal["", "overdue", "week", "none"]
Done = Literal["open", "done", "all"]
NOBODY = "-"
"""The value of `owner` that finds items without a known owner."""
MOST = 1000
"""The most items in one answer."""
LONGEST_OWNER = 80
_WEEK = timedelta(days=7)
_ITEMS = SummaryItem.__table__.c  # type: ignore[attr-defined]  # SQLModel hides __table__
_OF_ITEM = tuple(column.name for column in _ITEMS)
_ABOUT = (
    col(Meeting.id),
    col(Meeting.title),
    col(Meeting.meeting_date),
    col(Meeting.created_at),
    col(Summary.language),
)
"""The further columns of `FoundAction`, in its order."""


@dataclass(frozen=True)
class ActionFilter:
    """Which action items to find. Raises `InvalidRequest` that names a wrong parameter."""

    owner: str = ""
    """Items of exactly this owner; empty for all, `NOBODY` for items without a known owner."""
    due: Due = ""
    """"overdue" is before today, "week" is today and the seven days after, "none" is without a day; empty is all.

    Days are Hong Kong's.
    """
    done: Done = "open"
    owner_id: str | None = None
    """The owner of the meetings; None is the local owner."""

    def __post_init__(self) -> None:
        if len(self.owner) > LONGEST_OWNER or not self.owner.isprintable():
            raise InvalidRequest(f"at most {LONGEST_OWNER} characters", field="owner")
        if self.due not in get_args(Due):
            raise InvalidRequest("one of overdue, week, none", field="due")
        if self.done not in get_args(Done):
            raise InvalidRequest("one of open, done, all", field="done")


@dataclass(frozen=True)
class FoundAction:
    item: SummaryItem
    meeting_id: str
    meeting_title: str
    meeting_date: date | None
    meeting_created_at: datetime
    written_in: str
    """The language of the summary; in a bilingual one the first is the language of `item.text`."""

    def text_in(self, language: str) -> tuple[str, str]:
        """The item's text in the reader's language, then in the other one; the second is empty in one language."""
        return in_reading_order(self.item, self.written_in, language)


def parse_action_filter(params: Mapping[str, str | None]) -> ActionFilter:
    """The filter in the query parameters `owner`, `due` and `done`; an empty parameter counts as missing.

    Raises `InvalidRequest`.
    """
    given = {
        name: value.strip()
        for name in ("owner", "due", "done")
        if (value := params.get(name)) is not None and value.strip()
    }
    return ActionFilter(**given)  # type: ignore[arg-type]  # the filter itself looks


def today(now: datetime) -> date:
    """The day in Hong Kong."""
    return now.astimezone(HONG_KONG).date()


def list_actions(store: Store, wanted: ActionFilter, day: date) -> list[FoundAction]:
    """The items, earliest due first; items without a day come last.

    Returns at most `MOST` + 1 items, so that the caller sees whether there are more. `day` is today.
    """
    no_day = col(SummaryItem.due_date).is_(None)
    order = (no_day, col(SummaryItem.due_date), col(Meeting.created_at).desc(), col(SummaryItem.position))
    statement = _shown_items(wanted).where(*_where(wanted, day)).order_by(*order).limit(MOST + 1)
    with store.connection() as connection:
        return [_found(row) for row in connection.execute(statement)]


def owners(store: Store, wanted: ActionFilter, day: date) -> list[str]:
    """The owners of the items that the filter finds, ignoring its `owner`; "" stands for items without an owner."""
    every = ActionFilter(due=wanted.due, done=wanted.done, owner_id=wanted.owner_id)
    statement = _shown_items(every).where(*_where(every, day)).with_only_columns(col(SummaryItem.owner)).distinct()
    with store.connection() as connection:
        return sorted(owner or "" for owner in connection.execute(statement).scalars())


def _shown_items(wanted: ActionFilter) -> Any:
    newest = (
        select(sql.max(col(Summary.version)))
        .where(col(Summary.meeting_id) == col(Meeting.id))
        .correlate(Meeting)
        .scalar_subquery()
    )
    whose = col(Meeting.owner_id)
    return (
        select(
            *_ITEMS,
            *_ABOUT,
        )
        .join(Summary, col(Summary.id) == col(SummaryItem.summary_id))
        .join(Meeting, col(Meeting.id) == col(Summary.meeting_id))
        .where(
            col(SummaryItem.kind) == "action_item",
            col(Meeting.deleted_at).is_(None),
            whose.is_(None) if wanted.owner_id is None else whose == wanted.owner_id,
            col(Summary.version) == sql.coalesce(col(Meeting.shown_summary), newest),
        )
    )


def _where(wanted: ActionFilter, day: date) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = []
    if wanted.done != "all":
        where.append(col(SummaryItem.done).is_(wanted.done == "done"))
    if wanted.owner:
        nobody = wanted.owner == NOBODY
        where.append(col(SummaryItem.owner).is_(None) if nobody else col(SummaryItem.owner) == wanted.owner)
    due = col(SummaryItem.due_date)
    if wanted.due == "overdue":
        where.append(due < day)
    elif wanted.due == "week":
        where.append(due.between(day, day + _WEEK))
    elif wanted.due == "none":
        where.append(due.is_(None))
    return where


def _found(row: Row[Any]) -> FoundAction:
    return FoundAction(made(SummaryItem, _OF_ITEM, row[: -len(_ABOUT)]), *row[-len(_ABOUT) :])
