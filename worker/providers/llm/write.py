"""Writes title, overview and chapters from the facts, with the facts' evidence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

from pydantic import BaseModel

from cantomeet.templates import Template
from cantomeet.tokens import count_tokens
from worker.providers import ItemKind, SummaryLine
from worker.providers.llm.ask import Asker, Question, ReadAnswer, TooLong, Unusable
from worker.providers.llm.facts import LineNumber, Many, Text
from worker.providers.llm.formats import strict_schema
from worker.providers.llm.languages import Languages, in_script
from worker.providers.llm.merge import join_evidence
from worker.providers.llm.prompts import write_messages
from worker.providers.llm.reading import check_language, validated


class SentenceAnswer(BaseModel):
    text: Text
    text_other: Text = ""
    facts: Many[LineNumber] = []


class FrameAnswer(BaseModel):
    title: Text = ""
    title_other: Text = ""
    overview: Many[SentenceAnswer] = []
    chapters: Many[SentenceAnswer] = []
    duplicates: Many[Many[LineNumber]] = []


@dataclass(frozen=True)
class MinutesFrame:
    """Title, overview and chapters of the minutes; `duplicates` has groups of indexes into the given facts."""

    title: str | None = None
    title_other: str | None = None
    overview: tuple[SummaryLine, ...] = ()
    chapters: tuple[SummaryLine, ...] = ()
    duplicates: tuple[tuple[int, ...], ...] = ()


_NAMES = {
    "chapter": "topic",
    "decision": "decision",
    "action_item": "action item",
    "question": "question",
    "risk": "risk",
    "quote": "quote",
    "note": "note",
    "overview": "point",
}


class MinutesWriter:
    """Writes the frame from facts; `most_tokens` limits the facts of one question.

    More facts are written up in parts, and then together.
    """

    def __init__(self, asker: Asker, template: Template, languages: Languages, most_tokens: int) -> None:
        self._asker = asker
        self._template = template
        self._languages = languages
        self._most_tokens = most_tokens
        self.answered = 0
        """Questions answered so far, from the cache or by the model."""
        other = () if languages.other else ("text_other", "title_other")
        self._schema = strict_schema("minutes", FrameAnswer, without=frozenset(other))

    def write(self, facts: Sequence[SummaryLine]) -> MinutesFrame:
        """Write the frame of `facts`, which are proven and in the order of the meeting.

        Raises `Unusable` and what `Asker.ask` raises.
        """
        if count_tokens(_numbered_list(facts)) <= self._most_tokens:
            try:
                answer = self._asker.ask(self._question(facts))
                self.answered += 1
                return self._frame(facts, answer)
            except TooLong:
                if len(facts) < 2:
                    raise Unusable("one fact is too long to be written about.", shape=False) from None
        return self._in_parts(facts)

    def _in_parts(self, facts: Sequence[SummaryLine]) -> MinutesFrame:
        if len(facts) < 2:
            raise Unusable("one fact is too long to be written about.", shape=False)
        half = len(facts) // 2
        first, second = self.write(facts[:half]), self.write(facts[half:])
        points = [line for line in (*first.overview, *second.overview) if line.verified]
        if count_tokens(_numbered_list(points)) >= count_tokens(_numbered_list(facts)):
            # Nothing was condensed, so another round would never end.
            raise Unusable("the overview is as long as the facts.", shape=False)
        whole = self.write(points) if points else MinutesFrame()
        shifted = tuple(tuple(index + half for index in group) for group in second.duplicates)
        return MinutesFrame(
            title=whole.title,
            title_other=whole.title_other,
            overview=whole.overview,
            chapters=first.chapters + second.chapters,
            duplicates=first.duplicates + shifted,
        )

    def _question(self, facts: Sequence[SummaryLine]) -> Question[FrameAnswer]:
        return Question(
            messages=tuple(write_messages(_numbered_list(facts), self._template, self._languages)),
            schema=self._schema,
            read=lambda content: _read(content, self._languages),
        )

    def _frame(self, facts: Sequence[SummaryLine], answer: FrameAnswer) -> MinutesFrame:
        return MinutesFrame(
            title=in_script(answer.title, self._languages.first) or None,
            title_other=in_script(answer.title_other, self._languages.other) or None,
            overview=tuple(self._sentences("overview", answer.overview, facts)),
            chapters=tuple(self._chapters(answer.chapters, facts)),
            duplicates=tuple(tuple(number - 1 for number in group) for group in answer.duplicates),
        )

    def _sentences(
        self, kind: ItemKind, answers: Iterable[SentenceAnswer], facts: Sequence[SummaryLine]
    ) -> Iterator[SummaryLine]:
        for answer in answers:
            cited = [facts[number - 1] for number in answer.facts if 1 <= number <= len(facts)]
            if answer.text:
                yield self._summary_item(kind, answer, cited)

    def _chapters(self, answers: Iterable[SentenceAnswer], facts: Sequence[SummaryLine]) -> Iterator[SummaryLine]:
        """Put every topic in one chapter: the first that claims it, or a chapter of its own."""
        left = {number: fact for number, fact in enumerate(facts, start=1) if fact.kind == "chapter"}
        for answer in answers:
            numbers = [number for number in dict.fromkeys(answer.facts) if number in left] if answer.text else []
            topics = [left.pop(number) for number in numbers]
            if topics:
                starts, ends = [topic.start or 0.0 for topic in topics], [topic.end or 0.0 for topic in topics]
                yield replace(self._summary_item("chapter", answer, topics), start=min(starts), end=max(ends))
        yield from left.values()

    def _summary_item(self, kind: ItemKind, answer: SentenceAnswer, cited: Sequence[SummaryLine]) -> SummaryLine:
        """Build an item with the best proof of each fact first, so that every fact keeps one."""
        rounds = zip_longest(*(fact.evidence for fact in cited))
        return SummaryLine(
            kind=kind,
            text=in_script(answer.text, self._languages.first),
            text_other=in_script(answer.text_other, self._languages.other) if self._languages.other else None,
            evidence=join_evidence(proof for proofs in rounds for proof in proofs if proof is not None),
        )


def _numbered_list(facts: Sequence[SummaryLine]) -> str:
    return "\n".join(f"[{number}] {_NAMES[fact.kind]}: {_fact_text(fact)}" for number, fact in enumerate(facts, 1))


def _fact_text(fact: SummaryLine) -> str:
    said = [fact.section or "", fact.text, fact.owner or "", fact.due_text or ""]
    return " | ".join(part for part in said if part)


def _read(content: str, languages: Languages) -> ReadAnswer[FrameAnswer]:
    answer = validated(FrameAnswer, content, ("overview", "chapters"))
    sentences = [(line.text, line.text_other) for line in (*answer.overview, *answer.chapters) if line.text]
    titles = [(answer.title, answer.title_other)] if answer.title else []
    return ReadAnswer(answer, check_language([*titles, *sentences], languages))
