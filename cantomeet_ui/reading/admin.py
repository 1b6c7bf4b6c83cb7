"""What the admin page shows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import redis

from cantomeet.checking import CHECKED, loads, remembered_as
from cantomeet.errors import ErrorCode, InvalidRequest
from cantomeet.lifecycle import ACTIVE, MeetingStatus
from cantomeet.listing import (
    MAX_LIMIT,
    MeetingFilter,
    count_by_error_code,
    count_by_status,
    list_meetings,
    parse_filter,
)
from cantomeet.models import Meeting
from cantomeet.store import MeetingStore
from cantomeet_ui.i18n import text
from cantomeet_ui.views.admin import Cause, Step, cause_key, causes, code_of, is_stuck, steps, stuck_rows
from cantomeet_ui.views.admin_filters import AdminChip, code_chips, status_chips
from cantomeet_ui.views.engine import Engine, Seen, engine
from cantomeet_ui.views.rows import MeetingRow, plain_row
from worker.queue import JobQueue

MOST_LOOKED_AT = 1000
"""Failed, and active, meetings that one look at the page reads."""
PAGE = 25


@dataclass(frozen=True)
class ShownAdmin:
    stamp: Any
    causes: list[Cause]
    stuck: list[MeetingRow]
    found: Found


@dataclass(frozen=True)
class Found:
    """What the filters of the address find."""

    rows: list[MeetingRow]
    count: int
    more: bool
    statuses: list[AdminChip]
    codes: list[AdminChip]
    notice: str


def read_admin(store: MeetingStore, query: Mapping[str, str], pages: int, language: str) -> ShownAdmin:
    """What needs a person, and what the filters find."""
    stamp, now = store.stamp(), store.now()
    failed = list(_meetings(store, MeetingFilter(statuses=frozenset({MeetingStatus.FAILED}), limit=MAX_LIMIT)))
    return ShownAdmin(
        stamp=stamp,
        causes=causes(failed, now, language),
        stuck=stuck_rows(_that_should_move(store), now, language),
        found=_found(store, query, pages, now, language),
    )


def wanted_of(query: Mapping[str, str]) -> MeetingFilter:
    """The filter that the address asks for. Raises `InvalidRequest`."""
    return parse_filter({**query, "cursor": None, "limit": None, "sort": None}, limit=PAGE)


def _found(store: MeetingStore, query: Mapping[str, str], pages: int, now: datetime, language: str) -> Found:
    try:
        wanted, notice = wanted_of(query), ""
    except InvalidRequest as error:
        query, wanted = {}, MeetingFilter(limit=PAGE)
        notice = text(language, "meetings.bad_filter", field=error.field)
    meetings, more = _pages(store, wanted, pages)
    counts = count_by_status(store, wanted)
    statuses = wanted.statuses or counts.keys()
    return Found(
        rows=[plain_row(meeting, now, language) for meeting in meetings],
        count=sum(counts[status] for status in statuses),
        more=more,
        statuses=status_chips(query, counts, language),
        codes=code_chips(query, count_by_error_code(store, wanted), language),
        notice=notice,
    )


def _pages(store: MeetingStore, wanted: MeetingFilter, pages: int) -> tuple[list[Meeting], bool]:
    found: list[Meeting] = []
    for _ in range(pages):
        page = list_meetings(store, wanted)
        found += [listed.meeting for listed in page.items]
        if page.next_cursor is None:
            return found, False
        wanted = replace(wanted, cursor=page.next_cursor)
    return found, True


def stuck_of(store: MeetingStore) -> list[str]:
    """Ids of the meetings that do not move."""
    now = store.now()
    return [meeting.id for meeting in _that_should_move(store) if is_stuck(meeting, now)]


def _that_should_move(store: MeetingStore) -> Iterable[Meeting]:
    """While the queue is paused none: those that wait for it are not stuck."""
    wanted = MeetingFilter(statuses=ACTIVE, sort="created_at", limit=MAX_LIMIT)
    return () if store.paused() else _meetings(store, wanted)


def read_engine(store: MeetingStore, queue: JobQueue, set_up: tuple[str, ...], language: str) -> Engine:
    """The pause switch, queues, workers and tests; says so where Redis does not answer."""
    try:
        overview = queue.overview()
    except redis.RedisError:
        overview = None
    checks = {name: loads(store.remembered(remembered_as(name))) for name in CHECKED}
    seen = Seen(overview, store.paused_since(), store.oldest_due_seconds(), checks, set_up)
    return engine(seen, store.now(), language)


def read_steps(store: MeetingStore, meeting_id: str, language: str) -> list[Step]:
    return steps(store.attempts(meeting_id), store.now(), language)


def failed_of(store: MeetingStore, key: str) -> list[Meeting]:
    """The meetings that failed for this cause; none for what is no cause of ours."""
    code: ErrorCode | None = code_of(key)
    if code is None:
        return []
    wanted = MeetingFilter(statuses=frozenset({MeetingStatus.FAILED}), error_code=code, limit=MAX_LIMIT)
    return [meeting for meeting in _meetings(store, wanted) if cause_key(meeting) == key]


def _meetings(store: MeetingStore, wanted: MeetingFilter) -> Iterator[Meeting]:
    for _ in range(MOST_LOOKED_AT // MAX_LIMIT):
        page = list_meetings(store, wanted)
        yield from (listed.meeting for listed in page.items)
        if page.next_cursor is None:
            return
        wanted = replace(wanted, cursor=page.next_cursor)
