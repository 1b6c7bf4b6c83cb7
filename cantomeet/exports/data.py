"""Exports JSON with every word's time, for other programs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from cantomeet.exports.minutes import ExportLine, Minutes
from cantomeet.models import SummaryItem
from cantomeet.quotes import is_proven
from cantomeet.sections import verified_first
from cantomeet.store import SummaryWithItems
from cantomeet.unclear import shown_text


def json_of(minutes: Minutes) -> Iterator[bytes]:
    """Yield `{id, title, ..., complete, summary: {..., items: [...]} or null, segments: [...]}`; times are in seconds.

    The `text` of an `unclear` segment says that it was not understood. A segment's `words` and `original_text` are the
    recogniser's, and `text` is as people corrected it. In the written view, `view` describes the view, and each segment
    also has its `spoken` text and `is_rewritten`.
    """
    meeting = minutes.meeting
    body = {
        "id": meeting.id,
        "title": meeting.title,
        "description": meeting.description,
        "meeting_date": meeting.meeting_date.isoformat() if meeting.meeting_date else None,
        "language": meeting.language,
        "duration_seconds": meeting.duration_seconds,
        "transcriber": meeting.transcriber_name or None,
        "complete": minutes.complete,
        "summary": None if minutes.summary is None else _summary_json(minutes.summary),
        **({"view": minutes.view_note} if minutes.view_note else {}),
    }
    yield (_to_json(body)[:-1] + ', "segments": [').encode()
    separator = ""
    for line in minutes.lines:
        yield (separator + _to_json(_segment_json(line, bool(minutes.view_note)))).encode()
        separator = ", "
    yield b"]}"


def _to_json(value: Mapping[str, object]) -> str:
    return json.dumps(value, ensure_ascii=False)


def _summary_json(found: SummaryWithItems) -> dict[str, object]:
    same = ("version", "method", "language", "template", "title", "title_other", "coverage", "warnings")
    return {
        **{name: getattr(found.summary, name) for name in same},
        "items": [_item_json(item) for item in verified_first(found.items)],
    }


def _item_json(item: SummaryItem) -> dict[str, object]:
    same = ("kind", "section", "text", "text_other", "owner", "due_text", "done", "edited", "stale", "evidence")
    due = item.due_date
    return {
        **{name: getattr(item, name) for name in same},
        "due_date": None if due is None else due.isoformat(),
        "verified": is_proven(item.evidence),
    }


def _segment_json(line: ExportLine, in_written_view: bool) -> dict[str, object]:
    segment = line.segment
    spoken = shown_text(segment, line.language)
    rewritten = {"spoken": spoken, "is_rewritten": line.written is not None} if in_written_view else {}
    return {
        "id": segment.id,
        "start": segment.start,
        "end": segment.end,
        "speaker": line.speaker,
        "text": line.written or spoken,
        **rewritten,
        "unclear": segment.unclear,
        # Invented text is no transcript, for other programs either.
        "original_text": "" if segment.unclear else segment.original_text,
        "edited": segment.edited,
        "words": segment.words,
    }
