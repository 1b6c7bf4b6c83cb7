"""Summary templates as their page shows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from cantomeet.i18n import text
from cantomeet.models import SummaryTemplate
from cantomeet.templates import SECTION_KINDS, SHIPPED, Template
from cantomeet_ui.presenters.choices import Choice


@dataclass(frozen=True)
class SectionField:
    key: str
    """Names the section's fields in the form; stays the same when other sections are added or removed."""
    kind: str
    title: str


@dataclass(frozen=True)
class TemplateRow:
    id: str
    name: str
    instructions: str
    headings: list[str]
    ships: bool


@dataclass(frozen=True)
class TemplateForm:
    """The first values of the form; `id` is empty for a new template."""

    id: str = ""
    version: int = 0
    name: str = ""
    instructions: str = ""
    sections: list[SectionField] = field(default_factory=list)


def template_rows(own: Sequence[SummaryTemplate], language: str) -> list[TemplateRow]:
    """People's own templates, then the shipped ones."""
    written = [
        TemplateRow(row.id, row.name, row.instructions, [str(section["title"]) for section in row.sections], False)
        for row in own
    ]
    ships = [
        TemplateRow(one.id, one.name_in(language), "", [section.title_in(language) for section in one.sections], True)
        for one in SHIPPED.values()
    ]
    return [*written, *ships]


def kind_choices(language: str) -> list[Choice]:
    """The kinds of items that a section can hold; free text comes first."""
    kinds = ["note", *(kind for kind in SECTION_KINDS if kind != "note")]
    return [Choice(kind, text(language, f"template.kind.{kind}")) for kind in kinds]


def form_of(row: SummaryTemplate) -> TemplateForm:
    sections = [
        SectionField(str(n), str(section["kind"]), str(section["title"])) for n, section in enumerate(row.sections)
    ]
    return TemplateForm(row.id, row.version, row.name, row.instructions, sections)


def form_like(template: Template, language: str) -> TemplateForm:
    """The form of a new template that starts from a shipped one."""
    sections = [
        SectionField(str(n), section.kind, section.title_in(language)) for n, section in enumerate(template.sections)
    ]
    return TemplateForm(instructions=template.instructions, sections=sections)


def empty_form() -> TemplateForm:
    return TemplateForm(sections=[SectionField("0", "note", "")])
