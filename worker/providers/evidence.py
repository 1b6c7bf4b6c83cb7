"""Checks the quotes, owners and due dates of summary items against the transcript.

A quote is proven if the segment it names contains it, character for character ("exact") or after folding of script,
width, punctuation and case ("folded"). Neighbouring segments are searched next, then the text across neighbours; such
a quote becomes one proof for each segment. A proof always shows the segment's own text and times. A quote that is not
found is kept as "unverified", and pages list it separately.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from cantomeet.cantonese import find_folded, fold
from cantomeet.dates import day_in
from cantomeet.quotes import LEAST_WEIGHT, tells, weight
from worker.providers import Evidence, TranscriptLine

NEIGHBOURS = 2
"""Segments on either side that are searched too, since models miscount lines."""
_MOST_OCCURRENCES = 20
"""Occurrences of a name in one segment that are tested for being a whole word."""
SHORTEST_NAME = 2
"""Fewest characters of a name that is not a speaker's: 陳 also occurs in 陳述, and A in A座."""
LONGEST_UNPROVEN = 300
"""Most characters of an unproven quote that are kept."""

# fmt: off
_FIRST_PERSON = frozenset({"我", "本人", "自己", "i", "me", "myself"})
_NO_NAMES = frozenset({
    "我哋", "我們", "我们", "你", "你哋", "你們", "你们", "您", "佢", "佢哋", "他", "她", "他們", "她們", "他们",
    "她们", "大家", "we", "us", "you", "he", "she", "they", "him", "her", "them", "it",
    "none", "null", "unknown", "nobody", "someone", "somebody", "n/a",
})
# fmt: on

_LINE_NUMBER = re.compile(r"^\[\d{1,7}\]\s*")

Cited = tuple[int, str]
"""The index of a segment in the transcript, from 0, and the quote that it is claimed to contain."""


class EvidenceChecker:
    """Checks claims against one transcript, in time that grows with the claims and not with the transcript.

    `given` counts the quotes checked, `proven` those found.
    """

    def __init__(self, lines: Sequence[TranscriptLine], meeting_date: date | None) -> None:
        self._lines = lines
        self._meeting_date = meeting_date
        self.given = 0
        self.proven = 0
        self._index = {line.id: index for index, line in enumerate(lines)}
        self._speakers = {fold(line.speaker): line.speaker for line in lines if line.speaker}

    def evidence(self, cited: Iterable[Cited]) -> tuple[Evidence, ...]:
        """Return the proven quotes, or all quotes as unverified if none is proven.

        Quotes of lines that do not exist are dropped.
        """
        proven: dict[tuple[str, str], Evidence] = {}
        unproven: dict[tuple[str, str], Evidence] = {}
        for index, quote in cited:
            self.given += 1
            if not 0 <= index < len(self._lines):
                continue
            found = self._find(index, quote.strip())
            self.proven += bool(found)
            into = proven if found else unproven
            for proof in found or [self._unproven(index, quote)]:
                into.setdefault((proof.segment_id, proof.quote), proof)
        return tuple((proven or unproven).values())

    def owner(self, name: str | None, evidence: Iterable[Evidence]) -> str | None:
        """Return the name as the transcript writes it, or None.

        The name must be a speaker's or occur in a proven segment.
        """
        folded = fold(name or "")
        if not folded or folded in _FOLDED_NO_NAMES:
            return None
        proven = list(self._proven(evidence))
        if folded in _FOLDED_FIRST_PERSON:
            speakers = {line.speaker for line in proven if line.speaker}
            return speakers.pop() if len(speakers) == 1 else None
        if folded in self._speakers:
            return self._speakers[folded]
        if len(folded) < SHORTEST_NAME:
            return None
        return next((named for line in proven if (named := _as_a_word(line.text, name or ""))), None)

    def due(self, words: str | None, evidence: Iterable[Evidence]) -> tuple[str | None, date | None]:
        """Return the words as a proven segment or its neighbour has them, and the day that they mean there.

        `cantomeet.dates` resolves the day from the meeting's date; a date that a model calculated is never used.
        """
        proven = list(self._proven(evidence))
        for line in [*proven, *self._beside(proven)]:
            span = find_folded(line.text, words) if words and fold(words) else None
            if span is not None:
                return line.text[slice(*span)], day_in(line.text, *span, self._meeting_date)
        return None, None

    def _find(self, index: int, quote: str) -> list[Evidence]:
        """Search for the quote as given, then without the line number and speaker, which models copy too."""
        return self._find_words(index, quote) or self._find_words(index, self._unlabelled(quote))

    def _unlabelled(self, quote: str) -> str:
        quote = _LINE_NUMBER.sub("", quote)
        speaker, colon, words = quote.replace("：", ":", 1).partition(":")
        return words.strip() if colon and fold(speaker) in self._speakers else quote

    def _find_words(self, index: int, quote: str) -> list[Evidence]:
        for near in self._nearest_first(index):
            proof = self._in_line(self._lines[near], quote)
            if proof:
                return [proof]
        return self._across(index, quote)

    def _in_line(self, line: TranscriptLine, quote: str) -> Evidence | None:
        if not quote or not tells(quote, line.text):
            return None
        if quote in line.text:
            return Evidence(line.id, quote, line.start, line.end, "exact")
        span = find_folded(line.text, quote)
        return Evidence(line.id, line.text[slice(*span)], line.start, line.end, "folded") if span else None

    def _across(self, index: int, quote: str) -> list[Evidence]:
        """Find a quote that the recogniser split between segments; return one proof for each segment."""
        if weight(quote) < LEAST_WEIGHT:
            return []
        near = self._lines[max(0, index - NEIGHBOURS) : index + NEIGHBOURS + 1]
        span = find_folded("\n".join(line.text for line in near), quote)
        proofs: list[Evidence] = []
        offset = 0
        for line in near if span else []:
            start, end = (max(0, min(len(line.text), at - offset)) for at in span or ())
            part = line.text[start:end].strip()
            if fold(part):
                proofs.append(Evidence(line.id, part, line.start, line.end, "folded"))
            offset += len(line.text) + 1
        return proofs

    def _nearest_first(self, index: int) -> Iterator[int]:
        steps = [0, *(step * side for step in range(1, NEIGHBOURS + 1) for side in (-1, 1))]
        return (index + step for step in steps if 0 <= index + step < len(self._lines))

    def _unproven(self, index: int, quote: str) -> Evidence:
        line = self._lines[index]
        return Evidence(line.id, quote.strip()[:LONGEST_UNPROVEN], line.start, line.end, "unverified")

    def _proven(self, evidence: Iterable[Evidence]) -> Iterator[TranscriptLine]:
        return (self._lines[self._index[proof.segment_id]] for proof in evidence if proof.check != "unverified")

    def _beside(self, lines: Iterable[TranscriptLine]) -> Iterator[TranscriptLine]:
        for line in lines:
            index = self._index[line.id]
            yield from (self._lines[near] for near in (index - 1, index + 1) if 0 <= near < len(self._lines))


def _as_a_word(text: str, name: str) -> str | None:
    """Return `name` as `text` writes it, or None if it occurs only inside longer Latin words."""
    at = 0
    for _ in range(_MOST_OCCURRENCES):
        span = find_folded(text[at:], name)
        if span is None:
            break
        start, end = at + span[0], at + span[1]
        if not (_joins(text[start - 1 : start], text[start]) or _joins(text[end - 1], text[end : end + 1])):
            return text[start:end]
        at = end
    return None


def _joins(one: str, other: str) -> bool:
    return bool(one and other) and one.isascii() and other.isascii() and one.isalnum() and other.isalnum()


_FOLDED_NO_NAMES = frozenset(fold(word) for word in _NO_NAMES)
_FOLDED_FIRST_PERSON = frozenset(fold(word) for word in _FIRST_PERSON)
