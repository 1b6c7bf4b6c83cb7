"""Queries of the admin page: failures by cause, stuck meetings, queues, workers, provider checks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import redis
from sqlalchemy import select
from sqlmodel import col

from cantomeet.access import Action, Actor, may
from cantomeet.checking import CHECKED, Check, loads, remembered_as
from cantomeet.lifecycle import MeetingStatus
from cantomeet.listing import (
    FailureCause,
    MeetingFilter,
    count_by_cause,
    count_by_error_code,
    count_by_status,
    list_meetings,
    matching_ids,
    newest_by_cause,
)
from cantomeet.models import KeyValue, Meeting
from cantomeet.queries.meetings import Timeline, timeline_in
from cantomeet.queries.snapshots import snapshot
from cantomeet.queries.stamps import Stamp
from cantomeet.queue import QueueOverview
from cantomeet.service import Services
from cantomeet.store import Transaction

PAGE = 25
STUCK = MeetingFilter(stuck_for=timedelta(minutes=20), sort="created_at", limit=PAGE)
"""The filter of stuck meetings."""
SHOWN_OF_A_CAUSE = 5


@dataclass(frozen=True)
class Failures:
    """A cause, and the meetings that failed for it."""

    cause: FailureCause
    count: int
    newest: Sequence[Meeting]
    """At most `SHOWN_OF_A_CAUSE`, at least one."""


@dataclass(frozen=True)
class FoundMeetings:
    """The meetings that match a filter."""

    meetings: Sequence[Meeting]
    fitting: int
    """The number of matches on all pages."""
    more: bool
    counts: Mapping[MeetingStatus, int]
    """The number of matches by status. The filter's own statuses are ignored."""
    codes: Mapping[str, int]
    """The number of matches by error code."""


@dataclass(frozen=True)
class AdminPage:
    stamp: Stamp
    now: datetime
    failures: Sequence[Failures]
    """The most frequent cause first."""
    stuck: Sequence[Meeting]
    """At most `PAGE`."""
    stuck_count: int
    found: FoundMeetings
    picked: Sequence[str]
    """Those of the picked meetings that still match the filter, on any page."""
    timeline: Timeline | None
    """The timeline of the opened meeting. None if none is open or it was deleted."""


@dataclass(frozen=True)
class EngineOverview:
    now: datetime
    overview: QueueOverview | None
    """None if Redis does not answer."""
    paused_since: datetime | None
    oldest_due: float
    """How long the longest-waiting meeting has been due, in seconds."""
    checks: Mapping[str, Check | None]
    set_up: tuple[str, ...]


@dataclass(frozen=True)
class Overview:
    counts: Mapping[MeetingStatus, int]
    codes: Mapping[str, int]
    engine: EngineOverview


def admin_page(
    services: Services,
    actor: Actor,
    wanted: MeetingFilter,
    pages: int = 1,
    *,
    picked: Sequence[str] = (),
    opened: str = "",
) -> AdminPage:
    """The admin page, with the first `pages` pages of matching meetings. Raises `NotAllowed`."""
    wanted, stuck = replace(wanted, owner_id=actor.id), replace(STUCK, owner_id=actor.id)
    with snapshot(services, actor, Action.ADMINISTER) as tx:
        page = list_meetings(tx, wanted, pages)
        counts = count_by_status(tx, wanted)
        return AdminPage(
            stamp=tx.stamps.of_all(),
            now=tx.now(),
            failures=_failures(tx, actor),
            stuck=[listed.meeting for listed in list_meetings(tx, stuck).items],
            stuck_count=sum(count_by_status(tx, stuck).values()),
            found=FoundMeetings(
                meetings=[listed.meeting for listed in page.items],
                fitting=sum(counts[status] for status in wanted.statuses or counts),
                more=page.next_cursor is not None,
                counts=counts,
                codes=count_by_error_code(tx, wanted),
            ),
            picked=_still_fitting(tx, wanted, picked),
            timeline=_timeline(tx, actor, opened),
        )


def still_fitting(services: Services, actor: Actor, wanted: MeetingFilter, ids: Sequence[str]) -> list[str]:
    """Those of `ids` that match the filter, on any page. Raises `NotAllowed`."""
    with snapshot(services, actor, Action.ADMINISTER) as tx:
        return _still_fitting(tx, replace(wanted, owner_id=actor.id), ids)


def opened_timeline(services: Services, actor: Actor, meeting_id: str) -> Timeline | None:
    """The timeline of a meeting, or None if it was deleted. Raises `NotAllowed`."""
    with snapshot(services, actor, Action.READ) as tx:
        return _timeline(tx, actor, meeting_id)


def engine_overview(services: Services, actor: Actor) -> EngineOverview:
    """Pause, queues, workers and provider checks. Raises `NotAllowed`."""
    with snapshot(services, actor, Action.ADMINISTER) as tx:
        room = _engine_overview(services, tx)
    return replace(room, overview=_queues(services))


def admin_overview(services: Services, actor: Actor) -> Overview:
    """Counts by status and error code, and the engine overview. Raises `NotAllowed`."""
    everything = MeetingFilter(owner_id=actor.id)
    with snapshot(services, actor, Action.ADMINISTER) as tx:
        counts, codes = count_by_status(tx, everything), count_by_error_code(tx, everything)
        room = _engine_overview(services, tx)
    return Overview(counts, codes, replace(room, overview=_queues(services)))


def is_paused(services: Services, actor: Actor) -> bool:
    """Whether the queue is paused. Raises `NotAllowed`."""
    with snapshot(services, actor, Action.ADMINISTER) as tx:
        return tx.switches.paused()


def _failures(tx: Transaction, actor: Actor) -> list[Failures]:
    newest = newest_by_cause(tx, SHOWN_OF_A_CAUSE, actor.id)
    return [Failures(cause, count, newest[cause]) for cause, count in count_by_cause(tx, actor.id).items()]


def _still_fitting(tx: Transaction, wanted: MeetingFilter, ids: Sequence[str]) -> list[str]:
    fitting = matching_ids(tx, wanted, ids) if ids else set()
    return [meeting_id for meeting_id in ids if meeting_id in fitting]


def _timeline(tx: Transaction, actor: Actor, meeting_id: str) -> Timeline | None:
    found = tx.meetings.get_some([meeting_id]) if meeting_id else []
    return timeline_in(tx, found[0]) if found and may(actor, Action.READ, found[0]) else None


def _engine_overview(services: Services, tx: Transaction) -> EngineOverview:
    return EngineOverview(
        now=tx.now(),
        overview=None,
        paused_since=tx.switches.paused_since(),
        oldest_due=tx.jobs.oldest_due_seconds(),
        checks=_checks(tx),
        set_up=services.settings.checkable,
    )


def _checks(tx: Transaction) -> dict[str, Check | None]:
    keys = {remembered_as(name): name for name in CHECKED}
    statement = select(col(KeyValue.name), col(KeyValue.value)).where(col(KeyValue.name).in_(keys))
    with tx.connection() as connection:
        known = {keys[key]: value for key, value in connection.execute(statement)}
    return {name: loads(known.get(name)) for name in CHECKED}


def _queues(services: Services) -> QueueOverview | None:
    """The queues and workers, or None if Redis does not answer.

    Call it after the snapshot has ended, so that a hanging Redis holds no transaction open.
    """
    try:
        return None if services.queue is None else services.queue.overview()
    except redis.RedisError:
        return None
