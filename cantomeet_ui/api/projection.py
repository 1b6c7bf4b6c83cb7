"""Rows into the JSON of `cantomeet_ui.api.schemas` (pure)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from cantomeet.errors import ErrorCode
from cantomeet.listing import ListedMeeting
from cantomeet.models import Meeting, Segment, Speaker, SummaryItem
from cantomeet.quotes import is_proven
from cantomeet.reasons import reason_text, warning_text
from cantomeet.store import SummaryWithItems, Transcript
from cantomeet_ui.api.schemas import (
    ActionItemOut,
    ChapterOut,
    EditedItemOut,
    EvidenceOut,
    ItemOut,
    ListedMeetingOut,
    MatchOut,
    MeetingHead,
    MeetingOut,
    NoteOut,
    SegmentOut,
    SpeakerOut,
    SummaryOut,
    WarningOut,
)

Out = TypeVar("Out")


def head_of(meeting: Meeting, language: str) -> MeetingHead:
    """The meeting alone, its reason and warnings in `language`."""
    return MeetingHead(**_head(meeting, language))


def meeting_out(
    meeting: Meeting, language: str, transcript: Transcript | None, summary: list[SummaryWithItems | None]
) -> MeetingOut:
    """The meeting with what was asked for: `transcript` None and `summary` empty leave the keys out."""
    asked: dict[str, Any] = {}
    if transcript is not None:
        asked["segments"] = segments_of(transcript)
        asked["speakers"] = [speaker_out(speaker) for speaker in speakers_in_order(transcript)]
    if summary:
        asked["summary"] = summary_of(summary[0]) if summary[0] is not None else None
    return MeetingOut(**_head(meeting, language), **asked)


def listed_of(listed: ListedMeeting, language: str) -> ListedMeetingOut:
    """A row of the list."""
    match = listed.match
    return ListedMeetingOut(
        **_head(listed.meeting, language),
        open_action_items=listed.open_actions,
        match=None if match is None else MatchOut(**vars(match)),
    )


def segments_of(transcript: Transcript) -> list[SegmentOut]:
    """The lines, each with its speaker's name, else label."""
    return [segment_out(s, transcript.speakers.get(s.speaker_id or "")) for s in transcript.segments]


def segment_out(segment: Segment, speaker: Speaker | None) -> SegmentOut:
    """One line."""
    same = ("id", "start", "end", "text", "speaker_id", "edited", "version")
    shown = None if speaker is None else speaker.name or speaker.label
    return SegmentOut(speaker=shown, **{name: getattr(segment, name) for name in same})


def speaker_out(speaker: Speaker) -> SpeakerOut:
    return SpeakerOut(id=speaker.id, label=speaker.label, name=speaker.name, version=speaker.version)


def speakers_in_order(transcript: Transcript) -> list[Speaker]:
    """As they first speak; last those who speak in no line any more."""
    first = dict.fromkeys(s.speaker_id for s in transcript.segments if s.speaker_id in transcript.speakers)
    silent = [key for key in transcript.speakers if key not in first]
    return [transcript.speakers[key] for key in [*first, *silent] if key]


def summary_of(found: SummaryWithItems) -> SummaryOut:
    """The summary, its items by kind in their order."""
    summary = found.summary

    def items(kind: str, shape: Callable[[SummaryItem], Out]) -> list[Out]:
        return [shape(item) for item in found.items if item.kind == kind]

    return SummaryOut(
        version=summary.version,
        method=summary.method,
        language=summary.language,
        title=summary.title,
        overview=items("overview", _item),
        chapters=items("chapter", _chapter),
        decisions=items("decision", _item),
        action_items=items("action_item", _action_item),
        questions=items("question", _item),
        risks=items("risk", _item),
        quotes=items("quote", _item),
        notes=items("note", _note),
    )


def _head(meeting: Meeting, language: str) -> dict[str, Any]:
    same = ("id", "title", "description", "meeting_date", "status", "stage", "progress", "error_code", "version")
    also = ("created_at", "updated_at", "duration_seconds", "language")
    return {
        **{name: getattr(meeting, name) for name in (*same, *also)},
        "status_reason": _reason(meeting, language),
        "transcriber": meeting.transcriber_name or None,
        "summarizer": meeting.summarizer_name or None,
        "warnings": [WarningOut(code=code, text=warning_text(code, language)) for code in meeting.warnings],
    }


def _reason(meeting: Meeting, language: str) -> str | None:
    if meeting.error_code in set(ErrorCode):
        return reason_text(meeting.error_code, meeting.error_params, language)
    # Written by a newer version: what it stored is all we know.
    return meeting.status_reason


def item_out(item: SummaryItem) -> EditedItemOut:
    """One item by itself."""
    return EditedItemOut(
        **vars(_action_item(item)), kind=item.kind, section=item.section, start=item.start, end=item.end
    )


def _item(item: SummaryItem) -> ItemOut:
    same = ("id", "text", "text_other", "edited", "original_text", "stale", "version")
    return ItemOut(
        **{name: getattr(item, name) for name in same},
        evidence=_evidence(item.evidence),
        verified=is_proven(item.evidence),
    )


def _chapter(item: SummaryItem) -> ChapterOut:
    return ChapterOut(**vars(_item(item)), start=item.start, end=item.end)


def _note(item: SummaryItem) -> NoteOut:
    return NoteOut(**vars(_item(item)), section=item.section)


def _action_item(item: SummaryItem) -> ActionItemOut:
    return ActionItemOut(
        **vars(_item(item)), owner=item.owner, due_text=item.due_text, due_date=item.due_date, done=item.done
    )


def _evidence(proofs: Sequence[dict[str, Any]]) -> list[EvidenceOut]:
    return [EvidenceOut(**{"was": None, **proof}) for proof in proofs]
