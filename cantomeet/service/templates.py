"""Templates of summaries that people write."""

from __future__ import annotations

from cantomeet.access import Action, Actor
from cantomeet.models import SummaryTemplate
from cantomeet.service.changing import changing
from cantomeet.service.edits import TemplateDraft
from cantomeet.service.services import Services


def add_template(services: Services, actor: Actor, draft: TemplateDraft) -> SummaryTemplate:
    """Keep a new one. Raises `NotAllowed`, and `InvalidRequest` that names the field."""
    with changing(services, actor, Action.EDIT) as change:
        return change.tx.add_template(draft.name, draft.instructions, _sections(draft))


def edit_template(
    services: Services, actor: Actor, template_id: str, draft: TemplateDraft, version: int | None = None
) -> SummaryTemplate:
    """Replace all of it; `version` is the one that the change was made against, None any.

    Raises `NotAllowed`, `NotFound`, `InvalidRequest`, `VersionConflict`, and `Conflict` for one that ships.
    """
    with changing(services, actor, Action.EDIT) as change:
        return change.tx.edit_template(template_id, version, draft.name, draft.instructions, _sections(draft))


def delete_template(services: Services, actor: Actor, template_id: str) -> None:
    """Summaries that were written by it stay. Raises `NotAllowed`, `NotFound`, and `Conflict` for one that ships."""
    with changing(services, actor, Action.EDIT) as change:
        change.tx.delete_template(template_id)


def _sections(draft: TemplateDraft) -> list[dict[str, str]]:
    return [{"title": section.title, "kind": section.kind} for section in draft.sections]
