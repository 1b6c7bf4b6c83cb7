"""The list in SQL: the ids of a page, its meetings, their open action items, and the matching lines."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import astuple, dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Connection, Label, and_, bindparam, exists, false, or_, select
from sqlalchemy import func as sql
from sqlmodel import col

from cantomeet.cantonese import search_query
from cantomeet.dates import HONG_KONG
from cantomeet.errors import ErrorCode
from cantomeet.jobs import JobKind, JobState
from cantomeet.lifecycle import ACTIVE, MeetingStatus
from cantomeet.listing import indexed
from cantomeet.listing.excerpts import Marks, excerpt
from cantomeet.listing.filters import FailureCause, MeetingFilter
from cantomeet.listing.order import Key, Order
from cantomeet.models import Job, Meeting, SearchedMeeting, Segment, Summary, SummaryItem
from cantomeet.store import Store, leases

_IDS: BindParameter[Sequence[str]] = bindparam("ids", expanding=True)
_NEWEST = (
    select(col(Summary.meeting_id), sql.max(col(Summary.version)).label("version"))
    .where(col(Summary.meeting_id).in_(_IDS))
    .group_by(col(Summary.meeting_id))
    .subquery()
)
# A statement that is made once is looked up in SQLAlchemy's cache in a fraction of the time.
_SOME = leases.meetings().where(col(Meeting.id).in_(_IDS))
_OPEN_ACTIONS = (
    select(col(Summary.meeting_id), sql.count())
    .join(Meeting, col(Meeting.id) == col(Summary.meeting_id))
    .join(_NEWEST, _NEWEST.c.meeting_id == col(Summary.meeting_id))
    .join(SummaryItem, col(SummaryItem.summary_id) == col(Summary.id))
    .where(
        col(Summary.version) == sql.coalesce(col(Meeting.shown_summary), _NEWEST.c.version),
        col(SummaryItem.kind) == "action_item",
        col(SummaryItem.done).is_(False),
    )
    .group_by(col(Summary.meeting_id))
)


@dataclass(frozen=True)
class Match:
    """The first transcript line that contains `q`. `start` is in seconds."""

    segment_id: str
    start: float
    text: str
    """The part of the line around what was found."""
    marks: Marks
    """Where in `text` it was found."""


@dataclass(frozen=True)
class ListedMeeting:
    meeting: Meeting
    open_actions: int
    """Action items of the shown summary that are not done."""
    match: Match | None
    """None without `q`, or if only the title or description contains it."""


@dataclass(frozen=True)
class ListedMeetings:
    items: list[ListedMeeting]
    next_cursor: str | None
    """None on the last page."""


def list_meetings(store: Store, wanted: MeetingFilter, pages: int = 1) -> ListedMeetings:
    """The first `pages` pages as one. Raises `InvalidRequest` (`cursor`) for a cursor of another sort."""
    with store.connection() as connection:
        order = Order(wanted.sort, connection.dialect.name)
        where = conditions(store, wanted)
        if wanted.cursor is not None:
            where.append(order.after(wanted.cursor))
        most = wanted.limit * pages
        listed = select(col(Meeting.id), order.key).where(*where).order_by(*order.columns()).limit(most + 1)
        keys: dict[str, Key | None] = dict(connection.execute(listed).all())
        ids = list(keys)[:most]
        # Only now: to sort rows that are whole and have their jobs beside them would take twice the time.
        meetings = {meeting.id: meeting for meeting in map(leases.meeting_of, connection.execute(_SOME, {"ids": ids}))}
        actions = _open_actions(connection, ids)
        matches = _matches(store, connection, ids, wanted.q) if wanted.q else {}
    return ListedMeetings(
        # Outside of a snapshot one may have gone since.
        [ListedMeeting(meetings[i], actions.get(i, 0), matches.get(i)) for i in ids if i in meetings],
        order.cursor(keys[ids[-1]], ids[-1]) if len(keys) > most else None,
    )


def count_by_status(store: Store, wanted: MeetingFilter) -> dict[MeetingStatus, int]:
    """The number of matching meetings by status. The filter's own `statuses`, sort and paging are ignored."""
    statement = select(col(Meeting.status), sql.count()).where(*_where(wanted, store)).group_by(col(Meeting.status))
    with store.connection() as connection:
        found = {MeetingStatus(status): count for status, count in connection.execute(statement)}
    return {status: found.get(status, 0) for status in MeetingStatus}


def count_by_error_code(store: Store, wanted: MeetingFilter) -> dict[str, int]:
    """The number of matching failed meetings by error code, the most frequent first.

    The filter's own `error_code`, `statuses`, sort and paging are ignored.
    """
    where = [*_where(replace(wanted, error_code=None), store), col(Meeting.status) == MeetingStatus.FAILED]
    statement = (
        select(_code().label("code"), sql.count()).where(*where).group_by("code").order_by(sql.count().desc(), "code")
    )
    with store.connection() as connection:
        return dict(connection.execute(statement).all())


def count_by_cause(store: Store, owner_id: str | None = None) -> dict[FailureCause, int]:
    """The number of an owner's failed meetings by cause, the most frequent first."""
    parts = _cause_columns()
    where = _failed(store, owner_id)
    statement = select(*parts, sql.count()).where(*where).group_by(*(part.name for part in parts))
    with store.connection() as connection:
        found = [(FailureCause(*cause), count) for *cause, count in connection.execute(statement)]
    return dict(sorted(found, key=lambda of: (-of[1], astuple(of[0]))))


def newest_by_cause(store: Store, most: int, owner_id: str | None = None) -> dict[FailureCause, list[Meeting]]:
    """The newest of an owner's failed meetings by cause, at most `most` for each cause."""
    parts = _cause_columns()
    newest_first = (col(Meeting.created_at).desc(), col(Meeting.id).desc())
    place = sql.row_number().over(partition_by=[part.element for part in parts], order_by=newest_first)
    ranked = select(col(Meeting.id).label("its_id"), *parts, place.label("place")).where(*_failed(store, owner_id))
    among = ranked.subquery()
    causes = [among.c[part.name] for part in parts]
    statement = leases.meetings().add_columns(*causes).join(among, among.c.its_id == col(Meeting.id))
    found: dict[FailureCause, list[Meeting]] = {}
    with store.connection() as connection:
        for row in connection.execute(statement.where(among.c.place <= most).order_by(*newest_first)):
            found.setdefault(FailureCause(*row[-len(causes) :]), []).append(leases.meeting_of(row))
    return found


def matching_ids(store: Store, wanted: MeetingFilter, ids: Sequence[str]) -> set[str]:
    """Those of `ids` that match the filter. Its sort and paging are ignored."""
    where = [col(Meeting.id).in_(ids), *conditions(store, wanted)]
    with store.connection() as connection:
        return set(connection.execute(select(col(Meeting.id)).where(*where)).scalars())


def find_meetings(store: Store, wanted: MeetingFilter, most: int) -> tuple[list[Meeting], int]:
    """The oldest matching meetings, at most `most`, and the number of all matches.

    The filter's sort and paging are ignored.
    """
    where = conditions(store, wanted)
    with store.connection() as connection:
        fitting = connection.execute(select(sql.count()).select_from(Meeting).where(*where)).scalar_one()
        order = (col(Meeting.created_at), col(Meeting.id))
        rows = connection.execute(leases.meetings().where(*where).order_by(*order).limit(most))
        return [leases.meeting_of(row) for row in rows], fitting


def conditions(store: Store, wanted: MeetingFilter) -> list[ColumnElement[bool]]:
    """The WHERE of a statement over meetings. The filter's sort and paging are ignored."""
    return [*_where(wanted, store), *_has_status(wanted)]


def _where(wanted: MeetingFilter, store: Store) -> list[ColumnElement[bool]]:
    owner = col(Meeting.owner_id)
    where = [
        col(Meeting.deleted_at).is_(None),
        owner.is_(None) if wanted.owner_id is None else owner == wanted.owner_id,
    ]
    if wanted.date_from is not None:
        where.append(_is_dated(wanted.date_from, lambda when, limit: when >= limit))
    if wanted.date_to is not None:
        where.append(_is_dated(wanted.date_to + timedelta(days=1), lambda when, limit: when < limit))
    if wanted.error_code is not None:
        where.append(col(Meeting.error_code) == wanted.error_code.value)
    if wanted.cause is not None:
        where.extend(_has_cause(wanted.cause))
    if wanted.stuck_for is not None:
        where.extend([false()] if store.switches.paused() else _stuck(wanted.stuck_for, store.now()))
    if wanted.waiting_for is not None:
        where.append(leases.is_waiting_for_names())
    if wanted.transcriber is not None:
        undecided = [""] if wanted.transcriber == wanted.next_transcriber else []
        where.append(col(Meeting.transcriber).in_([wanted.transcriber, *undecided]))
    if wanted.older_than is not None:
        where.append(col(Meeting.created_at) <= store.now() - wanted.older_than)
    if wanted.q:
        where.append(_has_text(store, wanted.q))
    return where


def _failed(store: Store, owner_id: str | None) -> list[ColumnElement[bool]]:
    return [*_where(MeetingFilter(owner_id=owner_id), store), col(Meeting.status) == MeetingStatus.FAILED]


def _has_status(wanted: MeetingFilter) -> list[ColumnElement[bool]]:
    return [col(Meeting.status).in_([status.value for status in wanted.statuses])] if wanted.statuses else []


def _has_cause(cause: FailureCause) -> list[ColumnElement[bool]]:
    same = [part == wanted for part, wanted in zip(_cause_columns(), astuple(cause), strict=True)]
    return [col(Meeting.status) == MeetingStatus.FAILED, *same]


def _cause_columns() -> list[Label[Any]]:
    """The columns of `FailureCause`, in its order.

    Their labels differ from the table's columns, because PostgreSQL would group by those instead.
    """
    params = col(Meeting.error_params)
    return [
        _code().label("its_code"),
        sql.coalesce(params["provider"].as_string(), "").label("its_provider"),
        sql.coalesce(params["setting"].as_string(), "").label("its_setting"),
        sql.coalesce(params["sent"].as_boolean(), False).label("its_sent"),
    ]


def _code() -> ColumnElement[str]:
    return sql.coalesce(col(Meeting.error_code), ErrorCode.INTERNAL.value)


def _stuck(as_long: timedelta, now: datetime) -> list[ColumnElement[bool]]:
    waits = or_(col(Job.due_at).is_(None), col(Job.due_at) < now - as_long)
    return [
        col(Meeting.status).in_(list(ACTIVE)),
        leases.meetings_job(col(Job.state) != JobState.WAITING_FOR_NAMES, leases.is_free(now), waits),
        col(Meeting.updated_at) < now - as_long,
    ]


def _is_dated(day: date, compare: Callable[[Any, Any], Any]) -> ColumnElement[bool]:
    midnight = datetime.combine(day, time(), HONG_KONG).astimezone(UTC)
    return or_(
        compare(col(Meeting.meeting_date), day),
        and_(col(Meeting.meeting_date).is_(None), compare(col(Meeting.created_at), midnight)),
    )


def _has_text(store: Store, q: str) -> ColumnElement[bool]:
    """By the search index. Meetings that wait to be taken into it are read instead, as it was done before the index."""
    asked = search_query(q)
    if asked.empty:
        return false()
    with store.connection() as connection:
        numbers = indexed.meeting_numbers(connection.dialect.name, asked)
    found = select(col(SearchedMeeting.meeting_id)).where(col(SearchedMeeting.number).in_(numbers))
    in_index = col(Meeting.id).in_(found)
    if store.search.is_complete():
        return in_index
    waits = exists().where(
        col(Job.kind) == JobKind.INDEX, col(Job.subject) == col(Meeting.id), col(Job.due_at).is_not(None)
    )
    in_transcript = exists().where(
        col(Segment.meeting_id) == col(Meeting.id),
        col(Segment.revision) == col(Meeting.shown_revision),
        _contains(Segment.text, q),
    )
    in_texts = or_(_contains(Meeting.title, q), _contains(Meeting.description, q), in_transcript)
    return or_(in_index, and_(waits.correlate(Meeting), in_texts))


def _contains(column: str, q: str) -> ColumnElement[bool]:
    return col(column).icontains(q, autoescape=True)


def _open_actions(connection: Connection, ids: Sequence[str]) -> dict[str, int]:
    return dict(connection.execute(_OPEN_ACTIONS, {"ids": ids}).all())


def _matches(store: Store, connection: Connection, ids: Sequence[str], q: str) -> dict[str, Match]:
    """The first matching line by meeting, where one matches."""
    asked = search_query(q)
    rows = connection.execute(indexed.first_lines(connection.dialect.name, asked, ids)).all() if ids else []
    others = [] if len(rows) == len(ids) or store.search.is_complete() else set(ids) - {row[0] for row in rows}
    rows = [*rows, *(_read_matches(connection, others, q) if others else ())]
    # Without a mark: the line was changed, and the index does not know yet.
    return {
        meeting_id: Match(segment_id, start, *excerpt(text, marks))
        for meeting_id, segment_id, start, text in rows
        if (marks := asked.marks(text))
    }


def _read_matches(connection: Connection, ids: Collection[str], q: str) -> Sequence[Any]:
    """The same without the index."""
    first = (
        select(col(Segment.meeting_id), col(Segment.revision), sql.min(col(Segment.position)).label("position"))
        .join(Meeting, col(Meeting.id) == col(Segment.meeting_id))
        .where(
            col(Segment.meeting_id).in_(ids),
            col(Segment.revision) == col(Meeting.shown_revision),
            _contains(Segment.text, q),
        )
        .group_by(col(Segment.meeting_id), col(Segment.revision))
        .subquery()
    )
    statement = select(col(Segment.meeting_id), col(Segment.id), col(Segment.start), col(Segment.text)).join(
        first,
        and_(
            first.c.meeting_id == col(Segment.meeting_id),
            first.c.revision == col(Segment.revision),
            first.c.position == col(Segment.position),
        ),
    )
    return connection.execute(statement).all()
