"""The transcript in batches: a page that has the first 4,000 lines is sent only the new ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from cantomeet.i18n import text
from cantomeet.models import Segment, Speaker
from cantomeet.store import Transcript
from cantomeet.stored_json import StoredWord
from cantomeet.unclear import shown_text
from cantomeet_ui.presenters import times

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
    unclear: bool
    """It was not understood; `text` says so."""
    unsure: bool
    version: int
    """That an edit of it is made against."""
    original: str
    """What the recogniser wrote, where a person corrected it; a space where only the speaker is another one."""


@dataclass(frozen=True)
class Choice:
    """A speaker that a line can be given to."""

    id: str
    name: str


@dataclass(frozen=True)
class Batch:
    """Lines from `first` on of the take `take`; a page that lacks those before asks for all."""

    revision: str = ""
    first: int = 0
    lines: list[Line] = field(default_factory=list)
    corrected: list[Line] = field(default_factory=list)
    """In place of those of the same ids that the page has."""
    speakers: list[Choice] = field(default_factory=list)
    more: bool = False
    """Further lines may be had by asking."""


def batch(
    revision: str,
    first: int,
    transcript: Transcript,
    corrected: Sequence[Segment],
    language: str,
    *,
    more: bool = False,
) -> Batch:
    """The new lines, the first of them the page's line number `first`, and all that were corrected before it."""
    names = speaker_names(transcript.speakers, language)
    return Batch(
        revision,
        first,
        [_line(segment, names, language) for segment in transcript.segments],
        [_line(segment, names, language) for segment in corrected] if first else [],
        [Choice(key, name) for key, name in sorted(names.items(), key=lambda known: known[1])],
        more,
    )


def speaker_names(speakers: Mapping[str, Speaker], language: str) -> dict[str, str]:
    """By speaker id: a person's name, else "Speaker 1"."""
    return {
        key: speaker.name or text(language, "transcript.speaker", label=speaker.label.removeprefix("S"))
        for key, speaker in speakers.items()
    }


def _line(segment: Segment, names: Mapping[str, str], language: str) -> Line:
    return Line(
        id=segment.id,
        at=round(segment.start, 2),
        end=round(segment.end, 2),
        time=times.clock(segment.start),
        speaker=names.get(segment.speaker_id or "", ""),
        text=shown_text(segment, language),
        unclear=segment.unclear,
        # Whoever corrected a line has listened to it; the words' confidence is of what stood there before.
        unsure=not segment.edited and _is_unsure(segment.words),
        version=segment.version,
        original=_original(segment),
    )


def _original(segment: Segment) -> str:
    if not segment.edited:
        return ""
    if segment.unclear:
        return " "
    return " " if segment.text == segment.original_text else segment.original_text


def _is_unsure(words: list[StoredWord]) -> bool:
    known = [confidence for word in words if (confidence := word.get("confidence")) is not None]
    return bool(known) and sum(known) / len(known) < UNSURE_BELOW
