"""Templates of summaries: those that ship, and those that people write."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, ConfigDict, Field

from cantomeet.access import Action
from cantomeet.templates import SHIPPED, SectionKind
from cantomeet_ui.api.deps import Allowed, Language, Provided
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
def listed(deps: Provided, language: Language) -> TemplatesOut:
    """All templates, those that ship first."""
    ships = [template_of(template, language) for template in SHIPPED.values()]
    return TemplatesOut(items=[*ships, *(template_of(row, language) for row in deps.store.templates())])


@router.post("", status_code=201, dependencies=[Depends(Allowed(Action.EDIT))])
def add(wanted: TemplateIn, deps: Provided, language: Language, response: Response) -> TemplateOut:
    """Keep a new one."""
    made = deps.store.add_template(wanted.name, wanted.instructions, _sections(wanted))
    response.headers["Location"] = f"/api/templates/{made.id}"
    return template_of(made, language)


@router.put("/{template_id}", dependencies=[Depends(Allowed(Action.EDIT))])
def edit(template_id: str, wanted: TemplateEdit, deps: Provided, language: Language) -> TemplateOut:
    """Replace all of it. Summaries that were written by it stay as they are."""
    made = deps.store.edit_template(template_id, wanted.version, wanted.name, wanted.instructions, _sections(wanted))
    return template_of(made, language)


@router.delete("/{template_id}", dependencies=[Depends(Allowed(Action.EDIT))])
def delete(template_id: str, deps: Provided) -> DeletedOut:
    """Meetings that name it are summarized by the general one from now on, which their summary says."""
    deps.store.delete_template(template_id)
    return DeletedOut(id=template_id)


def _sections(wanted: TemplateIn) -> list[dict[str, str]]:
    return [section.model_dump() for section in wanted.sections]
