"""The transcript in batches, so that a page is sent only new lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from cantomeet.i18n import text
from cantomeet.models import Segment, Speaker
from cantomeet.store import Transcript
from cantomeet.unclear import shown_text
from cantomeet_ui.presenters import times

UNSURE_BELOW = 0.45
"""A line is marked as unsure if the mean confidence of its words is below this."""


@dataclass(frozen=True)
class LineRow:
    id: str
    at: float
    """Seconds."""
    end: float
    time: str
    speaker: str
    text: str
    unclear: bool
    """The recogniser did not understand the line; `text` says so."""
    unsure: bool
    version: int
    """The version that an edit has to name."""
    original: str
    """What the recogniser wrote, if a person corrected the text; a space if only the speaker was changed."""


@dataclass(frozen=True)
class SpeakerChoice:
    """A speaker that a line can be given to."""

    id: str
    name: str


@dataclass(frozen=True)
class Batch:
    """Lines of a revision from number `first` on. A page that lacks the lines before `first` asks for all."""

    revision: str = ""
    first: int = 0
    lines: list[LineRow] = field(default_factory=list)
    corrected: list[LineRow] = field(default_factory=list)
    """Corrected lines, which replace those with the same ids in the page."""
    speakers: list[SpeakerChoice] = field(default_factory=list)
    more: bool = False
    """True if the page can ask for further lines."""


def batch(
    revision: str,
    first: int,
    transcript: Transcript,
    corrected: Sequence[Segment],
    language: str,
    *,
    more: bool = False,
) -> Batch:
    """The new lines, of which the first has the number `first`, and the corrected lines before it."""
    names = speaker_names(transcript.speakers, language)
    return Batch(
        revision,
        first,
        [_line_row(segment, names, language) for segment in transcript.segments],
        [_line_row(segment, names, language) for segment in corrected] if first else [],
        [SpeakerChoice(key, name) for key, name in sorted(names.items(), key=lambda known: known[1])],
        more,
    )


def speaker_names(speakers: Mapping[str, Speaker], language: str) -> dict[str, str]:
    """Names by speaker id: a person's name, else "Speaker 1"."""
    return {
        key: speaker.name or text(language, "transcript.speaker", label=speaker.label.removeprefix("S"))
        for key, speaker in speakers.items()
    }


def _line_row(segment: Segment, names: Mapping[str, str], language: str) -> LineRow:
    return LineRow(
        id=segment.id,
        at=round(segment.start, 2),
        end=round(segment.end, 2),
        time=times.clock(segment.start),
        speaker=names.get(segment.speaker_id or "", ""),
        text=shown_text(segment, language),
        unclear=segment.unclear,
        # The words' confidence belongs to the recogniser's text, not to a person's correction.
        unsure=not segment.edited and _is_unsure(segment.confidences),
        version=segment.version,
        original=_original(segment),
    )


def _original(segment: Segment) -> str:
    if not segment.edited:
        return ""
    if segment.unclear:
        return " "
    return " " if segment.text == segment.original_text else segment.original_text


def _is_unsure(confidences: Sequence[float]) -> bool:
    return bool(confidences) and sum(confidences) / len(confidences) < UNSURE_BELOW
