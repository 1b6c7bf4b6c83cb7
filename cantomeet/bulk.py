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
class BulkPlan:
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


def plan(act: Act, meetings: Iterable[Meeting], now: datetime, transcriber: str, *, left_out: int = 0) -> BulkPlan:
    """What `act` would do to each meeting now.

    `now` is the database's clock, and `transcriber` is the one that transcribes new meetings.
    """
    return BulkPlan(act, tuple(_planned(act, meeting, now, transcriber) for meeting in meetings), left_out)


def is_what_was_seen(act: Act, seen: PlannedMeeting, meeting: Meeting) -> bool:
    """True if the plan still holds for a meeting: its status is as planned, and the action gives up nothing more.

    The store checks that a step is due and unleased in the statement that acts.
    """
    same = MeetingStatus(meeting.status) in seen.statuses()
    return same and (seen.wastes or not _gives_up(act, meeting))


def pays(going: Meeting, transcriber: str) -> bool:
    """Whether a meeting that was set going again begins a paid transcription, or may have to.

    `transcriber`: as for `plan`.
    """
    sends = going.status != MeetingStatus.SUMMARIZING and going.provider_job_id is None
    return sends and (going.transcriber or transcriber) in _PAID


def _planned(act: Act, meeting: Meeting, now: datetime, transcriber: str) -> PlannedMeeting:
    refusal, paid = _retried(meeting, transcriber) if act is Act.RETRY else (_refusal(act, meeting, now), False)
    return PlannedMeeting(
        meeting.id,
        MeetingStatus(meeting.status),
        refusal,
        meeting.title,
        pays=paid,
        wastes=refusal is None and _gives_up(act, meeting),
        seconds=meeting.duration_seconds,
    )


def _retried(meeting: Meeting, transcriber: str) -> tuple[Refusal | None, bool]:
    try:
        columns = retry_columns(meeting, "failed", False)
    except Conflict as error:
        return why_not_retried(meeting, error), transcriber in _PAID
    return None, pays(meeting.model_copy(update=columns), transcriber)


def why_not_retried(meeting: Meeting, error: Conflict) -> Refusal:
    """Why the store refused to set this meeting going again."""
    if error.code is ErrorCode.COST_NOT_CONFIRMED:
        return Refusal.COST
    return Refusal.NO_RECORDING if meeting.status == MeetingStatus.FAILED else Refusal.NOT_FAILED


def _refusal(act: Act, meeting: Meeting, now: datetime) -> Refusal | None:
    if act is Act.CANCEL:
        return None if meeting.status in ACTIVE else Refusal.NOT_RUNNING
    if act is Act.RUN_NOW:
        job = meeting.job
        if job.due_at is None:
            return Refusal.NOTHING_OWED
        return Refusal.BEING_WORKED_ON if job.lease_until is not None and job.lease_until > now else None
    return None


def _gives_up(act: Act, meeting: Meeting) -> bool:
    """True if a paid transcription is lost. A failed meeting counts too: a retry could still fetch its transcript."""
    paid = at_provider(meeting) and meeting.transcriber in _PAID
    return act in (Act.CANCEL, Act.DELETE) and paid and not needs_a_new_job(meeting)
