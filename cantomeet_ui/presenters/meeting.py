"""A meeting's header: what it is doing, and what may be done with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from cantomeet.errors import ErrorCode
from cantomeet.i18n import counted, text
from cantomeet.lifecycle import ACTIVE, MeetingStatus, Stage
from cantomeet.models import Attempt, Meeting
from cantomeet.reasons import reason_text, warning_text
from cantomeet.store.retrying import at_provider
from cantomeet_ui import routes
from cantomeet_ui.presenters import rows, statuses, times
from cantomeet_ui.presenters.paused import paused_words


@dataclass(frozen=True)
class Download:
    label: str
    href: str


@dataclass(frozen=True)
class MeetingHeadView:
    id: str = ""
    title: str = ""
    date: str = ""
    date_value: str = ""
    """The day as YYYY-MM-DD for the form; empty if nobody gave one."""
    lasts: str = ""
    duration: float = 0.0
    """Seconds; 0 while it is unknown."""
    speakers: str = ""
    status: str = ""
    status_text: str = ""
    progress: int = -1
    """0-100, or -1 while it is unknown."""
    left: str = ""
    banner: str = ""
    """What is going on or went wrong; empty for a completed meeting."""
    banner_text: str = ""
    banner_tone: str = ""
    """ "working", "failed" or "stopped"."""
    paused: str = ""
    """Says that the queue is paused, if the meeting waits for that; else empty."""
    waits_for_names: bool = False
    """The summary waits until a person has named the speakers."""
    can_retry: bool = False
    can_cancel: bool = False
    stop_wastes: bool = False
    """Stopping throws away a transcription that is being paid for."""
    can_summarize: bool = False
    can_transcribe: bool = False
    warnings: list[str] = field(default_factory=list)
    audio: str = ""
    """Address of the recording; empty once it was removed."""
    audio_gone: bool = False
    downloads: list[Download] = field(default_factory=list)


def meeting_head(
    meeting: Meeting, speakers: int, last: Attempt | None, paused: datetime | None, now: datetime, language: str
) -> MeetingHeadView:
    """The header of a meeting.

    `last` is the newest attempt, if the present step has failed before. `paused` is since when the queue has kept the
    meeting waiting, else None.
    """
    status = MeetingStatus(meeting.status)
    transcribed = meeting.stage in (Stage.TRANSCRIBED, Stage.SUMMARIZED)
    settled = status not in ACTIVE
    return MeetingHeadView(
        id=meeting.id,
        title=meeting.title,
        date=rows.date_text(meeting, now, language),
        date_value="" if meeting.meeting_date is None else meeting.meeting_date.isoformat(),
        lasts=rows.length_text(meeting),
        duration=meeting.duration_seconds or 0.0,
        speakers=counted(language, "speakers", speakers) if speakers else "",
        status=status.value,
        status_text=statuses.status_text(meeting, language),
        progress=-1 if settled or meeting.progress is None else meeting.progress,
        left=rows.left_text(meeting, now, language),
        paused=paused_words(paused, now, language),
        waits_for_names=meeting.waits_for_names,
        can_retry=status is MeetingStatus.FAILED,
        can_cancel=not settled,
        stop_wastes=not settled and at_provider(meeting),
        can_summarize=settled and transcribed,
        can_transcribe=settled and not meeting.audio_removed and (transcribed or status is MeetingStatus.FAILED),
        warnings=[warning_text(code, language, meeting.warning_details.get(code)) for code in meeting.warnings],
        audio="" if meeting.audio_removed else routes.audio(meeting.id),
        audio_gone=meeting.audio_removed,
        downloads=_downloads(meeting, language) if transcribed else [],
        **_banner(meeting, None if paused else last, now, language),
    )


def _banner(meeting: Meeting, last: Attempt | None, now: datetime, language: str) -> dict[str, str]:
    status = MeetingStatus(meeting.status)
    if status is MeetingStatus.COMPLETED:
        return {"banner": "", "banner_text": "", "banner_tone": ""}
    if status is MeetingStatus.FAILED:
        stopped = statuses.is_stopped(meeting)
        key = "meeting.banner.stopped" if stopped else "meeting.banner.FAILED"
        tone = "stopped" if stopped else "failed"
        return {
            "banner": text(language, key),
            "banner_text": rows.reason_of(meeting, language),
            "banner_tone": tone,
        }
    if meeting.waits_for_names:
        return {
            "banner": text(language, "meeting.banner.names"),
            "banner_text": text(language, "meeting.banner.names.text"),
            "banner_tone": "working",
        }
    return {
        "banner": text(language, f"meeting.banner.{status.value}"),
        "banner_text": _trying_again(meeting, last, now, language),
        "banner_tone": "working",
    }


def _trying_again(meeting: Meeting, last: Attempt | None, now: datetime, language: str) -> str:
    """Says when a failed step is retried; empty for a step that has not failed."""
    job = meeting.job
    if not job.tries or last is None or job.due_at is None or last.error_code is None:
        return ""
    when = times.time_of_day(job.due_at, now, language)
    again = text(language, "meeting.trying_again", when=when)
    return again if job.due_at > now else ""


def _downloads(meeting: Meeting, language: str) -> list[Download]:
    written = [
        Download(text(language, f"meeting.export.{form}"), routes.download(meeting.id, form))
        for form in routes.DOWNLOADS
    ]
    if meeting.audio_removed:
        return written
    return [*written, Download(text(language, "meeting.export.audio"), f"{routes.audio(meeting.id)}?download=1")]


def refusal(code: ErrorCode, params: dict[str, str | int | float], language: str) -> str:
    """Why an action was refused."""
    return reason_text(code, params, language)
