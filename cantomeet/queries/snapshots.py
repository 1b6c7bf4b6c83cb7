"""Opens the snapshot of a query, after a check of the actor's rights."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from cantomeet.access import Action, Actor, require
from cantomeet.models import Meeting
from cantomeet.service import Services
from cantomeet.store import Transaction


@contextmanager
def snapshot(services: Services, actor: Actor, action: Action) -> Iterator[Transaction]:
    """A read-only transaction that sees one state of the database. Raises `NotAllowed`."""
    require(actor, action)
    with services.store.read() as tx:
        yield tx


@contextmanager
def snapshot_of(
    services: Services, actor: Actor, meeting_id: str, action: Action = Action.READ
) -> Iterator[tuple[Transaction, Meeting]]:
    """As `snapshot`, with one meeting. Raises `NotFound`, `NotAllowed`."""
    with snapshot(services, actor, action) as tx:
        meeting = tx.meetings.get(meeting_id)
        require(actor, action, meeting)
        yield tx, meeting
