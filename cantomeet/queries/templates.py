"""Queries of people's summary templates and of the glossary."""

from __future__ import annotations

from cantomeet.access import Action, Actor
from cantomeet.glossary import Term
from cantomeet.models import SummaryTemplate
from cantomeet.queries.snapshots import snapshot
from cantomeet.service import Services


def own_templates(services: Services, actor: Actor) -> list[SummaryTemplate]:
    """The templates that people wrote, oldest first. Raises `NotAllowed`."""
    with snapshot(services, actor, Action.LIST) as tx:
        return tx.templates.all()


def glossary(services: Services, actor: Actor) -> list[Term]:
    """The terms in the order in which they were written. Raises `NotAllowed`."""
    with snapshot(services, actor, Action.ADMINISTER) as tx:
        return tx.glossary.terms()
