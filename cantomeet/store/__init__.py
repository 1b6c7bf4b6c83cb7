"""The only writer of the tables: `Database`, its transactions, and one class for each aggregate.

    with database.write() as tx:  # one transaction: committed at its end, rolled back where it raises
        meeting = tx.meetings.get(meeting_id)
        tx.jobs.schedule(JobKind.CHECK, "llm")
    with database.read() as tx:  # one snapshot; it never waits for a writer
        ...
    database.meetings.get(meeting_id)  # outside a block each call is one transaction

An aggregate is made with the connections that it works on. What several aggregates do to the same rows is in modules of
functions, which take the connection of a transaction that somebody else began: `leases`, `meeting_rows`, `lines`,
`items`.

Two numbers guard a meeting. `run`, of its job, fences the pipeline: it is in the WHERE of the first write of everything
that a worker writes, and a write that finds another `run` raises `LeaseLost` and changes nothing. `version` rises with
every visible change and guards edits by people. An edit never touches `run`, so it never costs a result that is being
made.
"""

from __future__ import annotations

from cantomeet.store.database import Database, Store, Transaction
from cantomeet.store.leases import LEASE_SECONDS, WAKE_GRACE, WAKE_GRACE_LIMIT
from cantomeet.store.reparsing import Reparsed
from cantomeet.store.types import (
    MeetingChanges,
    NewAttempt,
    NewItem,
    NewMeeting,
    NewSegment,
    NewSummary,
    StepColumns,
    SummaryWithItems,
    Transcript,
)
from cantomeet.store.written_views import LineState, WrittenTranscript

__all__ = [
    "LEASE_SECONDS",
    "WAKE_GRACE",
    "WAKE_GRACE_LIMIT",
    "Database",
    "LineState",
    "MeetingChanges",
    "NewAttempt",
    "NewItem",
    "NewMeeting",
    "NewSegment",
    "NewSummary",
    "Reparsed",
    "StepColumns",
    "Store",
    "SummaryWithItems",
    "Transaction",
    "Transcript",
    "WrittenTranscript",
]
