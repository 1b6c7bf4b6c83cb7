"""The steps of a meeting's own job. A meeting's status and stage decide which one is next."""

from __future__ import annotations

from collections.abc import Callable

from cantomeet.lifecycle import next_step
from cantomeet.models import Meeting
from cantomeet.store import NewAttempt
from worker.lease import MeetingLease
from worker.steps.deletion import delete
from worker.steps.preparation import prepare
from worker.steps.recognition import recognise
from worker.steps.remote import check, submit
from worker.steps.summarizing import summarize
from worker.toolbox import Toolbox

Step = Callable[[Toolbox, MeetingLease, NewAttempt], Meeting | None]
"""Runs one step and commits its outcome. Returns the updated meeting, or None if it was deleted."""

_STEPS: dict[str, Step] = {step.__name__: step for step in (prepare, recognise, submit, check, summarize)}


def step_of(meeting: Meeting) -> Step:
    """The next step of a meeting that is due."""
    if meeting.deleted_at is not None:
        return delete
    return _STEPS[next_step(meeting.status, meeting.stage, meeting.transcriber)]


def name_of(meeting: Meeting) -> str:
    """The next step's name in the timeline."""
    return step_of(meeting).__name__


def take(tools: Toolbox, lease: MeetingLease, tried: NewAttempt) -> Meeting | None:
    """Run the next step of the leased meeting."""
    return step_of(lease.meeting)(tools, lease, tried)
