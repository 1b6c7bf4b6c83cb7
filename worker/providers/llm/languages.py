"""The languages of a summary, and checks that an answer uses them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from cantomeet.cantonese import to_hong_kong

Language = Literal["zh-Hant-HK", "en"]

_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_KANA_OR_HANGUL = re.compile(r"[\u3040-\u30ff\u1100-\u11ff\uac00-\ud7af]")
_LETTER = re.compile(r"[^\W\d_]")
_WORD = re.compile(r"[a-z]+(?:'[a-z]+)?")
# fmt: off
_FUNCTION_WORDS = frozenset({
    "the", "of", "to", "and", "in", "is", "are", "was", "were", "be", "been", "for", "with", "that", "this", "it",
    "by", "will", "has", "have", "had", "not", "from", "at", "as", "or", "an", "which", "who", "they", "their",
    "should", "would", "must", "can",
})
# fmt: on
_COLLOQUIAL = re.compile(r"[嘅咗喺哋嚟冇啲嗰佢唔畀睇攞咁噉嘢咩呀啦囉喎吖]|而家|邊個|點解")
_COLLOQUIAL_PER_TEXT = 2
_WRONG_SHARE = 1 / 3
"""Share of texts in another language that makes an answer wrong; single names and products do not reach it."""
_SHORT = 4
"""Fewest letters of a text that shows its language."""
_ENGLISH_SAMPLE = 30
"""Fewest words for which the share of function words is checked."""
_LEAST_FUNCTION_WORDS = 0.12


@dataclass(frozen=True)
class Languages:
    first: Language
    other: Language | None = None

    @classmethod
    def of(cls, language: str) -> Languages:
        """Parse "zh-Hant-HK", "en", or both joined by "+": the language of the text, then of the other text."""
        named: list[Language] = ["en" if part.startswith("en") else "zh-Hant-HK" for part in language.split("+")]
        other = named[1] if len(named) > 1 and named[1] != named[0] else None
        return cls(named[0], other)


class Verdict(StrEnum):
    RIGHT = "right"
    COLLOQUIAL = "colloquial"
    WRONG = "wrong"


def judge(texts: Sequence[str], language: Language) -> Verdict:
    """Judge whether the texts together are in the language, and for Chinese also in its written style."""
    telling = [text for text in texts if len(_LETTER.findall(text)) >= _SHORT]
    if not telling:
        return Verdict.RIGHT
    if sum(not _in_script(text, language) for text in telling) > len(telling) * _WRONG_SHARE:
        return Verdict.WRONG
    if language == "en":
        return Verdict.RIGHT if _reads_as_english(telling) else Verdict.WRONG
    colloquial = sum(len(_COLLOQUIAL.findall(text)) >= _COLLOQUIAL_PER_TEXT for text in telling)
    return Verdict.COLLOQUIAL if colloquial > len(telling) * _WRONG_SHARE else Verdict.RIGHT


def _in_script(text: str, language: Language) -> bool:
    letters: list[str] = _LETTER.findall(text)
    han, latin = len(_HAN.findall(text)), sum(letter.isascii() for letter in letters)
    if len(_KANA_OR_HANGUL.findall(text)) * 10 > len(letters):
        return False
    if language == "en":
        return latin * 2 > len(letters)
    # A Chinese character carries about as much as four Latin letters.
    return han * 4 >= len(letters) - han


def _reads_as_english(texts: Iterable[str]) -> bool:
    words = [word for text in texts for word in _WORD.findall(text.lower())]
    common = sum(word in _FUNCTION_WORDS for word in words)
    return len(words) < _ENGLISH_SAMPLE or bool(common >= len(words) * _LEAST_FUNCTION_WORDS)


def in_script(text: str, language: Language | None) -> str:
    """Convert Chinese to Hong Kong's characters, since some models write Simplified ones."""
    return text if language == "en" else to_hong_kong(text)
