"""Speakers, each with a few lines that help to recognise the voice."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from cantomeet.i18n import text
from cantomeet.models import Segment
from cantomeet.store import Transcript
from cantomeet_ui.presenters import times

SAMPLES = 3
_LABEL = re.compile(r"S[0-9]{1,3}")
_TELLING = 8
"""The fewest characters of a line by which a voice can be recognised."""


@dataclass(frozen=True)
class Sample:
    at: float
    """Seconds."""
    time: str
    label: str
    """For screen readers."""
    text: str


@dataclass(frozen=True)
class SpeakerRow:
    id: str
    label: str
    """ "Speaker 1"."""
    name: str
    version: int
    samples: list[Sample]


def owner_words(owner: str | None, language: str) -> str:
    """The owner of an action item as the transcript shows speakers: "Speaker 1" while S1 has no name."""
    if owner and _LABEL.fullmatch(owner):
        return text(language, "transcript.speaker", label=owner.removeprefix("S"))
    return owner or ""


def is_unnamed(owner: str | None) -> bool:
    """True for a recogniser's label, which means another person in each meeting."""
    return bool(owner and _LABEL.fullmatch(owner))


def speaker_rows(transcript: Transcript, language: str) -> list[SpeakerRow]:
    """The speakers in the order in which they first speak, each with a few lines spread over the meeting."""
    spoken: dict[str, list[Segment]] = {}
    for segment in transcript.segments:
        if segment.speaker_id in transcript.speakers and not segment.unclear:
            spoken.setdefault(str(segment.speaker_id), []).append(segment)
    rows = []
    for speaker_id in [*spoken, *(key for key in transcript.speakers if key not in spoken)]:
        speaker = transcript.speakers[speaker_id]
        label = text(language, "transcript.speaker", label=speaker.label.removeprefix("S"))
        samples = [_sample(segment, language) for segment in _spread(spoken.get(speaker_id, []))]
        rows.append(SpeakerRow(speaker.id, label, speaker.name or "", speaker.version, samples))
    return rows


def _spread(lines: Sequence[Segment]) -> list[Segment]:
    """The first, the middle and the last of the long lines, or of all lines if none is long."""
    telling = [line for line in lines if len(line.text) >= _TELLING] or list(lines)
    if len(telling) <= SAMPLES:
        return telling
    return [telling[number * (len(telling) - 1) // (SAMPLES - 1)] for number in range(SAMPLES)]


def _sample(segment: Segment, language: str) -> Sample:
    time = times.clock(segment.start)
    return Sample(round(segment.start, 2), time, text(language, "summary.play", time=time), segment.text)
