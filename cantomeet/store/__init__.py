"""MeetingStore: the only writer of the tables. One method is one transaction.

Two numbers guard a meeting. `run`, of its job, fences the pipeline: it is in the WHERE of the first write of everything
that a worker writes, and a write that finds another `run` raises `LeaseLost` and changes nothing. `version` rises with
every visible change and guards edits by people. An edit never touches `run`, so it never costs a result that is being
made.
"""

from __future__ import annotations

from cantomeet.store.clocks import Clocks
from cantomeet.store.editing import Editing
from cantomeet.store.jobs import Jobs
from cantomeet.store.leases import LEASE_SECONDS, WAKE_GRACE, WAKE_GRACE_LIMIT
from cantomeet.store.maintenance import Maintenance
from cantomeet.store.people import People
from cantomeet.store.pipeline import Pipeline
from cantomeet.store.reading import Reading
from cantomeet.store.reparsing import Reparsed, Reparsing
from cantomeet.store.summaries import Summaries
from cantomeet.store.templates import Templates
from cantomeet.store.turns import TakingTurns
from cantomeet.store.types import NewAttempt, NewMeeting, NewSegment, NewSummary, SummaryWithItems, Transcript
from cantomeet.store.written import LineState, Written, WrittenTranscript


class MeetingStore(
    People, Editing, Pipeline, Summaries, Templates, Written, Jobs, Reading, Maintenance, Clocks, TakingTurns, Reparsing
):
    """Meetings in a database: `MeetingStore(engine, clock)`. `clock` replaces the database's clock in tests."""


__all__ = [
    "LEASE_SECONDS",
    "WAKE_GRACE",
    "WAKE_GRACE_LIMIT",
    "LineState",
    "MeetingStore",
    "NewAttempt",
    "NewMeeting",
    "NewSegment",
    "NewSummary",
    "Reparsed",
    "SummaryWithItems",
    "Transcript",
    "WrittenTranscript",
]
