"""Queries of one meeting. Every function raises `NotFound` and `NotAllowed`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain, islice

from cantomeet.access import Action, Actor
from cantomeet.errors import Conflict, NotFound
from cantomeet.models import Attempt, Meeting, Segment, Speaker, Summary, SummaryItem, SummaryTemplate
from cantomeet.queries.snapshots import snapshot_of
from cantomeet.service import Services
from cantomeet.store import SummaryWithItems, Transaction, Transcript, WrittenTranscript
from cantomeet.store.paging import Line, PagedTranscript, SegmentPage


@dataclass(frozen=True)
class Lines:
    """The shown transcript, as an iterator that reads the lines after the first thousand on demand."""

    speakers: Mapping[str, Speaker]
    segments: Iterator[Line]


@dataclass(frozen=True)
class MeetingDetail:
    """A meeting with the requested parts."""

    meeting: Meeting
    lines: Lines | None = None
    transcript: Transcript | None = None
    """Replaces `lines` if the written view was requested."""
    summary: SummaryWithItems | None = None
    written: WrittenTranscript | None = None


@dataclass(frozen=True)
class SummaryVersions:
    meeting: Meeting
    found: Sequence[Summary]
    """Newest first."""

    @property
    def shown(self) -> int | None:
        return self.meeting.shown_summary or (self.found[0].version if self.found else None)


@dataclass(frozen=True)
class Timeline:
    meeting: Meeting
    now: datetime
    paused: bool
    attempts: Sequence[Attempt]
    """Oldest first."""


@dataclass(frozen=True)
class ForExport:
    meeting: Meeting
    spoken: PagedTranscript[Segment]
    summary: SummaryWithItems | None
    written: WrittenTranscript | None


@dataclass(frozen=True)
class SummaryChoices:
    """The choices for another summary of a meeting."""

    meeting: Meeting
    templates: Sequence[SummaryTemplate] = field(default_factory=list)
    """The templates that people wrote."""


def one_meeting(services: Services, actor: Actor, meeting_id: str) -> Meeting:
    """The meeting without its parts."""
    with snapshot_of(services, actor, meeting_id) as (_, meeting):
        return meeting


def meeting_detail(
    services: Services,
    actor: Actor,
    meeting_id: str,
    *,
    segments: bool,
    summary: bool,
    written: bool,
    summary_version: int | None = None,
    is_known: Callable[[Meeting], bool] = lambda meeting: False,
) -> MeetingDetail:
    """The meeting with the requested parts, or without any if `is_known` says that the caller has it already.

    A `summary_version` of None is the shown one. Raises `NotFound` also for an unknown version.
    """
    with snapshot_of(services, actor, meeting_id) as (tx, meeting):
        if is_known(meeting):
            return MeetingDetail(meeting)
        return MeetingDetail(
            meeting,
            lines=_lines(tx, meeting_id) if segments and not written else None,
            transcript=tx.transcripts.shown(meeting_id) if written else None,
            summary=_summary(tx, meeting_id, summary_version) if summary else None,
            written=tx.written_views.find(meeting_id) if written else None,
        )


def segment_page(services: Services, actor: Actor, meeting_id: str, after: str, limit: int) -> SegmentPage:
    """A page of the transcript, as `Transcripts.page` returns it. Raises `Conflict`."""
    with snapshot_of(services, actor, meeting_id) as (tx, _):
        return tx.transcripts.page(meeting_id, after, limit)


def summary_versions(services: Services, actor: Actor, meeting_id: str) -> SummaryVersions:
    """All versions of the summary without their items."""
    with snapshot_of(services, actor, meeting_id) as (tx, meeting):
        return SummaryVersions(meeting, tx.summaries.versions(meeting_id))


def timeline(services: Services, actor: Actor, meeting_id: str) -> Timeline:
    """The current state and the earlier attempts."""
    with snapshot_of(services, actor, meeting_id) as (tx, meeting):
        return timeline_in(tx, meeting)


def timeline_in(tx: Transaction, meeting: Meeting) -> Timeline:
    """As `timeline`, within another query's snapshot."""
    return Timeline(meeting, tx.now(), tx.switches.paused(), tx.meetings.attempts(meeting.id))


def for_export(services: Services, actor: Actor, meeting_id: str, *, words: bool, written: bool) -> ForExport:
    """Transcript and summary for an export.

    With `words` the segments have word times. With `written` there is the written view; raises `Conflict` if it was
    not made.
    """
    with snapshot_of(services, actor, meeting_id) as (tx, meeting):
        view = tx.written_views.find(meeting_id) if written else None
        if written and (view is None or not view.lines):
            raise Conflict("the written view has not been made")
        return ForExport(meeting, tx.transcripts.paged(meeting_id, words=words), tx.summaries.find(meeting_id), view)


def summary_choices(services: Services, actor: Actor, meeting_id: str) -> SummaryChoices:
    """The choices for another summary."""
    with snapshot_of(services, actor, meeting_id, Action.RETRY) as (tx, meeting):
        return SummaryChoices(meeting, tx.templates.all())


def item_to_edit(services: Services, actor: Actor, meeting_id: str, item_id: str) -> SummaryItem:
    """An item of any of the meeting's summaries."""
    with snapshot_of(services, actor, meeting_id, Action.EDIT) as (tx, _):
        return tx.summaries.item(meeting_id, item_id)


def segment_to_edit(services: Services, actor: Actor, meeting_id: str, segment_id: str) -> Segment:
    """A line of the transcript."""
    with snapshot_of(services, actor, meeting_id, Action.EDIT) as (tx, _):
        return tx.transcripts.segment(meeting_id, segment_id)


def _lines(tx: Transaction, meeting_id: str) -> Lines:
    spoken = tx.transcripts.lines(meeting_id)
    segments = iter(spoken.segments)
    # Read the first page now, in the snapshot. The others are read while they are sent.
    begun = list(islice(segments, 1))
    return Lines(spoken.speakers, chain(begun, segments))


def _summary(tx: Transaction, meeting_id: str, version: int | None) -> SummaryWithItems | None:
    found = tx.summaries.find(meeting_id, version)
    if found is None and version is not None:
        raise NotFound("no such version of the summary")
    return found
