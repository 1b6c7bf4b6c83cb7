"""The transcript in batches: a page that has the first 4,000 lines is sent only the new ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cantomeet.models import Segment, Speaker
from cantomeet.store import Transcript
from cantomeet_ui.i18n import text
from cantomeet_ui.views import times

UNSURE_BELOW = 0.45
"""Mean confidence of a line's words below which the reader is asked to listen."""


@dataclass(frozen=True)
class Line:
    id: str
    at: float
    """Seconds."""
    end: float
    time: str
    speaker: str
    text: str
    unsure: bool


@dataclass(frozen=True)
class Batch:
    """Lines from `first` on of the take `take`; a page that lacks those before asks for all."""

    take: str = ""
    first: int = 0
    lines: list[Line] = field(default_factory=list)


def batch(take: str, first: int, transcript: Transcript, language: str) -> Batch:
    """The new lines, the first of them the page's line number `first`."""
    names = speaker_names(transcript.speakers, language)
    return Batch(take, first, [_line(segment, names) for segment in transcript.segments])


def speaker_names(speakers: Mapping[str, Speaker], language: str) -> dict[str, str]:
    """By speaker id: a person's name, else "Speaker 1"."""
    return {
        key: speaker.name or text(language, "transcript.speaker", label=speaker.label.removeprefix("S"))
        for key, speaker in speakers.items()
    }


def _line(segment: Segment, names: Mapping[str, str]) -> Line:
    return Line(
        id=segment.id,
        at=round(segment.start, 2),
        end=round(segment.end, 2),
        time=times.clock(segment.start),
        speaker=names.get(segment.speaker_id or "", ""),
        text=segment.text,
        unsure=_is_unsure(segment.words),
    )


def _is_unsure(words: list[dict[str, Any]]) -> bool:
    known = [float(word["confidence"]) for word in words if word.get("confidence") is not None]
    return bool(known) and sum(known) / len(known) < UNSURE_BELOW
