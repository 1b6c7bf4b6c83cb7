"""The texts that shape what is made: templates of summaries that people wrote, and the glossary."""

from __future__ import annotations

from cantomeet.access import Action, Actor
from cantomeet.glossary import Term
from cantomeet.models import SummaryTemplate
from cantomeet.queries.snapshots import snapshot
from cantomeet.service import Services


def own_templates(services: Services, actor: Actor) -> list[SummaryTemplate]:
    """Those that people wrote, oldest first. Raises `NotAllowed`."""
    with snapshot(services, actor, Action.LIST) as tx:
        return tx.templates()


def glossary(services: Services, actor: Actor) -> list[Term]:
    """In the order in which the person wrote it. Raises `NotAllowed`."""
    with snapshot(services, actor, Action.ADMINISTER) as tx:
        return tx.glossary()
