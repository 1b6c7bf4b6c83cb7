"""Background work: its kinds, and the states that a job is in.

A job is a row: what is to be worked on (kind and subject), when it is due, and who has it. Redis only wakes workers.
"""

from __future__ import annotations

from enum import StrEnum


class JobKind(StrEnum):
    """What is worked on; `worker.kinds` has the work of each. The subject of a job is named behind it."""

    MEETING = "meeting"
    """A meeting's way from its recording to its summary, or its deletion. Subject: the meeting's id."""
    WRITTEN_VIEW = "written_view"
    """A meeting's transcript in written Chinese. Subject: the meeting's id."""
    INDEX = "index"
    """A meeting's part of the search index. Subject: the meeting's id."""
    LEFTOVER = "leftover"
    """A copy at a provider that is to be deleted. Subject: the id of the `ProviderLeftover`."""
    CHECK = "check"
    """A test of a provider's key, address and model. Subject: a name of `cantomeet.checking.CHECKED`."""
    PERIODIC = "periodic"
    """A task that runs again and again. Subject: its name in `worker.maintenance.TASKS`."""


PAUSABLE = frozenset({JobKind.MEETING, JobKind.WRITTEN_VIEW})
"""Kinds that the operator's pause stops, and whose waiting `/health` tells: what people asked for."""


class JobState(StrEnum):
    SCHEDULED = "scheduled"
    """A step is due at `due_at`. While `lease_until` lies ahead a worker is taking it."""
    WAITING_FOR_NAMES = "waiting_for_names"
    """Nothing is due until a person says that the meeting's speakers are named."""
    ENDED = "ended"
    """Nothing is due until somebody asks for more."""
