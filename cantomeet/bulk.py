"""Plans for one action on many meetings, with what it may cost (pure).

A plan fixes the meetings' ids, the status of each, and the cost that the person was shown. Carrying it out keeps to
that: a meeting that has changed since is refused, so nobody pays another price or gets another action.
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
"""The most meetings in one plan."""
_PAID = frozenset({"speechmatics"})
"""Transcribers that cost money."""


class Act(StrEnum):
    RETRY = "retry"
    CANCEL = "cancel"
    DELETE = "delete"
    RUN_NOW = "run_now"


class Refusal(StrEnum):
    """Why the action is not done to a meeting."""

    GONE = "gone"
    CHANGED = "changed"
    """A person or a worker changed the meeting first."""
    NOT_FAILED = "not_failed"
    NOT_RUNNING = "not_running"
    COST = "cost_not_confirmed"
    """The transcription was paid for before, so paying again needs a confirmation."""
    NO_RECORDING = "recording_removed"
    NOTHING_OWED = "nothing_owed"
    BEING_WORKED_ON = "being_worked_on"


@dataclass(frozen=True)
class PlannedMeeting:
    """A meeting in a plan, as it was when the plan was made."""

    id: str
    status: MeetingStatus
    refusal: Refusal | None = None
    title: str = ""
    pays: bool = False
    """The action starts a paid transcription, or may start one."""
    wastes: bool = False
    """The action gives up a paid transcription that is not here yet, so another one means paying again."""
    seconds: float | None = None
    """Length of the recording."""

    @property
    def pays_again(self) -> bool:
        return self.refusal is Refusal.COST

    def statuses(self) -> frozenset[MeetingStatus]:
        """The statuses in which the plan still holds. A running meeting may move on to the next active status."""
        return ACTIVE if self.status in ACTIVE else frozenset({self.status})


@dataclass(frozen=True)
class Cost:
    transcriptions: int
    seconds: float
    """Total length of the recordings whose length is known."""
    unknown: int
    """Number of recordings whose length is unknown."""


@dataclass(frozen=True)
class Plan:
    act: Act
    meetings: tuple[PlannedMeeting, ...]
    left_out: int = 0
    """Number of meetings that fit the filter but exceed `MOST`."""

    def chosen(self, *, pay_again: bool = False) -> list[PlannedMeeting]:
        """The meetings that the action would be done to."""
        return [line for line in self.meetings if line.refusal is None or (pay_again and line.pays_again)]

    def refused(self) -> Counter[Refusal]:
        """How many meetings the plan refuses, by reason."""
        return Counter(line.refusal for line in self.meetings if line.refusal is not None)

    def cost(self, *, pay_again: bool = False) -> Cost:
        """The most that carrying the plan out can cost."""
        paid = [line for line in self.chosen(pay_again=pay_again) if line.pays]
        known = [line.seconds for line in paid if line.seconds is not None]
        return Cost(len(paid), sum(known), len(paid) - len(known))

    def wasted(self) -> int:
        return sum(line.wastes for line in self.chosen())


def plan(act: Act, meetings: Iterable[Meeting], now: datetime, transcriber: str, *, left_out: int = 0) -> Plan:
    """What `act` would do to each meeting now.

    `now` is the database's clock, and `transcriber` is the one that transcribes new meetings.
    """
    return Plan(act, tuple(_planned(act, meeting, now, transcriber) for meeting in meetings), left_out)


def refusal_since(act: Act, seen: PlannedMeeting, meeting: Meeting, transcriber: str) -> Refusal | None:
    """Why the plan no longer holds for a meeting; None if its status and price are as planned.

    `transcriber` is as for `plan`. The store checks that a step is due and unleased in the statement that acts.
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
    """True if a paid transcription is lost. A failed meeting counts too: a retry could still fetch its transcript."""
    paid = at_provider(meeting) and meeting.transcriber in _PAID
    return act in (Act.CANCEL, Act.DELETE) and paid and not needs_a_new_job(meeting)
