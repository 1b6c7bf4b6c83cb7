"""Labels and colours of a meeting's status."""

from __future__ import annotations

from cantomeet.errors import ErrorCode
from cantomeet.i18n import text
from cantomeet.lifecycle import ACTIVE, MeetingStatus
from cantomeet.models import Meeting

_TONES = {
    MeetingStatus.UPLOADED: "waiting",
    MeetingStatus.TRANSCRIBING: "working",
    MeetingStatus.SUMMARIZING: "working",
    MeetingStatus.COMPLETED: "done",
    MeetingStatus.FAILED: "failed",
}


def status_label(status: MeetingStatus, language: str) -> str:
    """The name of a status, which leaves out what only a meeting knows: stopped, waiting for names, progress."""
    return text(language, f"status.{status.value}")


def is_stopped(meeting: Meeting) -> bool:
    """True if a person stopped the meeting, which is stored as a failure."""
    return meeting.status == MeetingStatus.FAILED and meeting.error_code == ErrorCode.CANCELLED


def tone_of(meeting: Meeting) -> str:
    """The colour of a meeting's status: "waiting", "working", "done", "failed" or "stopped"."""
    if is_stopped(meeting):
        return "stopped"
    if meeting.waits_for_names:
        return "waiting"
    return _TONES[MeetingStatus(meeting.status)]


def status_text(meeting: Meeting, language: str) -> str:
    """The status of a meeting in the reader's language, with the progress if it is known."""
    if meeting.waits_for_names:
        return text(language, "status.names")
    if is_stopped(meeting):
        return text(language, "status.stopped")
    name = status_label(MeetingStatus(meeting.status), language)
    if meeting.status not in ACTIVE or meeting.progress is None:
        return name
    return text(language, "status.percent", status=name, percent=meeting.progress)
