"""Finds the meeting of an earlier upload of the same recording."""

from __future__ import annotations

from cantomeet.access import Action, Actor
from cantomeet.models import Meeting
from cantomeet.queries.snapshots import snapshot
from cantomeet.service import Services


def earlier_by_key(services: Services, actor: Actor, key: str | None) -> Meeting | None:
    """The meeting that was uploaded with this `Idempotency-Key`, or None. Raises `NotAllowed`."""
    with snapshot(services, actor, Action.UPLOAD) as tx:
        return tx.meetings.find_by_idempotency_key(key, actor.id)


def earlier_by_upload(services: Services, actor: Actor, upload_id: str) -> Meeting | None:
    """The meeting that a resumable upload became, or None. Raises `NotAllowed`."""
    with snapshot(services, actor, Action.UPLOAD) as tx:
        return tx.meetings.find_by_upload(upload_id)
