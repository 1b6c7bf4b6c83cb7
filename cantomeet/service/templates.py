"""Commands on people's summary templates."""

from __future__ import annotations

from cantomeet.access import Action, Actor
from cantomeet.models import SummaryTemplate
from cantomeet.service.changing import changing
from cantomeet.service.edits import TemplateDraft
from cantomeet.service.services import Services


def add_template(services: Services, actor: Actor, draft: TemplateDraft) -> SummaryTemplate:
    """Add a template. Raises `NotAllowed`, and `InvalidRequest`, which names the field."""
    with changing(services, actor, Action.EDIT) as change:
        return change.tx.templates.add(draft.name, draft.instructions, _sections(draft))


def edit_template(
    services: Services, actor: Actor, template_id: str, draft: TemplateDraft, version: int | None = None
) -> SummaryTemplate:
    """Replace a template. `version` is the one that the change was made against; None replaces any.

    Raises `NotAllowed`, `NotFound`, `InvalidRequest`, `VersionConflict`, and `Conflict` for a built-in one.
    """
    with changing(services, actor, Action.EDIT) as change:
        return change.tx.templates.edit(template_id, version, draft.name, draft.instructions, _sections(draft))


def delete_template(services: Services, actor: Actor, template_id: str) -> None:
    """Delete a template. Summaries made with it stay.

    Raises `NotAllowed`, `NotFound`, and `Conflict` for a built-in one.
    """
    with changing(services, actor, Action.EDIT) as change:
        change.tx.templates.delete(template_id)


def _sections(draft: TemplateDraft) -> list[dict[str, str]]:
    return [{"title": section.title, "kind": section.kind} for section in draft.sections]
