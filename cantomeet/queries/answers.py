"""Queries of the stored raw answers of providers, which a later version may parse better."""

from __future__ import annotations

from cantomeet.access import Action, Actor
from cantomeet.models import RawTranscript
from cantomeet.queries.snapshots import snapshot, snapshot_of
from cantomeet.service import Services


def parseable(services: Services, actor: Actor) -> list[str]:
    """Ids of the meetings whose transcript comes from a stored answer, oldest first. Raises `NotAllowed`."""
    with snapshot(services, actor, Action.ADMINISTER) as tx:
        return tx.provider_answers.parseable()


def kept_answer(services: Services, actor: Actor, meeting_id: str) -> RawTranscript | None:
    """The stored answer that the meeting's shown transcript comes from, or None if there is none.

    Raises `NotFound`, `NotAllowed`.
    """
    with snapshot_of(services, actor, meeting_id, Action.RETRY) as (tx, _):
        return tx.provider_answers.raw_of_shown(meeting_id)
