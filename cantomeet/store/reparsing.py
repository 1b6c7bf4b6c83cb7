"""A transcript made anew from what the provider had answered, without losing what people corrected in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, and_, select, update
from sqlmodel import col

from cantomeet.errors import Conflict
from cantomeet.lifecycle import MeetingStatus, Stage
from cantomeet.models import Job, Meeting, RawTranscript, Segment, Speaker
from cantomeet.store.anchoring import anchor_anew
from cantomeet.store.base import Base, delete_revisions
from cantomeet.store.types import NewSegment

_Spot = tuple[float, float, str]


@dataclass(frozen=True)
class Reparsed:
    meeting: Meeting
    changed: bool
    """False: the transcript was already as today's parser makes it."""
    kept: int = 0
    """Corrected lines that the new transcript has too, with their corrections."""
    lost: int = 0
    """Corrected lines that it does not have."""


class Reparsing(Base):
    """A new revision takes the shown one's place in one transaction."""

    def parseable(self) -> list[str]:
        """Ids of the meetings whose transcript comes from a raw answer that is kept, oldest first."""
        statement = (
            select(col(Meeting.id))
            .where(
                col(Meeting.deleted_at).is_(None),
                select(col(RawTranscript.id)).where(*_answers_shown()).exists(),
            )
            .order_by(col(Meeting.created_at))
        )
        with self._read() as connection:
            return list(connection.execute(statement).scalars())

    def raw_of_shown(self, meeting_id: str) -> RawTranscript | None:
        """What the provider answered for the transcript that is shown; None where it comes from somewhere else, as
        after a retry by another transcriber.
        """
        statement = (
            select(RawTranscript)
            .join(Meeting, and_(*_answers_shown()))
            .where(col(Meeting.id) == meeting_id)
            .order_by(col(RawTranscript.received_at).desc())
            .limit(1)
        )
        with self._read() as connection:
            row = connection.execute(statement).mappings().first()
        return None if row is None else RawTranscript(**row)

    def reparse(self, meeting_id: str, segments: Sequence[NewSegment], *, force: bool = False) -> Reparsed:
        """Put `segments` in place of the shown ones; what rests on them becomes stale and is checked anew.

        Names of speakers stay, and corrections of lines that are the same in both. Raises `Conflict` where the meeting
        has not ended, or where corrections would be lost without `force`; `NotFound`.
        """
        with self._write() as connection:
            meeting = self._hold(connection, meeting_id)
            _check_at_rest(meeting)
            old, speakers = _shown(connection, meeting)
            if _same(old, speakers, segments):
                return Reparsed(meeting, changed=False)
            places = {_spot(new): position for position, new in enumerate(segments)}
            edited = [line for line in old if line.edited]
            lost = sum(_spot(line) not in places for line in edited)
            if lost and not force:
                raise Conflict(f"{lost} corrected lines would be lost")
            job = self._set_job(connection, meeting_id, run=col(Job.run) + 1)
            another = {"revision": col(Meeting.revision) + 1, "shown_revision": col(Meeting.revision) + 1}
            changed = self._changed(connection, [col(Meeting.id) == meeting_id], job, **another)
            assert changed is not None
            self._append(connection, changed, segments)
            self._carry(connection, changed, edited, speakers, places)
            delete_revisions(connection, meeting_id, keep=changed.revision)
            anchor_anew(connection, meeting_id, changed.revision)
            return Reparsed(changed, changed=True, kept=len(edited) - lost, lost=lost)

    def _carry(
        self,
        connection: Connection,
        meeting: Meeting,
        edited: Sequence[Segment],
        speakers: dict[str, Speaker],
        places: dict[_Spot, int],
    ) -> None:
        kept = [line for line in edited if _spot(line) in places]
        labels = {speakers[line.speaker_id].label for line in kept if line.speaker_id in speakers}
        ids = self._speakers(connection, meeting, labels)
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


def _answers_shown() -> tuple[ColumnElement[bool], ...]:
    """The raw answer is that of the job which the meeting's transcript comes from."""
    same_meeting = col(RawTranscript.meeting_id) == col(Meeting.id)
    return same_meeting, col(RawTranscript.provider_job_id) == col(Meeting.provider_job_id)


def _check_at_rest(meeting: Meeting) -> None:
    if meeting.waits_for_names:
        raise Conflict("it waits for its speakers to be named, and may be parsed anew once it is summarized")
    if meeting.status not in (MeetingStatus.COMPLETED, MeetingStatus.FAILED):
        raise Conflict(f"the meeting is {meeting.status}; wait for its end")
    if meeting.stage not in (Stage.TRANSCRIBED, Stage.SUMMARIZED):
        raise Conflict("it has no transcript yet: a retry goes on from the stored answer without paying")


def _shown(connection: Connection, meeting: Meeting) -> tuple[list[Segment], dict[str, Speaker]]:
    of_shown = [col(Segment.meeting_id) == meeting.id, col(Segment.revision) == meeting.shown_revision]
    rows = connection.execute(select(Segment).where(*of_shown).order_by(col(Segment.position))).mappings()
    lines = [Segment(**row) for row in rows]
    named = connection.execute(
        select(Speaker).where(col(Speaker.meeting_id) == meeting.id, col(Speaker.revision) == meeting.shown_revision)
    ).mappings()
    return lines, {row["id"]: Speaker(**row) for row in named}


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
