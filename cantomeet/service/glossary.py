"""The command that replaces the glossary."""

from __future__ import annotations

from collections.abc import Sequence

from cantomeet.access import Action, Actor
from cantomeet.errors import InvalidRequest
from cantomeet.glossary import GlossaryFault, Term, VocabularyTerm, faults, terms_of
from cantomeet.service.changing import changing
from cantomeet.service.services import Services


class FaultyGlossary(InvalidRequest):
    """Terms that exceed a limit of the transcriber. `faults` names each of them."""

    def __init__(self, found: Sequence[GlossaryFault]) -> None:
        super().__init__("terms that no transcriber takes", field="terms")
        self.faults = tuple(found)


def replace_glossary(services: Services, actor: Actor, written: Sequence[Term], seen: str | None = None) -> list[Term]:
    """Replace all terms. `seen` is the digest of the terms that the person saw; None replaces any.

    Raises `NotAllowed`, `FaultyGlossary`, `VersionConflict`.
    """
    with changing(services, actor, Action.ADMINISTER) as change:
        vocabulary: list[VocabularyTerm] = [
            {"content": term.content, "sounds_like": list(term.sounds_like)} for term in written
        ]
        found = faults(vocabulary)
        if found:
            raise FaultyGlossary(found)
        terms = terms_of(vocabulary)
        change.tx.glossary.replace(terms, seen)
        return terms
