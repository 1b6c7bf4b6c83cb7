"""What providers answered, as it is kept: a later version of the program may read more out of it."""

from __future__ import annotations

from cantomeet.access import Action, Actor
from cantomeet.models import RawTranscript
from cantomeet.queries.snapshots import snapshot, snapshot_of
from cantomeet.service import Services


def parseable(services: Services, actor: Actor) -> list[str]:
    """Ids of the meetings whose transcript comes from an answer that is kept, oldest first. Raises `NotAllowed`."""
    with snapshot(services, actor, Action.ADMINISTER) as tx:
        return tx.parseable()


def kept_answer(services: Services, actor: Actor, meeting_id: str) -> RawTranscript | None:
    """What the shown transcript of the meeting comes from; None where that is no kept answer.

    Raises `NotFound`, `NotAllowed`.
    """
    with snapshot_of(services, actor, meeting_id, Action.RETRY) as (tx, _):
        return tx.raw_of_shown(meeting_id)
