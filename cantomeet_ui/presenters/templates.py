"""Templates of summaries as their page shows them."""

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
    """Of its fields in the form; stays while others come and go."""
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
    """What the form begins with; `id` is empty for a new one."""

    id: str = ""
    version: int = 0
    name: str = ""
    instructions: str = ""
    sections: list[SectionField] = field(default_factory=list)


def template_rows(own: Sequence[SummaryTemplate], language: str) -> list[TemplateRow]:
    """Those that people wrote, then those that ship."""
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
    """What stands under a heading; free text first."""
    kinds = ["note", *(kind for kind in SECTION_KINDS if kind != "note")]
    return [Choice(kind, text(language, f"template.kind.{kind}")) for kind in kinds]


def form_of(row: SummaryTemplate) -> TemplateForm:
    sections = [
        SectionField(str(n), str(section["kind"]), str(section["title"])) for n, section in enumerate(row.sections)
    ]
    return TemplateForm(row.id, row.version, row.name, row.instructions, sections)


def form_like(template: Template, language: str) -> TemplateForm:
    """A new one that begins as one that ships."""
    sections = [
        SectionField(str(n), section.kind, section.title_in(language)) for n, section in enumerate(template.sections)
    ]
    return TemplateForm(instructions=template.instructions, sections=sections)


def empty_form() -> TemplateForm:
    return TemplateForm(sections=[SectionField("0", "note", "")])
