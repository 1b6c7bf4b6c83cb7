"""Summary templates: the built-in ones and people's own."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, ConfigDict, Field

from cantomeet.access import Action
from cantomeet.queries.templates import own_templates
from cantomeet.service import templates
from cantomeet.service.edits import SectionDraft, TemplateDraft
from cantomeet.stored_json import SectionKind
from cantomeet.templates import SHIPPED
from cantomeet_ui.api.dependencies import Allowed, CurrentActor, CurrentServices, Language
from cantomeet_ui.api.projection import template_of
from cantomeet_ui.api.schemas import DeletedOut, TemplateOut, TemplatesOut

router = APIRouter(prefix="/api/templates", tags=["templates"])


class SectionIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    title: str
    kind: SectionKind = "note"
    """The kind of the section's items. "note" fits anything, and is the only kind that may occur twice."""


class TemplateIn(BaseModel):
    """The texts reach the language model verbatim: braces and template syntax have no meaning in them."""

    model_config = ConfigDict(extra="forbid")

    name: str
    instructions: str = ""
    sections: list[SectionIn]


class TemplateEditIn(TemplateIn):
    version: Annotated[int | None, Field(strict=True)] = None
    """The version that the change was made against. Without it, another person's change may be overwritten."""


@router.get("", dependencies=[Depends(Allowed(Action.LIST))])
def listed(services: CurrentServices, actor: CurrentActor, language: Language) -> TemplatesOut:
    """All templates, the built-in ones first."""
    ships = [template_of(template, language) for template in SHIPPED.values()]
    return TemplatesOut(items=[*ships, *(template_of(row, language) for row in own_templates(services, actor))])


@router.post("", status_code=201, dependencies=[Depends(Allowed(Action.EDIT))])
def add(
    wanted: TemplateIn, services: CurrentServices, actor: CurrentActor, language: Language, response: Response
) -> TemplateOut:
    """Add a template."""
    made = templates.add_template(services, actor, _draft(wanted))
    response.headers["Location"] = f"/api/templates/{made.id}"
    return template_of(made, language)


@router.put("/{template_id}", dependencies=[Depends(Allowed(Action.EDIT))])
def edit(
    template_id: str, wanted: TemplateEditIn, services: CurrentServices, actor: CurrentActor, language: Language
) -> TemplateOut:
    """Replace a template. Summaries made with it stay unchanged."""
    return template_of(templates.edit_template(services, actor, template_id, _draft(wanted), wanted.version), language)


@router.delete("/{template_id}", dependencies=[Depends(Allowed(Action.EDIT))])
def delete(template_id: str, services: CurrentServices, actor: CurrentActor) -> DeletedOut:
    """Delete a template. Meetings that use it get the general template from now on, with a warning in the summary."""
    templates.delete_template(services, actor, template_id)
    return DeletedOut(id=template_id)


def _draft(wanted: TemplateIn) -> TemplateDraft:
    sections = tuple(SectionDraft(section.title, section.kind) for section in wanted.sections)
    return TemplateDraft(wanted.name, wanted.instructions, sections)
