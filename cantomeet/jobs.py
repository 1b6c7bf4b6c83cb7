"""Background work: kinds of jobs, and their states.

A job is a row: its kind and subject, when it is due, and which worker has it. Redis only wakes workers.
"""

from __future__ import annotations

from enum import StrEnum


class JobKind(StrEnum):
    """Kinds of jobs; `worker.kinds` has the work of each. The description of a kind names the subject of its jobs."""

    MEETING = "meeting"
    """A meeting from its recording to its summary, or its deletion. Subject: the meeting's id."""
    WRITTEN_VIEW = "written_view"
    """A meeting's transcript in written Chinese. Subject: the meeting's id."""
    INDEX = "index"
    """A meeting's part of the search index. Subject: the meeting's id."""
    LEFTOVER = "leftover"
    """A copy at a provider that is to be deleted. Subject: the id of the `ProviderLeftover`."""
    CHECK = "check"
    """A test of a provider's key, address and model. Subject: a name of `cantomeet.checking.CHECKED`."""
    PERIODIC = "periodic"
    """A periodic task. Subject: its name in `worker.maintenance.TASKS`."""


PAUSABLE = frozenset({JobKind.MEETING, JobKind.WRITTEN_VIEW})
"""Kinds that people requested: the operator's pause stops them, and `/health` reports how long they wait."""


class JobState(StrEnum):
    SCHEDULED = "scheduled"
    """A step is due at `due_at`. Until `lease_until` a worker runs it."""
    WAITING_FOR_NAMES = "waiting_for_names"
    """Nothing is due until a person has named the meeting's speakers."""
    ENDED = "ended"
    """Nothing is due until more work is requested."""
