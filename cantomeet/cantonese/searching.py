"""What is stored of a text for the search, and what is asked: both are folded the same way.

A text is found where its folding contains that of the query, or where both hold the same numbers, however said, in the
same words. Tokens are the characters and pairs of characters of a folding. A text that is found has all tokens of the
query, so an index of tokens finds the texts worth looking at; `contains` then tells.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from operator import add

from cantomeet.cantonese.folding import fold, fold_with_places
from cantomeet.cantonese.numbers import find_numbers
from cantomeet.cantonese.sounds import Sounds

_MOST_TOKENS = 32
"""Of one query: more hardly tell more, and the texts are looked at anyway."""
_MOST_PAIRS = 4000
"""Pairs of characters that sound alike; where there are more, each character is looked for by itself."""
NUMBER = "#"
"""Stands around a number's value. No folding has it."""


@dataclass(frozen=True)
class SearchText:
    """What is stored of a text: its folding, and the same with its numbers as values ("#12#月"), if it has any."""

    literal: str
    valued: str | None

    @property
    def tokens(self) -> list[str]:
        """For the index: "預", "預算", "#12". Some may be there several times."""
        found = [*self.literal, *map(add, self.literal, self.literal[1:])]
        if self.valued is not None:
            found += [NUMBER + value for value in self.valued.split(NUMBER)[1::2]]
        return found


def search_text(text: str) -> SearchText:
    return SearchText(fold(text), _valued(text))


@dataclass(frozen=True)
class SearchQuery:
    """What is asked for. Without a letter, character or digit it is `empty` and finds nothing."""

    literal: str
    valued: str | None

    @property
    def empty(self) -> bool:
        return not self.literal

    @property
    def told_by_tokens(self) -> bool:
        """Whether a text that has all tokens of one way is found, without a look at it."""
        parts = (self.valued or "").split(NUMBER)
        one_number = self.valued is None or (len(parts) == 3 and not parts[0] and not parts[2])
        return len(self.literal) <= 2 and one_number

    @cached_property
    def literal_tokens(self) -> list[str]:
        """Every text with this literal has these tokens."""
        return list(dict.fromkeys(_pairs(self.literal)))[:_MOST_TOKENS]

    @cached_property
    def valued_tokens(self) -> list[str]:
        """The same for `valued`; numbers first. Empty without one."""
        parts = (self.valued or "").split(NUMBER)
        numbers = [NUMBER + value for value in parts[1::2]]
        return list(dict.fromkeys([*numbers, *(pair for words in parts[::2] for pair in _pairs(words))]))[:_MOST_TOKENS]

    @property
    def ways(self) -> list[list[list[str]]]:
        """What the index is asked for: of one way all groups, and of each group one token."""
        ways = [self.literal_tokens, *([self.valued_tokens] if self.valued is not None else [])]
        return [[[token] for token in tokens] for tokens in ways]

    def found_in(self, text: SearchText) -> bool:
        if self.empty:
            return False
        return self.literal in text.literal or (self.valued is not None and self.valued in (text.valued or ""))

    def marks(self, text: str) -> list[tuple[int, int]]:
        """Ranges of `text` (in characters) that are what was asked for: in order, none touching the one before."""
        if self.empty:
            return []
        found = list(_ranges(*fold_with_places(text), self.literal)) if self.literal in fold(text) else []
        if self.valued is not None:
            found += _ranges(*_valued_with_places(text), self.valued)
        return _joined(sorted(found))


def search_query(text: str) -> SearchQuery:
    return SearchQuery(fold(text), _valued(text))


@dataclass(frozen=True)
class SoundQuery:
    """What is asked for by its sound: at each place any character that is read as the one there is."""

    places: tuple[str, ...]
    """The characters that fit; a letter or digit fits only itself."""

    @property
    def empty(self) -> bool:
        return not self.places

    @property
    def ways(self) -> list[list[list[str]]]:
        """As `SearchQuery.ways`; of three characters and more a few texts have all that do not sound so."""
        if len(self.places) == 1:
            return [[list(self.places[0])]]
        groups: list[list[str]] = []
        for first, second in list(pairwise(self.places))[:_MOST_TOKENS]:
            if len(first) * len(second) <= _MOST_PAIRS:
                groups.append([one + other for one in first for other in second])
            else:
                groups += [list(first), list(second)]
        return [groups]

    def marks(self, text: str) -> list[tuple[int, int]]:
        """As `SearchQuery.marks`."""
        literal, places = fold_with_places(text)
        length = len(self.places)
        found = [
            (places[at][0], places[at + length - 1][1])
            for at in range(len(literal) - length + 1)
            if length and all(c in fitting for c, fitting in zip(literal[at : at + length], self.places, strict=True))
        ]
        return _joined(found)


def sound_query(text: str, sounds: Sounds) -> SoundQuery:
    return SoundQuery(tuple(sounds.alike(character) for character in fold(text)))


def _pairs(words: str) -> list[str]:
    return list(map(add, words, words[1:])) if len(words) > 1 else list(words)


def _valued(text: str) -> str | None:
    parts, end = [], 0
    for number in find_numbers(text):
        parts += [fold(text[end : number.start]), f"{NUMBER}{number.value}{NUMBER}"]
        end = number.end
    return "".join([*parts, fold(text[end:])]) if parts else None


def _valued_with_places(text: str) -> tuple[str, list[tuple[int, int]]]:
    said: list[str] = []
    places: list[tuple[int, int]] = []
    end = 0

    def add_words(upto: int) -> None:
        words, inside = fold_with_places(text[end:upto])
        said.append(words)
        places.extend((end + first, end + last) for first, last in inside)

    for number in find_numbers(text):
        add_words(number.start)
        value = f"{NUMBER}{number.value}{NUMBER}"
        said.append(value)
        places += [(number.start, number.end)] * len(value)
        end = number.end
    add_words(len(text))
    return "".join(said), places


def _ranges(folded: str, places: list[tuple[int, int]], wanted: str) -> Iterator[tuple[int, int]]:
    at = folded.find(wanted)
    while at >= 0:
        yield places[at][0], places[at + len(wanted) - 1][1]
        at = folded.find(wanted, at + len(wanted))


def _joined(ranges: list[tuple[int, int]]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for start, end in ranges:
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined
