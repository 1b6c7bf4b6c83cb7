"""What the admin page shows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import redis

from cantomeet.errors import ErrorCode
from cantomeet.lifecycle import ACTIVE, MeetingStatus
from cantomeet.listing import MAX_LIMIT, MeetingFilter, list_meetings
from cantomeet.models import Meeting
from cantomeet.store import MeetingStore
from cantomeet_ui.views.admin import Cause, Engine, Step, cause_key, causes, code_of, engine, steps, stuck_rows
from cantomeet_ui.views.rows import MeetingRow, plain_row
from worker.queue import JobQueue

MOST_LOOKED_AT = 1000
"""Failed, and active, meetings that one look at the page reads."""
HISTORY = 20


@dataclass(frozen=True)
class ShownAdmin:
    stamp: Any
    causes: list[Cause]
    stuck: list[MeetingRow]
    history: list[MeetingRow]


def read_admin(store: MeetingStore, language: str) -> ShownAdmin:
    """What needs a person, and what happened last."""
    stamp, now = store.stamp(), store.now()
    failed = list(_meetings(store, MeetingFilter(statuses=frozenset({MeetingStatus.FAILED}), limit=MAX_LIMIT)))
    active = _meetings(store, MeetingFilter(statuses=ACTIVE, sort="created_at", limit=MAX_LIMIT))
    latest = list_meetings(store, MeetingFilter(limit=HISTORY)).items
    return ShownAdmin(
        stamp=stamp,
        causes=causes(failed, now, language),
        stuck=stuck_rows(active, now, language),
        history=[plain_row(listed.meeting, now, language) for listed in latest],
    )


def read_engine(store: MeetingStore, queue: JobQueue, language: str) -> Engine:
    """Queues and workers; says so where Redis does not answer."""
    now = store.now()
    try:
        return engine(queue.overview(), now, language)
    except redis.RedisError:
        return engine(None, now, language)


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
