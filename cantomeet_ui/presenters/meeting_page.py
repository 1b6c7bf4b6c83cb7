"""A meeting's page, put together from its parts."""

from __future__ import annotations

from dataclasses import dataclass

from cantomeet.queries.meeting_page import Have, MeetingPage
from cantomeet.queries.stamps import MeetingStamp
from cantomeet_ui.presenters.choices import Version, versions
from cantomeet_ui.presenters.meeting import MeetingHeadView, meeting_head
from cantomeet_ui.presenters.speakers import SpeakerRow, speaker_rows
from cantomeet_ui.presenters.summary import SummaryView, summary_view
from cantomeet_ui.presenters.transcript import Batch, batch
from cantomeet_ui.presenters.written import WrittenPane, written_pane


@dataclass(frozen=True)
class ShownMeeting:
    stamp: MeetingStamp
    head: MeetingHeadView
    summary: SummaryView
    versions: list[Version]
    speakers: list[SpeakerRow]
    """None unless somebody names them."""
    batch: Batch | None
    """None: no new or corrected lines."""
    written: WrittenPane | None
    """None where it was not asked for."""
    can_be_written: bool
    have: Have


def shown_meeting(found: MeetingPage, language: str) -> ShownMeeting:
    meeting, now, written = found.meeting, found.now, found.written
    return ShownMeeting(
        stamp=found.stamp,
        head=meeting_head(meeting, len(found.speakers), found.last_attempt, found.paused_since, now, language),
        summary=summary_view(found.summary, now, language, found.versions, dated=meeting.meeting_date is not None),
        versions=versions(found.versions, meeting, now, language),
        speakers=[] if found.naming is None else speaker_rows(found.naming, language),
        batch=_batch(found, language),
        written=None if written is None else written_pane(written.found, written.spoken, language),
        can_be_written=found.can_be_written,
        have=found.have,
    )


def _batch(found: MeetingPage, language: str) -> Batch | None:
    new = found.new
    if new is None:
        return None
    return batch(new.revision, new.first, new.transcript, new.corrected, language, more=new.more)
