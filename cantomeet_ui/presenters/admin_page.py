"""The admin page: what needs a person, and what the filters of its address find."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cantomeet.i18n import counted
from cantomeet.queries.admin import AdminPage
from cantomeet.queries.stamps import Stamp
from cantomeet_ui.presenters.admin import CauseRow, Step, causes, steps_of, stuck_rows
from cantomeet_ui.presenters.admin_filters import AdminChip, code_chips, status_chips
from cantomeet_ui.presenters.rows import MeetingRow, plain_row


@dataclass(frozen=True)
class ShownAdmin:
    stamp: Stamp
    causes: list[CauseRow]
    stuck: list[MeetingRow]
    more_stuck: str
    """How many there are besides; empty for none."""
    rows: list[MeetingRow]
    fitting: int
    """How many the filters find."""
    more: bool
    statuses: list[AdminChip]
    codes: list[AdminChip]
    picked: list[str]
    steps: list[Step]


def shown_admin(found: AdminPage, query: Mapping[str, str], language: str) -> ShownAdmin:
    """`query`: of the address; empty where its filter makes no sense."""
    meetings, now = found.found, found.now
    hidden = found.stuck_count - len(found.stuck)
    return ShownAdmin(
        stamp=found.stamp,
        causes=causes(found.failures, now, language),
        stuck=stuck_rows(found.stuck, now, language),
        more_stuck=counted(language, "admin.and_more", hidden) if hidden > 0 else "",
        rows=[plain_row(meeting, now, language) for meeting in meetings.meetings],
        fitting=meetings.fitting,
        more=meetings.more,
        statuses=status_chips(query, meetings.counts, language),
        codes=code_chips(query, meetings.codes, language),
        picked=list(found.picked),
        steps=steps_of(found.timeline, language),
    )
