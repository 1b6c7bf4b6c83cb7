"""Runs jobs of other kinds than a meeting's own, as a worker does."""

from __future__ import annotations

from sqlalchemy import select
from sqlmodel import col

from cantomeet.jobs import JobKind
from cantomeet.models import Job
from cantomeet.store import Database
from worker.kinds import leftovers, periodic
from worker.toolbox import Toolbox


def subjects(store: Database, kind: JobKind) -> list[str]:
    """The subjects of all jobs of a kind, due or not."""
    with store.engine.connect() as connection:
        of_kind = select(col(Job.subject)).where(col(Job.kind) == kind)
        return list(connection.execute(of_kind.order_by(col(Job.due_at))).scalars())


def delete_leftovers(tools: Toolbox) -> None:
    """Run one step of each due deletion at a provider."""
    for leftover_id in subjects(tools.store, JobKind.LEFTOVER):
        leftovers.advance(tools, leftover_id)


def run_task(tools: Toolbox, name: str) -> None:
    """Run a periodic task once, now."""
    tools.store.jobs.schedule(JobKind.PERIODIC, name)
    periodic.advance(tools, name)
