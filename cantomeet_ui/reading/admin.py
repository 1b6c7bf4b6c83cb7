"""What the admin page shows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import redis

from cantomeet.checking import CHECKED, loads, remembered_as
from cantomeet.errors import InvalidRequest
from cantomeet.i18n import counted, text
from cantomeet.listing import (
    MeetingFilter,
    count_by_cause,
    count_by_error_code,
    count_by_status,
    fitting_ids,
    list_meetings,
    parse_filter,
)
from cantomeet.models import Meeting
from cantomeet.queue import JobQueue
from cantomeet.store import MeetingStore
from cantomeet_ui.presenters.admin import (
    SHOWN_OF_A_CAUSE,
    CauseRow,
    Failures,
    Step,
    cause_of,
    causes,
    steps,
    stuck_rows,
)
from cantomeet_ui.presenters.admin_filters import AdminChip, code_chips, status_chips
from cantomeet_ui.presenters.engine import Engine, EngineSnapshot, engine
from cantomeet_ui.presenters.rows import MeetingRow, plain_row

PAGE = 25
STUCK = MeetingFilter(stuck_for=timedelta(minutes=20), sort="created_at", limit=PAGE)
"""The meetings that do not move."""


@dataclass(frozen=True)
class ShownAdmin:
    stamp: Any
    causes: list[CauseRow]
    stuck: list[MeetingRow]
    more_stuck: str
    """How many there are besides; empty for none."""
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


def read_admin(
    store: MeetingStore, query: Mapping[str, str], pages: int, next_transcriber: str, language: str
) -> ShownAdmin:
    """What needs a person, and what the filters find; `next_transcriber` is the one that new work gets."""
    stamp, now = store.stamp(), store.now()
    stuck = [listed.meeting for listed in list_meetings(store, STUCK).items]
    hidden = sum(count_by_status(store, STUCK).values()) - len(stuck) if len(stuck) == PAGE else 0
    return ShownAdmin(
        stamp=stamp,
        causes=causes(_failures(store), now, language),
        stuck=stuck_rows(stuck, now, language),
        more_stuck=counted(language, "admin.and_more", hidden) if hidden > 0 else "",
        found=_found(store, query, pages, next_transcriber, now, language),
    )


def wanted_of(query: Mapping[str, str], next_transcriber: str) -> MeetingFilter:
    """The filter that the address asks for. Raises `InvalidRequest`."""
    given = {**query, "cursor": None, "limit": None, "sort": None}
    return parse_filter(given, limit=PAGE, next_transcriber=next_transcriber)


def still_fitting(
    store: MeetingStore, query: Mapping[str, str], next_transcriber: str, ids: Sequence[str]
) -> list[str]:
    """Those of these meetings that the page's list still has, on whichever of its pages."""
    if not ids:
        return []
    try:
        wanted = wanted_of(query, next_transcriber)
    except InvalidRequest:
        wanted = MeetingFilter()  # as the list is shown then
    fitting = fitting_ids(store, wanted, ids)
    return [meeting_id for meeting_id in ids if meeting_id in fitting]


def _found(
    store: MeetingStore, query: Mapping[str, str], pages: int, next_transcriber: str, now: datetime, language: str
) -> Found:
    try:
        wanted, notice = wanted_of(query, next_transcriber), ""
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


def read_engine(store: MeetingStore, queue: JobQueue, set_up: tuple[str, ...], language: str) -> Engine:
    """The pause switch, queues, workers and tests; says so where Redis does not answer."""
    try:
        overview = queue.overview()
    except redis.RedisError:
        overview = None
    checks = {name: loads(store.remembered(remembered_as(name))) for name in CHECKED}
    seen = EngineSnapshot(overview, store.paused_since(), store.oldest_due_seconds(), checks, set_up)
    return engine(seen, store.now(), language)


def read_steps(store: MeetingStore, meeting_id: str, language: str) -> list[Step]:
    """Its timeline; empty where the meeting is gone."""
    for meeting in store.get_some([meeting_id]):
        return steps(meeting, store.attempts(meeting_id), store.now(), language, paused=store.paused())
    return []


def failed_for(key: str) -> MeetingFilter:
    """All meetings that failed for this cause; finds none for what is no cause. Raises `InvalidRequest`."""
    return MeetingFilter(cause=cause_of(key))


def _failures(store: MeetingStore) -> Iterator[Failures]:
    for cause, count in count_by_cause(store).items():
        newest = list_meetings(store, MeetingFilter(cause=cause, limit=SHOWN_OF_A_CAUSE)).items
        if newest:  # not retried since they were counted
            yield Failures(cause, count, [listed.meeting for listed in newest])
