"""The query of a meeting's page. It returns only those transcript lines that the open page does not have yet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlmodel import col

from cantomeet.access import Actor
from cantomeet.lifecycle import ACTIVE, MeetingStatus
from cantomeet.models import Attempt, Meeting, Segment, Speaker, Summary, WrittenView
from cantomeet.queries.snapshots import snapshot_of
from cantomeet.queries.stamps import MeetingStamp
from cantomeet.service import Services
from cantomeet.store import SummaryWithItems, Transaction, Transcript, WrittenTranscript

FIRST_LINES = 200
"""Lines that are sent with the page, about six screens."""
MORE_LINES = 500
"""Lines that are sent each time the page has drawn what it has and asks for more. A browser answers nothing while it
draws them.
"""


@dataclass(frozen=True)
class Have:
    """Which lines of the transcript a page has already."""

    revision: str = ""
    """As of `_revision`. Empty if the page has no lines yet."""
    lines: int = 0
    """Number of lines."""
    position: int = -1
    """Position of the last one."""
    corrections: tuple[tuple[str, int], ...] = ()
    """Id and version of each corrected line."""


@dataclass(frozen=True)
class NewLines:
    """New lines for a page. `first` is the number of the first one, counted from 0."""

    revision: str
    first: int
    transcript: Transcript
    corrected: Sequence[Segment]
    """All lines that a person corrected."""
    more: bool
    """Whether there are further lines to ask for."""


@dataclass(frozen=True)
class SpokenAndWritten:
    """The transcript and its written view."""

    found: WrittenTranscript | None
    """None if no view was requested for the meeting."""
    spoken: Transcript


@dataclass(frozen=True)
class MeetingPage:
    stamp: MeetingStamp
    now: datetime
    meeting: Meeting
    speakers: Mapping[str, Speaker]
    """By id."""
    last_attempt: Attempt | None
    """The newest attempt, if the current step has failed before."""
    paused_since: datetime | None
    """Since when the queue has been paused. None if the meeting does not wait for it."""
    summary: SummaryWithItems | None
    versions: Sequence[Summary]
    """Versions of the summary, newest first."""
    naming: Transcript | None
    """The whole transcript, if the form of the speakers' names is open."""
    new: NewLines | None
    """None: no new or corrected lines."""
    written: SpokenAndWritten | None
    """None where it was not asked for."""
    can_be_written: bool
    """Whether a language model is configured or a written view exists."""
    have: Have
    """What the page has after this response."""


def meeting_page(
    services: Services,
    actor: Actor,
    meeting_id: str,
    have: Have,
    language: str,
    *,
    naming: bool = False,
    written: bool = False,
) -> MeetingPage:
    """The meeting for a page that has `have` already, in `language`.

    With `naming` it has the whole transcript for the form of the speakers' names, with `written` the written view.
    Raises `NotFound`, `NotAllowed`.
    """
    with snapshot_of(services, actor, meeting_id) as (tx, meeting):
        speakers = tx.transcripts.speakers(meeting_id)
        new, have = _lines(tx, meeting, have, _revision(meeting, speakers.values(), language))
        naming = naming or meeting.waits_for_names
        whole = tx.transcripts.shown(meeting_id) if naming or written else None
        view = _written_view(tx, meeting_id)
        return MeetingPage(
            stamp=tx.stamps.of_one(meeting_id),
            now=tx.now(),
            meeting=meeting,
            speakers=speakers,
            last_attempt=_last_attempt(tx, meeting),
            paused_since=tx.switches.paused_since() if _waits(meeting, view) else None,
            summary=tx.summaries.find(meeting_id),
            versions=tx.summaries.versions(meeting_id),
            naming=whole if naming else None,
            new=new,
            written=SpokenAndWritten(tx.written_views.find(meeting_id), whole)
            if written and whole is not None
            else None,
            can_be_written=services.settings.chosen_summarizer == "llm" or view is not None,
            have=have,
        )


def is_corrected(services: Services, actor: Actor, meeting_id: str) -> bool:
    """Whether a person corrected a line or named a speaker. Raises `NotFound`, `NotAllowed`."""
    with snapshot_of(services, actor, meeting_id) as (tx, _):
        return bool(tx.transcripts.corrected(meeting_id)) or any(
            speaker.name for speaker in tx.transcripts.speakers(meeting_id).values()
        )


def transcript_texts(services: Services, actor: Actor, meeting_id: str, *, written: bool) -> list[tuple[str, str]]:
    """All lines as the page shows them, with `written` in written Chinese where there is that: id and text.

    An unclear line has no text. Raises `NotFound`, `NotAllowed`.
    """
    with snapshot_of(services, actor, meeting_id) as (tx, _):
        if not written:
            return [(line.id, line.text) for line in tx.transcripts.lines(meeting_id).segments]
        view, spoken = tx.written_views.find(meeting_id), tx.transcripts.shown(meeting_id).segments
        return [(line.id, _in_view(line, view)) for line in spoken]


def _in_view(line: Segment, view: WrittenTranscript | None) -> str:
    is_written = view is not None and view.state_of(line) == "written"
    return view.lines[line.id].text if view is not None and is_written else line.text


def _lines(tx: Transaction, meeting: Meeting, have: Have, revision: str) -> tuple[NewLines | None, Have]:
    if have.revision != revision:
        have = Have(revision)
    limit = FIRST_LINES if not have.lines else MORE_LINES
    transcript = tx.transcripts.shown(meeting.id, after_position=have.position, limit=limit)
    corrected = tx.transcripts.corrected(meeting.id)
    corrections = tuple((segment.id, segment.version) for segment in corrected)
    found = transcript.segments
    position = found[-1].position if found else have.position
    after = Have(revision, have.lines + len(found), position, corrections)
    if not found and have.lines and corrections == have.corrections:
        return None, after
    return NewLines(revision, have.lines, transcript, corrected, more=len(found) == limit), after


def _revision(meeting: Meeting, speakers: Iterable[Speaker], language: str) -> str:
    """A key that changes whenever a page must load all lines again.

    That is when the transcript was completed or made again, or when the language or a speaker's name changed.
    """
    growing = meeting.revision == meeting.shown_revision and meeting.status in (
        MeetingStatus.UPLOADED,
        MeetingStatus.TRANSCRIBING,
    )
    named = sum(speaker.version - 1 for speaker in speakers)
    return ":".join([meeting.id, str(meeting.shown_revision), "growing" if growing else "whole", language, str(named)])


def _written_view(tx: Transaction, meeting_id: str) -> WrittenView | None:
    """The written view without its lines."""
    statement = select(WrittenView).where(col(WrittenView.meeting_id) == meeting_id)
    with tx.connection() as connection:
        row = connection.execute(statement).mappings().first()
    return None if row is None else WrittenView(**row)


def _waits(meeting: Meeting, view: WrittenView | None) -> bool:
    """Whether a step of the meeting or of its written view is due now or later."""
    if meeting.status in ACTIVE:
        return meeting.job.due_at is not None
    return view is not None and view.state == "working"


def _last_attempt(tx: Transaction, meeting: Meeting) -> Attempt | None:
    if not meeting.job.tries:
        return None
    attempts = tx.meetings.attempts(meeting.id)
    return attempts[-1] if attempts else None
