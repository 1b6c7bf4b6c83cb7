"""A meeting in one line, for list, upload page and admin page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cantomeet.errors import ErrorCode
from cantomeet.i18n import counted
from cantomeet.lifecycle import ACTIVE, MeetingStatus
from cantomeet.listing import ListedMeeting
from cantomeet.models import Meeting
from cantomeet.reasons import reason_text
from cantomeet_ui import routes
from cantomeet_ui.presenters import times
from cantomeet_ui.presenters.marked import Part, parts
from cantomeet_ui.presenters.statuses import status_text, tone_of


@dataclass(frozen=True)
class MeetingRow:
    id: str
    href: str
    title: str
    date: str
    lasts: str
    """Empty while it is unknown."""
    status: str
    """The name of a `MeetingStatus`."""
    tone: str
    """ "waiting", "working", "done", "failed" or "stopped"."""
    status_text: str
    """The status in the reader's language, with the progress if it is known."""
    progress: int
    """0-100, or -1 while it is unknown."""
    left: str
    reason: str
    """Why the meeting failed; empty for any other status."""
    actions: str
    match: list[Part]
    """The line that the search found; empty without one."""
    match_time: str
    match_href: str


def reason_of(meeting: Meeting, language: str) -> str:
    """Why the meeting failed, in the reader's language; empty for any other status."""
    if meeting.status != MeetingStatus.FAILED:
        return ""
    code = meeting.error_code or ErrorCode.INTERNAL.value
    try:
        return reason_text(code, meeting.error_params, language, audio_removed=meeting.audio_removed)
    except ValueError:  # This version does not know the code, but the text stored with it explains the failure.
        return meeting.status_reason or ""


def left_text(meeting: Meeting, now: datetime, language: str) -> str:
    """The time left in the present status, estimated from the pace so far; empty if there is no estimate."""
    if meeting.status not in ACTIVE:
        return ""
    return times.left(meeting.progress, meeting.stage_since, meeting.updated_at, now, language)


def date_text(meeting: Meeting, now: datetime, language: str) -> str:
    """The meeting's day, else the day of its upload."""
    return times.day(meeting.meeting_date or times.local_day(meeting.created_at), now, language)


def length_text(meeting: Meeting) -> str:
    return "" if meeting.duration_seconds is None else times.clock(meeting.duration_seconds)


def meeting_row(listed: ListedMeeting, now: datetime, language: str) -> MeetingRow:
    """A line of the list."""
    meeting, match = listed.meeting, listed.match
    return MeetingRow(
        id=meeting.id,
        href=routes.meeting(meeting.id),
        title=meeting.title,
        date=date_text(meeting, now, language),
        lasts=length_text(meeting),
        status=MeetingStatus(meeting.status).value,
        tone=tone_of(meeting),
        status_text=status_text(meeting, language),
        progress=-1 if meeting.progress is None or meeting.status not in ACTIVE else meeting.progress,
        left=left_text(meeting, now, language),
        reason=reason_of(meeting, language),
        actions=counted(language, "actions", listed.open_actions) if listed.open_actions else "",
        match=[] if match is None else parts(match.text, match.marks),
        match_time="" if match is None else times.clock(match.start),
        match_href="" if match is None else routes.meeting(meeting.id, at=match.start),
    )


def plain_row(meeting: Meeting, now: datetime, language: str) -> MeetingRow:
    """A line for a meeting that is shown without a search."""
    return meeting_row(ListedMeeting(meeting, 0, None), now, language)
