"""Splits transcript lines into sentences that know their original characters.

A recogniser's line is not a sentence. It may contain several, a part of one, or half a minute of speech without a mark.
Lines are split at sentence ends, and long runs also at commas and at words that open a new thought. A line that breaks
off ("to the", 改到) is joined with the same speaker's next words. No sentence is longer than `LIMIT` characters, and
the time is linear in the transcript's length.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from worker.providers import Evidence, TranscriptLine
from worker.providers.extractive.folding import fold, rule

LIMIT = 240
"""Most characters that the rules examine together, which also bounds every pattern's work."""
LONG, VERY_LONG = 64, 130
"""Widths (a Chinese character counts two) from which a sentence is split at openers, and at commas."""
PAUSE_SECONDS = 2.0
MOST_LINES = 4

CJK = r"\u3400-\u9fff\uf900-\ufaff"
_FILLER = re.compile(r"(?:[呃嗯哦]|(?:um+|uh+|erm?|hmm+)(?![A-Za-z]))[\s,，…]*", re.IGNORECASE)
_END = re.compile(r"[。！？!?；;…\n\r]+[\"'”’」』）)]*|(?<=\w)\.(?=\s|$)")
_ABBREVIATION = re.compile(r"(?:\b(?:Dr|Mr|Mrs|Ms|No|St|vs|etc|e\.g|i\.e|approx|Prof|Ltd|Co)|\b[A-Z])$")
_COMMA = re.compile(rf"[，,、]+\s*|(?<=[{CJK}])\s+(?=[{CJK}])")
_MODAL = re.compile(r"\s(?:to|will|can|should|needs)\s")
_AND_ANOTHER = re.compile(rf"\s+and\s+(?=[A-Z][a-z]{{1,14}}{_MODAL.pattern})")
_OPENER = rule(
    r"(?<=.{6})(?:另外|跟住|然後|仲有(?!冇)|首先|好咁|咁就|咁我哋|我哋決定|不如|大家有冇|麻煩(?!事|嘅)|"
    r"阿.{1,2}你|最後(?!決定|同意))"
    r"(?=.{5})"
)
# Places to split a run without marks if necessary.
_NEW_THOUGHT = rule(
    r"(?<=.{8})(?:但係|但是|因為|所以|如果|我想|我哋|大家|而家|今日主要|多謝|好咁|不過|即係|跟手|之後|"
    r"(?<![a-z])(?:and|but|so|because|then|if|okay)(?![a-z]))"
    r"(?=.{8})"
)
_BREAKS_OFF = rule(
    r"(?:[嘅的將把喺到同由向或和與及係]|改到|定喺|大家同意|我哋同意|我哋決定|(?<![a-z])"
    r"(?:to|the|a|an|and|or|of|for|by|with|that|in|on|at|is|are|will|before|from|we|decided|agreed))$"
)


@dataclass(frozen=True)
class Span:
    """`lines[line].text[start:end]`, which is at `at` in its sentence."""

    line: int
    start: int
    end: int
    at: int

    @property
    def length(self) -> int:
        return self.end - self.start


@dataclass(frozen=True)
class Sentence:
    text: str
    """The spoken words; words from several lines are joined."""
    spans: tuple[Span, ...]
    speaker: str | None

    @cached_property
    def folded(self) -> str:
        return fold(self.text)

    @property
    def first_line(self) -> int:
        return self.spans[0].line

    @property
    def last_line(self) -> int:
        return self.spans[-1].line

    @cached_property
    def width(self) -> int:
        return width(self.text)

    def cut(self, start: int, end: int) -> Sentence:
        """Return `text[start:end]` without spaces and commas around it, or `self` if nothing is left."""
        while start < end and _is_edge(self.text[start]):
            start += 1
        while start < end and _is_edge(self.text[end - 1]):
            end -= 1
        if start == end or (start, end) == (0, len(self.text)):
            return self
        spans = []
        for span in self.spans:
            left, right = max(start, span.at), min(end, span.at + span.length)
            if left < right:
                shift = span.start - span.at
                spans.append(Span(span.line, left + shift, right + shift, left - start))
        return Sentence(self.text[start:end], tuple(spans), self.speaker)

    def clauses(self) -> list[tuple[int, int]]:
        """Return the ranges of the clauses, split at commas and at spaces between Chinese characters."""
        cuts = [0, *(match.end() for match in _COMMA.finditer(self.text)), len(self.text)]
        clauses = (part for start, end in pairwise(cuts) for part in self._split_at_and(start, end))
        return [(start, end) for start, end in clauses if self.text[start:end].strip()]

    def _split_at_and(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """Split "Tom to send the deck and Amy to book the room" into two clauses."""
        for match in _AND_ANOTHER.finditer(self.text, start, end):
            if _MODAL.search(self.text, start, match.start()):
                yield start, match.start()
                start = match.end()
        yield start, end

    def evidence(self, lines: Sequence[TranscriptLine]) -> tuple[Evidence, ...]:
        """Return one proof for each original line, quoted from that line's text."""
        quotes = ((lines[span.line], lines[span.line].text[span.start : span.end].strip()) for span in self.spans)
        return tuple(Evidence(line.id, quote, line.start, line.end, "exact") for line, quote in quotes if quote)


def join(first: Sentence, second: Sentence, *, apart: bool = False) -> Sentence:
    """Join two sentences, with a space between them if `apart` is set or not both are Chinese."""
    both_chinese = _is_cjk(first.text[-1:]) and _is_cjk(second.text[:1])
    text = first.text + ("" if both_chinese and not apart else " ") + second.text
    shift = len(text) - len(second.text)
    moved = (Span(s.line, s.start, s.end, s.at + shift) for s in second.spans)
    return Sentence(text, (*first.spans, *moved), first.speaker)


def sentences_of(lines: Sequence[TranscriptLine]) -> list[Sentence]:
    """Return the sentences in the order of the lines; lines without letters and digits give none."""
    spoken = [line.text.rstrip() for line in lines if has_words(line.text)]
    punctuated = 2 * sum(bool(_END.search(text[-3:])) for text in spoken) >= len(spoken)
    sentences: list[Sentence] = []
    for index, line in enumerate(lines):
        for start, end in _sentence_ranges(line.text):
            piece = _trimmed_sentence(line, index, start, end)
            if piece is None:
                continue
            if sentences and _is_continued(sentences[-1], piece, lines, punctuated):
                sentences[-1] = join(sentences[-1], piece)
            else:
                sentences.append(piece)
    return sentences


def has_words(text: str) -> bool:
    return any(character.isalnum() for character in text)


def width(text: str) -> int:
    """Estimate how much the text says: a Chinese character counts two, any other one."""
    return len(text) + sum(map(_is_cjk, text))


def _is_cjk(character: str) -> bool:
    return "\u3400" <= character <= "\u9fff" or "\uf900" <= character <= "\ufaff"


def _is_edge(character: str) -> bool:
    return character.isspace() or character in "，,、：:"


def _trimmed_sentence(line: TranscriptLine, index: int, start: int, end: int) -> Sentence | None:
    while start < end and _is_edge(line.text[start]):
        start += 1
    while filler := _FILLER.match(line.text, start, end):
        start = filler.end()
    while start < end and _is_edge(line.text[end - 1]):
        end -= 1
    text = line.text[start:end]
    return Sentence(text, (Span(index, start, end, 0),), line.speaker) if has_words(text) else None


def _is_continued(before: Sentence, after: Sentence, lines: Sequence[TranscriptLine], punctuated: bool) -> bool:
    """Tell whether `after` completes a sentence that its line cut off."""
    if after.first_line == before.last_line or before.speaker != after.speaker:
        return False
    if lines[after.first_line].start - lines[before.last_line].end > PAUSE_SECONDS:
        return False
    if len(before.spans) >= MOST_LINES or len(before.text) + len(after.text) >= LIMIT:
        return False
    if _END.search(before.text[-3:]):
        return False
    if punctuated and before.speaker is not None:
        return True
    return _BREAKS_OFF.search(before.folded[-12:]) is not None


def _sentence_ranges(text: str) -> Iterator[tuple[int, int]]:
    """Yield the ranges of a line's sentences."""
    start = 0
    for match in _END.finditer(text):
        if match[0] == "." and _ABBREVIATION.search(text[max(start, match.start() - 8) : match.start()]):
            continue
        yield from _split_long_run(text, start, match.end())
        start = match.end()
    yield from _split_long_run(text, start, len(text))


def _split_long_run(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Split a long run at openers; if a part is still very long also at commas, and at last anywhere."""
    for part in _split_at(start, end, _split_points(_OPENER, text, start, end, LONG)):
        for clauses in _clauses_that_fit(text, *part):
            for thought in _split_at(*clauses, _split_points(_NEW_THOUGHT, text, *clauses, VERY_LONG)):
                yield from _hard_cuts(text, *thought)


def _split_points(pattern: re.Pattern[str], text: str, start: int, end: int, longest: int) -> list[int]:
    """Return where `pattern` splits a run that is wider than `longest`."""
    if width(text[start:end]) <= longest:
        return []
    return [start + match.start() for match in pattern.finditer(fold(text[start:end]))]


def _split_at(start: int, end: int, cuts: Iterable[int]) -> Iterator[tuple[int, int]]:
    for cut in (*cuts, end):
        yield start, cut
        start = cut


def _clauses_that_fit(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Combine as many clauses as fit in `VERY_LONG`."""
    commas = [start + match.end() for match in _COMMA.finditer(text[start:end])]
    taken = 0
    kept = start
    for left, right in _split_at(start, end, commas):
        clause = width(text[left:right])
        if left > kept and taken + clause > VERY_LONG:
            yield kept, left
            kept, taken = left, 0
        taken += clause
    yield kept, end


def _hard_cuts(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    while end - start > LIMIT:
        space = text.rfind(" ", start + LIMIT // 2, start + LIMIT)
        cut = space if space > 0 else start + LIMIT
        yield start, cut
        start = cut
    yield start, end
