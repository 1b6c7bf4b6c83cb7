"""Recognises one piece of a recording with the transcriber on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cantomeet.models import Meeting
from cantomeet.storage import Copy
from cantomeet.store import NewAttempt, NewSegment
from cantomeet.stored_json import StoredWord
from worker.lease import MeetingLease
from worker.providers import RecognisedSegment, Word
from worker.steps.preparation import decode, source_of
from worker.toolbox import Toolbox

_END_SECONDS = 0.05
"""A remainder shorter than this many seconds holds no speech."""


def recognise(tools: Toolbox, lease: MeetingLease, tried: NewAttempt) -> Meeting:
    """Recognise the piece after the last saved one. The last piece completes the transcript."""
    meeting = lease.meeting
    duration = meeting.duration_seconds or 0.0
    transcriber = tools.local(meeting.transcriber)
    with _decoded_sound(tools, lease) as sound:
        piece = transcriber.recognise(
            sound,
            meeting.recognised_seconds,
            duration=duration,
            language=meeting.language,
            on_progress=lambda seconds: lease.show(seconds / duration if duration else None),
        )
    segments = [new_segment(segment) for segment in piece.segments]
    tried = NewAttempt(tried.step, tried.started_at, f"{meeting.recognised_seconds:.1f}-{piece.end:.1f} s")
    if piece.end < duration - _END_SECONDS:
        return tools.store.pipeline.commit_piece(
            meeting.id,
            meeting.job.run,
            segments,
            tried=tried,
            recognised_seconds=piece.end,
            progress=int(100 * piece.end / duration),
        )
    after = tools.store.pipeline.finish_transcript(
        meeting.id,
        meeting.job.run,
        segments,
        replace=False,
        tried=tried,
        recognised_seconds=piece.end,
        warnings=list(dict.fromkeys([*meeting.warnings, *transcriber.warnings])),
    )
    tools.recordings.remove(meeting.recording_key, Copy.DECODED)
    return after


@contextmanager
def _decoded_sound(tools: Toolbox, lease: MeetingLease) -> Iterator[Path]:
    """The decoded sound. It is decoded again if a clean-up removed it or another machine decoded it."""
    key = lease.meeting.recording_key
    if tools.recordings.size(key, Copy.DECODED) is None:
        with source_of(tools.recordings, lease.meeting) as source:
            decode(tools, lease, source)
    with tools.recordings.local(key, Copy.DECODED) as sound:
        yield sound


def new_segment(segment: RecognisedSegment) -> NewSegment:
    """Convert a transcriber's segment for the store."""
    return NewSegment(
        start=segment.start,
        end=segment.end,
        original_text=segment.original_text,
        text=segment.text,
        words=[_stored_word(word) for word in segment.words],
        speaker=segment.speaker,
        unclear=segment.unclear,
    )


def _stored_word(word: Word) -> StoredWord:
    return StoredWord(text=word.text, start=word.start, end=word.end, confidence=word.confidence)
