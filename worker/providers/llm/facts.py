"""A model's answer about one chunk, converted into items that code has checked."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from typing import Annotated, TypeVar

from pydantic import BaseModel, BeforeValidator, Field

from cantomeet.cantonese import fold
from cantomeet.templates import Section, Template
from worker.providers import ItemKind, SummaryLine
from worker.providers.evidence import Cited, EvidenceChecker
from worker.providers.llm.ask import ReadAnswer
from worker.providers.llm.formats import Schema, strict_schema
from worker.providers.llm.languages import Languages, in_script
from worker.providers.llm.reading import check_language, validated
from worker.providers.proposing import LineFinder

MAX_TEXT = 2000
"""Most characters of one item."""
MAX_ITEMS = 300
"""Most items of one kind in one chunk; more show that the model is looping."""
NO_LINE = 0
"""Stands for a missing line number, since lines are numbered from 1."""

_NUMBER = re.compile(r"\D*(\d{1,7})")


def _line_number(value: object) -> object:
    """Read 12, "12", "[12]" or "line 12"; anything else becomes `NO_LINE` so that the rest of the answer is kept."""
    if isinstance(value, str):
        found = _NUMBER.match(value)
        return int(found[1]) if found else NO_LINE
    return NO_LINE if value is None else value


def plain(value: object) -> object:
    """Put the text on one line, without control characters and surrogate halves."""
    if not isinstance(value, str):
        return value
    return " ".join("".join(c if c.isprintable() else " " for c in value).split())


def _or_empty(value: object) -> object:
    return [] if value is None else value


LineNumber = Annotated[int, BeforeValidator(_line_number)]
Text = Annotated[str, Field(max_length=MAX_TEXT), BeforeValidator(lambda value: plain(value or ""))]
MaybeText = Annotated[str | None, Field(max_length=MAX_TEXT), BeforeValidator(plain)]


T = TypeVar("T")
Many = Annotated[list[T], Field(max_length=MAX_ITEMS), BeforeValidator(_or_empty)]


class CitedAnswer(BaseModel):
    line: LineNumber = NO_LINE
    quote: Text = ""

    @property
    def cited(self) -> Cited:
        return self.line - 1, self.quote


class ItemAnswer(BaseModel):
    text: Text
    text_other: Text = ""
    line: LineNumber = NO_LINE
    """The line number, which small models give more often than a quote."""
    evidence: Many[CitedAnswer] = []


class ActionAnswer(ItemAnswer):
    owner: MaybeText = None
    due_text: MaybeText = None


class NoteAnswer(ItemAnswer):
    section: Text = ""


class FactsAnswer(BaseModel):
    topics: Many[ItemAnswer] = []
    decisions: Many[ItemAnswer] = []
    action_items: Many[ActionAnswer] = []
    questions: Many[ItemAnswer] = []
    risks: Many[ItemAnswer] = []
    notes: Many[NoteAnswer] = []
    quotes: Many[CitedAnswer] = []

    @property
    def items(self) -> Iterator[tuple[ItemKind, ItemAnswer]]:
        """All items that the model worded, with their kinds."""
        for name, kind in _KINDS.items():
            yield from ((kind, item) for item in getattr(self, name))


_KINDS: dict[str, ItemKind] = {
    "topics": "chapter",
    "decisions": "decision",
    "action_items": "action_item",
    "questions": "question",
    "risks": "risk",
    "notes": "note",
}


def facts_schema(template: Template, languages: Languages) -> Schema:
    """Return a schema with only the template's kinds, and topics, from which overview and chapters are written."""
    wanted = {kind for kind in template.kinds if kind != "overview"} | {"chapter"}
    without = [name for name, kind in [*_KINDS.items(), ("quotes", "quote")] if kind not in wanted]
    other = [] if languages.other else ["text_other"]
    return strict_schema("facts", FactsAnswer, without=frozenset([*without, *other]))


def read_facts(content: str, schema: Schema, languages: Languages) -> ReadAnswer[FactsAnswer]:
    """Read a model's answer. Raises `Unusable`."""
    answer = validated(FactsAnswer, content, schema.keys)
    items = [item for _, item in answer.items if item.text]
    return ReadAnswer(answer, check_language([(item.text, item.text_other) for item in items], languages))


def facts_of(
    answer: FactsAnswer,
    checker: EvidenceChecker,
    languages: Languages,
    notes: Sequence[Section],
    finder: LineFinder,
    segments: Collection[int],
) -> list[SummaryLine]:
    """Return the items of one chunk with their proven claims; `segments` are the indexes of the chunk's segments."""
    items: list[SummaryLine] = []
    for kind, item in answer.items:
        if item.text:
            line = _summary_item(kind, item, checker, languages, notes)
            if not line.evidence:
                proposed = finder.find([item.text, item.text_other], segments, item.line - 1)
                line = replace(line, proposed=proposed)
            items.append(line)
    return items + [_quote_item(cited, checker) for cited in answer.quotes if cited.quote]


def _summary_item(
    kind: ItemKind, item: ItemAnswer, checker: EvidenceChecker, languages: Languages, notes: Sequence[Section]
) -> SummaryLine:
    # A line without a quote proves nothing, but helps to find the proposed line.
    evidence = checker.evidence(cited.cited for cited in item.evidence if cited.quote)
    line = SummaryLine(
        kind=kind,
        text=in_script(item.text, languages.first),
        text_other=in_script(item.text_other, languages.other) if languages.other else None,
        evidence=evidence,
    )
    if isinstance(item, ActionAnswer):
        due_text, due_date = checker.due(item.due_text, evidence)
        return replace(line, owner=checker.owner(item.owner, evidence), due_text=due_text, due_date=due_date)
    if isinstance(item, NoteAnswer):
        return replace(line, section=_section_title(item.section, notes))
    if kind == "chapter" and line.verified:
        return replace(line, start=min(proof.start for proof in evidence), end=max(proof.end for proof in evidence))
    return line


def _quote_item(cited: CitedAnswer, checker: EvidenceChecker) -> SummaryLine:
    """Return a quote item; its text is the spoken text, never a translation."""
    evidence = checker.evidence([cited.cited])
    return SummaryLine(kind="quote", text=" ".join(proof.quote for proof in evidence) or cited.quote, evidence=evidence)


def _section_title(named: str, notes: Sequence[Section]) -> str | None:
    """Return the title of the named section, with script and width folded, or of the first section if none matches."""
    same = (section.title for section in notes if fold(section.title) == fold(named))
    return next(same, notes[0].title if notes else None)
