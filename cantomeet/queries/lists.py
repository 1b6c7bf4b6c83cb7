"""Queries of lists of meetings, for the list page, the upload page and the API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from cantomeet.access import Action, Actor, may
from cantomeet.lifecycle import MeetingStatus
from cantomeet.listing import ListedMeeting, ListedMeetings, MeetingFilter, count_by_status, list_meetings
from cantomeet.models import Meeting, SummaryTemplate
from cantomeet.queries.snapshots import snapshot
from cantomeet.queries.stamps import Stamp
from cantomeet.service import Services


@dataclass(frozen=True)
class MeetingList:
    stamp: Stamp
    now: datetime
    items: Sequence[ListedMeeting]
    more: bool
    counts: Mapping[MeetingStatus, int]
    """The number of matches by status. The filter's own statuses are ignored."""
    kept_waiting_since: datetime | None
    """Since when meetings wait because the queue is paused. None if none waits."""


@dataclass(frozen=True)
class UploadPage:
    stamp: Stamp
    now: datetime
    meetings: Sequence[Meeting]
    kept_waiting_since: datetime | None
    templates: Sequence[SummaryTemplate]
    """The templates that people wrote."""


def meeting_list(services: Services, actor: Actor, wanted: MeetingFilter, pages: int) -> MeetingList:
    """The first `pages` pages of matching meetings. Raises `NotAllowed`."""
    wanted = replace(wanted, owner_id=actor.id)
    with snapshot(services, actor, Action.LIST) as tx:
        page = list_meetings(tx, wanted, pages)
        return MeetingList(
            stamp=tx.stamps.of_all(),
            now=tx.now(),
            items=page.items,
            more=page.next_cursor is not None,
            counts=count_by_status(tx, wanted),
            kept_waiting_since=tx.switches.kept_waiting_since(),
        )


def listed_meetings(services: Services, actor: Actor, wanted: MeetingFilter) -> ListedMeetings:
    """One page of matching meetings. Raises `NotAllowed`, and `InvalidRequest` for an invalid cursor."""
    with snapshot(services, actor, Action.LIST) as tx:
        return list_meetings(tx, replace(wanted, owner_id=actor.id))


def upload_page(services: Services, actor: Actor, ids: Sequence[str]) -> UploadPage:
    """The meetings `ids` in this order, without deleted ones. Raises `NotAllowed`."""
    with snapshot(services, actor, Action.UPLOAD) as tx:
        there = {meeting.id: meeting for meeting in tx.meetings.get_some(ids) if may(actor, Action.READ, meeting)}
        return UploadPage(
            stamp=tx.stamps.of_all(),
            now=tx.now(),
            meetings=[there[meeting_id] for meeting_id in ids if meeting_id in there],
            kept_waiting_since=tx.switches.kept_waiting_since(),
            templates=tx.templates.all(),
        )
