"""Replaces a transcript by one parsed again from the provider's stored answer, and keeps corrections."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select, update
from sqlmodel import col

from cantomeet.errors import Conflict
from cantomeet.lifecycle import MeetingStatus, Stage
from cantomeet.models import Job, Meeting, Segment, Speaker
from cantomeet.store import lines, meeting_rows
from cantomeet.store.anchoring import move_evidence
from cantomeet.store.rows import all_made
from cantomeet.store.types import NewSegment

_Spot = tuple[float, float, str]


@dataclass(frozen=True)
class Reparsed:
    meeting: Meeting
    changed: bool
    """False if the transcript was already as today's parser makes it."""
    kept: int = 0
    """Corrected lines that the new transcript has too, with their corrections."""
    lost: int = 0
    """Corrected lines that it does not have."""


def replace_shown(
    connection: Connection, now: datetime, meeting: Meeting, segments: Sequence[NewSegment], *, force: bool
) -> Reparsed:
    """`Transcripts.reparse` of a locked meeting."""
    _check_at_rest(meeting)
    old, speakers = _shown(connection, meeting)
    if _same(old, speakers, segments):
        return Reparsed(meeting, changed=False)
    places = {_spot(new): position for position, new in enumerate(segments)}
    edited = [line for line in old if line.edited]
    lost = sum(_spot(line) not in places for line in edited)
    if lost and not force:
        raise Conflict(f"{lost} corrected lines would be lost")
    job = meeting_rows.set_job(connection, now, meeting.id, run=col(Job.run) + 1)
    next_one = col(Meeting.revision) + 1
    changed = meeting_rows.change_one(connection, now, meeting.id, job, revision=next_one, shown_revision=next_one)
    lines.append(connection, changed, segments)
    _carry(connection, changed, edited, speakers, places)
    lines.delete_revisions(connection, meeting.id, keep=changed.revision)
    move_evidence(connection, meeting.id, changed.revision)
    return Reparsed(changed, changed=True, kept=len(edited) - lost, lost=lost)


def _carry(
    connection: Connection,
    meeting: Meeting,
    edited: Sequence[Segment],
    speakers: dict[str, Speaker],
    places: dict[_Spot, int],
) -> None:
    kept = [line for line in edited if _spot(line) in places]
    labels = {speakers[line.speaker_id].label for line in kept if line.speaker_id in speakers}
    ids = lines.add_speakers(connection, meeting, labels)
    for speaker in speakers.values():
        connection.execute(
            update(Speaker)
            .where(
                col(Speaker.meeting_id) == meeting.id,
                col(Speaker.revision) == meeting.revision,
                col(Speaker.label) == speaker.label,
            )
            .values(name=speaker.name)
        )
    for line in kept:
        speaker_id = ids[speakers[line.speaker_id].label] if line.speaker_id in speakers else None
        connection.execute(
            update(Segment)
            .where(
                col(Segment.meeting_id) == meeting.id,
                col(Segment.revision) == meeting.revision,
                col(Segment.position) == places[_spot(line)],
            )
            .values(text=line.text, unclear=line.unclear, speaker_id=speaker_id, edited=True)
        )


def _check_at_rest(meeting: Meeting) -> None:
    if meeting.waits_for_names:
        raise Conflict("it waits for its speakers to be named, and may be parsed again once it is summarized")
    if meeting.status not in (MeetingStatus.COMPLETED, MeetingStatus.FAILED):
        raise Conflict(f"the meeting is {meeting.status}; wait for its end")
    if meeting.stage not in (Stage.TRANSCRIBED, Stage.SUMMARIZED):
        raise Conflict("it has no transcript yet: a retry goes on from the stored answer without paying")


def _shown(connection: Connection, meeting: Meeting) -> tuple[list[Segment], dict[str, Speaker]]:
    of_shown = [col(Segment.meeting_id) == meeting.id, col(Segment.revision) == meeting.shown_revision]
    lines = all_made(Segment, connection.execute(select(Segment).where(*of_shown).order_by(col(Segment.position))))
    named = connection.execute(
        select(Speaker).where(col(Speaker.meeting_id) == meeting.id, col(Speaker.revision) == meeting.shown_revision)
    )
    return lines, {speaker.id: speaker for speaker in all_made(Speaker, named)}


def _same(old: Sequence[Segment], speakers: dict[str, Speaker], new: Sequence[NewSegment]) -> bool:
    def as_parsed(line: Segment, beside: NewSegment) -> bool:
        label = speakers[line.speaker_id].label if line.speaker_id in speakers else None
        said = line.edited or (_shows(line) == _shows(beside) and label == beside.speaker)
        return said and _spot(line) == _spot(beside) and line.words == beside.words

    return len(old) == len(new) and all(as_parsed(line, beside) for line, beside in zip(old, new, strict=True))


def _shows(line: Segment | NewSegment) -> tuple[str, bool]:
    return line.text, line.unclear


def _spot(line: Segment | NewSegment) -> _Spot:
    return line.start, line.end, line.original_text
