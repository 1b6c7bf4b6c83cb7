"""The query of the search across meetings."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from cantomeet.access import Action, Actor
from cantomeet.listing import MeetingFilter
from cantomeet.listing.search import FoundMeetings, Hits, SearchFilter, find_by_meeting, find_texts, people
from cantomeet.queries.snapshots import snapshot
from cantomeet.service import Services


@dataclass(frozen=True)
class SearchPage:
    now: datetime
    found: FoundMeetings


def search(services: Services, actor: Actor, wanted: SearchFilter) -> Hits:
    """One page of what is found in the actor's meetings. Raises `NotAllowed`."""
    with snapshot(services, actor, Action.LIST) as tx:
        return find_texts(tx, replace(wanted, meetings=replace(wanted.meetings, owner_id=actor.id)))


def search_page(services: Services, actor: Actor, wanted: SearchFilter, each: int) -> SearchPage:
    """What is found in the actor's meetings, by meeting, with at most `each` hits of one. Raises `NotAllowed`."""
    with snapshot(services, actor, Action.LIST) as tx:
        wanted = replace(wanted, meetings=replace(wanted.meetings, owner_id=actor.id))
        return SearchPage(tx.now(), find_by_meeting(tx, wanted, each))


def known_people(services: Services, actor: Actor, most: int) -> list[str]:
    """The names of speakers in the actor's meetings, those of most meetings first. Raises `NotAllowed`."""
    with snapshot(services, actor, Action.LIST) as tx:
        return people(tx, MeetingFilter(owner_id=actor.id), most)
