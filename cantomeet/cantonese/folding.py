"""Folds texts so that spellings that a searching reader considers equal are equal.

Width, case, accents, traditional and simplified characters and common variants of a Cantonese word fold together;
punctuation, symbols and spaces are removed. Every character is folded by itself. A text that contains another one
therefore also contains its folding, and a match can be traced back to the original characters.
"""

from __future__ import annotations

import unicodedata
from functools import cache

from opencc import OpenCC

_VARIANTS = {"衞": "卫", "枱": "台", "着": "着", "著": "着", "俾": "畀", "噶": "㗎"}
"""Alternative spellings of Cantonese words, and Hong Kong forms that OpenCC's t2s does not convert."""
_FIRST_HAN = "\u2e80"


class _Foldings(dict[int, str]):
    """A table for `str.translate` that computes each character's folding on first use."""

    def __missing__(self, code: int) -> str:
        folded = _fold_character(chr(code))
        self[code] = folded
        return folded


def fold(text: str) -> str:
    """Reduce `text` to the letters, characters and digits that distinguish words. Idempotent; may be empty."""
    return text.translate(_FOLDINGS)


def fold_with_places(text: str) -> tuple[str, list[tuple[int, int]]]:
    """As `fold`, and for each of its characters the range of `text` that it stands for."""
    folded: list[str] = []
    places: list[tuple[int, int]] = []
    for index, character in enumerate(text):
        folding = _FOLDINGS[ord(character)]
        folded.append(folding)
        places += [(index, index + 1)] * len(folding)
    return "".join(folded), places


def find_folded(haystack: str, needle: str) -> tuple[int, int] | None:
    """Return where `haystack` first contains `needle` after folding, as a range of the original text, or None.

    A needle of only punctuation and spaces is never found.
    """
    wanted = fold(needle)
    at = fold(haystack).find(wanted) if wanted else -1
    if at < 0:
        return None
    start, begins = _character_at(haystack, at)
    last, _ = _character_at(haystack[start:], at - begins + len(wanted) - 1)
    return start, start + last + 1


def _character_at(text: str, position: int) -> tuple[int, int]:
    """Return the index of the character whose folding covers `position` of the folded text, and the start of its
    folding.
    """
    begins = 0
    for index, character in enumerate(text):
        length = len(_FOLDINGS[ord(character)])
        if begins + length > position:
            return index, begins
        begins += length
    raise IndexError(position)


def _fold_character(character: str) -> str:
    """Fold until nothing changes: the compatibility form of a sign can be a capital or two characters."""
    folded = _fold_once(character)
    while (again := "".join(map(_fold_once, folded))) != folded:
        folded = again
    return folded


def _fold_once(character: str) -> str:
    plain = unicodedata.normalize("NFKD", character.casefold())
    return "".join(_simplified(c) for c in plain if c.isalnum())


def _simplified(character: str) -> str:
    if character in _VARIANTS:
        return _VARIANTS[character]
    return str(_to_simplified().convert(character)) if character >= _FIRST_HAN else character


@cache
def _to_simplified() -> OpenCC:
    return OpenCC("t2s")


_FOLDINGS = _Foldings()
