"""Folding: what is equal for a reader who searches is equal here.

Width, case, accents, traditional and simplified characters and common variants of a Cantonese word fold together;
punctuation, symbols and spaces vanish. Every character is folded by itself, so that a text that contains another one
also contains its folding, and a match can be led back to the characters it came from.
"""

from __future__ import annotations

import unicodedata
from functools import cache

from opencc import OpenCC

_VARIANTS = {"衞": "卫", "枱": "台", "着": "着", "著": "着", "俾": "畀", "噶": "㗎"}
"""Two writings of one Cantonese word, and Hong Kong forms that OpenCC's t2s does not reach."""
_FIRST_HAN = "\u2e80"


class _Foldings(dict[int, str]):
    """For `str.translate`: the folding of each character, worked out when it is first met."""

    def __missing__(self, code: int) -> str:
        folded = _fold_character(chr(code))
        self[code] = folded
        return folded


def fold(text: str) -> str:
    """`text` reduced to the letters, characters and digits that tell words apart. Idempotent; may be empty."""
    return text.translate(_FOLDINGS)


def find_folded(haystack: str, needle: str) -> tuple[int, int] | None:
    """Where `needle` first stands in `haystack` after folding: `haystack[start:end]` in the original text, or None.

    A needle of nothing but punctuation and spaces is found nowhere.
    """
    wanted = fold(needle)
    at = fold(haystack).find(wanted) if wanted else -1
    if at < 0:
        return None
    start, begins = _character_at(haystack, at)
    last, _ = _character_at(haystack[start:], at - begins + len(wanted) - 1)
    return start, start + last + 1


def _character_at(text: str, position: int) -> tuple[int, int]:
    """Index of the character whose folding covers `position` of the folded text, and where its folding begins."""
    begins = 0
    for index, character in enumerate(text):
        length = len(_FOLDINGS[ord(character)])
        if begins + length > position:
            return index, begins
        begins += length
    raise IndexError(position)


def _fold_character(character: str) -> str:
    """Folded until it changes no more: the compatibility form of a sign can be a capital, or two characters."""
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
