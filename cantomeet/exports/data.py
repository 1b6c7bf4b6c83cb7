"""JSON, with every word's time: for other programs."""

from __future__ import annotations

import json
from typing import Any

from cantomeet.exports.minutes import Line, Minutes


def json_of(minutes: Minutes) -> bytes:
    """`{id, title, ..., complete, segments: [{id, start, end, speaker, text, words}]}`; times in seconds."""
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
        "segments": [_segment(line) for line in minutes.lines],
    }
    return json.dumps(body, ensure_ascii=False).encode()


def _segment(line: Line) -> dict[str, Any]:
    segment = line.segment
    return {
        "id": segment.id,
        "start": segment.start,
        "end": segment.end,
        "speaker": line.speaker,
        "text": segment.text,
        "words": segment.words,
    }
