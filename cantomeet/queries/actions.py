"""Action items across meetings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from cantomeet.access import Action, Actor
from cantomeet.actions import MOST, ActionFilter, FoundAction, list_actions, owners, today
from cantomeet.queries.snapshots import snapshot
from cantomeet.queries.stamps import Stamp
from cantomeet.service import Services


@dataclass(frozen=True)
class FoundActions:
    now: datetime
    items: Sequence[FoundAction]
    """`MOST` at most, the earliest due first."""
    more: bool


@dataclass(frozen=True)
class ActionPage:
    stamp: Stamp
    found: FoundActions
    owners: Sequence[str]
    """Whose items the filter finds, its own `owner` left aside."""


def found_actions(services: Services, actor: Actor, wanted: ActionFilter) -> FoundActions:
    """What fits. Raises `NotAllowed`."""
    with snapshot(services, actor, Action.LIST) as tx:
        now = tx.now()
        items = list_actions(tx, replace(wanted, owner_id=actor.id), today(now))
        return FoundActions(now, items[:MOST], len(items) > MOST)


def action_page(services: Services, actor: Actor, wanted: ActionFilter) -> ActionPage:
    """What fits, and whom the page offers to choose from. Raises `NotAllowed`."""
    wanted = replace(wanted, owner_id=actor.id)
    with snapshot(services, actor, Action.LIST) as tx:
        now = tx.now()
        items = list_actions(tx, wanted, today(now))
        return ActionPage(
            tx.stamp(), FoundActions(now, items[:MOST], len(items) > MOST), owners(tx, wanted, today(now))
        )
