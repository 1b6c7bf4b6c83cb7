"""Summary templates, shipped ones and people's own, and languages of summaries (pure).

A template's texts reach a model word for word. They are joined to the prompt and never formatted into it, so braces
in them have no meaning.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from cantomeet.errors import InvalidRequest
from cantomeet.i18n import EN, ZH, is_english, text
from cantomeet.stored_json import SectionKind

SummaryLanguage = Literal["zh-Hant-HK", "en", "zh-Hant-HK+en"]
"""The last one has both languages side by side; English is in `text_other`."""
SUMMARY_LANGUAGES: tuple[SummaryLanguage, ...] = get_args(SummaryLanguage)

SECTION_KINDS: tuple[SectionKind, ...] = (
    "overview",
    "chapter",
    "decision",
    "action_item",
    "question",
    "risk",
    "quote",
    "note",
)
MAX_NAME = 80
MAX_TITLE = 80
MAX_INSTRUCTIONS = 4000
MAX_SECTIONS = 12


@dataclass(frozen=True)
class Section:
    """A heading and the kind of items below it; the kind `note` is for what fits no other."""

    kind: SectionKind
    title: str
    title_en: str = ""
    """Empty if `title` serves both languages."""

    def title_in(self, language: str) -> str:
        return (self.title_en if is_english(language) else "") or self.title


@dataclass(frozen=True)
class Template:
    """A template. `instructions` are for a language model; the extractive summarizer uses only `sections`."""

    id: str
    name: str
    name_en: str = ""
    instructions: str = ""
    sections: tuple[Section, ...] = ()

    def name_in(self, language: str) -> str:
        return (self.name_en if is_english(language) else "") or self.name

    @property
    def kinds(self) -> frozenset[SectionKind]:
        return frozenset(section.kind for section in self.sections)

    @property
    def notes(self) -> tuple[Section, ...]:
        return tuple(section for section in self.sections if section.kind == "note")


def _shipped(id: str, kinds: Iterable[SectionKind], instructions: str = "") -> Template:
    def both(key: str) -> tuple[str, str]:
        return text(ZH, key), text(EN, key)

    sections = tuple(Section(kind, *both(f"shipped.{id}.{kind}")) for kind in kinds)
    return Template(id, *both(f"shipped.{id}"), instructions, sections)


GENERAL = _shipped("general", ("overview", "chapter", "decision", "action_item", "question", "risk", "quote"))
BOARD_MINUTES = _shipped(
    "board_minutes",
    ("overview", "chapter", "decision", "action_item"),
    "These are the minutes of a board or committee. Chapters are the items of the agenda, in the order in which "
    "they were taken. Word each decision as a resolution: what was resolved, with the figures, and whether it was "
    "moved, seconded, carried or opposed where that was said. Action items are matters to be followed up.",
)
SHIPPED: Mapping[str, Template] = {template.id: template for template in (GENERAL, BOARD_MINUTES)}


def checked_language(language: str) -> SummaryLanguage:
    """The language, if summaries can be written in it. Raises `InvalidRequest` otherwise."""
    for known in SUMMARY_LANGUAGES:
        if language == known:
            return known
    raise InvalidRequest(f"one of {', '.join(SUMMARY_LANGUAGES)}", field="summary_language")


def user_template(id: str, name: str, instructions: str, sections: Sequence[Mapping[str, object]]) -> Template:
    """A template that a person wrote; `sections` are `{"title", "kind"}`, and the default `kind` is `note`.

    Raises `InvalidRequest` that names the field.
    """
    if id in SHIPPED:
        raise InvalidRequest("a template that ships cannot be replaced", field="id")
    return Template(
        id=id,
        name=_line(name, "name", MAX_NAME),
        instructions=_instructions(instructions),
        sections=_sections(sections),
    )


def _sections(sections: Sequence[Mapping[str, object]]) -> tuple[Section, ...]:
    if not 1 <= len(sections) <= MAX_SECTIONS:
        raise InvalidRequest(f"a template has 1 to {MAX_SECTIONS} sections", field="sections")
    made = tuple(_section(section) for section in sections)
    titles = [section.title for section in made]
    if len(set(titles)) < len(titles):
        raise InvalidRequest("two sections have the same title", field="sections")
    kinds = [section.kind for section in made if section.kind != "note"]
    if len(set(kinds)) < len(kinds):
        raise InvalidRequest("two sections are of the same kind", field="sections")
    return made


def _section(section: Mapping[str, object]) -> Section:
    kind = section.get("kind", "note")
    if kind not in SECTION_KINDS:
        raise InvalidRequest(f"kind is one of {', '.join(SECTION_KINDS)}", field="sections")
    return Section(kind=kind, title=_line(section.get("title"), "sections", MAX_TITLE))


def _line(words: object, field: str, longest: int) -> str:
    line = words.strip() if isinstance(words, str) else ""
    if not 1 <= len(line) <= longest or not line.isprintable():
        raise InvalidRequest(f"must be one line of 1 to {longest} characters", field=field)
    return line


def _instructions(words: str) -> str:
    if len(words) > MAX_INSTRUCTIONS or not all(c.isprintable() or c in "\n\t" for c in words):
        raise InvalidRequest(f"must be at most {MAX_INSTRUCTIONS} printable characters", field="instructions")
    return words
