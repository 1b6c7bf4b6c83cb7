"""What a meeting's page shows, and what of it is new to a page that has been open for a while."""

from __future__ import annotations

from dataclasses import dataclass

from cantomeet.lifecycle import MeetingStatus
from cantomeet.models import Attempt, Meeting
from cantomeet.store import MeetingStore
from cantomeet_ui.views.meeting import MeetingHead, meeting_head
from cantomeet_ui.views.summary import SummaryView, summary_view
from cantomeet_ui.views.transcript import Batch, batch


@dataclass(frozen=True)
class Have:
    """What a page has of the transcript: of which take (empty: nothing yet), how many lines, up to which position."""

    take: str = ""
    lines: int = 0
    position: int = -1


@dataclass(frozen=True)
class ShownMeeting:
    version: int
    head: MeetingHead
    summary: SummaryView | None
    """None: as before."""
    batch: Batch | None
    """None: no new lines."""
    have: Have


def read_meeting(store: MeetingStore, meeting_id: str, have: Have, language: str) -> ShownMeeting:
    """The meeting for a page that has `have`. Raises `NotFound`."""
    meeting = store.get(meeting_id)
    take = _take(meeting, language)
    if have.take != take:
        have = Have(take)
    transcript = store.transcript(meeting_id, after_position=have.position)
    new = transcript.segments
    position = new[-1].position if new else have.position
    # While it is transcribed nothing writes a summary, and each percent of progress comes through here.
    as_before = have.lines > 0 and meeting.status == MeetingStatus.TRANSCRIBING
    return ShownMeeting(
        version=meeting.version,
        head=meeting_head(meeting, len(transcript.speakers), _last_attempt(store, meeting), store.now(), language),
        summary=None if as_before else summary_view(store.summary(meeting_id), language),
        batch=batch(take, have.lines, transcript, language) if new or not have.lines else None,
        have=Have(take, have.lines + len(new), position),
    )


def _take(meeting: Meeting, language: str) -> str:
    """Changes whenever lines that a page has may be other ones: a transcript is whole, done anew, in other words."""
    growing = meeting.take == meeting.shown_take and meeting.status in (
        MeetingStatus.UPLOADED,
        MeetingStatus.TRANSCRIBING,
    )
    return ":".join([meeting.id, str(meeting.shown_take), "growing" if growing else "whole", language])


def _last_attempt(store: MeetingStore, meeting: Meeting) -> Attempt | None:
    if not meeting.attempt_count:
        return None
    attempts = store.attempts(meeting.id)
    return attempts[-1] if attempts else None
