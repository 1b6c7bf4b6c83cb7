"""One line a meeting, as the list, the upload page and the admin page show it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cantomeet.errors import ErrorCode
from cantomeet.lifecycle import ACTIVE, MeetingStatus
from cantomeet.listing import ListedMeeting, Match
from cantomeet.models import Meeting
from cantomeet.reasons import reason_text
from cantomeet_ui import routes
from cantomeet_ui.i18n import counted, text
from cantomeet_ui.views import times


@dataclass(frozen=True)
class MeetingRow:
    id: str
    href: str
    title: str
    date: str
    lasts: str
    """Empty where it is not known yet."""
    status: str
    """The status's name, for styles and tests."""
    status_text: str
    """In the reader's language, with the progress where it is known."""
    progress: int
    """0-100, or -1 where it is unknown."""
    left: str
    reason: str
    """Of a failure."""
    actions: str
    match: str
    match_time: str
    match_href: str


def status_text(meeting: Meeting, language: str) -> str:
    """The status for people, with the progress where it is known."""
    name = text(language, f"status.{MeetingStatus(meeting.status).value}")
    if meeting.status not in ACTIVE or meeting.progress is None:
        return name
    return text(language, "status.percent", status=name, percent=meeting.progress)


def reason_of(meeting: Meeting, language: str) -> str:
    """Why it failed, in the reader's language; empty where it did not."""
    if meeting.status != MeetingStatus.FAILED:
        return ""
    code = meeting.error_code or ErrorCode.INTERNAL.value
    try:
        return reason_text(code, meeting.error_params, language)
    except ValueError:  # a code of a newer version: its stored text still explains it
        return meeting.status_reason or ""


def date_text(meeting: Meeting, now: datetime, language: str) -> str:
    """The meeting's day, or that of its upload."""
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
        status_text=status_text(meeting, language),
        progress=-1 if meeting.progress is None or meeting.status not in ACTIVE else meeting.progress,
        left=times.left(meeting.progress, meeting.stage_since, now, language) if meeting.status in ACTIVE else "",
        reason=reason_of(meeting, language),
        actions=counted(language, "actions", listed.open_actions) if listed.open_actions else "",
        **_match(meeting.id, match),
    )


def plain_row(meeting: Meeting, now: datetime, language: str) -> MeetingRow:
    """A line for a meeting that no search found."""
    return meeting_row(ListedMeeting(meeting, 0, None), now, language)


def _match(meeting_id: str, match: Match | None) -> dict[str, str]:
    if match is None:
        return {"match": "", "match_time": "", "match_href": ""}
    return {
        "match": match.text,
        "match_time": times.clock(match.start),
        "match_href": routes.meeting(meeting_id, at=match.start),
    }
