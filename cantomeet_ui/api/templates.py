"""Templates of summaries: those that ship, and those that people write."""

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
from cantomeet_ui.api.dependencies import Allowed, Asker, Language, Provided
from cantomeet_ui.api.projection import template_of
from cantomeet_ui.api.schemas import DeletedOut, TemplateOut, TemplatesOut

router = APIRouter(prefix="/api/templates", tags=["templates"])


class SectionIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    title: str
    kind: SectionKind = "note"
    """Of the items below the title; "note" is for what fits no other kind, and the only one that may come twice."""


class TemplateIn(BaseModel):
    """Its texts reach the language model word for word: braces and template languages mean nothing in them."""

    model_config = ConfigDict(extra="forbid")

    name: str
    instructions: str = ""
    sections: list[SectionIn]


class TemplateEdit(TemplateIn):
    version: Annotated[int | None, Field(strict=True)] = None
    """That the change was made against; without it another's change may be undone."""


@router.get("", dependencies=[Depends(Allowed(Action.LIST))])
def listed(services: Provided, actor: Asker, language: Language) -> TemplatesOut:
    """All templates, those that ship first."""
    ships = [template_of(template, language) for template in SHIPPED.values()]
    return TemplatesOut(items=[*ships, *(template_of(row, language) for row in own_templates(services, actor))])


@router.post("", status_code=201, dependencies=[Depends(Allowed(Action.EDIT))])
def add(wanted: TemplateIn, services: Provided, actor: Asker, language: Language, response: Response) -> TemplateOut:
    """Keep a new one."""
    made = templates.add_template(services, actor, _draft(wanted))
    response.headers["Location"] = f"/api/templates/{made.id}"
    return template_of(made, language)


@router.put("/{template_id}", dependencies=[Depends(Allowed(Action.EDIT))])
def edit(template_id: str, wanted: TemplateEdit, services: Provided, actor: Asker, language: Language) -> TemplateOut:
    """Replace all of it. Summaries that were written by it stay as they are."""
    return template_of(templates.edit_template(services, actor, template_id, _draft(wanted), wanted.version), language)


@router.delete("/{template_id}", dependencies=[Depends(Allowed(Action.EDIT))])
def delete(template_id: str, services: Provided, actor: Asker) -> DeletedOut:
    """Meetings that name it are summarized by the general one from now on, which their summary says."""
    templates.delete_template(services, actor, template_id)
    return DeletedOut(id=template_id)


def _draft(wanted: TemplateIn) -> TemplateDraft:
    sections = tuple(SectionDraft(section.title, section.kind) for section in wanted.sections)
    return TemplateDraft(wanted.name, wanted.instructions, sections)
