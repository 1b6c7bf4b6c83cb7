"""One action on many meetings: a plan says beforehand what would become of each, and what it may cost (pure).

A plan fixes the meetings' ids, and for each the status it was seen in and what was said of money. What is carried out
later is held to that: a meeting that has moved on since is refused, never done something else to or at another price.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from cantomeet.errors import Conflict, ErrorCode
from cantomeet.lifecycle import ACTIVE, MeetingStatus
from cantomeet.models import Meeting
from cantomeet.store.retrying import at_provider, needs_a_new_job, retry_columns

MOST = 1000
"""Meetings in one plan."""
_PAID = frozenset({"speechmatics"})
"""Transcribers that cost money."""


class Act(StrEnum):
    RETRY = "retry"
    CANCEL = "cancel"
    DELETE = "delete"
    RUN_NOW = "run_now"


class Refusal(StrEnum):
    """Why a meeting is left as it is."""

    GONE = "gone"
    CHANGED = "changed"
    """Somebody, or a worker, was faster."""
    NOT_FAILED = "not_failed"
    NOT_RUNNING = "not_running"
    COST = "cost_not_confirmed"
    """Its transcription was paid for once already."""
    NO_RECORDING = "recording_removed"
    NOTHING_OWED = "nothing_owed"
    BEING_WORKED_ON = "being_worked_on"


@dataclass(frozen=True)
class PlannedMeeting:
    """One meeting of a plan."""

    id: str
    status: MeetingStatus
    """As it was seen."""
    refusal: Refusal | None = None
    title: str = ""
    pays: bool = False
    """A paid transcription begins, or may have to."""
    wastes: bool = False
    """A transcription that is paid for, and not here yet, is given up: another one means paying again."""
    seconds: float | None = None
    """Of the recording."""

    @property
    def pays_again(self) -> bool:
        return self.refusal is Refusal.COST

    def statuses(self) -> frozenset[MeetingStatus]:
        """In which it is still the meeting that was seen; a step forward while it is worked on makes no other one."""
        return ACTIVE if self.status in ACTIVE else frozenset({self.status})


@dataclass(frozen=True)
class Cost:
    transcriptions: int
    seconds: float
    """Of those recordings whose length is known."""
    unknown: int
    """Recordings whose length is not."""


@dataclass(frozen=True)
class Plan:
    act: Act
    meetings: tuple[PlannedMeeting, ...]
    left_out: int = 0
    """Meetings that fit as well, beyond `MOST`."""

    def chosen(self, *, pay_again: bool = False) -> list[PlannedMeeting]:
        """The meetings that it would be done to."""
        return [line for line in self.meetings if line.refusal is None or (pay_again and line.pays_again)]

    def refused(self) -> Counter[Refusal]:
        """How many are left as they are, and why."""
        return Counter(line.refusal for line in self.meetings if line.refusal is not None)

    def cost(self, *, pay_again: bool = False) -> Cost:
        """What would be paid for, at most."""
        paid = [line for line in self.chosen(pay_again=pay_again) if line.pays]
        known = [line.seconds for line in paid if line.seconds is not None]
        return Cost(len(paid), sum(known), len(paid) - len(known))

    def wasted(self) -> int:
        return sum(line.wastes for line in self.chosen())


def plan(act: Act, meetings: Iterable[Meeting], now: datetime, transcriber: str, *, left_out: int = 0) -> Plan:
    """What `act` would do now; `transcriber` is the one that new work gets, `now` the database's clock."""
    return Plan(act, tuple(_planned(act, meeting, now, transcriber) for meeting in meetings), left_out)


def refusal_since(act: Act, seen: PlannedMeeting, meeting: Meeting, transcriber: str) -> Refusal | None:
    """Why nothing is done to a meeting as it is now; None where it still is what was seen, at the price that was said.

    `transcriber`: as for `plan`. Whether anything is owed, and nobody holds it, the store looks as it acts.
    """
    if MeetingStatus(meeting.status) not in seen.statuses():
        return Refusal.CHANGED
    refusal, pays = _retried(meeting, transcriber) if act is Act.RETRY else (None, False)
    if refusal is not None and not (refusal is Refusal.COST and seen.pays_again):
        return refusal
    dearer = (pays and not seen.pays) or (_gives_up(act, meeting) and not seen.wastes)
    return Refusal.CHANGED if dearer else None


def _planned(act: Act, meeting: Meeting, now: datetime, transcriber: str) -> PlannedMeeting:
    refusal, pays = _retried(meeting, transcriber) if act is Act.RETRY else (_refusal(act, meeting, now), False)
    return PlannedMeeting(
        meeting.id,
        MeetingStatus(meeting.status),
        refusal,
        meeting.title,
        pays=pays,
        wastes=refusal is None and _gives_up(act, meeting),
        seconds=meeting.duration_seconds,
    )


def _retried(meeting: Meeting, transcriber: str) -> tuple[Refusal | None, bool]:
    try:
        columns = retry_columns(meeting, "failed", False)
    except Conflict as error:
        return _why(meeting, error), transcriber in _PAID
    next_transcriber = columns.get("transcriber", meeting.transcriber) or transcriber
    sends = (
        columns["status"] != MeetingStatus.SUMMARIZING
        and columns.get("provider_job_id", meeting.provider_job_id) is None
    )
    return None, sends and next_transcriber in _PAID


def _why(meeting: Meeting, error: Conflict) -> Refusal:
    if error.code is ErrorCode.COST_NOT_CONFIRMED:
        return Refusal.COST
    return Refusal.NO_RECORDING if meeting.status == MeetingStatus.FAILED else Refusal.NOT_FAILED


def _refusal(act: Act, meeting: Meeting, now: datetime) -> Refusal | None:
    if act is Act.CANCEL:
        return None if meeting.status in ACTIVE else Refusal.NOT_RUNNING
    if act is Act.RUN_NOW:
        if meeting.next_run_at is None:
            return Refusal.NOTHING_OWED
        return Refusal.BEING_WORKED_ON if meeting.lease_until is not None and meeting.lease_until > now else None
    return None


def _gives_up(act: Act, meeting: Meeting) -> bool:
    """A failed meeting's transcription too may still be fetched from the provider, as long as the meeting is there."""
    paid = at_provider(meeting) and meeting.transcriber in _PAID
    return act in (Act.CANCEL, Act.DELETE) and paid and not needs_a_new_job(meeting)
