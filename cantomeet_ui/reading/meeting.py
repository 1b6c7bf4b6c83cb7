"""What a meeting's page shows, and what of it is new to a page that has been open for a while."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from cantomeet.lifecycle import ACTIVE, MeetingStatus
from cantomeet.models import Attempt, Meeting, Speaker
from cantomeet.settings import Settings
from cantomeet.store import MeetingStore
from cantomeet_ui.presenters.choices import Version, versions
from cantomeet_ui.presenters.meeting import MeetingHeadView, meeting_head
from cantomeet_ui.presenters.speakers import SpeakerRow, speaker_rows
from cantomeet_ui.presenters.summary import SummaryView, summary_view
from cantomeet_ui.presenters.transcript import Batch, batch
from cantomeet_ui.presenters.written import WrittenPane, written_pane

FIRST_LINES = 300
"""Sent with the page: a screen or ten, at once."""
MORE_LINES = 3000
"""Sent each time that the page has drawn what it has and asks for more."""
_NONE = 2**31 - 1
"""No line comes after this position."""


@dataclass(frozen=True)
class Have:
    """What a page has of the transcript: of which take (empty: nothing yet), how many lines, up to which position."""

    revision: str = ""
    lines: int = 0
    position: int = -1
    corrections: tuple[tuple[str, int], ...] = ()
    """Id and version of each corrected line."""


@dataclass(frozen=True)
class ShownMeeting:
    stamp: Any
    head: MeetingHeadView
    summary: SummaryView
    versions: list[Version]
    speakers: list[SpeakerRow]
    """None unless somebody names them."""
    batch: Batch | None
    """None: no new or corrected lines."""
    written: WrittenPane | None
    """None where it was not asked for."""
    have: Have


def read_meeting(
    store: MeetingStore, meeting_id: str, have: Have, language: str, *, naming: bool = False, written: bool = False
) -> ShownMeeting:
    """The meeting for a page that has `have`; `naming`: with its speakers, `written`: in written
    Chinese too. Raises `NotFound`."""
    stamp = store.stamp_of(meeting_id)
    meeting, now = store.get(meeting_id), store.now()
    revision = _revision(meeting, store.transcript(meeting_id, after_position=_NONE).speakers.values(), language)
    if have.revision != revision:
        have = Have(revision)
    limit = FIRST_LINES if not have.lines else MORE_LINES
    transcript = store.transcript(meeting_id, after_position=have.position, limit=limit)
    corrected = store.corrected_segments(meeting_id)
    corrections = tuple((segment.id, segment.version) for segment in corrected)
    new = transcript.segments
    position = new[-1].position if new else have.position
    summaries = store.summaries(meeting_id)
    return ShownMeeting(
        stamp=stamp,
        head=meeting_head(
            meeting,
            len(transcript.speakers),
            _last_attempt(store, meeting),
            store.paused_since() if _waits(store, meeting) else None,
            now,
            language,
        ),
        summary=summary_view(
            store.summary(meeting_id), now, language, summaries, dated=meeting.meeting_date is not None
        ),
        versions=versions(summaries, meeting, now, language),
        speakers=(speaker_rows(store.transcript(meeting_id), language) if naming or meeting.waits_for_names else []),
        batch=(
            batch(revision, have.lines, transcript, corrected, language, more=len(new) == limit)
            if new or not have.lines or corrections != have.corrections
            else None
        ),
        written=_written(store, meeting_id, language) if written else None,
        have=Have(revision, have.lines + len(new), position, corrections),
    )


def _written(store: MeetingStore, meeting_id: str, language: str) -> WrittenPane:
    return written_pane(store.written(meeting_id), store.transcript(meeting_id), language)


def can_be_written(store: MeetingStore, settings: Settings, meeting_id: str) -> bool:
    """A language model can rewrite it, or one has."""
    return settings.chosen_summarizer == "llm" or store.written(meeting_id) is not None


def is_corrected(store: MeetingStore, meeting_id: str) -> bool:
    """Somebody corrected a line or named a speaker."""
    if store.corrected_segments(meeting_id):
        return True
    return any(speaker.name for speaker in store.transcript(meeting_id, after_position=_NONE).speakers.values())


def _revision(meeting: Meeting, speakers: Iterable[Speaker], language: str) -> str:
    """Changes whenever all lines that a page has may be other ones: a transcript is whole, done anew, in other words,
    its speakers named otherwise.
    """
    growing = meeting.revision == meeting.shown_revision and meeting.status in (
        MeetingStatus.UPLOADED,
        MeetingStatus.TRANSCRIBING,
    )
    named = sum(speaker.version - 1 for speaker in speakers)
    return ":".join([meeting.id, str(meeting.shown_revision), "growing" if growing else "whole", language, str(named)])


def _waits(store: MeetingStore, meeting: Meeting) -> bool:
    """A step of it, or of its written view, is owed."""
    if meeting.status in ACTIVE:
        return meeting.next_run_at is not None
    view = store.written(meeting.id)
    return view is not None and view.view.state == "working"


def _last_attempt(store: MeetingStore, meeting: Meeting) -> Attempt | None:
    if not meeting.attempt_count:
        return None
    attempts = store.attempts(meeting.id)
    return attempts[-1] if attempts else None
