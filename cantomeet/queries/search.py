"""The query of the search across meetings."""

from __future__ import annotations

from dataclasses import replace

from cantomeet.access import Action, Actor
from cantomeet.listing.search import Hits, SearchFilter, find_texts
from cantomeet.queries.snapshots import snapshot
from cantomeet.service import Services


def search(services: Services, actor: Actor, wanted: SearchFilter) -> Hits:
    """One page of what is found in the actor's meetings. Raises `NotAllowed`."""
    with snapshot(services, actor, Action.LIST) as tx:
        return find_texts(tx, replace(wanted, meetings=replace(wanted.meetings, owner_id=actor.id)))
