"""Queries of action items across meetings."""

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
    """At most `MOST`, the earliest due first."""
    more: bool


@dataclass(frozen=True)
class ActionPage:
    stamp: Stamp
    found: FoundActions
    owners: Sequence[str]
    """The owners of all items that match the filter without its `owner`."""


def found_actions(services: Services, actor: Actor, wanted: ActionFilter) -> FoundActions:
    """The items that match the filter. Raises `NotAllowed`."""
    with snapshot(services, actor, Action.LIST) as tx:
        now = tx.now()
        items = list_actions(tx, replace(wanted, owner_id=actor.id), today(now))
        return FoundActions(now, items[:MOST], len(items) > MOST)


def action_page(services: Services, actor: Actor, wanted: ActionFilter) -> ActionPage:
    """The items that match the filter, and the owners to choose from. Raises `NotAllowed`."""
    wanted = replace(wanted, owner_id=actor.id)
    with snapshot(services, actor, Action.LIST) as tx:
        now = tx.now()
        items = list_actions(tx, wanted, today(now))
        return ActionPage(
            tx.stamps.of_all(), FoundActions(now, items[:MOST], len(items) > MOST), owners(tx, wanted, today(now))
        )
