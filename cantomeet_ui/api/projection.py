"""Rows into the JSON of `cantomeet_ui.api.schemas` (pure)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from cantomeet.errors import ErrorCode
from cantomeet.listing import ListedMeeting
from cantomeet.models import Meeting, SummaryItem
from cantomeet.reasons import reason_text, warning_text
from cantomeet.store import SummaryWithItems, Transcript
from cantomeet_ui.api.schemas import (
    ActionItemOut,
    ChapterOut,
    EvidenceOut,
    ItemOut,
    ListedMeetingOut,
    MatchOut,
    MeetingHead,
    MeetingOut,
    SegmentOut,
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
    names = {speaker_id: speaker.name or speaker.label for speaker_id, speaker in transcript.speakers.items()}
    return [
        SegmentOut(id=s.id, start=s.start, end=s.end, speaker=names.get(s.speaker_id or ""), text=s.text)
        for s in transcript.segments
    ]


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


def _item(item: SummaryItem) -> ItemOut:
    return ItemOut(id=item.id, text=item.text, evidence=_evidence(item.evidence))


def _chapter(item: SummaryItem) -> ChapterOut:
    return ChapterOut(**vars(_item(item)), start=item.start, end=item.end)


def _action_item(item: SummaryItem) -> ActionItemOut:
    return ActionItemOut(
        **vars(_item(item)), owner=item.owner, due_text=item.due_text, due_date=item.due_date, done=item.done
    )


def _evidence(proofs: Sequence[dict[str, Any]]) -> list[EvidenceOut]:
    return [EvidenceOut(**proof) for proof in proofs]
